"""The trade's words: a dictionary as data, and how many of them a text has.

1. A word stands with its meaning in both languages, its kind, its source and the day it was put in. It is written as
   texts are after folding; a word with two Han characters or more is also known by its readings, and with a letter in
   place of any one of them (k递, 面d).
2. A word counts once a text; what the model is told is how many of a kind there are, up to three.
3. Words that a person accepted come beside the built-in ones, from a file of the same form or as values.

A text on its way to the model: folded, cut into tokens, its runs and words found.

New words of the trade, proposed out of texts that know old ones; a person accepts them.

4. Only what a person accepts becomes a word: nothing here changes how texts are read.
5. Proposed is a run of two to four Han characters that stands near known words of a kind much more often than it does
   elsewhere, in several texts, and is no part of a known word nor made of one and something more. Known words of one
   character are passed over: they stand near everything.
6. What is a word stands beside different characters: a run that always has the same neighbour on one side is a piece
   of a text that was copied, or of a longer word.
7. A longer run takes the place of a shorter one inside it that hardly stands alone.
8. Names, numbers and letters are never proposed: a run is of Han characters alone.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from wayseal.market.errors import MarketError
from wayseal.market.reading._fold import Bounds, Folded, fold
from wayseal.market.reading._tokens import (
    LONGEST,
    LONGEST_WORD,
    ROWS,
    Tokens,
    filter_words,
    initial_of,
    list_grams,
    mix,
    tokenize,
)
from wayseal.model.arrays import Ints
from wayseal.model.schema import CLOSED, Name, TomlText


class WordKind(StrEnum):
    """The subject of a word."""

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Analysis:
    """Texts on their way to the model.

    Attributes:
        folded: Their folded copies.
        tokens: Their tokens.
        rows: The model's rows of their runs and words, text after text.
        starts: The token at which each begins.
        lengths: The number of its tokens.
        bounds: Where each text begins in `rows`, and the end of the last.
    """

    folded: Folded
    tokens: Tokens
    rows: Ints
    starts: Ints
    lengths: npt.NDArray[np.int8]
    bounds: Bounds


def analyse(texts: Sequence[str], words: WordIndex, rows: Ints) -> Analysis:
    """Finds what a model weighs in texts. rows: by place, its row in the model; −1: the model doesn't know it."""
    folded = fold(texts)
    tokens = tokenize(folded)
    room = len(tokens.chars) * 2 * (LONGEST + LONGEST_WORD) + 1
    found, starts, lengths = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int8)
    bounds = list_grams(
        tokens.chars, tokens.sounds, tokens.bounds, rows, words.keys, words.kinds, words.filter, found, starts, lengths
    )
    end = bounds[-1]
    return Analysis(
        folded=folded,
        tokens=tokens,
        rows=found[:end],
        starts=starts[:end],
        lengths=lengths[:end],
        bounds=bounds,
    )


_HAN_RUN = re.compile(r"[\u3400-\u9fff]{2,}")
_NEAR = 12
_SHORTEST, _LONGEST = 2, 4
_ALONE = 0.4
_SMOOTH = 0.5
_SIDES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A word that may be one of the trade.

    Attributes:
        word: The word, folded.
        kind: What the known words near it speak for.
        texts: In how many different texts it stands near such a word.
        elsewhere: In how many it stands without.
        weight: Nats by which it is likelier near such words than elsewhere.
        near: The known words that it stands near, the commonest first.
    """

    word: str
    kind: WordKind
    texts: int
    elsewhere: int
    weight: float
    near: tuple[str, ...]


def propose_words(
    texts: Iterable[str], words: Iterable[Word] = (), *, least: int = 3, most: int = 50
) -> list[Proposal]:
    """Words that may be new (rules 5 to 7).

    Args:
        texts: Texts; copies count once.
        words: Words that were accepted before, beside the built-in ones.
        least: In how many texts a word has to stand near a known one.
        most: How many to propose.

    Returns:
        The likeliest first.
    """
    known: dict[str, WordKind] = {
        word.word: word.kind
        for word in [*load_words(), *words]
        if word.kind is not WordKind.LOGISTICS and len(word.word) > 1
    }
    folded = sorted({text for text in fold(list(texts)).texts() if text})
    near: defaultdict[str, Counter[str]] = defaultdict(Counter)
    beside: defaultdict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    inside: Counter[str] = Counter()
    everywhere: Counter[str] = Counter()
    hot = 0
    for text in folded:
        places = _known_places(text, known)
        hot += bool(places)
        everywhere.update(set(_runs(text)))
        for run, words_near in _near_runs(text, places).items():
            inside[run] += 1
            near[run].update(words_near)
            _look_beside(text, run, beside[run])
    cold = len(folded) - hot
    found = []
    for run, count in inside.items():
        if count < least or min(map(len, beside[run])) < _SIDES or any(run in word or word in run for word in known):
            continue
        elsewhere = everywhere[run] - count
        weight = math.log((count + _SMOOTH) / (hot + 1)) - math.log((elsewhere + _SMOOTH) / (cold + 1))
        if weight > 0:
            found.append(_propose(run, count, elsewhere, weight, near[run], known))
    return _without_parts(found)[:most]


def _known_places(text: str, known: Iterable[str]) -> list[tuple[int, int, str]]:
    return [(text.find(word), text.find(word) + len(word), word) for word in known if word in text]


def _runs(text: str) -> Iterable[str]:
    for stretch in _HAN_RUN.finditer(text):
        run = stretch.group()
        for length in range(_SHORTEST, _LONGEST + 1):
            for at in range(len(run) - length + 1):
                yield run[at : at + length]


def _near_runs(text: str, places: Sequence[tuple[int, int, str]]) -> dict[str, set[str]]:
    """Runs within `_NEAR` characters of a known word, with the words that they are near."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for start, end, word in places:
        for run in set(_runs(text[max(0, start - _NEAR) : start])) | set(_runs(text[end : end + _NEAR])):
            found[run].add(word)
    return found


def _look_beside(text: str, run: str, beside: tuple[set[str], set[str]]) -> None:
    """Adds the characters on either side of a run where it stands first; an end of the text is one, too."""
    at = text.index(run)
    beside[0].add(text[at - 1 : at])
    beside[1].add(text[at + len(run) : at + len(run) + 1])


def _propose(
    run: str, count: int, elsewhere: int, weight: float, near: Counter[str], known: dict[str, WordKind]
) -> Proposal:
    kinds: Counter[WordKind] = Counter()
    for word, times in near.items():
        kinds[known[word]] += times
    return Proposal(
        word=run,
        kind=max(kinds, key=lambda kind: (kind is not WordKind.TRADE, kinds[kind])),
        texts=count,
        elsewhere=elsewhere,
        weight=round(weight, 2),
        near=tuple(word for word, _ in near.most_common(5)),
    )


def _without_parts(found: Sequence[Proposal]) -> list[Proposal]:
    """Without runs that hardly stand outside a longer one (rule 7); the likeliest first."""
    kept: list[Proposal] = []
    for one in sorted(found, key=lambda proposal: (-len(proposal.word), proposal.word)):
        covering = max((long.texts for long in kept if one.word in long.word), default=0)
        if one.texts - covering > _ALONE * one.texts:
            kept.append(one)
    return sorted(kept, key=lambda proposal: (-proposal.weight * math.log1p(proposal.texts), proposal.word))
