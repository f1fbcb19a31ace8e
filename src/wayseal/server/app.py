"""The service, put together: what it is made of stands here and in `serve`, and nowhere else."""

import json
import re
import time
from dataclasses import dataclass
from typing import Any, NoReturn

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from pydantic_core import to_json
from starlette.exceptions import HTTPException

from wayseal.model.records import Problem
from wayseal.model.schema import adapter
from wayseal.page.languages import word
from wayseal.server import routes, scopes
from wayseal.server._access_tokens import AccessTokens, KeyringSource
from wayseal.server._admission import Admission
from wayseal.server._async_vault import AsyncVault, Discloser
from wayseal.server._directory_cache import DirectoryCache
from wayseal.server._fast_path import FastPath
from wayseal.server._field_errors import describe_errors, field_errors
from wayseal.server._metrics import Metrics
from wayseal.server._middleware import App, RequestMiddleware, RunningRequests
from wayseal.server._problems import ProblemError
from wayseal.server._rules import Rule
from wayseal.server._schemas import OPEN, PUBLIC_NAMES, problems
from wayseal.service.log import Log
from wayseal.vault import Vault

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
    keyring: KeyringSource,
    issuer: str,
    limits: RequestLimits,
    metrics: Metrics,
    log: Log,
    running: RunningRequests,
    fast_path: bool = True,
) -> Service:
    """The API over a vault.

    keyring: whose access keys sign and verify tokens; issuer: who tokens say they are from; shortcuts: False leads all
    requests through the framework, which answers the same. The vault is closed after `async_vault`.
    """
    async_vault = AsyncVault(vault, discloser)
    tokens = AccessTokens(keyring, issuer=issuer)
    api = _api(async_vault, tokens, metrics, running)
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


def _api(async_vault: AsyncVault, tokens: AccessTokens, metrics: Metrics, running: RunningRequests) -> FastAPI:
    """The routes. Whatever goes wrong in them comes out as it was raised, for the middleware to tell."""
    app = FastAPI(
        title="Wayseal",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    routes.add_disclosure(app, async_vault, metrics)
    routes.add_sealing(app, async_vault, metrics)
    routes.add_work(app, async_vault, metrics)
    routes.add_administration(app, async_vault)
    routes.add_log(app, async_vault)
    routes.add_oauth(app, async_vault, tokens, metrics)
    routes.add_health(app, async_vault, metrics, lambda: running.stopping)
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
