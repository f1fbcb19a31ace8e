"""What may be waybill numbers in lines of text and in codes, with the probability of each.

1. A number is looked for in each spelling that a line may have; a spelling's probability is shared among the numbers
   that it may stand for: as it is, or with letters and digits that look alike changed until a courier's format fits.
2. Digits are joined over single spaces, dashes and dots; out of a longer run of digits nothing is cut.
3. Where spans of a line overlap, the one whose format says most is taken; a format that most digits have says little,
   unless a code or the words beside it speak for it. Phones and identity cards are no numbers.
4. Lines and codes that can say the same are joined: what both say grows, what one of them rules out falls. Lines that
   surely say different things stay apart, so that a list of consecutive numbers stays a list.
5. What a code says is taken as it is, without changes.
"""

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product

from wayseal.market.types import NumberCandidate
from wayseal.model.numbers import Formats, clean_waybill, couriers_of, looks_like_waybill, rarity_of, s10_is_valid

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
            if last > first and not _joined(clean[tokens[last - 1][1] : tokens[last][0]]):
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


def _joined(between: str) -> bool:
    return len(between) == 1 and between in _JOINT


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
