"""Baskets of numbers that turned up outside: typed, pasted, changed, looked at before a trace, traced."""

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from wayseal.console.errors import StaleNumberError, TraceWorkError
from wayseal.console.roles import CASE_ROLES, Page
from wayseal.console.tracing import MOST, read_file, read_typed
from wayseal.console.tracing.types import Basket, Number, RunKind, Typed
from wayseal.console.tracing.work import load_check
from wayseal.console.web._ask import Ask
from wayseal.console.web._forms import MOST as FORM_MOST
from wayseal.console.web._lists import table_file
from wayseal.console.web._resources import LedgerView
from wayseal.console.web._trace_view import baskets_of, begin, can_run, look, look_at_all, runs_of
from wayseal.console.web._uploads import MOST_OF_BASKET
from wayseal.model.kinds import FoundBy
from wayseal.model.times import HOUR_US, clock_hours, iso, micros, stamp, time_at
from wayseal.trace.preview import NumberSeen, Preview, StratumSeen

_MANY, _ROWS, _RUNS = 25, 100, 12
_FIELDS = ("typed", "seen_at", "asked_at", "absent_at", "found_by", "seller", "origin_city", "destination_city")
_MORE_FIELDS = ("asked", "price", "bought_by", "why")
_TRACES = (RunKind.TRACE,)


def show_workspace(ask: Ask) -> Response:
    """Baskets and the newest runs."""
    return _workspace(ask)


def _workspace(ask: Ask, status: int = 200, **more: Any) -> Response:
    closed = ask.query.get("closed", "") == "1"
    found = baskets_of(ask).page(after=_after(ask.query.get("after", "")), limit=_MANY + 1, closed=closed)
    baskets = found[:_MANY]
    last = baskets[-1] if len(found) > _MANY else None
    runs = runs_of(ask).page(_TRACES, before=_number(ask.query.get("before", "")) or None, limit=_RUNS + 1)
    values = {"name": "", "why": "", **more}
    return ask.page(
        "trace",
        status=status,
        baskets=baskets,
        closed=closed,
        onward=f"{last.changed_at}.{last.number}" if last else "",
        runs=look_at_all(ask, runs[:_RUNS]),
        older=runs[_RUNS - 1].number if len(runs) > _RUNS else 0,
        runnable=can_run(ask),
        **values,
    )


def make_basket(ask: Ask) -> Response:
    """Makes one."""
    try:
        made = baskets_of(ask).make(ask.field("name"), ask.whose.person.login, ask.field("why"))
    except TraceWorkError as error:
        return _workspace(ask, 400, error=error, name=ask.field("name"), why=ask.field("why"))
    return ask.go(f"/trace/baskets/{made}")


def show_basket(ask: Ask) -> Response:
    """A basket."""
    basket = baskets_of(ask).find(ask.names["basket"])
    return ask.refuse(404) if basket is None else _basket(ask, basket)


def _basket(ask: Ask, basket: Basket, status: int = 200, **more: Any) -> Response:
    after = _place(ask.query.get("after", ""))
    rows = baskets_of(ask).rows(basket, after=after, limit=_ROWS + 1)
    runs = runs_of(ask).page(_TRACES, basket=basket.id, limit=_RUNS)
    checks = runs_of(ask).page((RunKind.CHECK,), basket=basket.id, limit=1)
    checked = look(ask, checks[0]) if checks else None
    values = {"faults": (), "given": dict.fromkeys((*_FIELDS, *_MORE_FIELDS), ""), "said": ask.query.get("said", "")}
    return ask.page(
        "trace_basket",
        status=status,
        basket=basket,
        rows=rows[:_ROWS],
        conditions={row.row: _conditions(row.number.asked) for row in rows[:_ROWS]},
        onward=rows[_ROWS - 1].row if len(rows) > _ROWS else 0,
        acts=baskets_of(ask).acts(basket),
        runs=look_at_all(ask, runs),
        found_by=[one.value for one in FoundBy],
        runnable=can_run(ask),
        added=_number(ask.query.get("added", "")),
        there=_number(ask.query.get("there", "")),
        most=MOST,
        most_file=min(MOST_OF_BASKET, ask.site.upload_most),
        **_check(ask, basket, checked),
        **(values | more),
    )


def _conditions(asked: str | None) -> Mapping[str, tuple[str, ...]]:
    """Return what was asked for, by condition."""
    found = {} if asked is None else json.loads(asked)
    return {key: tuple(map(str, value if isinstance(value, list) else [value])) for key, value in found.items()}


def _check(ask: Ask, basket: Basket, checked: Any) -> dict[str, Any]:
    """Return what the newest look at the ledger says of a basket, and whether it still holds."""
    nothing = {"check": None, "check_run": checked, "stale": "", "seen": {}, "check_error": None}
    if checked is None or checked.run.state != "done":
        return nothing
    try:
        found = load_check(checked.run.told)
    except TraceWorkError as error:
        return nothing | {"check_error": error}
    view = None if ask.site.ledger is None else ask.site.ledger.look()
    root = view.root if isinstance(view, LedgerView) else ""
    stale = "version" if checked.run.version != basket.version else "ledger" if root != checked.run.told["root"] else ""
    return nothing | {"check": found, "stale": stale, "seen": _seen(found), "best": _best(found), "days_of": _days}


def _seen(check: Preview) -> Mapping[str, tuple[NumberSeen, int]]:
    """By number: what counts, and how often it stands there."""
    rows = defaultdict(list)
    for one in check.numbers:
        rows[one.waybill].append(one)
    out = {}
    for waybill, found in rows.items():
        counts = [one for one in found if one.missing is None or one.missing.code != "missing.duplicate"]
        out[waybill] = (counts or found)[0], len(found)
    return out


def _days(stratum: StratumSeen) -> tuple[str, str] | None:
    """The first and the last day of issue (UTC), where they are bounded."""
    if stratum.issued_from is None or stratum.issued_to is None:
        return None
    last = micros(stratum.issued_to) - 1
    return stratum.issued_from[:10], iso(last)[:10]


def _best(check: Preview) -> float:
    """Up to which share of all parcels a sole seller can be told with so many numbers; 0 for none."""
    return max((one.up_to for one in check.carries if one.sole <= check.found), default=0.0)


def add_numbers(ask: Ask) -> Response:
    """Adds what was typed or pasted: all of it, or nothing."""
    basket = baskets_of(ask).find(ask.names["basket"])
    if basket is None:
        return ask.refuse(404)
    given = {name: ask.field(name) for name in (*_FIELDS, *_MORE_FIELDS)}
    try:
        typed = _read(ask, given)
        if typed.faults:
            return _basket(ask, basket, 400, faults=typed.faults, given=given)
        new, there = baskets_of(ask).add(basket.id, typed.numbers, ask.whose.person.login, given["why"])
    except TraceWorkError as error:
        return _basket(ask, basket, 400, error=error, given=given)
    if new:
        _look_again(ask, basket.id)
    return ask.go(f"/trace/baskets/{basket.id}?said=added&added={new}&there={there}")


def _read(ask: Ask, given: Mapping[str, str]) -> Typed:
    """Return what was typed, or the file that was sent instead."""
    if not ask.files:
        return read_typed(given["typed"], given, clock_hours())
    return read_file(ask.files[0].path, ask.files[0].name, given, clock_hours())


def _look_again(ask: Ask, id_: str) -> None:
    """Has the ledger asked about a basket that was changed."""
    basket = baskets_of(ask).find(id_)
    if can_run(ask) and basket is not None and basket.numbers:
        begin(ask, basket, RunKind.CHECK)


def show_number(ask: Ask) -> Response:
    """A number, to be changed."""
    return _number_page(ask)


def _number_page(ask: Ask, status: int = 200, **more: Any) -> Response:
    basket = baskets_of(ask).find(ask.names["basket"])
    place = _place(ask.names["row"])
    rows = () if basket is None else baskets_of(ask).rows(basket, after=place - 1, limit=1)
    if basket is None or not rows or rows[0].row != place:
        return ask.refuse(404)
    row = rows[0]
    values = {"since": row.since, "given": _given(ask, row.number), "faults": (), "theirs": None, **more}
    found_by = [one.value for one in FoundBy]
    return ask.page("trace_number", status=status, basket=basket, row=row, found_by=found_by, **values)


def _given(ask: Ask, number: Number) -> dict[str, str]:
    """A number as a form has it, on the console's clock."""

    def clock(us: int | None, *, day: bool = False) -> str:
        if us is None:
            return ""
        local = time_at(us + clock_hours() * HOUR_US).replace(tzinfo=None)
        return local.date().isoformat() if day else local.isoformat(sep=" ")

    places = _places(number.asked)
    return {
        "typed": number.waybill,
        "seen_at": clock(number.seen_at, day=number.seen_day),
        "asked_at": clock(number.asked_at),
        "absent_at": clock(number.absent_at),
        "found_by": number.found_by or "",
        "seller": number.seller or "",
        "asked": "" if places else number.asked or "",
        "origin_city": places.get("origin_city", ""),
        "destination_city": places.get("destination_city", ""),
        "price": number.price,
        "bought_by": number.bought_by,
        "why": "",
    }


def _places(asked: str | None) -> Mapping[str, str]:
    """Return what was asked for, where fields of the form can say it: a city to send from, one to send to."""
    found = {} if asked is None else json.loads(asked)
    plain = all(isinstance(value, str) for value in found.values())
    return found if plain and found.keys() <= {"origin_city", "destination_city"} else {}


def change_number(ask: Ask) -> Response:
    """Changes a number from what the editor saw; where somebody else did, shows both."""
    given = {name: ask.field(name) for name in (*_FIELDS, *_MORE_FIELDS)}
    since, place = _place(ask.field("since")), _place(ask.names["row"])
    basket, who = ask.names["basket"], ask.whose.person.login
    try:
        typed = read_typed(given["typed"], given, clock_hours())
        if typed.faults:
            return _number_page(ask, 400, faults=typed.faults, given=given, since=since)
        if len(typed.numbers) != 1:
            raise TraceWorkError("one number stands here: add others to the basket", key="typed")
        baskets_of(ask).change(basket, place, since, typed.numbers[0], who, given["why"])
    except StaleNumberError as error:
        return _conflict(ask, error, given)
    except TraceWorkError as error:
        return _number_page(ask, 400, error=error, given=given, since=since)
    _look_again(ask, basket)
    return ask.go(f"/trace/baskets/{basket}?said=changed")


def _conflict(ask: Ask, error: StaleNumberError, given: Mapping[str, str]) -> Response:
    if error.theirs is None:
        return ask.refuse(409, error=error)
    row: Any = error.theirs
    return _number_page(ask, 409, error=error, given=given, since=row.since, theirs=_given(ask, row.number))


def remove_number(ask: Ask) -> Response:
    """Takes a number out."""
    basket, place = ask.names["basket"], _place(ask.names["row"])
    try:
        since, who = _place(ask.field("since")), ask.whose.person.login
        baskets_of(ask).remove(basket, place, since, who, ask.field("why"))
    except TraceWorkError as error:
        return ask.refuse(409, error=error)
    _look_again(ask, basket)
    return ask.go(f"/trace/baskets/{basket}?said=removed")


def set_basket(ask: Ask) -> Response:
    """Renames a basket, closes or opens it."""
    basket = baskets_of(ask).find(ask.names["basket"])
    if basket is None:
        return ask.refuse(404)
    who, why = ask.whose.person.login, ask.field("why")
    try:
        match ask.field("act"):
            case "close" | "open" as act:
                baskets_of(ask).close(basket.id, who, why, closed=act == "close")
            case _:
                baskets_of(ask).rename(basket.id, ask.field("name"), who, why)
    except TraceWorkError as error:
        return _basket(ask, basket, 400, error=error)
    return ask.go(f"/trace/baskets/{basket.id}?said=set")


def check_basket(ask: Ask) -> Response:
    """Asks the ledger about a basket."""
    return _start(ask, RunKind.CHECK)


def run_basket(ask: Ask) -> Response:
    """Traces a basket."""
    return _start(ask, RunKind.TRACE)


def _start(ask: Ask, kind: RunKind) -> Response:
    basket = baskets_of(ask).find(ask.names["basket"])
    if basket is None:
        return ask.refuse(404)
    seed = ask.field("seed").strip() or "7"
    try:
        if not (seed.isascii() and seed.isdigit() and len(seed) < 10):
            raise TraceWorkError("a whole number from 0 to 999,999,999", key="seed")
        job = begin(ask, basket, kind, seed=int(seed))
    except TraceWorkError as error:
        return _basket(ask, basket, 400, error=error)
    return ask.go(f"/trace/baskets/{basket.id}" if kind is RunKind.CHECK else f"/trace/runs/{job}")


def export_basket(ask: Ask) -> Response:
    """A basket's numbers as CSV, for a table on somebody's desk."""
    basket = baskets_of(ask).find(ask.names["basket"])
    if basket is None:
        return ask.refuse(404)
    head = (
        "waybill", "seen_at", "asked_at", "absent_at", "found_by:value", "seller", "asked", "price", "bought_by",
    )  # fmt: skip
    numbers = [(row.number, _given(ask, row.number)) for row in baskets_of(ask).rows(basket, limit=MOST)]
    rows = ([_cell(number, given, name.partition(":")[0]) for name in head] for number, given in numbers)
    return table_file(ask, f"basket-{basket.id}-v{basket.version}.csv", head, rows)


def export_runs(ask: Ask) -> Response:
    """Runs as CSV, the newest first; accounts under pseudonyms."""
    told = ("verdict", "lead", "probability", "saw", "found", "leaks", "wayseal", "ledger")
    said = ("verdict:trace.verdict_", *told[1:])
    head = ("run", "basket", "version", "seed", "state:job_state.", *said, "begun:time", "who", "item")
    rows = (
        (
            *(run.job, run.basket, run.version, run.seed, run.state),
            *(run.told.get(name, "") for name in told),
            *(run.at, run.who, run.item),
        )
        for run in runs_of(ask).page(_TRACES, limit=MOST)
    )
    return table_file(ask, "runs.csv", head, rows)


def _cell(number: Number, given: Mapping[str, str], name: str) -> str:
    if name == "asked":
        return number.asked or ""
    if name in ("asked_at", "absent_at") or (name == "seen_at" and not number.seen_day):
        at = getattr(number, name)
        return "" if at is None else stamp(at)
    return given["typed" if name == "waybill" else name]


def attachment(content: bytes, name: str, kind: str) -> Response:
    """A file to be kept, never shown by the browser itself."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=kind, headers=headers)


def _after(text: str) -> tuple[int, int] | None:
    at, _, number = text.partition(".")
    return (_number(at), _number(number)) if at and number else None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def _place(text: str) -> int:
    """Of a row, or a version: what their columns hold."""
    return _number(text) if len(text) < 10 else 0


_BASKET = "/trace/baskets/{basket}"
PAGES = (
    Page(method="GET", path="/trace", act=show_workspace, roles=CASE_ROLES),
    Page(method="GET", path="/trace/runs.csv", act=export_runs, roles=CASE_ROLES, recorded=True),
    Page(method="POST", path="/trace/baskets", act=make_basket, roles=CASE_ROLES),
    Page(method="GET", path=_BASKET, act=show_basket, roles=CASE_ROLES),
    Page(method="POST", path=_BASKET, act=set_basket, roles=CASE_ROLES),
    Page(method="GET", path=_BASKET + "/numbers.csv", act=export_basket, roles=CASE_ROLES, recorded=True),
    Page(method="POST", path=_BASKET + "/numbers", act=add_numbers, roles=CASE_ROLES),
    Page(method="POST", path=_BASKET + "/file", act=add_numbers, roles=CASE_ROLES, upload=MOST_OF_BASKET + FORM_MOST),
    Page(method="GET", path=_BASKET + "/numbers/{row}", act=show_number, roles=CASE_ROLES),
    Page(method="POST", path=_BASKET + "/numbers/{row}", act=change_number, roles=CASE_ROLES),
    Page(method="POST", path=_BASKET + "/numbers/{row}/remove", act=remove_number, roles=CASE_ROLES),
    Page(method="POST", path=_BASKET + "/check", act=check_basket, roles=CASE_ROLES),
    Page(method="POST", path=_BASKET + "/run", act=run_basket, roles=CASE_ROLES),
)
