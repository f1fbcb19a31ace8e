"""The way to the company's sign-in and back.

Somebody leaves from a page of ours and by an address in it: a form can't lead there, since the policy lets forms go to
the console alone.
"""

from starlette.responses import Response

from wayseal.console.access import Arrival, Errand
from wayseal.console.errors import AccessError, ProviderError, SignInError, ThrottledError
from wayseal.console.roles import ALL_ROLES, Lane, Page
from wayseal.console.web._ask import Ask
from wayseal.console.web._forms import local_path
from wayseal.console.web._kept import carried_form
from wayseal.console.web.pages._entry import go_on

BACK = "/sign-in/company/back"
_LONGEST = 4096


def leave_to_sign_in(ask: Ask) -> Response:
    """To the company's sign-in, to get in."""
    return _leave(ask, Errand.SIGN_IN, "")


def leave_to_bind(ask: Ask) -> Response:
    """To the company's sign-in, with the link of an invitation."""
    return _leave(ask, Errand.BIND, ask.names["token"])


def leave_to_confirm(ask: Ask) -> Response:
    """To the company's sign-in, to prove who it is once more."""
    return _leave(ask, Errand.CONFIRM, ask.whose.id)


def come_back(ask: Ask) -> Response:
    """Back from there: in, or told why not."""
    company = ask.access.company
    if company is None:
        return ask.page("error", status=404, status_shown=404)
    try:
        flight = company.land(_query(ask, "state"), ask.departed)
    except SignInError as error:
        return _show(ask, "sign_in", error)
    arrival = Arrival(code=_query(ask, "code"), issuer=_query(ask, "iss"), error=_query(ask, "error"))
    try:
        opened = company.enter(flight, arrival, ask.visit, ask.session)
    except AccessError as error:
        page = "confirm" if flight.errand is Errand.CONFIRM and ask.session is not None else "sign_in"
        return _show(ask, page, error, flight.onward, flight.kept)
    return go_on(ask, opened, flight.onward, flight.kept)


def _leave(ask: Ask, errand: Errand, bound: str) -> Response:
    company, onward, kept = ask.access.company, local_path(ask.field("next")), carried_form(ask)
    if company is None:
        return ask.page("error", status=404, status_shown=404)
    try:
        address, browser = company.leave(
            errand,
            ask.visit,
            back=ask.site.address + BACK,
            lang=ask.lang,
            onward=onward,
            kept=kept,
            bound=bound,
        )
    except AccessError as error:
        return _show(ask, "confirm" if errand is Errand.CONFIRM else "sign_in", error, onward, kept)
    return ask.depart(ask.page("departure", address=address), browser, ask.access.rules.departure)


def _show(ask: Ask, page: str, error: AccessError, onward: str = "/", kept: str = "") -> Response:
    """The page that somebody left from, with what went wrong."""
    away = isinstance(error, ProviderError)
    status = 503 if away else 429 if isinstance(error, ThrottledError) else 401
    return ask.page(page, status=status, next=onward, kept=kept, login="", expired=bool(kept), error=error)


def _query(ask: Ask, name: str) -> str:
    return ask.query.get(name, "")[:_LONGEST]


PAGES = (
    Page(method="POST", path="/sign-in/company", act=leave_to_sign_in, roles=None, lane=Lane.COMPANY, carries=True),
    Page(method="GET", path=BACK, act=come_back, roles=None, lane=Lane.COMPANY),
    Page(method="POST", path="/invited/{token}/company", act=leave_to_bind, roles=None, lane=Lane.COMPANY),
    Page(
        method="POST", path="/confirm/company", act=leave_to_confirm, roles=ALL_ROLES, lane=Lane.COMPANY, carries=True
    ),
)
