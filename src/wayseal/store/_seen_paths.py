"""The paths of a sample of requests: what stands for one thing or another replaced, and what each was asked by."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from wayseal.store._guess_times import time_format
from wayseal.store._headings import PERSONAL, squeezed, words_of
from wayseal.store.logs import number_shaped, parted

PLAIN = re.compile(r"(?!.*\d{4})[A-Za-z_][\w.-]{0,39}", re.ASCII)  # names that may stand in a draft
CONDITIONS = (
    "origin_outlet", "destination_outlet", "origin_city", "destination_city", "channel", "customer", "issued_at",
)  # fmt: skip
_HELD = ("issued_from", "issued_to", "origin_outlet", "destination_outlet", "channel")
_STATIC = re.compile(r"\.(?:js|css|png|jpe?g|gif|svg|ico|woff2?|ttf|map)$", re.IGNORECASE)
_CAMEL = re.compile("(?<=[a-z])(?=[A-Z])")
_DIGIT, _TAIL = re.compile("[0-9]"), re.compile("[0-9]{5,9}")
_EPOCH = re.compile(r"1[4-9][0-9]{8}(?:[0-9]{3})?|20[0-9]{8}(?:[0-9]{3})?")
_FEW, _OFTEN, _LOOKED_AT, MANY = 6, 0.03, 1000, 8


@dataclass(slots=True)
class SeenPath:
    """A path, what stands for one thing or another replaced, and how it was asked.

    names: parameter → its values. asked: condition → parameter. formats: how times of issue are written in them.
    tails: parameters that hold ends of numbers, and how many of how many values do.
    """

    path: str
    requests: int = 0
    bare: int = 0
    numbered: str = ""
    names: dict[str, list[str]] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)
    formats: Sequence[str] = ()
    tails: Sequence[tuple[str, int, int]] = ()

    @property
    def is_list(self) -> bool:
        """True if it is called like a list or a search of waybills, or is asked for people."""
        if "{waybill}" in self.path or _STATIC.search(self.path):
            return False
        words = set(re.findall("[a-z]+|[\u4e00-\u9fff]+", _CAMEL.sub(" ", self.path).lower()))
        return bool(words & words_of("lists", "raw") or conditions(self.names) or any(map(PERSONAL.search, self.names)))


def seen_paths(targets: Iterable[str]) -> list[SeenPath]:
    """The path of each target; a piece that isn't one of few in its place, or is no plain name, is a "*"."""
    asked = [(path.split("/"), query or []) for path, query in map(parted, targets)]
    wanted = words_of("waybill")
    named = (v for _, query in asked for n, value in query if squeezed(n) in wanted for v in value.split(","))
    texts = (*named, *(p for pieces, _ in asked for p in pieces))
    numbers = {text for text in texts if number_shaped(text)}
    learnt = {_DIGIT.sub("9", text) for text in numbers}
    beside: dict[tuple[str, ...], Counter[str]] = {}
    for place in range(max((len(pieces) for pieces, _ in asked), default=0)):
        longer = [pieces for pieces, _ in asked if place < len(pieces)]
        for pieces in longer:
            beside.setdefault(tuple(pieces[:place]), Counter())[pieces[place]] += 1
        for pieces in longer:
            there = beside[tuple(pieces[:place])]
            pieces[place] = _shown(pieces[place], pieces[place - 1] if place else "", there)
    found: dict[str, SeenPath] = {}
    each = []
    for pieces, query in asked:
        one = found.setdefault(path := "/".join(pieces), SeenPath(path))
        each.append(one)
        one.requests += 1
        one.bare += not query
        for name, value in query:
            if PLAIN.fullmatch(name):
                one.names.setdefault(name, []).append(value)
                if squeezed(name) in wanted or all(_fits(number, learnt) for number in value.split(",")):
                    one.numbered = one.numbered or name
    known: dict[str, set[str]] = {}
    for one in found.values():
        for key, name in conditions(one.names).items():
            known.setdefault(key.rpartition("_")[2], set()).update(one.names[name])
    for one in found.values():
        one.asked, one.formats = _asked(one.names, known)
        one.tails = tuple(_tails(one.names, numbers))
    return each


def _fits(text: str, learnt: set[str]) -> bool:
    """True if a value is like the numbers that the log names elsewhere, if it names any; a time is none."""
    return number_shaped(text) and not _EPOCH.fullmatch(text) and (not learnt or _DIGIT.sub("9", text) in learnt)


def _shown(piece: str, before: str, there: Counter[str]) -> str:
    if piece in {"", "*", "{waybill}"} or number_shaped(piece):
        return "{waybill}" if number_shaped(piece) else piece
    few = len(there) <= _FEW or there[piece] >= _OFTEN * sum(there.values())
    return piece if few and PLAIN.fullmatch(piece) and before.lower() not in words_of("owned", "raw") else "*"


def _tails(names: Mapping[str, list[str]], numbers: set[str]) -> Iterator[tuple[str, int, int]]:
    """Parameters whose values end numbers much more often than by chance."""
    for name, values in names.items():
        if len(texts := {value for value in values if _TAIL.fullmatch(value)}) >= MANY:
            size = len(next(iter(texts)))
            hits = len(texts & (ends := {number[-size:] for number in numbers}))
            if hits >= MANY and hits * 10**size > _FEW * len(ends) * len(texts):
                yield name, hits, len(texts)


def _asked(names: Mapping[str, list[str]], known: Mapping[str, set[str]]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Conditions by what parameters are called, and what they hold: times, or `known` outlets and channels."""
    found, formats = conditions(names), tuple[str, ...]()
    for name, held in names.items():
        values = [value for value in held if value]
        for key in _HELD:
            if key in found or name in found.values() or squeezed(name) not in words_of(key, "asked"):
                continue
            if not key.startswith("issued_"):
                fits = 2 * sum(v in known.get(key.rpartition("_")[2], ()) for v in values) > len(values)
            elif fits := (written := time_format(values[:_LOOKED_AT])) is not None and not written.by_day:
                formats += tuple(form for form in written.formats if form not in formats)
            if fits:
                found[key] = name
    return found, () if formats == ("iso",) else formats


def conditions(names: Iterable[str], keys: Sequence[str] = CONDITIONS[:-1]) -> dict[str, str]:
    """Conditions of a filter, and the parameter or the column that is called so, each by its first.

    src may be an outlet or a channel.
    """
    lists = {key: words_of(key, "raw" if key.endswith("_city") else "waybills") - {"src"} for key in keys}
    called = [(key, name) for name in names for key in keys if squeezed(name) in lists[key]]
    return {key: next(name for one, name in called if one == key) for key, _ in called}
