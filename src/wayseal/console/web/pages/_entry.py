"""How people come in and go: by password or by the company, invited, for a fresh proof; and the own account.

Somebody leaves for the company from a page of ours and by an address in it: a form can't lead there, since the policy
lets forms go to the console alone.
"""

import segno
from starlette.responses import Response

from wayseal.console.access import AuthorizationCallback, Errand
from wayseal.console.access.types import LinkKind, Opened
from wayseal.console.errors import AccessError, ProviderError, SignInError, ThrottledError
from wayseal.console.roles import ALL_ROLES, Lane, Page, Stage
from wayseal.console.web._ask import Ask
from wayseal.console.web._drafts import FIELD, carried_draft, open_draft, resend_page
from wayseal.console.web._forms import local_path
from wayseal.console.web._render import THEMES
from wayseal.page.languages import LANGS


def show_sign_in(ask: Ask) -> Response:
    """Login and password; where nobody has an account yet, the first administrator."""
    if not ask.access.people.anybody():
        return ask.go("/setup")
    if ask.session is not None and ask.session.stage is Stage.FULL:
        return ask.go(local_path(ask.query.get("next")))
    return ask.page("sign_in", next=local_path(ask.query.get("next")), kept="", login="", expired=False)


def sign_in(ask: Ask) -> Response:
    """Checks login and password."""
    login, onward = ask.field("login"), local_path(ask.field("next"))
    try:
        opened = ask.access.sign_in.by_password(login, ask.field("password"), ask.visit)
    except AccessError as error:
        status = 429 if isinstance(error, ThrottledError) else 401
        return ask.page(
            "sign_in",
            status=status,
            next=onward,
            kept=ask.field(FIELD),
            login=login[:64],
            expired=bool(ask.field(FIELD)),
            error=error,
        )
    if opened.session.stage is Stage.ENROL:
        return ask.enter(ask.go("/enrol"), opened)
    return ask.enter(ask.go_with("/sign-in/code", onward, ask.field(FIELD)), opened)


def show_code(ask: Ask) -> Response:
    """The second proof."""
    return ask.page("code", next=local_path(ask.query.get("next")), kept=ask.query.get(FIELD, ""))


def enter_code(ask: Ask) -> Response:
    """Checks the second proof."""
    onward, kept = local_path(ask.field("next")), ask.field(FIELD)
    try:
        opened = ask.access.sign_in.by_code(ask.whose, ask.field("code"), ask.visit)
    except AccessError as error:
        status = 429 if isinstance(error, ThrottledError) else 401
        return ask.page("code", status=status, next=onward, kept=kept, error=error)
    return go_on(ask, opened, onward, kept)


def show_enrol(ask: Ask) -> Response:
    """The picture for an authenticator."""
    return enrol_page(ask, "enrol")


def enrol(ask: Ask) -> Response:
    """Confirms the authenticator, and tells the recovery codes."""
    try:
        opened, codes = ask.access.own.enrol(ask.whose, ask.field("code"))
    except AccessError as error:
        return enrol_page(ask, "enrol", error)
    return ask.enter(ask.as_session(opened).page("recovery_codes", codes=codes, onward="/"), opened)


def show_setup(ask: Ask) -> Response:
    """The first administrator."""
    if ask.access.people.anybody():
        return ask.go("/sign-in")
    return ask.page("setup", login="", name="")


def set_up(ask: Ask) -> Response:
    """Makes the first administrator."""
    login, name = ask.field("login"), ask.field("name")
    try:
        check_again(ask)
        opened = ask.access.people.set_up(ask.field("setup_code"), login, name, ask.field("password"), ask.visit)
    except AccessError as error:
        return ask.page("setup", status=400, login=login[:64], name=name[:80], error=error)
    return ask.enter(ask.go("/enrol"), opened)


def show_invited(ask: Ask) -> Response:
    """An invitation is taken up."""
    person = ask.access.people.linked(ask.names["token"], LinkKind.INVITE)
    if person is None:
        return ask.refuse(404, code="link_gone")
    return ask.page("invited", person=person)


def take_up(ask: Ask) -> Response:
    """A password for whoever was invited."""
    person = ask.access.people.linked(ask.names["token"], LinkKind.INVITE)
    if person is None:
        return ask.refuse(404, code="link_gone")
    try:
        check_again(ask)
        opened = ask.access.people.take_up(ask.names["token"], ask.field("password"), ask.visit)
    except AccessError as error:
        return ask.page("invited", status=400, person=person, error=error)
    return ask.enter(ask.go("/enrol"), opened)


def show_demo(ask: Ask) -> Response:
    """A link that opens a session once: it is used by the button, so that no look ahead of a program uses it up."""
    if ask.access.people.linked(ask.names["token"], LinkKind.DEMO) is None:
        return ask.refuse(404, code="demo_gone")
    return ask.page("demo")


def use_demo(ask: Ask) -> Response:
    """Opens the session."""
    try:
        opened = ask.access.people.use_demo_link(ask.names["token"], ask.visit)
    except AccessError:
        return ask.refuse(404, code="demo_gone")
    return ask.enter(ask.go("/"), opened)


def sign_out(ask: Ask) -> Response:
    """Ends the session."""
    ask.access.sessions.sign_out(ask.whose)
    return ask.leave(ask.go("/sign-in"))


def show_confirm(ask: Ask) -> Response:
    """Password or code again."""
    return ask.page("confirm", next=local_path(ask.query.get("next")), kept="")


def confirm(ask: Ask) -> Response:
    """Checks it."""
    onward, kept = local_path(ask.field("next")), ask.field(FIELD)
    try:
        opened = ask.access.sign_in.confirm(ask.whose, ask.field("proof"), ask.visit)
    except AccessError as error:
        status = 429 if isinstance(error, ThrottledError) else 401
        return ask.page("confirm", status=status, next=onward, kept=kept, error=error)
    return go_on(ask, opened, onward, kept)


def prefer(ask: Ask) -> Response:
    """Language and looks, kept with the person and at the browser."""
    lang, theme = ask.field("lang"), ask.field("theme")
    answer = ask.go(local_path(ask.field("back")))
    if lang in LANGS:
        ask.prefer(answer, "lang", lang)
    if theme in THEMES:
        ask.prefer(answer, "theme", theme)
    if ask.session is not None:
        ask.access.own.prefer(
            ask.session, lang=lang if lang in LANGS else None, theme=theme if theme in THEMES else None
        )
    return answer


def go_on(ask: Ask, opened: Opened, onward: str, kept: str) -> Response:
    """To where somebody wanted, or back to the form that wasn't done."""
    found = open_draft(ask.access.keys, opened.session.person.id, kept, ask.access.now())
    if found is None:
        return ask.enter(ask.go(onward), opened)
    return ask.enter(resend_page(ask.as_session(opened), found), opened)


def enrol_page(ask: Ask, template: str, error: AccessError | None = None) -> Response:
    """The picture for an authenticator, on a page that asks for its first code."""
    secret, address = ask.access.own.authenticator(ask.whose)
    return ask.page(
        template,
        error=error,
        secret=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        picture=qr_picture(address),
    )


def check_again(ask: Ask) -> None:
    """AccessError where the password wasn't typed the same twice."""
    if ask.field("password") != ask.field("again"):
        raise AccessError("the two passwords differ", key="again")


def qr_picture(text: str) -> str:
    """A QR code as the address of a picture: dark on white in any theme, as phones want it."""
    return str(segno.make(text, error="m").svg_data_uri(scale=5, border=3, dark="#000", light="#fff"))


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
        return ask.refuse(404)
    try:
        flight = company.land(_query(ask, "state"), ask.departed)
    except SignInError as error:
        return _show(ask, "sign_in", error)
    arrival = AuthorizationCallback(code=_query(ask, "code"), issuer=_query(ask, "iss"), error=_query(ask, "error"))
    try:
        opened = company.enter(flight, arrival, ask.visit, ask.session)
    except AccessError as error:
        page = "confirm" if flight.errand is Errand.CONFIRM and ask.session is not None else "sign_in"
        return _show(ask, page, error, flight.onward, flight.kept)
    return go_on(ask, opened, flight.onward, flight.kept)


def _leave(ask: Ask, errand: Errand, bound: str) -> Response:
    company, onward, kept = ask.access.company, local_path(ask.field("next")), carried_draft(ask)
    if company is None:
        return ask.refuse(404)
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


def show_account(ask: Ask) -> Response:
    """Return what one's account has."""
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
        return ask.refuse(404)
    return ask.go("/account?said=session")


def end_other_sessions(ask: Ask) -> Response:
    """Ends all but this one."""
    ask.access.sessions.end_others(ask.whose)
    return ask.go("/account?said=sessions")


PAGES = (
    Page(method="GET", path="/sign-in", act=show_sign_in, roles=None),
    Page(method="POST", path="/sign-in", act=sign_in, roles=None, lane=Lane.PASSWORDS, carries=True),
    Page(method="GET", path="/sign-in/code", act=show_code, roles=ALL_ROLES, stage=Stage.CODE),
    Page(method="POST", path="/sign-in/code", act=enter_code, roles=ALL_ROLES, stage=Stage.CODE, carries=True),
    Page(method="GET", path="/enrol", act=show_enrol, roles=ALL_ROLES, stage=Stage.ENROL),
    Page(method="POST", path="/enrol", act=enrol, roles=ALL_ROLES, stage=Stage.ENROL),
    Page(method="GET", path="/setup", act=show_setup, roles=None),
    Page(method="POST", path="/setup", act=set_up, roles=None, lane=Lane.PASSWORDS),
    Page(method="GET", path="/invited/{token}", act=show_invited, roles=None),
    Page(method="POST", path="/invited/{token}", act=take_up, roles=None, lane=Lane.PASSWORDS),
    Page(method="GET", path="/demo/{token}", act=show_demo, roles=None),
    Page(method="POST", path="/demo/{token}", act=use_demo, roles=None),
    Page(method="POST", path="/sign-out", act=sign_out, roles=ALL_ROLES),
    Page(method="GET", path="/confirm", act=show_confirm, roles=ALL_ROLES),
    Page(method="POST", path="/confirm", act=confirm, roles=ALL_ROLES, lane=Lane.PASSWORDS, carries=True),
    Page(method="POST", path="/preferences", act=prefer, roles=None),
    Page(method="POST", path="/sign-in/company", act=leave_to_sign_in, roles=None, lane=Lane.COMPANY, carries=True),
    Page(method="GET", path=BACK, act=come_back, roles=None, lane=Lane.COMPANY),
    Page(method="POST", path="/invited/{token}/company", act=leave_to_bind, roles=None, lane=Lane.COMPANY),
    Page(
        method="POST", path="/confirm/company", act=leave_to_confirm, roles=ALL_ROLES, lane=Lane.COMPANY, carries=True
    ),
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
