"""Partners' interfaces against their contracts: what was found last, a partner at a time.

A partner is a company, and is named. What `wayseal partners check` finds walks over the whole ledger: it is shown as it
last came out, with its day.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from wayseal.cases.ledger.arrivals import partner_lead
from wayseal.console.reading import PARTNERS, Review
from wayseal.console.roles import CASE_ROLES, LEDGER_ROLES, Page
from wayseal.console.web._ask import Ask
from wayseal.console.web._sorting import sort_of
from wayseal.console.web._waiting import asked_job
from wayseal.console.web.pages._desk import came_in, put_in, table_file, with_query
from wayseal.detect.partners import Kind
from wayseal.model.times import micros, stamp
from wayseal.page import numbers
from wayseal.page.words import Voice, catalogue

_COLUMNS = (
    "partner", "contract", "breach", "reads", "waybills", "days", "first_time:time", "last_time:time", "worst",
    "agreed", "what",
)  # fmt: skip
_ONLY = ("all", "breached", "uncontracted")
Row = Mapping[str, Any]


def _broken(row: Row) -> int | None:
    """In how many ways a partner breaks its contract; None: it has none."""
    return None if row["contract"] is None else len(row["breaches"])


_SORTS: Mapping[str, Callable[[Row], Any]] = {
    "partner": lambda row: row["partner"],
    "contract": lambda row: row["contract"] or "",
    "reads": lambda row: row["reads"],
    "waybills": lambda row: row["waybills"],
    "breaches": lambda row: _broken(row) or 0,
    "only_ours": lambda row: row["calls"]["only_ours"]["calls"] if row["calls"] else -1,
    "only_theirs": lambda row: row["calls"]["only_theirs"]["calls"] if row["calls"] else -1,
}


def show_partners(ask: Ask) -> Response:
    """All partners, and one of them in full."""
    review = _review(ask)
    if review is None:
        return ask.page("partners", review=None, job=asked_job(ask))
    only, sort = _only(ask), sort_of(ask.query, tuple(_SORTS))
    partners: Sequence[Row] = review.document["partners"]
    name = ask.query.get("partner", "")
    one = next((row for row in partners if row["partner"] == name), None)
    return ask.page(
        "partners",
        status=404 if name and one is None else 200,
        review=review,
        job=asked_job(ask),
        only=only,
        choices=[(choice, sum(_fits(row, choice) for row in partners)) for choice in _ONLY],
        rows=_rows(ask, review),
        sort=sort,
        columns=tuple(_SORTS),
        one=one,
        breaks=one is not None and bool(one["actors"]) and bool(_breaks(one)),
        breaches=[] if one is None else [_breach(ask, breach, _moment) for breach in one["breaches"]],
        name=name,
        broken=_broken,
        misfits=review.document["misfits"],
        agreed=any(row["contract"] is not None for row in partners),
        link=lambda **changed: with_query(
            "/partners", {"only": "" if only == _ONLY[0] else only, "sort": sort.text}, **changed
        ),
        may_queue=ask.whose.person.role in CASE_ROLES and ask.cases is not None,
        **came_in(ask),
        moment=_moment,
    )


def list_partners(ask: Ask) -> Response:
    """Every breach of the partners that are chosen, in their order, for a spreadsheet."""
    review = _review(ask)
    if review is None:
        return ask.page("error", status=404, status_shown=404)
    rows = _rows(ask, review)
    return table_file(ask, "partners.csv", _COLUMNS, _lines(ask, rows))


def ask_for_partners(ask: Ask) -> Response:
    """Has partners held against their contracts anew."""
    return ask.go(f"/partners?job={ask.site.jobs.start(PARTNERS, {}, ask.whose.person.login)}")


def queue_partner(ask: Ask) -> Response:
    """Puts a partner's accounts into the queue, to be decided on there."""
    review, name = _review(ask), ask.field("partner")
    rows = () if review is None else review.document["partners"]
    one = next((row for row in rows if row["partner"] == name), None)
    if one is None or not one["actors"] or not _breaks(one) or ask.cases is None:
        return ask.page("error", status=404, status_shown=404)
    leads = [partner_lead(one["actors"], kind, first) for kind, first in _breaks(one).items()]
    return ask.go(f"/partners?{urlencode({'partner': name, **put_in(ask, ask.cases, leads)})}")


def _breaks(one: Row) -> Mapping[Kind, int]:
    """In which ways a partner breaks its contract, since when; of one that has none, that."""
    found = {Kind(row["kind"]): micros(row["first"]) for row in one["breaches"]}
    alone: Row = one["calls"]["only_ours"] if one["calls"] else {}
    if alone.get("calls") and alone["first"]:
        found[Kind.ONLY_OURS] = micros(alone["first"])
    return {kind: first for kind, first in found.items() if kind is not Kind.NO_CONTRACT} or found


def _review(ask: Ask) -> Review | None:
    return None if ask.site.reading is None else ask.site.reading.review(PARTNERS)


def _only(ask: Ask) -> str:
    given = ask.query.get("only", "")
    return given if given in _ONLY else _ONLY[0]


def _rows(ask: Ask, review: Review) -> Sequence[Row]:
    """The partners that are wanted, in their order. AccessError: a sort that there isn't."""
    only, sort = _only(ask), sort_of(ask.query, tuple(_SORTS))
    rows = [row for row in review.document["partners"] if _fits(row, only)]
    return sorted(rows, key=_SORTS[sort.by], reverse=sort.down) if sort.by else rows


def _fits(row: Row, only: str) -> bool:
    if only == "breached":
        return bool(_broken(row))
    return only == "all" or row["contract"] is None


def _breach(ask: Ask, breach: Row, moment: Callable[[str], str]) -> Row:
    voice = Voice(ask.lang, more=catalogue(ask.lang, "wayseal.detect.partners"))
    worst = breach["worst"]
    limit = "worst_limit" if worst["agreed"] else "worst_value"
    when = moment(worst["at"])
    return {
        **breach,
        "title": voice.say(f"partners.kind_{breach['kind']}"),
        "span": f"{_moment(breach['first'])} – {_moment(breach['last'])}",
        "most": voice.say(f"partners.{limit}", when=when, value=worst["value"], agreed=worst["agreed"]),
        "named": voice.joined(f"{voice.value(one['name'])} ({one['reads']:,})" for one in breach["what"][:8]),
        "agreed": voice.values(*breach["agreed"]),
    }


def _lines(ask: Ask, rows: Sequence[Row]) -> Iterator[Sequence[object]]:
    for row in rows:
        for breach in row["breaches"]:
            told = _breach(ask, breach, lambda text: stamp(micros(text)))
            counts = (breach["reads"], breach["waybills"] or "", breach["days"])
            yield (
                row["partner"],
                row["contract"] or "",
                told["title"],
                *map(str, counts),
                micros(breach["first"]),
                micros(breach["last"]),
                told["most"],
                told["agreed"],
                told["named"],
            )


def _moment(text: str | None) -> str:
    moment = None if text is None else numbers.parse(text)
    return numbers.clock(moment) if moment else numbers.DASH


PAGES = (
    Page(method="GET", path="/partners", act=show_partners, roles=LEDGER_ROLES),
    Page(method="GET", path="/partners.csv", act=list_partners, roles=LEDGER_ROLES, recorded=True),
    Page(method="POST", path="/partners", act=ask_for_partners, roles=LEDGER_ROLES),
    Page(method="POST", path="/partners/queue", act=queue_partner, roles=CASE_ROLES),
)
