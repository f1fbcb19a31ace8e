"""Administration of people, acts on record, rules and keys, files, docs, and signs of life.

1. A key is told by an id that is computed from it, and from which nobody gets back; never the key.
2. Who may call what stands there as the gate has it, every route.
3. Of acts on cases an auditor sees who did what to which case when, and how it stood before and after: no account, no
   thing, and nothing that somebody wrote.
4. Docs are public texts, as `make docs` built them, for whoever can't sign in as well: what isn't in the table of their
   files isn't there, no path of a request ever reaches the disk.
5. The policy of content makes no exception for them: nothing of theirs is inline or from elsewhere (`scripts/site.py`).
"""

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.responses import PlainTextResponse, Response

from wayseal.cases.errors import CasebookError
from wayseal.cases.views import ActLine, Page
from wayseal.console.access.types import Person, Way
from wayseal.console.errors import AccessError
from wayseal.console.roles import ADMINISTRATORS, AUDITOR, AUDITORS, Role
from wayseal.console.roles import Page as Route
from wayseal.console.web._ask import Ask, Pages, there
from wayseal.model.messages import N_
from wayseal.model.times import clock_hours, micros, stamp
from wayseal.page.words import Translator

PAGES = Pages()
_MANY = 50


@PAGES.get("/people", ADMINISTRATORS)
def show_people(ask: Ask, error: AccessError | None = None) -> Response:
    """Everybody."""
    return ask.page(
        "people",
        people=ask.access.people.all(),
        roles=[role.value for role in Role],
        error=error,
        login=ask.field("login")[:64],
        name=ask.field("name")[:80],
        outlet=ask.field("outlet")[:64],
    )


@PAGES.post("/people", ADMINISTRATORS, again=show_people, confirmed=True)
def invite(ask: Ask) -> Response:
    """Makes an account, and shows its link once."""
    login, name, role = ask.field("login"), ask.field("name"), _role(ask)
    by, way = ask.whose.person.id, _way(ask) or Way.PASSWORD
    person, token = ask.access.people.invite(login, name, role, by=by, way=way, outlet=ask.field("outlet"))
    return ask.page("link", person=person, link=f"/invited/{token}", seconds=ask.access.rules.link)


@PAGES.get("/people/{person}", ADMINISTRATORS, personal=True)
def show_person(ask: Ask, error: AccessError | None = None) -> Response:
    """Somebody's account."""
    person = _person(ask)
    return ask.page(
        "person",
        person=person,
        sessions=ask.access.sessions.of(person.id),
        roles=[role.value for role in Role],
        own=person.id == ask.whose.person.id,
        error=error,
    )


@PAGES.post("/people/{person}/role", ADMINISTRATORS, again=show_person, confirmed=True, personal=True)
def change_role(ask: Ask) -> Response:
    """Another role."""
    person = _person(ask)
    ask.access.people.set_role(person.id, _role(ask), by=ask.whose.person.id, outlet=ask.field("outlet"))
    return ask.go(f"/people/{person.id}")


@PAGES.post("/people/{person}/close", ADMINISTRATORS, again=show_person, confirmed=True, personal=True)
def close(ask: Ask) -> Response:
    """Closes an account."""
    return _set_open(ask, open_=False)


@PAGES.post("/people/{person}/open", ADMINISTRATORS, again=show_person, confirmed=True, personal=True)
def reopen(ask: Ask) -> Response:
    """Opens it again."""
    return _set_open(ask, open_=True)


@PAGES.post("/people/{person}/link", ADMINISTRATORS, again=show_person, confirmed=True, personal=True)
def new_link(ask: Ask) -> Response:
    """Another link: password, codes and sessions go."""
    person = _person(ask)
    token = ask.access.people.new_link(person.id, by=ask.whose.person.id, way=_way(ask))
    return ask.page("link", person=person, link=f"/invited/{token}", seconds=ask.access.rules.link)


@PAGES.post("/people/{person}/sessions/{session}/end", ADMINISTRATORS, confirmed=True, personal=True)
def end_session(ask: Ask) -> Response:
    """Ends a session of somebody."""
    person = ask.names["person"]
    if not ask.access.sessions.end(ask.names["session"], person=person, by=ask.whose.person.id):
        return ask.refuse(404)
    return ask.go(f"/people/{person}")


@PAGES.get("/acts", AUDITORS)
def show_acts(ask: Ask) -> Response:
    """Acts of access, the newest first; with `before`, those below a number; with `check`, a part of them checked."""
    before, start = ask.number("before"), ask.number("check") or 1
    acts = ask.access.acts(before=before, limit=_MANY + 1)
    return ask.page(
        "acts",
        acts=acts[:_MANY],
        before=before,
        onward=acts[_MANY - 1].number if len(acts) > _MANY else None,
        checked=ask.access.check_acts(start) if "check" in ask.query else None,
        start=start,
    )


def _person(ask: Ask) -> Person:
    """Whose account it is. StatusError: nobody's."""
    return there(ask.access.people.find(ask.names["person"]))


def _set_open(ask: Ask, *, open_: bool) -> Response:
    person = _person(ask)
    ask.access.people.set_open(person.id, open_=open_, by=ask.whose.person.id)
    return ask.go(f"/people/{person.id}")


def _role(ask: Ask) -> Role:
    return ask.choice("role", Role, N_("there is no such role"))


def _way(ask: Ask) -> Way | None:
    """How somebody is to sign in; the company's way only where there is one."""
    given = ask.field("way")
    if given not in set(Way) or ask.access.company is None:
        return None
    return Way(given)


_ID = 16
"""Digits of a key's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key, by its id (rule 1). name: of the text that says what it is for."""

    name: str
    id: str


def show_rules(ask: Ask, routes: Sequence[Route]) -> Response:
    """Rules and keys. routes: all there are."""
    site = ask.site
    return ask.page(
        "rules",
        keys=_keys(ask),
        rules=ask.access.rules,
        secure=site.settings.secure,
        cases_a_day=site.settings.cases_a_day,
        upload_most=site.upload_most,
        offset=clock_hours(),
        roles=list(Role),
        routes=sorted(routes, key=lambda page: (page.path, page.method)),
    )


def _keys(ask: Ask) -> Sequence[Key]:
    found = [Key(name="access", id=ask.access.keys.mac("id")[:_ID])]
    if ask.site.ledger is not None and ask.site.ledger.key is not None:
        found.append(Key(name="checkpoint", id=ask.site.ledger.key.id))
    try:
        cases = ask.cases
    except CasebookError:
        cases = None
    if cases is not None:
        found.append(Key(name="pseudonyms", id=cases.pseudonyms.check[:_ID]))
    return found


def show_case_acts(ask: Ask) -> Response:
    """Acts on cases, the newest first (rule 3)."""
    cases, before = ask.cases, ask.number("before")
    page: Page[ActLine] = Page(rows=(), after=None) if cases is None else cases.acts(before, _MANY)
    return ask.page("case_acts", rows=page.rows, onward=page.after, before=before, change=_change_in_words)


def _change_in_words(translator: Translator, line: ActLine) -> str:
    """How it stood before and after, in words."""
    words = {"state": "item_state" if line.of_item else "case_state", "priority": "priority"}
    known = words.get(line.field)
    stood = [one and stamp(micros(one))[:10] if line.field == "snoozed" else one for one in (line.before, line.after)]
    said = [translator.say(f"{known}.{one}") if known and one else one or "—" for one in stood]
    return " → ".join(said)


def make_pages(others: Sequence[Route]) -> tuple[Route, ...]:
    """The pages. others: all other routes, which one of them tells."""
    acts = Route(method="GET", path="/acts/cases", act=show_case_acts, roles=AUDITOR)

    def show(ask: Ask) -> Response:
        return show_rules(ask, (*others, acts, rules))

    rules = Route(method="GET", path="/rules", act=show, roles=ADMINISTRATORS)
    return acts, rules


@PAGES.get("/static/{name}", None, bare=True)
def show_file(ask: Ask) -> Response:
    """A file that pages refer to."""
    found = ask.assets.answer(ask.names["name"], packed=ask.packed)
    return found or ask.refuse(404)


@PAGES.get("/healthz", None, bare=True)
def say_alive(ask: Ask) -> Response:
    """The process answers."""
    del ask
    return PlainTextResponse("ok\n")


@PAGES.get("/readyz", None, bare=True)
def say_ready(ask: Ask) -> Response:
    """The database answers, too."""
    well = ask.access.database.healthy()
    return PlainTextResponse("ready\n" if well else "the database is away\n", 200 if well else 503)


FOLDER = Path(__file__).parents[2] / "docs"
START = {"en": "index.html", "zh": "zh/index.html"}
_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".xml": "application/xml",
}
_PICTURES = (".png",)
_CACHED = {"Cache-Control": "public, max-age=600", "Vary": "Accept-Encoding"}


@cache
def _files(folder: Path) -> Mapping[str, Path]:
    """Every file of the site by its path in it; none where it wasn't built."""
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*")}
    return {name: path for name, path in found.items() if path.suffix in _KINDS}


@PAGES.get("/docs/{name:path}", None, bare=True)
def show_docs(ask: Ask) -> Response:
    """A page or file of the site; without a name, its first page in the reader's language."""
    name = ask.names["name"]
    files = _files(FOLDER)
    if not files:
        return ask.refuse(404, code="docs_missing")
    if not name:
        return ask.go(f"/docs/{START[ask.lang]}")
    if name not in files:
        return ask.refuse(404)
    path = files[name]
    headers, content = dict(_CACHED), path.read_bytes()
    if ask.packed and path.suffix not in _PICTURES:
        headers["Content-Encoding"] = "gzip"
        content = gzip.compress(content, 1, mtime=0)
    return Response(content, media_type=_KINDS[path.suffix], headers=headers)
