"""The queue: everything that wants a decision, one by one and in bulk, and what people put into it by hand.

1. A decision has its reason; what was done in one go has one moment, so that it can be taken back together.
2. Of many nothing is done before a page showed what will be done to what (`_desk`).
3. Accounts are pseudonyms here, always.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from wayseal.cases import Cases
from wayseal.cases.errors import CasebookUsageError, CaseStateError, StaleError
from wayseal.cases.types import ItemState, Observable, ObservableKind, Source, one_line
from wayseal.cases.views import ItemFilter, ItemRow, ItemSort, Overlap, Page
from wayseal.console.errors import AccessError
from wayseal.console.roles import CASE_ROLES
from wayseal.console.roles import Page as Route
from wayseal.console.web._ask import Ask
from wayseal.console.web._case_words import Reason, reason_of, reasons_of_item
from wayseal.console.web._lists import every_page, table_file, with_query
from wayseal.console.web.pages._desk import (
    OF_ITEMS,
    Worklist,
    bar,
    colleagues,
    kinds_given,
    me,
    midnight,
    number_given,
    owner_given,
    the_cases,
    until_given,
    views_of,
)
from wayseal.model import clean_waybill

_MANY = 25
_NEED_WHY = {"promote", "snooze", "dismiss"}
HANDMADE = tuple(source for source in Source if source is not Source.DETECTION)
_OF_THEIR_OWN = (ObservableKind.SELLER, ObservableKind.NUMBER, ObservableKind.CASE)
"""What has a field of its own, or none."""
_LIST = 100
"""Numbers of a listing that are taken at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLine:
    """Something in the queue as the list shows it. href: where it is opened; at: the list with it marked."""

    row: ItemRow
    reasons: tuple[Reason, ...]
    overlaps: tuple[Overlap, ...]
    href: str
    at: str


def show_queue(ask: Ask) -> Response:
    """The list, and one of it beside it."""
    return _queue_page(ask)


def export_queue(ask: Ask) -> Response:
    """The list as a file."""
    cases, wanted, sort, now = ask.cases, _wanted(ask), _sort(ask), ask.access.now()

    pages = every_page(lambda after: cases.queue(now, wanted, sort, after, 200)) if cases is not None else ()
    rows = (_cells(ask, row) for page in pages for row in page.rows)
    said = ("expected_loss", "score", "reason", "things", "owner")
    head = ("id", "source:source.", *said, "since:time", "snoozed_until:time")
    return table_file(ask, "queue.csv", head, rows)


def decide(ask: Ask) -> Response:
    """One decision on one thing in the queue."""
    item, act = ask.names["item"], ask.field("act")
    owner = me(ask) if act == "take" else owner_given(ask) if act == "assign" else None
    act = "assign" if act == "take" else act
    try:
        cases = the_cases(ask).as_seen(item, number_given(ask, "seen"))
        made = _do(cases, ask, item, act, _given(ask, act, owner), ask.access.now())
    except (CasebookUsageError, CaseStateError, StaleError, AccessError) as error:
        return _queue_page(ask, error=error, at=item)
    onward = f"/cases/{made}" if made else with_query("/queue", LIST.state(ask.form), at=None, said=act)
    return ask.go(onward)


def show_new(ask: Ask) -> Response:
    """A form for what somebody heard or saw."""
    return _new_page(ask)


def enqueue(ask: Ask) -> Response:
    """Puts it into the queue."""
    try:
        source = Source(ask.field("source")) if ask.field("source") in HANDMADE else None
        if source is None:
            raise AccessError("choose where it comes from", key="source")
        things = _things_given(ask)
        reason = one_line(ask.line("reason"), "reason")
        score = _score_given(ask.field("score"))
        if ask.site.cases is None:
            raise AccessError("no ledger is set: there is no queue to put it into")
        cases = ask.site.cases.need()
        item = cases.enqueue(source, things, reason, me(ask), ask.access.now(), score=score)
    except (CasebookUsageError, AccessError) as error:
        return _new_page(ask, error)
    return ask.go(f"/queue?at={item}&said=enqueue")


def _queue_page(ask: Ask, *, error: Any = None, at: str | None = None) -> Response:
    cases = ask.cases
    given = ask.query if ask.form.get("act") is None else LIST.state(ask.form)
    after = given.get("after", "") or None
    now = ask.access.now()
    page: Page[ItemRow] = Page(rows=(), after=None)
    if cases is not None:
        page = cases.queue(now, _wanted(ask, given), _sort(ask, given), after, _MANY)
    ids = [row.id for row in page.rows]
    overlaps = {} if cases is None else cases.overlaps(ids)
    lines = [_line(ask, row, given, overlaps.get(row.id, ())) for row in page.rows]
    marked = at or given.get("at", "")
    chosen = next((line for line in lines if line.row.id == marked), None)
    decided = None
    if chosen is None and cases is not None and marked and (row := cases.item(marked)) is not None:
        if row.state is ItemState.WAITING:
            chosen = _line(ask, row, given, cases.overlaps([row.id]).get(row.id, ()))
        else:
            decided = row
    counts = None if cases is None else cases.counts()
    return ask.page(
        "queue",
        error=error,
        lines=lines,
        chosen=chosen or (lines[0] if lines else None),
        decided=decided,
        counts={} if counts is None else counts.queue,
        query=given,
        link=lambda **changes: with_query("/queue", given, **{"at": None, "after": None, **changes}),
        sort=_sort(ask, given).value,
        after=page.after,
        sources=[source.value for source in Source],
        colleagues=colleagues(ask),
        me=me(ask),
        views=views_of(ask, "queue"),
        closed=None if cases is None else cases.day(midnight(ask, now)).closed,
        capacity=ask.site.cases_a_day,
        bar=None if cases is None else bar(ask, cases),
        typed=ask.form,
        now=now,
        there=cases is not None,
        set=ask.site.cases is not None,
    )


def _line(ask: Ask, row: ItemRow, given: Mapping[str, str], overlaps: tuple[Overlap, ...] = ()) -> QueueLine:
    return QueueLine(
        row=row,
        reasons=reasons_of_item(row, ask.lang),
        overlaps=overlaps,
        href=f"/cases/{row.case}" if row.case else "",
        at=with_query("/queue", given, at=row.id, said=None),
    )


def _new_page(ask: Ask, error: Any = None) -> Response:
    return ask.page(
        "queue_new",
        error=error,
        typed=ask.form,
        sources=[source.value for source in HANDMADE],
        kinds=[kind.value for kind in kinds_given(ask) if kind not in _OF_THEIR_OWN],
    )


def _wanted(ask: Ask, given: Mapping[str, str] | None = None) -> ItemFilter:
    query = ask.query if given is None else given
    source, who = query.get("source", ""), query.get("who", "")
    return ItemFilter(
        source=Source(source) if source in set(Source) else None,
        owner={"": None, "me": me(ask), "nobody": ""}.get(who, who),
        snoozed="later" in query and bool(query["later"]),
    )


def _sort(ask: Ask, given: Mapping[str, str] | None = None) -> ItemSort:
    named = (ask.query if given is None else given).get("sort", "")
    return ItemSort(named) if named in set(ItemSort) else ItemSort.LOSS


def _given(ask: Ask, act: str, owner: str | None) -> dict[str, Any]:
    """Return what a decision needs, of the form: checked before anything is done."""
    why = ask.line("why")
    if act in _NEED_WHY:
        one_line(why, "why")
    until = until_given(ask) if act == "snooze" else None
    if act == "snooze" and until is None:
        raise AccessError("until when is it put off?", key="until")
    return {"why": why, "owner": owner, "until": until}


def _do(cases: Cases, ask: Ask, item: str, act: str, given: Mapping[str, Any], at: int) -> str | None:
    """The case that it is now, if one was made."""
    who, why = me(ask), given["why"]
    match act:
        case "promote":
            return cases.promote(item, who, why, at)
        case "dismiss":
            cases.dismiss(item, who, why, at)
        case "snooze":
            cases.snooze(item, given["until"], who, why, at)
        case "assign":
            cases.assign(item, given["owner"], who, at, why)
        case _:
            raise AccessError("choose what is to be done", key="act")
    return None


def _things_given(ask: Ask) -> list[Observable]:
    """Seller, numbers and one more thing, of the form."""
    things = []
    if seller := ask.line("seller"):
        things.append(Observable(kind=ObservableKind.SELLER, value=seller))
    typed = ask.field("numbers").replace(",", " ").replace("，", " ").split()
    numbers = list(dict.fromkeys(clean_waybill(one) or one for one in typed))
    if len(numbers) > _LIST:
        raise AccessError("up to {most} numbers at once", key="numbers", most=_LIST)
    things += [Observable(kind=ObservableKind.NUMBER, value=number) for number in numbers]
    if value := ask.line("thing"):
        kind = ask.field("kind")
        if kind not in {one.value for one in kinds_given(ask) if one is not ObservableKind.CASE}:
            raise AccessError("choose what it is", key="kind")
        things.append(Observable(kind=ObservableKind(kind), value=value))
    return things


def _score_given(text: str) -> float:
    known = {"": 0.5, "low": 0.25, "even": 0.5, "likely": 0.75, "sure": 0.95}
    if text not in known:
        raise AccessError("choose how sure it is", key="score")
    return known[text]


def _cells(ask: Ask, row: ItemRow) -> Sequence[object]:
    reason = reason_of(row, ask.lang)
    return (
        row.id,
        row.source.value,
        f"{row.score * row.parcels_a_day:.1f}" if row.parcels_a_day else None,
        f"{row.score:.4f}",
        reason,
        " ".join(thing.name for thing in row.things),
        row.owner,
        row.since,
        row.snoozed_until or None,
    )


LIST = Worklist(
    place="/queue",
    names=("source", "who", "later", "sort", "after"),
    actions=OF_ITEMS,
    show=lambda ask, _state, error: _queue_page(ask, error=error),
    rows=lambda ask, state: (
        the_cases(ask).queue(ask.access.now(), _wanted(ask, state), _sort(ask, state), state.get("after"), _MANY).rows
    ),
    matching=lambda ask, state: the_cases(ask).matching_items(ask.access.now(), _wanted(ask, state), _sort(ask, state)),
)
PAGES = (
    Route(method="GET", path="/queue", act=show_queue, roles=CASE_ROLES),
    Route(method="GET", path="/queue.csv", act=export_queue, roles=CASE_ROLES, recorded=True),
    Route(method="GET", path="/queue/new", act=show_new, roles=CASE_ROLES),
    Route(method="POST", path="/queue", act=enqueue, roles=CASE_ROLES),
    *LIST.pages(),
    Route(method="POST", path="/queue/items/{item}", act=decide, roles=CASE_ROLES),
)
