"""Cases and the queue: both lists, what people put into the queue by hand, and a case with all that belongs to it.

1. Accounts are pseudonyms, statements are kept back, unless the reader may open cases and had it recorded, within the
   last quarter of an hour and in this session, that they look at this one (`look_of`). In the queue they are
   pseudonyms, always.
2. What a form said comes back with the page that refuses it: nothing that was typed is lost.
3. A decision has its reason; what was done in one go has one moment, so that it can be taken back together.
4. Of many nothing is done before a page showed what will be done to what (`_casework`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.responses import Response

from wayseal.cases.book import UNDOABLE
from wayseal.cases.decisions import BulkAction
from wayseal.cases.errors import CasebookError, StaleError
from wayseal.cases.hotline.letters import TYPE_TEXTS
from wayseal.cases.hotline.reports import Report
from wayseal.cases.types import (
    CLOSED_STATES,
    OPEN_STATES,
    UNDO_US,
    CaseState,
    ItemState,
    ObservableKind,
    Priority,
    Source,
    TaskState,
)
from wayseal.cases.views import (
    CaseFilter,
    CaseRow,
    CaseSort,
    Counts,
    Done,
    Entry,
    ItemFilter,
    ItemRow,
    ItemSort,
    Overlap,
    Page,
)
from wayseal.cases.writing import one_line
from wayseal.console.errors import AccessError
from wayseal.console.roles import CASE_ROLES
from wayseal.console.web._ask import Ask, Pages
from wayseal.console.web._case_words import Reason, line_of, reason_of, reasons_of, reasons_of_item
from wayseal.console.web._lists import Column, Filter, Rows, Wanted, with_query
from wayseal.console.web._markdown import noted
from wayseal.console.web._render import translator_of
from wayseal.console.web._trace_view import trace_of
from wayseal.console.web._uploads import MOST_OF_CASE
from wayseal.console.web.pages._argument import argument_of, beside, named_by
from wayseal.console.web.pages._casework import (
    SOURCE,
    STATES_FOR_MANY,
    Bar,
    Worklist,
    bar_of,
    colleagues,
    decision_given,
    kinds_given,
    lay_out,
    look_at,
    look_of,
    look_values,
    loss_of,
    me,
    number_given,
    owner_meant,
    score_given,
    source_meant,
    text_given,
    the_cases,
    things_given,
    today,
)
from wayseal.console.web.pages._judging import judging, waiting
from wayseal.console.web.pages._live import block_values
from wayseal.database import DatabaseError
from wayseal.model.messages import N_
from wayseal.page import numbers
from wayseal.page.charts import course_chart

PAGES = Pages()
_TAGS = 60
"""Tags that are proposed."""
_GROUPS: Mapping[str, frozenset[CaseState]] = {"open": OPEN_STATES, "closed": CLOSED_STATES, "all": frozenset()}


def _query(ask: Ask, wanted: Wanted, most: int) -> Page[CaseRow]:
    cases = ask.cases
    if cases is None:
        return Page(rows=(), after=None)
    return cases.cases(_filter(ask, wanted), CaseSort(wanted.sort.by), wanted.after, most)


def _filter(ask: Ask, wanted: Wanted) -> CaseFilter:
    state = wanted.filters["state"]
    return CaseFilter(
        states=_GROUPS[state] if state in _GROUPS else frozenset({CaseState(state)}),
        owner=owner_meant(ask, wanted),
        source=source_meant(wanted),
        thing=wanted.filters["thing"].strip() or None,
        tag=wanted.filters["tag"] or None,
    )


def _values(ask: Ask, _found: object) -> dict[str, Any]:
    """Return what the page of the list says beside."""
    found = None if ask.cases is None else ask.cases.counts()
    counts = {} if found is None else found.states
    return {
        "reasons_of": lambda row: reasons_of(row.detectors, ask.lang),
        "counts": counts,
        "of": {name: sum(counts.get(one.value, 0) for one in states or CaseState) for name, states in _GROUPS.items()},
        "state": LIST.wanted(LIST.given(ask)).filters["state"],
        "states": [state.value for state in CaseState],
        "sorts": [one.value for one in CaseSort],
        "deeds": [deed.value for deed in LIST.deeds],
        "states_given": [state.value for state in STATES_FOR_MANY],
        "priorities": [one.value for one in Priority],
        "tags": () if found is None else tags_of(found),
        "today": today(ask).isoformat(),
    }


def tags_of(counts: Counts) -> tuple[tuple[str, int], ...]:
    """The tags in use that most cases have, each with how many."""
    return tuple(sorted(counts.tags.items(), key=lambda one: (-one[1], one[0]))[:_TAGS])


LIST: Worklist[CaseRow] = Worklist(
    path="/cases",
    roles=CASE_ROLES,
    query=_query,
    columns=[
        Column(name="id", cell=lambda row: row.id),
        Column(name="state", cell=lambda row: row.state.value, kind="case_state."),
        Column(name="source", cell=lambda row: row.source.value, kind="source."),
        Column(name="title", cell=lambda row: row.title),
        Column(name="owner", cell=lambda row: row.owner),
        Column(name="priority", cell=lambda row: row.priority.value, kind="priority."),
        Column(name="expected_loss", cell=loss_of),
        Column(name="score", cell=lambda row: f"{row.score:.4f}"),
        Column(name="reasons", said=lambda row, lang: " · ".join(one.name for one in reasons_of(row.detectors, lang))),
        Column(name="things", cell=lambda row: " ".join(thing.name for thing in row.things)),
        Column(name="tags", cell=lambda row: " ".join(f"#{tag}" for tag in row.tags)),
        Column(name="task_due", cell=lambda row: row.due),
        Column(name="alerted", cell=lambda row: row.alerted_at, kind="time"),
        Column(name="changed", cell=lambda row: row.changed_at, kind="time"),
    ],
    filters=[
        Filter(name="state", choices=(*_GROUPS, *(state.value for state in CaseState)), empty="all"),
        SOURCE,
        Filter(name="who"),
        Filter(name="thing"),
        Filter(name="tag"),
    ],
    sorts=("loss", *(one.value for one in CaseSort if one is not CaseSort.LOSS)),
    turns=False,
    loose=True,
    many=30,
    template="cases",
    values=_values,
    deeds=(
        *(BulkAction.ASSIGN, BulkAction.PRIORITY, BulkAction.SNOOZE, BulkAction.STATE),
        *(BulkAction.TAG, BulkAction.UNTAG),
    ),
    matching=lambda ask, wanted: the_cases(ask).matching_cases(_filter(ask, wanted), CaseSort(wanted.sort.by)),
)
PAGES += LIST.pages()


@PAGES.get("/cases/{case}", CASE_ROLES)
def case_page(ask: Ask, *, error: Any = None, act: str = "") -> Response:
    """A case with all that belongs to it. error: why a form was refused; act: which (rule 2)."""
    dossier = the_cases(ask).dossier(ask.names["case"], **look_of(ask, ask.names["case"]))
    row, people = dossier.row, colleagues(ask)
    return ask.page(
        "case",
        status=400 if isinstance(error, StaleError) else None,
        error=error,
        live_of=(row.id, max((one.line for one in dossier.timeline.rows), default=0)),
        failed=act or ("block" if "block" in ask.query else ""),
        row=row,
        dossier=dossier,
        reasons=reasons_of(row.detectors, ask.lang),
        course=_draw_course(ask, row.id, dossier.timeline.rows),
        **_origin(ask, row),
        **argument_of(ask, dossier),
        lines=[line_of(entry, ask.lang, beside(dossier.things)) for entry in dossier.timeline.rows],
        older=dossier.timeline.after,
        names=dossier.looked_at > 0,
        reports=_linked_reports(ask, row.id),
        report_types=TYPE_TEXTS,
        **look_values(ask, row.id, shown=bool(beside(dossier.things))),
        open=row.state in OPEN_STATES,
        bar=_bar(ask, dossier.timeline.rows),
        colleagues=people,
        me=me(ask),
        now=ask.access.now(),
        today=today(ask).isoformat(),
        task_lists=[
            (place, one.name.of(ask.lang), [task.text.of(ask.lang) for task in one.task])
            for place, one in enumerate(ask.site.task_lists)
            if not {row.source.value, *row.detectors}.isdisjoint(one.kinds)
        ],
        noted=partial(noted, people=people),
        kinds=[kind.value for kind in kinds_given(ask)],
        most_files=min(MOST_OF_CASE, ask.site.upload_most),
        **judging(ask, dossier),
        **block_values(ask, {one.alias for one in dossier.things}),
        **_choices(),
    )


def _linked_reports(ask: Ask, case: str) -> Sequence[Report]:
    """Reports of the hotline that are linked to a case, and no word of them; none where its pages say what is wrong."""
    try:
        found = () if ask.site.hotline is None else ask.site.hotline.desk.reports()
    except (CasebookError, DatabaseError):
        found = ()
    return [one for one in found if case in one.cases]


def stale_page(ask: Ask, act: str, line: int) -> Response:
    """Return what was done with a case behind a line, beside an act that was refused for it."""
    dossier = the_cases(ask).dossier(ask.names["case"], **look_of(ask, ask.names["case"]))
    since = [line_of(entry, ask.lang) for entry in dossier.timeline.rows if entry.line > line]
    return ask.page("case_stale", status=409, row=dossier.row, act=act, lines=since)


def _draw_course(ask: Ask, case: str, entries: Sequence[Entry]) -> Markup | None:
    """How the score moved over a case's own alerts, of its newest acts; None where there was but one."""
    alerts = [one for one in reversed(entries) if one.case == case and one.act in {"case", "alert"}]
    if len(alerts) < 2:
        return None
    say = translator_of(ask.lang).say
    moments = (numbers.clock(datetime.fromtimestamp(one.at / 1e6, UTC)) for one in alerts)
    rows = [(at, float(str(one.told["score"]))) for at, one in zip(moments, alerts, strict=True)]
    (first, before), (last, now) = rows[0], rows[-1]
    desc = say("case.course_desc", n=len(rows), before=before, now=now, first=first, last=last)
    return course_chart("course", say("case.course"), desc, rows)


def _origin(ask: Ask, row: CaseRow) -> dict[str, Any]:
    """Return what of the queue a case was made of, and the trace that put it there."""
    item = None if row.source is Source.DETECTION else the_cases(ask).made_of(row.id)
    return {"origin": item and reason_of(item, ask.lang), "origin_trace": trace_of(ask, item)}


@PAGES.get("/tags", CASE_ROLES)
def propose_tags(ask: Ask) -> Response:
    """The tags in use, for a field that is about to be typed into."""
    return ask.page("tags", tags=() if ask.cases is None else tags_of(ask.cases.counts()))


@PAGES.get("/cases/{case}/timeline", CASE_ROLES)
def show_timeline(ask: Ask) -> Response:
    """Older acts on a case."""
    cases, id_ = the_cases(ask), ask.names["case"]
    look = look_at(ask, id_)
    names = look is not None
    before = text_given(ask, "before", 20)
    page = cases.timeline(id_, before if before.isdigit() else None, names=names, **look_of(ask, id_))
    return ask.page(
        "case_timeline",
        id=id_,
        lines=[line_of(entry, ask.lang, named_by(ask, look)) for entry in page.rows],
        older=page.after,
        names=names,
        **look_values(ask, id_, shown=names),
    )


@PAGES.get("/cases/{case}/notes/{note}", CASE_ROLES)
def show_note(ask: Ask) -> Response:
    """All versions of a note."""
    versions = the_cases(ask).note_versions(ask.names["case"], ask.names["note"])
    if not versions:
        return ask.refuse(404)
    case = ask.names["case"]
    return ask.page("case_note", case=case, note=ask.names["note"], versions=versions, **look_values(ask, case))


def _choices() -> dict[str, Any]:
    return {
        "priorities": [one.value for one in Priority],
        "task_states": [one.value for one in TaskState],
        "work_states": [CaseState.IN_PROGRESS.value, CaseState.WAITING.value],
        "end_states": [CaseState.DUPLICATE.value, CaseState.NO_CASE.value],
    }


def _bar(ask: Ask, entries: Sequence[Entry]) -> Bar | None:
    """Return what of this case can be taken back yet, as its timeline says."""
    now = ask.access.now()
    own = [entry for entry in entries if entry.who == me(ask)]
    batch = [entry for entry in own if entry.at == own[0].at]
    if not batch or now - batch[0].at > UNDO_US or not UNDOABLE.issuperset(entry.act for entry in batch):
        return None
    lines, ids = tuple(entry.line for entry in batch), tuple(dict.fromkeys(entry.case for entry in batch))
    return bar_of(Done(lines=lines, ids=ids, at=batch[0].at, back=True), now)


HANDMADE = Source.TRACE, Source.PARTNER, Source.RIGHTS, Source.CANARY, Source.LISTING
"""A report comes from its own page, where that it was taken out is on record."""
_OF_THEIR_OWN = (ObservableKind.SELLER, ObservableKind.NUMBER, ObservableKind.CASE)
"""What has a field of its own, or none."""
_OF_SELLERS = frozenset({"market_ours", "market_back"})


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLine:
    """Something in the queue as the list shows it.

    href: where it is opened; at: the list with it marked; more: where all that it names stands, "" for nowhere else.
    """

    row: ItemRow
    reasons: tuple[Reason, ...]
    overlaps: tuple[Overlap, ...]
    href: str
    at: str
    more: str


@PAGES.get("/queue/new", CASE_ROLES)
def show_new(ask: Ask, error: Exception | None = None) -> Response:
    """A form for what somebody heard or saw."""
    return ask.page(
        "queue_new",
        error=error,
        sources=[source.value for source in HANDMADE],
        kinds=[kind.value for kind in kinds_given(ask) if kind not in _OF_THEIR_OWN],
    )


@PAGES.post("/queue", CASE_ROLES, again=show_new)
def enqueue(ask: Ask) -> Response:
    """Puts it into the queue."""
    source = ask.choice("source", HANDMADE, N_("choose where it comes from"))
    things, reason = things_given(ask), one_line(ask.line("reason"), "reason")
    score = score_given(ask.field("score"))
    if ask.site.cases is None:
        raise AccessError("no ledger is set: there is no queue to put it into")
    item = ask.site.cases.need().enqueue(source, things, reason, me(ask), ask.access.now(), score=score)
    return ask.go(f"/queue?at={item}&said=enqueue")


def _waiting(ask: Ask, wanted: Wanted, most: int) -> Page[ItemRow]:
    cases = ask.cases
    if cases is None:
        return Page(rows=(), after=None)
    return cases.queue(ask.access.now(), _item_filter(ask, wanted), ItemSort(wanted.sort.by), wanted.after, most)


def _item_filter(ask: Ask, wanted: Wanted) -> ItemFilter:
    later = bool(wanted.filters["later"])
    return ItemFilter(source=source_meant(wanted), owner=owner_meant(ask, wanted), snoozed=later)


def _queue_values(ask: Ask, found: Rows[ItemRow]) -> dict[str, Any]:
    """Return what the page of the queue says beside: its lines, and the one that is marked."""
    cases, given, now = ask.cases, QUEUE.given(ask), ask.access.now()
    overlaps = {} if cases is None else cases.overlaps([row.id for row in found.rows])
    lines = [_line(ask, row, given, overlaps.get(row.id, ())) for row in found.rows]
    marked, decided = ask.names.get("item") or given.get("at", ""), None
    chosen = next((line for line in lines if line.row.id == marked), None)
    if chosen is None and cases is not None and marked and (row := cases.item(marked)) is not None:
        if row.state is ItemState.WAITING:
            chosen = _line(ask, row, given, cases.overlaps([row.id]).get(row.id, ()))
        else:
            decided = row
    return {
        "lines": lines,
        "chosen": chosen or (lines[0] if lines else None),
        "decided": decided,
        "counts": {} if cases is None else cases.counts().queue,
        "capacity": ask.site.settings.cases_a_day,
        "now": now,
        **waiting(ask, () if cases is None else cases.proposals(now)),
    }


def _line(ask: Ask, row: ItemRow, given: Mapping[str, str], overlaps: tuple[Overlap, ...] = ()) -> QueueLine:
    return QueueLine(
        row=row,
        reasons=reasons_of_item(row, ask.lang),
        overlaps=overlaps,
        href=f"/cases/{row.case}" if row.case else "",
        at=with_query("/queue", given, at=row.id, said=None),
        more=_more_of(row),
    )


def _more_of(row: ItemRow) -> str:
    """The page on which all stands that something in the queue came from."""
    code = row.reason.partition(", ")[0]
    if row.source is Source.RIGHTS and code.startswith("rights."):
        return with_query("/rights", {"list": code.removeprefix("rights.")})
    if row.source is Source.PARTNER and code.startswith("partners."):
        return "/partners?only=breached"
    if row.source is Source.PARCELS:
        return "/parcels"
    if code == "market_priced":
        return "/market/offers?ours=1&flagged=no"
    seller = next((one.name for one in row.things if one.kind is ObservableKind.SELLER), "")
    return f"/market/offers?{urlencode({'seller': seller, 'state': 'all'})}" if code in _OF_SELLERS and seller else ""


QUEUE: Worklist[ItemRow] = Worklist(
    path="/queue",
    roles=CASE_ROLES,
    query=_waiting,
    columns=[
        Column(name="id", cell=lambda row: row.id),
        Column(name="source", cell=lambda row: row.source.value, kind="source."),
        Column(name="expected_loss", cell=loss_of),
        Column(name="score", cell=lambda row: f"{row.score:.4f}"),
        Column(name="reason", said=reason_of),
        Column(name="things", cell=lambda row: " ".join(thing.name for thing in row.things)),
        Column(name="owner", cell=lambda row: row.owner),
        Column(name="state", cell=lambda row: row.state.value, kind="item_state."),
        Column(name="queued", cell=lambda row: row.queued_at, kind="time"),
        Column(name="since", cell=lambda row: row.since, kind="time"),
        Column(name="snoozed_until", cell=lambda row: row.snoozed_until or None, kind="time"),
    ],
    filters=[SOURCE, Filter(name="who"), Filter(name="later")],
    sorts=("loss", *(one.value for one in ItemSort if one is not ItemSort.LOSS)),
    turns=False,
    loose=True,
    many=25,
    template="queue",
    values=_queue_values,
    deeds=(BulkAction.PROMOTE, BulkAction.ASSIGN, BulkAction.SNOOZE, BulkAction.DISMISS),
    matching=lambda ask, wanted: the_cases(ask).matching_items(
        ask.access.now(), _item_filter(ask, wanted), ItemSort(wanted.sort.by)
    ),
)
PAGES += QUEUE.pages()


@PAGES.post("/queue/items/{item}", CASE_ROLES, again=QUEUE.show)
def decide(ask: Ask) -> Response:
    """One decision on one thing in the queue."""
    item, act, at = ask.names["item"], ask.field("act"), ask.access.now()
    cases = the_cases(ask).as_seen(item, number_given(ask, "seen"))
    if act == "take":
        cases.take(item, me(ask), at)
        made = item if item.startswith("c-") else None
    else:
        made = cases.decide(item, decision_given(ask, QUEUE.deeds), me(ask), at)
    reading = ask.site.reading
    if made and reading is not None and reading.timeline(made) is None and cases.find(made).actors:
        lay_out(ask, made)
    return ask.go(f"/cases/{made}" if made else with_query("/queue", QUEUE.given(ask), at=None, said=act))
