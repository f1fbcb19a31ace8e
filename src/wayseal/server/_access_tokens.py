"""Access tokens: signed, short-lived, for one client and one actor.

1. Only EdDSA by a key of ours is accepted: the token's own `alg` decides nothing, a `kid` only picks among our keys.
2. A token says who issued it, for what, until when, and for whom; one that lacks any of it, or says another thing than
   we would, is none.
3. What was verified once may be remembered until it ends, as long as its key is still ours, and only so many.
4. The secret half of a key shows itself nowhere.
5. A token without an actor is the client's own (RFC 9068, 2.2): its `sub` is the client, and it has no `act`.
"""

import base64
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from wayseal.vault.keyring import Keyring, KeySource
from wayseal.vault.keyring.keys import AccessKey

AUDIENCE = "wayseal"
LASTS = 600
"""How long a token is valid, seconds."""
LONGEST = 4096
"""Longest token that is looked at, characters."""
REMEMBERED = 10_000
_ALGORITHM = "EdDSA"
_TYPE = "at+jwt"
_ID = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The claims of a token. actor: None: none, rule 5; expires: seconds since 1970.

    certificate: SHA-256 that it is bound to, hexadecimal; auth_time: when the actor last showed a second factor,
    seconds since 1970, as the client says.
    """

    client: str
    actor: str | None
    scopes: frozenset[str]
    expires: int
    certificate: str | None = None
    auth_time: int | None = None


class AccessTokens:
    """Makes tokens and verifies them. keyring: its active key signs, all it has verify; it may change meanwhile."""

    def __init__(self, keyring: KeySource, *, issuer: str) -> None:
        self._keyring = keyring
        self._issuer = issuer
        self._ring: Keyring | None = None
        self._public: dict[str, Ed25519PublicKey] = {}
        self._known: OrderedDict[bytes, Claims] = OrderedDict()

    def issue(self, claims: Claims, *, now: int) -> str:
        """A token that says `claims`; now: seconds since 1970."""
        said: dict[str, Any] = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "iat": now,
            "exp": claims.expires,
            "jti": secrets.token_hex(8),
            "client_id": claims.client,
            "sub": claims.client if claims.actor is None else claims.actor,
            "scope": " ".join(sorted(claims.scopes)),
        }
        if claims.actor is not None:
            said["act"] = {"sub": claims.client}
        if claims.certificate is not None:
            said["cnf"] = {"x5t#S256": _base64(bytes.fromhex(claims.certificate))}
        if claims.auth_time is not None:
            said["auth_time"] = claims.auth_time
        key = self._current().key(AccessKey)
        headers = {"kid": _kid(key.version), "typ": _TYPE}
        return jwt.encode(said, key.private, algorithm=_ALGORITHM, headers=headers)

    def verify(self, token: str, *, now: int) -> Claims | None:
        """Read a token, if it is one of ours and still valid; None says no more than that."""
        if len(token) > LONGEST or not token.isascii():
            return None
        self._current()
        digest = hashlib.sha256(token.encode()).digest()
        claims = self._known.get(digest)
        if claims is None:
            claims = self._read(token, now)
            if claims is None:
                return None
            self._known[digest] = claims
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        if claims.expires <= now:
            self._known.pop(digest, None)
            return None
        return claims

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys (RFC 7517, 8037), those that only verify too."""
        self._current()
        return {"keys": [_jwk(kid, key) for kid, key in self._public.items()]}

    def _current(self) -> Keyring:
        """The keyring as it is now; with another one, nothing that was verified before counts (rule 3)."""
        ring = self._keyring.current()
        if ring is not self._ring:
            self._public = {_kid(key.version): key.private.public_key() for key in ring.keys(AccessKey)}
            self._known.clear()
            self._ring = ring
        return ring

    def _read(self, token: str, now: int) -> Claims | None:
        try:
            header = jwt.get_unverified_header(token)
            key = self._public.get(str(header.get("kid")))
            if key is None or header.get("typ") != _TYPE or header.get("alg") != _ALGORITHM:
                return None
            said = jwt.decode(
                token,
                key,
                algorithms=[_ALGORITHM],
                audience=AUDIENCE,
                issuer=self._issuer,
                options={
                    "require": ["exp", "iat", "iss", "aud", "sub"],
                    # By our clock, below: the library would look at its own.
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            return None
        return _claims(said, now)


def _claims(said: Mapping[str, Any], now: int) -> Claims | None:
    """Rule 2."""
    client, actor, scope, expires = said.get("client_id"), said.get("sub"), said.get("scope"), said.get("exp")
    texts = (client, actor, scope)
    if not all(isinstance(text, str) for text in texts) or not isinstance(expires, int):
        return None
    begins = said.get("nbf", now)
    if not isinstance(begins, int) or begins > now:
        return None
    if not client or not actor or len(client) > _ID or len(actor) > _ID or expires > now + LASTS:
        return None
    if "act" not in said and client != actor:
        return None
    bound = said.get("cnf")
    certificate = None
    if bound is not None:
        certificate = _from_base64(bound.get("x5t#S256")) if isinstance(bound, dict) else None
        if certificate is None:
            return None
    shown = said.get("auth_time")
    if shown is not None and (type(shown) is not int or shown > now):
        return None
    return Claims(
        client=client,
        actor=actor if "act" in said else None,
        scopes=frozenset(str(scope).split()),
        expires=expires,
        certificate=certificate,
        auth_time=shown,
    )


def _kid(version: int) -> str:
    return f"access-{version}"


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _from_base64(text: object) -> str | None:
    try:
        return base64.urlsafe_b64decode(str(text) + "=").hex() if isinstance(text, str) else None
    except ValueError:
        return None


def _jwk(kid: str, key: Ed25519PublicKey) -> dict[str, str]:
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "use": "sig",
        "alg": _ALGORITHM,
        "kid": kid,
        "x": _base64(key.public_bytes_raw()),
    }
