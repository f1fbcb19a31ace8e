"""One's own account: password, authenticator, recovery codes, sessions."""

from starlette.responses import Response

from wayseal.console.errors import AccessError
from wayseal.console.roles import ALL_ROLES, Lane, Page
from wayseal.console.web._ask import Ask
from wayseal.console.web.pages._entry import check_again, enrol_page


def show_account(ask: Ask) -> Response:
    """What one's account has."""
    return ask.page(
        "account",
        sessions=ask.access.sessions.of(ask.whose.person.id),
        codes_left=ask.access.own.recovery_codes_left(ask.whose),
        said=ask.query.get("said", ""),
    )


def show_password(ask: Ask) -> Response:
    """Another password."""
    return ask.page("password")


def change_password(ask: Ask) -> Response:
    """Takes it."""
    try:
        check_again(ask)
        ask.access.own.change_password(ask.whose, ask.field("password"))
    except AccessError as error:
        return ask.page("password", status=400, error=error)
    return ask.go("/account?said=password")


def show_authenticator(ask: Ask) -> Response:
    """Another authenticator."""
    return enrol_page(ask, "authenticator")


def change_authenticator(ask: Ask) -> Response:
    """Takes it, and tells new recovery codes."""
    try:
        opened, codes = ask.access.own.enrol(ask.whose, ask.field("code"))
    except AccessError as error:
        return enrol_page(ask, "authenticator", error)
    return ask.enter(ask.as_session(opened).page("recovery_codes", codes=codes, onward="/account"), opened)


def renew_codes(ask: Ask) -> Response:
    """New recovery codes."""
    return ask.page("recovery_codes", codes=ask.access.own.renew_codes(ask.whose), onward="/account")


def end_session(ask: Ask) -> Response:
    """Ends one of one's sessions."""
    person = ask.whose.person.id
    if not ask.access.sessions.end(ask.names["session"], person=person, by=person):
        return ask.page("error", status=404, status_shown=404)
    return ask.go("/account?said=session")


def end_other_sessions(ask: Ask) -> Response:
    """Ends all but this one."""
    ask.access.sessions.end_others(ask.whose)
    return ask.go("/account?said=sessions")


PAGES = (
    Page(method="GET", path="/account", act=show_account, roles=ALL_ROLES),
    Page(method="GET", path="/account/password", act=show_password, roles=ALL_ROLES, confirmed=True),
    Page(
        method="POST",
        path="/account/password",
        act=change_password,
        roles=ALL_ROLES,
        confirmed=True,
        lane=Lane.PASSWORDS,
    ),
    Page(method="GET", path="/account/authenticator", act=show_authenticator, roles=ALL_ROLES, confirmed=True),
    Page(method="POST", path="/account/authenticator", act=change_authenticator, roles=ALL_ROLES, confirmed=True),
    Page(method="POST", path="/account/recovery-codes", act=renew_codes, roles=ALL_ROLES, confirmed=True),
    Page(method="POST", path="/account/sessions/others/end", act=end_other_sessions, roles=ALL_ROLES),
    Page(method="POST", path="/account/sessions/{session}/end", act=end_session, roles=ALL_ROLES, personal=True),
)
