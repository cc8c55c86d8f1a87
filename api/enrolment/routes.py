"""Chat accounts over HTTP: a person makes a code, a chat program redeems it and asks whose an account is. Translates only."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.access import ForEnrolling, ForProfile
from api.context import Api, ApiDep
from api.enrolment import service
from api.enrolment.codes import in_groups
from api.enrolment.schemas import Client, Enrolment, Enrolments, NewCode, Preferences, Redeem
from api.enrolment.service import Account, Bound
from api.errors import ValidationFailed
from api.fields import Word

router = APIRouter(prefix="/enrolments", tags=["enrolment"])
AccountName = Annotated[str, Path(min_length=1, max_length=200)]


@router.post("", status_code=201)
async def make_code(api: ApiDep, caller: ForProfile) -> NewCode:
    """A code that binds one chat account to the person who is signed in by a browser. Ten minutes, once."""
    return new_code(api, await service.make_code(api, caller))


@router.post("/redeem")
async def redeem(api: ApiDep, caller: ForEnrolling, body: Redeem) -> Enrolment:
    """A chat program hands in the code that someone wrote to it. The same account may repeat the call."""
    account = Account(body.client, body.account)
    return shown(await service.redeem(api, caller, body.code, account, body.language))


@router.get("")
async def list_mine(api: ApiDep, caller: ForProfile) -> Enrolments:
    """The accounts that speak for the person."""
    return Enrolments(items=[shown(bound) for bound in await service.of_person(api, caller)])


@router.get("/{client}/{account:path}")
async def read_whose(api: ApiDep, caller: ForEnrolling, client: Client, account: AccountName) -> Enrolment:  # noqa: ARG001
    """Whom the account speaks for now. 404 when it is bound to nobody, or no longer: asked at each turn, so that revoking counts at once."""
    return shown(await service.whose(api, Account(client, account)))


@router.put("/{enrolment_id}")
async def set_preferences(api: ApiDep, caller: ForProfile, enrolment_id: Word, body: Preferences) -> Enrolment:
    """The account's language, and the hours in which it is left alone."""
    if (body.quiet_from is None) != (body.quiet_to is None):
        raise ValidationFailed
    quiet = (body.quiet_from, body.quiet_to) if body.quiet_from and body.quiet_to else None
    return shown(await service.prefer(api, caller, enrolment_id, body.language, quiet))


@router.delete("/{enrolment_id}", status_code=204)
async def revoke(api: ApiDep, caller: ForProfile, enrolment_id: Word) -> Response:
    """The account speaks for the person no longer."""
    await service.revoke(api, caller, enrolment_id)
    return Response(status_code=204)


def new_code(api: Api, code: service.Code) -> NewCode:
    links = {client: link.replace("{code}", code.text) for client, link in api.settings.chat_links.items()}
    return NewCode(code=code.text, shown=in_groups(code.text), expires_at=code.expires_at, links=links)


def shown(bound: Bound) -> Enrolment:
    row = bound.row
    return Enrolment(
        id=row.id,
        client=row.client,
        staff_id=row.staff_id,
        name=bound.person,
        language=row.language,
        quiet_from=row.quiet_from,
        quiet_to=row.quiet_to,
        created_at=row.created_at,
    )
