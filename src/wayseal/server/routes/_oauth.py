"""Tokens for clients (RFC 6749, 4.4), and the keys that verify them.

1. A client gets no scope that it doesn't have, and acts for no actor whose role it may not act for. One without an
   actor of its own that names none gets a token for `ACTORLESS` scopes, and no other.
2. An actor that there isn't, one who is out of office, and one whom the client may not act for answer alike.
"""

import time
from collections.abc import Mapping

from fastapi import FastAPI, Request, Response
from pydantic_core import to_json

from wayseal.server import _answers as answers
from wayseal.server import _client_auth as client_auth
from wayseal.server._access_tokens import LASTS, AccessTokens, Claims
from wayseal.server._admission import address, bound_as_shown
from wayseal.server._async_vault import AsyncVault, now
from wayseal.server._client_auth import OAuthError
from wayseal.server._directory_cache import Principal
from wayseal.server._metrics import Metrics
from wayseal.server._problems import ProblemError
from wayseal.server._rate_limits import SignInFailures
from wayseal.server._rules import Rule
from wayseal.server._schemas import OPEN, AccessToken, Keys, OAuthProblem, problems
from wayseal.server.scopes import ACTORLESS

_FORM = "application/x-www-form-urlencoded"
_MOST = 8192
_TEXT = {"type": "string"}
_BODY = {
    "required": True,
    "content": {
        _FORM: {
            "schema": {
                "type": "object",
                "required": ["grant_type"],
                "properties": {
                    "grant_type": {"type": "string", "enum": ["client_credentials"]},
                    "client_id": _TEXT,
                    "client_secret": _TEXT,
                    "scope": {"type": "string", "description": "Scopes with a space between; none: all."},
                    "actor": {
                        "type": "string",
                        "description": "On whose behalf; none: the client's own actor, if it has one.",
                    },
                },
            }
        }
    },
}


def add_oauth(app: FastAPI, async_vault: AsyncVault, tokens: AccessTokens, metrics: Metrics) -> None:
    """POST /oauth/token, GET /oauth/keys."""
    failures = SignInFailures()

    @app.post(
        "/oauth/token",
        response_model=AccessToken,
        responses={**problems(OPEN), 400: {"model": OAuthProblem}, 401: {"model": OAuthProblem}},
        openapi_extra={"requestBody": _BODY},
        summary="An access token for a client",
    )
    async def token(request: Request) -> Response:
        try:
            claims = await _claims(request, async_vault, failures)
        except OAuthError as error:
            metrics.signed_in(error.code)
            return _error(request, error)
        metrics.signed_in("ok")
        return answers.json_answer(
            AccessToken(
                access_token=tokens.issue(claims, now=claims.expires - LASTS),
                token_type="Bearer",  # noqa: S106
                expires_in=LASTS,
                scope=" ".join(sorted(claims.scopes)),
            )
        )

    @app.get("/oauth/keys", response_model=Keys, responses=problems(OPEN), summary="The keys that verify access tokens")
    async def keys() -> Response:
        return Response(
            to_json(tokens.jwks()), media_type="application/json", headers={"Cache-Control": "public, max-age=300"}
        )


async def _claims(request: Request, async_vault: AsyncVault, failures: SignInFailures) -> Claims:
    """Decide the claims of this request's token; OAuthError."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise OAuthError("invalid_request", "the body is no form")
    body = await request.body()
    if len(body) > _MOST:
        raise OAuthError("invalid_request", "the form is too long")
    fields = client_auth.form(body)
    given = client_auth.credentials(request.headers.get("authorization"), fields)
    where = address(request.scope)
    wait = failures.wait(given.client, where, now=time.monotonic())
    crowded = failures.crowded(where, now=time.monotonic())
    if crowded and not wait:
        remembered = await async_vault.act(async_vault.vault.client, given.client[:256])
        if not client_auth.genuine(remembered, given):
            failures.count(given.client, where, now=time.monotonic())
            wait = crowded
    if wait:
        raise ProblemError(Rule.FAILURES, retry_after=wait)
    # Straight from the vault: a secret that was taken back a moment ago must not open anything.
    principal = await async_vault.principal(given.client[:256], fields.get("actor") or None)
    shown = request.scope["state"].get("certificate_sha256")
    known = client_auth.genuine(principal.client, given)
    if principal.client is None or not known or not bound_as_shown(principal.client, shown):
        failures.count(given.client, where, now=time.monotonic())
        raise client_auth.unknown_client()
    request.scope["state"]["client"] = principal.client.client
    return _granted(principal, fields, shown)


def _granted(principal: Principal, fields: Mapping[str, str], shown: str | None) -> Claims:
    """Rules 1 and 2."""
    client = principal.client
    assert client is not None  # noqa: S101
    if fields.get("grant_type") != "client_credentials":
        raise OAuthError("unsupported_grant_type", "client_credentials alone")
    wanted = frozenset(fields.get("scope", "").split()) or client.scopes
    if not wanted <= client.scopes:
        raise OAuthError("invalid_scope", "the client lacks a scope that it asks for")
    alone = client.actor is None and not fields.get("actor") and wanted <= ACTORLESS
    if not alone and not principal.may_act(now=now()):
        raise OAuthError("invalid_grant", "the client may not act for this actor")
    return Claims(
        client=client.client,
        actor=None if principal.actor is None else principal.actor.actor,
        scopes=wanted,
        expires=int(time.time()) + LASTS,
        certificate=None if client.certificate_sha256 is None else shown,
    )


def _error(request: Request, error: OAuthError) -> Response:
    body = OAuthProblem(error=error.code, error_description=error.words, request=request.scope["state"]["request"])
    headers = {"WWW-Authenticate": 'Basic realm="wayseal"'} if error.status == 401 else {}
    return answers.json_answer(body, error.status, headers)
