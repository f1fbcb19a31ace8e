"""The gate's routes: what may be asked for, and what stands between that and an answer.

1. What isn't in `ROUTES` isn't there. No secret stands in an address: such a request is refused before it is read.
2. Unknown, forbidden, not scanned yet, shown no more, a wrong secret, none, refused and locked are one answer: the same
   bytes, after the same work, at the same time, which is a multiple of `miss_milliseconds` after it was asked.
3. A budget is told of (429), as it hangs on no number; so is a token that is nobody's (401).
4. Before its first scan a number belongs to its holder: whoever else asks for it becomes a breach, behind the answer.
5. A courier's code is looked at where number and secret are right; yes and no come at the same time.
6. Pages of others can't have their visitors ask.
7. The loop's timers have whole milliseconds, and begin when its turn began: what is rounded would tell of the work that
   was done. A wait begins in a turn of its own, and is blurred by two uniform draws of a millisecond, after which mean
   and variance of the rounding hang on nothing (Lipshitz, Wannamaker and Vanderkooy 1992).
"""

import asyncio
import json
import math
import random
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from wayseal.gate._evidence import Asked, Outcome
from wayseal.gate._judge import Identity, Judge, identify, keyed
from wayseal.gate._lookup import Lookup
from wayseal.gate._pages import Renderer, public_events, read_assets
from wayseal.gate.settings import GateSettings
from wayseal.model.errors import WaysealError
from wayseal.model.numbers import clean_waybill
from wayseal.model.times import DAY_US, iso
from wayseal.numbers.breaches import Breach, BreachKind
from wayseal.numbers.codes import parse_secret
from wayseal.numbers.tables import NumberState
from wayseal.numbers.tracking import Tracked
from wayseal.service.headers import Headers, HeadersLayer, make_headers
from wayseal.service.log import Log, where
from wayseal.service.tokens import TokenFile

ROUTES: Final = {
    ("GET", "/"): "start",
    ("POST", "/"): "track",
    ("GET", "/courier"): "courier_form",
    ("POST", "/courier"): "courier",
    ("GET", "/v1/track"): "answer",
    ("POST", "/v1/track"): "answer",
}
"""By method and path, the method of `Gate`; beside them static files, under /static/."""
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
MOST_BODY: Final = 4096
_NUMBER = re.compile(r"[A-Z0-9]{8,40}")
_NOBODY = "-nobody-"
"""What is looked up where it can be no number."""
_UNSCANNED = frozenset({NumberState.ISSUED, NumberState.BOUND})
_KNOWN = ("number", "secret", "code")
_TIMER = 0.001
"""Seconds to which the loop's timers are rounded."""


class _RefusedError(Exception):
    """An answer that hangs on no number. status: of HTTP; wait: seconds, where coming again helps."""

    def __init__(self, status: int, wait: float = 0.0) -> None:
        super().__init__()
        self.status, self.wait = status, wait


class _Typed(NamedTuple):
    """What somebody sent, and who. began: when it came, in seconds of the monotonic clock."""

    fields: Mapping[str, str]
    who: tuple[Identity, ...]
    account: str | None
    began: float


class Gate:
    """What is answered, by the names that `ROUTES` has for it. key: of hashes of prefixes and numbers."""

    def __init__(
        self, settings: GateSettings, *, numbers: Lookup, judge: Judge, tokens: TokenFile, key: bytes, log: Log
    ) -> None:
        self.settings, self.numbers, self.judge, self.log = settings, numbers, judge, log
        self._tokens, self._key, self._step = tokens, key, settings.miss_milliseconds / 1000
        self._assets = read_assets()
        self._render = Renderer(self._assets.addresses, settings).page

    async def start(self, request: Request) -> Response:
        """The form."""
        return self._render(
            request, "track", number=request.query_params.get("number", "")[:60], parcel=None, missed=False
        )

    async def courier_form(self, request: Request) -> Response:
        """The form for the courier's code."""
        return self._render(request, "courier", number="", answer=None)

    async def track(self, request: Request) -> Response:
        """What a person sees."""
        typed = await self._read(request)
        found = await self._find(typed)
        parcel = None if found is None else {"number": found.number, "events": public_events(found)}
        number = "" if parcel else typed.fields.get("number", "")[:60]
        return self._render(request, "track", 200, number=number, parcel=parcel, missed=parcel is None)

    async def courier(self, request: Request) -> Response:
        """Yes or no (rule 5)."""
        typed = await self._read(request)
        found = await self._find(typed, held=True)
        fits = False
        if found is not None:
            name, code = (
                keyed(self._key, b"code " + found.number.encode()),
                clean_waybill(typed.fields.get("code", "")[:20]),
            )
            fits = self.judge.may_try(name, typed.began) and self.numbers.code_fits(found.number, code)
        await self._until(typed.began)
        self.judge.counts["courier_yes" if fits else "courier_no", ""] += 1
        return self._render(request, "courier", number=typed.fields.get("number", "")[:60], answer=fits)

    async def answer(self, request: Request) -> Response:
        """What a program gets."""
        found = await self._find(await self._read(request))
        if found is None:
            return _UNKNOWN
        events = [{"kind": one.kind, "at": iso(one.at), "city": one.city} for one in public_events(found)]
        return Response(json.dumps({"number": found.number, "events": events}), media_type="application/json")

    def static(self, request: Request) -> Response | None:
        """A file that pages refer to."""
        packed = "gzip" in request.headers.get("accept-encoding", "")
        return self._assets.answer(request.url.path.removeprefix("/static/"), packed=packed)

    def refusal(self, request: Request, status: int, wait: float = 0.0) -> Response:
        """What isn't answered, as a page or for a program."""
        path = request.scope["path"]
        made = (
            _problem(status, "refused")
            if path.startswith("/v1/")
            else self._render(request, "error", status, code=status)
        )
        made.headers.update({"Retry-After": str(math.ceil(wait))} if wait else {})
        made.headers.update({"WWW-Authenticate": "Bearer"} if status == 401 else {})
        return made

    async def _read(self, request: Request) -> _Typed:
        """What was sent, if whoever sent it may ask at all (rules 1, 3 and 6)."""
        began, headers = time.monotonic(), request.headers
        if {"secret", "code"} & set(request.query_params) or headers.get("sec-fetch-site", "none") not in (
            "none",
            "same-origin",
        ):
            raise _RefusedError(403)
        account = None
        if "authorization" in headers:
            scheme, _, token = headers["authorization"].partition(" ")
            account = self._tokens.find(token.strip()) if scheme.lower() == "bearer" else None
            if account is None:
                raise _RefusedError(401)
        address = request.client.host if request.client else ""
        who = identify(self._key, address, account)
        if wait := self.judge.admit(who, began):
            raise _RefusedError(429, wait)
        if request.method == "GET":
            fields = {"number": request.query_params.get("number", ""), "secret": headers.get("x-shipment-secret", "")}
        else:
            fields = await _form(request)
        return _Typed(fields=fields, who=who, account=account, began=began)

    async def _find(self, typed: _Typed, *, held: bool = False) -> Tracked | None:
        """The parcel that is shown; None: none is (rule 2). held: the time is kept by whoever asks."""
        number = clean_waybill(typed.fields.get("number", "")[:200])
        number = number if _NUMBER.fullmatch(number) else _NOBODY
        secret = parse_secret(typed.fields.get("secret", "")) or ""
        try:
            found = await self.numbers.find(number)
        except WaysealError:
            raise _RefusedError(503, 20) from None
        fits = self.numbers.fits(number, secret, found)
        if found is not None and found.state in _UNSCANNED and found.holder != typed.account:
            kind, at, asker = BreachKind.TRACKED_EARLY, self.numbers.clock(), asker_of(typed.who[0])
            told = {"state": found.state.value, "secret": "right" if fits else "none or wrong"}
            self.numbers.note(
                Breach(kind=kind, number=found.number, at=at, asker=asker, holder=found.holder, facts=told)
            )
        own = found is not None and found.holder == typed.account
        outcome = Outcome.MISS if number != _NOBODY and (secret or typed.account) else Outcome.NONE
        if found is not None and (fits or own):
            outcome = Outcome.HIT if self.numbers.is_live(found) and public_events(found) else Outcome.EARLY
        asked = Asked(number, "" if own and not fits else secret)
        way = () if found is None or outcome is not Outcome.HIT else _facts(found)
        if self.judge.judge(typed.who, outcome, asked, typed.began, way):
            return found
        if not held:
            await self._until(typed.began)
        return None

    async def _until(self, began: float) -> None:
        """Waits for the next moment at which answers go out (rules 2 and 7), a step at least but for the blur."""
        await asyncio.sleep(0)
        spent = time.monotonic() - began
        blur = _TIMER * (random.random() - random.random())  # noqa: S311
        await asyncio.sleep((spent // self._step + 1) * self._step - spent + blur)


def asker_of(one: Identity) -> str:
    """A caller as a breach names it: an account's name, or the keyed hash of a prefix."""
    return one.name.decode() if one.kind == "account" else f"{one.kind}:{one.name.hex()}"


def headers_of(secure: bool) -> Headers:
    """What every answer has."""
    return make_headers(POLICY, secure=secure, referrer="no-referrer")


def create_app(gate: Gate) -> ASGIApp:
    """What a server runs (rule 1)."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await (await _answer(gate, request))(scope, receive, send)

    return HeadersLayer(app, headers=headers_of(gate.settings.secure), log=None)


async def _answer(gate: Gate, request: Request) -> Response:
    path = request.scope["path"]
    name = ROUTES.get((request.method, path))
    try:
        if name is not None:
            serve: Callable[[Request], Awaitable[Response]] = getattr(gate, name)
            return await serve(request)
        static = gate.static(request) if request.method == "GET" and path.startswith("/static/") else None
        return static or gate.refusal(request, 404 if request.method in ("GET", "HEAD", "POST") else 405)
    except _RefusedError as refused:
        return gate.refusal(request, refused.status, refused.wait)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it
    except Exception as error:
        gate.log.error("broke", **where(error))
        return gate.refusal(request, 500)


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form; what can be none is refused (400, 413)."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BODY:
            raise _RefusedError(413)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=8, errors="replace")
    except ValueError:
        raise _RefusedError(400) from None
    return {name: value for name, value in pairs if name in _KNOWN}


def _facts(found: Tracked) -> tuple[str, str, str]:
    """Origin, customer and day of a parcel."""
    first = found.events[0]
    return first.city or "", found.holder, str(first.at // DAY_US)


def _problem(status: int, rule: str) -> Response:
    body: dict[str, Any] = {"type": f"urn:wayseal:rule:{rule}", "status": status}
    return Response(json.dumps(body), status, media_type="application/problem+json")


_UNKNOWN: Final = _problem(404, "unknown")
"""The one answer of rule 2 for programs, made once; sending it changes nothing of it."""
