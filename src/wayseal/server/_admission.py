"""Who gets in: the route's scope, the token, the standing of client and actor, the rate, and the size of the body.

1. Default deny: a route that the table doesn't name answers 403, before all else.
2. A token counts while its client is in use, its actor in office, and the client may act for the actor: now, and not
   when it was issued. Its scopes are no more than the client has now. Without an actor, only those of
   `scopes.ACTORLESS` count.
3. A client that is bound to a certificate must have shown it on this connection; so must a token that is.
4. The body is read here, whole, with a limit of size and time, before anything is parsed, and after the client is
   known. Of whoever isn't known it may have `MOST_BYTES_OPEN`.
5. A name that stands twice in an object is refused: readers of JSON differ in which of the two counts, and what a
   proxy judged by one must not be done by the other. What the framework's reader can't read goes past it to nobody.

6. A request is for one of the app's own routes, asked in their order, and of these only what the table names. Most
   addresses are found in a dictionary. Only paths that share no address with any other stand there, so that it says
   what asking one route after the other would; all else is asked so.
"""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from starlette.routing import BaseRoute, Match, Route

from wayseal.server._access_tokens import AccessTokens, Claims
from wayseal.server._directory_cache import DirectoryCache
from wayseal.server._middleware import App, Deadlines, Message, Receive, Scope, Send
from wayseal.server._problems import ProblemError, Rule
from wayseal.server._rate_limits import TokenBuckets
from wayseal.server.scopes import ACTORLESS
from wayseal.vault import Caller
from wayseal.vault.directory import Client

_ONE = re.compile(r"(?P<before>[^{}]*)/\{(?P<name>\w+)\}/(?P<after>[^/{}]+)")
RouteMatch = tuple[str, Mapping[str, str]]
"""A path of the table, and the parameters in the address by their names."""


class RouteFinder:
    """Finds routes. routes: the app's; table: (method, path) of those that may be called."""

    def __init__(self, routes: Callable[[], Sequence[BaseRoute]], table: Mapping[tuple[str, str], str | None]) -> None:
        self._routes = routes
        self._table = table
        self._plain: dict[tuple[str, str], RouteMatch] = {}
        self._with_one: dict[tuple[str, str, str], tuple[str, str]] = {}
        """(method, before the parameter, after it) → path, name of the parameter."""
        for method, path in _unambiguous(routes()):
            if (method, path) not in table:
                continue
            if "{" not in path:
                self._plain[method, path] = path, {}
            elif one := _ONE.fullmatch(path):
                self._with_one[method, one["before"], one["after"]] = path, one["name"]

    def find(self, scope: Scope) -> RouteMatch:
        """The route of a request; ProblemError where there is none, or none that may be called."""
        method, address = scope["method"], scope["path"]
        plain = self._plain.get((method, address))
        if plain is not None:
            return plain
        before, _, after = address.rpartition("/")
        before, _, value = before.rpartition("/")
        with_one = self._with_one.get((method, before, after))
        if with_one is not None and value:
            return with_one[0], {with_one[1]: value}
        return self._match_each(scope)

    def _match_each(self, scope: Scope) -> RouteMatch:
        """The same, from one route after the other."""
        method = scope["method"]
        methods: set[str] = set()
        for route in self._routes():
            match, found = route.matches(scope)
            if match is Match.NONE:
                continue
            path = str(getattr(route, "path_format", getattr(route, "path", "")))
            path = path if (method, path) in self._table else str(getattr(route, "path", path))
            if match is Match.FULL:
                if (method, path) not in self._table:
                    raise ProblemError(Rule.NOT_ALLOWED)
                return path, found["path_params"]
            methods |= set(getattr(route, "methods", None) or ())
        if methods:
            raise ProblemError(Rule.METHOD, headers={"Allow": ", ".join(sorted(methods))})
        raise ProblemError(Rule.NOT_FOUND)


def _unambiguous(routes: Sequence[BaseRoute]) -> list[tuple[str, str]]:
    """(method, path) of routes that no other path shares an address with."""
    plain = [route for route in routes if isinstance(route, Route)]
    if len(plain) < len(routes):
        return []
    paths = {route.path for route in plain}
    return [
        (method, route.path)
        for route in plain
        if not any(_overlap(route.path, path) for path in paths - {route.path})
        for method in route.methods or ()
    ]


def _overlap(one: str, other: str) -> bool:
    """Check if an address may be of both paths. A parameter may be anything, one with a converter of any length."""
    first, second = one.split("/"), other.split("/")
    same_length = len(first) == len(second) or ":" in one + other
    return same_length and all(a == b or "{" in a + b for a, b in zip(first, second, strict=False))


MOST_HEADERS = 100
MOST_HEADER_BYTES = 16_384
MOST_BYTES_OPEN = 16_384
"""As many as are kept of a body before it is known whose it is (`_http_protocol`, rule 3)."""
_JSON = b"application/json"
_ONCE = (b"authorization", b"content-length", b"content-type", b"idempotency-key")
"""Headers that decide something: twice, and each reader could take another one."""


class Admission:
    """Lets requests through to `app`, or raises ProblemError.

    In scope["state"] it leaves "route" (a path of the table), "parameters" (what stands in the address for its names),
    "headers" (by name), "caller" and "auth_time" where the route needs an actor, "body" unless it is a GET, and
    "readable": whether that is JSON for the framework.
    """

    def __init__(
        self,
        app: App,
        *,
        routes: Callable[[], Sequence[BaseRoute]],
        table: Mapping[tuple[str, str], str | None],
        tokens: AccessTokens,
        directory: DirectoryCache,
        most_bytes: int,
        body_seconds: float,
    ) -> None:
        self._app = app
        self._paths = RouteFinder(routes, table)
        self._table = table
        self._tokens = tokens
        self._directory = directory
        self._most_bytes = most_bytes
        self._deadlines = Deadlines(body_seconds)
        self._rates = TokenBuckets()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the start and end of the service."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["state"]["headers"] = headers = _headers(scope)
        needs = self._needs(scope)
        if needs is not None:
            caller = await self._caller(scope, headers, needs)
            if caller is not None:
                scope["state"]["caller"] = caller
        if scope["method"] != "GET":
            most = self._most_bytes if needs is not None else min(self._most_bytes, MOST_BYTES_OPEN)
            receive = await self._body(scope, headers, receive, most)
        await self._app(scope, receive, send)

    def _needs(self, scope: Scope) -> str | None:
        """The scope that the route needs (rule 1)."""
        state = scope["state"]
        state["route"], state["parameters"] = path, _ = self._paths.find(scope)
        return self._table[scope["method"], path]

    async def _caller(self, scope: Scope, headers: Mapping[bytes, bytes], needs: str) -> Caller | None:
        """Rules 2 and 3; None: a client that acts for nobody, on a route where nobody is asked for."""
        claims = self._claims(headers)
        principal = await self._directory.principal(claims.client, claims.actor)
        client = principal.client
        acts = claims.actor is not None
        if client is None or not (principal.may_act(now=time.time_ns() // 1000) if acts else principal.in_use):
            raise _invalid()
        scope["state"]["client"] = client.client
        shown = scope["state"].get("certificate_sha256")
        if not bound_as_shown(client, shown) or (claims.certificate is not None and claims.certificate != shown):
            raise ProblemError(Rule.CERTIFICATE, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
        rate = float(client.per_second)
        wait = self._rates.take(client.client, rate=rate, size=max(rate, 1.0), now=time.monotonic())
        if wait:
            raise ProblemError(Rule.RATE, retry_after=wait)
        scopes = claims.scopes & client.scopes & (client.scopes if acts else ACTORLESS)
        if needs not in scopes:
            raise ProblemError(
                Rule.SCOPE_MISSING,
                headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{needs}"'},
                extra={"scope": needs},
            )
        if claims.actor is None:
            return None
        scope["state"]["auth_time"] = claims.auth_time
        return Caller(
            client=client.client,
            actor=claims.actor,
            scopes=scopes,
            request=scope["state"]["request"],
            ip=address(scope),
        )

    def _claims(self, headers: Mapping[bytes, bytes]) -> Claims:
        header = headers.get(b"authorization")
        if header is None:
            raise ProblemError(Rule.TOKEN_MISSING, headers={"WWW-Authenticate": "Bearer"})
        kind, _, token = header.decode("latin-1").partition(" ")
        claims = self._tokens.verify(token.strip(), now=int(time.time())) if kind.lower() == "bearer" else None
        if claims is None:
            raise _invalid()
        return claims

    async def _body(self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, most: int) -> Receive:
        """Rule 4: what gives the whole body at once."""
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > most:
            raise _too_large()
        if scope["state"].get("late"):
            raise _slow()
        try:
            body = await self._deadlines.within(self._read(receive, most))
        except TimeoutError:
            raise _slow() from None
        scope["state"]["body"] = body
        media = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if body and media != _JSON and scope["path"].startswith("/v1/"):
            raise ProblemError(Rule.MEDIA_TYPE)
        scope["state"]["readable"] = media == _JSON and _names_stand_once(body)
        messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Message:
            return messages.pop() if messages else await receive()

        return again

    @staticmethod
    async def _read(receive: Receive, most: int) -> bytes:
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise ProblemError(Rule.BAD_BODY)
            part: bytes = message.get("body", b"")
            size += len(part)
            if size > most:
                raise _too_large()
            parts.append(part)
            if not message.get("more_body", False):
                return b"".join(parts)


def _names_stand_once(body: bytes) -> bool:
    """Rule 5: ProblemError where one stands twice; False where this is no JSON."""
    try:
        _READER.decode(body.decode(json.detect_encoding(body), "surrogatepass"))
    except (ValueError, RecursionError):
        return False
    return True


def _once(pairs: list[tuple[str, object]]) -> None:
    if len(dict(pairs)) < len(pairs):
        raise ProblemError(Rule.REPEATED)


_READER = json.JSONDecoder(object_pairs_hook=_once)
"""Takes what `json.loads`, with which the framework reads, takes; it isn't made anew for each body."""


def bound_as_shown(client: Client, shown: str | None) -> bool:
    """Check if the client came with the certificate that it is bound to, if it is bound to one (rule 3)."""
    return client.certificate_sha256 is None or client.certificate_sha256.lower() == shown


def address(scope: Mapping[str, Any]) -> str:
    """The address that the connection came from; a proxy may pass on anything, and only an address counts."""
    try:
        return str(ip_address(scope["client"][0]))
    except (KeyError, TypeError, ValueError):
        return "unknown"


def _headers(scope: Scope) -> dict[bytes, bytes]:
    """Headers by name; one that decides something must not come twice."""
    given = scope["headers"]
    size = 0
    for name, value in given:
        size += len(name) + len(value)
    if len(given) > MOST_HEADERS or size > MOST_HEADER_BYTES:
        raise ProblemError(Rule.HEADERS)
    headers = dict(given)
    if len(headers) != len(given):
        names = [name for name, _ in given]
        if any(names.count(name) > 1 for name in _ONCE):
            raise ProblemError(Rule.REPEATED)
    return headers


def _invalid() -> ProblemError:
    return ProblemError(Rule.TOKEN_INVALID, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


def _slow() -> ProblemError:
    return ProblemError(Rule.SLOW_BODY, headers={"Connection": "close"})


def _too_large() -> ProblemError:
    return ProblemError(Rule.TOO_LARGE, headers={"Connection": "close"})
