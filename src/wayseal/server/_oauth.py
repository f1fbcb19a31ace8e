"""Client authentication at the token endpoint (RFC 6749, 2.3.1).

1. Secrets are compared as SHA-256, in constant time.
2. An unknown, a disabled and a known client with a wrong secret take the same way: one look-up, one comparison, one
   answer.
3. Failures are counted by client and address: beyond that nothing is looked at, so that guessing at one client stays
   slow. They are counted by address, too: beyond that a secret is held to what is remembered of the client, and only
   one that fits goes further. So no client is locked out by others behind the same address.
4. One way at a time: credentials in the header and in the body are two claims, and none of them counts.

Tokens for clients (RFC 6749, 4.4), and the keys that verify them.

5. A client gets no scope that it doesn't have, and acts for no actor whose role it may not act for. One without an
   actor of its own that names none gets a token for `ACTORLESS` scopes, and no other.
6. An actor that there isn't, one who is out of office, and one whom the client may not act for answer alike.
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote_plus

from fastapi import FastAPI, Request, Response
from pydantic_core import to_json

from wayseal.server._access_tokens import LASTS, AccessTokens, Claims
from wayseal.server._admission import address, bound_as_shown
from wayseal.server._async_vault import AsyncVault, now
from wayseal.server._directory_cache import Principal
from wayseal.server._metrics import Metrics
from wayseal.server._problems import ProblemError, Rule
from wayseal.server._rate_limits import SignInFailures
from wayseal.server._schemas import OPEN, AccessToken, Keys, OAuthProblem, problems
from wayseal.server.routes import json_answer
from wayseal.server.scopes import ACTORLESS
from wayseal.vault.directory import Client

_MOST_FIELDS = 20
_NOBODY = hashlib.sha256(secrets.token_bytes(32)).digest()
"""What a secret is compared with where there is no client: nothing hashes to it."""


class OAuthError(Exception):
    """An error of RFC 6749, 5.2: its code there, and words for humans."""

    def __init__(self, code: str, words: str, *, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.words = words
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The credentials of a client."""

    client: str
    secret: str = field(repr=False)


def form(body: bytes) -> dict[str, str]:
    """The fields of a form; OAuthError where it is none, or a field comes twice."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise OAuthError("invalid_request", "the body is no form") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise OAuthError("invalid_request", "a parameter comes twice")
    return fields


def credentials(authorization: str | None, fields: Mapping[str, str]) -> Credentials:
    """Who a client says it is; OAuthError where it doesn't, or does so twice (rule 4)."""
    in_body = "client_id" in fields or "client_secret" in fields
    if authorization is not None:
        if "client_secret" in fields:
            raise OAuthError("invalid_request", "credentials in the header and in the body")
        found = _basic(authorization)
        if fields.get("client_id", found.client) != found.client:
            raise OAuthError("invalid_request", "credentials in the header and in the body")
        return found
    if not in_body or not fields.get("client_id") or not fields.get("client_secret"):
        raise unknown_client()
    return Credentials(client=fields["client_id"], secret=fields["client_secret"])


def unknown_client() -> OAuthError:
    """The one answer to every failure (rule 2)."""
    return OAuthError("invalid_client", "client and secret don't fit", status=401)


def genuine(client: Client | None, given: Credentials) -> bool:
    """Check if the secret is this client's, and it is in use (rules 1 and 2)."""
    kept = _NOBODY if client is None else client.secret_sha256
    digest = hashlib.sha256(given.secret.encode("utf-8", "replace")).digest()
    same = hmac.compare_digest(kept, digest)
    return same and client is not None and client.disabled_at is None


def _basic(header: str) -> Credentials:
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        raise unknown_client()
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
        client, colon, secret = text.partition(":")
        client, secret = (unquote_plus(part, errors="strict") for part in (client, secret))
    except ValueError:
        raise unknown_client() from None
    if not colon or not client or not secret:
        raise unknown_client()
    return Credentials(client=client, secret=secret)


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
                    "auth_time": {
                        "type": "string",
                        "description": "When the actor last showed a second factor, seconds since 1970.",
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
        return json_answer(
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
    fields = form(body)
    given = credentials(request.headers.get("authorization"), fields)
    where = address(request.scope)
    wait = failures.wait(given.client, where, now=time.monotonic())
    crowded = failures.crowded(where, now=time.monotonic())
    if crowded and not wait:
        remembered = await async_vault.act(async_vault.vault.client, given.client[:256])
        if not genuine(remembered, given):
            failures.count(given.client, where, now=time.monotonic())
            wait = crowded
    if wait:
        raise ProblemError(Rule.FAILURES, retry_after=wait)
    # Straight from the vault: a secret that was taken back a moment ago must not open anything.
    principal = await async_vault.principal(given.client[:256], fields.get("actor") or None)
    shown = request.scope["state"].get("certificate_sha256")
    known = genuine(principal.client, given)
    if principal.client is None or not known or not bound_as_shown(principal.client, shown):
        failures.count(given.client, where, now=time.monotonic())
        raise unknown_client()
    request.scope["state"]["client"] = principal.client.client
    return _granted(principal, fields, shown)


def _granted(principal: Principal, fields: Mapping[str, str], shown: str | None) -> Claims:
    """Rules 5 and 6."""
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
        auth_time=_auth_time(fields.get("auth_time", ""), int(time.time())),
    )


def _auth_time(text: str, now: int) -> int | None:
    """When a second factor was shown; OAuthError where that is no such time, or lies ahead."""
    if text and not (text.isascii() and text.isdecimal() and len(text) < 12 and int(text) <= now):
        raise OAuthError("invalid_request", "auth_time is a time of the past, in seconds since 1970")
    return int(text) if text else None


def _error(request: Request, error: OAuthError) -> Response:
    body = OAuthProblem(error=error.code, error_description=error.words, request=request.scope["state"]["request"])
    headers = {"WWW-Authenticate": 'Basic realm="wayseal"'} if error.status == 401 else {}
    return json_answer(body, error.status, headers)
