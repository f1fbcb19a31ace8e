"""Shipments with a history and no parcel: groups, a page of each, who asks before pickup, and what can't be found.

1. Accounts are pseudonyms, always; no account stands in an address otherwise.
2. Nothing goes into the queue by itself: a group's page puts it there, once.
3. What wasn't judged is said above what was found, and what can't be found has a page.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.responses import Response

from wayseal.cases.ledger.arrivals import parcel_leads
from wayseal.cases.views import Page
from wayseal.console.reading import PARCELS, KeptParcels
from wayseal.console.roles import CASE_ROLES
from wayseal.console.web._ask import Ask, Pages, alias_of, there
from wayseal.console.web._links import href_of
from wayseal.console.web._lists import Column, Filter, ListPage, Wanted, page_at
from wayseal.console.web._render import translator_of
from wayseal.console.web.pages._casework import asked_job, came_in, put_in
from wayseal.detect.report import ReasonTeller
from wayseal.model.messages import N_
from wayseal.model.times import day_name
from wayseal.page.charts import shares_chart, strength_chart
from wayseal.page.languages import Lang
from wayseal.page.words import Translator, catalogue
from wayseal.parcels.report import ParcelsReport
from wayseal.parcels.result import Asker, EarlyRead, GroupFinding, ParcelFinding, Reason

T = TypeVar("T")
PAGES = Pages()
_MANY, _PLACES, _LOW = 25, 30, 0.9
_MINUTE, _LN10 = 60e6, math.log(10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Generic[T]):
    """Something found, and its account as it may be called (rule 1). name: of a group, in addresses."""

    one: T
    account: str
    name: str = ""


def _found(ask: Ask) -> KeptParcels | None:
    return None if ask.site.reading is None else ask.site.reading.parcels()


def _name(ask: Ask, one: GroupFinding) -> str:
    return ask.access.keys.mac(PARCELS, "\n".join([one.sender, one.outlet, one.operator, str(one.day)]))[:16]


def _report(lang: Lang, kept: KeptParcels | None = None) -> ParcelsReport:
    """The room's words for pages; kept: None for those of a reason, as plain text."""
    made: Any = kept and kept.result
    return ParcelsReport(made, Translator(lang, html=kept is not None, more=catalogue(lang, "wayseal.parcels")))


def _reasons(one: GroupFinding | ParcelFinding) -> Sequence[Reason]:
    return [reason for reason in one.reasons if reason.llr > 0]


def _said(row: Row[GroupFinding], lang: Lang) -> str:
    return " ".join(map(_report(lang).reason, _reasons(row.one)))


def _page(of: ListPage[Row[T]], rows: Sequence[Row[T]], wanted: Wanted, most: int) -> Page[Row[T]]:
    """The rows by the column that is wanted."""
    column = next((one for one in of.columns if one.name == wanted.sort.by), None)
    return page_at(rows if column is None else sorted(rows, key=column.cell, reverse=wanted.sort.down), wanted, most)


def _groups(ask: Ask, wanted: Wanted, most: int) -> Page[Row[GroupFinding]]:
    kept, wish, alias = _found(ask), wanted.filters, alias_of(ask)
    least = 0.0 if wish["from"] == "all" else int(wish["from"]) / 100
    rows = [
        Row(one=one, account=alias(one.operator) if one.operator else "", name=_name(ask, one))
        for one in (() if kept is None else kept.result.groups)
        if one.probability >= least
        and wish["customer"] in ("", one.sender)
        and wish["outlet"] in ("", one.outlet)
        and wish["day"] in ("", day_name(one.day))
    ]
    return _page(LIST, rows, wanted, most)


def _of_groups(ask: Ask, _rows: object) -> Mapping[str, Any]:
    kept, values = _found(ask), {"job": asked_job(ask), "reasons": _reasons, "day_name": day_name}
    if kept is None:
        return {"kept": None, **values}
    report, missed = _report(ask.lang, kept), dict[Any, int]()
    for one in kept.result.abstained:
        missed[one.reason] = missed.get(one.reason, 0) + one.parcels
    not_judged = [(report.why_not(reason), n) for reason, n in missed.items()]
    return {"kept": kept, "report": report, "missed": not_judged, **values}


LIST: ListPage[Row[GroupFinding]] = ListPage(
    path="/parcels", title=N_("Shipments without a parcel"), roles=CASE_ROLES, query=_groups, template="parcels",
    values=_of_groups, sorts=("", "customer", "outlet", "operator", "day", "probability", "waybills", "expected"),
    columns=[
        Column(
            name="customer", head=N_("Sender"), cell=lambda row: row.one.sender, kind="id",
            href=lambda row: f"/parcels/{row.name}",
        ),
        Column(name="outlet", head=N_("Outlet"), cell=lambda row: row.one.outlet, kind="id"),
        Column(name="operator", head=N_("Operator"), cell=lambda row: row.account, kind="id"),
        Column(name="day", head=N_("Day"), cell=lambda row: day_name(row.one.day)),
        Column(name="probability", head=N_("Probability"), cell=lambda row: round(row.one.probability, 4)),
        Column(name="waybills", head=N_("Parcels"), cell=lambda row: row.one.size, kind="number"),
        Column(name="expected", head=N_("Expected"), cell=lambda row: round(row.one.expected, 1), kind="number"),
        Column(name="reasons", said=_said),
    ],
    filters=[
        Filter(name="from", choices=("all", "90", "99"), kind="parcels_from."),
        Filter(name="customer"), Filter(name="outlet"), Filter(name="day"),
    ],
)  # fmt: skip
PAGES += LIST.pages()


@PAGES.post("/parcels", CASE_ROLES)
def look_again(ask: Ask) -> Response:
    """Has the whole ledger looked through."""
    return ask.go(f"/parcels?job={ask.site.jobs.start(PARCELS, {}, ask.whose.person.login)}")


def _askers(ask: Ask, wanted: Wanted, most: int) -> Page[Row[Asker]]:
    kept, alias = _found(ask), alias_of(ask)
    rows = [Row(one=one, account=alias(one.asker)) for one in (() if kept is None else kept.result.askers)]
    return _page(ASKERS, rows, wanted, most)


def _of_early(ask: Ask, _rows: object) -> Mapping[str, Any]:
    kept = _found(ask)
    return {"kept": kept, "note": "" if kept is None else _report(ask.lang, kept).say("askers_note")}


ASKERS: ListPage[Row[Asker]] = ListPage(
    path="/parcels/askers", title=N_("Who asks before pickup"), roles=CASE_ROLES, query=_askers,
    template="parcels_early", values=_of_early, sorts=("", "account", "reads", "waybills"),
    columns=[
        Column(
            name="account", head=N_("Account"), cell=lambda row: row.account, kind="id",
            href=lambda row: f"/parcels/reads?{urlencode({'account': row.account})}",
        ),
        Column(name="kind", head=N_("Kind"), cell=lambda row: row.one.kind, kind="value"),
        Column(name="role", head=N_("Role"), cell=lambda row: row.one.role, kind="value"),
        Column(name="reads", head=N_("Asked before pickup"), cell=lambda row: row.one.early, kind="number"),
        Column(
            name="expected", head=N_("Others of its kind would"), kind="number",
            cell=lambda row: round(row.one.usual * row.one.parcels, 1),
        ),
        Column(name="waybills", head=N_("All it asked for"), cell=lambda row: row.one.parcels, kind="number"),
    ],
)  # fmt: skip
PAGES += ASKERS.pages()


def _reads(ask: Ask, wanted: Wanted, most: int) -> Page[Row[EarlyRead]]:
    kept, alias, account = _found(ask), cache(alias_of(ask)), wanted.filters["account"]
    rows = (Row(one=one, account=alias(one.asker)) for one in (kept.result.reads_before_pickup if kept else ()))
    return _page(READS, [row for row in rows if account in ("", row.account)], wanted, most)


READS: ListPage[Row[EarlyRead]] = ListPage(
    path="/parcels/reads", title=N_("Asked for before pickup"), roles=CASE_ROLES, query=_reads,
    template="parcels_early", values=_of_early, sorts=("at", "first_seen", "waybill"),
    filters=[Filter(name="account")],
    columns=[
        Column(
            name="waybill", head=N_("Waybill"), cell=lambda row: row.one.waybill, kind="id",
            href=lambda row: href_of("number", row.one.waybill),
        ),
        Column(name="account", head=N_("Account"), cell=lambda row: row.account, kind="id"),
        Column(name="at", head=N_("Asked for"), cell=lambda row: row.one.at, kind="time"),
        Column(
            name="first_seen", head=N_("First scan"), kind="time",
            cell=lambda row: row.one.at + round(row.one.minutes * _MINUTE),
        ),
    ],
)  # fmt: skip
PAGES += READS.pages()


@PAGES.get("/parcels/skills", CASE_ROLES)
def show_skills(ask: Ask) -> Response:
    """What can't be found, what wasn't judged, and what machines read (rule 3)."""
    kept = _found(ask)
    if kept is None:
        return ask.page("parcels_skills", kept=None, sections=())
    report, picture = _report(ask.lang, kept), _draw_coverage(ask, kept)
    *_, abstained, coverage, lacking, _skills = report.sections()
    some = (abstained, coverage, lacking)
    return ask.page("parcels_skills", kept=kept, report=report, sections=some, coverage=coverage, picture=picture)


def _draw_coverage(ask: Ask, kept: KeptParcels) -> Markup | None:
    """What machines read by place and day, the poorest places first."""
    say, places = translator_of(ask.lang, html=False).say, dict[str, dict[int, float]]()
    for one in kept.result.coverage:
        places.setdefault(one.outlet, {})[one.day] = one.share
    poorest = sorted(places, key=lambda name: (min(places[name].values()), name))[:_PLACES]
    days = sorted({day for name in poorest for day in places[name]})
    rows, heads = [(name, [places[name].get(day) for day in days]) for name in poorest], [day_name(d)[5:] for d in days]
    title, desc = say("parcels_page.coverage"), say("parcels_page.coverage_desc")
    return shares_chart("coverage", title, desc, heads, rows, _LOW)


def _group(ask: Ask) -> tuple[KeptParcels, GroupFinding]:
    """The group of the path. StatusError: there is none, or not any more."""
    kept = there(_found(ask))
    return kept, there(next((one for one in kept.result.groups if _name(ask, one) == ask.names["group"]), None))


@PAGES.get("/parcels/{group}", CASE_ROLES)
def show_group(ask: Ask) -> Response:
    """A group: why, as a picture and in words, and its parcels, each with its facts."""
    (kept, group), start = _group(ask), ask.number("after") or 0
    known = {one.waybill: one for one in kept.result.parcels}
    values: dict[str, Any] = {
        "group": group, "report": _report(ask.lang, kept), "reasons": _reasons, "day": day_name(group.day),
        "operator": alias_of(ask)(group.operator) if group.operator else "", "picture": _draw_reasons(ask, group),
        "parcels": [known[one] for one in group.parcels[start : start + _MANY] if one in known], "start": start,
        "after": start + _MANY if len(group.parcels) > start + _MANY else 0,
        "new": ask.cases is None or any(ask.cases.preview(parcel_leads([group]))),
    }  # fmt: skip
    return ask.page("parcels_group", **values, **came_in(ask))


def _draw_reasons(ask: Ask, group: GroupFinding) -> Markup | None:
    """How strong each reason is, on the scale of all evidence."""
    words, say = _report(ask.lang), translator_of(ask.lang, html=False).say
    scale = ReasonTeller(Translator(ask.lang, more=catalogue(ask.lang, "wayseal.detect.report")), 0).bands()
    bands = [(nats, word, say("unit.times", nats=round(nats / _LN10) * _LN10)) for nats, word in scale]
    rows = [(words.fact(one), one.llr, say("unit.times", nats=one.llr)) for one in _reasons(group)]
    return strength_chart("strength", say("parcels_page.reasons"), say("parcels_page.reasons_desc"), rows, bands)


@PAGES.post("/parcels/{group}/queue", CASE_ROLES)
def queue_group(ask: Ask) -> Response:
    """Puts a group into the queue, to be decided on there (rule 2)."""
    came = put_in(ask, there(ask.site.cases).need(), parcel_leads([_group(ask)[1]]))
    return ask.go(f"/parcels/{ask.names['group']}?{urlencode(came)}")
