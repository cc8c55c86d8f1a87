"""The shapes that the fake keeps and sends: messages, buttons, updates; and the refusals in Telegram's own words."""

from dataclasses import dataclass, field, replace
from typing import Any

Json = dict[str, Any]
"""What goes over the wire, both ways."""


class Refused(Exception):  # noqa: N818 - the server's answer
    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def as_json(self) -> Json:
        told: Json = {"ok": False, "error_code": self.code, "description": self.description}
        return {**told, "parameters": self.parameters} if self.parameters else told


def bad(description: str) -> Refused:
    return Refused(400, f"Bad Request: {description}")


@dataclass(frozen=True, slots=True)
class User:
    id: int
    first_name: str
    language_code: str = "sv"
    is_bot: bool = False
    username: str | None = None

    def as_json(self) -> Json:
        told: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        if self.username:
            told["username"] = self.username
        return told if self.is_bot else {**told, "language_code": self.language_code}


@dataclass(frozen=True, slots=True)
class Button:
    text: str
    data: str | None = None
    url: str | None = None
    web_app: str | None = None

    def as_json(self) -> Json:
        if self.data is not None:
            return {"text": self.text, "callback_data": self.data}
        return (
            {"text": self.text, "url": self.url} if self.url else {"text": self.text, "web_app": {"url": self.web_app}}
        )


@dataclass(frozen=True, slots=True)
class Message:
    id: int
    chat: int
    sender: User
    date: int
    text: str
    entities: tuple[Json, ...] = ()
    keyboard: tuple[tuple[Button, ...], ...] = ()
    edited: int | None = None
    kind: str = "text"
    """`text`, or what else a person can send: `photo`, `voice` …"""

    @property
    def buttons(self) -> tuple[Button, ...]:
        return tuple(button for row in self.keyboard for button in row)


@dataclass
class Chat:
    id: int
    type: str = "private"
    title: str = ""
    people: list[User] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    blocked: bool = False
    gone: bool = False

    def as_json(self) -> Json:
        if self.type == "private":
            return {"id": self.id, "type": self.type, "first_name": self.people[0].first_name}
        return {"id": self.id, "type": self.type, "title": self.title}

    def message(self, message_id: int) -> Message | None:
        return next((message for message in self.messages if message.id == message_id), None)

    def put(self, message: Message) -> None:
        self.messages = [message if known.id == message.id else known for known in self.messages]

    def told(self, message: Message) -> Json:
        """The message as it goes over the wire."""
        body: Json = {
            "message_id": message.id,
            "from": message.sender.as_json(),
            "chat": self.as_json(),
            "date": message.date,
        }
        match message.kind:
            case "text":
                body["text"] = message.text
            case "photo":
                body["photo"] = [{"file_id": "p", "file_unique_id": "p", "width": 1, "height": 1}]
                body["caption"] = message.text
            case "voice":
                body["voice"] = {"file_id": "v", "file_unique_id": "v", "duration": 1}
            case "contact":
                body["contact"] = {"phone_number": "+46700000000", "first_name": "X"}
        if message.entities:
            body["entities"] = list(message.entities)
        if message.edited is not None:
            body["edit_date"] = message.edited
        if message.keyboard:
            body["reply_markup"] = {
                "inline_keyboard": [[button.as_json() for button in row] for row in message.keyboard]
            }
        return body


def without_keyboard(message: Message) -> Message:
    return replace(message, keyboard=())
