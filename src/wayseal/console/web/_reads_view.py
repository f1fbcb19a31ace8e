"""What an address asks of a case's reads, and the addresses of the same with something changed.

What can't be in an address is passed over, but for a sort that there isn't (`_sorting`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from wayseal.cases.views import LookOnRecord
from wayseal.console.reading import ONLY, SORTS, ReadKey, Selection, Window
from wayseal.console.web._lanes_view import Clock
from wayseal.console.web._sorting import Sort, sort_of
from wayseal.detect.lanes import CaseLanes, LanePerson
from wayseal.detect.window import DAY_US

FORM = "%Y-%m-%dT%H:%M"
_LEAST = 10 * 60_000_000
"""No stretch of time is shorter: ten minutes."""
_TEXTS = ("waybill", "verdict", "way")
"""Sorts whose values are texts; those of all others are whole numbers."""
Name = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What was asked of a case: its lanes, how accounts are called, and which reads are wanted.

    path: of its pages. look: at its names, which is on record and lasts yet.
    """

    lanes: CaseLanes
    name: Name
    wanted: Selection
    clock: Clock
    path: str
    look: LookOnRecord | None = None

    @property
    def people(self) -> Sequence[LanePerson]:
        """The accounts that are shown."""
        all_ = self.lanes.head.people
        return all_ if self.wanted.person is None else [all_[self.wanted.person]]

    @property
    def names(self) -> list[str]:
        """What the accounts of the case are called, in their order."""
        return [self.name(one.about.actor) for one in self.lanes.head.people]

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
        given = self._given({"names": None})
        return f"{self.path}.csv" + (f"?{urlencode(given)}" if given else "")

    def read(self, source: int, row: int) -> str:
        """The address of a read."""
        return f"{self.path}/{source}-{row}" + ("?names=1" if self.look else "")

    def sorted_by(self, sort: str) -> str:
        """The address of the same reads by a column; a second time, the other way round."""
        turned = self.sort.turned(sort)
        return self.link(sort=None if turned == SORTS[0] else turned)

    def after(self, key: ReadKey) -> str:
        """The address of the page behind a read."""
        value = "" if self.wanted.sort == SORTS[0] else f"-{key.value}"
        return self.link(after=f"{key.at}-{key.source}-{key.row}{value}")

    def zoom(self) -> Mapping[str, str | None]:
        """Addresses of the stretches of time beside the one that is shown."""
        window, whole = self.wanted.window, whole_of(self.lanes)
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
        wanted, whole = self.wanted, whole_of(self.lanes)
        now = {
            "from": self.clock.words(wanted.window.since, FORM) if wanted.window != whole else None,
            "to": self.clock.words(wanted.window.until, FORM) if wanted.window != whole else None,
            "only": wanted.only if wanted.only != usual_of(self.lanes) else None,
            "account": None if wanted.person is None else str(wanted.person + 1),
            "reason": wanted.reason or None,
            "sort": self.sort.text if self.sort.text != SORTS[0] else None,
            "names": "1" if self.look else None,
        }
        now |= {key.rstrip("_"): value for key, value in changed.items()}
        return {key: value for key, value in now.items() if value is not None}


def wanted_of(query: Mapping[str, str], lanes: CaseLanes, clock: Clock) -> Selection:
    """What an address asks for. AccessError: a sort that there isn't."""
    whole = whole_of(lanes)
    since, until = (_moment(query.get(key, ""), clock) for key in ("from", "to"))
    window = Window(since=max(since or whole.since, whole.since), until=min(until or whole.until, whole.until))
    if window.until - window.since < _LEAST:
        window = whole
    number, only, sort = query.get("account", ""), query.get("only", ""), sort_of(query, SORTS, SORTS[0])
    person = int(number) - 1 if number.isascii() and number.isdigit() and len(number) < 5 else -1
    return Selection(
        window=window,
        only=only if only in ONLY else usual_of(lanes),
        person=person if 0 <= person < len(lanes.head.people) else None,
        reason=query.get("reason", ""),
        sort=sort.by,
        down=sort.down,
        after=_after(query.get("after", ""), sort.by),
    )


def whole_of(lanes: CaseLanes) -> Window:
    """The case's days from the first on which one of its accounts read anything."""
    since, offset = lanes.head.since, lanes.head.offset
    if len(lanes.reads):
        since = max(since, (lanes.reads["at"][0].as_py() + offset) // DAY_US * DAY_US - offset)
    return Window(since=since, until=lanes.head.until)


def usual_of(lanes: CaseLanes) -> str:
    """Which reads are shown where nobody says: those behind a reason, if there are any."""
    return "counted" if lanes.reads["counted"].to_numpy().any() else "all"


def place_of(text: str) -> tuple[int, int] | None:
    """Source and row of a read in an address such as 3-1042."""
    source, dash, row = text.partition("-")
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
