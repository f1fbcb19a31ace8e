"""The reads beneath a case: timeline, the same hours of others, why it stands out, the reads one by one, and why each.

1. Accounts are pseudonyms, and sessions, addresses and devices stay out, unless a look at the case's names is on record
   that was recorded in this session and lasts yet (`look_since`), here or on the page of the case. What it doesn't name
   stays a pseudonym.
2. What is shown was laid out before; what isn't is said, with the way to have it.
3. A star or a comment is an act on the case, made from what its page showed; it is under the read's place in the
   ledger, and counts as long as the same waybill stands there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from starlette.responses import Response

from wayseal.cases.errors import CasebookError, CasebookUsageError, CaseStateError
from wayseal.cases.types import ReadMark, Source
from wayseal.cases.verdicts import ProposalKind
from wayseal.cases.views import Entry
from wayseal.console.jobs import Job
from wayseal.console.jobs.types import WAITING
from wayseal.console.reading import ONLY, SORTS, Selection, arrange, is_odd, page_of, select
from wayseal.console.roles import CASE_ROLES, OPENERS
from wayseal.console.web._ask import Ask, Pages, alias_of
from wayseal.console.web._case_words import line_of
from wayseal.console.web._forms import local_path
from wayseal.console.web._lists import send_table
from wayseal.console.web._reads_view import (
    FILE_COLUMNS,
    View,
    file_blocks,
    place_of,
    rows_of,
    usual_of,
    wanted_of,
    whole_of,
)
from wayseal.console.web._render import translator_of
from wayseal.console.web._timeline import Clock, Mark, axis, column_of, draw_hours, draw_lanes
from wayseal.console.web._trace_view import baskets_of, trace_of
from wayseal.console.web.pages._argument import teller_of, told_strength
from wayseal.console.web.pages._casework import (
    asked_job,
    bar,
    lay_out,
    look_at,
    look_values,
    me,
    note_look,
    wants_second,
)
from wayseal.console.web.pages._waybills import flag_of
from wayseal.detect.errors import NoSuchPairError
from wayseal.detect.reasons import GroundWording
from wayseal.detect.timeline import CaseTimeline, TimelinePerson
from wayseal.ledger import LedgerError
from wayseal.model.times import HOUR_US, clock_hours, time_at
from wayseal.page import numbers
from wayseal.page.charts import waterfall_chart, waterfall_table
from wayseal.page.spreadsheet import csv_blocks
from wayseal.page.svg import plain
from wayseal.page.words import Translator, catalogue, headings, words

PAGES = Pages()
_MANY, _MOST_ACTS = 50, 200
_REST = 0.05
"""Nats beside those of the reasons that are told, so that bars come to the strength that is said."""
_REFUSALS = (CasebookUsageError, CaseStateError)


@PAGES.get("/cases/{case}/reads", CASE_ROLES)
def show_reads(ask: Ask, error: CasebookError | None = None) -> Response:
    """A case's reads."""
    found = _find(ask)
    if isinstance(found, Response):
        return found
    return ask.page(
        "reads_part" if "part" in ask.query else "reads",
        error=error,
        **_values(ask, found, _marks(ask)),
    )


@PAGES.get("/cases/{case}/reads.csv", CASE_ROLES, recorded=True)
def list_reads(ask: Ask) -> Response:
    """The chosen reads as a table for a spreadsheet, under pseudonyms."""
    found = _find(ask)
    if isinstance(found, Response):
        return found
    view = replace(found, look=None)
    reads = arrange(view.timeline, view.wanted, view.names)
    blocks = file_blocks(view, reads, words(ask.lang, "unit.values"), _detectors(ask))
    return send_table(f"{view.timeline.head.case}-reads.csv", csv_blocks(headings(FILE_COLUMNS, ask.lang), blocks))


@PAGES.post(
    "/cases/{case}/reads", OPENERS, again=show_reads, refusals=(CasebookUsageError, CaseStateError), confirmed=True
)
def record_look(ask: Ask) -> Response:
    """Records a look at the reads of a case with names, and goes on to them (rule 1)."""
    found = _find(ask)
    if isinstance(found, Response):
        return found
    case, at = ask.names["case"], ask.access.now()
    if ask.cases is None:
        return ask.refuse(404)
    if wants_second(ask, ask.cases, case, ProposalKind.NAMES, at):
        ask.cases.propose(case, ProposalKind.NAMES, me(ask), ask.line("why"), at)
        return ask.go(f"/cases/{case}")
    ask.cases.show_reads(case, me(ask), ask.field("why"), at)
    note_look(ask, ask.cases, case, at)
    return ask.go(found.link(names="1"))


@PAGES.get("/cases/{case}/reads/{read}", CASE_ROLES, recorded=True)
def show_read(ask: Ask, error: Exception | None = None) -> Response:
    """One read: which work would explain it, and why each template doesn't."""
    found = _find(ask)
    if isinstance(found, Response):
        return found
    row = _row(found.timeline, ask.names["read"])
    if row is None or ask.site.reading is None:
        return ask.refuse(404)
    person = found.timeline.head.people[row["person"]]
    try:
        result = ask.site.reading.explain(person.about.actor, row["waybill"], found.name)
    except NoSuchPairError:
        return ask.refuse(404, code="read_gone")
    except LedgerError as trouble:
        return ask.refuse(503, error=trouble)
    judged = next((one for one in result.reads if one.at == row["at"]), result.reads[0])
    wording = GroundWording(Translator(ask.lang, html=True, more=catalogue(ask.lang, "wayseal.detect.reasons")))
    steps = [(step, wording.why(step)) for step in judged.steps]
    return ask.page(
        "read",
        error=error,
        bar=None if ask.cases is None else bar(ask, ask.cases),
        case=ask.names["case"],
        view=found,
        read=judged,
        steps=steps,
        result=result,
        row=rows_of(found, pa.Table.from_pylist([row], schema=found.timeline.reads.schema), _detectors(ask))[0],
        duties=person.duties,
        called=found.called(person),
        **look_values(ask, ask.names["case"], shown=found.look is not None),
        flag=flag_of(ask, row["waybill"], found.name),
    )


@PAGES.post("/cases/{case}/reads/{read}/mark", CASE_ROLES, again=show_read)
def mark_read(ask: Ask) -> Response:
    """Stars a read, or comments on it (rule 3)."""
    found, cases, case = _find(ask), ask.cases, ask.names["case"]
    row = None if isinstance(found, Response) else _row(found.timeline, ask.names["read"])
    if row is None or cases is None:
        return ask.refuse(404)
    was = ReadMark(starred=bool(ask.field("was_starred")), comment=ask.field("was_comment"))
    before = was if was.starred or was.comment else None
    comment = ask.line("comment") if "comment" in ask.form else was.comment
    after = ReadMark(starred=bool(ask.field("starred")), comment=comment)
    place = f"{row['source']}:{row['row']}"
    cases.mark_read(case, place, row["waybill"], before, after, me(ask), ask.access.now())
    return ask.go(local_path(ask.field("back")))


@PAGES.post("/cases/{case}/reads/lay-out", CASE_ROLES)
def ask_for_lanes(ask: Ask) -> Response:
    """Has a case laid out anew."""
    if ask.cases is None:
        return ask.refuse(404)
    _marks(ask)  # a case that isn't there is said so
    case = ask.names["case"]
    return ask.go(f"/cases/{case}/reads?job={lay_out(ask, case)}")


def _values(ask: Ask, view: View, marks: Sequence[Mark]) -> Mapping[str, Any]:
    """Return what the page of a case's reads says."""
    timeline, wanted = view.timeline, view.wanted
    tipped = [one.about.alerted_at for one in view.people if one.about.alerted_at is not None]
    marks = [*marks, *(Mark(at=at, words=translator_of(ask.lang, html=False).say("reads_act.tipped")) for at in tipped)]
    mine = select(timeline, Selection(window=whole_of(timeline), person=wanted.person))
    shown, chosen = select(timeline, replace(wanted, window=whole_of(timeline))), select(timeline, wanted)
    page = page_of(timeline, wanted, view.names, _MANY)
    sold = baskets_of(ask).sold_at([*timeline.head.numbers, *page.reads["waybill"].to_pylist()])
    sales = [Mark(at=sold[one], words=one) for one in timeline.head.numbers if one in sold]
    person = view.people[0]
    return {
        "case": timeline.head.case,
        "job": asked_job(ask),
        "head": timeline.head,
        "view": view,
        "clock": view.clock,
        "lanes": draw_lanes(timeline, view.people, shown, mine, wanted.window, marks, view.clock, sales),
        "column": column_of(wanted.window) / HOUR_US,
        "ticks": axis(wanted.window, view.clock),
        "zoom": view.zoom(),
        "shown": len(chosen),
        "unexplained": int(is_odd(chosen).sum()),
        "waybills": pc.count_distinct(chosen["waybill"]).as_py(),
        "columns": [name for name in SORTS if name not in _unlisted(view)],
        "rows": rows_of(view, page.reads, _detectors(ask)),
        "sold": sold,
        "numbers": frozenset(timeline.head.numbers),
        "opened_from": _opened_from(timeline),
        "trace": None if ask.cases is None else trace_of(ask, ask.cases.made_of(timeline.head.case)),
        "onward": None if page.after is None else view.after(page.after),
        "first_page": wanted.after is None,
        "bar": None if ask.cases is None else bar(ask, ask.cases),
        "people": [view.called(one) for one in timeline.head.people],
        "person": person,
        "place": timeline.head.people.index(person),
        "switches": [view.link(account=str(n + 1)) + "#hours" for n in range(len(timeline.head.people))],
        "hours": None if person.hours is None else draw_hours(person.hours, translator_of(ask.lang, html=False).say),
        "told": [_told(ask, view, one) for one in view.people],
        "detectors": _detectors(ask),
        "only": ONLY,
        "usual": usual_of(timeline),
        **look_values(ask, timeline.head.case, shown=view.look is not None),
    }


def _opened_from(timeline: CaseTimeline) -> str:
    """Where a case comes from that detection never found; "": it did."""
    sources = [name for name in timeline.head.detectors if name in set(Source) - {Source.DETECTION}]
    return sources[0] if sources and len(sources) == len(timeline.head.detectors) else ""


def _told(ask: Ask, view: View, person: TimelinePerson) -> Mapping[str, Any]:
    """Why an account stands out: a waterfall, the same as a table, sentences."""
    teller = teller_of(ask, view.timeline)
    translator, about = teller.translator, replace(person.about, actor=view.name(person.about.actor))
    rows = [(translator.say(f"detector.{reason.detector}"), reason.weight) for reason in about.reasons]
    say, total = translator_of(ask.lang, html=False).say, translator.say("detect.total")
    rest = about.evidence - sum(reason.weight for reason in about.reasons)
    rows += [(say("reads.rest"), rest)] if abs(rest) > _REST else []
    title = say("reads.waterfall_of", id=about.actor)
    told = partial(told_strength, ask, teller)
    chart = waterfall_chart(
        f"w-{view.timeline.head.people.index(person)}", title, say("reads.waterfall_note"), rows, total=total, told=told
    )
    first = about.reasons[0] if about.reasons else None
    return {
        "called": view.called(person),
        "about": about,
        "chart": chart if len(rows) > 1 else None,
        "table": waterfall_table((say("reads.reason"), say("reads.strength")), rows, total=total, told=told),
        "sentences": [teller.reason(one, about, None if one is first else first) for one in about.reasons],
        "grounds": list(teller.grounds(about)),
        "strength": told(about.evidence),
    }


def _unlisted(view: View) -> set[str]:
    """Columns that say nothing here: the account of a case of one, and what only names say."""
    alone = set() if len(view.timeline.head.people) > 1 else {"account"}
    alone |= set() if view.timeline.head.numbers else {"sold"}
    return alone if view.look else alone | {"address", "session"}


def _find(ask: Ask) -> View | Response:
    """The case that was asked for, or the page that says why not. AccessError: a sort that there isn't."""
    reading, case, alias = ask.site.reading, ask.names["case"], alias_of(ask)
    timeline = None if reading is None else reading.timeline(case)
    if timeline is None and ask.cases is None:
        return ask.refuse(404)
    if timeline is None:
        _marks(ask)  # a case that isn't there is said so
        page = "reads_part" if "part" in ask.query else "reads_none"
        return ask.page(page, case=case, job=asked_job(ask) or _laying_out(ask, case), view=None)
    clock, look = Clock(clock_hours()), look_at(ask, case)
    marks = {} if ask.cases is None else ask.cases.marked_reads(case)
    marked = frozenset(place for one in marks if (place := place_of(one, ":")) is not None)
    return View(
        timeline=timeline,
        alias=alias,
        wanted=replace(wanted_of({**ask.query, **ask.form}, timeline, clock), marked=marked),
        marks=marks,
        clock=clock,
        path=f"/cases/{case}/reads",
        look=look,
    )


def _laying_out(ask: Ask, case: str) -> Job | None:
    """The job that lays a case out now; None: none does."""
    return next(iter(ask.site.jobs.list(kind="reads", subject=case, states=tuple(WAITING), limit=1)), None)


def _row(timeline: CaseTimeline, text: str) -> dict[str, Any] | None:
    """The read of that source and row among a case's."""
    place = place_of(text)
    if place is None:
        return None
    reads = timeline.reads
    there = (reads["source"].to_numpy() == place[0]) & (reads["row"].to_numpy() == place[1])
    found: list[dict[str, Any]] = reads.filter(pa.array(there)).to_pylist()
    return found[0] if found else None


def _marks(ask: Ask) -> Sequence[Mark]:
    """Return what was done with the case. NoSuchCaseError."""
    if ask.cases is None:
        return ()
    entries = ask.cases.timeline(ask.names["case"], limit=_MOST_ACTS).rows
    return [Mark(at=entry.at, words=_act(ask, entry)) for entry in entries]


def _act(ask: Ask, entry: Entry) -> str:
    line, translator = line_of(entry, ask.lang), translator_of(ask.lang)
    until = "" if line.until is None else numbers.clock(time_at(line.until))
    who = entry.who or translator.say("desk.machine")
    return plain(translator.say(line.code, **{**line.values, "who": who, "until": until}))


def _detectors(ask: Ask) -> Mapping[str, str]:
    say = translator_of(ask.lang, html=False).say
    return {**catalogue(ask.lang, "wayseal.detect.report"), **{f"detector.{s}": say(f"source.{s}") for s in Source}}
