"""Administration of people, and the acts of access."""

from collections.abc import Callable

from starlette.responses import Response

from wayseal.console.access.types import Person, Way
from wayseal.console.errors import AccessError
from wayseal.console.roles import ADMINISTRATORS, AUDITORS, Page, Role
from wayseal.console.web._ask import Ask

_MANY = 50


def show_people(ask: Ask) -> Response:
    """Everybody."""
    return _people_page(ask)


def invite(ask: Ask) -> Response:
    """Makes an account, and shows its link once."""
    login, name, role, outlet = ask.field("login"), ask.field("name"), _role(ask), ask.field("outlet")
    try:
        if role is None:
            raise AccessError("there is no such role", key="role")
        by, way = ask.whose.person.id, _way(ask) or Way.PASSWORD
        person, token = ask.access.people.invite(login, name, role, by=by, way=way, outlet=outlet)
    except AccessError as error:
        return _people_page(ask, error, login[:64], name[:80], outlet[:64])
    return ask.page("link", person=person, link=f"/invited/{token}", seconds=ask.access.rules.link)


def show_person(ask: Ask) -> Response:
    """Somebody's account."""
    person = ask.access.people.find(ask.names["person"])
    return ask.page("error", status=404, status_shown=404) if person is None else _person_page(ask, person)


def change_role(ask: Ask) -> Response:
    """Another role."""
    role = _role(ask)

    def act(id_: str, by: str) -> None:
        if role is None:
            raise AccessError("there is no such role", key="role")
        ask.access.people.set_role(id_, role, by=by, outlet=ask.field("outlet"))

    return _change(ask, act)


def close(ask: Ask) -> Response:
    """Closes an account."""
    return _change(ask, lambda id_, by: ask.access.people.set_open(id_, open_=False, by=by))


def reopen(ask: Ask) -> Response:
    """Opens it again."""
    return _change(ask, lambda id_, by: ask.access.people.set_open(id_, open_=True, by=by))


def new_link(ask: Ask) -> Response:
    """Another link: password, codes and sessions go."""
    person = ask.access.people.find(ask.names["person"])
    if person is None:
        return ask.page("error", status=404, status_shown=404)
    try:
        token = ask.access.people.new_link(person.id, by=ask.whose.person.id, way=_way(ask))
    except AccessError as error:
        return _person_page(ask, person, error)
    return ask.page("link", person=person, link=f"/invited/{token}", seconds=ask.access.rules.link)


def end_session(ask: Ask) -> Response:
    """Ends a session of somebody."""
    person = ask.names["person"]
    if not ask.access.sessions.end(ask.names["session"], person=person, by=ask.whose.person.id):
        return ask.page("error", status=404, status_shown=404)
    return ask.go(f"/people/{person}")


def show_acts(ask: Ask) -> Response:
    """Acts of access, the newest first; with `before`, those below a number; with `check`, a part of them checked."""
    before, start = _number(ask, "before"), _number(ask, "check") or 1
    acts = ask.access.acts(before=before, limit=_MANY + 1)
    return ask.page(
        "acts",
        acts=acts[:_MANY],
        before=before,
        onward=acts[_MANY - 1].number if len(acts) > _MANY else None,
        checked=ask.access.check_acts(start) if "check" in ask.query else None,
        start=start,
    )


def _people_page(
    ask: Ask, error: AccessError | None = None, login: str = "", name: str = "", outlet: str = ""
) -> Response:
    return ask.page(
        "people",
        status=400 if error else 200,
        people=ask.access.people.all(),
        roles=[role.value for role in Role],
        error=error,
        login=login,
        name=name,
        outlet=outlet,
    )


def _person_page(ask: Ask, person: Person, error: AccessError | None = None) -> Response:
    return ask.page(
        "person",
        status=400 if error else 200,
        person=person,
        sessions=ask.access.sessions.of(person.id),
        roles=[role.value for role in Role],
        own=person.id == ask.whose.person.id,
        error=error,
    )


def _change(ask: Ask, act: Callable[[str, str], None]) -> Response:
    person = ask.access.people.find(ask.names["person"])
    if person is None:
        return ask.page("error", status=404, status_shown=404)
    try:
        act(person.id, ask.whose.person.id)
    except AccessError as error:
        return _person_page(ask, person, error)
    return ask.go(f"/people/{person.id}")


def _number(ask: Ask, name: str) -> int | None:
    given = ask.query.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 16 else None


def _role(ask: Ask) -> Role | None:
    given = ask.field("role")
    return Role(given) if given in set(Role) else None


def _way(ask: Ask) -> Way | None:
    """How somebody is to sign in; the company's way only where there is one."""
    given = ask.field("way")
    if given not in set(Way) or ask.access.company is None:
        return None
    return Way(given)


PAGES = (
    Page(method="GET", path="/people", act=show_people, roles=ADMINISTRATORS),
    Page(method="POST", path="/people", act=invite, roles=ADMINISTRATORS, confirmed=True),
    Page(method="GET", path="/people/{person}", act=show_person, roles=ADMINISTRATORS, personal=True),
    Page(
        method="POST",
        path="/people/{person}/role",
        act=change_role,
        roles=ADMINISTRATORS,
        confirmed=True,
        personal=True,
    ),
    Page(method="POST", path="/people/{person}/close", act=close, roles=ADMINISTRATORS, confirmed=True, personal=True),
    Page(method="POST", path="/people/{person}/open", act=reopen, roles=ADMINISTRATORS, confirmed=True, personal=True),
    Page(
        method="POST", path="/people/{person}/link", act=new_link, roles=ADMINISTRATORS, confirmed=True, personal=True
    ),
    Page(
        method="POST",
        path="/people/{person}/sessions/{session}/end",
        act=end_session,
        roles=ADMINISTRATORS,
        confirmed=True,
        personal=True,
    ),
    Page(method="GET", path="/acts", act=show_acts, roles=AUDITORS),
)
