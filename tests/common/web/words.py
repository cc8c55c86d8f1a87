"""The Swedish words of the layout, from the catalogue that ships."""

from pathlib import Path

import knowledge.texts
from common.web.dates import Text
from knowledge.texts import Catalogue

SWEDISH = Path(knowledge.texts.__file__).parent / "texts" / "sv"


def words() -> Text:
    return Catalogue.load(SWEDISH).text
