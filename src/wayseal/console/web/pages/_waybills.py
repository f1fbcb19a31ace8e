"""A waybill: its life on one line, whether it is a canary, when it was on sale, and everybody who read it.

Reads of which the order says nothing stay by time; a page begins behind the read that its address names.

1. A canary is told to those who work on cases alone, one number at a time, and that it was told is an act of access:
   whoever asks number after number is seen by auditors. No list and no file says it.
2. On sale it was, at the latest, when somebody saw it there, or put its listing into the queue. Where only the day is
   known, that is the end of the day: a read on it may still lie before the sale.
3. A number that was taken out of a basket, or changed, isn't told as it was.
4. A number that the ledger doesn't know, and what is no number, get the same answer.
5. Accounts are pseudonyms, always; sessions, addresses and devices are never shown here.
6. That a number is a canary stands on the page, and in no file.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from wayseal.cases.views import CaseFilter, CaseRow
from wayseal.console.access.types import ActKind
from wayseal.console.reading import ODD, Canary, WaybillLife, Window
from wayseal.console.roles import CASE_ROLES
from wayseal.console.tracing import DAY_US
from wayseal.console.tracing.types import Sighting
from wayseal.console.web._ask import Ask, Pages, alias_of
from wayseal.console.web._case_words import reason_of
from wayseal.console.web._lists import Sort, sort_of, table_file
from wayseal.console.web._reads_view import place_of
from wayseal.console.web._render import translator_of
from wayseal.console.web._timeline import Clock, Mark, axis, draw_life
from wayseal.console.web._trace_view import baskets_of
from wayseal.detect.reasons import GroundWording, ListedRead
from wayseal.ledger import LedgerError
from wayseal.model import clean_waybill
from wayseal.model.kinds import ScanKind
from wayseal.model.times import clock_hours
from wayseal.page.words import Translator, catalogue
from wayseal.trace.canary import CanaryError


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryFlag:
    """The flag of a number that is a canary. accounts: that it was made for, as they may be called.

    error: why nobody can say whether it is one; canary is None then.
    """

    canary: Canary | None = None
    accounts: tuple[str, ...] = ()
    error: CanaryError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleEvent:
    """Something about a sale. at: µs; day: only the day is known; code: of its text, with values; link: where from."""

    at: int
    code: str
    link: str
    values: Mapping[str, str] = field(default_factory=dict)
    day: bool = False

    @property
    def latest(self) -> int:
        """The end of what is known of its time (rule 2)."""
        return self.at + DAY_US if self.day else self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Sales:
    """A number's sale, as it is known. events: by time; since: from when on it was on sale for sure; None: unknown."""

    events: tuple[SaleEvent, ...] = ()
    since: int | None = None


def flag_of(ask: Ask, number: str, name: Callable[[str], str]) -> CanaryFlag | None:
    """Return whether a number is a canary (rule 1); None: it isn't, or no register is set. name: of an account."""
    if ask.site.canaries is None or not number:
        return None
    try:
        found = ask.site.canaries.find(number)
    except CanaryError as error:
        return CanaryFlag(error=error)
    if found is None:
        return None
    ask.access.note(ask.whose, ActKind.CANARY_SEEN)
    return CanaryFlag(canary=found, accounts=tuple(sorted(map(name, found.accounts))))


def sales_of(ask: Ask, number: str) -> Sales:
    """When a number was on sale, by baskets and by listings in the queue (rules 2 and 3)."""
    if not number:
        return Sales()
    events = [event for one in baskets_of(ask).sightings(number) for event in _events(one)]
    if ask.cases is not None:
        events += [
            SaleEvent(
                at=r.at, code="listed", link=f"/queue?at={r.id}", values={"item": r.id, "why": reason_of(r, ask.lang)}
            )
            for r in ask.cases.listings(number)
        ]
    return Sales(events=tuple(sorted(events, key=lambda one: (one.at, one.latest))), since=_since(events))


def _since(events: Sequence[SaleEvent]) -> int | None:
    return min((one.latest for one in events if one.code in ("seen", "listed")), default=None)


def _events(one: Sighting) -> list[SaleEvent]:
    number, link = one.number, f"/trace/baskets/{one.basket}"
    where = {"basket": one.name, "seller": number.seller or "", "found_by": number.found_by or ""}
    seen = SaleEvent(at=number.seen_at, day=number.seen_day, code="seen", link=link, values=where)
    more = (("ordered", number.asked_at), ("absent", number.absent_at))
    return [seen, *(SaleEvent(at=at, code=code, link=link, values=where) for code, at in more if at is not None)]


SORTS = ("at", "account", "verdict", "way")
MANY = 100
_ONLY = ("all", "unexplained", "early")
_VERDICTS = ("mandate", "strong", "weak", *ODD)
_KEYS: Mapping[str, Callable[[ListedRead], Any]] = {
    "at": lambda read: read.at,
    "account": lambda read: read.actor,
    "verdict": lambda read: _VERDICTS.index(read.verdict),
    "way": lambda read: (read.action, read.via, read.purpose),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """The reads that an address asks for.

    Attributes:
        number: Of the waybill.
        only: All, those that no work explains, or those before it was on sale.
        choices: What `only` may be.
        sort: By what.
        reads: All that are wanted, in their order.
        page: Those of this page.
        onward: The address of the next one; None: there is none.
        first: Whether this is the first.
    """

    number: str
    only: str
    choices: tuple[str, ...]
    sort: Sort
    reads: tuple[ListedRead, ...]
    page: tuple[ListedRead, ...]
    onward: str | None
    first: bool

    def link(self, **changed: str | None) -> str:
        """The address of the same with something changed."""
        return _address("/waybills", self.number, self.only, self.sort, changed)

    def file(self) -> str:
        """The address of the chosen reads as a file."""
        return _address("/waybills.csv", self.number, self.only, self.sort, {})

    def sorted_by(self, column: str) -> str:
        """The address of the same by a column; a second time, the other way round."""
        return self.link(sort=self.sort.turned(column))


def choose_readers(query: Mapping[str, str], number: str, reads: Sequence[ListedRead], sold_at: int | None) -> Readers:
    """The reads that an address asks for. sold_at: when the number was on sale for sure. AccessError: a bad sort."""
    sort = sort_of(query, SORTS, SORTS[0])
    choices = _ONLY if sold_at is not None else _ONLY[:2]
    only = query.get("only", "")
    only = only if only in choices else choices[0]
    kept = [
        read
        for read in reads
        if only == "all"
        or (only == "unexplained" and read.verdict in ODD)
        or (only == "early" and sold_at is not None and read.at < sold_at)
    ]
    ordered = tuple(sorted(kept, key=_KEYS[sort.by], reverse=sort.down))
    after = place_of(query.get("after", ""))
    start = next((place for place, read in enumerate(ordered, 1) if (read.source, read.row) == after), 0)
    page = ordered[start : start + MANY]
    last = f"{page[-1].source}-{page[-1].row}" if len(ordered) > start + MANY else None
    return Readers(
        number=number,
        only=only,
        choices=choices,
        sort=sort,
        reads=ordered,
        page=page,
        onward=None if last is None else _address("/waybills", number, only, sort, {"after": last}),
        first=not start,
    )


def _address(path: str, number: str, only: str, sort: Sort, changed: Mapping[str, str | None]) -> str:
    now: dict[str, str | None] = {"number": number, "only": only, "sort": sort.text, **changed}
    usual = {"only": _ONLY[0], "sort": SORTS[0]}
    return f"{path}?{urlencode({key: value for key, value in now.items() if value and value != usual.get(key)})}"


PAGES = Pages()
_LONGEST = 64
_MARGIN = 3_600_000_000


@PAGES.get("/waybills", CASE_ROLES, recorded=True)
def show_waybill(ask: Ask) -> Response:
    """The search, and what it found."""
    number = _number(ask)
    life, error = _find(ask)
    flag, sales = flag_of(ask, number, alias_of(ask)), sales_of(ask, number)
    known = life is not None or sales.events or (flag is not None and flag.canary is not None)
    clock = Clock(clock_hours())
    return ask.page(
        "waybill",
        status=503 if error else 404 if number and not known else 200,
        number=number,
        known=known,
        error=error,
        flag=flag,
        sales=sales,
        life=life,
        clock=clock,
        cases=_cases(ask, number) if known else (),
        **({} if life is None else _values(ask, life, flag, sales, clock)),
    )


def _values(ask: Ask, life: WaybillLife, flag: CanaryFlag | None, sales: Sales, clock: Clock) -> Mapping[str, Any]:
    """Return what the page says of a waybill that the ledger knows."""
    window, kinds = _window(life, sales), _kinds(ask)
    meant = None if flag is None or flag.canary is None else frozenset(flag.accounts)
    say = translator_of(ask.lang, html=False).say
    marks = [Mark(at=one.at, words=say(f"sale.{one.code}")) for one in sales.events]
    early = [read for read in life.reads if sales.since is not None and read.at < sales.since]
    readers = choose_readers(ask.query, life.waybill, life.reads, sales.since)
    return {
        "lanes": draw_life(life, marks, window, clock, kinds),
        "kinds": kinds,
        "ticks": axis(window, clock),
        "readers": readers,
        "columns": SORTS,
        "rows": [_row(ask, clock, read, sales, meant) for read in readers.page],
        "people": len({read.actor for read in life.reads}),
        "unexplained": sum(read.verdict in ODD for read in life.reads),
        "early": len(early),
        "early_people": len({read.actor for read in early}),
        "touched": None if meant is None else next((read for read in life.reads if read.actor not in meant), None),
    }


@PAGES.get("/waybills.csv", CASE_ROLES, recorded=True)
def list_waybill(ask: Ask) -> Response:
    """Its readers as a table for a spreadsheet."""
    life, error = _find(ask)
    if life is None:
        return ask.refuse(503 if error else 404, error=error)
    clock = Clock(clock_hours())
    names = ("us", "account", "action", "via", "purpose", "verdict", "template", "read")
    head = ("at:time", "account", *(f"{name}:value" for name in names[2:7]), "read", "before_sale")
    sales = sales_of(ask, life.waybill)
    readers = choose_readers(ask.query, life.waybill, life.reads, sales.since)
    rows = (
        [*(row[name] for name in names), "" if sales.since is None else str(int(row["early"]))]
        for row in (_row(ask, clock, read, sales, None) for read in readers.reads)
    )
    return table_file(ask, "waybill-reads.csv", head, rows)


def _find(ask: Ask) -> tuple[WaybillLife | None, LedgerError | None]:
    number = _number(ask)
    if not number or ask.site.reading is None:
        return None, None
    try:
        return ask.site.reading.life(number, alias_of(ask)), None
    except LedgerError as error:
        return None, error


def _number(ask: Ask) -> str:
    """The number that was asked for, clean; "" for none."""
    return clean_waybill(ask.query.get("number", "")[:_LONGEST])


def _window(life: WaybillLife, sales: Sales) -> Window:
    """From the first thing that is known of it to the last, with room."""
    times = [*_times(life), *(one.at for one in sales.events)]
    if not times:
        return Window(since=0, until=_MARGIN)
    room = max((max(times) - min(times)) // 25, _MARGIN)
    return Window(since=min(times) - room, until=max(times) + room)


def _times(life: WaybillLife) -> Iterator[int]:
    if life.issued is not None:
        yield life.issued["issued_at"]
    yield from (row["at"] for row in chain(life.scans, life.changes))
    yield from (read.at for read in life.reads)
    for row in life.tickets:
        yield row["opened_at"]
        if row["closed_at"] is not None:
            yield row["closed_at"]


def _row(ask: Ask, clock: Clock, read: ListedRead, sales: Sales, meant: frozenset[str] | None) -> Mapping[str, Any]:
    """A read in a table. meant: accounts that a canary was made for, as they are called; None: it is none."""
    near = read.near
    wording = GroundWording(Translator(ask.lang, html=True, more=catalogue(ask.lang, "wayseal.detect.reasons")))
    return {
        "at": clock.words(read.at, "%Y-%m-%d %H:%M:%S"),
        "us": read.at,
        "account": read.actor,
        "action": read.action,
        "via": read.via,
        "purpose": read.purpose,
        "verdict": read.verdict,
        "template": near.template.name if near is not None and near.how.value == "fits" else "",
        "why": None if near is None else wording.why(near),
        "read": f"{read.source}:{read.row}",
        "early": sales.since is not None and read.at < sales.since,
        "meant": None if meant is None else read.actor in meant,
    }


def _kinds(ask: Ask) -> Mapping[str, str]:
    """Return what can happen to a waybill, in words."""
    words = catalogue(ask.lang, "wayseal.console")
    return {kind: words[f"waybill_kind.{kind}"] for kind in ("issued", *(one.value for one in ScanKind))}


def _cases(ask: Ask, number: str) -> Sequence[CaseRow]:
    """Cases that name the number, as one that was bought or seen on sale."""
    if ask.cases is None:
        return ()
    return ask.cases.cases(CaseFilter(thing=number), limit=10).rows
