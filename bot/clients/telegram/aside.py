"""What is said or taken away beside the conversation: through the outbox, so that a fault only delays it. Holds no words of its own.

A text said here comes once more, marked, when the line was lost the first time.
"""

from datetime import timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict
from telegram import Bot
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.clients.telegram.request import Unclear
from common.clock import Clock
from common.crypto import Cipher
from common.database import Database
from common.outbox import GiveUp, Handler, Job, cancel, enqueue
from knowledge.bundle import HOME_LANGUAGE, Knowledge

SAY: Final = "telegram.say"
ERASE: Final = "telegram.erase"
TRIES: Final = 200
PATIENCE: Final = timedelta(seconds=5)


class _Say(BaseModel):
    """`key` of a text; `why` is the message API's own sentence, with nothing of the person's."""

    model_config = ConfigDict(frozen=True)

    chat: int
    key: str
    why: str = ""
    language: str = HOME_LANGUAGE
    again: bool = False
    """It may have been said already: marked as a repeat."""


class _Erase(BaseModel):
    model_config = ConfigDict(frozen=True)

    chat: int
    message: int


class Aside:
    def __init__(self, bot: Bot, db: Database, cipher: Cipher, clock: Clock, knowledge: Knowledge) -> None:
        self._bot = bot
        self._db = db
        self._cipher = cipher
        self._clock = clock
        self._knowledge = knowledge

    async def say(self, chat_id: int, key: str, cause: str, language: str, *, why: str = "") -> None:
        """Once for its cause, however often the update is handed in."""
        await self._now_or_later(
            SAY, self._key(chat_id, cause), _Say(chat=chat_id, key=key, why=why, language=language)
        )

    async def erase(self, chat_id: int, message_id: int) -> None:
        """Takes a person's own message out of the chat, where Telegram lets a bot do that."""
        await self._now_or_later(ERASE, self._key(chat_id, str(message_id)), _Erase(chat=chat_id, message=message_id))

    async def _now_or_later(self, kind: str, key: str, order: _Say | _Erase) -> None:
        """At once; what does not get through waits in the outbox and is tried again."""
        later = self._clock.now() + PATIENCE
        async with self._db.write() as session:
            if not await enqueue(session, kind, key, self._seal(key, order), later):
                return
        try:
            await self._do(order)
        except GiveUp:
            pass
        except Unclear:
            if isinstance(order, _Erase):
                return
            again = order.model_copy(update={"again": True})
            async with self._db.write() as session:
                await enqueue(session, kind, f"{key}/again", self._seal(f"{key}/again", again), later)
        except TelegramError:
            return
        async with self._db.write() as session:
            await cancel(session, kind, key)

    async def _do(self, order: _Say | _Erase) -> None:
        try:
            if isinstance(order, _Say):
                await self._bot.send_message(order.chat, self._words(order))
            else:
                await self._bot.delete_message(order.chat, order.message)
        except (BadRequest, Forbidden) as error:
            raise GiveUp(type(error).__name__) from None

    def _words(self, order: _Say) -> str:
        texts = self._knowledge.speaking(order.language).texts
        words = texts.text(order.key, **({"why": order.why} if order.why else {}))
        return f"{texts.text('telegram.repeat.mark')}\n{words}" if order.again else words

    def handlers(self) -> dict[str, Handler]:
        async def say(job: Job) -> None:
            order = _Say.model_validate_json(self._open(job))
            try:
                await self._do(order)
            except Unclear:
                if order.again:
                    raise GiveUp("unclear twice") from None
                await self._say_again(job, order)

        async def erase(job: Job) -> None:
            await self._do(_Erase.model_validate_json(self._open(job)))

        return {
            SAY: Handler(say, TRIES, longest_delay=timedelta(minutes=1)),
            ERASE: Handler(erase, TRIES, longest_delay=timedelta(minutes=1)),
        }

    async def _say_again(self, job: Job, order: _Say) -> None:
        again = order.model_copy(update={"again": True})
        async with self._db.write() as session:
            key = f"{job.key}/again"
            await enqueue(session, SAY, key, self._seal(key, again), self._clock.now() + PATIENCE)

    def _key(self, chat_id: int, cause: str) -> str:
        return f"{self._cipher.lookup(f'telegram:{chat_id}')[:24]}/{cause}"

    def _seal(self, key: str, order: _Say | _Erase) -> str:
        return self._cipher.seal(order.model_dump_json(), f"outbox:{key}")

    def _open(self, job: Job) -> str:
        return self._cipher.open(job.payload, f"outbox:{job.key}")
