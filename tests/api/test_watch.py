"""Who watches an inbox: those at work, whoever covers for the others, and never nobody while somebody could."""

import pytest

from api.staff.watch import Member, on_watch

ANNA, BO, CILLA = Member("anna", True), Member("bo", True), Member("cilla", False)  # noqa: FBT003 - a table of people


@pytest.mark.parametrize(
    ("members", "absent", "expected"),
    [
        pytest.param([ANNA, BO, CILLA], {}, ("anna", "bo"), id="those who watch"),
        pytest.param([ANNA, CILLA], {"anna": "cilla"}, ("cilla",), id="whoever covers"),
        pytest.param([ANNA, BO], {"anna": None}, ("bo",), id="nobody in her place"),
        pytest.param([ANNA, BO, CILLA], {"anna": "bo", "bo": "cilla"}, ("cilla",), id="cover in two steps"),
        pytest.param([ANNA, BO, CILLA], {"anna": "bo", "bo": "anna"}, ("cilla",), id="cover in a ring"),
        pytest.param([ANNA, CILLA], {"anna": None}, ("cilla",), id="somebody at work"),
        pytest.param([ANNA], {"anna": None}, ("anna",), id="everybody away"),
        pytest.param([ANNA], {"anna": "left-us"}, ("anna",), id="cover no longer here"),
        pytest.param([], {}, (), id="nobody at all"),
    ],
)
def test_an_inbox_is_watched(members: list[Member], absent: dict[str, str | None], expected: tuple[str, ...]) -> None:
    assert on_watch(members, absent) == expected
