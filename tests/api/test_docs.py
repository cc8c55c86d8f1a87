"""The page of the interface: whole, our own, and without anything from elsewhere."""

import re

from api.docs.reading import Schema, kind
from api.pages.routes import add_pages
from tests.support.api import Desk


async def test_the_page_shows_every_call_of_the_interface_and_fetches_nothing_from_elsewhere(local_desk: Desk) -> None:
    add_pages(local_desk.app)
    async with local_desk.http() as client:
        page = await client.get("http://lots.test/api/docs")
        document = (await client.get("http://lots.test/api/openapi.json")).json()
    assert page.status_code == 200
    for path, methods in document["paths"].items():
        for method in methods:
            assert f"<code>{method.upper()} {path}</code>" in page.text
    for shape in document["components"]["schemas"]:
        assert f'id="shape-{shape}"' in page.text
    assert re.findall(r'(?:src|href)="(?!/|#)', page.text) == []
    assert "style=" not in page.text
    assert re.findall(r"<script(?![^>]*src=)", page.text) == []
    ids = re.findall(r' id="([^"]+)"', page.text)
    assert len(ids) == len(set(ids))
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_every_call_describes_errors_as_problem_details(local_desk: Desk) -> None:
    document = local_desk.app.openapi()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert "application/problem+json" in operation["responses"]["default"]["content"], (method, path)


def test_a_kind_is_said_in_a_few_words() -> None:
    choices = {"anyOf": [{"type": "array", "items": {"$ref": "#/components/schemas/SectionIn"}}, {"type": "null"}]}
    assert kind(Schema.model_validate(choices)) == "list of SectionIn or null"
    assert kind(Schema.model_validate({"enum": ["read", "answered"]})) == "read | answered"
    assert kind(Schema.model_validate({"const": 1})) == "1"
    assert kind(Schema.model_validate({"type": "string", "format": "date-time"})) == "date-time"
    assert kind(Schema.model_validate({})) == "any"
