"""Sign-ins that are refused: in the audit by their reason, when the provider answered for them, and no more of them than the limits let through."""

from sqlmodel import col, select

from api.audit.tables import AuditRow
from api.staff.administration import block
from common.settings import Settings
from tests.api.oidc.conftest import KNOWN, House
from tests.support.api import NURSE
from tests.support.oidc.strict import HONEST, StrictProvider

START = "/sign-in/start"


async def refusals(house: House) -> list[tuple[str, str | None]]:
    query = select(AuditRow.actor, AuditRow.object_id).where(AuditRow.action == "refuse_sign_in")
    async with house.desk.api.db.read() as session:
        return list((await session.exec(query.order_by(col(AuditRow.id)))).all())


async def test_a_sign_in_that_is_refused_is_in_the_audit_by_its_reason(
    house: House, provider: StrictProvider, settings: Settings
) -> None:
    async with house.browser() as someone:
        await someone.get("/sign-in/callback?code=a&state=b")
        assert await refusals(house) == [], "nobody answered for this browser"
        provider.lying(claims={"nonce": "another"})
        await someone.get(START)
        provider.lie, provider.person = HONEST, {"sub": "stranger"}
        for _ in range(settings.limit_failures + 3):
            await someone.get(START)
        provider.person = {"sub": KNOWN}
        await block(house.desk.api, NURSE)
        await someone.get(START)
    found = await refusals(house)
    assert found[0] == ("nobody", "sign-in nonce")
    assert found[1:-1] == [("nobody", "person unknown")] * settings.limit_failures
    assert found[-1] == (f"staff:{NURSE}", "person inactive")
