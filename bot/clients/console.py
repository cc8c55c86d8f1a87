"""The chat in a terminal: prints what Lots says, reads lines, picks choices by number. Translates; decides nothing.

Works with a person at the keys and with lines from a file or a pipe, which are then shown as said.
"""

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text as Words

from bot.events import ChoicePicked, CommandGiven, CommandName, Incoming, PersonEvent, TextSaid
from bot.gateways.records import Line, Owner
from bot.news import Listening
from bot.render import Rendered, RenderedChoice, RenderedLink, Texts
from bot.replies import Look, Tone, Weight
from bot.turn import Shell, TooBusy
from common.errors import DatabaseUnavailable
from common.ids import new_id

CLIENT: Final = "console"
WIDTH: Final = 78
LOOK_SECONDS: Final = 2.0
ReadLine = Callable[[str], Awaitable[str | None]]
"""Shows a prompt and gives the line, or None at the end."""

LOOKS: Final = {Look.HEADLINE: "bold", Look.TITLE: "bold", Look.SMALL: "dim", Look.PLAIN: ""}
WEIGHTS: Final = {Weight.PRIMARY: "bold", Weight.NORMAL: "", Weight.ASSUMPTION: "", Weight.QUIET: "dim"}
BORDERS: Final = {Tone.EMERGENCY: "bold red", Tone.CARD: "cyan", Tone.PREVIEW: "yellow", Tone.RECEIPT: "green"}


async def run_console(
    shell: Shell, staff_id: str, texts: Texts, *, console: Console | None = None, read_line: ReadLine | None = None
) -> None:
    """Chats until the lines end (Ctrl-D). The conversation goes on where it was the next time."""
    screen = console or Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False, soft_wrap=False)
    await ConsoleClient(shell, staff_id, texts, screen, read_line or _read_standard_input).run()


class ConsoleClient:
    def __init__(self, shell: Shell, staff_id: str, texts: Texts, screen: Console, read_line: ReadLine) -> None:
        self._shell = shell
        self._owner = Owner(CLIENT, staff_id)
        self._conversation_id = f"{CLIENT}:{staff_id}"
        self._texts = texts
        self._screen = screen
        self._read_line = read_line
        self._shown = 0
        self._choices: tuple[RenderedChoice, ...] = ()
        self._turn = asyncio.Lock()
        self._leaving = False

    async def run(self) -> None:
        try:
            self._shown, _ = await self._shell.store.newest(self._conversation_id)
        except DatabaseUnavailable:
            self._say("web.problem.database_unavailable")
            return
        await self._send(CommandGiven(CommandName.START))
        with self._shell.news.listen(self._conversation_id) as listening:
            watching = asyncio.create_task(self._watch(listening))
            try:
                await self._talk()
            finally:
                self._leaving = True
                listening.event.set()
                await watching
        self._say("web.console.bye")

    async def _talk(self) -> None:
        while (line := await self._read_line(self._texts.text("web.console.prompt"))) is not None:
            await self._send(self._event(line))

    def _event(self, line: str) -> PersonEvent:
        """A number is the choice that stands at it; `/help` and the like are commands; the rest is what it says."""
        said = line.strip()
        if said.isascii() and said.isdigit() and 1 <= int(said) <= len(self._choices):
            return ChoicePicked(self._choices[int(said) - 1].id)
        if said.startswith("/") and said[1:] in {str(name) for name in CommandName}:
            return CommandGiven(CommandName(said[1:]))
        return TextSaid(line)

    async def _send(self, event: PersonEvent) -> None:
        async with self._turn:
            try:
                await self._shell.take(Incoming(self._conversation_id, new_id(), event), self._owner)
                await self._show_new()
            except DatabaseUnavailable:
                self._say("web.problem.database_unavailable")
            except TooBusy:
                self._say("web.problem.busy")

    async def _watch(self, listening: Listening) -> None:
        """Answers to messages come while the person thinks."""
        while not self._leaving:
            await listening.wait(LOOK_SECONDS)
            async with self._turn:
                with contextlib.suppress(DatabaseUnavailable):
                    await self._show_new(aside=True)

    async def _show_new(self, *, aside: bool = False) -> None:
        lines = await self._shell.store.lines(self._conversation_id, after=self._shown)
        said = tuple(line for line in lines if line.author == "lots")
        for line in said:
            self._print(line.said)
        self._offer(said, aside=aside)
        if lines:
            self._shown = lines[-1].number

    def _offer(self, said: tuple[Line, ...], *, aside: bool) -> None:
        """The numbers under what was just said. Something said in passing leaves the question's own numbers standing."""
        choices = tuple(choice for line in said for choice in line.said.choices)
        if not said or (aside and not choices):
            return
        self._choices = choices
        assumed = next((line.said.assumed for line in reversed(said) if line.said.assumed), "")
        for number, choice in enumerate(choices, start=1):
            if assumed and choice.weight is Weight.ASSUMPTION:
                self._screen.print(Words(assumed))
                assumed = ""
            self._screen.print(Padding(Words(f"{number}. {choice.label}", WEIGHTS[choice.weight]), (0, 0, 0, 2)))
        self._screen.print()

    def _print(self, said: Rendered) -> None:
        lines = [Words(line, LOOKS[look]) for line, look in said.lines]
        words = Words("\n").join(
            [*lines, *(Words(self._link(link)) for link in said.links if not _is_said(link, said.text))]
        )
        if said.tone is Tone.COPY:
            self._screen.print(words, soft_wrap=True)
        elif said.tone in BORDERS:
            self._screen.print(Panel(words, border_style=BORDERS[said.tone]))
        else:
            self._screen.print(words)

    def _link(self, link: RenderedLink) -> str:
        """A number stands in its label; a page needs its address."""
        if link.url.startswith("tel:"):
            return link.label
        return self._texts.text("web.console.link", label=link.label, url=link.url)

    def _say(self, key: str) -> None:
        self._screen.print(Words(self._texts.text(key)))


def _is_said(link: RenderedLink, text: str) -> bool:
    """A number to ring that stands in the text already: there is nothing to tap in a terminal."""
    return link.url.startswith("tel:") and link.label.rpartition(", ")[2] in text


async def _read_standard_input(prompt: str) -> str | None:
    """A line from the keys, with the prompt; or from a pipe, shown as if it had been typed."""
    if sys.stdin.isatty():
        return await asyncio.to_thread(_typed, prompt)
    line: str = await asyncio.to_thread(sys.stdin.readline)
    if not line:
        return None
    said = line.rstrip("\n")
    sys.stdout.write(f"{prompt}{said}\n\n")
    sys.stdout.flush()
    return said


def _typed(prompt: str) -> str | None:
    try:
        return input(prompt)
    except (EOFError, KeyboardInterrupt):
        sys.stdout.write("\n")
        return None
