"""Whose the numbers are that were read, and how many of the hits are chance.

1. Candidates that differ in few places and whose probabilities sum to 1 at most are readings of one written number:
   one of them is right, or none.
2. A number is ours by Bayes' rule over its readings: each is right with its probability; the one that is right is ours
   with the share of own numbers among what is on sale (`share`); every other is found by chance, as often as a
   misreading of an own number of that shape hits another (`Own.crowds`).
3. Ours is a number whose one reading is known and right with `SURE`; not ours, if every reading was missed and they
   were sure; else it can't be told: which of several known ones it is, too. A number in a format that the courier has
   nearly to itself and that isn't known can't be told either: it may be too new.
4. The number of hits by chance is expected, not counted: of each reading that is tried, as in 2 as far as it is
   misread, and as often as numbers of its shape are own ones as far as it isn't.
5. Whether a reading is a canary is said of readings that are found or that are sure, whatever the rest.

What matching of numbers against the courier's own gives.

The courier's own numbers, out of a ledger.

A shape is a number with its letters and its first two characters kept and other digits as 0: numbers of one shape are
10 to the power of those zeros, and how many of them are the courier's own says how often a random one would be found.

Numbers of ours that were on offer, as rows of `leaks`: what a trace starts from.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np
import pyarrow as pa

from wayseal.ledger import Snapshot
from wayseal.market.log.reads import Reads
from wayseal.market.types import NumberCandidate
from wayseal.model.numbers import Formats, learn_formats, rarity_of
from wayseal.store import arrow_schema, write_table
from wayseal.store.mapping import Format


class Standing(StrEnum):
    """Whose a number is, as far as it can be told."""

    OURS = "ours"
    NOT_OURS = "not_ours"
    UNTOLD = "untold"


class Why(StrEnum):
    """The reason for a standing."""

    KNOWN = "known"
    """It stands among the courier's own, and hardly by chance."""
    UNKNOWN = "unknown"
    """It was read well and is none of the courier's own."""
    READ_BADLY = "read_badly"
    """No reading is sure enough to be missing, or several are found, of which any may be what is written."""
    OWN_FORMAT = "own_format"
    """It isn't known, and has a format that hardly anybody but this courier uses: forged, or not yet recorded. To be
    looked up again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """The courier's own numbers, to be asked.

    Attributes:
        known: Gives those of some clean numbers that are the courier's.
        shapes: How many of its numbers have each shape (see `shape_of`); of a large ledger, out of a sample.
        crowds: Of the numbers that differ in one digit from one of its own, the part that is its own as well, by shape:
            numbers are issued in rows, so a misread one often hits its neighbour.
        formats: That its numbers have, as far as they are its alone (`learn_formats`).
    """

    known: Callable[[Sequence[str]], frozenset[str]]
    shapes: Mapping[str, float]
    crowds: Mapping[str, float]
    formats: Formats = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One written number, and whose it is.

    Attributes:
        number: What it is taken for: a reading that is known if it is ours, else the likeliest.
        standing: Whose.
        why: What that rests on.
        probability: That this is what is written, and ours.
        readings: How many spellings were looked up.
        canary: Whether one of them is a canary: nobody but its accounts could know it, so it is a case at once.
    """

    number: str = field(repr=False)
    standing: Standing
    why: Why
    probability: float
    readings: int
    canary: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """The matches of some candidates.

    Attributes:
        rows: One for each written number, in the order of the likeliest.
        tried: Spellings that were looked up.
        by_chance: How many of those are expected to be found though they aren't what was written, or no waybill.
    """

    rows: tuple[Match, ...]
    tried: int
    by_chance: float

    @property
    def ours(self) -> tuple[Match, ...]:
        """Numbers that are the courier's."""
        return tuple(row for row in self.rows if row.standing is Standing.OURS)


SAMPLE = 20_000
"""Numbers of a ledger out of which shapes are counted."""
_MOST_SHAPES, _LOOKED = 16, 64
"""Shapes, the most common, whose crowds are looked at, and about how many numbers of each."""


def shape_of(number: str) -> str:
    """A clean number's shape.

    Args:
        number: The number, clean.

    Returns:
        Its letters and first two characters, and 0 for each other digit.
    """
    return number[:2] + "".join("0" if c.isdigit() else c for c in number[2:])


def space_of(shape: str) -> float:
    """How many numbers have a shape.

    Args:
        shape: As of `shape_of`.

    Returns:
        Ten to the power of its free digits.
    """
    return 10.0 ** shape[2:].count("0")


def own_of_ledger(snapshot: Snapshot) -> Own:
    """Numbers that a ledger knows: read, or in `waybills` or `scans`.

    Args:
        snapshot: The ledger; it has to stay open.

    Returns:
        Them, to be asked.
    """

    def known(numbers: Sequence[str]) -> frozenset[str]:
        keys = snapshot.keys(numbers)
        there = snapshot.find(keys)["waybill"].to_numpy()
        return frozenset(n for n, found in zip(numbers, np.isin(keys, there), strict=True) if found)

    sample = [text for text in snapshot.names("waybill", snapshot.control(SAMPLE)) if text]
    return _own(known, sample, snapshot.size())


def _own(known: Callable[[Sequence[str]], frozenset[str]], sample: Sequence[str], size: int) -> Own:
    """size: of all of them."""
    by_shape: dict[str, list[str]] = {}
    for number in sample:
        by_shape.setdefault(shape_of(number), []).append(number)
    scale = size / max(len(sample), 1)
    shapes = {shape: len(some) * scale for shape, some in by_shape.items()}
    common = sorted(by_shape, key=lambda shape: (-len(by_shape[shape]), shape))[:_MOST_SHAPES]
    looked = {shape: by_shape[shape][:: max(len(by_shape[shape]) // _LOOKED, 1)] for shape in common}
    near = {shape: [_neighbours(number) for number in some] for shape, some in looked.items()}
    found = known(sorted({n for some in near.values() for one in some for n in one}))
    crowds = {shape: _part(some, found) for shape, some in near.items()}
    return Own(known=known, shapes=shapes, crowds=crowds, formats=learn_formats(sample))


def _part(near: Sequence[Sequence[str]], found: frozenset[str]) -> float:
    every = [number for some in near for number in some]
    return sum(number in found for number in every) / max(len(every), 1)


def _neighbours(number: str) -> list[str]:
    """Numbers that differ from one in one digit."""
    return [
        f"{number[:place]}{digit}{number[place + 1 :]}"
        for place, there in enumerate(number)
        if there.isdigit()
        for digit in "0123456789"
        if digit != there
    ]


SURE, READ_WELL = 0.95, 0.9
SHARE = 0.5
"""Of numbers on sale, those that are ours, if nothing else is known."""
_TELLING = 7.0
"""Rarity of a format that hardly any other number has."""
_MOST_PLACES = 3
_NEVER, _ALWAYS = 1e-12, 1 - 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """One spelling that is looked up. chance: that a wrong one like it is found."""

    number: str = field(repr=False)
    probability: float
    found: bool
    chance: float


def match(
    candidates: Sequence[NumberCandidate],
    own: Own,
    *,
    canaries: Collection[str] = (),
    share: float = SHARE,
) -> Matches:
    """Whose some numbers are (rules 1 to 5).

    Args:
        candidates: What was read, of any number of pictures and texts; of each number the highest probability counts.
        own: The courier's own.
        canaries: Clean numbers that a register says are canaries.
        share: Of numbers on sale, those that are ours, as one knows it beforehand.

    Returns:
        One row for each written number, and how many hits are chance.
    """
    best: dict[str, float] = {}
    for one in candidates:
        best[one.number] = max(best.get(one.number, 0.0), one.probability)
    ranked = sorted(best, key=lambda number: (-best[number], number))
    found = own.known(ranked)
    readings = [_Reading(number=n, probability=best[n], found=n in found, chance=_chance(n, own)) for n in ranked]
    traps = frozenset(canaries)
    rows = tuple(_judge(group, own, traps, share) for group in _groups(readings))
    return Matches(rows=rows, tried=len(ranked), by_chance=sum(_expected(one, own) for one in readings))


def _groups(readings: Sequence[_Reading]) -> list[list[_Reading]]:
    """Readings of one number each (rule 1), the likeliest first in each."""
    groups: list[list[_Reading]] = []
    sums: list[float] = []
    heads: dict[tuple[int, int, str], list[int]] = {}
    for one in readings:
        # Of four interleaved parts, three differences leave one as it is.
        parts = [(len(one.number), n, one.number[n::4]) for n in range(_MOST_PLACES + 1)]
        near = (g for part in parts for g in heads.get(part, ()))
        home = next((g for g in near if sums[g] + one.probability <= 1.0 + 1e-6 and _near(groups[g][0], one)), None)
        if home is None:
            home = len(groups)
            groups.append([])
            sums.append(0.0)
            for part in parts:
                heads.setdefault(part, []).append(home)
        groups[home].append(one)
        sums[home] += one.probability
    return groups


def _near(one: _Reading, other: _Reading) -> bool:
    return sum(a != b for a, b in zip(one.number, other.number, strict=True)) <= _MOST_PLACES


def _judge(group: Sequence[_Reading], own: Own, canaries: frozenset[str], share: float) -> Match:
    shares = _posterior(group, share)
    hits = [one for one in group if one.found]
    trap = next((one for one in group if one.number in canaries and (one.found or one.probability >= READ_WELL)), None)
    head = trap or max(group, key=lambda one: shares[one.number])
    ours = shares[head.number]
    if ours >= SURE:
        standing, why = Standing.OURS, Why.KNOWN
    elif hits or sum(one.probability for one in group) < READ_WELL:
        standing, why = Standing.UNTOLD, Why.READ_BADLY
    elif _own_format(head.number, own):
        standing, why = Standing.UNTOLD, Why.OWN_FORMAT
    else:
        standing, why = Standing.NOT_OURS, Why.UNKNOWN
    return Match(
        number=head.number,
        standing=standing,
        why=why,
        probability=ours,
        readings=len(group),
        canary=trap is not None,
    )


def _posterior(group: Sequence[_Reading], share: float) -> dict[str, float]:
    """For each reading, that it is what is written, and ours (rule 2)."""
    odds = [one.chance if one.found else 1 - one.chance for one in group]
    all_wrong = float(np.prod(odds))
    untried = max(1 - sum(one.probability for one in group), 0.0) * all_wrong
    weights = [one.probability * all_wrong / chance for one, chance in zip(group, odds, strict=True)]
    ours = {one.number: w * share if one.found else 0.0 for one, w in zip(group, weights, strict=True)}
    other = untried + sum(w * (1 - share) for one, w in zip(group, weights, strict=True) if not one.found)
    total = sum(ours.values()) + other
    return {number: weight / total if total else 0.0 for number, weight in ours.items()}


def _own_format(number: str, own: Own) -> bool:
    """Check if its format is telling, and the courier has numbers of that shape."""
    return rarity_of(number, own.formats) >= _TELLING and own.shapes.get(shape_of(number), 0.0) > 0


def _chance(number: str, own: Own) -> float:
    """That a wrong reading like this one is found (rule 2)."""
    return min(max(own.crowds.get(shape_of(number), 0.0), _density(number, own), _NEVER), _ALWAYS)


def _density(number: str, own: Own) -> float:
    shape = shape_of(number)
    return min(own.shapes.get(shape, 0.0) / space_of(shape), 1.0)


def _expected(one: _Reading, own: Own) -> float:
    """Hits by chance of one that is tried (rule 4)."""
    return one.probability * _density(one.number, own) + (1 - one.probability) * one.chance


def leaks_of_record(reads: Reads, seller: str | None = None) -> pa.Table:
    """All numbers of ours that a record knows to have been on offer.

    Args:
        reads: Asks the record.
        seller: Only those that this seller offered.

    Returns:
        Rows in the contract's schema of `leaks`, `found_by` listing; a number of a seller once, as it was seen first.
    """
    rows = [
        {
            "waybill": number.waybill,
            "seen_at": number.at,
            "found_by": "listing",
            "seller": whose,
            "asked": _asked(routes),
        }
        for number, whose, routes in reads.numbers_with_offers()
        if seller is None or whose == seller
    ]
    return pa.Table.from_pylist(rows, schema=arrow_schema("leaks"))


def _asked(routes: Sequence[tuple[str, str]]) -> str | None:
    """A route as a predicate of the contract; None if there is none, or more than one."""
    ends = set(routes)
    if len(ends) != 1:
        return None
    origin, destination = ends.pop()
    said = {"origin_city": origin, "destination_city": destination}
    named = {key: [city] for key, city in said.items() if city}
    return json.dumps(named, ensure_ascii=False) if named else None


def write_leaks(folder: Path, tables: Iterable[pa.Table]) -> Path:
    """Writes rows as the table `leaks` of a dataset, as CSV, which people and `wayseal trace` read.

    Args:
        folder: The dataset; made if need be.
        tables: As of `leaks_of_record`.

    Returns:
        The file.

    Raises:
        StoreError: It can't be written.
    """
    return write_table(folder, "leaks", tables, form=Format.CSV)
