"""What Telegram signs for a page that is opened inside it: `initData`, and the address with its theme. Knows no page."""

import hashlib
import hmac
import json
from urllib.parse import quote, urlencode

from tests.support.telegram.wire import User

LIGHT = {
    "bg_color": "#ffffff", "secondary_bg_color": "#efeff4", "text_color": "#000000", "hint_color": "#6d6d72",
    "subtitle_text_color": "#6d6d72", "link_color": "#0a5ea8", "button_color": "#0a5ea8", "button_text_color": "#ffffff",
}  # fmt: skip
DARK = {
    "bg_color": "#17212b", "secondary_bg_color": "#232e3c", "text_color": "#f5f5f5", "hint_color": "#a8b5c1",
    "subtitle_text_color": "#a8b5c1", "link_color": "#6ab3f3", "button_color": "#8ecbff", "button_text_color": "#0e1621",
}  # fmt: skip


def init_data(token: str, user: User, auth_date: int, **more: str) -> str:
    """Signed as core.telegram.org/bots/webapps says."""
    told = {"id": user.id, "first_name": user.first_name, "language_code": user.language_code}
    fields = {"auth_date": str(auth_date), "query_id": "AAE", "user": json.dumps(told, separators=(",", ":")), **more}
    check = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    return urlencode({**fields, "hash": hmac.new(key, check.encode(), hashlib.sha256).hexdigest()})


def opened(url: str, data: str, theme: dict[str, str]) -> str:
    """The address that Telegram opens."""
    return f"{url}#tgWebAppData={quote(data)}&tgWebAppVersion=9.0&tgWebAppPlatform=ios&tgWebAppThemeParams={quote(json.dumps(theme))}"
