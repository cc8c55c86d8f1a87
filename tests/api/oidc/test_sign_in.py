"""Signing in at an identity provider: who comes in, where she lands, how it ends, and everything that must not let anyone in."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from structlog.testing import capture_logs

from tests.api.oidc.conftest import HERE, House
from tests.api.oidc.steps import START, nobody_came_in
from tests.api.pages.conftest import Person
from tests.support.oidc.strict import StrictProvider


async def test_a_person_signs_in_and_lands_where_she_was_going(house: House, provider: StrictProvider) -> None:
    async with house.browser() as maja:
        asked = await maja.get("/inbox")
        assert asked.status_code == 401
        assert "Logga in med Provlegitimation" in asked.text
        page = await maja.get(f"{START}?next=/inbox")
        assert (page.status_code, page.url.path) == (200, "/inbox")
        assert "Maja Lindqvist" in page.text
    assert provider.refused == []


async def test_the_welcome_page_offers_the_provider(house: House) -> None:
    async with house.browser() as someone:
        page = await someone.get("/")
    assert "Logga in med Provlegitimation" in page.text
    assert 'href="/sign-in/start"' in page.text


async def test_each_way_there_has_secrets_of_its_own(house: House) -> None:
    async with house.browser() as maja:
        maja.client.follow_redirects = False
        ways = [parse_qs(urlsplit((await maja.get(START)).headers["location"]).query) for _ in range(2)]
    for secret in ("state", "nonce", "code_challenge"):
        assert ways[0][secret] != ways[1][secret]
    assert {way["code_challenge_method"][0] for way in ways} == {"S256"}
    assert {way["redirect_uri"][0] for way in ways} == {f"{HERE}/sign-in/callback"}
    assert not {"code_verifier", "client_secret"} & ways[0].keys()


LIES: dict[str, tuple[dict[str, Any], str]] = {
    "another nonce": ({"claims": {"nonce": "another"}}, "nonce"),
    "no nonce": ({"claims": {"nonce": None}}, "nonce"),
    "another audience": ({"claims": {"aud": "someone-else"}}, "aud"),
    "no audience": ({"claims": {"aud": None}}, "aud"),
    "two audiences, made for the other": ({"claims": {"aud": ["lots", "other"], "azp": "other"}}, "azp"),
    "two audiences, made for nobody": ({"claims": {"aud": ["lots", "other"]}}, "azp"),
    "another issuer": ({"claims": {"iss": "https://evil.test"}}, "iss"),
    "no issuer": ({"claims": {"iss": None}}, "iss"),
    "expired": ({"claims": {"exp": 1772616600 - 61}}, "exp"),
    "no end": ({"claims": {"exp": None}}, "exp"),
    "an end that is no time": ({"claims": {"exp": "soon"}}, "exp"),
    "made in the future": ({"claims": {"iat": 1772616600 + 61}}, "iat"),
    "made long ago": ({"claims": {"iat": 1772616600 - 601}}, "iat"),
    "never made": ({"claims": {"iat": None}}, "iat"),
    "not yet": ({"claims": {"nbf": 1772616600 + 3600}}, "nbf"),
    "nobody": ({"claims": {"sub": None}}, "sub"),
    "an empty name": ({"claims": {"sub": ""}}, "sub"),
    "many names": ({"claims": {"sub": ["person-1", "person-2"]}}, "sub"),
    "another access token": ({"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}}, "at_hash"),
    "unsigned": ({"unsigned": True}, "unsupported_algorithm"),
    "signed with our own secret": ({"shared_secret": True}, "unsupported_algorithm"),
    "signed by someone else": ({"foreign_key": True}, "bad_signature"),
    "signed with a key nobody has": ({"header": {"kid": "unknown"}}, "kid"),
    "signed with the published secret": ({"header": {"kid": "shared"}}, "kid"),
    "an answer of another provider": ({"iss": "https://evil.test"}, "iss of the answer"),
    "a made-up code": ({"code": "made-up"}, "status 400"),
    "a token that is none": ({"token_body": '{"id_token": "a.b.c", "access_token": "x"}'}, "decode_error"),
}


async def test_a_word_that_is_not_the_providers_about_this_sign_in_lets_nobody_in(
    house: House, provider: StrictProvider
) -> None:
    """And for that very reason: the log says which."""
    found: dict[str, str] = {}
    for name, (lie, _) in LIES.items():
        provider.lying(**lie)
        with capture_logs() as logs:
            async with house.browser() as maja:
                page = await maja.get(START)
                assert page.status_code == 403, name
                assert "Inloggningen gick inte igenom" in page.text
                await nobody_came_in(house, maja)
        (found[name],) = (line["reason"] for line in logs)
    assert found == {name: reason for name, (_, reason) in LIES.items()}


async def test_clocks_may_differ_by_a_minute(house: House, provider: StrictProvider) -> None:
    now = int(house.desk.clock.now().timestamp())
    assert now == 1772616600, "the table above counts from the test's clock"
    for claims in ({"exp": now - 55}, {"iat": now + 55}):
        provider.lying(claims=claims)
        async with house.browser() as maja:
            assert "Hej Maja!" in (await maja.get(START)).text


async def test_a_provider_that_cannot_be_used_is_told_as_that(house: House, provider: StrictProvider) -> None:
    for lie in (
        {"status": 500},
        {"status": 404},
        {"description": {"issuer": "https://evil.test"}},
        {"description": {"token_endpoint": "javascript:x"}},
        {"description": {"jwks_uri": None}},
        {"token_body": "no json"},
    ):
        provider.lying(**lie)
        house.desk.clock.advance(timedelta(hours=1))
        async with house.browser() as maja:
            page = await maja.get(START)
            assert page.status_code == 503, lie
            assert "Inloggningstjänsten svarar inte" in page.text
            await nobody_came_in(house, maja)


async def come_back(house: House, maja: Person) -> str:
    """The address that the provider sends the browser back to, not yet opened."""
    maja.client.follow_redirects = False
    way = (await maja.get(START)).headers["location"]
    back = (await maja.get(way)).headers["location"]
    maja.client.follow_redirects = True
    return str(back)


async def test_the_way_back_counts_once_and_in_the_same_browser(house: House) -> None:
    async with house.browser() as maja, house.browser() as evil:
        back = await come_back(house, maja)
        stolen = await evil.get(back)
        assert stolen.status_code == 403
        assert "Börja om" in stolen.text
        await come_back(house, evil)
        assert (await evil.get(back)).status_code == 403, "another sign-in's state"
        assert "Hej Maja!" in (await maja.get(back)).text
        again = await maja.get(back)
        assert again.status_code == 403
        assert (await maja.get("/inbox")).status_code == 200, "a replay ends nothing"


async def test_a_code_that_another_browser_began_with_another_verifier_is_refused(
    house: House, provider: StrictProvider
) -> None:
    async with house.browser() as maja, house.browser() as evil:
        hers = parse_qs(urlsplit(await come_back(house, maja)).query)
        its = parse_qs(urlsplit(await come_back(house, evil)).query)
        mixed = f"/sign-in/callback?code={hers['code'][0]}&state={its['state'][0]}&iss={provider.issuer}"
        assert (await evil.get(mixed)).status_code == 403
        await nobody_came_in(house, evil)
    assert provider.refused == ["code_verifier"]


async def test_a_way_back_after_ten_minutes_is_too_late(house: House) -> None:
    async with house.browser() as maja:
        back = await come_back(house, maja)
        house.desk.clock.advance(timedelta(minutes=10))
        assert "för lång tid" in (await maja.get(back)).text
        await nobody_came_in(house, maja)


async def test_a_way_back_that_nobody_began_leads_nowhere(house: House) -> None:
    async with house.browser() as someone:
        for kept in (None, "forged", "k1.AAAA"):
            if kept is not None:
                someone.client.cookies.set("lots_sign_in", kept, domain="lots.test", path="/sign-in")
            for query in ("", "?code=a", "?state=b", "?code=a&state=b", "?code=%00&state=%ff", "?state=" + "x" * 9000):
                assert (await someone.get(f"/sign-in/callback{query}")).status_code == 403, (kept, query)


async def test_who_cancels_at_the_provider_is_told_that_nothing_happened(
    house: House, provider: StrictProvider
) -> None:
    async with house.browser() as maja:
        state = parse_qs(urlsplit(await come_back(house, maja)).query)["state"][0]
        page = await maja.get(f"/sign-in/callback?error=access_denied&state={state}&iss={provider.issuer}")
        assert "Du avbröt" in page.text
        await nobody_came_in(house, maja)


async def test_an_answer_must_say_whose_it_is_where_the_provider_promises_that(house: House) -> None:
    async with house.browser() as maja:
        back = await come_back(house, maja)
        assert (await maja.get(back.partition("&iss=")[0])).status_code == 403


async def test_the_provider_may_change_its_keys(house: House, provider: StrictProvider) -> None:
    async with house.browser() as maja:
        assert "Hej Maja!" in (await maja.get(START)).text
        provider.rotate()
        house.desk.clock.advance(timedelta(minutes=1))
        assert "Hej Maja!" in (await maja.get(START)).text
    assert provider.asked["keys"] == 2


async def test_made_up_key_ids_do_not_make_us_ask_for_keys_all_the_time(house: House, provider: StrictProvider) -> None:
    provider.lying(header={"kid": "made-up"})
    async with house.browser() as evil:
        for _ in range(5):
            await evil.get(START)
    assert provider.asked == {"description": 1, "keys": 1, "token": 5}


# who she is, and where
