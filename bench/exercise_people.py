"""Who takes part in the benchmark of a live exercise: people with a browser, people in the chat, and their trainer. Measures nothing itself."""

import html
import random
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from bench.calls import Answer, Line

Times = dict[str, list[float]]
TRAINER: Final = "petra-lang"
SCENARIOS: Final = ("h24-sova-gott", "h24-nagot-lugnande")


@dataclass
class Participant:
    number: int
    line: Line
    times: Times
    code: str
    seat: str = ""
    rejoin: str = ""
    told: dict[tuple[int, int], str] = field(default_factory=dict)
    """(question, round) → the option that she was told counted."""
    repeats: int = 0

    async def timed(self, kind: str, call: Callable[[], Awaitable[Answer]]) -> Answer:
        began = time.perf_counter()
        answer = await call()
        self.times[kind].append((time.perf_counter() - began) * 1000)
        return answer

    async def page(self, kind: str) -> str:
        at = f"/ovning/{self.code}?seat={self.seat}"
        return (await self.timed(kind, lambda: self.line.get(at))).page()

    async def join(self) -> None:
        at = f"/ovning/{self.code}"
        page = (await self.line.get(at)).page()
        data = {"csrf": hidden(page, "csrf"), "nickname": f"Fågel {self.number}"}
        answer = await self.timed("join", lambda: self.line.post(f"{at}/join", data))
        assert answer.status == 303, answer.text
        self.seat = answer.header("location").partition("seat=")[2]
        self.rejoin = found(r'exercise-rejoin">(\w+)<', await self.page("page"))

    async def come_back(self, url: str) -> None:
        """On a new connection, without a cookie, by the code alone."""
        self.line.close()
        self.line = Line(url)
        at = f"/ovning/{self.code}"
        page = (await self.line.get(at)).page()
        answer = await self.line.post(f"{at}/back", {"csrf": hidden(page, "csrf"), "rejoin": self.rejoin})
        assert answer.header("location").endswith(self.seat), "came back as someone else"

    def move(self, url: str) -> None:
        """To another process with the same cookies, as behind a load balancer."""
        self.line = self.line.elsewhere(url)

    async def vote(self, rng: random.Random) -> None:
        page = await self.page("page")
        options = re.findall(r'name="option" value="(\w+)"', page)
        assert options, "no vote is open"
        option, form = rng.choice(options), page.partition('class="exercise-vote"')[2]
        data = {name: hidden(form, name) for name in ("csrf", "seat", "place", "round")} | {"option": option}
        path = f"/ovning/{self.code}/vote"
        answer = await self.timed("vote", lambda: self.line.post(path, data))
        assert answer.status == 303
        assert "flash" not in answer.header("set-cookie"), "the answer did not count"
        self.told[int(data["place"]), int(data["round"])] = option


@dataclass
class ChatParticipant(Participant):
    """She takes part from the chat: a message at a time, and the buttons that came with the last one. `told` holds letters."""

    turn: int = 0

    @property
    def staff_id(self) -> str:
        return staff_id(self.number)

    async def say(self, kind: str, **event: str) -> tuple[str, dict[str, str]]:
        """What Lots said, and the buttons: label → id."""
        self.turn += 1
        body = {"message_id": f"m-{self.turn}", **event}
        path = f"/api/v1/chat/exercise-{self.number}/events"
        replies = (await self.timed(kind, lambda: self.line.post_json(path, body))).json()["replies"]
        choices = {choice["label"]: choice["id"] for reply in replies for choice in reply["choices"]}
        return "\n".join(reply["text"] for reply in replies), choices

    async def page(self, kind: str) -> str:
        return (await self.say(f"chat {kind}", text="visa"))[0]

    async def join(self) -> None:
        said, _ = await self.say("chat join", text=f"gå med i övning {self.code} som Fågel {self.number}")
        assert f"Välkommen, Fågel {self.number}!" in said, said

    async def come_back(self, url: str) -> None:
        self.move(url)
        await self.say("chat leave", text="lämna övningen")
        said, _ = await self.say("chat back", text=f"delta {self.code}")
        assert f"Välkommen, Fågel {self.number}!" in said, "came back as someone else"

    async def vote(self, rng: random.Random) -> None:
        shown, choices = await self.say("chat page", text="visa")
        label = rng.choice([label for label in choices if re.match(r"[A-Z]\. ", label)])
        said, _ = await self.say("chat vote", choice=choices[label])
        assert "Ditt svar är räknat" in said, said
        place = int(found(r"Fråga (\d+) av", shown)) - 1
        self.told[place, 2 if "Rösta igen" in shown else 1] = label[0]


@dataclass
class Trainer:
    line: Line
    path: str = ""

    async def begin(self) -> str:
        """The code to join by."""
        page = (await self.line.get("/")).page()
        await self.line.post("/demo", {"csrf": hidden(page, "csrf"), "staff": TRAINER})
        page = (await self.line.get("/exercises/new?pack=halland-2024")).page()
        data = {"csrf": hidden(page, "csrf"), "pack": "halland-2024", "scenario": SCENARIOS}
        self.path = (await self.line.post("/exercises", data)).header("location")
        return found(r"/ovning/(\d+)/", (await self.line.get(self.path)).page())

    async def act(self, act: str) -> None:
        page = (await self.line.get(self.path)).page()
        data = {"csrf": hidden(page, "csrf"), "seen": hidden(page, "seen"), "act": act}
        (await self.line.post(f"{self.path}/act", data)).page()


def staff_id(number: int) -> str:
    return f"exercise-{number}"


def hidden(page: str, name: str) -> str:
    return html.unescape(found(rf'name="{name}" value="([^"]*)"', page))


def found(pattern: str, page: str) -> str:
    match = re.search(pattern, page)
    assert match is not None, f"{pattern} is not on the page"
    return match[1]
