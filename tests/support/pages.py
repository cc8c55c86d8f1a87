"""Reads a chat page as a person without scripts would: what is said, which buttons there are, which fields go along with them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from bot.render import Rendered, RenderedChoice, RenderedLink


@dataclass
class Form:
    """A form with the fields that it posts and the buttons that send it: (name, value, label)."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)

    def press(self, label: str) -> dict[str, str]:
        """The fields posted when the button is pressed."""
        name, value = next((name, value) for name, value, shown in self.buttons if shown == label)
        return {**self.fields, **({name: value} if name else {})}


@dataclass
class Said:
    number: int
    who: str
    paragraphs: list[str] = field(default_factory=list)
    choices: list[RenderedChoice] = field(default_factory=list)
    links: list[RenderedLink] = field(default_factory=list)

    @property
    def rendered(self) -> Rendered:
        return Rendered("\n".join(self.paragraphs), tuple(self.choices), tuple(self.links))


class ChatHtml(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[Said] = []
        self.forms: list[Form] = []
        self.ids: list[str] = []
        self.problem = ""
        self.kept_text = ""
        self._in_line = False
        self._form: Form | None = None
        self._open: tuple[str, dict[str, str]] | None = None
        self._words: list[str] = []
        self.feed(html)

    @property
    def box(self) -> Form:
        return next(form for form in self.forms if "text" in form.fields)

    def form_with(self, label: str) -> Form:
        return next(form for form in self.forms if any(shown == label for _, _, shown in form.buttons))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "li" and given.get("id", "").startswith("rad-"):
            self._in_line = True
            who = "me" if "bubble--me" in given["class"] else "lots"
            self.said.append(Said(int(given["id"].removeprefix("rad-")), who))
        elif tag == "form":
            self._form = Form(given["action"])
            self.forms.append(self._form)
        elif tag == "input" and self._form is not None:
            self._form.fields[given["name"]] = given.get("value", "")
        if tag in {"p", "a", "button", "textarea"}:
            self._open, self._words = (tag, given), []

    def handle_data(self, data: str) -> None:
        self._words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "li":
            self._in_line = False
        if tag == "form":
            self._form = None
        if self._open is not None and tag == self._open[0]:
            self._close(tag, self._open[1], "".join(self._words))
            self._open = None

    def _close(self, tag: str, given: dict[str, str], words: str) -> None:
        label = words.strip()
        if given.get("id") == "problem":
            self.problem = label
        if tag == "textarea" and self._form is not None:
            self._form.fields[given["name"]] = self.kept_text = words
        elif tag == "button" and self._form is not None:
            self._form.buttons.append((given.get("name", ""), given.get("value", ""), label))
        if not self._in_line:
            return
        if tag == "p":
            self.said[-1].paragraphs.append(words)
        elif tag == "button" and given.get("name") == "choice":
            self.said[-1].choices.append(RenderedChoice(given["value"], label))
        elif tag == "a":
            self.said[-1].links.append(RenderedLink(label, given["href"]))
