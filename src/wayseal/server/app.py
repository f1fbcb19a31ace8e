"""The service, put together: what it is made of stands here and in `serve`, and nowhere else.

The endpoints that most requests are for have a fast path, past the framework:

1. It takes a request only if its body, its headers and the parameters in its address are what the endpoint declares.
   Everything else goes on to the framework, which alone says what is wrong.
2. What it takes the framework would have taken, and the endpoint gets the same from both: it is the same coroutine, and
   its own declarations are the rules.
3. It stands behind admission and asks nothing again: route, parameters, headers and body are those of `Admission`.
"""

import json
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Any, Final, NoReturn, get_args

from fastapi import FastAPI, Request, Response, params
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute

from wayseal.model.records import Problem
from wayseal.model.schema import adapter
from wayseal.numbers.moves import Numbers
from wayseal.numbers.reads import ReadWatch
from wayseal.page.languages import word
from wayseal.server import scopes
from wayseal.server._access_tokens import AccessTokens
from wayseal.server._admission import Admission
from wayseal.server._async_vault import AsyncVault, Discloser
from wayseal.server._blocked import BlockedGuard
from wayseal.server._directory_cache import DirectoryCache
from wayseal.server._metrics import Metrics
from wayseal.server._middleware import App, Receive, RequestMiddleware, RunningRequests, Scope, Send
from wayseal.server._oauth import add_oauth
from wayseal.server._problems import ProblemError, Rule, describe_errors, field_errors
from wayseal.server._schemas import OPEN, PUBLIC_NAMES, problems
from wayseal.server.alias_routes import add_aliases
from wayseal.server.number_routes import add_numbers
from wayseal.server.routes import add_administration, add_disclosure, add_health, add_log, add_sealing, add_work
from wayseal.service.log import Log
from wayseal.store.blocked import Enforcer
from wayseal.vault import Vault
from wayseal.vault.aliases import Aliases
from wayseal.vault.keyring import KeySource

FAST_ROUTES: Final = frozenset({("POST", "/v1/waybills/{waybill}/disclose"), ("POST", "/v1/disclose")})
"""Routes that have one."""


class FastPath:
    """Answers requests of `FAST_ROUTES`, and hands all others on to `app`; routes: its own."""

    def __init__(self, app: App, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        found = {
            (method, route.path): route
            for route in routes
            if isinstance(route, APIRoute)
            for method in route.methods or ()
        }
        self._endpoints = {key: _Endpoint(found[key]) for key in FAST_ROUTES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the start and end of the service."""
        endpoint = None if scope["type"] != "http" else self._endpoints.get((scope["method"], scope["state"]["route"]))
        given = None if endpoint is None else endpoint.read(scope["state"])
        if endpoint is None or given is None:
            await self._app(scope, receive, send)
        else:
            response = await endpoint.call(Request(scope, receive), **given)
            await response(scope, receive, send)


class _Endpoint:
    """A route's coroutine, and what it declares; TypeError where that is more than what is read here."""

    def __init__(self, route: APIRoute) -> None:
        self.call: Callable[..., Awaitable[Response]] = route.endpoint
        self._bodies: list[tuple[str, Any]] = []
        self._parameters: list[tuple[str, Any]] = []
        self._headers: list[tuple[str, bytes, Any]] = []
        first, *others = signature(self.call, eval_str=True).parameters.values()
        if first.annotation is not Request or route.dependencies:
            raise TypeError(f"{route.path}: its first parameter must be the request, and it may have no dependencies")
        for parameter in others:
            self._declare(parameter)

    def _declare(self, parameter: Parameter) -> None:
        hint, name = parameter.annotation, parameter.name
        declared = get_args(hint)[-1] if get_args(hint) else None
        rule = TypeAdapter(hint).validator
        if isinstance(hint, type) and issubclass(hint, BaseModel) and not self._bodies:
            self._bodies.append((name, rule))
        elif isinstance(declared, params.Path):
            self._parameters.append((name, rule))
        elif isinstance(declared, params.Header) and declared.alias and parameter.default is None:
            self._headers.append((name, declared.alias.lower().encode(), rule))
        else:
            raise TypeError(f"{name}: neither the body nor a path or a header that may be missing")

    def read(self, state: dict[str, Any]) -> dict[str, Any] | None:
        """Its arguments out of what admission left; None where they aren't as declared (rule 1)."""
        given = {}
        if not state["readable"]:
            return None
        try:
            for name, rule in self._bodies:
                given[name] = rule.validate_json(state["body"])
            for name, rule in self._parameters:
                given[name] = rule.validate_python(state["parameters"][name])
            for name, header, rule in self._headers:
                value = state["headers"].get(header)
                if value is not None:
                    given[name] = rule.validate_python(value.decode("latin-1"))
        except ValidationError:
            return None
        return given


_STATUS_RULES = {404: Rule.NOT_FOUND, 405: Rule.METHOD}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLimits:
    """How much the service takes of one request. most_bytes: of its body; times in seconds."""

    most_bytes: int = 4_194_304
    body_seconds: float = 10.0
    answer_seconds: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The API over a vault. asgi: what a server runs; api: its routes, which nobody reaches but through `asgi`.

    Whoever made it closes `async_vault`, after it has stopped.
    """

    asgi: App
    api: FastAPI
    async_vault: AsyncVault


def create_app(
    vault: Vault,
    discloser: Discloser,
    *,
    keyring: KeySource,
    issuer: str,
    limits: RequestLimits,
    metrics: Metrics,
    log: Log,
    running: RunningRequests,
    blocked: Enforcer | None = None,
    numbers: Numbers | None = None,
    reads: ReadWatch | None = None,
    aliases: Aliases | None = None,
    fast_path: bool = True,
) -> Service:
    """The API over a vault.

    keyring: whose access keys sign and verify tokens; issuer: who tokens say they are from; blocked: who sees
    nothing, None: there is no such list; numbers, aliases: None: the service has none; reads: is told of what was
    disclosed; fast_path: False leads all
    requests through the framework, which answers the same. The vault is closed after `async_vault`.
    """
    async_vault = AsyncVault(vault, discloser, reads)
    tokens = AccessTokens(keyring, issuer=issuer)
    guard = BlockedGuard(blocked, log)
    api = _api(async_vault, tokens, metrics, running, guard)
    add_numbers(api, async_vault, numbers)
    add_aliases(api, async_vault, metrics, guard, aliases)
    metrics.measure(
        waiting=lambda: discloser.waiting,
        running=lambda: running.now,
        keyring_trouble=lambda: getattr(keyring, "trouble", None) is not None,
    )
    admission = Admission(
        FastPath(api, api.routes) if fast_path else api,
        routes=lambda: api.router.routes,
        table=scopes.ROUTES,
        tokens=tokens,
        directory=DirectoryCache(async_vault.principal, async_vault.directory_version, time.monotonic),
        most_bytes=limits.most_bytes,
        body_seconds=limits.body_seconds,
    )
    middleware = RequestMiddleware(admission, running=running, metrics=metrics, log=log, seconds=limits.answer_seconds)
    return Service(asgi=middleware, api=api, async_vault=async_vault)


def _api(
    async_vault: AsyncVault, tokens: AccessTokens, metrics: Metrics, running: RunningRequests, blocked: BlockedGuard
) -> FastAPI:
    """The routes. Whatever goes wrong in them comes out as it was raised, for the middleware to tell."""
    app = FastAPI(
        title="Wayseal",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    add_disclosure(app, async_vault, metrics, blocked)
    add_sealing(app, async_vault, metrics)
    add_work(app, async_vault, metrics)
    add_administration(app, async_vault, blocked)
    add_log(app, async_vault)
    add_oauth(app, async_vault, tokens, metrics)
    add_health(app, async_vault, metrics, lambda: running.stopping)
    _add_description(app)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)
    return app


async def _invalid(request: Request, error: Exception) -> NoReturn:
    """Names fields, and never repeats what stood in them."""
    errors = error.errors() if isinstance(error, RequestValidationError) else []
    if any(one["type"] == "json_invalid" for one in errors):
        raise ProblemError(Rule.BAD_BODY)
    told = describe_errors(errors)
    raise ProblemError(Rule.INVALID, errors=field_errors(errors), said=(Rule.INVALID, word(told, "zh"), str(told)))


async def _http(request: Request, error: Exception) -> NoReturn:
    """Put what the framework says by itself into our form."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    raise ProblemError(_STATUS_RULES.get(status, Rule.BAD_BODY if status < 500 else Rule.INTERNAL))


async def _unexpected(request: Request, error: Exception) -> NoReturn:
    """Without this the framework would answer by itself, before the middleware hears of it."""
    raise error


def _add_description(app: FastAPI) -> None:
    """GET /openapi.json."""

    @app.get("/openapi.json", include_in_schema=False, responses=problems(OPEN))
    async def openapi() -> Response:
        return Response(to_json(app.openapi()), media_type="application/json", headers={"Cache-Control": "no-cache"})

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def _described(app: FastAPI) -> dict[str, Any]:
    """The API's description, with the problem's schema, and the scope of each route."""
    made = get_openapi(
        title=app.title,
        version=app.version,
        routes=app.routes,
        description="Seals waybill data, shows each step what it needs, and proves what was shown.",
    )
    components = made.setdefault("components", {})
    schema = adapter(Problem).json_schema(ref_template="#/components/schemas/{model}")
    components.setdefault("schemas", {}).update(schema.pop("$defs", {}) | {"Problem": schema})
    components["securitySchemes"] = {
        "client": {
            "type": "oauth2",
            "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": dict(scopes.SCOPES)}},
        }
    }
    for (method, path), scope in scopes.ROUTES.items():
        operation = made["paths"].get(path.replace(":path}", "}"), {}).get(method.lower())
        if operation is not None:
            operation["security"] = [] if scope is None else [{"client": [scope]}]
    return _by_public_names(made)


def _by_public_names(made: dict[str, Any]) -> dict[str, Any]:
    """The description with the names that records have there; of what their docstrings say, the first paragraph."""
    text = re.sub(r"(?<=#/components/schemas/)\w+", lambda name: PUBLIC_NAMES.get(name[0], name[0]), json.dumps(made))
    named: dict[str, Any] = json.loads(text)
    schemas = named["components"]["schemas"]
    named["components"]["schemas"] = {PUBLIC_NAMES.get(name, name): schema for name, schema in schemas.items()}
    for name, schema in named["components"]["schemas"].items():
        schema["title"] = name
        schema["description"] = schema.get("description", "").partition("\n\n")[0]
    return named
