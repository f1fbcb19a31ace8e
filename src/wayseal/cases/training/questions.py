"""The built-in test: questions as data (`questions.toml`), drawn and ordered anew for each attempt (rule 6)."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Annotated, ClassVar, Final

from pydantic import Field

from wayseal.cases.errors import TrainingError
from wayseal.model.schema import CLOSED, Text, TomlText
from wayseal.page.languages import Lang

ASKED: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question in a language. why: what is said of it once it was answered."""

    __pydantic_config__: ClassVar = CLOSED
    ask: Text
    right: Text
    wrong: Annotated[tuple[Text, ...], Field(min_length=2, max_length=4)]
    why: Text


@cache
def load_bank() -> Mapping[Lang, tuple[Question, ...]]:
    """Those that come along, in the same order in both languages."""
    toml = TomlText(resources.files(__package__).joinpath("questions.toml").read_bytes(), TrainingError)
    return toml.read(dict[Lang, tuple[Question, ...]])


def draw_test(generator: random.Random, lang: Lang) -> list[tuple[Question, list[str]]]:
    """As many questions as an attempt asks, each with its answers in their order; the same in either language."""
    drawn = generator.sample(load_bank()[lang], ASKED)
    return [(one, generator.sample((one.right, *one.wrong), len(one.wrong) + 1)) for one in drawn]
