"""A waybill: its life on one line, and everybody who read it, with what made it work.

1. A number that the ledger doesn't know, and what is no number, get the same answer.
2. Accounts are pseudonyms, always; sessions, addresses and devices are never shown here.
3. That a number is a canary stands on the page, and in no file (`_number_news`).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from starlette.responses import Response

from wayseal.cases.views import CaseFilter, CaseRow
from wayseal.console.reading import ODD, WaybillLife, Window
from wayseal.console.roles import CASE_ROLES, Page
from wayseal.console.web._aliases import alias_of
from wayseal.console.web._ask import Ask
from wayseal.console.web._lanes_view import Clock, Mark, axis, draw_life
from wayseal.console.web._number_news import CanaryFlag, SaleEvent, Sales, flag_of, sales_of
from wayseal.console.web._readers import SORTS, choose_readers
from wayseal.console.web.pages._desk import table_file
from wayseal.detect.reasons import GroundWording, ListedRead
from wayseal.ledger import LedgerError
from wayseal.model import clean_waybill
from wayseal.model.kinds import ScanKind
from wayseal.model.times import clock_hours
from wayseal.page.words import Voice, catalogue

_LONGEST = 64
_MARGIN = 3_600_000_000


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
    """What the page says of a waybill that the ledger knows."""
    window, kinds = _window(life, sales), _kinds(ask)
    meant = None if flag is None or flag.canary is None else frozenset(flag.accounts)
    marks = [Mark(at=one.at, words=_say_sale(ask, one)) for one in sales.events]
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


def list_waybill(ask: Ask) -> Response:
    """Its readers as a table for a spreadsheet."""
    life, error = _find(ask)
    if life is None:
        return ask.page("error", status=503 if error else 404, status_shown=503 if error else 404, error=error)
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
    wording = GroundWording(Voice(ask.lang, html=True, more=catalogue(ask.lang, "wayseal.detect.reasons")))
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


def _say_sale(ask: Ask, one: SaleEvent) -> str:
    return Voice(ask.lang, more=catalogue(ask.lang, "wayseal.console")).say(f"sale.{one.code}")


def _kinds(ask: Ask) -> Mapping[str, str]:
    """What can happen to a waybill, in words."""
    words = catalogue(ask.lang, "wayseal.console")
    return {kind: words[f"waybill_kind.{kind}"] for kind in ("issued", *(one.value for one in ScanKind))}


def _cases(ask: Ask, number: str) -> Sequence[CaseRow]:
    """Cases that name the number, as one that was bought or seen on sale."""
    if ask.cases is None:
        return ()
    return ask.cases.cases(CaseFilter(thing=number), limit=10).rows


PAGES = (
    Page(method="GET", path="/waybills", act=show_waybill, roles=CASE_ROLES, recorded=True),
    Page(method="GET", path="/waybills.csv", act=list_waybill, roles=CASE_ROLES, recorded=True),
)
