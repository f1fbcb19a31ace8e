"""Baskets of numbers that turned up outside: typed, pasted, changed, looked at before a trace, traced."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from wayseal.console.errors import StaleNumberError, TraceWorkError
from wayseal.console.roles import CASE_ROLES
from wayseal.console.tracing import MOST, read_file, read_typed
from wayseal.console.tracing.types import Basket, Fault, Number, RunKind, Typed
from wayseal.console.tracing.work import load_check
from wayseal.console.web._ask import Ask, Pages, there
from wayseal.console.web._forms import MOST as FORM_MOST
from wayseal.console.web._lists import table_file
from wayseal.console.web._resources import LedgerView
from wayseal.console.web._trace_view import baskets_of, begin, can_run, look, look_at_all, runs_of
from wayseal.console.web._uploads import MOST_OF_BASKET
from wayseal.console.web.pages._casework import me
from wayseal.model.kinds import FoundBy
from wayseal.model.times import HOUR_US, clock_hours, iso, micros, stamp, time_at
from wayseal.trace.preview import NumberSeen, Preview, StratumSeen

PAGES = Pages()
_BASKET = "/trace/baskets/{basket}"
_MANY, _ROWS, _RUNS = 25, 100, 12
_FIELDS = ("typed", "seen_at", "asked_at", "absent_at", "found_by", "seller", "origin_city", "destination_city")
_MORE_FIELDS = ("asked", "price", "bought_by", "why")
_TRACES = (RunKind.TRACE,)


@PAGES.get("/trace", CASE_ROLES)
def show_workspace(ask: Ask, error: TraceWorkError | None = None) -> Response:
    """Baskets and the newest runs."""
    closed = ask.query.get("closed", "") == "1"
    found = baskets_of(ask).page(after=_after(ask.query.get("after", "")), limit=_MANY + 1, closed=closed)
    baskets = found[:_MANY]
    last = baskets[-1] if len(found) > _MANY else None
    runs = runs_of(ask).page(_TRACES, before=_number(ask.query.get("before", "")) or None, limit=_RUNS + 1)
    return ask.page(
        "trace",
        error=error,
        baskets=baskets,
        closed=closed,
        onward=f"{last.changed_at}.{last.number}" if last else "",
        runs=look_at_all(ask, runs[:_RUNS]),
        older=runs[_RUNS - 1].number if len(runs) > _RUNS else 0,
        runnable=can_run(ask),
        name=ask.field("name"),
        why=ask.field("why"),
    )


@PAGES.post("/trace/baskets", CASE_ROLES, again=show_workspace)
def make_basket(ask: Ask) -> Response:
    """Makes one."""
    return ask.go(f"/trace/baskets/{baskets_of(ask).make(ask.field('name'), me(ask), ask.field('why'))}")


def _the_basket(ask: Ask) -> Basket:
    """The basket of the path. StatusError: there is none."""
    return there(baskets_of(ask).find(ask.names["basket"]))


def _typed(ask: Ask) -> dict[str, str]:
    """The fields of a form of numbers."""
    return {name: ask.field(name) for name in (*_FIELDS, *_MORE_FIELDS)}


@PAGES.get(_BASKET, CASE_ROLES)
def show_basket(ask: Ask, error: TraceWorkError | None = None, faults: Sequence[Fault] = ()) -> Response:
    """A basket."""
    basket = _the_basket(ask)
    after = _place(ask.query.get("after", ""))
    rows = baskets_of(ask).rows(basket, after=after, limit=_ROWS + 1)
    runs = runs_of(ask).page(_TRACES, basket=basket.id, limit=_RUNS)
    checks = runs_of(ask).page((RunKind.CHECK,), basket=basket.id, limit=1)
    checked = look(ask, checks[0]) if checks else None
    return ask.page(
        "trace_basket",
        status=400 if error or faults else 200,
        error=error,
        basket=basket,
        rows=rows[:_ROWS],
        conditions={row.row: _conditions(row.number.asked) for row in rows[:_ROWS]},
        onward=rows[_ROWS - 1].row if len(rows) > _ROWS else 0,
        acts=baskets_of(ask).acts(basket),
        runs=look_at_all(ask, runs, len(checks)),
        found_by=[one.value for one in FoundBy],
        runnable=can_run(ask),
        added=_number(ask.query.get("added", "")),
        there=_number(ask.query.get("there", "")),
        most=MOST,
        most_file=min(MOST_OF_BASKET, ask.site.upload_most),
        faults=faults,
        given=_typed(ask),
        said=ask.query.get("said", ""),
        **_check(ask, basket, checked),
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
    basket, given = _the_basket(ask), _typed(ask)
    typed = _read(ask, given)
    if typed.faults:
        return show_basket(ask, faults=typed.faults)
    new, old = baskets_of(ask).add(basket.id, typed.numbers, me(ask), given["why"])
    if new:
        _look_again(ask, basket.id)
    return ask.go(f"/trace/baskets/{basket.id}?said=added&added={new}&there={old}")


PAGES.post(_BASKET + "/numbers", CASE_ROLES, again=show_basket)(add_numbers)
PAGES.post(_BASKET + "/file", CASE_ROLES, again=show_basket, upload=MOST_OF_BASKET + FORM_MOST)(add_numbers)


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


@PAGES.get(_BASKET + "/numbers/{row}", CASE_ROLES)
def show_number(ask: Ask, error: TraceWorkError | None = None, faults: Sequence[Fault] = ()) -> Response:
    """A number, to be changed; where somebody else changed it meanwhile, both."""
    theirs: Any = error.theirs if isinstance(error, StaleNumberError) else None
    if isinstance(error, StaleNumberError) and theirs is None:
        return ask.refuse(409, error=error)
    basket, place = _the_basket(ask), _place(ask.names["row"])
    rows = baskets_of(ask).rows(basket, after=place - 1, limit=1)
    if not rows or rows[0].row != place:
        return ask.refuse(404)
    again = error is not None or bool(faults)
    return ask.page(
        "trace_number",
        status=409 if theirs else 400 if again else 200,
        error=error,
        basket=basket,
        row=rows[0],
        found_by=[one.value for one in FoundBy],
        since=theirs.since if theirs else _place(ask.field("since")) if again else rows[0].since,
        given=_typed(ask) if again else _given(ask, rows[0].number),
        faults=faults,
        theirs=None if theirs is None else _given(ask, theirs.number),
    )


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


@PAGES.post(_BASKET + "/numbers/{row}", CASE_ROLES, again=show_number)
def change_number(ask: Ask) -> Response:
    """Changes a number from what the editor saw; where somebody else did, shows both."""
    basket, given = ask.names["basket"], _typed(ask)
    typed = read_typed(given["typed"], given, clock_hours())
    if typed.faults:
        return show_number(ask, faults=typed.faults)
    if len(typed.numbers) != 1:
        raise TraceWorkError("one number stands here: add others to the basket", key="typed")
    since, place = _place(ask.field("since")), _place(ask.names["row"])
    baskets_of(ask).change(basket, place, since, typed.numbers[0], me(ask), given["why"])
    _look_again(ask, basket)
    return ask.go(f"/trace/baskets/{basket}?said=changed")


@PAGES.post(_BASKET + "/numbers/{row}/remove", CASE_ROLES, again=lambda ask, error: ask.refuse(409, error=error))
def remove_number(ask: Ask) -> Response:
    """Takes a number out."""
    basket, place = ask.names["basket"], _place(ask.names["row"])
    baskets_of(ask).remove(basket, place, _place(ask.field("since")), me(ask), ask.field("why"))
    _look_again(ask, basket)
    return ask.go(f"/trace/baskets/{basket}?said=removed")


@PAGES.post(_BASKET, CASE_ROLES, again=show_basket)
def set_basket(ask: Ask) -> Response:
    """Renames a basket, closes or opens it."""
    basket, why, act = _the_basket(ask), ask.field("why"), ask.field("act")
    if act in ("close", "open"):
        baskets_of(ask).close(basket.id, me(ask), why, closed=act == "close")
    else:
        baskets_of(ask).rename(basket.id, ask.field("name"), me(ask), why)
    return ask.go(f"/trace/baskets/{basket.id}?said=set")


@PAGES.post(_BASKET + "/check", CASE_ROLES, again=show_basket)
def check_basket(ask: Ask) -> Response:
    """Asks the ledger about a basket."""
    _start(ask, RunKind.CHECK)
    return ask.go(f"/trace/baskets/{ask.names['basket']}")


@PAGES.post(_BASKET + "/run", CASE_ROLES, again=show_basket)
def run_basket(ask: Ask) -> Response:
    """Traces a basket."""
    return ask.go(f"/trace/runs/{_start(ask, RunKind.TRACE)}")


def _start(ask: Ask, kind: RunKind) -> str:
    basket, seed = _the_basket(ask), ask.field("seed").strip() or "7"
    if not (seed.isascii() and seed.isdigit() and len(seed) < 10):
        raise TraceWorkError("a whole number from 0 to 999,999,999", key="seed")
    return begin(ask, basket, kind, seed=int(seed))


@PAGES.get(_BASKET + "/numbers.csv", CASE_ROLES, recorded=True)
def export_basket(ask: Ask) -> Response:
    """A basket's numbers as CSV, for a table on somebody's desk."""
    basket = _the_basket(ask)
    head = (
        "waybill", "seen_at", "asked_at", "absent_at", "found_by:value", "seller", "asked", "price", "bought_by",
    )  # fmt: skip
    numbers = [(row.number, _given(ask, row.number)) for row in baskets_of(ask).rows(basket, limit=MOST)]
    rows = ([_cell(number, given, name.partition(":")[0]) for name in head] for number, given in numbers)
    return table_file(ask, f"basket-{basket.id}-v{basket.version}.csv", head, rows)


@PAGES.get("/trace/runs.csv", CASE_ROLES, recorded=True)
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
