"""The trade's words: a dictionary as data, and how many of them a text has.

1. A word stands with its meaning in both languages, its kind, its source and the day it was put in. It is written as
   texts are after folding; a word with two Han characters or more is also known by its readings, and with a letter in
   place of any one of them (k递, 面d).
2. A word counts once a text; what the model is told is how many of a kind there are, up to three.
3. Words that a person accepted come beside the built-in ones, from a file of the same form or as values.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from wayseal.market.errors import MarketError
from wayseal.market.reading._fold import fold
from wayseal.market.reading._grams import LONGEST_WORD, ROWS, filter_words, mix
from wayseal.market.reading._tokens import initial_of, tokenize
from wayseal.model.schema import CLOSED, Name, TomlText


class WordKind(StrEnum):
    """What a word speaks for."""

    WAYBILL = "waybill"
    PERSONAL = "personal"
    INSIDER = "insider"
    EMPTY_PARCELS = "empty_parcels"
    LOGISTICS = "logistics"
    TRADE = "trade"
    """For a sale, of whatever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of the trade. zh, en: what it means; source, date: where it is from, and since when it is here."""

    word: str
    zh: str
    en: str
    kind: WordKind
    source: str
    date: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _WordEntry:
    __pydantic_config__: ClassVar = CLOSED
    word: Name
    zh: Name
    en: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class _WordGroup:
    __pydantic_config__: ClassVar = CLOSED
    kind: WordKind
    source: Name
    date: Name
    words: tuple[_WordEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _WordsFile:
    __pydantic_config__: ClassVar = CLOSED
    group: tuple[_WordGroup, ...]


def load_words(path: Path | None = None) -> tuple[Word, ...]:
    """The words of a file; of the built-in dictionary without one. MarketError, OSError."""
    if path is None:
        text: str | bytes = resources.files(__package__).joinpath("data").joinpath("words.toml").read_text("utf-8")
    else:
        text = path.read_bytes()
    toml = TomlText(text, MarketError, file=path, example='word = "面单"')
    return tuple(
        Word(word=entry.word, zh=entry.zh, en=entry.en, kind=group.kind, source=group.source, date=group.date)
        for group in toml.read(_WordsFile).group
        for entry in group.words
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WordIndex:
    """Words as texts are searched for them. keys: their hashes, sorted; kinds: of each; filter: `filter_words`."""

    keys: npt.NDArray[np.uint64]
    kinds: npt.NDArray[np.int8]
    filter: npt.NDArray[np.bool_]


def index_words(words: Iterable[Word]) -> WordIndex:
    """Words as texts are searched for them; longer ones than the model looks for are left out (rule 1)."""
    known = list(words)
    tokens = tokenize(fold([word.word for word in known]))
    kinds = list(WordKind)
    found: dict[int, int] = {}
    for at, word in enumerate(known):
        span = slice(tokens.bounds[at], tokens.bounds[at + 1])
        length = span.stop - span.start
        if not 1 <= length <= LONGEST_WORD:
            continue
        found[int(mix(ROWS[0], tokens.chars[span]))] = kinds.index(word.kind)
        if (tokens.chars[span] != tokens.sounds[span]).sum() > 1:
            read = len(kinds) + kinds.index(word.kind)
            found.setdefault(int(mix(ROWS[1], tokens.sounds[span])), read)
            for place in np.flatnonzero(tokens.chars[span] != tokens.sounds[span]):
                lettered = tokens.chars[span].copy()
                lettered[place] = initial_of(int(tokens.sounds[span][place]))
                found.setdefault(int(mix(ROWS[0], lettered)), read)
    keys = np.array(sorted(found), np.uint64)
    kinds_of = np.array([found[int(key)] for key in keys], np.int8)
    return WordIndex(keys=keys, kinds=kinds_of, filter=filter_words(keys))
