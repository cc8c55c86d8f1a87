"""How it goes: by channel and rule, week by week, the picture, and when a certificate is earned."""

from datetime import UTC, date, datetime, timedelta

from bot.practice.certificate import Certificate, pdf
from bot.practice.picture import FLOOR, TOP, picture
from bot.practice.progress import WEEKS, Week, by_channel, by_rule, standing, weeks
from bot.practice.store import Go
from bot.requests import PracticeAnswer

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def go(scenario: str, *answers: tuple[str, bool], days: int = 0) -> Go:
    told = tuple(
        PracticeAnswer(place, "channel", channel, f"R{channel[0]}", "1", right)
        for place, (channel, right) in enumerate(answers)
    )
    return Go("p", scenario, told, NOW + timedelta(days=days))


def test_channels_and_rules_are_counted_the_weakest_first() -> None:
    goes = (go("a", ("phone", True), ("sip", False)), go("b", ("phone", False), ("phone", True)))
    assert [(c.name, c.right, c.asked) for c in by_channel(goes)] == [("sip", 0, 1), ("phone", 2, 3)]
    assert [(c.name, c.percent) for c in by_rule(goes)] == [("Rs", 0), ("Rp", 67)]


def test_weeks_are_swedish_and_empty_ones_are_there() -> None:
    late_sunday = Go("p", "a", go("a", ("phone", True)).answers, datetime(2026, 11, 15, 23, 30, tzinfo=UTC))
    found = weeks((late_sunday, go("b", ("sip", False))), date(2026, 11, 20))
    assert len(found) == WEEKS
    assert found[-1] == Week(date(2026, 11, 16), 1, 2), "half past midnight on Monday, in Sweden"
    assert all(week.asked == 0 for week in found[:-1])


def test_the_picture_has_a_bar_a_week_within_its_frame() -> None:
    drawn = picture(weeks((go("a", ("phone", True), ("sip", False)), go("b", ("sip", True), days=-8)), NOW.date()))
    assert len(drawn.bars) == WEEKS
    assert drawn.most == 2
    for bar in drawn.bars:
        assert TOP <= bar.asked_y <= bar.right_y <= FLOOR
        assert bar.asked_y + bar.asked_height == bar.right_y + bar.right_height == FLOOR
        assert 0 <= bar.x < bar.x + bar.width <= drawn.width
    assert [bar.asked_height for bar in drawn.bars[-2:]] == [70, 140]
    assert picture(weeks((), NOW.date())).most == 0


def test_a_certificate_is_earned_when_enough_is_right_and_every_channel_was_chosen() -> None:
    scenarios, channels = ("a", "b", "c", "d", "e"), ("phone", "sip")
    goes = [go(name, ("phone", True), days=place) for place, name in enumerate(scenarios)]
    assert standing(goes, scenarios, channels).channels_left == ("sip",)
    assert standing(goes, scenarios, channels).earned is None
    goes.append(go("e", ("sip", True), days=9))
    found = standing(goes, scenarios, channels)
    assert (found.earned, found.known, found.needed, found.known_then) == (NOW + timedelta(days=9), 5, 4, 5)


def test_a_later_mistake_does_not_take_a_certificate_away_and_only_the_latest_go_counts_towards_it() -> None:
    goes = [go("a", ("phone", False)), go("a", ("phone", True), days=1), go("a", ("phone", False), days=2)]
    found = standing(goes, ("a",), ("phone",))
    assert (found.earned, found.known) == (NOW + timedelta(days=1), 0)
    assert standing(goes[:1], ("a",), ("phone",)).earned is None
    assert standing((), (), ()).earned is None


def test_the_certificate_is_one_page_and_takes_any_sign() -> None:
    told = Certificate("Intyg", "Åsa Öberg-Łukasz", "Hemsjukvården", "”Rutinen” – hela", ("Ett", "Två"), "Status", NOW)
    made = pdf(told)
    assert made.startswith(b"%PDF-")
    assert made.count(b"/Type /Page\n") == 1
    assert pdf(told) == made, "the same words give the same file"
