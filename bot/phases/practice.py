"""Practice in the chat: the menu, the next scenario, leaving. One scenario at a time; nothing here is about a real person, and nothing is sent."""

from dataclasses import replace
from typing import Final

from bot.acts import Act
from bot.conversation import Action, Conversation, Phase, Practice
from bot.events import PracticeDue
from bot.findings import PracticeFound
from bot.phases import for_real, practising, start
from bot.phases.desk import pack_of
from bot.phases.results import Again, Result
from bot.phases.screens import Option, aside, beside, notice, offer, reply, small, t, title
from bot.phases.typed import word_list
from bot.practice.changes import changed_steps, what_changed
from bot.practice.progress import needed
from bot.practice.queue import Mode, due_count, pick
from bot.replies import Link, Text, Weight
from bot.requests import AnnouncePractice, Command, MyPractice, RecordPractice
from bot.tools import Tools, Turn
from knowledge.pack import Pack
from knowledge.vocabulary import Fact
from triage.choices import says
from triage.content import SURE
from triage.reading import Context
from triage.scenarios import facts_at

PAGE: Final = "/ova"
SHOWN_CHANGES: Final = 6


def practice_option() -> Option:
    """The way in, where nothing is in hand."""
    return Option(Act.PRACTICE, t("practice.choice.open"), words="practice.words.open", weight=Weight.QUIET)


def enter(conversation: Conversation, wish: str = "") -> Result:
    """How the person's practice stands is asked for, and the menu shown, or what she wishes to practise on."""
    profile = conversation.profile
    if conversation.matter is not None:
        return Again(conversation, (t("chat.profile.finish_first"),))
    if profile is None or profile.pack is None:
        return Again(conversation, (t("practice.no_routine"),))
    begun = replace(conversation, phase=Phase.PRACTICE, practice=Practice(profile.pack, wish=wish))
    return Turn(begun, queries=(MyPractice(profile.pack),))


def found(conversation: Conversation, result: PracticeFound, tools: Tools) -> Turn:
    practice = conversation.practice
    if practice is None or conversation.phase is not Phase.PRACTICE:
        return Turn(conversation)
    known = replace(practice, cards=result.cards, tallies=result.tallies, announce=result.announce, wish="")
    wished = replace(conversation, practice=known)
    pack = practice_pack(wished, tools)
    return (
        show(wished, tools) if pack is None or not practice.wish else _wished(wished, known, practice.wish, pack, tools)
    )


def _wished(conversation: Conversation, practice: Practice, wish: str, pack: Pack, tools: Tools) -> Turn:
    """A scenario about what she named; the menu, where the words name nothing that there is a scenario about."""
    profile, scenarios = conversation.profile, tools.knowledge.scenarios.of(pack.id)
    if profile is None:
        return show(conversation, tools)
    topic = tools.reader.read(wish, Context(pack, profile.unit_type)).facts.known.get(Fact.TOPIC)
    if topic is None or not any(one.weight >= SURE for one in topic.evidence):
        return show(conversation, tools)
    about = [one for one in scenarios if facts_at(one, len(one.steps) - 1).value(Fact.TOPIC) == topic.value]
    chosen = pick(about, practice.cards, Mode.NEXT, (), tools.now) or next(iter(about), None)
    if chosen is None:
        menu = show(conversation, tools)
        return replace(menu, replies=(reply(t("practice.none_on", words=wish)), *menu.replies))
    return show(replace(conversation, practice=_begun(practice, Mode.NEXT, chosen.id, 0, tools)), tools)


def show(conversation: Conversation, tools: Tools) -> Turn:
    """The screen of where the practice is."""
    practice, pack = conversation.practice, practice_pack(conversation, tools)
    if practice is None or pack is None:
        return start.show_matter(replace(conversation, phase=Phase.MATTER, practice=None), tools)
    if practice.doubted:
        return for_real.show(conversation, tools)
    if practice.scenario:
        screen = practising.show(conversation, practice, pack, tools)
        if screen is not None:
            return screen
    return _menu(conversation, replace(practice, scenario=""), pack, tools)


def practice_pack(conversation: Conversation, tools: Tools) -> Pack | None:
    profile, practice = conversation.profile, conversation.practice
    pack = pack_of(profile, tools) if profile else None
    return pack if pack is not None and practice is not None and practice.pack == pack.id else None


# ── the menu ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _menu(conversation: Conversation, practice: Practice, pack: Pack, tools: Tools) -> Turn:
    due = due_count(practice.cards, tools.now)
    scenarios = tools.knowledge.scenarios.of(pack.id)
    met = {card.scenario for card in practice.cards}
    new = sum(scenario.id not in met for scenario in scenarios)
    lines = [t("practice.menu.lead", pack=pack.name, version=pack.version), t("practice.menu.counts", due=due, new=new)]
    if scenarios:
        known = sum(not card.wrong for card in practice.cards if card.scenario in {one.id for one in scenarios})
        lines.append(
            t("practice.menu.certificate", known=known, needed=needed(len(scenarios)), scenarios=len(scenarios))
        )
    return offer(replace(conversation, practice=practice), [reply(*lines)], _menu_options(practice, pack, tools))


def _menu_options(practice: Practice, pack: Pack, tools: Tools) -> list[Option]:
    wrong = sum(card.wrong for card in practice.cards)
    options = [_option("go", Mode.NEXT, t("practice.choice.next"), "practice.words.next", Weight.PRIMARY)]
    if wrong:
        options.append(_option("go", Mode.WRONG, t("practice.choice.wrong", count=wrong), "practice.words.wrong"))
    if changed_steps(pack, tools.knowledge):
        options.append(_option("changes", "", t("practice.choice.changed"), "practice.words.changed"))
    options.append(_option("progress", "", t("practice.choice.progress"), "practice.words.progress"))
    key = "practice.choice.silence" if practice.announce else "practice.choice.announce"
    options.append(_option("announce", "", t(key), "practice.words.announce", Weight.QUIET))
    return [*options, leave_option()]


def _option(verb: str, extra: str, label: Text, words: str = "", weight: Weight | None = None) -> Option:
    return Option(Act.PRACTICE, label, verb, extra, words, weight)


def leave_option() -> Option:
    return _option("leave", "", t("practice.choice.leave"), "practice.words.leave", Weight.QUIET)


def on_action(conversation: Conversation, action: Action, tools: Tools) -> Result:
    """What a tap, or its words, means in practice."""
    practice, pack = conversation.practice, practice_pack(conversation, tools)
    if conversation.phase is not Phase.PRACTICE or practice is None or pack is None or not action.value:
        return enter(conversation, action.extra)
    match action.value:
        case "go":
            return go(conversation, practice, Mode(action.extra), pack, tools)
        case "changes":
            return _changes(conversation, practice, pack, tools)
        case "progress":
            return _progress(conversation, practice, pack)
        case "announce":
            return _announce(conversation, practice)
        case "menu":
            return _back_to_menu(conversation, practice, pack)
        case "leave":
            return leave(conversation)
        case for_real.REAL:
            return for_real.begin(conversation, practice.said)
        case for_real.EXERCISE:
            return _graded(conversation, practice, pack, tools)
        case "onward":
            return _onward(conversation, practice, pack, tools)
        case _:
            return practising.on_action(conversation, practice, action, pack, tools)


def on_word(conversation: Conversation, action: Action, tools: Tools) -> Result:
    """ "Varför", "varför inte …", "fel" and "tillbaka" where a scenario is on the screen."""
    act = action.name
    practice, pack = conversation.practice, practice_pack(conversation, tools)
    if practice is None or pack is None:
        return Again(conversation)
    if act is Act.BACK and practice.scenario:
        return _back_to_menu(conversation, practice, pack)
    if act is Act.BACK:
        return Again(conversation)
    if not practice.scenario:
        return Again(conversation, (t("practice.menu.pick"),))
    return practising.explain(conversation, practice, pack, tools, action.extra)


def on_text(conversation: Conversation, text: str, tools: Tools, *, caught: bool) -> Result:
    """Words that are no button: for real, an answer in the person's own words, or a draft. `caught`: they named somebody."""
    if (real := for_real.leaves(conversation, conversation.practice, text, tools)) is not None:
        return real
    if says(text, word_list("practice.words.leave", tools.knowledge.texts)):
        return leave(conversation)
    practice, pack = conversation.practice, practice_pack(conversation, tools)
    if practice is not None and (practice.doubted or for_real.is_danger(conversation, text, tools)):
        return for_real.doubt(conversation, practice, text, tools)
    if practice is None or pack is None or not practice.scenario:
        return Again(conversation, (t("practice.menu.pick"),))
    if caught:
        return Again(replace(conversation, practice=replace(practice, helped=True)), (t("practice.write_anew"),))
    kept = replace(practice, said=text)
    return practising.on_text(replace(conversation, practice=kept), kept, text, pack, tools)


def _graded(conversation: Conversation, practice: Practice, pack: Pack, tools: Tools) -> Result:
    """No real person was meant: the words are the answer they were written as."""
    meant = replace(practice, doubted=False)
    here = replace(conversation, practice=meant)
    if not practice.scenario:
        return Again(here, (t("practice.menu.pick"),))
    return practising.on_text(here, meant, practice.said, pack, tools)


# ── going through scenarios ─────────────────────────────────────────────────────────────────────────────────────────────


def go(conversation: Conversation, practice: Practice, mode: Mode, pack: Pack, tools: Tools) -> Result:
    """The next scenario of the kind; where there is none, that is said, and how it stands is asked anew."""
    scenario, step = "", 0
    if mode is Mode.CHANGED:
        left = [
            place for place in changed_steps(pack, tools.knowledge) if f"{place[0]}/{place[1]}" not in practice.done
        ]
        scenario, step = left[0] if left else ("", 0)
    else:
        picked = pick(tools.knowledge.scenarios.of(pack.id), practice.cards, mode, practice.done, tools.now)
        scenario = picked.id if picked else ""
    fresh = _begun(practice, mode, scenario, step, tools)
    if not scenario:
        asked = _back_to_menu(conversation, practice, pack)
        return replace(asked, replies=(reply(t(f"practice.nothing.{mode}")),))
    return show(replace(conversation, practice=fresh), tools)


def _begun(practice: Practice, mode: Mode, scenario: str, step: int, tools: Tools) -> Practice:
    """A new go, with nothing of the one before."""
    return Practice(
        practice.pack, practice.cards, practice.tallies, practice.announce, str(mode), tools.fresh_id, scenario, step,
        done=practice.done,
    )  # fmt: skip


def _onward(conversation: Conversation, practice: Practice, pack: Pack, tools: Tools) -> Result:
    """The next step; after the last one the go is recorded and what is worth remembering is said."""
    scenario = tools.knowledge.scenarios.by_id.get(practice.scenario)
    if scenario is None or not practice.told:
        return Again(conversation)
    whole = practice.mode != Mode.CHANGED
    if whole and practice.step + 1 < len(scenario.steps):
        ahead = replace(practice, step=practice.step + 1, told=False, helped=False, sections=(), editing=None, said="")
        return show(replace(conversation, practice=ahead), tools)
    name = scenario.id if whole else f"{scenario.id}/{practice.step}"
    ended = replace(practice, scenario="", done=(*practice.done, name), answers=(), told=False, said="")
    lines = practising.learned(scenario, pack, practice) if whole else (t("practice.changed.learned"),)
    options = [
        _option("go", practice.mode, t("practice.choice.another"), "practice.words.next", Weight.PRIMARY),
        _option("menu", "", t("practice.choice.menu"), "chat.words.back", Weight.QUIET),
        leave_option(),
    ]
    after = replace(conversation, practice=ended)
    return offer(after, [reply(*lines)], options, _record(practice))


def _record(practice: Practice) -> tuple[Command, ...]:
    """What is kept of a go: answers, never words."""
    if not practice.answers or not practice.go:
        return ()
    return (RecordPractice(practice.go, practice.pack, practice.scenario, practice.answers),)


def _back_to_menu(conversation: Conversation, practice: Practice, pack: Pack) -> Turn:
    """Whatever was answered is kept; the standing is asked for anew, since a go may have been recorded."""
    left = replace(conversation, practice=Practice(pack.id, announce=practice.announce))
    return Turn(left, commands=_record(practice) if practice.scenario else (), queries=(MyPractice(pack.id),))


def leave(conversation: Conversation) -> Result:
    practice = conversation.practice
    left = replace(conversation, phase=Phase.MATTER, practice=None)
    commands = _record(practice) if practice is not None and practice.scenario else ()
    return Again(left, (t("practice.left"),), commands)


# ── how it goes, what has changed, being told ───────────────────────────────────────────────────────────────────────────


def _progress(conversation: Conversation, practice: Practice, pack: Pack) -> Turn:
    lines: list[Text] = [title(t("practice.progress.title"))]
    for tally in practice.tallies:
        channel = pack.channel_by_id.get(tally.channel)
        if channel is not None:
            lines.append(t("practice.progress.line", channel=channel.label, right=tally.right, asked=tally.asked))
    if len(lines) == 1:
        lines.append(t("practice.progress.none"))
    wrong = sum(card.wrong for card in practice.cards)
    lines.append(t("practice.progress.again", count=len(practice.cards), wrong=wrong))
    turn = beside(conversation, *lines)
    link = Link(t("practice.progress.page"), PAGE)
    return replace(turn, replies=(replace(turn.replies[0], links=(link,)),))


def _announce(conversation: Conversation, practice: Practice) -> Result:
    on = not practice.announce
    known = replace(conversation, practice=replace(practice, announce=on))
    line = t("practice.announce.on" if on else "practice.announce.off")
    return Again(known, (line,), (AnnouncePractice(conversation.id, on),))


def due(conversation: Conversation, event: PracticeDue) -> Turn:
    """Something is due today: told beside whatever is going on."""
    return aside(conversation, notice(t("practice.due", count=event.count)))


def _changes(conversation: Conversation, practice: Practice, pack: Pack, tools: Tools) -> Result:
    """What is otherwise since the version before, then the questions whose answer changed."""
    lines = [title(t("practice.changed.title", pack=pack.name, version=pack.version))]
    lines += [
        t("practice.changed.line", channel=change.channel, before=change.before, after=change.after)
        for change in what_changed(pack, tools.knowledge)[:SHOWN_CHANGES]
    ]
    count = len(changed_steps(pack, tools.knowledge))
    lines.append(small(t("practice.changed.count", count=count)))
    options = [
        _option("go", Mode.CHANGED, t("practice.choice.start_changed"), "practice.words.next", Weight.PRIMARY),
        _option("menu", "", t("practice.choice.menu"), "chat.words.back", Weight.QUIET),
    ]
    return offer(replace(conversation, practice=replace(practice, done=())), [reply(*lines)], options)
