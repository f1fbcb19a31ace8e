"""The service, put together: what it is made of stands here and in `serve`, and nowhere else."""

import time
from dataclasses import dataclass
from typing import Any, NoReturn

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from pydantic_core import to_json
from starlette.exceptions import HTTPException

from wayseal.server import routes, scopes
from wayseal.server._admission import Admission
from wayseal.server._desk import Desk, Discloses
from wayseal.server._directory import Directory
from wayseal.server._gate import App, Gate, Running
from wayseal.server._logs import Log
from wayseal.server._metrics import Metrics
from wayseal.server._problem import ProblemError, field_errors
from wayseal.server._rules import Rule
from wayseal.server._shortcut import Shortcuts
from wayseal.server._shown import OPEN, Problem, problems
from wayseal.server._tokens import Keys, Tokens
from wayseal.vault import Vault

_STATUS_RULES = {404: Rule.NOT_FOUND, 405: Rule.METHOD}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much the service takes of one request. most_bytes: of its body; times in seconds."""

    most_bytes: int = 4_194_304
    body_seconds: float = 10.0
    answer_seconds: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The API over a vault. asgi: what a server runs; api: its routes, which nobody reaches but through `asgi`.

    Whoever made it closes `desk`, after it has stopped.
    """

    asgi: App
    api: FastAPI
    desk: Desk


def create_app(
    vault: Vault,
    discloses: Discloses,
    *,
    keyring: Keys,
    issuer: str,
    limits: Limits,
    metrics: Metrics,
    log: Log,
    running: Running,
    shortcuts: bool = True,
) -> Service:
    """The API over a vault.

    keyring: whose access keys sign and verify tokens; issuer: who tokens say they are from; shortcuts: False leads all
    requests through the framework, which answers the same. The vault is closed after the service's desk.
    """
    desk = Desk(vault, discloses)
    tokens = Tokens(keyring, issuer=issuer)
    api = _api(desk, tokens, metrics, running)
    metrics.measure(
        waiting=lambda: discloses.waiting,
        running=lambda: running.now,
        keyring_trouble=lambda: getattr(keyring, "trouble", None) is not None,
    )
    admission = Admission(
        Shortcuts(api, api.routes) if shortcuts else api,
        routes=lambda: api.router.routes,
        table=scopes.ROUTES,
        tokens=tokens,
        directory=Directory(desk.standing, desk.directory_version, time.monotonic),
        most_bytes=limits.most_bytes,
        body_seconds=limits.body_seconds,
    )
    gate = Gate(admission, running=running, metrics=metrics, log=log, seconds=limits.answer_seconds)
    return Service(asgi=gate, api=api, desk=desk)


def _api(desk: Desk, tokens: Tokens, metrics: Metrics, running: Running) -> FastAPI:
    """The routes. Whatever goes wrong in them comes out as it was raised, for the gate to tell."""
    app = FastAPI(
        title="Wayseal",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    routes.add_disclosure(app, desk, metrics)
    routes.add_sealing(app, desk, metrics)
    routes.add_work(app, desk)
    routes.add_keeping(app, desk)
    routes.add_log(app, desk)
    routes.add_oauth(app, desk, tokens, metrics)
    routes.add_health(app, desk, metrics, lambda: running.stopping)
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
    raise ProblemError(Rule.INVALID, errors=field_errors(errors))


async def _http(request: Request, error: Exception) -> NoReturn:
    """What the framework says by itself, in our form."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    raise ProblemError(_STATUS_RULES.get(status, Rule.BAD_BODY if status < 500 else Rule.INTERNAL))


async def _unexpected(request: Request, error: Exception) -> NoReturn:
    """Without this the framework would answer by itself, before the gate hears of it."""
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
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
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
    return made
