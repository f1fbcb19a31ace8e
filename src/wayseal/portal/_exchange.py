"""The exchange: by it the console fetches what came, and puts what reporters may read.

1. It is there on the exchange's port alone: on another, none of its paths is any route.
2. Nobody gets anything without a token (`service.tokens`), but whether the portal runs.
3. Letters cross sealed. One alone comes in clear: a report that staff typed in.
4. All can be done again: what is there already is said to be done, and another letter at its place is a 409.
5. Of a box in which a letter waits nothing is deleted (409): the console fetches it first.

    GET  /exchange/untaken                      transit.Untaken
    GET  /exchange/held                         transit.Held: what a portal out of a backup lacks is brought again
    GET  /exchange/letters/{box}/{place}        a reporter's: transit.Carried
    PUT  /exchange/letters/{box}/{place}        transit.Carried, of staff: 204; 404, no such box; 409
    POST /exchange/letters/{box}/{place}/taken  the console has it, its chunks go: 204
    GET  /exchange/files/{file}/{n}             a sealed chunk, n from 1
    PUT  /exchange/boxes/{box}/gone             transit.Gone: 204, 404, 409
    POST /exchange/typed                        transit.TypedIn: {"receipt": "1234567890123456"}
    GET  /exchange/healthz                      204 or 503
"""

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from wayseal.cases.hotline import mailbox
from wayseal.cases.hotline.letters import Sender
from wayseal.cases.hotline.receipts import Receipt
from wayseal.cases.hotline.transit import MOST_CARRIED, Carried, Gone, Held, TypedIn, Untaken
from wayseal.database import Connection, Database
from wayseal.model.errors import WaysealError
from wayseal.model.schema import parse_json, plain
from wayseal.service.tokens import TokenFile

_ID, _NUMBER = re.compile("[0-9a-f]{32}"), re.compile("[0-9]{1,9}")


def exchange_routes(
    database: Database, tokens: TokenFile, port: int, typed: Callable[[TypedIn], Awaitable[Receipt]]
) -> list[Route]:
    """The routes of the exchange, for the app that answers both sockets.

    Args:
        database: The portal's mailbox.
        tokens: Whose requests are answered.
        port: Of the socket on which they are (rule 1).
        typed: Seals and stores a report as the form does; its receipt, once all is durable. A WaysealError is a 503.
    """

    def guarded(method: str, kind: Callable[..., Any] | None, work: Callable[..., Any] | None) -> Callable[..., Any]:
        transaction = database.read if method == "GET" else database.write

        async def answer(request: Request) -> Response:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or tokens.find(token.strip()) is None:
                return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
            key, n = request.path_params.get("id", "0" * 32), request.path_params.get("n", "0")
            if not (_ID.fullmatch(key) and _NUMBER.fullmatch(n)):
                return Response(status_code=404)
            try:
                given = [] if kind is None else [parse_json(await _body(request), kind)]
            except ValueError:
                return Response(status_code=400)
            try:
                if work is None:
                    return _response({"receipt": (await typed(*given)).digits})
                return _response(await run_in_threadpool(transaction, work, bytes.fromhex(key), int(n), *given))
            except WaysealError:
                return Response(status_code=503, headers={"Retry-After": "60"})

        return answer

    async def healthy(request: Request) -> Response:
        return Response(status_code=204 if await run_in_threadpool(database.healthy) else 503)

    routes = [_OwnPort(port, path, guarded(method, kind, work), method) for method, path, kind, work in _ROUTES]
    return [*routes, _OwnPort(port, "healthz", healthy, "GET")]


class _OwnPort(Route):
    def __init__(self, port: int, path: str, endpoint: Callable[..., Any], method: str) -> None:
        super().__init__(f"/exchange/{path}", endpoint, methods=[method])
        self._port = port

    def matches(self, scope: MutableMapping[str, Any]) -> tuple[Match, MutableMapping[str, Any]]:
        """Rule 1."""
        here = (scope.get("server") or (None, None))[1] == self._port
        return super().matches(scope) if here else (Match.NONE, {})


def _untaken(c: Connection, _box: bytes, _n: int) -> Untaken:
    return Untaken(letters=tuple(mailbox.untaken(c, Sender.REPORTER)))


def _held(c: Connection, _box: bytes, _n: int) -> Held:
    gone = tuple(one.box for one in mailbox.gone_boxes(c))
    return Held(letters=tuple(mailbox.letters_for_reporters(c, whole=False)), gone=gone)


def _letter(c: Connection, box: bytes, place: int) -> Carried | None:
    its, letter = mailbox.box_of(c, box), mailbox.find_letter(c, box, Sender.REPORTER, place)
    if its is None or letter is None:
        return None
    files = tuple(one for one in mailbox.files_of(c, box) if one.place == place)
    return Carried.of(its, letter, files)


def _put(c: Connection, box: bytes, place: int, body: Carried) -> int:
    letter, its = body.letter, mailbox.box_of(c, box)
    if (letter.box, letter.sender, letter.place, body.files) != (box, Sender.STAFF, place, ()):
        return 400
    if its is None:
        return 404
    return 204 if its.public == body.box.public and mailbox.add_letter(c, replace(letter, taken=True)) else 409


def _take(c: Connection, box: bytes, place: int) -> int:
    mailbox.take(c, Sender.REPORTER, [(box, place)])
    return 204


def _bury(c: Connection, box: bytes, _n: int, gone: Gone) -> int:
    if mailbox.box_of(c, box) is None:
        return 404
    if any(at == box for at, _ in mailbox.untaken(c, Sender.REPORTER)):
        return 409
    mailbox.bury(c, box, gone.day, gone.rule)
    return 204


_ROUTES: tuple[tuple[str, str, Callable[..., Any] | None, Callable[..., Any] | None], ...] = (
    ("GET", "untaken", None, _untaken),
    ("GET", "held", None, _held),
    ("GET", "letters/{id}/{n}", None, _letter),
    ("PUT", "letters/{id}/{n}", Carried, _put),
    ("POST", "letters/{id}/{n}/taken", None, _take),
    ("GET", "files/{id}/{n}", None, mailbox.find_chunk),
    ("PUT", "boxes/{id}/gone", Gone, _bury),
    ("POST", "typed", TypedIn, None),
)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_CARRIED:
            raise ValueError("size")
    return bytes(body)


def _response(found: Any) -> Response:
    """A status, a chunk, nothing, or a record."""
    if found is None or isinstance(found, int):
        return Response(status_code=found or 404)
    if isinstance(found, bytes):
        return Response(found, media_type="application/octet-stream")
    body = found if isinstance(found, dict) else plain(found)
    return Response(json.dumps(body), media_type="application/json")
