"""What an address asks of a case's reads, and the reads as rows of a page and as a file for a spreadsheet.

What can't be in an address is passed over, but for a sort that there isn't (`_lists`).

1. Sessions, addresses and devices are numbers that count within the case; those of an account that may be named stand
   there as they are, on pages alone.
2. A file is made some thousand rows at a time, of columns: its memory doesn't grow with the case.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.cases.views import MarkedRead, UnmaskingOnRecord
from wayseal.console.reading import ONLY, SORTS, ReadKey, Selection, Window, numbers_of
from wayseal.console.web._lists import Sort, sort_of
from wayseal.console.web._timeline import Clock
from wayseal.detect.timeline import CaseTimeline, TimelinePerson
from wayseal.detect.window import DAY_US
from wayseal.model.times import HOUR_US, offset_text

FORM = "%Y-%m-%dT%H:%M"
_LEAST = 10 * 60_000_000
"""No stretch of time is shorter: ten minutes."""
_TEXTS = ("waybill", "verdict", "way")
"""Sorts whose values are texts; those of all others are whole numbers."""
Name = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """How an account is called: by its pseudonym and, where it may be shown, its name; with its role and place."""

    alias: str
    name: str = ""
    role: str = ""
    place: str = ""

    @property
    def shown(self) -> str:
        """The name, or the pseudonym."""
        return self.name or self.alias


def call(person: TimelinePerson, alias: str, *, named: bool) -> Called:
    """An account of a case as pages call it. named: the name may be shown."""
    about = person.about
    return Called(alias=alias, name=about.actor if named else "", role=about.role, place=about.place)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The wishes of an address for a case: its timeline, and which reads are wanted.

    alias: pseudonyms, by id and kind. path: of its pages. look: at its names, which is on record and lasts yet.
    marks: of its reads, by source and row.
    """

    timeline: CaseTimeline
    alias: Callable[..., str]
    wanted: Selection
    clock: Clock
    path: str
    look: UnmaskingOnRecord | None = None
    marks: Mapping[str, MarkedRead] = field(default_factory=dict)

    @property
    def people(self) -> Sequence[TimelinePerson]:
        """The accounts that are shown."""
        all_ = self.timeline.head.people
        return all_ if self.wanted.person is None else [all_[self.wanted.person]]

    @property
    def names(self) -> list[str]:
        """Return what the accounts of the case are called, in their order."""
        return [self.name(one.about.actor) for one in self.timeline.head.people]

    def name(self, actor: str) -> str:
        """An account by the name that may be shown, else its pseudonym."""
        return actor if actor in self.shown else self.alias(actor)

    def called(self, person: TimelinePerson) -> "Called":
        """An account as pages call it."""
        return call(person, self.alias(person.about.actor), named=person.about.actor in self.shown)

    @property
    def shown(self) -> frozenset[str]:
        """Accounts that may be named."""
        return frozenset() if self.look is None else self.look.accounts

    @property
    def sort(self) -> Sort:
        """By what reads are sorted."""
        return Sort(by=self.wanted.sort, down=self.wanted.down)

    def link(self, **changed: str | None) -> str:
        """The address of the same page with something changed; None: as if it wasn't given."""
        given = self._given(changed)
        return self.path + (f"?{urlencode(given)}" if given else "")

    def file(self) -> str:
        """The address of the chosen reads as a file: lists that leave the console name nobody."""
        given = self._given({})
        return f"{self.path}.csv" + (f"?{urlencode(given)}" if given else "")

    def read(self, source: int, row: int) -> str:
        """The address of a read."""
        return f"{self.path}/{source}-{row}"

    def sorted_by(self, sort: str) -> str:
        """The address of the same reads by a column; a second time, the other way round."""
        turned = self.sort.turned(sort)
        return self.link(sort=None if turned == usual_sort_of(self.timeline) else turned)

    def after(self, key: ReadKey) -> str:
        """The address of the page behind a read."""
        value = "" if self.wanted.sort == SORTS[0] else f"-{key.value}"
        return self.link(after=f"{key.at}-{key.source}-{key.row}{value}")

    def zoom(self) -> Mapping[str, str | None]:
        """Addresses of the stretches of time beside the one that is shown."""
        window, whole = self.wanted.window, whole_of(self.timeline)
        span = window.until - window.since

        def link(since: int, length: int) -> str | None:
            length = min(max(length, _LEAST), whole.until - whole.since)
            since = min(max(since, whole.since), whole.until - length)
            if (since, since + length) == (window.since, window.until):
                return None
            if length == whole.until - whole.since:
                return self.link(from_=None, to=None)
            return self.link(from_=self.clock.words(since, FORM), to=self.clock.words(since + length, FORM))

        return {
            "earlier": link(window.since - span // 2, span),
            "later": link(window.since + span // 2, span),
            "in": link(window.since + span // 4, span // 2),
            "out": link(window.since - span // 2, 2 * span),
            "all": link(whole.since, whole.until - whole.since),
        }

    def _given(self, changed: Mapping[str, str | None]) -> Mapping[str, str]:
        wanted, whole = self.wanted, whole_of(self.timeline)
        now = {
            "from": self.clock.words(wanted.window.since, FORM) if wanted.window != whole else None,
            "to": self.clock.words(wanted.window.until, FORM) if wanted.window != whole else None,
            "only": wanted.only if wanted.only != usual_of(self.timeline) else None,
            "account": None if wanted.person is None else str(wanted.person + 1),
            "reason": wanted.reason or None,
            "sort": self.sort.text if self.sort.text != usual_sort_of(self.timeline) else None,
        }
        now |= {key.rstrip("_"): value for key, value in changed.items()}
        return {key: value for key, value in now.items() if value is not None}


def wanted_of(query: Mapping[str, str], timeline: CaseTimeline, clock: Clock) -> Selection:
    """Return what an address asks for. AccessError: a sort that there isn't."""
    whole = whole_of(timeline)
    since, until = (_moment(query.get(key, ""), clock) for key in ("from", "to"))
    window = Window(since=max(since or whole.since, whole.since), until=min(until or whole.until, whole.until))
    if window.until - window.since < _LEAST:
        window = whole
    number, only = query.get("account", ""), query.get("only", "")
    sort = sort_of(query, SORTS, usual_sort_of(timeline))
    person = int(number) - 1 if number.isascii() and number.isdigit() and len(number) < 5 else -1
    return Selection(
        window=window,
        only=only if only in ONLY else usual_of(timeline),
        person=person if 0 <= person < len(timeline.head.people) else None,
        reason=query.get("reason", ""),
        sort=sort.by,
        down=sort.down,
        after=_after(query.get("after", ""), sort.by),
    )


def whole_of(timeline: CaseTimeline) -> Window:
    """The case's days from the first on which one of its accounts read anything."""
    since, offset = timeline.head.since, timeline.head.offset
    if len(timeline.reads):
        since = max(since, (timeline.reads["at"][0].as_py() + offset) // DAY_US * DAY_US - offset)
    return Window(since=since, until=timeline.head.until)


def usual_of(timeline: CaseTimeline) -> str:
    """Which reads are shown where nobody says: those behind a reason, if there are any."""
    return "counted" if timeline.reads["counted"].to_numpy().any() else "all"


def usual_sort_of(timeline: CaseTimeline) -> str:
    """By what reads stand where nobody says: those of numbers that the case is about first, if there are any."""
    return "sold" if timeline.head.numbers else SORTS[0]


def place_of(text: str, between: str = "-") -> tuple[int, int] | None:
    """Source and row of a read in an address such as 3-1042."""
    source, dash, row = text.partition(between)
    return (int(source), int(row)) if dash and _whole(source) and _whole(row) else None


def _moment(text: str, clock: Clock) -> int | None:
    try:
        moment = datetime.strptime(text, FORM).replace(tzinfo=UTC)
    except ValueError:
        return None
    return (moment - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1) - clock.offset


def _after(text: str, sort: str) -> ReadKey | None:
    at, source, row, value = [*text.split("-", 3), "", "", "", ""][:4]
    value = at if sort == SORTS[0] else value
    if not all(map(_whole, (at, source, row))) or not (sort in _TEXTS or _whole(value)):
        return None
    return ReadKey(at=int(at), source=int(source), row=int(row), value=value if sort in _TEXTS else int(value))


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


FILE_COLUMNS = (
    "at", "waybill", "account", "action", "via", "purpose", "session", "address", "device", "verdict", "template",
    "reasons", "first", "read",
)  # fmt: skip
_BLOCK = 8192
_SECOND = 1_000_000
_HIDDEN = {"session": "session", "address": "ip", "device": "device"}


def rows_of(view: View, reads: pa.Table, words: Mapping[str, str]) -> list[dict[str, Any]]:
    """Reads as a page shows them (rule 1). words: of detectors."""
    head = view.timeline.head
    number = _Numbers(view.timeline)
    out = []
    for row in reads.to_pylist():
        actor = head.people[row["person"]].about.actor
        named = actor in view.shown
        codes = _codes(head.detectors, row["counted"])
        out.append(
            {
                "at": view.clock.words(row["at"], "%Y-%m-%d %H:%M:%S"),
                "us": row["at"],
                "waybill": row["waybill"],
                "account": view.name(actor),
                "alias": view.alias(actor),
                "device_alias": view.alias(row["device"], "device"),
                "beside": view.alias(actor) if named else "",
                "action": row["action"],
                "via": row["via"],
                "purpose": row["purpose"],
                **{name: row[kept] if named else number.of(kept, row[kept]) for name, kept in _HIDDEN.items()},
                "verdict": row["verdict"],
                "template": row["template"],
                "reasons": [words.get(f"detector.{name}", name) for name in codes],
                "first": row["first"],
                "read": (place := f"{row['source']}:{row['row']}"),
                "marked": (mark := view.marks.get(place)) and mark.waybill == row["waybill"] and mark,
                "link": view.read(row["source"], row["row"]),
            }
        )
    return out


def file_blocks(
    view: View, reads: pa.Table, values: Mapping[str, str], detectors: Mapping[str, str]
) -> Iterator[list[pa.Array]]:
    """Reads as columns of a file (`FILE_COLUMNS`), some thousand at a time; nobody is named (rule 2).

    values: what actions, systems and the like are called; detectors: what they are called, by `detector.` and name.
    """
    reasons = [detectors.get(f"detector.{name}", name) for name in view.timeline.head.detectors]
    numbers = {name: numbers_of(view.timeline, kept) for name, kept in _HIDDEN.items()}
    accounts = pa.array(view.names, pa.string())
    for start in range(0, len(reads), _BLOCK):
        block = reads.slice(start, _BLOCK)
        column = {name: block[name].combine_chunks() for name in block.schema.names}
        made = {
            "waybill": column["waybill"],
            **{name: _called(column[name], values) for name in ("action", "via", "purpose", "verdict", "template")},
            **{name: _numbered(column[kept], numbers[name]) for name, kept in _HIDDEN.items()},
            "at": _local_times(column["at"], view.clock.offset),
            "account": accounts.take(column["person"]),
            "reasons": _reasons(reasons, column["counted"]),
            "first": pc.if_else(column["first"], "1", "0"),
            "read": pc.binary_join_element_wise(*(column[n].cast(pa.string()) for n in ("source", "row")), ":"),
        }
        yield [made[name] for name in FILE_COLUMNS]


class _Numbers:
    """Numbers of sessions, addresses and devices of a case."""

    def __init__(self, timeline: CaseTimeline) -> None:
        self._timeline = timeline
        self._known: dict[str, dict[str, int]] = {}

    def of(self, column: str, text: str) -> str:
        """The number of one; "" for none."""
        if column not in self._known:
            texts = numbers_of(self._timeline, column).to_pylist()
            self._known[column] = {one: place for place, one in enumerate(texts, 1)}
        return str(self._known[column].get(text, 0)) if text else ""


def _codes(detectors: Sequence[str], counted: int) -> list[str]:
    return [name for place, name in enumerate(detectors) if counted >> place & 1]


def _called(texts: pa.Array, known: Mapping[str, str]) -> pa.Array:
    coded = texts.dictionary_encode()
    return pa.array([known.get(text, text) for text in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)


def _numbered(texts: pa.Array, numbers: pa.Array) -> pa.Array:
    place = pc.add(pc.index_in(texts, numbers), 1)
    return place.cast(pa.string()).fill_null("")


def _local_times(at: pa.Array, offset: int) -> pa.Array:
    seconds = (at.to_numpy() + offset) // _SECOND
    local = pc.replace_substring(pa.array(seconds.astype("datetime64[s]")).cast(pa.string()), " ", "T")
    return pc.binary_join_element_wise(local, offset_text(offset // HOUR_US), "")


def _reasons(detectors: Sequence[str], counted: pa.Array) -> pa.Array:
    masks, place = np.unique(counted.to_numpy(), return_inverse=True)
    texts = pa.array([";".join(_codes(detectors, mask)) for mask in masks.tolist()], pa.string())
    return texts.take(pa.array(place))
