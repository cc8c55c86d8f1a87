"""From the OpenAPI document to what the page of the interface shows. Pure: renders nothing and knows no route."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue

JSON: Final = "application/json"
REFERENCE: Final = "#/components/schemas/"


class _Part(BaseModel):
    """A part of the document of which we read what we show."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class Schema(_Part):
    ref: str | None = Field(None, alias="$ref")
    type: str | None = None
    format: str | None = None
    enum: list[JsonValue] | None = None
    const: JsonValue = None
    items: "Schema | None" = None
    any_of: list["Schema"] = Field([], alias="anyOf")
    properties: dict[str, "Schema"] = {}
    required: list[str] = []
    description: str = ""


class Parameter(_Part):
    name: str
    place: str = Field(alias="in")
    required: bool = False
    held: Schema = Field(Schema(), alias="schema")


class Media(_Part):
    held: Schema = Field(Schema(), alias="schema")


class Content(_Part):
    content: dict[str, Media] = {}


class Operation(_Part):
    tags: list[str] = []
    description: str = ""
    summary: str = ""
    parameters: list[Parameter] = []
    body: Content | None = Field(None, alias="requestBody")
    responses: dict[str, Content] = {}


class Components(_Part):
    schemas: dict[str, Schema] = {}


class Document(_Part):
    paths: dict[str, dict[str, Operation]] = {}
    components: Components = Components()


@dataclass(frozen=True, slots=True)
class FieldLine:
    name: str
    kind: str
    required: bool


@dataclass(frozen=True, slots=True)
class Call:
    anchor: str
    method: str
    path: str
    about: str
    parameters: tuple[FieldLine, ...]
    body: str | None
    answer: str | None


@dataclass(frozen=True, slots=True)
class Shape:
    name: str
    about: str
    fields: tuple[FieldLine, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """The whole interface: calls by subject, then the shapes they use."""

    calls: Mapping[str, tuple[Call, ...]]
    shapes: tuple[Shape, ...]


def read(openapi: Mapping[str, JsonValue]) -> Reference:
    document = Document.model_validate(openapi)
    calls: dict[str, tuple[Call, ...]] = {}
    for call, subject in _calls(document.paths):
        calls[subject] = (*calls.get(subject, ()), call)
    shapes = tuple(_shape(name, schema) for name, schema in sorted(document.components.schemas.items()))
    return Reference(calls, shapes)


def _calls(paths: Mapping[str, Mapping[str, Operation]]) -> Iterator[tuple[Call, str]]:
    for path, methods in paths.items():
        for method, operation in methods.items():
            call = Call(
                anchor=f"{method}{path}".translate(str.maketrans("/{}", "---")),
                method=method.upper(),
                path=path,
                about=operation.description or operation.summary,
                parameters=tuple(_parameters(operation.parameters)),
                body=_json_kind(operation.body),
                answer=next(
                    (_json_kind(operation.responses[c]) for c in ("200", "201") if c in operation.responses), None
                ),
            )
            yield call, (operation.tags or ["other"])[0]


def _parameters(parameters: Iterable[Parameter]) -> Iterator[FieldLine]:
    for parameter in parameters:
        yield FieldLine(f"{parameter.name} ({parameter.place})", kind(parameter.held), parameter.required)


def _json_kind(content: Content | None) -> str | None:
    media = None if content is None else content.content.get(JSON)
    return None if media is None else kind(media.held)


def _shape(name: str, schema: Schema) -> Shape:
    fields = (FieldLine(field, kind(held), field in schema.required) for field, held in schema.properties.items())
    return Shape(name, schema.description, tuple(fields))


def kind(schema: Schema) -> str:
    """The kind of a value in a few words, such as `list of SectionIn` or `string or null`."""
    if schema.ref is not None:
        return schema.ref.removeprefix(REFERENCE)
    if schema.any_of:
        return " or ".join(kind(choice) for choice in schema.any_of)
    if schema.enum is not None:
        return " | ".join(str(value) for value in schema.enum)
    if schema.const is not None:
        return str(schema.const)
    if schema.type == "array":
        return f"list of {kind(schema.items)}" if schema.items else "list"
    return schema.format or schema.type or "any"
