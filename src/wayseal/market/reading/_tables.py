"""What folding looks up: Unicode's forms, traditional → simplified, readings, and the variants of the trade.

`data/folding.npz` is made by `scripts/market_folding.py` and says what of; `data/variants.toml` is kept by hand.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from wayseal.market.errors import MarketError
from wayseal.model.messages import N_
from wayseal.model.schema import CLOSED, Name, TomlText

SPACE, SYMBOL, LETTER, HAN, LATIN, DIGIT = 1, 2, 3, 4, 5, 6
"""Sorts of characters after folding; 0: none of these."""
FIRST_HAN = 0x3400
MANY, DROPPED = 0x80000000, 0xFFFFFFFF
LONGEST_VARIANT = 6
Ints = npt.NDArray[np.int32]
Codes = npt.NDArray[np.uint32]
_CODES = 0x110000


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantGroup:
    """Spellings of the trade of one sort. pairs: as it is written → what it stands for."""

    __pydantic_config__: ClassVar = CLOSED
    sort: Name
    source: Name
    date: Name
    pairs: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantsFile:
    """The tables of `variants.toml`."""

    __pydantic_config__: ClassVar = CLOSED
    group: tuple[VariantGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tables:
    """What folding looks up, by code point.

    Attributes:
        into: The one character that a character becomes; from `MANY` on, where in `long` several stand; or `DROPPED`.
        long: Number of characters, then the characters; one entry after the other.
        sorts: The sort of a folded character.
        syllables: The number of a character's reading, from `FIRST_HAN` on; 0: none is known.
        names: Readings by their number.
        pair_first: For a character that begins a variant of several, where in `pairs` they stand; −1: none.
        pairs: Length, characters, length and characters of what is meant, the longest first; 0 after a character's.
    """

    into: Codes
    long: Codes
    sorts: npt.NDArray[np.uint8]
    syllables: npt.NDArray[np.uint16]
    names: tuple[str, ...]
    pair_first: Ints
    pairs: Codes


@cache
def tables() -> Tables:
    """The tables that come with Wayseal."""
    place = resources.files(__package__).joinpath("data")
    with resources.as_file(place.joinpath("folding.npz")) as path, np.load(path) as file:
        data = {name: file[name] for name in file.files}
    into, long = _singles(data)
    variants = dict(_variants(place.joinpath("variants.toml").read_text("utf-8")))
    for seen, meant in variants.items():
        if len(seen) == 1:
            into[ord(seen)] = ord(meant) if len(meant) == 1 else MANY + len(long)
            if len(meant) > 1:
                long += [len(meant), *map(ord, meant)]
    single = into < MANY
    into[single] = into[into[single]]
    pair_first, pairs = _lay_out({seen: meant for seen, meant in variants.items() if len(seen) > 1})
    return Tables(
        into=into,
        long=np.array([*long, 0], np.uint32),
        sorts=np.repeat(data["sorts"], np.diff(np.append(data["sort_starts"], _CODES))),
        syllables=data["syllables"],
        names=tuple(data["syllable_names"].tolist()),
        pair_first=pair_first,
        pairs=pairs,
    )


def _singles(data: Mapping[str, npt.NDArray[np.generic]]) -> tuple[Codes, list[int]]:
    """What characters become by themselves, as `into` and `long` have it."""
    codes, lengths = data["codes"], data["lengths"].astype(np.int64)
    starts = np.cumsum(lengths) - lengths
    into = np.arange(_CODES, dtype=np.uint32)
    one = lengths == 1
    into[codes[one]] = data["into"][starts[one]]
    into[codes[lengths == 0]] = DROPPED
    long: list[int] = []
    for code, start, length in zip(codes[lengths > 1], starts[lengths > 1], lengths[lengths > 1], strict=True):
        into[code] = MANY + len(long)
        long += [int(length), *data["into"][start : start + length].tolist()]
    return into, long


def _variants(text: str) -> Iterator[tuple[str, str]]:
    toml = TomlText(text, MarketError, example='"枓" = "料"')
    for place, group in enumerate(toml.read(VariantsFile).group):
        for seen, meant in group.pairs.items():
            if not 1 <= len(seen) <= LONGEST_VARIANT or not meant or (1 < len(seen) < len(meant)):
                raise toml.error(
                    N_("a variant has up to 6 characters, and stands for no more than it has"),
                    *("group", place, "pairs", seen),
                )
            yield seen, meant


def _lay_out(pairs: Mapping[str, str]) -> tuple[Ints, Codes]:
    """Variants of several characters, as `pair_first` and `pairs` have it."""
    first = np.full(_CODES, -1, np.int32)
    laid: list[int] = []
    for char in sorted({seen[0] for seen in pairs}):
        first[ord(char)] = len(laid)
        for seen in sorted((seen for seen in pairs if seen[0] == char), key=lambda seen: (-len(seen), seen)):
            laid += [len(seen), *map(ord, seen), len(pairs[seen]), *map(ord, pairs[seen])]
        laid.append(0)
    return first, np.array([*laid, 0], np.uint32)
