"""Pages in the reader's own language: chosen by a button on every page, kept by the person and by the browser."""

from tests.api.pages.conftest import OpenBrowser
from tests.support.api import NURSE


async def test_a_person_reads_in_her_language_also_in_another_browser(browse: OpenBrowser) -> None:
    async with browse(NURSE) as maja, browse(NURSE) as elsewhere:
        assert "Inkorg" in (await maja.get("/inbox")).text

        page = await maja.post("/language", {"language": "en"}, at="/inbox")

        assert page.url.path == "/inbox"
        assert 'lang="en"' in page.text
        assert "Inbox" in page.text
        assert "Inkorg" not in page.text
        assert "Inbox" in (await elsewhere.get("/inbox")).text


async def test_a_visitor_reads_in_her_language_before_she_signs_in(browse: OpenBrowser) -> None:
    async with browse() as someone:
        page = await someone.post("/language", {"language": "en"}, at="/")

        assert "Welcome" in page.text
        assert "You need to sign in" in (await someone.get("/inbox")).text


async def test_a_language_without_texts_is_refused_and_changes_nothing(browse: OpenBrowser) -> None:
    async with browse(NURSE) as maja:
        await maja.post("/language", {"language": "../sv"}, at="/inbox", expect=400)

        assert 'lang="sv"' in (await maja.get("/inbox")).text


async def test_the_way_back_is_never_to_another_site(browse: OpenBrowser) -> None:
    async with browse(NURSE) as maja:
        page = await maja.post("/language", {"language": "en", "back": "//elsewhere.example"}, at="/inbox")

        assert page.url.path == "/"
