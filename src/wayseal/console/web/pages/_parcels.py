"""Shipments with a history and no parcel: groups, a page of each, who asks before pickup, and what can't be found.

1. Accounts are pseudonyms, always; no account stands in an address otherwise.
2. Nothing goes into the queue by itself: a group's page puts it there, once.
3. What wasn't judged is said above what was found, and what can't be found has a page.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
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

PAGES = Pages()
_MANY, _PLACES, _MINUTE = 25, 30, 60e6
_LN10 = math.log(10)
_FROM = ("all", "90", "99")
_LOW = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """A group. name: in addresses; operator: as they may be called (rule 1)."""

    name: str
    operator: str
    group: GroupFinding


@dataclass(frozen=True, slots=True, kw_only=True)
class AskerRow:
    """An account that asks before pickup, as it may be called."""

    account: str
    asker: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyRow:
    """A number that was asked for before pickup, and by whom, as they may be called."""

    account: str
    read: EarlyRead

    @property
    def scanned(self) -> int:
        """When its first scan was, µs since 1970."""
        return self.read.at + round(self.read.minutes * _MINUTE)


def _found(ask: Ask) -> KeptParcels | None:
    return None if ask.site.reading is None else ask.site.reading.parcels()


def _name(ask: Ask, one: GroupFinding) -> str:
    return ask.access.keys.mac(PARCELS, "\n".join([one.sender, one.outlet, one.operator, str(one.day)]))[:16]


def _report(lang: Lang, kept: KeptParcels | None = None) -> ParcelsReport:
    """The room's words for pages; kept: None for those of a reason, as plain text."""
    translator = Translator(lang, html=kept is not None, more=catalogue(lang, "wayseal.parcels"))
    made: Any = kept and kept.result
    return ParcelsReport(made, translator)


def _reasons(one: GroupFinding | ParcelFinding) -> Sequence[Reason]:
    return [reason for reason in one.reasons if reason.llr > 0]


def _said(row: GroupRow, lang: Lang) -> str:
    return " ".join(map(_report(lang).reason, _reasons(row.group)))


_GROUP_SORTS: Mapping[str, Callable[[GroupRow], Any]] = {
    "": lambda _row: 0,
    "customer": lambda row: row.group.sender,
    "outlet": lambda row: row.group.outlet,
    "operator": lambda row: row.operator,
    "day": lambda row: row.group.day,
    "probability": lambda row: row.group.probability,
    "waybills": lambda row: row.group.size,
    "expected": lambda row: row.group.expected,
}


def _groups(ask: Ask, wanted: Wanted, most: int) -> Page[GroupRow]:
    kept, wish, alias = _found(ask), wanted.filters, alias_of(ask)
    least = 0.0 if wish["from"] == "all" else int(wish["from"]) / 100
    rows = [
        GroupRow(name=_name(ask, one), operator=alias(one.operator) if one.operator else "", group=one)
        for one in (() if kept is None else kept.result.groups)
        if one.probability >= least
        and wish["customer"] in ("", one.sender)
        and wish["outlet"] in ("", one.outlet)
        and wish["day"] in ("", day_name(one.day))
    ]
    return page_at(sorted(rows, key=_GROUP_SORTS[wanted.sort.by], reverse=wanted.sort.down), wanted, most)


def _of_groups(ask: Ask, _rows: object) -> Mapping[str, Any]:
    kept = _found(ask)
    if kept is None:
        return {"kept": None, "job": asked_job(ask)}
    report, missed = _report(ask.lang, kept), dict[Any, int]()
    for one in kept.result.abstained:
        missed[one.reason] = missed.get(one.reason, 0) + one.parcels
    return {
        "kept": kept,
        "job": asked_job(ask),
        "report": report,
        "missed": [(report.why_not(reason), n) for reason, n in missed.items()],
        "reasons": _reasons,
        "day_name": day_name,
    }


LIST: ListPage[GroupRow] = ListPage(
    path="/parcels", title=N_("Shipments without a parcel"), roles=CASE_ROLES, query=_groups, template="parcels",
    values=_of_groups, sorts=tuple(_GROUP_SORTS),
    columns=[
        Column(
            name="customer", head=N_("Sender"), cell=lambda row: row.group.sender, kind="id",
            href=lambda row: f"/parcels/{row.name}",
        ),
        Column(name="outlet", head=N_("Outlet"), cell=lambda row: row.group.outlet, kind="id"),
        Column(name="operator", head=N_("Operator"), cell=lambda row: row.operator, kind="id"),
        Column(name="day", head=N_("Day"), cell=lambda row: day_name(row.group.day)),
        Column(name="probability", head=N_("Probability"), cell=lambda row: round(row.group.probability, 4)),
        Column(name="waybills", head=N_("Parcels"), cell=lambda row: row.group.size, kind="number"),
        Column(name="expected", head=N_("Expected"), cell=lambda row: round(row.group.expected, 1), kind="number"),
        Column(name="reasons", said=_said),
    ],
    filters=[
        Filter(name="from", choices=_FROM, kind="parcels_from."), Filter(name="customer"), Filter(name="outlet"),
        Filter(name="day"),
    ],
)  # fmt: skip
PAGES += LIST.pages()


@PAGES.post("/parcels", CASE_ROLES)
def look_again(ask: Ask) -> Response:
    """Has the whole ledger looked through."""
    return ask.go(f"/parcels?job={ask.site.jobs.start(PARCELS, {}, ask.whose.person.login)}")


_ASKER_SORTS: Mapping[str, Callable[[AskerRow], Any]] = {
    "": lambda _row: 0,
    "account": lambda row: row.account,
    "reads": lambda row: row.asker.early,
    "waybills": lambda row: row.asker.parcels,
}


def _askers(ask: Ask, wanted: Wanted, most: int) -> Page[AskerRow]:
    kept, alias = _found(ask), alias_of(ask)
    rows = [AskerRow(account=alias(one.asker), asker=one) for one in (() if kept is None else kept.result.askers)]
    return page_at(sorted(rows, key=_ASKER_SORTS[wanted.sort.by], reverse=wanted.sort.down), wanted, most)


def _of_early(ask: Ask, _rows: object) -> Mapping[str, Any]:
    kept = _found(ask)
    return {"kept": kept, "note": "" if kept is None else _report(ask.lang, kept).say("askers_note")}


ASKERS: ListPage[AskerRow] = ListPage(
    path="/parcels/askers", title=N_("Who asks before pickup"), roles=CASE_ROLES, query=_askers,
    template="parcels_early", values=_of_early, sorts=tuple(_ASKER_SORTS),
    columns=[
        Column(
            name="account", head=N_("Account"), cell=lambda row: row.account, kind="id",
            href=lambda row: f"/parcels/reads?{urlencode({'account': row.account})}",
        ),
        Column(name="kind", head=N_("Kind"), cell=lambda row: row.asker.kind, kind="value"),
        Column(name="role", head=N_("Role"), cell=lambda row: row.asker.role, kind="value"),
        Column(name="reads", head=N_("Asked before pickup"), cell=lambda row: row.asker.early, kind="number"),
        Column(
            name="expected", head=N_("Others of its kind would"), kind="number",
            cell=lambda row: round(row.asker.usual * row.asker.parcels, 1),
        ),
        Column(name="waybills", head=N_("All it asked for"), cell=lambda row: row.asker.parcels, kind="number"),
    ],
)  # fmt: skip
PAGES += ASKERS.pages()
_READ_SORTS: Mapping[str, Callable[[EarlyRow], Any]] = {
    "at": lambda row: row.read.at,
    "first_seen": lambda row: row.scanned,
    "waybill": lambda row: row.read.waybill,
}


def _reads(ask: Ask, wanted: Wanted, most: int) -> Page[EarlyRow]:
    kept, alias, account = _found(ask), cache(alias_of(ask)), wanted.filters["account"]
    rows = [
        EarlyRow(account=whose, read=one)
        for one in (() if kept is None else kept.result.reads_before_pickup)
        if account in ("", whose := alias(one.asker))
    ]
    return page_at(sorted(rows, key=_READ_SORTS[wanted.sort.by], reverse=wanted.sort.down), wanted, most)


READS: ListPage[EarlyRow] = ListPage(
    path="/parcels/reads", title=N_("Asked for before pickup"), roles=CASE_ROLES, query=_reads,
    template="parcels_early", values=_of_early, sorts=tuple(_READ_SORTS), filters=[Filter(name="account")],
    columns=[
        Column(
            name="waybill", head=N_("Waybill"), cell=lambda row: row.read.waybill, kind="id",
            href=lambda row: href_of("number", row.read.waybill),
        ),
        Column(name="account", head=N_("Account"), cell=lambda row: row.account, kind="id"),
        Column(name="at", head=N_("Asked for"), cell=lambda row: row.read.at, kind="time"),
        Column(name="first_seen", head=N_("First scan"), cell=lambda row: row.scanned, kind="time"),
    ],
)  # fmt: skip
PAGES += READS.pages()


@PAGES.get("/parcels/skills", CASE_ROLES)
def show_skills(ask: Ask) -> Response:
    """What can't be found, what wasn't judged, and what machines read (rule 3)."""
    kept = _found(ask)
    if kept is None:
        return ask.page("parcels_skills", kept=None, sections=())
    report = _report(ask.lang, kept)
    *_, abstained, coverage, lacking, _skills = report.sections()
    return ask.page(
        "parcels_skills",
        kept=kept,
        report=report,
        sections=(abstained, coverage, lacking),
        coverage=coverage,
        picture=_draw_coverage(ask, kept),
    )


def _draw_coverage(ask: Ask, kept: KeptParcels) -> Markup | None:
    """What machines read by place and day, the poorest places first."""
    say, places = translator_of(ask.lang, html=False).say, dict[str, dict[int, float]]()
    for one in kept.result.coverage:
        places.setdefault(one.outlet, {})[one.day] = one.share
    poorest = sorted(places, key=lambda name: (min(places[name].values()), name))[:_PLACES]
    days = sorted({day for name in poorest for day in places[name]})
    rows = [(name, [places[name].get(day) for day in days]) for name in poorest]
    return shares_chart(
        "coverage", say("parcels_page.coverage"), say("parcels_page.coverage_desc"),
        [day_name(day)[5:] for day in days], rows, _LOW,
    )  # fmt: skip


def _group(ask: Ask) -> tuple[KeptParcels, GroupFinding]:
    """The group of the path. StatusError: there is none, or not any more."""
    kept = there(_found(ask))
    return kept, there(next((one for one in kept.result.groups if _name(ask, one) == ask.names["group"]), None))


@PAGES.get("/parcels/{group}", CASE_ROLES)
def show_group(ask: Ask) -> Response:
    """A group: why, as a picture and in words, and its parcels, each with its facts."""
    kept, group = _group(ask)
    report, number = _report(ask.lang, kept), ask.number("after") or 0
    known = {one.waybill: one for one in kept.result.parcels}
    shown = [known[one] for one in group.parcels[number : number + _MANY] if one in known]
    return ask.page(
        "parcels_group",
        group=group,
        kept=kept,
        report=report,
        reasons=_reasons,
        operator=alias_of(ask)(group.operator) if group.operator else "",
        day=day_name(group.day),
        picture=_draw_reasons(ask, group),
        parcels=shown,
        start=number,
        after=number + _MANY if len(group.parcels) > number + _MANY else 0,
        new=ask.cases is None or any(ask.cases.preview(parcel_leads([group]))),
        **came_in(ask),
    )


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
    _, group = _group(ask)
    came = put_in(ask, there(ask.site.cases).need(), parcel_leads([group]))
    return ask.go(f"/parcels/{ask.names['group']}?{urlencode(came)}")
