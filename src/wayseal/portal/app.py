"""The portal's pages: what may be asked for, and what stands between that and an answer.

1. What isn't in `ROUTES` isn't there; no address has a part that anybody chose, but the name of a static file.
2. Nobody's address, browser, cookie or way here is passed on: the outermost layer leaves them out (`KEPT`).
3. No cookie, no script, no id in an address. What was typed comes back with whatever refuses it.
4. What somebody may be told about by its length is filled up to steps of `STEP` bytes.
5. What breaks is counted, and logged once a day, without its text.
6. A receipt costs one Argon2id, found or not, one at a time; whoever would wait too long is told to come again.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
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
from wayseal.cases.hotline.errors import SealedError
from wayseal.cases.hotline.letters import (
    FIELDS,
    TYPE_TEXTS,
    FileKind,
    Letter,
    LetterFile,
    LetterKind,
    ReportType,
    SealedLetter,
    Sender,
)
from wayseal.cases.hotline.receipts import Derived, Receipt, derive, new_receipt, parse_receipt
from wayseal.cases.hotline.sealing import open_letter
from wayseal.database import Connection, DatabaseError
from wayseal.model.fields import FieldKind
from wayseal.model.messages import N_, Message
from wayseal.page.languages import LANGS, Lang, pick_lang
from wayseal.portal._intake import Entered, Filed, Intake, Sent, read_message, read_report
from wayseal.portal._render import Renderer, read_assets
from wayseal.portal._sessions import Session, Sessions
from wayseal.portal._tickets import Again, Gate, Purpose, Wait
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
STEP = 16_384
_BODIES, _QUEUE = 24, 16
_RETRY = {"Retry-After": "20"}
_KNEW = {
    FieldKind.NAME: N_("my name"),
    FieldKind.PHONE: N_("my phone number"),
    FieldKind.ADDRESS: N_("my address"),
    FieldKind.GOODS: N_("what I had bought"),
}
_KINDS: Mapping[FileKind, str] = {
    FileKind.JPEG: N_("a picture (JPEG) that couldn't be followed to its end: nothing behind that place was taken out"),
    FileKind.PNG: N_("a picture (PNG) that couldn't be followed to its end: nothing behind that place was taken out"),
    FileKind.GIF: N_("a picture (GIF): may hold remarks of the program that made it"),
    FileKind.WEBP: N_("a picture (WebP): may hold time, place and device"),
    FileKind.TIFF: N_("a picture (TIFF): may hold time, place and device"),
    FileKind.HEIC: N_("a picture of a phone (HEIC): holds time, device and often the place where it was taken"),
    FileKind.SOUND: N_("a recording: may hold time and device; your voice can be known"),
    FileKind.VIDEO: N_("a film: may hold time, device and place; what is seen and heard can tell who you are"),
    FileKind.OFFICE: N_("a document: holds the name of whoever wrote it, often the company's, and earlier versions"),
    FileKind.ARCHIVE: N_("an archive: what is in it holds all that it held before"),
    FileKind.PDF: N_("a PDF: may hold the name of whoever made it, and the program"),
    FileKind.TEXT: N_("a text: what stands in it may tell who had it"),
    FileKind.UNKNOWN: N_("a file of a kind that isn't known here: what it holds can't be said"),
}
"""What a file that wasn't cleaned may tell."""
_ENDINGS = {
    FileKind.JPEG: "jpg",
    FileKind.TIFF: "tif",
    FileKind.SOUND: "audio",
    FileKind.OFFICE: "document",
    FileKind.ARCHIVE: "archive",
    FileKind.TEXT: "txt",
    FileKind.UNKNOWN: "file",
}
_LETTERS = {
    LetterKind.REPORT: N_("Your report"),
    LetterKind.MESSAGE: N_("Your message"),
    LetterKind.ANSWER: N_("Answer"),
    LetterKind.STATE: N_("Where it stands"),
    LetterKind.REWARD: N_("Reward"),
    LetterKind.PROOF: N_("Proof"),
    LetterKind.CLOSING: N_("Outcome"),
}
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request, and the language of its answer."""

    request: Request
    lang: Lang


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ShownLetter:
    """A letter of a mailbox. letter: None: it was deleted, or doesn't open; files: theirs that can be taken back."""

    stored: SealedLetter
    letter: Letter | None
    files: frozenset[str] = frozenset()

    @property
    def own(self) -> bool:
        """Whether the reporter wrote it."""
        return self.stored.sender is Sender.REPORTER


class Turn:
    """A ticket's turn, which is asked for once."""

    def __init__(self, gate: Gate, purpose: Purpose) -> None:
        self._gate, self._purpose, self._found = gate, purpose, None

    def refused(self, ticket: str) -> Wait | Again | None:
        """What keeps it out; None: it is admitted."""
        self._found = self._found or self._gate.admit(self._purpose, ticket)
        return self._found if isinstance(self._found, Wait | Again) else None


class Pages:
    """The pages by the names that `ROUTES` has for them."""

    def __init__(self, portal: Portal) -> None:
        self._intake, self._gate, self._sessions = portal.intake, portal.gate, portal.sessions
        self._assets = read_assets()
        self._renderer = Renderer(self._assets.addresses, portal.intake.settings)
        self._reports, self._lookups = portal.intake.lane, CapacityLimiter(1)
        self._bodies = CapacityLimiter(_BODIES)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def route(self, method: str, path: str, name: str) -> Route:
        """The route of a page."""
        serve: Callable[[Ask], Awaitable[Response]] = getattr(self, name)

        async def endpoint(request: Request) -> Response:
            ask = _ask(request)
            if method == "POST" and request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
                return self._error(ask, 403)
            try:
                return await serve(ask)
            except ClientDisconnect:
                raise
            except Exception as error:
                told = where(error)
                self._intake.faults.note(told["error"], told["place"])
                return self._error(ask, 500)

        return Route(path, endpoint, methods=[method])

    async def http_error(self, request: Request, error: Exception) -> Response:
        """What the router says by itself: no such page, no such method."""
        return self._error(_ask(request), error.status_code if isinstance(error, HTTPException) else 500)

    async def static(self, ask: Ask) -> Response:
        """A file that pages refer to."""
        packed = "gzip" in ask.request.headers.get("accept-encoding", "")
        found = self._assets.answer(ask.request.path_params["name"], packed=packed)
        return found or self._error(ask, 404)

    async def start(self, ask: Ask) -> Response:
        """What one can report."""
        return self._page(ask, "start")

    async def how(self, ask: Ask) -> Response:
        """What protects a reporter, and what doesn't."""
        return self._page(ask, "how", minutes=self._intake.settings.session_minutes)

    async def report_form(self, ask: Ask) -> Response:
        """The form of a report."""
        kind = ask.request.query_params.get("type", "")
        if kind not in [one.value for one in ReportType]:
            return self._page(ask, "start")
        return self._report_form(ask, {"type": kind})

    async def report(self, ask: Ask) -> Response:
        """Takes a report, and shows its receipt."""
        turn = Turn(self._gate, Purpose.REPORT)

        def may(fields: Mapping[str, str]) -> bool:
            ticket = fields.get("ticket", "")
            if read_report(fields).faults or self._gate.receipt_of(ticket) or not self._intake.takes_letters():
                return False
            return turn.refused(ticket) is None

        async with _places(self._bodies) as free:
            if not free:
                return self._error(ask, 503)
            sent = await self._intake.read(ask.request, may)
            ticket = sent.fields.get("ticket", "")
            lock = self._locks.setdefault(ticket, asyncio.Lock())
            async with lock:  # pressed twice, the second waits for the first
                return await self._take_report(ask, sent, turn, ticket)

    async def _take_report(self, ask: Ask, sent: Sent, turn: Turn, ticket: str) -> Response:
        filed, fault, status = None, sent.wrong, 400
        entered = read_report(sent.fields)
        if (again := self._gate.receipt_of(ticket)) is not None:
            filed = await run_sync(self._find, again, limiter=self._reports)
        elif fault is None and not entered.faults:
            refused, status = self._refuse(turn, ticket, self._reports), 503
            if refused is None:
                filed, fault = await self._file(entered, sent, ticket)
            elif isinstance(refused, Message):
                fault = FormError(refused)
            else:
                sent.drop()
                return self._report_form(ask, sent.fields, refused=refused, sent=sent, status=429)
        if filed is None:
            await run_sync(sent.drop)
            return self._report_form(ask, sent.fields, entered=entered, fault=fault, sent=sent, status=status)
        session = self._sessions.begin(filed.box, filed.derived.private)
        return self._page(ask, "receipt", padded=True, filed=filed, session=session, missed=sent.missed, **_files())

    def _refuse(self, turn: Turn, ticket: str, lane: CapacityLimiter) -> Wait | Again | Message | None:
        if lane.statistics().tasks_waiting >= _QUEUE:
            return Message(_BUSY)
        if not self._intake.takes_letters():
            return Message(_FULL)
        return turn.refused(ticket)

    async def _file(self, entered: Entered, sent: Sent, ticket: str) -> tuple[Filed | None, FormError | None]:
        receipt = new_receipt()
        try:
            filed = await run_sync(self._intake.file_report, receipt, entered, sent, limiter=self._reports)
        except DatabaseError as error:
            self._intake.faults.note(type(error).__name__, "report")
            return None, FormError(_FULL)
        self._gate.accepted(ticket, receipt)
        return filed, None

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
            return self._back_form(ask, typed=typed, ticket=ticket, fault=sent.wrong or FormError(_NO_DIGITS), status=400)
        refused = self._refuse(Turn(self._gate, Purpose.LOOKUP), ticket, self._lookups)
        if isinstance(refused, Message):
            return self._back_form(ask, typed=typed, ticket=ticket, fault=FormError(refused), status=503)
        if refused is not None:
            return self._back_form(ask, typed=typed, ticket=ticket, refused=refused, status=429)
        session = await run_sync(self._look_up, receipt, limiter=self._lookups)
        if session is None:
            return self._back_form(ask, typed=typed, fault=FormError(_NO_RECEIPT), status=404)
        return await run_sync(partial(self._mailbox, ask, session))

    def _look_up(self, receipt: Receipt) -> Session | None:
        derived: Derived = derive(receipt, self._intake.site, self._intake.cost)
        box = self._intake.database.read(mailbox.find_box, derived.lookup)
        return None if box is None else self._sessions.begin(box.box, derived.private)

    async def mailbox(self, ask: Ask) -> Response:
        """What somebody does in their mailbox."""

        def may(fields: Mapping[str, str]) -> bool:
            open_ = self._sessions.find(fields.get("session", "")) is not None
            return open_ and fields.get("act") == "message" and not read_message(fields).faults and self._has_room()

        async with _places(self._bodies) as free:
            if not free:
                return self._error(ask, 503)
            sent = await self._intake.read(ask.request, may)
            session = self._sessions.find(sent.fields.get("session", ""))
            if session is None:
                await run_sync(sent.drop)
                return self._back_form(ask, fault=FormError(_OVER), status=401, kept=sent.fields.get("text", ""))
            act = _ACTS.get(sent.fields.get("act", ""), Pages._look)
            return await run_sync(act, self, ask, session, sent)

    def _has_room(self) -> bool:
        return self._intake.takes_letters()

    def _look(self, ask: Ask, session: Session, sent: Sent) -> Response:
        return self._mailbox(ask, session)

    def _leave(self, ask: Ask, session: Session, sent: Sent) -> Response:
        self._sessions.end(session.token)
        answer = self._page(ask, "left")
        answer.headers["Clear-Site-Data"] = '"cache", "storage"'
        return answer

    def _message(self, ask: Ask, session: Session, sent: Sent) -> Response:
        entered, box = read_message(sent.fields), self._intake.database.read(mailbox.box_of, session.box)
        fault: FormError | None = sent.wrong
        if fault is None and not entered.faults and box is not None:
            if self._is_again(session, sent.fields.get("at", ""), entered):
                sent.drop()
                return self._mailbox(ask, session, sent_now=True)
            try:
                if self._has_room() and self._intake.file_message(box, entered, sent):
                    return self._mailbox(ask, session, missed=sent.missed, sent_now=True)
                fault = FormError("this report takes no more messages")
            except DatabaseError as error:
                self._intake.faults.note(type(error).__name__, "message")
                fault = FormError(_FULL)
        sent.drop()
        return self._mailbox(
            ask, session, text=entered.text, faults=entered.faults, fault=fault, missed=sent.missed, status=400
        )

    def _is_again(self, session: Session, at: str, entered: Entered) -> bool:
        """Whether the form was sent twice: its text already stands where this page would have put it, or later."""
        if not at.isascii() or not at.isdigit():
            return False
        later = [one for one in self._letters(session) if one.own and one.stored.place >= int(at)]
        return any(one.letter is not None and one.letter.text == entered.text for one in later)

    def _unfile(self, ask: Ask, session: Session, sent: Sent) -> Response:
        """Takes a file back that the team hasn't fetched."""
        wanted = sent.fields.get("file", "")
        there = {one for letter in self._letters(session) for one in letter.files}
        if wanted in there:
            self._intake.database.write(mailbox.drop_file, bytes.fromhex(wanted))
        return self._mailbox(ask, session, taken_back=wanted in there)

    def _proof(self, ask: Ask, session: Session, sent: Sent) -> Response:
        """A proof as a file."""
        for one in self._letters(session):
            named = f"{one.stored.sender}-{one.stored.place}"
            if one.letter and one.letter.kind is LetterKind.PROOF and named == sent.fields.get("letter"):
                headers = {"Content-Disposition": f'attachment; filename="proof-{one.stored.day}.json"'}
                return Response(one.letter.text, media_type="application/json", headers=headers)
        return self._mailbox(ask, session, status=404)

    def _letters(self, session: Session) -> list[ShownLetter]:
        """The letters of a box, opened."""

        def work(c: Connection) -> tuple[list[SealedLetter], list[bytes]]:
            files = [one.file for one in mailbox.files_of(c, session.box) if mailbox.find_chunk(c, one.file, 0)]
            return mailbox.letters_of(c, session.box), files

        stored, files = self._intake.database.read(work)
        here, shown = {one.hex() for one in files}, []
        for one in stored:
            try:
                letter = open_letter(one, session.keys)
            except SealedError:
                letter = None
            own = {file.file for file in letter.files} if letter and one.sender is Sender.REPORTER else set()
            shown.append(ShownLetter(stored=one, letter=letter, files=frozenset(own & here)))
        return shown

    def _mailbox(self, ask: Ask, session: Session, *, status: int = 200, **more: Any) -> Response:
        letters = self._letters(session)
        values = {
            "box": self._intake.database.read(mailbox.box_of, session.box),
            "letters": letters,
            "session": session,
            "at": max((one.stored.place for one in letters), default=0) + 1,
            "text": "",
            "faults": {},
            "fault": None,
            "missed": (),
            "sent_now": False,
            "taken_back": None,
            "letter_texts": _LETTERS,
        }
        return self._page(ask, "mailbox", status=status, padded=True, **values | _files() | more)

    def _report_form(
        self,
        ask: Ask,
        fields: Mapping[str, str],
        *,
        status: int = 200,
        entered: Entered | None = None,
        fault: FormError | None = None,
        refused: Wait | Again | None = None,
        sent: Sent | None = None,
    ) -> Response:
        known = [one for one in ReportType if one.value == fields.get("type")]
        kind = known[0] if known else ReportType.SALE
        ticket = fields.get("ticket", "")
        return self._page(
            ask,
            "report",
            status=status,
            padded=status != 200,
            type=kind,
            title=TYPE_TEXTS[kind],
            may=FIELDS[kind],
            form=fields,
            faults=entered.faults if entered else {},
            fault=fault,
            refused=refused,
            waits=isinstance(refused, Wait),
            missed=[one.name for one in sent.missed] if sent else [],
            knew=_KNEW,
            ticket=self._gate.new_ticket() if not ticket or isinstance(refused, Again) else ticket,
        )

    def _back_form(
        self,
        ask: Ask,
        *,
        typed: str = "",
        ticket: str = "",
        fault: FormError | None = None,
        refused: Wait | Again | None = None,
        status: int = 200,
        kept: str = "",
    ) -> Response:
        ticket = self._gate.new_ticket() if not ticket or isinstance(refused, Again) else ticket
        values = {"typed": typed, "fault": fault, "refused": refused, "waits": isinstance(refused, Wait), "kept": kept}
        return self._page(ask, "back", status=status, padded=status != 200, ticket=ticket, **values)

    def _error(self, ask: Ask, status: int) -> Response:
        answer = self._page(ask, "error", status=status, code=status)
        answer.headers.update(_RETRY if status == 503 else {})
        return answer

    def _page(self, ask: Ask, template: str, *, status: int = 200, padded: bool = False, **values: Any) -> Response:
        path = ask.request.scope["path"] if ask.request.method == "GET" else ""
        query = ask.request.query_params.get("type", "")
        other = f"{path}?{f'type={query}&' if query in list(ReportType) else ''}lang="
        others = [(one, other + one) for one in LANGS if one != ask.lang and path]
        content = self._renderer.page(template, ask.lang, others=others, page=template, **values).encode()
        if padded:  # rule 4
            left = -(len(content) + 9) % STEP
            content += b"<!--" + b"." * left + b"-->\n" + b"\n"
        return Response(content, status, media_type="text/html")


_ACTS = {
    "message": Pages._message,
    "proof": Pages._proof,
    "unfile": Pages._unfile,
    "leave": Pages._leave,
}


def file_name(number: int, file: LetterFile) -> str:
    """What a file is called: its own name may tell the minute."""
    return f"file-{number}.{_ENDINGS.get(file.kind, file.kind.value)}"


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


def _ask(request: Request) -> Ask:
    chosen = request.query_params.get("lang")
    return Ask(request=request, lang=pick_lang(chosen, request.headers.get("accept-language", ""), "zh"))


def _files() -> Mapping[str, Any]:
    """What pages need to speak of files."""
    return {"kind_texts": _KINDS, "file_name": file_name}


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
