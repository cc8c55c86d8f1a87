"""Random walks through whole conversations, with a server that answers, is down or refuses: what must hold whatever a person does."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.events import TextSaid
from bot.requests import HandOver
from knowledge.vocabulary import SENDING_KINDS
from tests.bot.dialogue.world import World, knowledge, profile

ROADS = {
    "halland-2024": "halland-hemsjukvard-halmstad",
    "orebro": "orebro-hemsjukvard-orebro",
    "vgr-skaraborg": "vastra-gotaland-specialist-medicin",
    "vasternorrland": "vasternorrland-hemsjukvard-sundsvall",
}
WORDS = (
    "guida mig", "kan vänta", "skriv utkast", "ser bra ut", "ja", "nej", "gå vidare", "lämna över", "19121212-1212", "19121212-1213", "Ekliden",
    "Blodtrycket är 170/95. Kan ni ta ställning?", "Ansvarig läkare", "ändra", "tillbaka", "varför", "avbryt", "mina meddelanden", "jag har skickat",
    "nej, hon är inlagd", "hon vill inte att vi delar", "Ja, muntligt till mig", "Kan inte ta ställning", "Följa upp blodtryck, vikt, blodsocker …",
    "vårdcentral", "ja, inskriven", "det är bråttom", "Bara berätta något, utan fråga", "Kommunal hälso- och sjukvård",
)  # fmt: skip
STARTS = (
    (),
    (
        "guida mig",
        "kan vänta",
        "Följa upp blodtryck, vikt, blodsocker …",
        "vårdcentral",
        "ja, inskriven",
        "skriv utkast",
        "Ekliden",
    ),
    (
        "guida mig",
        "kan vänta",
        "Bara berätta något, utan fråga",
        "Kommunal hälso- och sjukvård",
        "skriv utkast",
        "1",
        "gå vidare",
    ),
)
PREVIEWS = tuple((*start, "Blodtrycket är 170/95.", "ser bra ut", "ja", "19121212-1212") for start in STARTS[1:])
STEPS = st.lists(st.one_of(st.sampled_from(WORDS), st.integers(1, 12).map(str)), max_size=14)


def walk(world: World, steps: Sequence[str], down: int) -> None:
    """`down`: at which step the server goes down; it is back at the end."""
    for number, words in enumerate(steps):
        if number == down:
            world.api_down = True
        assert world.meet(TextSaid(words)), f"no answer to {words!r}"
    world.api_comes_back()


@pytest.mark.parametrize("pack", ROADS)
@settings(max_examples=25, deadline=None)
@given(
    start=st.sampled_from((*STARTS, *PREVIEWS)),
    steps=STEPS,
    down=st.integers(0, 30),
    delivery=st.sampled_from(["built_in", "copy_out"]),
)
def test_nothing_is_handed_over_without_consent_person_recipient_and_text(
    pack: str, start: tuple[str, ...], steps: list[str], down: int, delivery: str
) -> None:
    world = World(profile(ROADS[pack], pack), delivery=delivery)
    walk(world, (*start, *steps), down)
    for order in (command for command in world.commands if isinstance(command, HandOver)):
        body = order.body
        channel = knowledge().registry.pack(pack).channel_by_id[body.channel]
        assert channel.kind in SENDING_KINDS
        assert body.consent.state in ("given", "unable")
        assert body.consent.state == "given" or (body.consent.decided_by and body.consent.reason)
        assert body.person is not None
        assert body.recipient_units
        assert len(body.recipient_units) == 1 or channel.recipients == "several"
        assert world.me.unit_id not in body.recipient_units
        assert {heading.label for heading in channel.headings if heading.required} <= {s.heading for s in body.sections}


@pytest.mark.parametrize("pack", ROADS)
@settings(max_examples=20, deadline=None)
@given(start=st.sampled_from((*STARTS, *PREVIEWS)), steps=STEPS, down=st.integers(0, 30))
def test_every_ordered_handover_ends_in_one_receipt(
    pack: str, start: tuple[str, ...], steps: list[str], down: int
) -> None:
    world = World(profile(ROADS[pack], pack))
    walk(world, (*start, *steps), down)
    orders = [command.idempotency_key for command in world.commands if isinstance(command, HandOver)]
    assert len(orders) == len(set(orders)) == len(world.stored)
    assert world.conversation.outgoing == ()
    assert {handed.message_id for handed in world.conversation.handed} == {r.message_id for r in world.stored.values()}


@settings(max_examples=25, deadline=None)
@given(start=st.sampled_from((*STARTS, *PREVIEWS)), steps=STEPS)
def test_an_untrusted_client_never_orders_a_handover_or_carries_a_person(
    start: tuple[str, ...], steps: list[str]
) -> None:
    world = World(profile(ROADS["halland-2024"], "halland-2024"), trusted=False)
    walk(world, (*start, *steps), 99)
    assert not [command for command in world.commands if isinstance(command, HandOver)]
    drafts = [command.body for command in world.commands if command.type == "create_draft"]
    assert all(body.person is None and body.consent.state == "not_asked" for body in drafts)


def test_the_walks_do_reach_handovers() -> None:
    world = World(profile(ROADS["halland-2024"], "halland-2024"))
    walk(world, (*PREVIEWS[0], "lämna över"), len(PREVIEWS[0]))
    assert [handed.number for handed in world.conversation.handed] == ["L-1"]
