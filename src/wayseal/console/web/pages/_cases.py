"""Cases: the list, and a case with all that belongs to it.

1. Accounts are pseudonyms, statements are kept back, unless the reader may open cases and had it recorded, within the
   last quarter of an hour and in this session, that they look at this one (`look_of`).
2. What a form said comes back with the page that refuses it: nothing that was typed is lost.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from wayseal.cases.book import UNDOABLE
from wayseal.cases.errors import StaleError
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
from wayseal.console.access.types import LOOK_US
from wayseal.console.roles import CASE_ROLES, OPENERS
from wayseal.console.roles import Page as Route
from wayseal.console.web._ask import Ask
from wayseal.console.web._case_words import line_of, reason_of, reasons_of
from wayseal.console.web._lists import every_page, table_file, with_query
from wayseal.console.web._render import voice_of
from wayseal.console.web._trace_view import runs_of
from wayseal.console.web._uploads import MOST_OF_CASE
from wayseal.console.web.pages._desk import (
    OF_CASES,
    STATES_FOR_MANY,
    Bar,
    Worklist,
    bar,
    bar_of,
    colleagues,
    kinds_given,
    look_since,
    me,
    text_given,
    the_cases,
    views_of,
)
from wayseal.page import numbers
from wayseal.page.charts import course_chart

_MANY = 30
_LONG = 200
_GROUPS: Mapping[str, frozenset[CaseState]] = {"open": OPEN_STATES, "closed": CLOSED_STATES, "all": frozenset()}


def show_cases(ask: Ask) -> Response:
    """The list."""
    return _list_page(ask, ask.query)


def _list_page(ask: Ask, given: Mapping[str, str], error: Any = None) -> Response:
    cases, wanted, sort = ask.cases, _wanted(ask, given), _sort(given)
    page: Page[CaseRow] = Page(rows=(), after=None)
    if cases is not None:
        page = cases.cases(wanted, sort, given.get("after") or None, _MANY)
    counts = {} if cases is None else cases.counts().states
    return ask.page(
        "cases",
        error=error,
        rows=[(row, reasons_of(row.detectors, ask.lang)) for row in page.rows],
        after=page.after,
        counts=counts,
        of={name: sum(counts.get(one.value, 0) for one in states or CaseState) for name, states in _GROUPS.items()},
        state=_state(given),
        sort=sort.value,
        query=given,
        link=lambda **changes: with_query("/cases", given, **{"after": None, **changes}),
        states=[state.value for state in CaseState],
        sources=[source.value for source in Source],
        views=views_of(ask, "cases"),
        sorts=[one.value for one in CaseSort],
        colleagues=colleagues(ask),
        me=me(ask),
        bar=None if cases is None else bar(ask, cases),
        typed=ask.form,
        deeds=[deed.value for deed in OF_CASES],
        states_given=[state.value for state in STATES_FOR_MANY],
        priorities=[one.value for one in Priority],
        there=cases is not None,
        set=ask.site.cases is not None,
    )


def export_cases(ask: Ask) -> Response:
    """The list as a file."""
    cases, wanted, sort = ask.cases, _wanted(ask, ask.query), _sort(ask.query)

    pages = every_page(lambda after: cases.cases(wanted, sort, after, 200)) if cases is not None else ()
    rows = (_cells(ask, row) for page in pages for row in page.rows)
    head = (
        "id", "state:case_state.", "source:source.", "title", "owner", "priority:priority.", "expected_loss", "score",
        "reasons", "things", "alerted:time", "changed:time",
    )  # fmt: skip
    return table_file(ask, "cases.csv", head, rows)


def show_case(ask: Ask) -> Response:
    """A case."""
    return case_page(ask)


def case_page(ask: Ask, *, error: Any = None, act: str = "") -> Response:
    """A case with all that belongs to it. error: why a form was refused; act: which (rule 2)."""
    dossier = the_cases(ask).dossier(ask.names["case"], **look_of(ask, ask.names["case"]))
    row = dossier.row
    return ask.page(
        "case",
        status=400 if isinstance(error, StaleError) else None,
        error=error,
        failed=act,
        typed=ask.form if error is not None else {},
        row=row,
        dossier=dossier,
        reasons=reasons_of(row.detectors, ask.lang),
        course=_draw_course(ask, row.id, dossier.timeline.rows),
        **_origin(ask, row),
        lines=[line_of(entry, ask.lang) for entry in dossier.timeline.rows],
        older=dossier.timeline.after,
        names=dossier.looked_at > 0,
        looked_until=(look_since(ask, row.id) or 0) + LOOK_US,
        asked_names="names" in ask.query,
        may_open=ask.whose.person.role in OPENERS,
        open=row.state in OPEN_STATES,
        bar=_bar(ask, dossier.timeline.rows),
        colleagues=colleagues(ask),
        me=me(ask),
        now=ask.access.now(),
        kinds=[kind.value for kind in kinds_given(ask)],
        most_files=min(MOST_OF_CASE, ask.site.upload_most),
        **_choices(),
    )


def stale_page(ask: Ask, act: str, line: int) -> Response:
    """Return what was done with a case behind a line, beside an act that was refused for it."""
    dossier = the_cases(ask).dossier(ask.names["case"], **look_of(ask, ask.names["case"]))
    since = [line_of(entry, ask.lang) for entry in dossier.timeline.rows if entry.line > line]
    return ask.page("case_stale", status=409, row=dossier.row, act=act, lines=since, typed=ask.form)


def _draw_course(ask: Ask, case: str, entries: Sequence[Entry]) -> Markup | None:
    """How the score moved over a case's own alerts, of its newest acts; None where there was but one."""
    alerts = [one for one in reversed(entries) if one.case == case and one.act in {"case", "alert"}]
    if len(alerts) < 2:
        return None
    say = voice_of(ask.lang).say
    moments = (numbers.clock(datetime.fromtimestamp(one.at / 1e6, UTC)) for one in alerts)
    rows = [(at, float(str(one.told["score"]))) for at, one in zip(moments, alerts, strict=True)]
    (first, before), (last, now) = rows[0], rows[-1]
    desc = say("case.course_desc", n=len(rows), before=before, now=now, first=first, last=last)
    return course_chart("course", say("case.course"), desc, rows)


def _origin(ask: Ask, row: CaseRow) -> dict[str, Any]:
    """Return what of the queue a case was made of, and the trace that put it there."""
    item = None if row.source is Source.DETECTION else the_cases(ask).made_of(row.id)
    trace = None if item is None or item.source is not Source.TRACE else runs_of(ask).find_queued(item.id)
    return {"origin": item and reason_of(item, ask.lang), "origin_trace": trace}


def show_timeline(ask: Ask) -> Response:
    """Older acts on a case."""
    cases, id_ = the_cases(ask), ask.names["case"]
    since = look_since(ask, id_)
    names = since is not None and cases.look(id_, me(ask), since) is not None
    before = text_given(ask, "before", 20)
    page = cases.timeline(id_, before if before.isdigit() else None, names=names, **look_of(ask, id_))
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
        return ask.refuse(404)
    return ask.page("case_note", case=ask.names["case"], note=ask.names["note"], versions=versions)


def _choices() -> dict[str, Any]:
    return {
        "priorities": [one.value for one in Priority],
        "task_states": [one.value for one in TaskState],
        "work_states": [CaseState.IN_PROGRESS.value, CaseState.WAITING.value],
        "end_states": [CaseState.DUPLICATE.value, CaseState.NO_CASE.value],
    }


def look_of(ask: Ask, case: str) -> dict[str, Any]:
    """Whose look at a case's names counts for what is asked now, and after which moment (rule 1)."""
    since = look_since(ask, case)
    return {"looker": None, "since": 0} if since is None else {"looker": me(ask), "since": since - 1}


def _bar(ask: Ask, entries: Sequence[Entry]) -> Bar | None:
    """Return what of this case can be taken back yet, as its timeline says."""
    now = ask.access.now()
    own = [entry for entry in entries if entry.who == me(ask)]
    batch = [entry for entry in own if entry.at == own[0].at]
    if not batch or now - batch[0].at > UNDO_US or not UNDOABLE.issuperset(entry.act for entry in batch):
        return None
    lines, ids = tuple(entry.line for entry in batch), tuple(dict.fromkeys(entry.case for entry in batch))
    return bar_of(Done(lines=lines, ids=ids, at=batch[0].at, back=True), now)


def _state(given: Mapping[str, str]) -> str:
    state = given.get("state", "open") or "all"
    return state if state in _GROUPS or state in set(CaseState) else "open"


def _wanted(ask: Ask, given: Mapping[str, str]) -> CaseFilter:
    state, source, who = _state(given), given.get("source", ""), given.get("who", "")[:_LONG]
    return CaseFilter(
        states=_GROUPS[state] if state in _GROUPS else frozenset({CaseState(state)}),
        owner={"": None, "me": me(ask), "nobody": ""}.get(who, who),
        source=Source(source) if source in set(Source) else None,
        thing=given.get("thing", "")[:_LONG].strip() or None,
    )


def _sort(given: Mapping[str, str]) -> CaseSort:
    named = given.get("sort", "")
    return CaseSort(named) if named in set(CaseSort) else CaseSort.LOSS


def _cells(ask: Ask, row: CaseRow) -> Sequence[object]:
    return (
        row.id,
        row.state.value,
        row.source.value,
        row.title,
        row.owner,
        row.priority.value,
        f"{row.score * row.parcels_a_day:.1f}" if row.parcels_a_day else None,
        f"{row.score:.4f}",
        " · ".join(one.name for one in reasons_of(row.detectors, ask.lang)),
        " ".join(thing.name for thing in row.things),
        row.alerted_at,
        row.changed_at,
    )


LIST = Worklist(
    place="/cases",
    names=("state", "source", "who", "thing", "sort", "after"),
    actions=OF_CASES,
    show=_list_page,
    rows=lambda ask, state: the_cases(ask).cases(_wanted(ask, state), _sort(state), state.get("after"), _MANY).rows,
    matching=lambda ask, state: the_cases(ask).matching_cases(_wanted(ask, state), _sort(state)),
)
PAGES = (
    Route(method="GET", path="/cases", act=show_cases, roles=CASE_ROLES),
    Route(method="GET", path="/cases.csv", act=export_cases, roles=CASE_ROLES, recorded=True),
    *LIST.pages(),
    Route(method="GET", path="/cases/{case}", act=show_case, roles=CASE_ROLES),
    Route(method="GET", path="/cases/{case}/timeline", act=show_timeline, roles=CASE_ROLES),
    Route(method="GET", path="/cases/{case}/notes/{note}", act=show_note, roles=CASE_ROLES),
)
