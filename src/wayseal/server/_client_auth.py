"""How a client shows who it is when it asks for a token (RFC 6749, 2.3.1).

1. Secrets are compared as SHA-256, in constant time.
2. An unknown, a disabled and a known client with a wrong secret take the same way: one look-up, one comparison, one
   answer.
3. Failures are counted by client and address: beyond that nothing is looked at, so that guessing at one client stays
   slow. They are counted by address, too: beyond that a secret is held to what is remembered of the client, and only
   one that fits goes further. So no client is locked out by others behind the same address.
4. One way at a time: credentials in the header and in the body are two claims, and none of them counts.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote_plus

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
