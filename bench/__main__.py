"""Run every benchmark, or those named: `python -m bench decide chat`."""

import importlib
import sys

ALL = ("decide", "units", "startup", "chat", "handover", "reading", "unseen", "telegram")


def main() -> None:
    names = sys.argv[1:] or list(ALL)
    unknown = [name for name in names if name not in ALL]
    if unknown:
        raise SystemExit(f"no benchmark called {', '.join(unknown)}; there are {', '.join(ALL)}")
    for name in names:
        print(f"\n== {name}", flush=True)
        importlib.import_module(f"bench.{name}").main()


main()
