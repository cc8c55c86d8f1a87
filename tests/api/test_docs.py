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


async def test_every_call_says_which_errors_it_can_answer_as_problem_details(local_desk: Desk) -> None:
    document = local_desk.app.openapi()
    assert set(document["components"]["securitySchemes"]) == {"key", "session"}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            answers = operation["responses"]
            assert "default" not in answers, (method, path)
            wanted = {"503"} if operation["tags"] == ["operations"] else {"401", "403", "429", "503"}
            wanted |= {"404"} if "{" in path else set()
            wanted |= {"409", "413", "422"} if "requestBody" in operation else set()
            assert wanted <= answers.keys(), (method, path, wanted - answers.keys())
            for status in answers:
                held = answers[status].get("content", {})
                assert ("application/problem+json" in held) == (status >= "400"), (method, path, status)
                assert status < "400" or held["application/problem+json"]["schema"]["$ref"].endswith("/Problem")


def test_a_kind_is_said_in_a_few_words() -> None:
    choices = {"anyOf": [{"type": "array", "items": {"$ref": "#/components/schemas/SectionIn"}}, {"type": "null"}]}
    assert kind(Schema.model_validate(choices)) == "list of SectionIn or null"
    assert kind(Schema.model_validate({"enum": ["read", "answered"]})) == "read | answered"
    assert kind(Schema.model_validate({"const": 1})) == "1"
    assert kind(Schema.model_validate({"type": "string", "format": "date-time"})) == "date-time"
    assert kind(Schema.model_validate({})) == "any"
