"""How people come in and go: by password or by the company, invited, for a fresh proof; and the own account.

Somebody leaves for the company from a page of ours and by an address in it: a form can't lead there, since the policy
lets forms go to the console alone.
"""

from collections.abc import Callable

import segno
from starlette.responses import Response

from wayseal.cases.writing import one_line
from wayseal.console.access import AuthorizationCallback, Errand
from wayseal.console.access.types import LinkKind, Opened
from wayseal.console.errors import AccessError, ProviderError, SignInError, ThrottledError
from wayseal.console.jobs.personal import load_notices
from wayseal.console.roles import ALL_ROLES, CASE_ROLES, Lane, Stage
from wayseal.console.web._ask import Ask, Pages, there
from wayseal.console.web._drafts import FIELD, carried_draft, open_draft, resend_page
from wayseal.console.web._forms import local_path
from wayseal.console.web._render import THEMES
from wayseal.page.languages import LANGS

PAGES = Pages()
BACK = "/sign-in/company/back"
_LONGEST = 4096
DAY = 86_400


@PAGES.get("/sign-in", None)
def show_sign_in(ask: Ask) -> Response:
    """Login and password; where nobody has an account yet, the first administrator."""
    if not ask.access.people.anybody():
        return ask.go("/setup")
    if ask.session is not None and ask.session.stage is Stage.FULL:
        return ask.go(local_path(ask.query.get("next")))
    return ask.page("sign_in", next=local_path(ask.query.get("next")), kept="", login="", expired=False)


def _not_in(ask: Ask, page: str, error: AccessError, onward: str = "/", kept: str = "") -> Response:
    """The page that somebody came from, with why they aren't let in."""
    status = 503 if isinstance(error, ProviderError) else 429 if isinstance(error, ThrottledError) else 401
    login, expired = ask.field("login")[:64], bool(kept)
    return ask.page(page, status=status, next=onward, kept=kept, login=login, expired=expired, error=error)


def _again(page: str) -> Callable[[Ask, AccessError], Response]:
    """The page of a form of the way in once more."""
    return lambda ask, error: _not_in(ask, page, error, local_path(ask.field("next")), ask.field(FIELD))


@PAGES.post("/sign-in", None, again=_again("sign_in"), lane=Lane.PASSWORDS, carries=True)
def sign_in(ask: Ask) -> Response:
    """Checks login and password."""
    opened = ask.access.sign_in.by_password(ask.field("login"), ask.field("password"), ask.visit)
    if opened.session.stage is Stage.ENROL:
        return ask.enter(ask.go("/enrol"), opened)
    return ask.enter(ask.go_with("/sign-in/code", local_path(ask.field("next")), ask.field(FIELD)), opened)


@PAGES.get("/sign-in/code", ALL_ROLES, stage=Stage.CODE)
def show_code(ask: Ask) -> Response:
    """The second proof."""
    return ask.page("code", next=local_path(ask.query.get("next")), kept=ask.query.get(FIELD, ""))


@PAGES.post("/sign-in/code", ALL_ROLES, again=_again("code"), stage=Stage.CODE, carries=True)
def enter_code(ask: Ask) -> Response:
    """Checks the second proof."""
    opened = ask.access.sign_in.by_code(ask.whose, ask.field("code"), ask.visit)
    return go_on(ask, opened, local_path(ask.field("next")), ask.field(FIELD))


@PAGES.get("/enrol", ALL_ROLES, stage=Stage.ENROL)
def show_enrol(ask: Ask, error: AccessError | None = None) -> Response:
    """The picture for an authenticator."""
    return _enrol_page(ask, "enrol", error)


@PAGES.post("/enrol", ALL_ROLES, again=show_enrol, stage=Stage.ENROL)
def enrol(ask: Ask) -> Response:
    """Confirms the authenticator, and tells the recovery codes."""
    return _enrol(ask, "/")


@PAGES.get("/setup", None)
def show_setup(ask: Ask, error: AccessError | None = None) -> Response:
    """The first administrator."""
    if error is None and ask.access.people.anybody():
        return ask.go("/sign-in")
    return ask.page("setup", login=ask.field("login")[:64], name=ask.field("name")[:80], error=error)


@PAGES.post("/setup", None, again=show_setup, lane=Lane.PASSWORDS)
def set_up(ask: Ask) -> Response:
    """Makes the first administrator."""
    code, login, name, password = ask.field("setup_code"), ask.field("login"), ask.field("name"), _new_password(ask)
    return ask.enter(ask.go("/enrol"), ask.access.people.set_up(code, login, name, password, ask.visit))


@PAGES.get("/invited/{token}", None)
def show_invited(ask: Ask, error: AccessError | None = None) -> Response:
    """An invitation is taken up."""
    person = ask.access.people.linked(ask.names["token"], LinkKind.INVITE)
    if person is None:
        return ask.refuse(404, code="link_gone")
    return ask.page("invited", person=person, error=error)


@PAGES.post("/invited/{token}", None, again=show_invited, lane=Lane.PASSWORDS)
def take_up(ask: Ask) -> Response:
    """A password for whoever was invited."""
    if ask.access.people.linked(ask.names["token"], LinkKind.INVITE) is None:
        return ask.refuse(404, code="link_gone")
    opened = ask.access.people.take_up(ask.names["token"], _new_password(ask), ask.visit)
    return ask.enter(ask.go("/enrol"), opened)


def _demo_gone(ask: Ask, _error: object = None) -> Response:
    return ask.refuse(404, code="demo_gone")


@PAGES.get("/demo/{token}", None)
def show_demo(ask: Ask) -> Response:
    """A link that opens a session once: it is used by the button, so that no look ahead of a program uses it up."""
    known = ask.access.people.linked(ask.names["token"], LinkKind.DEMO)
    return _demo_gone(ask) if known is None else ask.page("demo")


@PAGES.post("/demo/{token}", None, again=_demo_gone)
def use_demo(ask: Ask) -> Response:
    """Opens the session."""
    return ask.enter(ask.go("/"), ask.access.people.use_demo_link(ask.names["token"], ask.visit))


@PAGES.post("/sign-out", ALL_ROLES)
def sign_out(ask: Ask) -> Response:
    """Ends the session."""
    ask.access.sessions.sign_out(ask.whose)
    return ask.leave(ask.go("/sign-in"))


@PAGES.get("/confirm", ALL_ROLES)
def show_confirm(ask: Ask) -> Response:
    """Password or code again."""
    return ask.page("confirm", next=local_path(ask.query.get("next")), kept="")


@PAGES.post("/confirm", ALL_ROLES, again=_again("confirm"), lane=Lane.PASSWORDS, carries=True)
def confirm(ask: Ask) -> Response:
    """Checks it."""
    opened = ask.access.sign_in.confirm(ask.whose, ask.field("proof"), ask.visit)
    return go_on(ask, opened, local_path(ask.field("next")), ask.field(FIELD))


@PAGES.post("/preferences", None)
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


def _enrol_page(ask: Ask, template: str, error: AccessError | None) -> Response:
    """The picture for an authenticator, on a page that asks for its first code; dark on white, as phones want it."""
    secret, address = ask.access.own.authenticator(ask.whose)
    return ask.page(
        template,
        error=error,
        secret=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        picture=str(segno.make(address, error="m").svg_data_uri(scale=5, border=3, dark="#000", light="#fff")),
    )


def _enrol(ask: Ask, onward: str) -> Response:
    """Confirms an authenticator, and tells new recovery codes."""
    opened, codes = ask.access.own.enrol(ask.whose, ask.field("code"))
    return ask.enter(ask.as_session(opened).page("recovery_codes", codes=codes, onward=onward), opened)


def _new_password(ask: Ask) -> str:
    """The password of a form. AccessError where it wasn't typed the same twice."""
    if ask.field("password") != ask.field("again"):
        raise AccessError("the two passwords differ", key="again")
    return ask.field("password")


@PAGES.post("/sign-in/company", None, lane=Lane.COMPANY, carries=True)
def leave_to_sign_in(ask: Ask) -> Response:
    """To the company's sign-in, to get in."""
    return _leave(ask, Errand.SIGN_IN, "")


@PAGES.post("/invited/{token}/company", None, lane=Lane.COMPANY)
def leave_to_bind(ask: Ask) -> Response:
    """To the company's sign-in, with the link of an invitation."""
    return _leave(ask, Errand.BIND, ask.names["token"])


@PAGES.post("/confirm/company", ALL_ROLES, lane=Lane.COMPANY, carries=True)
def leave_to_confirm(ask: Ask) -> Response:
    """To the company's sign-in, to prove who it is once more."""
    return _leave(ask, Errand.CONFIRM, ask.whose.id)


@PAGES.get(BACK, None, lane=Lane.COMPANY)
def come_back(ask: Ask) -> Response:
    """Back from there: in, or told why not."""
    company = there(ask.access.company)
    try:
        pending = company.take_pending(_query(ask, "state"), ask.company_mark)
    except SignInError as error:
        return _not_in(ask, "sign_in", error)
    callback = AuthorizationCallback(code=_query(ask, "code"), issuer=_query(ask, "iss"), error=_query(ask, "error"))
    try:
        opened = company.finish_authorization(pending, callback, ask.visit, ask.session)
    except AccessError as error:
        page = "confirm" if pending.errand is Errand.CONFIRM and ask.session is not None else "sign_in"
        return _not_in(ask, page, error, pending.onward, pending.kept)
    return go_on(ask, opened, pending.onward, pending.kept)


def _leave(ask: Ask, errand: Errand, bound: str) -> Response:
    company, onward, kept = there(ask.access.company), local_path(ask.field("next")), carried_draft(ask)
    back = ask.site.address + BACK
    try:
        address, browser = company.begin_authorization(
            errand, ask.visit, back=back, lang=ask.lang, onward=onward, kept=kept, bound=bound
        )
    except AccessError as error:
        return _not_in(ask, "confirm" if errand is Errand.CONFIRM else "sign_in", error, onward, kept)
    return ask.mark_company(ask.page("departure", address=address), browser, ask.access.rules.authorization)


def _query(ask: Ask, name: str) -> str:
    return ask.query.get(name, "")[:_LONGEST]


@PAGES.get("/account", ALL_ROLES)
def show_account(ask: Ask, error: Exception | None = None) -> Response:
    """Return what one's account has."""
    wanted, sent = load_notices(ask.access, ask.whose.person.id)
    return ask.page(
        "account",
        error=error,
        programs=ask.whose.person.role in CASE_ROLES,
        days=ask.access.rules.token // DAY,
        wanted=wanted,
        sent=sent,
        sessions=ask.access.sessions.of(ask.whose.person.id),
        codes_left=ask.access.own.recovery_codes_left(ask.whose),
        said=ask.query.get("said", ""),
    )


@PAGES.post("/account/tokens", CASE_ROLES, again=show_account, confirmed=True)
def make_token(ask: Ask) -> Response:
    """Make a token for a program, which is shown this once."""
    name = one_line(ask.line("program"), "program")
    return ask.page("token", name=name, secret=ask.access.sessions.make_token(ask.whose, name).token)


@PAGES.get("/account/password", ALL_ROLES, confirmed=True)
def show_password(ask: Ask, error: AccessError | None = None) -> Response:
    """Another password."""
    return ask.page("password", error=error)


@PAGES.post("/account/password", ALL_ROLES, again=show_password, confirmed=True, lane=Lane.PASSWORDS)
def change_password(ask: Ask) -> Response:
    """Takes it."""
    ask.access.own.change_password(ask.whose, _new_password(ask))
    return ask.go("/account?said=password")


@PAGES.get("/account/authenticator", ALL_ROLES, confirmed=True)
def show_authenticator(ask: Ask, error: AccessError | None = None) -> Response:
    """Another authenticator."""
    return _enrol_page(ask, "authenticator", error)


@PAGES.post("/account/authenticator", ALL_ROLES, again=show_authenticator, confirmed=True)
def change_authenticator(ask: Ask) -> Response:
    """Takes it, and tells new recovery codes."""
    return _enrol(ask, "/account")


@PAGES.post("/account/recovery-codes", ALL_ROLES, confirmed=True)
def renew_codes(ask: Ask) -> Response:
    """New recovery codes."""
    return ask.page("recovery_codes", codes=ask.access.own.renew_codes(ask.whose), onward="/account")


@PAGES.post("/account/sessions/others/end", ALL_ROLES)
def end_other_sessions(ask: Ask) -> Response:
    """Ends all but this one."""
    ask.access.sessions.end_others(ask.whose)
    return ask.go("/account?said=sessions")


@PAGES.post("/account/sessions/{session}/end", ALL_ROLES, personal=True)
def end_session(ask: Ask) -> Response:
    """Ends one of one's sessions."""
    person = ask.whose.person.id
    if not ask.access.sessions.end(ask.names["session"], person=person, by=person):
        return ask.refuse(404)
    return ask.go("/account?said=session")
