"""Who comes in by the identity provider: people Lots knows, by the word, the units and the roles that the provider tells; and how floods are stopped."""

import pytest
from sqlmodel import select

from api.oidc import people
from api.staff.tables import MembershipRow, StaffRow
from common.settings import Settings
from tests.api.oidc.conftest import House
from tests.api.oidc.steps import START, nobody_came_in
from tests.support.api import NURSE, NURSE_UNIT, OTHER, RECEIVING_UNIT
from tests.support.oidc.strict import StrictProvider


async def test_a_person_whom_lots_does_not_know_is_told_whom_to_ask_and_nothing_is_made(
    house: House, provider: StrictProvider
) -> None:
    provider.person = {"sub": "stranger"}
    async with house.desk.api.db.read() as session:
        before = len((await session.exec(select(StaffRow))).all())
    async with house.browser() as stranger:
        page = await stranger.get(START)
        assert page.status_code == 403
        assert "Lots känner inte igen dig" in page.text
        assert "IT-stödet, 010-000 00 00" in page.text
        assert "stranger" not in page.text
        await nobody_came_in(house, stranger)
    async with house.desk.api.db.read() as session:
        assert len((await session.exec(select(StaffRow))).all()) == before


async def test_a_stranger_who_goes_on_trying_is_stopped_and_shuts_nobody_else_out(
    house: House, provider: StrictProvider, settings: Settings
) -> None:
    provider.person = {"sub": "stranger"}
    async with house.browser() as stranger:
        for _ in range(settings.limit_failures):
            assert (await stranger.get(START)).status_code == 403
        stopped = await stranger.get(START)
        assert stopped.status_code == 429
        assert int(stopped.headers["retry-after"]) <= 15 * 60
    provider.person = {"sub": "person-1"}
    async with house.browser() as maja:
        assert "Hej Maja!" in (await maja.get(START)).text


class TestManyBehindOneAddress:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"limit_sign_in": 3})

    async def test_nobody_shuts_sign_in_for_the_others_there(self, house: House) -> None:
        async with house.browser() as flood, house.browser() as maja:
            flood.client.follow_redirects = False
            begun = [(await flood.get(START)).status_code for _ in range(8)]
            failed = [(await flood.get("/sign-in/callback?code=a&state=b")).status_code for _ in range(5)]
            assert begun == [303] * 8
            assert failed == [403, 403, 403, 429, 429]
            assert "Hej Maja!" in (await maja.get(START)).text

    async def test_a_morning_of_sign_ins_is_no_flood(self, house: House) -> None:
        for _ in range(5):
            async with house.browser() as maja:
                assert "Hej Maja!" in (await maja.get(START)).text


async def deactivate(house: House) -> None:
    async with house.desk.api.db.write() as session:
        row = await session.get(StaffRow, NURSE)
        assert row is not None
        row.active = False


async def test_a_person_who_has_left_does_not_come_in(house: House) -> None:
    await deactivate(house)
    async with house.browser() as maja:
        page = await maja.get(START)
        assert page.status_code == 403
        assert "avstängt" in page.text
        await nobody_came_in(house, maja)


async def test_a_person_who_leaves_is_out_at_once(house: House) -> None:
    async with house.browser() as maja:
        await maja.get(START)
        assert (await maja.get("/inbox")).status_code == 200
        await deactivate(house)
        assert (await maja.get("/inbox")).status_code == 401
        assert (await maja.get("/api/v1/me")).status_code == 401


async def test_a_person_without_a_unit_does_not_come_in(house: House) -> None:
    async with house.desk.api.db.write() as session:
        row = await session.get(MembershipRow, (NURSE, NURSE_UNIT))
        assert row is not None
        await session.delete(row)
    async with house.browser() as maja:
        assert "inte med på någon enhet" in (await maja.get(START)).text


async def test_one_word_of_the_provider_is_one_person(house: House) -> None:
    api = house.desk.api
    async with api.db.write() as session:
        await people.connect(api, session, NURSE, "person-1", api.now())
    with pytest.raises(people.IdentityTaken):
        async with api.db.write() as session:
            await people.connect(api, session, OTHER, "person-1", api.now())
    with pytest.raises(people.PersonUnknown):
        async with api.db.write() as session:
            await people.connect(api, session, "finns-inte", "person-9", api.now())


class TestByHsaId:
    """An HSA-id in a claim, which stands beside the ID token, and the units and roles that were chosen at the provider."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(
            update={
                "oidc_staff_claim": "employeeHsaId",
                "oidc_unit_claim": "commissionUnit",
                "oidc_role_claim": "roles",
                "oidc_roles": {"Distriktssköterska": "staff"},
            }
        )

    @pytest.fixture
    async def house(self, house: House) -> House:
        async with house.desk.api.db.write() as session:
            row = await session.get(StaffRow, NURSE)
            assert row is not None
            row.hsa_id = "SE2321000000-0TEST1"
            session.add(
                MembershipRow(staff_id=NURSE, unit_id=RECEIVING_UNIT, role="staff", chosen_at=house.desk.clock.now())
            )
        return house

    def claims(self, **changes: object) -> dict[str, object]:
        base = {
            "employeeHsaId": "se2321000000-0test1",
            "commissionUnit": RECEIVING_UNIT,
            "roles": ["Distriktssköterska"],
        }
        return {**base, **changes}

    async def test_the_sign_in_is_for_the_unit_that_was_chosen(self, house: House, provider: StrictProvider) -> None:
        provider.lying(userinfo=self.claims())
        async with house.browser() as maja:
            await maja.get(START)
            me = (await maja.get("/api/v1/me")).json()
            assert [unit["id"] for unit in me["units"]] == [RECEIVING_UNIT]
            other = await maja.client.put("/api/v1/me/unit", json={"unit": NURSE_UNIT})
            assert (other.status_code, other.json()["code"]) == (403, "not_your_unit")
        assert provider.asked["userinfo"] == 1

    async def test_claims_never_give_what_the_table_does_not(self, house: House, provider: StrictProvider) -> None:
        for changes in (
            {"commissionUnit": "another-unit"},
            {"commissionUnit": None},
            {"roles": ["system_administrator"]},
            {"roles": []},
        ):
            provider.lying(userinfo=self.claims(**changes))
            async with house.browser() as maja:
                page = await maja.get(START)
                assert page.status_code == 403, changes
                assert "Uppdraget" in page.text
                await nobody_came_in(house, maja)

    async def test_what_is_told_beside_the_token_must_be_about_the_same_person(
        self, house: House, provider: StrictProvider
    ) -> None:
        provider.lying(userinfo=self.claims(sub="another"))
        async with house.browser() as maja:
            assert (await maja.get(START)).status_code == 403
            await nobody_came_in(house, maja)

    async def test_the_provider_tells_more_than_one_id_and_nobody_comes_in(
        self, house: House, provider: StrictProvider
    ) -> None:
        provider.lying(userinfo=self.claims(employeeHsaId=["SE2321000000-0TEST1", "SE2321000000-0TEST2"]))
        async with house.browser() as maja:
            assert "Lots känner inte igen dig" in (await maja.get(START)).text


class TestByLevel:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"oidc_acr": ("loa3", "loa4")})

    async def test_a_level_of_assurance_that_is_asked_for_must_be_had(
        self, house: House, provider: StrictProvider
    ) -> None:
        for acr, status in ((None, 403), ("loa2", 403), ("loa3", 200), ("loa4", 200)):
            provider.lying(claims={"acr": acr})
            async with house.browser() as maja:
                assert (await maja.get(START)).status_code == status, acr
