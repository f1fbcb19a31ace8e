"""Rights against use, partners' interfaces against their contracts: what was found last, a way into the queue.

Accounts are pseudonyms; a partner is a company, and is named. What `wayseal rights` and `wayseal partners check` find
walks over the whole ledger: it is shown as it last came out, with its day.

Nothing of it goes into the queue by itself: a page shows first what would, a line for a list or a partner, and how much
of it is new there.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.responses import Response

from wayseal.cases.decisions import Lead
from wayseal.cases.ledger.arrivals import partner_leads, rights_lead, rights_leads
from wayseal.cases.types import Source
from wayseal.console.reading import PARTNERS, RIGHTS, Review
from wayseal.console.roles import CASE_ROLES, LEDGER_ROLES
from wayseal.console.web._ask import Ask, Pages, alias_of
from wayseal.console.web._lists import Sort, sort_of, table_file, with_query
from wayseal.console.web._render import as_code
from wayseal.console.web.pages._casework import asked_job, came_in, put_in
from wayseal.model.times import micros, micros_of, stamp
from wayseal.page import numbers
from wayseal.page.words import Translator, catalogue

PAGES = Pages()
_MANY = 50
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column. name: of its text in the report; of: a cell's value; number: it is one, high ones first."""

    name: str
    of: Callable[[Row], Any]
    number: bool = False


def _plain(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, itemgetter(name)) for name in names)


def _counts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, itemgetter(name), number=True) for name in names)


def _overlap(name: str) -> Column:
    return Column(name, lambda row: None if row[name] is None else row[name]["days"], number=True)


_ROLE = Column("role", lambda row: row["role"] or "")
_SMALLEST = Column("smallest_set", lambda row: row["smallest"] or [])
_HELD = Column("held", lambda row: [one["right"] for one in row["rights"]])
_DEAD = Column("unused", lambda row: [one["right"] for one in row["rights"] if one["users"] == 0])
_WHY = Column("why", lambda row: ("rights.why_" + row["why"], row))
_APART = Column("why", lambda row: ("rights.apart_" + row["why"], {"n": row["same"], "peers": row["peers"]}))
_UNTIL = Column("until", lambda row: row["until"] or ("rights.never", {}))
LISTS: Mapping[str, Sequence[Column]] = {
    "dormant": (_ROLE, _WHY, *_plain("last"), *_counts("reads")),
    "mandates": (_ROLE, *_plain("rights"), *_counts("own", "mandate", "unexplained")),
    "wider": (_ROLE, *_plain("right"), _APART, *_plain("used")),
    "shared": (_ROLE, *map(_overlap, ("devices", "addresses", "sessions"))),
    "untrained": (_ROLE, _UNTIL, *_plain("last"), *_counts("reads")),
    "beyond": (_ROLE, *_plain("action"), *_counts("reads", "own")),
    "people": (_ROLE, *_plain("used", "unused"), _SMALLEST, *_counts("reads")),
    "rights": (
        *_plain("right"), *_counts("holders", "users"), Column("count", itemgetter("reads"), number=True),
        *_counts("needed"),
    ),
    "roles": (_ROLE, *_counts("accounts"), _HELD, _DEAD, _SMALLEST),
}  # fmt: skip
"""The lists in their order, the columns of each; before them stands the account, where a list is of accounts."""
ACCOUNT_LISTS = tuple(name for name in LISTS if name not in ("rights", "roles"))


@PAGES.get("/rights", LEDGER_ROLES)
def show_rights(ask: Ask) -> Response:
    """A list of what was found last."""
    review = None if ask.site.reading is None else ask.site.reading.review(RIGHTS)
    job = asked_job(ask)
    if review is None:
        return ask.page("rights", review=None, job=job)
    chosen = _chosen(ask)
    rows, after = _rows(ask, review, chosen), ask.query.get("after", "")
    keys = [_key(ask, chosen, row) for row in rows] if after else []
    start = keys.index(after) + 1 if after in keys else 0
    page = rows[start : start + _MANY]
    return ask.page(
        "rights",
        review=review,
        job=job,
        **came_in(ask),
        chosen=chosen,
        lists=[(name, review.whole.get(name, len(review.document[name]))) for name in LISTS],
        whole=review.whole.get(chosen, 0),
        kept=len(review.document[chosen]),
        columns=[(column.name, column.number) for column in LISTS[chosen]],
        rows=[_cells(ask, chosen, row) for row in page],
        note=_note(ask, review, chosen),
        words=_words(ask),
        of_accounts=_of_accounts(chosen),
        roles=[
            (one, Translator(ask.lang).value(one))
            for one in sorted({str(row.get("role") or "") for row in review.document[chosen]} - {""})
        ],
        role=ask.query.get("role", ""),
        sort=_sort(ask, chosen),
        link=lambda **changed: _link(ask, changed),
        onward=_key(ask, chosen, page[-1]) if len(rows) > start + _MANY else "",
        start=start,
        anew=bool(after) and not start,
        lacks=_lacks(ask, review),
        may_queue=_may_queue(ask),
        would=_would(ask, rights_leads(review.document, review.at)),
    )


@PAGES.get("/rights.csv", LEDGER_ROLES, recorded=True)
def list_rights(ask: Ask) -> Response:
    """A whole list for a spreadsheet, under pseudonyms."""
    review = None if ask.site.reading is None else ask.site.reading.review(RIGHTS)
    if review is None:
        return ask.refuse(404)
    chosen = _chosen(ask)
    names = [*(["actor"] if _of_accounts(chosen) else []), *(column.name for column in LISTS[chosen])]
    heads = [_words(ask)[f"rights.{name}"] for name in names]
    rows = (_cells(ask, chosen, row, _stamped) for row in _rows(ask, review, chosen))
    cells = ([*([row["account"]] if row["account"] else []), *row["cells"]] for row in rows)
    return table_file(ask, f"rights-{chosen}.csv", heads, cells)


@PAGES.post("/rights/queue", CASE_ROLES)
def queue_account(ask: Ask) -> Response:
    """Puts an account of a list, or what a whole list finds, into the queue, to be decided on there."""
    review = None if ask.site.reading is None else ask.site.reading.review(RIGHTS)
    chosen, alias = _chosen(ask), alias_of(ask)
    if review is not None and "whole" in ask.form and ask.cases is not None:
        leads = [lead for lead in rights_leads(review.document, review.at) if lead.reason == f"rights.{chosen}"]
        return ask.go(f"/rights?{urlencode({'list': chosen, **put_in(ask, ask.cases, leads)})}")
    rows = [] if review is None or not _of_accounts(chosen) else review.document[chosen]
    actor = next((row["actor"] for row in rows if alias(row["actor"]) == ask.field("account")), None)
    if actor is None or ask.cases is None:
        return ask.refuse(404)
    lead = rights_lead([actor], chosen, review.at if review else 0)
    return ask.go(f"/rights?{urlencode({'list': chosen, **put_in(ask, ask.cases, [lead])})}")


@PAGES.post("/rights", LEDGER_ROLES)
def ask_for_rights(ask: Ask) -> Response:
    """Has rights held against use anew."""
    return ask.go(f"/rights?job={ask.site.jobs.start(RIGHTS, {}, ask.whose.person.login)}")


def _chosen(ask: Ask) -> str:
    asked = ask.field("list") or ask.query.get("list", "")
    return asked if asked in LISTS else next(iter(LISTS))


def _of_accounts(name: str) -> bool:
    return name in ACCOUNT_LISTS


def _rows(ask: Ask, review: Review, chosen: str) -> Sequence[Row]:
    """The rows of a list that are wanted, in their order."""
    role, sort = ask.query.get("role", ""), _sort(ask, chosen)
    rows = [row for row in review.document[chosen] if not role or row.get("role") == role]
    column = next((one for one in LISTS[chosen] if one.name == sort.by), None)
    alias, translator = alias_of(ask), Translator(ask.lang, more=_words(ask))
    if column is not None and column.number:
        return sorted(rows, key=lambda row: column.of(row) or 0, reverse=sort.down)
    if column is not None:
        return sorted(rows, key=lambda row: _worded(translator, column.of(row), numbers.clock), reverse=sort.down)
    return sorted(rows, key=lambda row: alias(row["actor"]), reverse=sort.down) if sort.by else rows


def _key(ask: Ask, chosen: str, row: Row) -> str:
    """Return what a row is known by, however the list is sorted, and when it is made anew: no name stands in it."""
    whose = alias_of(ask)(row["actor"]) if _of_accounts(chosen) else ""
    parts = [whose, *(str(row.get(name, "")) for name in ("role", "right", "action", "why"))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _sort(ask: Ask, chosen: str) -> Sort:
    """AccessError: the list has no such column."""
    names = [column.name for column in LISTS[chosen]]
    return sort_of(ask.query, [*(["account"] if _of_accounts(chosen) else []), *names])


def _stamped(moment: datetime) -> str:
    return stamp(micros_of(moment))


def _cells(ask: Ask, chosen: str, row: Row, timed: Callable[[datetime], str] = numbers.clock) -> Mapping[str, Any]:
    alias, translator = alias_of(ask), Translator(ask.lang, more=_words(ask))
    account = alias(row["actor"]) if _of_accounts(chosen) else ""
    return {"account": account, "cells": [_worded(translator, column.of(row), timed) for column in LISTS[chosen]]}


def _worded(translator: Translator, value: Any, timed: Callable[[datetime], str]) -> str:
    """A cell as text: a number, a list, a time, yes or no, or a text of the report's with its blanks."""
    if value is None:
        return numbers.DASH
    if isinstance(value, bool):
        return translator.say("rights.yes" if value else "rights.no")
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return translator.all_values(value)
    if isinstance(value, tuple):
        code, values = value
        day = (values.get("closed") or "")[:10]
        return translator.say(code, **{**values, "day": day})
    moment = numbers.parse(str(value)) if "T" in str(value) else None
    return timed(moment) if moment else translator.value(str(value))


def _note(ask: Ask, review: Review, chosen: str) -> Markup:
    """Return what a list is of. Between backticks stands code."""
    needless = sum(row["needless"] for row in review.document["mandates"])
    said = Translator(ask.lang, html=True, more=_words(ask)).say(f"rights.{chosen}_note", n=needless)
    return as_code(said)


def _lacks(ask: Ask, review: Review) -> Sequence[Markup]:
    translator = Translator(ask.lang, html=True, more=_words(ask))
    return [as_code(translator.say(f"rights.lacks_{name.replace('.', '_')}")) for name in review.document["not_judged"]]


def _link(ask: Ask, changed: Mapping[str, Any]) -> str:
    kept = {key: ask.query[key] for key in ("list", "role", "sort") if ask.query.get(key)}
    given = {key: str(value) for key, value in {**kept, **changed}.items() if value not in (None, "")}
    return "/rights" + (f"?{urlencode(given)}" if given else "")


def _words(ask: Ask) -> Mapping[str, str]:
    return catalogue(ask.lang, "wayseal.detect.rights")


_COLUMNS = (
    "partner", "contract", "breach", "reads", "waybills", "days", "first_time:time", "last_time:time", "worst",
    "agreed", "what",
)  # fmt: skip
_ONLY = ("all", "breached", "uncontracted")


def _broken(row: Row) -> int | None:
    """In how many ways a partner breaks its contract; None: it has none."""
    return None if row["contract"] is None else len(row["breaches"])


_PARTNER_SORTS: Mapping[str, Callable[[Row], Any]] = {
    "partner": lambda row: row["partner"],
    "contract": lambda row: row["contract"] or "",
    "reads": lambda row: row["reads"],
    "waybills": lambda row: row["waybills"],
    "breaches": lambda row: _broken(row) or 0,
    "only_ours": lambda row: row["calls"]["only_ours"]["calls"] if row["calls"] else -1,
    "only_theirs": lambda row: row["calls"]["only_theirs"]["calls"] if row["calls"] else -1,
}


@PAGES.get("/partners", LEDGER_ROLES)
def show_partners(ask: Ask) -> Response:
    """All partners, and one of them in full."""
    review = _partner_review(ask)
    if review is None:
        return ask.page("partners", review=None, job=asked_job(ask))
    only, sort = _only(ask), sort_of(ask.query, tuple(_PARTNER_SORTS))
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
        rows=_partner_rows(ask, review),
        sort=sort,
        columns=tuple(_PARTNER_SORTS),
        one=one,
        breaks=bool(partner_leads(partners, name)) if name else False,
        breaches=[] if one is None else [_breach(ask, breach, _moment) for breach in one["breaches"]],
        name=name,
        broken=_broken,
        misfits=review.document["misfits"],
        agreed=any(row["contract"] is not None for row in partners),
        link=lambda **changed: with_query(
            "/partners", {"only": "" if only == _ONLY[0] else only, "sort": sort.text}, **changed
        ),
        may_queue=_may_queue(ask),
        would=_would(ask, partner_leads(partners)),
        **came_in(ask),
        moment=_moment,
    )


@PAGES.get("/partners.csv", LEDGER_ROLES, recorded=True)
def list_partners(ask: Ask) -> Response:
    """Every breach of the partners that are chosen, in their order, for a spreadsheet."""
    review = _partner_review(ask)
    if review is None:
        return ask.refuse(404)
    rows = _partner_rows(ask, review)
    return table_file(ask, "partners.csv", _COLUMNS, _lines(ask, rows))


@PAGES.post("/partners", LEDGER_ROLES)
def ask_for_partners(ask: Ask) -> Response:
    """Has partners held against their contracts anew."""
    return ask.go(f"/partners?job={ask.site.jobs.start(PARTNERS, {}, ask.whose.person.login)}")


@PAGES.post("/partners/queue", CASE_ROLES)
def queue_partner(ask: Ask) -> Response:
    """Puts a partner that breaks its contract, or all that do, into the queue, to be decided on there."""
    review, name = _partner_review(ask), ask.field("partner")
    rows: Sequence[Row] = () if review is None else review.document["partners"]
    leads = partner_leads(rows, name or None)
    if not leads or ask.cases is None:
        return ask.refuse(404)
    where = {"partner": name} if name else {"only": "breached"}
    return ask.go(f"/partners?{urlencode({**where, **put_in(ask, ask.cases, leads)})}")


def _may_queue(ask: Ask) -> bool:
    return ask.whose.person.role in CASE_ROLES and ask.cases is not None


def _would(ask: Ask, leads: Sequence[Lead]) -> Sequence[tuple[str, int, int]]:
    """What would go into the queue: its code, how many accounts or partners, and how many of them are new there."""
    if not _may_queue(ask) or ask.cases is None or not leads:
        return ()
    new = ask.cases.preview(leads)
    if leads[0].source is Source.PARTNER:
        return [("breached", len(leads), sum(map(bool, new)))]
    return [(lead.reason.partition(".")[2], len(lead.things), n) for lead, n in zip(leads, new, strict=True)]


def _partner_review(ask: Ask) -> Review | None:
    return None if ask.site.reading is None else ask.site.reading.review(PARTNERS)


def _only(ask: Ask) -> str:
    given = ask.query.get("only", "")
    return given if given in _ONLY else _ONLY[0]


def _partner_rows(ask: Ask, review: Review) -> Sequence[Row]:
    """The partners that are wanted, in their order. AccessError: a sort that there isn't."""
    only, sort = _only(ask), sort_of(ask.query, tuple(_PARTNER_SORTS))
    rows = [row for row in review.document["partners"] if _fits(row, only)]
    return sorted(rows, key=_PARTNER_SORTS[sort.by], reverse=sort.down) if sort.by else rows


def _fits(row: Row, only: str) -> bool:
    if only == "breached":
        return bool(_broken(row))
    return only == "all" or row["contract"] is None


def _breach(ask: Ask, breach: Row, moment: Callable[[str], str]) -> Row:
    translator = Translator(ask.lang, more=catalogue(ask.lang, "wayseal.detect.partners"))
    worst = breach["worst"]
    limit = "worst_limit" if worst["agreed"] else "worst_value"
    when = moment(worst["at"])
    return {
        **breach,
        "title": translator.say(f"partners.kind_{breach['kind']}"),
        "span": f"{_moment(breach['first'])} – {_moment(breach['last'])}",
        "most": translator.say(f"partners.{limit}", when=when, value=worst["value"], agreed=worst["agreed"]),
        "named": translator.joined(f"{translator.value(one['name'])} ({one['reads']:,})" for one in breach["what"][:8]),
        "agreed": translator.values(*breach["agreed"]),
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
