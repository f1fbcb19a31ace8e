"""What staff did with reports, for auditors: who, when, what, to which report; never a reason or a word of one."""

from itertools import chain
from typing import NamedTuple

from wayseal.cases.hotline.acts import AnyAct, BoxAct, CaseLinked, HotlineState, Proposed, Replied, StateSet, TakenOut
from wayseal.cases.hotline.reports import report_id
from wayseal.cases.views import Page
from wayseal.console.roles import AUDITOR
from wayseal.console.web._ask import Ask
from wayseal.console.web._lists import Column, Filter, ListPage, Wanted, page_at
from wayseal.console.web._render import translator_of
from wayseal.console.web.pages._hotline import on_hotline
from wayseal.model.messages import N_

_ABOUT = "report_"


class _Row(NamedTuple):
    """An act. about: what was set, proposed or taken out, as a code of its texts begins behind `report_`."""

    act: AnyAct
    kind: str
    report: str
    about: str
    case: str


def _row(act: AnyAct, state: HotlineState) -> _Row:
    kind, about, case = str(act.kind), "", getattr(act, "case", "")
    report = report_id(act.box) if isinstance(act, BoxAct) else ""
    match act:
        case StateSet():
            about = f"state.{act.state}"
        case Proposed():
            about = f"wanted.{act.what}"
        case Replied():
            kind, about = "agreed" if act.yes else "declined", f"wanted.{state.proposals[act.id].proposed.what}"
        case TakenOut():
            about, case = f"taken.{act.what}", act.id if act.what == "words" else act.case
        case CaseLinked():
            kind = kind if act.on else "unlinked"
    return _Row(act, kind, report, about, case)


def _query(ask: Ask, wanted: Wanted, most: int) -> Page[_Row]:
    office = ask.site.hotline
    assert office is not None  # noqa: S101 (`on_hotline`)
    state = office.desk.record.state()
    acts = chain(*state.boxes.values(), state.paid.values(), state.days.values())
    rows = [_row(one, state) for one in sorted(acts, key=lambda one: -one.at)]
    return page_at([one for one in rows if wanted.filters["report"] in ("", one.report)], wanted, most)


ACTS: ListPage[_Row] = ListPage(
    path="/acts/hotline",
    title=N_("Acts on reports"),
    roles=AUDITOR,
    query=_query,
    columns=[
        Column(name="at", head=N_("Time"), cell=lambda row: row.act.at, kind="time"),
        Column(name="who", head=N_("Who"), cell=lambda row: row.act.who, kind="id"),
        Column(name="action", head=N_("What"), cell=lambda row: row.kind, kind="report_act."),
        Column(
            name="what", head=N_("What of it"), cell=lambda row: row.about, kind=_ABOUT,
            said=lambda row, lang: row.about and translator_of(lang).say(_ABOUT + row.about),
        ),
        Column(
            name="id", head=N_("Report", context="hotline.report"), cell=lambda row: row.report, kind="id",
            href=lambda row: f"/acts/hotline?report={row.report}",
        ),
        Column(name="basket", head=N_("Case"), cell=lambda row: row.case, kind="id"),
    ],
    filters=[Filter(name="report")],
    around=lambda act: on_hotline(lambda ask, _office: act(ask)),
)  # fmt: skip
PAGES = ACTS.pages()
