"""The Bot API's methods, with Telegram's own refusals. Each takes the parameters as they came and gives the result."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from tests.support.telegram.core import DEFAULT_KINDS, OLD_SECONDS, Hook, Telegram
from tests.support.telegram.entities import CannotParse, Entity, parse_html, units
from tests.support.telegram.wire import Button, Json, Message, bad, without_keyboard

LONGEST: Final = 4096
LONGEST_DATA: Final = 64
MOST_BUTTONS: Final = 100
NOT_MODIFIED: Final = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)
Parameters = dict[str, str]


def number(parameters: Parameters, name: str, default: int | None = None) -> int:
    raw = parameters.get(name)
    if raw is None or raw == "":
        if default is None:
            raise bad(f"parameter {name} is required")
        return default
    try:
        return int(float(raw))
    except ValueError:
        raise bad(f"invalid {name} specified") from None


def chat_id(parameters: Parameters) -> int:
    if not parameters.get("chat_id"):
        raise bad("chat_id is empty")
    try:
        return int(parameters["chat_id"])
    except ValueError:
        raise bad("chat not found") from None


def words(parameters: Parameters) -> tuple[str, tuple[Entity, ...]]:
    raw = parameters.get("text", "")
    mode = parameters.get("parse_mode", "")
    if mode and mode.lower() not in {"html", "markdown", "markdownv2"}:
        raise bad("unsupported parse_mode")
    try:
        text, entities = parse_html(raw) if mode.lower() == "html" else (raw, ())
    except CannotParse as error:
        raise bad(f"can't parse entities: {error}") from None
    if not text.strip():
        raise bad("message text is empty")
    if units(text) > LONGEST:
        raise bad("message is too long")
    return text, entities


def keyboard(telegram: Telegram, parameters: Parameters) -> tuple[tuple[Button, ...], ...]:
    raw = parameters.get("reply_markup")
    if not raw:
        return ()
    try:
        rows = json.loads(raw).get("inline_keyboard", [])
    except ValueError:
        raise bad("can't parse reply keyboard markup JSON object") from None
    found = tuple(tuple(button(telegram, one) for one in row) for row in rows)
    if sum(len(row) for row in found) > MOST_BUTTONS:
        raise bad("reply markup is too long")
    return found


def button(telegram: Telegram, raw: Json) -> Button:
    text = raw.get("text")
    if not isinstance(text, str) or not text.strip():
        raise bad('can\'t parse inline keyboard button: Field "text" must be of type String and not empty')
    data, url, app = raw.get("callback_data"), raw.get("url"), raw.get("web_app")
    if sum(given is not None for given in (data, url, app)) != 1:
        raise bad("Text buttons are unallowed in the inline keyboard")
    if data is not None and not 1 <= len(data.encode()) <= LONGEST_DATA:
        raise bad("BUTTON_DATA_INVALID")
    if url is not None and (urlsplit(url).scheme not in {"http", "https", "tg"} or not urlsplit(url).netloc):
        raise bad(f"inline keyboard button URL '{url}' is invalid: Unsupported URL protocol")
    page = app["url"] if app else None
    if (
        page is not None
        and not page.startswith("https://")
        and not (telegram.http_allowed and page.startswith("http://"))
    ):
        raise bad(f"inline keyboard button Web App URL '{page}' is invalid: Only HTTPS links are allowed")
    return Button(text, data, url, page)


# ── messages ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def send_message(telegram: Telegram, parameters: Parameters) -> Json:
    chat = telegram.chat_for_bot(chat_id(parameters))
    text, entities = words(parameters)
    rows = keyboard(telegram, parameters)
    if any(one.web_app for row in rows for one in row) and chat.type != "private":
        raise bad("BUTTON_TYPE_INVALID")
    told = tuple(entity.as_json() for entity in entities)
    message = Message(telegram.new_message_id(), chat.id, telegram.bot, int(telegram.now()), text, told, rows)
    chat.messages.append(message)
    return chat.told(message)


def _own(telegram: Telegram, parameters: Parameters) -> tuple[Message, Callable[[Message], Json]]:
    chat = telegram.chat_for_bot(chat_id(parameters))
    message = chat.message(number(parameters, "message_id"))
    if message is None:
        raise bad("message to edit not found")
    if not message.sender.is_bot:
        raise bad("message can't be edited")

    def put(changed: Message) -> Json:
        if (changed.text, changed.entities, changed.keyboard) == (message.text, message.entities, message.keyboard):
            raise bad(NOT_MODIFIED)
        stamped = replace(changed, edited=int(telegram.now()))
        chat.put(stamped)
        return chat.told(stamped)

    return message, put


def edit_message_text(telegram: Telegram, parameters: Parameters) -> Json:
    message, put = _own(telegram, parameters)
    text, entities = words(parameters)
    told = tuple(entity.as_json() for entity in entities)
    return put(replace(message, text=text, entities=told, keyboard=keyboard(telegram, parameters)))


def edit_message_reply_markup(telegram: Telegram, parameters: Parameters) -> Json:
    message, put = _own(telegram, parameters)
    return put(replace(without_keyboard(message), keyboard=keyboard(telegram, parameters)))


def delete_message(telegram: Telegram, parameters: Parameters) -> bool:
    chat = telegram.chat_for_bot(chat_id(parameters))
    message = chat.message(number(parameters, "message_id"))
    if message is None:
        raise bad("message to delete not found")
    if not message.sender.is_bot and chat.type != "private":
        raise bad("message can't be deleted for everyone")
    if telegram.now() - message.date > 48 * 3600:
        raise bad("message can't be deleted for everyone")
    chat.messages.remove(message)
    chat.deleted.append(message.id)
    return True


def send_chat_action(telegram: Telegram, parameters: Parameters) -> bool:
    chat = telegram.chat_for_bot(chat_id(parameters))
    if parameters.get("action") not in {"typing", "upload_document", "find_location"}:
        raise bad("wrong parameter action in request")
    chat.actions.append(parameters["action"])
    return True


def answer_callback_query(telegram: Telegram, parameters: Parameters) -> bool:
    callback = parameters.get("callback_query_id", "")
    asked_at = telegram.callbacks.get(callback)
    if asked_at is None or telegram.now() - asked_at > OLD_SECONDS:
        raise bad("query is too old and response timeout expired or query ID is invalid")
    if len(parameters.get("text", "")) > 200:
        raise bad("MESSAGE_TOO_LONG")
    telegram.answered[callback] = parameters.get("text", "")
    return True


# ── the bot itself ──────────────────────────────────────────────────────────────────────────────────────────────────────


def get_me(telegram: Telegram, _parameters: Parameters) -> Json:
    return {
        **telegram.bot.as_json(),
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
    }


def set_my_commands(telegram: Telegram, parameters: Parameters) -> bool:
    commands = json.loads(parameters.get("commands", "[]"))
    for command in commands:
        name = command["command"]
        if not (1 <= len(name) <= 32 and name.replace("_", "").isalnum() and name == name.lower() and name.isascii()):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"]) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    telegram.commands[parameters.get("language_code", "")] = commands
    return True


def set_chat_menu_button(telegram: Telegram, parameters: Parameters) -> bool:
    menu = json.loads(parameters.get("menu_button") or '{"type":"default"}')
    if menu.get("type") not in {"default", "commands", "web_app"}:
        raise bad("MenuButton has unsupported type")
    telegram.menu = menu
    return True


def _kinds(telegram: Telegram, parameters: Parameters) -> None:
    raw = parameters.get("allowed_updates")
    if raw is not None:
        telegram.kinds = frozenset(json.loads(raw)) or DEFAULT_KINDS


def set_webhook(telegram: Telegram, parameters: Parameters) -> bool:
    url, secret = parameters.get("url", ""), parameters.get("secret_token", "")
    if not url:
        return delete_webhook(telegram, parameters)
    if urlsplit(url).scheme != "https" and not telegram.http_allowed:
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    if secret and not (len(secret) <= 256 and all(sign.isalnum() or sign in "_-" for sign in secret)):
        raise bad("secret token contains unallowed characters")
    if parameters.get("drop_pending_updates") == "true":
        telegram.pending.clear()
    _kinds(telegram, parameters)
    telegram.hook = Hook(url, secret, number(parameters, "max_connections", 40))
    telegram.arrived.set()
    return True


def delete_webhook(telegram: Telegram, parameters: Parameters) -> bool:
    if parameters.get("drop_pending_updates") == "true":
        telegram.pending.clear()
    telegram.hook = None
    return True


def get_webhook_info(telegram: Telegram, _parameters: Parameters) -> Json:
    url = telegram.hook.url if telegram.hook else ""
    told: Json = {"url": url, "has_custom_certificate": False, "pending_update_count": len(telegram.pending)}
    return {**told, "last_error_message": telegram.hook_error} if telegram.hook_error else told


async def get_updates(telegram: Telegram, parameters: Parameters) -> list[Json]:
    _kinds(telegram, parameters)
    offset, limit = number(parameters, "offset", 0), number(parameters, "limit", 100)
    return await telegram.poll(offset, limit, number(parameters, "timeout", 0))


Method = Callable[[Telegram, Parameters], Json | bool | Awaitable[list[Json]]]
METHODS: Final[dict[str, Method]] = {
    "getme": get_me,
    "sendmessage": send_message,
    "editmessagetext": edit_message_text,
    "editmessagereplymarkup": edit_message_reply_markup,
    "deletemessage": delete_message,
    "sendchataction": send_chat_action,
    "answercallbackquery": answer_callback_query,
    "setmycommands": set_my_commands,
    "setchatmenubutton": set_chat_menu_button,
    "setwebhook": set_webhook,
    "deletewebhook": delete_webhook,
    "getwebhookinfo": get_webhook_info,
    "getupdates": get_updates,
}
