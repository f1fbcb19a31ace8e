"""The service, put together: what it is made of stands here and in `serve`, and nowhere else."""

import time
from dataclasses import dataclass
from typing import Any, NoReturn

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from pydantic_core import to_json
from starlette.exceptions import HTTPException

from wayseal.server import _scopes as scopes
from wayseal.server import routes
from wayseal.server._admission import Admission
from wayseal.server._desk import Desk, Discloses
from wayseal.server._directory import Directory
from wayseal.server._gate import Gate, Running
from wayseal.server._logs import Log
from wayseal.server._metrics import Metrics
from wayseal.server._problem import ProblemError, field_errors
from wayseal.server._rules import Rule
from wayseal.server._shown import OPEN, Problem, problems
from wayseal.server._tokens import Keys, Tokens
from wayseal.vault._vault import Vault

_STATUS_RULES = {404: Rule.NOT_FOUND, 405: Rule.METHOD}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much the service takes of one request. most_bytes: of its body; times in seconds."""

    most_bytes: int = 4_194_304
    body_seconds: float = 10.0
    answer_seconds: float = 30.0


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
) -> FastAPI:
    """The API over a vault.

    keyring: whose access keys sign and verify tokens; issuer: who tokens say they are from. Whoever makes the app
    closes `app.state.desk` and then the vault, after it has stopped.
    """
    desk = Desk(vault, discloses)
    tokens = Tokens(keyring, issuer=issuer)
    app = FastAPI(
        title="Wayseal",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.desk = desk
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
    metrics.measure(
        waiting=lambda: discloses.waiting,
        running=lambda: running.now,
        keyring_trouble=lambda: getattr(keyring, "trouble", None) is not None,
    )
    # The last that is added is the outermost.
    app.add_middleware(
        Admission,
        routes=lambda: app.router.routes,
        table=scopes.ROUTES,
        tokens=tokens,
        directory=Directory(desk.standing, desk.directory_version, time.monotonic),
        most_bytes=limits.most_bytes,
        body_seconds=limits.body_seconds,
    )
    app.add_middleware(Gate, running=running, metrics=metrics, log=log, seconds=limits.answer_seconds)
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
