"""`python -m tests.support.telegram [port]`: the fake on loopback, with a page on which a person plays the Telegram user."""

import sys

import uvicorn

from tests.support.telegram.core import TOKEN, Telegram
from tests.support.telegram.loopback import Loopback, with_bringing
from tests.support.telegram.server import Calls, Faults, make_app
from tests.support.telegram.stage import routes


def main() -> None:
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8081
    telegram = Telegram()
    app = make_app(telegram, Faults(), Calls(keep=False))
    app.router.routes.extend(routes(telegram))
    address = f"http://127.0.0.1:{port}"
    sys.stdout.write(
        f"{address}/  (?user=4711, ?theme=dark)\n"
        f"LOTS_TELEGRAM_API_URL={address} LOTS_TELEGRAM_TOKEN={TOKEN} lots serve\n"
        f"  and for a webhook: LOTS_TELEGRAM_MODE=webhook LOTS_TELEGRAM_WEBHOOK_SECRET=loopback-secret-loopback\n"
    )
    sys.stdout.flush()
    uvicorn.run(Loopback(with_bringing(app, telegram)), host="127.0.0.1", port=port, log_level="warning", lifespan="on")


if __name__ == "__main__":
    main()
