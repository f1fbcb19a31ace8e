"""Numbers on offer: candidates out of lines and codes, with the probability of each; whose they are; and rows of ours.

1. A number is looked for in each spelling that a line may have; a spelling's probability is shared among the numbers
   that it may stand for: as it is, or with letters and digits that look alike changed until a courier's format fits.
2. Digits are joined over single spaces, dashes and dots; out of a longer run of digits nothing is cut.
3. Where spans of a line overlap, the one whose format says most is taken; a format that most digits have says little,
   unless a code or the words beside it speak for it. Phones and identity cards are no numbers.
4. Lines and codes that can say the same are joined: what both say grows, what one of them rules out falls. Lines that
   surely say different things stay apart, so that a list of consecutive numbers stays a list.
5. What a code says is taken as it is, without changes.
6. Candidates that differ in few places and whose probabilities sum to 1 at most are readings of one written number:
   one of them is right, or none.
7. A number is ours by Bayes' rule over its readings: each is right with its probability; the one that is right is ours
   with the share of own numbers among what is on sale (`SHARE`); every other is found by chance, as often as a
   misreading of an own number of that shape hits another (`Own.crowds`).
8. Ours is a number whose one reading is known and right with `SURE`. Which of several known ones it is can't be told,
   nor whether one is missing that was read badly, or that is too new.
9. The number of hits by chance is expected, not counted: of each reading that is tried, as in 7 as far as it is
   misread, and as often as numbers of its shape are own ones as far as it isn't.
10. Whether a reading is a canary is said of readings that are found or that are sure, whatever the rest.

A shape is a number with its letters and its first two characters kept and other digits as 0: numbers of one shape are
10 to the power of those zeros, and how many of them are the courier's own says how often a random one would be found.
"""

import json
import math
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import pyarrow as pa

from wayseal.ledger import Snapshot
from wayseal.market.log.reads import Reads
from wayseal.market.types import NumberCandidate
from wayseal.model.numbers import (
    Formats,
    clean_waybill,
    couriers_of,
    learn_formats,
    looks_like_waybill,
    rarity_of,
    s10_is_valid,
)
from wayseal.store import arrow_schema

__all__ = ["Match", "Matches", "Own", "Writing", "candidates", "leaks_of_record", "match", "own_of_ledger"]
MOST_CANDIDATES = 20
LEAST = 1e-3
"""Candidates below are left out."""
_TOKEN = re.compile(r"[0-9A-Z]+")
_JOINT = frozenset(" -._·")
_MOST_TOKENS = 6
_TO_DIGIT = {"O": "0", "Q": "0", "D": "0", "U": "0", "I": "1", "L": "1", "Z": "2", "S": "5", "B": "8", "G": "6"} | {
    "T": "7", "A": "4", "E": "3",
}  # fmt: skip
_TO_LETTER = {"0": "OD", "1": "I", "2": "Z", "5": "S", "8": "B", "6": "G", "7": "T", "3": "J"} | {
    "V": "Y", "X": "Y", "I": "J", "Y": "V", "C": "G",
}  # fmt: skip
"""Of prefixes alone."""
_HEAD = 4
_CHANGE, _DOUBT = 0.02, 0.9
"""What each change of a look-alike costs beside a number that needs fewer, and how far it lowers trust."""
_OTHER_WORDS = re.compile(r"订单|訂單|电话|電話|手机|时间|日期|ORDER|REF\b|TEL|PHONE|账单|金额|身份证", re.IGNORECASE)
_OUR_WORDS = re.compile(r"运单|運單|快递单|面单|物流单|(?<!订)(?<!账)单号|WAYBILL|TRACKING|AWB", re.IGNORECASE)
_UNKNOWN_FORMAT = 0.15
_CODE_SURE, _LINE_FLOOR, _CODE_FLOOR = 0.9995, 0.01, 1e-4
_SHARED = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """Something that is written once: a line, or a code.

    Attributes:
        spellings: What it may say, as (text, probability); probabilities sum to 1 at most.
        words: All of the line, for what stands beside the number; "" if nothing else is known.
        code: Whether it is the payload of a code.
    """

    spellings: tuple[tuple[str, float], ...] = field(repr=False)
    words: str = field(default="", repr=False)
    code: bool = False


@dataclass(slots=True)
class _Cluster:
    """Writings of one number: the logarithm of each number's share, and of none of them."""

    shares: dict[str, float]
    rest: float
    trust: dict[str, float]

    def distribution(self) -> dict[str, float]:
        top = max(*self.shares.values(), self.rest)
        weights = {number: math.exp(share - top) for number, share in self.shares.items()}
        total = sum(weights.values()) + math.exp(self.rest - top)
        return {number: weight / total for number, weight in weights.items()}


def candidates(writings: Iterable[Writing], own: Formats = ()) -> tuple[NumberCandidate, ...]:
    """Find possible waybill numbers (rules 1 to 5).

    Args:
        writings: Lines and codes of one picture or text.
        own: Formats that were learnt, beside those of couriers.

    Returns:
        Likeliest first, `MOST_CANDIDATES` of each writing's at most; those of one written number sum to 1 at most.
    """
    read = [(w.code, shares, trust) for w in writings for shares, trust in _read(w, own)]
    read.sort(key=lambda one: (not one[0], -max(one[1].values())))
    clusters: list[_Cluster] = []
    for code, shares, trust in read:
        _join(clusters, shares, trust, _CODE_FLOOR if code else _LINE_FLOOR)
    found: dict[str, float] = {}
    for cluster in clusters:
        for number, share in cluster.distribution().items():
            found[number] = max(found.get(number, 0.0), share * cluster.trust[number])
    ranked = sorted(((p, n) for n, p in found.items() if p >= LEAST), key=lambda pair: (-pair[0], pair[1]))
    return tuple(
        NumberCandidate(number=number, couriers=couriers_of(number, own), probability=min(share, 1.0))
        for share, number in ranked
    )


def _join(clusters: list[_Cluster], shares: dict[str, float], trust: dict[str, float], floor: float) -> None:
    """Puts a writing to the one that can say the same, or by itself (rule 4)."""
    rest = math.log(max(1 - sum(shares.values()), floor))
    for cluster in clusters:
        said = cluster.distribution()
        if sum(min(share, said.get(number, 0.0)) for number, share in shares.items()) < _SHARED:
            continue
        for number in shares.keys() - cluster.shares.keys():
            cluster.shares[number] = cluster.rest + math.log(floor)
        for number in cluster.shares:
            cluster.shares[number] += math.log(max(shares.get(number, 0.0), floor))
            cluster.trust[number] = max(cluster.trust.get(number, 0.0), trust.get(number, 0.0))
        cluster.rest += rest
        return
    clusters.append(_Cluster({n: math.log(p) for n, p in shares.items()}, rest, dict(trust)))


_Shares = tuple[dict[str, float], dict[str, float]]
"""Number → its share of what is written in one place, and number → how far that is a waybill number."""


def _read(writing: Writing, own: Formats) -> list[_Shares]:
    """Read the places of a writing: the first place of every spelling is taken for the same, and so on."""
    places: list[_Shares] = []
    for text, probability in writing.spellings:
        for place, span in enumerate(_spans(text, own, exact=writing.code)):
            if place == len(places):
                places.append(({}, {}))
            _add(places[place], writing, text, probability, span)
    return [_best(shares, trust) for shares, trust in places]


def _add(place: _Shares, writing: Writing, text: str, probability: float, span: "_Span") -> None:
    shares, trust = place
    sure = probability * (_CODE_SURE if writing.code else 1.0) / sum(weight for weight, _ in span.values())
    for number, (weight, credit) in span.items():
        shares[number] = min(shares.get(number, 0.0) + sure * weight, 1.0)
        trust[number] = max(trust.get(number, 0.0), _trust(writing, text, number, credit))


def _best(shares: dict[str, float], trust: dict[str, float]) -> _Shares:
    best = sorted(shares, key=lambda number: (-shares[number], number))[:MOST_CANDIDATES]
    return {number: shares[number] for number in best}, {number: trust[number] for number in best}


def _trust(writing: Writing, text: str, number: str, credit: float) -> float:
    """How far a number that is read right is one of a waybill (rule 3)."""
    if writing.code:
        whole = clean_waybill(text) == number
        return max(credit, 0.97 if whole else 0.5) if credit > _UNKNOWN_FORMAT else 0.8 if whole else 0.3
    if _OUR_WORDS.search(writing.words):
        return max(credit, 0.98 if credit > _UNKNOWN_FORMAT else 0.6)
    if _OTHER_WORDS.search(writing.words):
        return credit if credit > 0.99 else credit * 0.3
    return credit


_Span = dict[str, tuple[float, float]]
"""Number → (weight among what the span may say, credit of its format)."""


def _spans(text: str, own: Formats, *, exact: bool) -> list[_Span]:
    """Stretches of a spelling that may be numbers; of those that overlap the most telling (rules 2 and 3)."""
    clean = unicodedata.normalize("NFKC", text).upper().replace("|", "1").replace("!", "1")
    tokens = [(m.start(), m.end()) for m in _TOKEN.finditer(clean)]
    found: list[tuple[float, int, int, _Span]] = []
    for first in range(len(tokens)):
        for last in range(first, min(first + _MOST_TOKENS, len(tokens))):
            if last > first and clean[tokens[last - 1][1] : tokens[last][0]] not in _JOINT:
                break
            start, end = tokens[first][0], tokens[last][1]
            span = _numbers(clean_waybill(clean[start:end]), own, exact=exact)
            if span:
                found.append((max(w * c for w, c in span.values()), start, end, span))
    found.sort(key=lambda one: (-one[0], one[1] - one[2]))
    taken: list[tuple[int, int, _Span]] = []
    for _, start, end, span in found:
        if all(end <= a or start >= b for a, b, _ in taken):
            taken.append((start, end, span))
    return [span for _, _, span in sorted(taken, key=lambda one: one[0])]


def _numbers(run: str, own: Formats, *, exact: bool) -> _Span:
    """Find the numbers a run of letters and digits may stand for (rule 1)."""
    if not 8 <= len(run) <= 40:
        return {}
    found: _Span = {}
    least: int | None = None
    for number, changes in _variants(run) if not exact else [(run, 0)]:
        credit = _credit(number, own)
        if credit:
            least = changes if least is None else least
            found[number] = (_CHANGE ** (changes - least) * credit, credit * _DOUBT**changes)
    if not found and looks_like_waybill(run):
        found[run] = (_UNKNOWN_FORMAT, _UNKNOWN_FORMAT)
    return found


def _credit(number: str, own: Formats) -> float:
    """How far a format speaks for its number; 0 if it has none, or if it is a phone or an identity card."""
    if s10_is_valid(number):
        return 1.0
    if not looks_like_waybill(number):
        return 0.0
    rarity = rarity_of(number, own)
    return 1 - 0.5 * 10 ** (-rarity / 2) if rarity else 0.0


def _variants(run: str) -> list[tuple[str, int]]:
    """Spellings of look-alikes with how many changes each takes, the fewest first."""
    if sum(c.isdigit() or c in _TO_DIGIT for c in run) < 8:
        return []
    heads: Sequence[str] = [c + _TO_LETTER.get(c, "") + _TO_DIGIT.get(c, "") for c in run[:_HEAD]]
    tails = {"".join(_TO_DIGIT.get(c, c) for c in run[_HEAD:])}
    if len(run) == 13:
        middle = "".join(_TO_DIGIT.get(c, c) for c in run[_HEAD:-2])
        tails |= {middle + a + b for a, b in product(*(c + _TO_LETTER.get(c, "") for c in run[-2:]))}
    made = {"".join(head) + tail for head in product(*heads) for tail in tails}
    counted = [(text, sum(a != b for a, b in zip(text, run, strict=True))) for text in made]
    return sorted(counted, key=lambda pair: (pair[1], pair[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """The courier's own numbers, to be asked.

    Attributes:
        known: Gives those of some clean numbers that are the courier's.
        shapes: How many of its numbers have each shape (see there); of a large ledger, out of a sample.
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
    """One written number.

    Attributes:
        number: What it is taken for: a reading that is known if it is ours, else the likeliest.
        ours: Whether it is the courier's (rule 8).
        probability: That this is what is written, and ours.
        canary: Whether one of its readings is a canary: nobody but its accounts could know it, so it is a case at once.
    """

    number: str = field(repr=False)
    ours: bool
    probability: float
    canary: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """The matches of some candidates.

    Attributes:
        rows: One for each written number, in the order of the likeliest.
        by_chance: How many readings are expected to be found though they aren't what was written, or no waybill.
    """

    rows: tuple[Match, ...]
    by_chance: float

    @property
    def ours(self) -> tuple[Match, ...]:
        """Numbers that are the courier's."""
        return tuple(row for row in self.rows if row.ours)


SAMPLE = 20_000
"""Numbers of a ledger out of which shapes are counted."""
_MOST_SHAPES, _LOOKED = 16, 64
"""Shapes, the most common, whose crowds are looked at, and about how many numbers of each."""


def _shape_of(number: str) -> str:
    """A clean number's shape: its letters and first two characters, and 0 for each other digit."""
    return number[:2] + "".join("0" if c.isdigit() else c for c in number[2:])


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
        by_shape.setdefault(_shape_of(number), []).append(number)
    scale = size / max(len(sample), 1)
    shapes = {shape: len(some) * scale for shape, some in by_shape.items()}
    common = sorted(by_shape, key=lambda shape: (-len(by_shape[shape]), shape))[:_MOST_SHAPES]
    looked = {shape: by_shape[shape][:: max(len(by_shape[shape]) // _LOOKED, 1)] for shape in common}
    near = {shape: [near for number in some for near in _neighbours(number)] for shape, some in looked.items()}
    found = known(sorted({number for some in near.values() for number in some}))
    crowds = {shape: sum(number in found for number in some) / max(len(some), 1) for shape, some in near.items()}
    return Own(known=known, shapes=shapes, crowds=crowds, formats=learn_formats(sample))


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
"""Of numbers on sale, those that are ours, as nothing else is known."""
_MOST_PLACES = 3
_NEVER, _ALWAYS = 1e-12, 1 - 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """One spelling that is looked up. chance: that a wrong one like it is found."""

    number: str = field(repr=False)
    probability: float
    found: bool
    chance: float


def match(candidates: Sequence[NumberCandidate], own: Own, *, canaries: Collection[str] = ()) -> Matches:
    """Whose some numbers are (rules 6 to 10).

    Args:
        candidates: What was read, of any number of pictures and texts; of each number the highest probability counts.
        own: The courier's own.
        canaries: Clean numbers that a register says are canaries.

    Returns:
        One row for each written number, and how many hits are chance.
    """
    best: dict[str, float] = {}
    for one in candidates:
        best[one.number] = max(best.get(one.number, 0.0), one.probability)
    ranked = sorted(best, key=lambda number: (-best[number], number))
    found = own.known(ranked)
    readings = [_Reading(number=n, probability=best[n], found=n in found, chance=_chance(n, own)) for n in ranked]
    rows = tuple(_judge(group, frozenset(canaries)) for group in _groups(readings))
    return Matches(rows=rows, by_chance=sum(_expected(one, own) for one in readings))


def _groups(readings: Sequence[_Reading]) -> list[list[_Reading]]:
    """Readings of one number each (rule 6), the likeliest first in each."""
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


def _judge(group: Sequence[_Reading], canaries: frozenset[str]) -> Match:
    shares = _posterior(group)
    trap = next((one for one in group if one.number in canaries and (one.found or one.probability >= READ_WELL)), None)
    head = trap or max(group, key=lambda one: shares[one.number])
    probability = shares[head.number]
    return Match(number=head.number, ours=probability >= SURE, probability=probability, canary=trap is not None)


def _posterior(group: Sequence[_Reading]) -> dict[str, float]:
    """For each reading, that it is what is written, and ours (rule 7)."""
    odds = [one.chance if one.found else 1 - one.chance for one in group]
    all_wrong = float(np.prod(odds))
    untried = max(1 - sum(one.probability for one in group), 0.0) * all_wrong
    weights = [one.probability * all_wrong / chance for one, chance in zip(group, odds, strict=True)]
    ours = {one.number: w * SHARE if one.found else 0.0 for one, w in zip(group, weights, strict=True)}
    other = untried + sum(w * (1 - SHARE) for one, w in zip(group, weights, strict=True) if not one.found)
    total = sum(ours.values()) + other
    return {number: weight / total if total else 0.0 for number, weight in ours.items()}


def _chance(number: str, own: Own) -> float:
    """That a wrong reading like this one is found (rule 7)."""
    return min(max(own.crowds.get(_shape_of(number), 0.0), _density(number, own), _NEVER), _ALWAYS)


def _density(number: str, own: Own) -> float:
    shape = _shape_of(number)
    return min(own.shapes.get(shape, 0.0) / 10.0 ** shape[2:].count("0"), 1.0)


def _expected(one: _Reading, own: Own) -> float:
    """Hits by chance of one that is tried (rule 9)."""
    return one.probability * _density(one.number, own) + (1 - one.probability) * one.chance


def leaks_of_record(reads: Reads, seller: str | None = None) -> pa.Table:
    """All numbers of ours that a record knows to have been on offer; those that were only mentioned are none.

    Args:
        reads: Asks the record.
        seller: Only those that this seller offered.

    Returns:
        Rows in the contract's schema of `leaks`, `found_by` listing; a number of a seller once, as it was seen first.
    """
    rows = [
        {
            "waybill": one.waybill,
            "seen_at": one.at,
            "found_by": "listing",
            "seller": one.seller,
            "asked": _asked(one.routes),
        }
        for one in reads.on_offer()
        if seller is None or one.seller == seller
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
