"""Cases: the list, and a case with all that belongs to it.

1. Accounts are pseudonyms, statements are kept back, unless the reader may open cases and had it recorded, within the
   last quarter of an hour, that they look at this one (`LOOK_US`).
2. What a form said comes back with the page that refuses it: nothing that was typed is lost.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from starlette.responses import Response

from wayseal.cases.acts import UNDOABLE
from wayseal.cases.errors import CaseStateError, UndoError
from wayseal.cases.types import (
    CLOSED_STATES,
    OPEN_STATES,
    UNDO_US,
    CaseState,
    Priority,
    Source,
    TaskState,
)
from wayseal.cases.views import CaseFilter, CaseRow, CaseSort, Done, Entry, Page
from wayseal.console.access.types import ActKind
from wayseal.console.roles import CASE_ROLES, OPENERS
from wayseal.console.roles import Page as Route
from wayseal.console.web._ask import Ask
from wayseal.console.web._case_words import line_of, reasons_of
from wayseal.console.web._trace_jobs import runs_of
from wayseal.console.web.pages._desk import (
    MOST_ROWS,
    Bar,
    bar_of,
    colleagues,
    kinds_given,
    me,
    table_file,
    text_given,
    the_cases,
    with_query,
)
from wayseal.console.web.pages._views import views_of
from wayseal.model.times import iso

LOOK_US = 15 * 60 * 1_000_000
"""So long a look at a case's names lasts, from the act that records it."""
_MANY = 30
_GROUPS: Mapping[str, frozenset[CaseState]] = {"open": OPEN_STATES, "closed": CLOSED_STATES, "all": frozenset()}


def show_cases(ask: Ask) -> Response:
    """The list."""
    cases, wanted, sort = ask.cases, _wanted(ask), _sort(ask)
    page: Page[CaseRow] = Page(rows=(), after=None)
    if cases is not None:
        page = cases.cases(wanted, sort, ask.query.get("after") or None, _MANY)
    counts = {} if cases is None else cases.counts().states
    return ask.page(
        "cases",
        rows=[(row, reasons_of(row.detectors, ask.lang)) for row in page.rows],
        after=page.after,
        counts=counts,
        of={name: sum(counts.get(one.value, 0) for one in states or CaseState) for name, states in _GROUPS.items()},
        state=_state(ask),
        sort=sort.value,
        query=ask.query,
        link=lambda **changes: with_query("/cases", ask.query, **{"after": None, **changes}),
        states=[state.value for state in CaseState],
        sources=[source.value for source in Source],
        views=views_of(ask, "cases"),
        sorts=[one.value for one in CaseSort],
        colleagues=colleagues(ask),
        me=me(ask),
        there=cases is not None,
        set=ask.site.cases is not None,
    )


def export_cases(ask: Ask) -> Response:
    """The list as a file."""
    ask.access.note(ask.whose, ActKind.LIST_EXPORTED, list="cases")
    cases, wanted, sort = ask.cases, _wanted(ask), _sort(ask)

    def rows() -> Iterator[Sequence[object]]:
        after, count = None, 0
        while cases is not None and count < MOST_ROWS:
            page = cases.cases(wanted, sort, after, 200)
            for row in page.rows:
                yield _cells(ask, row)
            count, after = count + len(page.rows), page.after
            if after is None:
                return

    head = ("id", "state", "source", "title", "owner", "priority", "score", "reasons", "things", "alerted", "changed")
    return table_file("cases.csv", head, rows())


def show_case(ask: Ask) -> Response:
    """A case."""
    return case_page(ask)


def case_page(ask: Ask, *, error: Any = None, act: str = "") -> Response:
    """A case with all that belongs to it. error: why a form was refused; act: which (rule 2)."""
    dossier = the_cases(ask).dossier(ask.names["case"], **look_of(ask))
    row = dossier.row
    return ask.page(
        "case",
        status=_status(error),
        error=error,
        failed=act,
        typed=ask.form if error is not None else {},
        row=row,
        dossier=dossier,
        reasons=reasons_of(row.detectors, ask.lang),
        **_origin(ask, row),
        lines=[line_of(entry, ask.lang) for entry in dossier.timeline.rows],
        older=dossier.timeline.after,
        names=dossier.looked_at > 0,
        looked_until=dossier.looked_at + LOOK_US,
        asked_names="names" in ask.query,
        may_open=ask.whose.person.role in OPENERS,
        open=row.state in OPEN_STATES,
        bar=_bar(ask, dossier.timeline.rows),
        colleagues=colleagues(ask),
        me=me(ask),
        now=ask.access.now(),
        kinds=[kind.value for kind in kinds_given(ask)],
        **_choices(),
    )


def _origin(ask: Ask, row: CaseRow) -> dict[str, Any]:
    """What of the queue a case was made of, and the trace that put it there."""
    item = None if row.source is Source.DETECTION else the_cases(ask).made_of(row.id)
    trace = None if item is None or item.source is not Source.TRACE else runs_of(ask).find_queued(item.id)
    return {"origin": item, "origin_trace": trace}


def show_timeline(ask: Ask) -> Response:
    """Older acts on a case."""
    cases, id_ = the_cases(ask), ask.names["case"]
    looked = cases.last_look(id_, me(ask)) if _asks_names(ask) else 0
    names = looked > ask.access.now() - LOOK_US
    before = text_given(ask, "before", 20)
    page = cases.timeline(id_, before if before.isdigit() else None, names=names)
    return ask.page(
        "case_timeline",
        id=id_,
        lines=[line_of(entry, ask.lang) for entry in page.rows],
        older=page.after,
        names=names,
    )


def show_note(ask: Ask) -> Response:
    """All versions of a note."""
    versions = the_cases(ask).note_versions(ask.names["case"], ask.names["note"])
    if not versions:
        return ask.page("error", status=404, status_shown=404)
    return ask.page("case_note", case=ask.names["case"], note=ask.names["note"], versions=versions)


def _choices() -> dict[str, Any]:
    return {
        "priorities": [one.value for one in Priority],
        "task_states": [one.value for one in TaskState],
        "work_states": [CaseState.IN_PROGRESS.value, CaseState.WAITING.value],
        "end_states": [CaseState.DUPLICATE.value, CaseState.NO_CASE.value],
    }


def _status(error: Any) -> int:
    if error is None:
        return 200
    return 409 if isinstance(error, CaseStateError | UndoError) else 400


def look_of(ask: Ask) -> dict[str, Any]:
    """Whose look at names counts for what is asked now, and since when (rule 1)."""
    return {"looker": me(ask) if _asks_names(ask) else None, "since": ask.access.now() - LOOK_US}


def _asks_names(ask: Ask) -> bool:
    return ("names" in ask.query or bool(ask.field("names"))) and ask.whose.person.role in OPENERS


def _bar(ask: Ask, entries: Sequence[Entry]) -> Bar | None:
    """What of this case can be taken back yet, as its timeline says."""
    now = ask.access.now()
    own = [entry for entry in entries if entry.who == me(ask)]
    batch = [entry for entry in own if entry.at == own[0].at]
    if not batch or now - batch[0].at > UNDO_US or not UNDOABLE.issuperset(entry.act for entry in batch):
        return None
    lines, ids = tuple(entry.line for entry in batch), tuple(dict.fromkeys(entry.case for entry in batch))
    return bar_of(Done(lines=lines, ids=ids, at=batch[0].at, back=True), now)


def _state(ask: Ask) -> str:
    given = ask.query.get("state", "open") or "all"
    return given if given in _GROUPS or given in set(CaseState) else "open"


def _wanted(ask: Ask) -> CaseFilter:
    state, source, who = _state(ask), text_given(ask, "source"), text_given(ask, "who")
    return CaseFilter(
        states=_GROUPS[state] if state in _GROUPS else frozenset({CaseState(state)}),
        owner={"": None, "me": me(ask), "nobody": ""}.get(who, who),
        source=Source(source) if source in set(Source) else None,
        thing=text_given(ask, "thing", 200).strip() or None,
    )


def _sort(ask: Ask) -> CaseSort:
    named = ask.query.get("sort", "")
    return CaseSort(named) if named in set(CaseSort) else CaseSort.SCORE


def _cells(ask: Ask, row: CaseRow) -> Sequence[object]:
    return (
        row.id,
        row.state.value,
        row.source.value,
        row.title,
        row.owner,
        row.priority.value,
        f"{row.score:.4f}",
        " · ".join(one.name for one in reasons_of(row.detectors, ask.lang)),
        " ".join(thing.name for thing in row.things),
        iso(row.alerted_at),
        iso(row.changed_at),
    )


PAGES = (
    Route(method="GET", path="/cases", act=show_cases, roles=CASE_ROLES),
    Route(method="GET", path="/cases.csv", act=export_cases, roles=CASE_ROLES),
    Route(method="GET", path="/cases/{case}", act=show_case, roles=CASE_ROLES),
    Route(method="GET", path="/cases/{case}/timeline", act=show_timeline, roles=CASE_ROLES),
    Route(method="GET", path="/cases/{case}/notes/{note}", act=show_note, roles=CASE_ROLES),
)
