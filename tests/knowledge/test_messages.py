"""pydantic's findings in words: none of its own English, and our own validators' sentences as they were written."""

from typing import Annotated, get_args

import pytest
from pydantic import BaseModel, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from knowledge.messages import what_is_wrong


class Example(BaseModel):
    number: Annotated[int, Field(ge=1, le=9)] = 1
    words: Annotated[str, Field(max_length=3)] = ""
    own: str = ""

    @field_validator("own")
    @classmethod
    def _never(cls, value: str) -> str:
        if value:
            raise ValueError("Numret ska ha tolv siffror, utan bindestreck.")
        return value


def told(**given: object) -> str:
    with pytest.raises(ValidationError) as caught:
        Example.model_validate(given)
    return what_is_wrong(caught.value.errors()[0])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param({"number": 0}, "talet är för litet. Skriv minst 1.", id="too small"),
        pytest.param({"number": 10}, "talet är för stort. Skriv högst 9.", id="too large"),
        pytest.param({"number": "x"}, "här ska stå ett helt tal.", id="no number"),
        pytest.param({"words": "abcd"}, "texten är för lång. Skriv högst 3 tecken.", id="too long"),
        pytest.param({"own": "x"}, "Numret ska ha tolv siffror, utan bindestreck.", id="our own words"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_write(given: dict[str, object], words: str) -> None:
    assert told(**given) == words


@pytest.mark.parametrize("kind", get_args(ErrorType))
def test_nothing_that_pydantic_finds_is_told_in_its_own_words(kind: str) -> None:
    found = ErrorDetails(type=kind, loc=(), msg="Value error, Input should be valid", input=None, ctx={})
    assert "Value error" not in what_is_wrong(found)
    assert not what_is_wrong(found).startswith("Input should be") or kind in ("value_error", "assertion_error")
