"""The portal's pages: what may be asked for, and what stands between that and an answer.

1. What isn't in `ROUTES` isn't there; no address has a part that anybody chose, but the name of a static file.
2. Nobody's address, browser, cookie or way here is passed on: the outermost layer leaves them out (`KEPT`).
3. No cookie, no script, no id in an address. What was typed comes back with whatever refuses it.
4. What breaks is counted, and logged once a day, without its text.
5. A receipt costs one Argon2id, found or not, one at a time; whoever would wait too long is told to come again.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakValueDictionary

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from wayseal.cases.hotline import mailbox
from wayseal.cases.hotline.forms import Entered, read_message, read_report
from wayseal.cases.hotline.letters import FIELDS, TYPE_TEXTS, ReportType, Sender
from wayseal.cases.hotline.receipts import Derived, Receipt, derive, parse_receipt
from wayseal.cases.hotline.sealing import open_letter
from wayseal.database import DatabaseError
from wayseal.model.messages import N_, Message
from wayseal.portal._intake import Filed, Intake, Sent
from wayseal.portal._mailbox import Mailbox
from wayseal.portal._render import Ask, Renderer, read_assets
from wayseal.portal._sessions import Session, Sessions
from wayseal.portal._tickets import Admitted, Again, Gate, Purpose, Wait
from wayseal.portal.errors import FormError
from wayseal.service.headers import Headers, HeadersLayer, make_headers
from wayseal.service.log import where

ROUTES: Final = (
    ("GET", "/", "start"),
    ("GET", "/report", "report_form"),
    ("POST", "/report", "report"),
    ("GET", "/back", "back_form"),
    ("POST", "/back", "back"),
    ("POST", "/mailbox", "mailbox"),
    ("GET", "/how", "how"),
    ("GET", "/static/{name}", "static"),
)
"""Method, path, and the method of `Pages` (rule 1)."""
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
KEPT = frozenset(
    {
        b"accept-encoding",
        b"accept-language",
        b"authorization",
        b"content-length",
        b"content-type",
        b"host",
        b"sec-fetch-site",
        b"transfer-encoding",
    }
)
"""Headers that anything of ours is told (rule 2)."""
_BODIES, _QUEUE = 24, 16
_RETRY = {"Retry-After": "20"}
_NO_RECEIPT = N_("no report is found under it: compare it digit by digit")
_NO_DIGITS = N_("a receipt has 16 digits")
_BUSY = N_("many are here just now: press again in a moment")
_FULL = N_("nothing can be stored here just now")
_OVER = N_("your session is over: type your receipt again")


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """What the pages stand on."""

    intake: Intake
    gate: Gate
    sessions: Sessions


class Turn:
    """A ticket's turn, which is asked for once."""

    def __init__(self, gate: Gate, purpose: Purpose) -> None:
        self._gate, self._purpose = gate, purpose
        self._found: Admitted | Wait | Again | None = None
        self._ticket = ""

    def refused(self, ticket: str) -> Wait | Again | None:
        """What keeps it out; None: it is admitted."""
        if self._found is None:
            self._found, self._ticket = self._gate.admit(self._purpose, ticket), ticket
        return None if isinstance(self._found, Admitted) else self._found

    def release(self) -> None:
        """Nothing came of it: the ticket may be used again."""
        if isinstance(self._found, Admitted):
            self._gate.release(self._ticket)


class Pages:
    """The pages by the names that `ROUTES` has for them."""

    def __init__(self, portal: Portal) -> None:
        self._intake, self._gate, self._sessions = portal.intake, portal.gate, portal.sessions
        self._assets = read_assets()
        self._render = Renderer(self._assets.addresses, portal.intake.settings).page
        self._talk = Mailbox(portal.intake, portal.sessions, self._render)
        self._reports, self._lookups = portal.intake.lane, CapacityLimiter(1)
        self._bodies = CapacityLimiter(_BODIES)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def route(self, method: str, path: str, name: str) -> Route:
        """The route of a page."""
        serve: Callable[[Ask], Awaitable[Response]] = getattr(self, name)

        async def endpoint(request: Request) -> Response:
            ask = Ask.of(request)
            if method == "POST" and request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
                return self._error(ask, 403)
            try:
                return await serve(ask)
            except ClientDisconnect:
                return Response(status_code=400)  # nobody is there to read it
            except Exception as error:
                told = where(error)
                self._intake.faults.note(told["error"], told["place"])
                return self._error(ask, 500)

        return Route(path, endpoint, methods=[method])

    async def http_error(self, request: Request, error: Exception) -> Response:
        """What the router says by itself: no such page, no such method."""
        return self._error(Ask.of(request), error.status_code if isinstance(error, HTTPException) else 500)

    async def static(self, ask: Ask) -> Response:
        """A file that pages refer to."""
        packed = "gzip" in ask.request.headers.get("accept-encoding", "")
        found = self._assets.answer(ask.request.path_params["name"], packed=packed)
        return found or self._error(ask, 404)

    async def start(self, ask: Ask) -> Response:
        """What one can report."""
        return self._render(ask, "start")

    async def how(self, ask: Ask) -> Response:
        """What protects a reporter, and what doesn't."""
        return self._render(ask, "how", minutes=self._intake.settings.session_minutes)

    async def report_form(self, ask: Ask) -> Response:
        """The form of a report."""
        kind = ask.request.query_params.get("type", "")
        if kind not in [one.value for one in ReportType]:
            return self._render(ask, "start")
        return self._report_form(ask, Sent(fields={"type": kind}))

    async def report(self, ask: Ask) -> Response:
        """Takes a report, and shows its receipt."""
        turn = Turn(self._gate, Purpose.REPORT)

        def may(fields: Mapping[str, str]) -> bool:
            ticket = fields.get("ticket", "")
            fits = not read_report(fields).faults and self._intake.takes_letters()
            return fits and turn.refused(ticket) is None

        async with _places(self._bodies) as free:
            if not free:
                return self._error(ask, 503)
            try:
                sent = await self._intake.read(ask.request, may, crowded=self._crowded)
            except BaseException:
                turn.release()
                raise
            if sent.wrong is not None and not sent.fields:
                return self._error(ask, 400, sent.wrong)
            ticket = sent.fields.get("ticket", "")
            lock = self._locks.setdefault(ticket, asyncio.Lock())
            async with lock:  # pressed twice, the second waits for the first
                return await self._take_report(ask, sent, turn, ticket)

    async def _take_report(self, ask: Ask, sent: Sent, turn: Turn, ticket: str) -> Response:
        filed, fault, status = None, sent.wrong, 400
        entered = read_report(sent.fields)
        refused: Wait | Again | Message | None = None
        if fault is None and not entered.faults:
            refused, status = turn.refused(ticket), 429
            used = refused == Again("used")
            if used or refused is None:
                refused = self._no_room(self._reports)
            receipt = self._intake.receipt_for(b"ticket " + (self._gate.name_of(ticket) or b""))
            if refused is None and used:
                filed = await run_sync(self._find, receipt, limiter=self._reports)
                refused = None if filed else Again("used")
            elif refused is None:
                filed, fault = await self._file(entered, sent, receipt)
        if filed is None:
            turn.release()
            await run_sync(sent.drop)
            faults = {} if sent.wrong else entered.faults
            return self._report_form(ask, sent, faults=faults, fault=fault, refused=refused, status=status)
        session = self._sessions.begin(filed.box, filed.derived.private)
        return self._render(ask, "receipt", padded=True, filed=filed, session=session, missed=sent.missed)

    def _no_room(self, lane: CapacityLimiter) -> Message | None:
        if lane.statistics().tasks_waiting >= _QUEUE:
            return Message(_BUSY)
        return None if self._intake.takes_letters() else Message(_FULL)

    async def _file(self, entered: Entered, sent: Sent, receipt: Receipt) -> tuple[Filed | None, FormError | None]:
        try:
            return await run_sync(self._intake.file_report, receipt, entered, sent, limiter=self._reports), None
        except DatabaseError as error:
            self._intake.faults.note(type(error).__name__, "report")
            return None, FormError(_FULL)

    def _find(self, receipt: Receipt) -> Filed | None:
        """The report under a receipt."""
        derived = derive(receipt, self._intake.site, self._intake.cost)
        box = self._intake.database.read(mailbox.find_box, derived.lookup)
        first = None if box is None else self._intake.database.read(mailbox.find_letter, box.box, Sender.REPORTER, 1)
        if box is None or first is None:
            return None
        return Filed(receipt=receipt, derived=derived, box=box.box, letter=open_letter(first, derived.keys))

    async def back_form(self, ask: Ask) -> Response:
        """Where a receipt is typed."""
        return self._back_form(ask)

    async def back(self, ask: Ask) -> Response:
        """Opens a mailbox by its receipt."""
        sent = await self._intake.read(ask.request, lambda _: False, files=False)
        typed, ticket = sent.fields.get("receipt", "")[:200], sent.fields.get("ticket", "")
        receipt = parse_receipt(typed)
        if sent.wrong is not None or receipt is None:
            return self._back_form(
                ask, typed=typed, ticket=ticket, fault=sent.wrong or FormError(_NO_DIGITS), status=400
            )
        refused = self._no_room(self._lookups) or Turn(self._gate, Purpose.LOOKUP).refused(ticket)
        if refused is not None:
            return self._back_form(ask, typed=typed, ticket=ticket, refused=refused, status=429)
        session = await run_sync(self._look_up, receipt, limiter=self._lookups)
        if session is None:
            return self._back_form(ask, typed=typed, fault=FormError(_NO_RECEIPT), status=404)
        return await run_sync(self._talk.show, ask, session)

    def _look_up(self, receipt: Receipt) -> Session | None:
        derived: Derived = derive(receipt, self._intake.site, self._intake.cost)
        box = self._intake.database.read(mailbox.find_box, derived.lookup)
        return None if box is None else self._sessions.begin(box.box, derived.private)

    async def mailbox(self, ask: Ask) -> Response:
        """What somebody does in their mailbox."""

        def may(fields: Mapping[str, str]) -> bool:
            open_ = self._sessions.find(fields.get("session", "")) is not None
            return open_ and fields.get("act") == "message" and not read_message(fields).faults

        async with _places(self._bodies) as free:
            if not free:
                return self._error(ask, 503)
            sent = await self._intake.read(ask.request, may, crowded=self._crowded)
            if sent.wrong is not None and not sent.fields:
                return self._error(ask, 400, sent.wrong)
            session = self._sessions.find(sent.fields.get("session", ""))
            if session is None:
                await run_sync(sent.drop)
                return self._back_form(ask, fault=FormError(_OVER), status=401, kept=sent.fields.get("text", ""))
            return await run_sync(self._talk.act, ask, session, sent)

    def _crowded(self) -> bool:
        return self._bodies.statistics().tasks_waiting > 0

    def _report_form(self, ask: Ask, sent: Sent, **more: Any) -> Response:
        known = [one for one in ReportType if one.value == sent.fields.get("type")]
        kind = known[0] if known else ReportType.SALE
        about = {
            "type": kind,
            "title": TYPE_TEXTS[kind],
            "may": FIELDS[kind],
            "form": sent.fields,
            "missed": sent.names,
        }
        return self._form(ask, "report", ticket=sent.fields.get("ticket", ""), **({"faults": {}} | about | more))

    def _back_form(self, ask: Ask, **more: Any) -> Response:
        return self._form(ask, "back", **({"typed": "", "kept": ""} | more))

    def _form(
        self,
        ask: Ask,
        page: str,
        *,
        ticket: str = "",
        fault: FormError | None = None,
        refused: Wait | Again | Message | None = None,
        status: int = 200,
        **more: Any,
    ) -> Response:
        """A form with its ticket, and what keeps it out. more: what its template asks for."""
        if isinstance(refused, Message):
            fault, refused = FormError(refused), None
        ticket = self._gate.new_ticket() if not ticket or isinstance(refused, Again) else ticket
        about = {"fault": fault, "refused": refused, "waits": isinstance(refused, Wait), "ticket": ticket}
        return self._render(ask, page, status=status, padded=status != 200, **about, **more)

    def _error(self, ask: Ask, status: int, fault: FormError | None = None) -> Response:
        answer = self._render(ask, "error", status=status, code=status, fault=fault)
        answer.headers.update(_RETRY if status == 503 else {})
        return answer


def headers_of(secure: bool) -> Headers:
    """What every answer has."""
    return make_headers(POLICY, secure=secure, referrer="no-referrer")


def create_app(portal: Portal, more: Sequence[BaseRoute] = ()) -> ASGIApp:
    """What a server runs. more: routes beside the pages."""
    pages = Pages(portal)
    handlers: dict[Any, Any] = {404: pages.http_error, 405: pages.http_error}
    app = Starlette(routes=[*more, *(pages.route(*route) for route in ROUTES)], exception_handlers=handlers)
    app.router.redirect_slashes = False
    layer = HeadersLayer(app, headers=headers_of(portal.intake.settings.secure), log=None)

    async def nameless(scope: Scope, receive: Receive, send: Send) -> None:
        """Rule 2."""
        headers = [(name, value) for name, value in scope.get("headers", ()) if name in KEPT]
        await layer({**scope, "client": None, "headers": headers}, receive, send)

    return nameless


@asynccontextmanager
async def _places(limiter: CapacityLimiter) -> AsyncIterator[bool]:
    """One of the places for bodies, and whether it came free in time."""
    try:
        async with asyncio.timeout(20):
            await limiter.acquire_on_behalf_of(owner := object())
    except TimeoutError:
        yield False
        return
    try:
        yield True
    finally:
        limiter.release_on_behalf_of(owner)
