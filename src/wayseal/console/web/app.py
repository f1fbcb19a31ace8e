"""The console's web: its routes, and what stands between one and its page.

Who asks, whether they may, and what becomes of what they typed. What it is made of stands here and in `console.serve`.

1. In this order: who it is; whether our own page sent what changes something; whether the route is for them. Nothing of
   a page runs before.
2. A session that is further or less far than the route needs is sent to where it belongs.
3. A role that a route doesn't name gets 403, and nothing tells whether what was asked for is there.
4. What was typed into a form whose session ended comes back after signing in (`_drafts`), to the same person.
5. A database that is away is said so, with 503, and the form is in the answer, to be sent again; so with a casebook.
   One that was changed says what to do, and other pages go on.
6. Who sends files is let in before a byte of them is written, and they don't outlive the answer unless the page keeps
   them. Where rules 4 and 5 keep what was typed, files are passed over, and their names are told.
7. What computes passwords, and what asks the company's sign-in, has threads of its own: pages never wait behind them.
8. What a page gives out as a file that it made is an act of access, written before its first byte goes out. Files of
   cases and packs of evidence have acts of their own. Whoever comes to such an address from elsewhere is asked first.
9. A program is known by its token alone, to what is declared for programs alone; what it may is what its person may.
   Its answers are JSON, refusals too.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from wayseal.cases.errors import (
    CasebookBusyError,
    CasebookChangedError,
    CasebookDiskError,
    CasebookError,
    CasebookUsageError,
    CaseStateError,
    NoSuchCaseError,
    StaleError,
    UndoError,
)
from wayseal.console.access import AT_ONCE, Standing
from wayseal.console.access.types import ActKind, Session, Via
from wayseal.console.errors import AccessError, RouteError, UploadError
from wayseal.console.roles import OUTLET_MANAGERS, Page, Stage
from wayseal.console.web._ask import LIVE, Ask, Site, StatusError, there
from wayseal.console.web._drafts import carried_draft, draft_of, resend_page, seal_draft
from wayseal.console.web._forms import (
    MOST,
    MOST_CARRIED,
    is_followed,
    is_own,
    local_path,
    page_token,
    read_form,
    read_json,
    token_of,
    visit_of,
)
from wayseal.console.web._render import THEMES, Renderer, read_assets
from wayseal.console.web._resources import CasebookResource, LedgerReader, LiveReader, MarketResource
from wayseal.console.web._uploads import Upload, make_spool, read_upload
from wayseal.console.web.pages import PAGES
from wayseal.database import DatabaseError, DatabaseGoneError
from wayseal.model.messages import N_
from wayseal.page.languages import pick_lang
from wayseal.service.assets import Assets
from wayseal.service.headers import MOST as MOST_REQUESTS
from wayseal.service.headers import Headers, HeadersLayer, make_headers
from wayseal.service.log import Log, where
from wayseal.service.multipart import Parts

__all__ = [
    "CasebookResource",
    "LedgerReader",
    "LiveReader",
    "MarketResource",
    "Site",
    "check_routes",
    "create_app",
    "create_router",
    "headers_of",
    "make_spool",
]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""Without exception: nothing inline, nothing from elsewhere, no frame."""
_HOME = {Stage.CODE: "/sign-in/code", Stage.ENROL: "/enrol", Stage.FULL: "/"}
_SAFE = ("GET", "HEAD")
_STOP = 286
"""Status that ends htmx's asking."""
_PROVE = 401
"""Status of what asks for a proof of who it is."""
POLL = "poll"
"""In the query of what a page asks again by itself."""
_STATUS: Mapping[type[Exception], int] = {
    AccessError: 400,
    NoSuchCaseError: 404,
    CasebookUsageError: 400,
    CaseStateError: 409,
    UndoError: 409,
    StaleError: 409,
}
"""All else is a casebook that can't be read."""
_HINTS: Mapping[type[Exception], str] = {
    CasebookChangedError: N_(
        "Somebody changed the casebook's file outside of Wayseal. Nothing is read out of it: keep it as evidence,"
        " let `wayseal case verify` say what differs, and go on with a copy from before. Everything else here "
        "works."
    ),
    CasebookBusyError: N_("Somebody else writes to it just now. Try again in a moment: nothing was done."),
    CasebookDiskError: N_(
        "Its disk or database doesn't answer, or the ledger was moved. Nothing was done; try again, or tell "
        "whoever runs it. Everything else here works."
    ),
    CasebookError: N_("`wayseal case verify` says more. Everything else here works."),
}
"""What to do about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refused:
    """An answer to whoever may not send files. keeps: what was typed beside them isn't lost nonetheless."""

    answer: Response
    keeps: bool


class Gate:
    """Turns declared pages into routes that nobody passes without leave."""

    def __init__(self, site: Site, renderer: Renderer, assets: Assets) -> None:
        self._site = site
        self._renderer = renderer
        self._assets = assets
        self._limiters = {lane: CapacityLimiter(most) for lane, most in AT_ONCE.items()}

    def route(self, page: Page) -> Route:
        """The route of a page."""

        async def endpoint(request: Request) -> Response:
            request.scope["state"] |= {"route": page.path, "api": page.api}
            if "\0" in request.scope["path"]:  # no database knows it
                return await run_sync(self.refuse, request, 404)
            try:
                if page.upload:
                    return await self._take(page, request)
                read = read_json if page.api else read_form
                form = await read(request, MOST_CARRIED if page.carries else MOST)
            except AccessError as error:
                return await run_sync(self.refuse, request, 400, error)
            return await run_sync(self._serve, page, request, form, limiter=self._limiters.get(page.lane))

        endpoint.page = page  # type: ignore[attr-defined]
        return Route(page.path, endpoint, methods=[page.method])

    async def _take(self, page: Page, request: Request) -> Response:
        """Rule 6. AccessError."""
        if self._site.spool is None:
            raise UploadError("no folder for files is set")
        refused = await run_sync(self._refuse_sender, page, request)
        if refused is not None and not refused.keeps:
            return refused.answer

        def may(fields: Mapping[str, str]) -> bool:
            return is_own(request, fields, self._site.access.keys, self._cookie(request))

        spool, most = self._site.spool if refused is None else None, min(page.upload, self._site.upload_most)
        async with read_upload(request, spool, most, may) as sent:
            return await run_sync(self._serve, page, request, sent.fields, sent)

    def _refuse_sender(self, page: Page, request: Request) -> _Refused | None:
        """An answer to whoever may not send files to this page."""
        try:
            session, standing = self._whose(request)
        except DatabaseGoneError as error:
            # Only of whoever shows a session is the database asked.
            return _Refused(answer=_say_what_broke(page, self._ask(request, None, {}), error), keeps=True)
        ask = self._ask(request, session if standing is Standing.OPEN else None, {})
        found = self._admit_person(page, ask, None)
        if found is None:
            return None
        proof = found.status_code == _PROVE and session is not None and standing is not Standing.ENDED
        return _Refused(answer=found, keeps=proof)

    def refuse(self, request: Request, status: int, error: Exception | None = None) -> Response:
        """A page that says why not."""
        try:
            session, standing = self._whose(request)
        except DatabaseError:
            session, standing = None, Standing.ENDED
        session = session if standing is Standing.OPEN else None
        return self._ask(request, session, {}).page("error", status=status, status_shown=status, error=error)

    async def http_error(self, request: Request, error: Exception) -> Response:
        """Return what the router says by itself: no such page, no such method."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        return await run_sync(self.refuse, request, status)

    def _serve(
        self, page: Page, request: Request, form: Mapping[str, str], sent: Parts[Upload] | None = None
    ) -> Response:
        ask: Ask | None = None
        try:
            session, standing = (None, Standing.ENDED) if page.bare else self._whose(request)
            ask = self._ask(request, session if standing is Standing.OPEN else None, form, sent)
            answer = self._admit(page, request, ask, session, standing) or _act(page, ask)
            _note_export(page, ask, answer)
        except StatusError as error:
            answer = there(ask).refuse(error.status)
        except (AccessError, CasebookError, DatabaseGoneError) as error:
            ask = ask or self._ask(request, None, form, sent)
            answer = _say_what_broke(page, ask, error)
        except Exception as error:
            request.scope["state"]["told"] = where(error)
            ask = ask or self._ask(request, None, form)
            answer = ask.refuse(500)
        self._mark_visitor(request, answer)
        return answer

    def _admit(
        self, page: Page, request: Request, ask: Ask, session: Session | None, standing: Standing
    ) -> Response | None:
        """Return what keeps somebody out; None: nothing does."""
        own = page.api or page.method in _SAFE
        if not own and not is_own(request, ask.form, self._site.access.keys, self._cookie(request)):
            return ask.refuse(403, code="foreign_form")
        out = self._admit_person(page, ask, session if standing is Standing.EXPIRED else None)
        if out is None and page.recorded and page.method in _SAFE and not is_followed(request):
            return ask.page("recorded", status=403, onward=_whole(ask))
        return out

    def _admit_person(self, page: Page, ask: Ask, expired: Session | None) -> Response | None:
        """The same, of who asks alone. expired: the session that was theirs."""
        if page.roles is None:
            return None
        if ask.session is None:
            return self._sign_in(page, ask, expired)
        if ask.session.stage is not page.stage:
            return ask.go(_HOME[ask.session.stage])
        if ask.session.person.role not in page.roles:
            return ask.refuse(403)
        person = ask.session.person
        if page.own_outlet and person.role in OUTLET_MANAGERS and ask.names["outlet"] != person.outlet:
            return ask.refuse(404)
        if page.confirmed and not ask.access.sessions.confirmed(ask.session):
            return self._confirm(page, ask)
        return None

    def _sign_in(self, page: Page, ask: Ask, expired: Session | None) -> Response:
        """Rules 2 and 4. An open page that asks by itself is told, and stays as it is, with what is typed on it."""
        if page.path == LIVE and ask.partial:
            return ask.page("_live", status=_STOP, session_over=True)
        if page.api:
            return ask.refuse(_PROVE)
        if page.method in _SAFE:
            return ask.go("/sign-in" if ask.path == "/" else f"/sign-in?next={quote(_whole(ask))}")
        if ask.partial:
            return Response(status_code=_PROVE, headers={"HX-Redirect": "/sign-in"})
        kept = carried_draft(ask) if expired is None else seal_draft(ask, expired.person.id)
        return ask.page("sign_in", status=_PROVE, next="/", kept=kept, login="", expired=True)

    def _confirm(self, page: Page, ask: Ask) -> Response:
        if page.method in _SAFE:
            return ask.go(f"/confirm?next={quote(_whole(ask))}")
        return ask.page("confirm", status=_PROVE, next="/", kept=seal_draft(ask, ask.whose.person.id))

    def _whose(self, request: Request) -> tuple[Session | None, Standing]:
        api = _is_api(request)
        token = token_of(request) if api else request.cookies.get(self._site.cookie)
        # What a page asks again by itself keeps no session alive that nobody sits at.
        used = POLL not in request.query_params
        found = None if not token else self._site.access.sessions.find(token, used=used)
        right = found is not None and (found[0].via is Via.TOKEN) is api
        return found if found is not None and right else (None, Standing.ENDED)

    def _ask(
        self,
        request: Request,
        session: Session | None,
        form: Mapping[str, str],
        sent: Parts[Upload] | None = None,
    ) -> Ask:
        site, person = self._site, None if session is None else session.person
        chosen = person.lang if person and person.lang else request.cookies.get(f"{site.cookie}-lang")
        theme = person.theme if person and person.theme else request.cookies.get(f"{site.cookie}-theme", "")
        return Ask(
            site=site,
            renderer=self._renderer,
            assets=self._assets,
            path=request.url.path,
            back=_back(request),
            names=request.path_params,
            query={name: value.replace("\0", "") for name, value in request.query_params.items()},
            form=form,
            session=session,
            visit=visit_of(request, site.cookie),
            lang=pick_lang(chosen, request.headers.get("accept-language", "")),
            theme=theme if theme in THEMES else "auto",
            token=page_token(site.access.keys, self._cookie(request) or self._new_cookie(request)),
            company_mark=request.cookies.get(site.company_cookie, ""),
            partial="hx-request" in request.headers,
            packed="gzip" in request.headers.get("accept-encoding", ""),
            files=() if sent is None else sent.files,
            unread=() if sent is None else sent.unread,
            upload=sent is not None,
            api=_is_api(request),
        )

    def _cookie(self, request: Request) -> str | None:
        """Return what forms are tied to: the session, or before there is one, the visitor."""
        return request.cookies.get(self._site.cookie) or request.cookies.get(self._site.visitor_cookie)

    def _new_cookie(self, request: Request) -> str:
        state = request.scope["state"]
        if "visitor" not in state:
            state["visitor"] = secrets.token_hex(16)
        return str(state["visitor"])

    def _mark_visitor(self, request: Request, answer: Response) -> None:
        visitor = request.scope["state"].get("visitor")
        if visitor is not None and answer.headers.get("content-type", "").startswith("text/html"):
            answer.set_cookie(
                self._site.visitor_cookie,
                visitor,
                path="/",
                secure=self._site.settings.secure,
                httponly=True,
                samesite="lax",
            )


def check_routes(routes: Sequence[BaseRoute]) -> None:
    """RouteError where a route doesn't come from a `Page`, or two say the same."""
    seen: set[tuple[str, str]] = set()
    for route in routes:
        page = getattr(getattr(route, "endpoint", None), "page", None)
        if not isinstance(page, Page):
            raise RouteError("the route {path} doesn't say who may call it", path=getattr(route, "path", "?"))
        if (page.method, page.path) in seen:
            raise RouteError("the route {path} is declared twice", path=page.path)
        seen.add((page.method, page.path))


def _act(page: Page, ask: Ask) -> Response:
    """Return what a page does; of whoever came right again after their files were passed over, what was typed."""
    answer: Response = resend_page(ask, draft_of(ask)) if ask.unread else page.act(ask)
    return answer


def _say_what_broke(page: Page, ask: Ask, error: AccessError | CasebookError | DatabaseGoneError) -> Response:
    """Rule 5."""
    gone = isinstance(error, DatabaseGoneError | CasebookBusyError | CasebookDiskError)
    if isinstance(error, DatabaseGoneError) or (gone and page.method not in _SAFE):
        return resend_page(ask, draft_of(ask), status=503, away=True)
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 503)
    if isinstance(error, NoSuchCaseError):
        return ask.refuse(404)
    return ask.refuse(status, error=error, hint=_HINTS.get(type(error), ""))


def _note_export(page: Page, ask: Ask, answer: Response) -> None:
    """Rule 8. The act names what went out by its address, without what was asked behind it."""
    made = "content-disposition" in answer.headers and not isinstance(answer, FileResponse)
    if made and ask.session is not None:
        if page.method in _SAFE and not page.recorded:
            raise RouteError("the route {path} doesn't say that it is recorded", path=page.path)
        place = ask.path.split("/")[1].partition(".")[0]
        ask.access.note(ask.session, ActKind.LIST_EXPORTED, list=place, file=ask.path)


def _is_api(request: Request) -> bool:
    return bool(request.scope["state"].get("api"))


def _whole(ask: Ask) -> str:
    query = "&".join(f"{quote(name)}={quote(value)}" for name, value in ask.query.items())
    return local_path(ask.path + (f"?{query}" if query else ""))


def _back(request: Request) -> str:
    path = request.url.path
    if request.method in _SAFE:
        return local_path(path + (f"?{request.url.query}" if request.url.query else ""))
    return path if path.startswith(("/invited/", "/demo/")) else "/" + path.split("/")[1]


def headers_of(secure: bool) -> Headers:
    """Return what every answer has. secure: browsers come by https."""
    return make_headers(POLICY, secure=secure)


def create_app(site: Site, log: Log, pages: Sequence[Page] = PAGES, most: int = MOST_REQUESTS) -> ASGIApp:
    """The app that a server runs.

    Args:
        site: What it stands on.
        log: Gets a line a request.
        pages: What there is.
        most: Requests at a time.

    Returns:
        It.

    Raises:
        RouteError: A route doesn't say who may call it.
        ConsoleError: Files of the front end are missing.
    """
    headers = headers_of(site.settings.secure)
    return HeadersLayer(create_router(site, pages), headers=headers, log=log, most=most)


def create_router(site: Site, pages: Sequence[Page] = PAGES) -> Starlette:
    """The routes, behind their gate; nobody reaches them but through `create_app`."""
    assets = read_assets()
    gate = Gate(site, Renderer(assets.addresses), assets)
    router = Starlette(
        routes=[gate.route(page) for page in pages],
        exception_handlers={HTTPException: gate.http_error},
    )
    router.router.redirect_slashes = False
    check_routes(router.routes)
    return router
