"""Outlets as they stand month by month: the list, regions, a page of each, and what people do about one.

1. Lists are by name. No column ranks outlets, and none adds up kinds of figures.
2. An outlet's manager sees their own outlet, without a word of accounts and cases, and does nothing but object.
3. Case workers write down audits, faults and answers, and propose measures; an investigator decides.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
from starlette.responses import Response

from wayseal.cases.errors import CasebookDiskError, OutletError
from wayseal.cases.evidence.errors import DocumentError
from wayseal.cases.evidence.typesetting import Typesetter
from wayseal.cases.outlets import acts
from wayseal.cases.outlets.month import Month, Row, months_of, read_month
from wayseal.cases.outlets.report import MonthReport, OutletReport, lay_out_paper, sums_of, view_outlet
from wayseal.cases.types import ObservableKind
from wayseal.cases.views import Page
from wayseal.cases.writing import one_line
from wayseal.console.errors import AccessError
from wayseal.console.roles import CASE_ROLES, OPENERS, OUTLET_MANAGERS
from wayseal.console.web._ask import REFUSALS, TO_DO, Ask, Pages, there
from wayseal.console.web._links import href_of
from wayseal.console.web._lists import Column, Filter, ListPage, Wanted
from wayseal.console.web._render import translator_of
from wayseal.console.web.pages._casework import me, number_given, today
from wayseal.console.web.pages._subjects import find_outlet, subject_page
from wayseal.model.messages import N_
from wayseal.page import Section
from wayseal.store.errors import StoreError

PAGES = Pages()
_MISTAKES = (*REFUSALS, OutletError)
_SAID = "all", "flagged", "worse", "usual", "too_few", "few_people"
_VERDICT = Filter(name="verdict", choices=_SAID, kind="outlet_verdict.")
_OWN = CASE_ROLES | OUTLET_MANAGERS


def _folder(ask: Ask) -> Path:
    return there(ask.site.casebook) / acts.FOLDER


def _month(ask: Ask) -> Month | None:
    """The month that an address names, or the newest; None: it isn't kept. OutletError: it can't be read."""
    months = [] if ask.site.casebook is None else months_of(_folder(ask))
    wanted = ask.query.get("month") or max(months, default="")
    return read_month(_folder(ask), wanted) if wanted in months else None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthPage(Page[Row]):
    """Some outlets, and the month that they are of."""

    month: Month | None


def _list(ask: Ask, wanted: Wanted, most: int) -> MonthPage:
    month, given = _month(ask), wanted.filters
    if month is None:
        return MonthPage(rows=(), after=None, month=None)
    table = month.choose(given["verdict"], given["region"], given["part"]).table
    table = table.sort_by([("name", "ascending"), ("outlet", "ascending")])
    start = 0 if wanted.after is None else pc.index(table["outlet"], wanted.after).as_py() + 1
    rows = tuple(table.slice(start, most).to_pylist())
    return MonthPage(rows=rows, after=rows[-1]["outlet"] if len(table) > start + most else None, month=month)


def _shown(_ask: Ask, found: MonthPage) -> Mapping[str, Any]:
    """The month, and sums over the outlets of each region that have a figure (`month`, rule 4)."""
    month = found.month
    rows = [] if month is None else month.rows()
    regions = {name: sums_of([one for one in rows if one["region"] == name]) for name in {r["region"] for r in rows}}
    return {"month": month, "regions": sorted(regions.items(), key=lambda pair: pair[0] or "")}


def _column(name: str, head: str, kind: str = "", href: Callable[[Row], str] | None = None) -> Column[Row]:
    rounded = (lambda row: row[name] and round(row[name], 1)) if name == "expected" else (lambda row: row[name])
    return Column(name=name, cell=rounded, head=head, kind=kind, href=href)


LIST: ListPage[Row] = ListPage(
    path="/outlets", roles=CASE_ROLES, query=_list, title=N_("Outlets"), template="outlets", values=_shown,
    columns=[
        _column("outlet", N_("Outlet"), "id", lambda row: href_of("outlet", row["outlet"])),
        _column("name", N_("Name")), _column("region", N_("Region")),
        _column("verdict", N_("What is said"), "outlet_verdict."), _column("unexplained", N_("Unexplained"), "number"),
        _column("expected", N_("Expected"), "number"), _column("trend", N_("Trend"), "outlet_verdict."),
    ],
    filters=[_VERDICT, Filter(name="region"), Filter(name="part")],
)  # fmt: skip
PAGES += LIST.pages()


@PAGES.get("/outlets/{outlet}", _OWN, own_outlet=True)
def show_outlet(ask: Ask, error: Exception | None = None) -> Response:
    """An outlet; to its manager without accounts and cases (rule 2)."""
    name, month = ask.names["outlet"], _month(ask)
    state = acts.OutletState() if ask.site.casebook is None else acts.OutletRecord(_folder(ask)).state()
    view = None if month is None else view_outlet(_folder(ask), name, month, state, today(ask))
    values: dict[str, Any] = {
        "outlet": name, "error": error, "failed": ask.field("act") if error else "", "today": today(ask),
        "months": [] if month is None else months_of(_folder(ask))[::-1],
        "month": None if month is None else month.about.month,
        "sections": [] if view is None else OutletReport(translator_of(ask.lang)).sections(view),
        "things": state.of(name), "whats": acts.WHATS,
    }  # fmt: skip
    if ask.whose.person.role in OUTLET_MANAGERS:
        return ask.page("outlet", **values)
    return subject_page(ask, ObservableKind.OUTLET, name, find_outlet, **values)


@PAGES.get("/outlets/{outlet}/report.pdf", _OWN, own_outlet=True, recorded=True)
def send_report(ask: Ask) -> Response:
    """A month of an outlet on paper."""
    month, report = there(_month(ask)), OutletReport(translator_of(ask.lang, html=False))
    state = acts.OutletRecord(_folder(ask)).state()
    view = there(view_outlet(_folder(ask), ask.names["outlet"], month, state, today(ask)))
    title = report.say("title", outlet=view.row["name"] or view.row["outlet"], month=month.about.month)
    return _paper(ask, title, report.sections(view), month)


@PAGES.get("/regions/{region}/report.pdf", CASE_ROLES, recorded=True)
def send_region(ask: Ask) -> Response:
    """A month of a region on paper."""
    month, region = there(_month(ask)).choose(region=ask.names["region"]), ask.names["region"]
    there(len(month.table) or None)
    report = MonthReport(month, translator_of(ask.lang, html=False))
    return _paper(ask, report.say("region_title", region=region, month=month.about.month), report.sections(), month)


def _paper(ask: Ask, title: str, sections: Sequence[Section], month: Month) -> Response:
    data = lay_out_paper(title, sections, month.about, OutletReport(translator_of(ask.lang, html=False)))
    try:
        content = Typesetter().pdf("outlet", data, ask.access.now())
    except DocumentError as error:
        raise OutletError(error.message) from None
    head = {"Content-Disposition": f'attachment; filename="outlets-{month.about.month}.pdf"'}
    return Response(content, media_type="application/pdf", headers=head)


def _day(ask: Ask, name: str, otherwise: date | None = None) -> date | None:
    try:
        return date.fromisoformat(ask.line(name)) if ask.line(name) else otherwise
    except ValueError:
        raise AccessError("this is no day such as 2026-01-01", key=name) from None


def _add(ask: Ask, kind: str, *names: str) -> Response:
    """Adds an act of the fields of a form that belong to it."""
    outlet, own, values = ask.names["outlet"], ask.whose.person.outlet or "", dict[str, Any]()
    for name in names:
        if name in ("tried", "failed", "amount"):
            values[name] = number_given(ask, name) or (None if name == "amount" else 0)
        elif name in ("day", "until"):
            values[name] = _day(ask, name, today(ask) if name == "day" else None)
        else:
            values[name] = ask.choice(name, ("1", "0"), TO_DO) == "1" if name == "yes" else ask.line(name)
    if "why" in names:
        one_line(values["why"], "why")
    try:
        record = acts.OutletRecord(_folder(ask))
        record.add(kind, outlet=outlet, at=ask.access.now(), who=me(ask), own=own, **values)
    except (OSError, StoreError):
        raise CasebookDiskError(N_("the record of outlets can't be written: nothing was done")) from None
    return ask.go(href_of("outlet", outlet))


ACTS: Mapping[str, Sequence[str]] = {
    "audit": ("what", "day", "tried", "failed"),
    "fault": ("day", "why"),
    "measure": ("what", "why", "amount", "until"),
    "fixed": ("of", "day", "why"),
    "ended": ("of", "why"),
    "answered": ("of", "yes", "why"),
}


@PAGES.post("/outlets/{outlet}", CASE_ROLES, again=show_outlet, refusals=_MISTAKES)
def act_on(ask: Ask) -> Response:
    """Writes down what a case worker did (rule 3)."""
    there(None if ask.site.reading is None else ask.site.reading.directory().outlet(ask.names["outlet"]))
    act = ask.choice("act", ACTS, TO_DO)
    return _add(ask, act, *ACTS[act])


@PAGES.post("/outlets/{outlet}/decision", OPENERS, again=show_outlet, refusals=_MISTAKES)
def decide(ask: Ask) -> Response:
    """Puts a measure in force, or declines it."""
    return _add(ask, "decided", "of", "yes", "why")


@PAGES.post("/outlets/{outlet}/objection", OUTLET_MANAGERS, own_outlet=True, again=show_outlet, refusals=_MISTAKES)
def object_to(ask: Ask) -> Response:
    """Objects, in the name of one's own outlet (rule 2)."""
    return _add(ask, "objection", "about", "why")
