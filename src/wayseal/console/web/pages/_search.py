"""One box for everything: what has an id, a number, a name or words, and what can be done.

1. Each kind names the roles that find it, and none is asked of anybody else: what a role may not see isn't found, and
   isn't counted. What is found leads to a page, whose own gate stands before it.
2. Accounts and devices are found by pseudonyms. By its name an account is found only where whoever may open cases had
   a look at it recorded, within the last quarter of an hour and in this session; it is told under its pseudonym.
3. A number of which nothing is known gets the same answer as what is no number.
4. What can't be read is told, and all else is searched.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from wayseal.cases.errors import CasebookError
from wayseal.cases.views import Hit
from wayseal.console.jobs.kinds import KINDS
from wayseal.console.reading import PARTNERS, Directory
from wayseal.console.roles import (
    ADMINISTRATORS,
    ALL_ROLES,
    CASE_ROLES,
    LEDGER_ROLES,
    OPENERS,
    OUTLET_MANAGERS,
    Role,
)
from wayseal.console.web._ask import Ask, Pages
from wayseal.console.web._case_words import name_of_reason
from wayseal.console.web._links import href_of
from wayseal.console.web._lists import with_query
from wayseal.console.web._market_view import spot
from wayseal.console.web._render import PLACES, translator_of
from wayseal.console.web._trace_view import baskets_of, runs_of
from wayseal.console.web.pages._casework import me
from wayseal.ledger import LedgerError
from wayseal.market.errors import MarketError
from wayseal.market.log.reads import Reads
from wayseal.model import clean_waybill
from wayseal.model.errors import WaysealError
from wayseal.page.languages import LANGS

PAGES = Pages()
_MOST, _LONGEST, _LEAST_NUMBER = 8, 120, 6
_AROUND = 60
"""Signs of a note before and behind what was found."""
_PART = re.compile(r"(?!.-[0-9]*$)[0-9a-z-]{3,}")
"""Of a pseudonym; no id, such as c-12."""
_ACTS = (
    ("act.trace", "/trace", CASE_ROLES),
    ("act.queue_new", "/queue/new", CASE_ROLES),
    ("act.log", "/jobs/new", CASE_ROLES),
    ("act.offers", "/market/import", CASE_ROLES),
    ("act.password", "/account/password", ALL_ROLES),
    ("act.sign_out", "", ALL_ROLES),
)
"""What can be done, beside the places of the menu. "": a form, as it changes something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Something that was found.

    Attributes:
        name: What it is called.
        href: Its page; "": signing out, which is a form.
        note: Where it was found, or what is written there.
        code: The note's text, by its code.
        id: `name` is an id.
    """

    name: str
    href: str
    note: str = ""
    code: str = ""
    id: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What was found of a kind. more: there is more than is told."""

    kind: str
    rows: Sequence[Found]
    more: bool = False


class Look:
    """A search: what its kinds share is asked once. trouble: what can't be read (rule 4)."""

    def __init__(self, ask: Ask, text: str) -> None:
        self.ask, self.text, self.part = ask, text, text.lower()
        self.trouble: list[WaysealError] = []
        self.hits: dict[str, list[Hit]] = {}
        self.directory: Directory | None = None
        if ask.whose.person.role not in CASE_ROLES:
            return
        try:
            cases = ask.cases
            for hit in () if cases is None else cases.search(text, _MOST):
                self.hits.setdefault(hit.what, []).append(hit)
            if cases is not None and (looks := _looks(ask)):
                self.hits["named"] = list(cases.search_named(text, looks, me(ask)))
            reading = ask.site.reading
            self.directory = None if reading is None else reading.directory(None if cases is None else cases.pseudonyms)
        except (CasebookError, LedgerError) as error:
            self.trouble.append(error)

    def places(self, of: str) -> list[str]:
        """Pseudonyms of the ledger that the text is a part of."""
        if self.directory is None or not _PART.fullmatch(self.part):
            return []
        names = self.directory.accounts if of == "account" else self.directory.devices
        return [names.name(place) for place in names.search(self.part, _MOST + 1)]


def _looks(ask: Ask) -> Mapping[str, int]:
    """Cases whose names may be shown now, with when the look was recorded (rule 2)."""
    if ask.whose.person.role not in OPENERS:
        return {}
    now = ask.access.now()
    return {case: at for case in ask.whose.looks if (at := ask.whose.look(case, now)) is not None}


def _cases(look: Look) -> Iterator[Found]:
    for hit in look.hits.get("case", ()):
        yield Found(name=hit.id, href=f"/cases/{hit.id}", note=hit.text, code=f"case_state.{hit.state}")


def _items(look: Look) -> Iterator[Found]:
    for hit in look.hits.get("item", ()):
        note = name_of_reason(hit.text, look.ask.lang)
        yield Found(name=hit.id, href=f"/queue?at={hit.id}", note=note, code=f"item_state.{hit.state}")


def _notes(look: Look) -> Iterator[Found]:
    for hit in look.hits.get("note", ()):
        yield Found(name=hit.id, href=f"/cases/{hit.id}/notes/{hit.ref}", note=_excerpt(hit.text, look.text))


def _files(look: Look) -> Iterator[Found]:
    for hit in look.hits.get("file", ()):
        yield Found(name=hit.text, href=f"/cases/{hit.id}", note=hit.id, id=False)


def _excerpt(text: str, wanted: str) -> str:
    """A text around the first word of it that was asked for, in one line."""
    line = " ".join(text.split())
    at = max(0, line.lower().find(wanted.split(maxsplit=1)[0].lower()) - _AROUND)
    shown = line[at : at + 3 * _AROUND]
    return f"{'…' if at else ''}{shown}{'…' if at + len(shown) < len(line) else ''}"


def _people_of(kind: str) -> Callable[[Look], Iterator[Found]]:
    """Accounts or devices: those of cases, then all of the ledger; first of all those that a look shows."""

    def find(look: Look) -> Iterator[Found]:
        for hit in look.hits.get("named", ()) if kind == "account" else ():
            yield Found(name=hit.ref, href=href_of(kind, hit.ref), note=hit.id, code="search.by_name")
        cases = {hit.ref: hit for hit in look.hits.get(kind, ())}
        for name in dict.fromkeys((*cases, *look.places(kind))):
            note = cases[name].id if name in cases else ""
            yield Found(name=name, href=href_of(kind, name), note=note)

    return find


def _outlets(look: Look) -> Iterator[Found]:
    known = [] if look.directory is None else look.directory.find_outlets(look.text, _MOST + 1)
    cases = {hit.ref: hit.id for hit in look.hits.get("outlet", ())}
    for name in dict.fromkeys((*known, *cases)):
        yield Found(name=name, href=href_of("outlet", name), note=cases.get(name, ""))


def _sellers(look: Look) -> Iterator[Found]:
    market = None if look.ask.site.market is None else look.ask.site.market.look()
    for seller in () if market is None else Reads(market).search_sellers(look.text, _MOST + 1):
        yield Found(name=seller, href=f"/market/sellers/{spot(seller)}")
    for hit in look.hits.get("seller", ()):
        yield Found(name=hit.ref, href=with_query("/cases", {"state": "all", "thing": hit.ref}), note=hit.id)


def _numbers(look: Look) -> Iterator[Found]:
    """Rule 3."""
    number = clean_waybill(look.text)
    cases = {hit.ref: hit.id for hit in look.hits.get("number", ())}
    if number not in cases and len(number) >= _LEAST_NUMBER and not number.isalpha():
        reading = look.ask.site.reading
        if (reading is not None and reading.knows(number)) or baskets_of(look.ask).sightings(number, limit=1):
            yield Found(name=number, href=with_query("/waybills", {"number": number}))
    for name, case in cases.items():
        yield Found(name=name, href=with_query("/waybills", {"number": name}), note=case)


def _runs(look: Look) -> Iterator[Found]:
    baskets = baskets_of(look.ask).search(look.part, _MOST + 1)
    names = {basket.id: basket.name for basket in baskets}
    for basket in baskets:
        yield Found(name=basket.id, href=f"/trace/baskets/{basket.id}", note=basket.name)
    for run in runs_of(look.ask).search(look.part, list(names), _MOST + 1):
        yield Found(name=run.job, href=f"/trace/runs/{run.job}", note=names.get(run.basket, run.basket))


def _jobs(look: Look) -> Iterator[Found]:
    job = look.ask.site.jobs.find(look.part)
    if job is not None and job.kind in KINDS and look.ask.whose.person.role in KINDS[job.kind].roles:
        yield Found(name=job.id, href=f"/jobs/{job.id}", code=f"job_kind.{job.kind}")


def _partners(look: Look) -> Iterator[Found]:
    review = None if look.ask.site.reading is None else look.ask.site.reading.review(PARTNERS)
    for row in () if review is None else review.document["partners"]:
        if look.part in str(row["partner"]).lower():
            yield Found(name=row["partner"], href=with_query("/partners", {"partner": row["partner"]}))


def _persons(look: Look) -> Iterator[Found]:
    for one in look.ask.access.people.all():
        if look.part in one.login.lower() or look.part in one.name.lower():
            yield Found(name=one.login, href=f"/people/{one.id}", note=one.name)


def _own_outlet(look: Look) -> Iterator[Found]:
    outlet = look.ask.whose.person.outlet or ""
    if look.part in outlet.lower():
        yield Found(name=outlet, href=href_of("outlet", outlet))


def _commands(look: Look) -> Iterator[Found]:
    """Places and acts, by their words in either language."""
    role = look.ask.whose.person.role
    known = [(f"place.{one.code}", one.path, one.roles) for one in PLACES] + list(_ACTS)
    for code, path, roles in known:
        said = {lang: translator_of(lang, html=False).say(code) for lang in LANGS}
        if role in roles and any(look.part in one.lower() for one in said.values()):
            yield Found(name=said[look.ask.lang], href=path, id=False)


KINDS_FOUND: Sequence[tuple[str, frozenset[Role], Callable[[Look], Iterator[Found]]]] = (
    ("number", CASE_ROLES, _numbers),
    ("case", CASE_ROLES, _cases),
    ("account", CASE_ROLES, _people_of("account")),
    ("device", CASE_ROLES, _people_of("device")),
    ("outlet", CASE_ROLES, _outlets),
    ("own_outlet", OUTLET_MANAGERS, _own_outlet),
    ("seller", CASE_ROLES, _sellers),
    ("note", CASE_ROLES, _notes),
    ("file", CASE_ROLES, _files),
    ("run", CASE_ROLES, _runs),
    ("item", CASE_ROLES, _items),
    ("job", LEDGER_ROLES, _jobs),
    ("partner", LEDGER_ROLES, _partners),
    ("person", ADMINISTRATORS, _persons),
    ("command", ALL_ROLES, _commands),
)
"""Rule 1, in the order in which they are told."""


@PAGES.get("/search", ALL_ROLES)
def search(ask: Ask) -> Response:
    """Everything that fits, by kinds; of an empty box what can be done."""
    text = " ".join(ask.query.get("q", "")[:_LONGEST].split())
    look, groups = Look(ask, text), []
    for kind, roles, find in KINDS_FOUND:
        if ask.whose.person.role not in roles or not (text or kind == "command"):
            continue
        try:
            rows = list(find(look))
        except (LedgerError, MarketError) as error:
            look.trouble.append(error)
            continue
        most = len(rows) if kind == "command" else _MOST
        if rows:
            groups.append(Group(kind=kind, rows=rows[:most], more=len(rows) > most))
    return ask.page("search", q=text, groups=groups, trouble=look.trouble)
