"""The page of one's own practice: how it goes, a picture over time, certificates to print. Shows what the store holds; practises nothing.

A person sees her own practice alone. The practising itself is in the chat.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.clients.visitors import Directory, Visitor, visitor_of
from bot.clients.web.around import around
from bot.ports import ApiDownError
from bot.practice.certificate import Certificate, pdf
from bot.practice.picture import picture
from bot.practice.progress import STOCKHOLM, Count, Standing, by_channel, by_rule, standing, weeks
from bot.practice.queue import due_count
from bot.practice.store import Go, PracticeStore
from common.clock import Clock
from common.errors import DatabaseUnavailable
from common.ids import new_id
from common.web.forms import FormError
from common.web.pages import Pages, Voice
from common.web.pages import Shell as Layout
from knowledge.bundle import Knowledge
from knowledge.pack import Pack

PAGE: Final = "/ova"
At = Callable[[Request, Visitor], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: what it is called, and how often it was right."""

    label: str
    count: Count


@dataclass(frozen=True, slots=True)
class Earned:
    """A certificate: of which version, and how far it is or when it was earned."""

    pack: Pack
    standing: Standing
    channels_left: str

    @property
    def day(self) -> date | None:
        """The Swedish day on which it was earned."""
        earned = self.standing.earned
        return None if earned is None else earned.astimezone(STOCKHOLM).date()


@dataclass(frozen=True, slots=True)
class PracticePage:
    """Everything the routes work with."""

    store: PracticeStore
    directory: Directory
    pages: Pages
    knowledge: Knowledge
    clock: Clock
    sign_in: str = "/sign-in"


def practice_page_router(page: PracticePage) -> APIRouter:
    """`/ova` and what lies under it."""
    router = APIRouter(include_in_schema=False)

    @router.get(PAGE)
    async def show(request: Request) -> Response:
        return await _for_visitor(request, page, lambda r, visitor: _show(r, page, visitor))

    @router.get(f"{PAGE}/intyg")
    async def certificate(request: Request) -> Response:
        return await _for_visitor(request, page, lambda r, visitor: _certificate(r, page, visitor, as_pdf=False))

    @router.get(f"{PAGE}/intyg.pdf")
    async def certificate_pdf(request: Request) -> Response:
        return await _for_visitor(request, page, lambda r, visitor: _certificate(r, page, visitor, as_pdf=True))

    @router.post(f"{PAGE}/glom")
    async def forget(request: Request) -> Response:
        return await _for_visitor(request, page, lambda r, visitor: _forget(r, page, visitor))

    return router


async def _for_visitor(request: Request, page: PracticePage, at: At) -> Response:
    try:
        visitor = await visitor_of(request, page.directory)
        if visitor is None:
            return page.pages.go(page.sign_in)
        return await at(request, visitor)
    except ApiDownError:
        return _trouble(request, page, "api_unreachable", 503)
    except DatabaseUnavailable:
        return _trouble(request, page, "database_unavailable", 503)
    except FormError as error:
        return _trouble(request, page, "form_expired", error.status)


def _trouble(request: Request, page: PracticePage, code: str, status: int) -> Response:
    problem = page.pages.voice(request).text(f"web.problem.{code}")
    return page.pages.show(request, "practice_trouble.html", Layout(), {"problem": problem}, status=status)


# ── how it goes ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _show(request: Request, page: PracticePage, visitor: Visitor) -> Response:
    staff_id, now = visitor.profile.staff_id, page.clock.now()
    goes = await page.store.goes(staff_id)
    pack = _pack(page, visitor)
    found = await page.store.standing(staff_id, pack.id if pack else "")
    mine = tuple(go for go in goes if pack is not None and go.pack == pack.id)
    drawn = picture(weeks(goes, now.astimezone(STOCKHOLM).date()))
    values: dict[str, object] = {
        "pack": pack,
        "due": due_count(found.cards, now),
        "wrong": sum(card.wrong for card in found.cards),
        "met": len(found.cards),
        "channels": _channels(mine, pack),
        "rules": _rules(mine, pack),
        "picture": drawn,
        "any": bool(goes),
        "certificates": _certificates(page, goes, pack),
        "once": new_id(),
    }
    return page.pages.show(request, "practice.html", await around(request, page.directory, visitor), values)


def _pack(page: PracticePage, visitor: Visitor) -> Pack | None:
    return next((pack for pack in page.knowledge.registry.packs if pack.id == visitor.profile.pack), None)


def _channels(goes: tuple[Go, ...], pack: Pack | None) -> tuple[Row, ...]:
    known = pack.channel_by_id if pack else {}
    return tuple(Row(known[count.name].label, count) for count in by_channel(goes) if count.name in known)


def _rules(goes: tuple[Go, ...], pack: Pack | None) -> tuple[Row, ...]:
    reasons = {row.id: row.reason for row in reversed(pack.rows)} if pack else {}
    return tuple(Row(reasons[count.name], count) for count in by_rule(goes) if count.name in reasons)


def _certificates(page: PracticePage, goes: tuple[Go, ...], own: Pack | None) -> tuple[Earned, ...]:
    """Of every version practised, and of the one that holds now; the newest first."""
    practised = {go.pack for go in goes} | ({own.id} if own else set())
    packs = [pack for pack in page.knowledge.registry.packs if pack.id in practised]
    ordered = sorted(packs, key=lambda pack: (pack is own, pack.version), reverse=True)
    return tuple(_earned(page, goes, pack) for pack in ordered)


def _earned(page: PracticePage, goes: tuple[Go, ...], pack: Pack) -> Earned:
    scenarios = page.knowledge.scenarios.of(pack.id)
    answers = (step.answer for scenario in scenarios for step in scenario.steps)
    asked = {answer.channel for answer in answers if answer is not None and answer.channel is not None}
    channels = tuple(channel.id for channel in pack.channels if channel.id in asked)
    found = standing(tuple(go for go in goes if go.pack == pack.id), {s.id for s in scenarios}, channels)
    left = ", ".join(pack.channel_by_id[channel].label for channel in found.channels_left)
    return Earned(pack, found, left)


# ── certificates ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _certificate(request: Request, page: PracticePage, visitor: Visitor, *, as_pdf: bool) -> Response:
    wanted = request.query_params.get("rutin", "")
    pack = next((pack for pack in page.knowledge.registry.packs if pack.id == wanted), None)
    if pack is None:
        return page.pages.go(PAGE)
    found = _earned(page, await page.store.goes(visitor.profile.staff_id), pack)
    earned = found.standing.earned
    if earned is None:
        return page.pages.go(PAGE)
    told = _words(page.pages.voice(request), visitor, found, earned)
    if not as_pdf:
        layout = await around(request, page.directory, visitor)
        return page.pages.show(request, "certificate.html", layout, {"certificate": told, "pack": pack})
    headers = {"content-disposition": f'attachment; filename="lots-intyg-{pack.id}.pdf"'}
    return Response(pdf(told), media_type="application/pdf", headers=headers)


def _words(voice: Voice, visitor: Visitor, found: Earned, earned: datetime) -> Certificate:
    """The date is written out: a paper is read another day."""
    pack, profile = found.pack, visitor.profile
    known, scenarios = found.standing.known_then, found.standing.scenarios
    return Certificate(
        title=voice.text("practice.certificate.title"),
        name=profile.name or voice.text(f"chat.role.{profile.role}"),
        unit=profile.unit_name,
        text=voice.text("practice.certificate.text", routine=pack.name, system=pack.system, version=pack.version),
        lines=(
            voice.text("practice.certificate.known", known=known, scenarios=scenarios),
            voice.text("practice.certificate.earned", day=earned.astimezone(STOCKHOLM).date().isoformat()),
        ),
        small=voice.text("practice.certificate.small", status=pack.status_text),
        earned=earned,
    )


# ── forgetting ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _forget(request: Request, page: PracticePage, visitor: Visitor) -> Response:
    """Everything of one's own practice, on one's own word."""
    await page.pages.form(request)
    await page.store.forget(visitor.profile.staff_id)
    return page.pages.go(PAGE, flash="practice.page.forgotten")
