"""A person who chats with the bot in the fake: writes, taps, blocks; and what she sees on the screen."""

from typing import TYPE_CHECKING

from tests.support.telegram.wire import Button, Chat, Message, User

if TYPE_CHECKING:
    from tests.support.telegram.core import Telegram


class Person:
    """Everything she does makes an update for the bot, as it would in Telegram."""

    def __init__(self, telegram: "Telegram", user: User, chat: Chat) -> None:
        self.telegram = telegram
        self.user = user
        self.chat = chat

    def says(self, text: str, kind: str = "text") -> Message:
        """Writes in the chat. A word that begins with `/` is marked as a command, as clients do."""
        message = self.telegram.receive(self.chat, self.user, text, kind)
        self.telegram.update({"message": self.chat.told(message)}, "message")
        return message

    def edits(self, message: Message, text: str) -> None:
        changed = self.telegram.change(self.chat, message, text)
        self.telegram.update({"edited_message": self.chat.told(changed)}, "edited_message")

    def taps(self, label: str, message_id: int | None = None) -> str:
        """Presses the newest button whose label begins so; gives the callback's id."""
        message, button = self.button(label, message_id)
        assert button.data is not None, f"{label!r} opens a page"
        return self.sends_data(message, button.data)

    def sends_data(self, message: Message, data: str) -> str:
        """A callback as a client that has been tampered with may send it."""
        return self.telegram.callback(self.chat, self.user, message, data)

    def button(self, label: str, message_id: int | None = None) -> tuple[Message, Button]:
        for message in reversed(self.chat.messages):
            if message_id is None or message.id == message_id:
                for button in message.buttons:
                    if button.text.startswith(label):
                        return message, button
        raise AssertionError(f"no button {label!r} among {self.labels}")

    @property
    def labels(self) -> list[str]:
        return [button.text for message in self.chat.messages for button in message.buttons]

    def blocks(self) -> None:
        self.chat.blocked = True
        self.telegram.member(self.chat, self.user, "member", "kicked")

    def unblocks(self) -> None:
        self.chat.blocked = False
        self.telegram.member(self.chat, self.user, "kicked", "member")

    @property
    def shown(self) -> list[Message]:
        """What the bot has said that is still there, as it reads now."""
        return [message for message in self.chat.messages if message.sender.is_bot]

    @property
    def text(self) -> str:
        return "\n".join(message.text for message in self.shown)
