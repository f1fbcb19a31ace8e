"""The company's sign-in (a provider of OpenID Connect): where to send somebody, and who came back.

1. The issuer is a setting; it and each address that it names is https, or this machine's own. No answer leads
   elsewhere, has more than `MOST` bytes, or takes longer than `SECONDS`.
2. A token counts that is signed under one of `ALGORITHMS` by a key of the issuer, and names issuer, client, nonce and
   times as they have to be.
3. At most `AT_ONCE` ask the provider at a time. What it says of itself is kept `KEPT` seconds; keys that it doesn't
   seem to have are asked for again once in `AGAIN`.
"""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from wayseal.console.errors import ConsoleSettingsError, ProviderError, SignInError
from wayseal.model.messages import N_

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
MOST, SECONDS, AT_ONCE = 262_144, 8.0, 4
LEEWAY = 60
"""Clocks may differ by so many seconds."""
KEPT, AGAIN = 3600, 30
_OWN = {"127.0.0.1", "::1", "localhost"}
_CONFIGURATION = "/.well-known/openid-configuration"
_AWAY = N_("the company's sign-in can't be reached now: try again in a moment, or tell whoever runs it")
_BUSY = N_("many are signing in with the company account just now: try again in a moment")
_WRONG = N_("what the company's sign-in answered doesn't count here: try again")
_DENIED = N_("the company's sign-in didn't let you in")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """The parameters of an authorization request (OpenID Connect).

    back: where they come back to; fresh: they have to prove anew who they are there.
    """

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    back: str
    fresh: bool
    lang: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationCallback:
    """The parameters of the callback, as they stood in the address."""

    code: str = field(repr=False)
    issuer: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who came back. proved_at: seconds after 1970 at which they proved it, where the provider says so."""

    subject: str = field(repr=False)
    proved_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    authorization: str
    token: str
    keys: str
    basic: bool
    names_issuer: bool


class Provider:
    """The company's sign-in, under the client that it knows the console by."""

    def __init__(
        self, issuer: str, client_id: str, client_secret: str, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        """ConsoleSettingsError: the issuer isn't https (rule 1). transport: how it is reached; None: the network."""
        if not _is_safe(issuer):
            raise ConsoleSettingsError("oidc_issuer is an address by https, or of this machine")
        self.issuer = issuer
        self._client_id, self._secret = client_id, client_secret
        self._transport = transport
        self._turn = threading.Semaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._places: tuple[float, _Places] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def authorization_url(self, request: AuthorizationRequest) -> str:
        """The address to send somebody to. ProviderError: it can't be asked for it."""
        more = {"prompt": "login", "max_age": "0"} if request.fresh else {}
        return str(
            prepare_grant_uri(
                self._find_places().authorization,
                self._client_id,
                "code",
                redirect_uri=request.back,
                scope="openid",
                state=request.state,
                nonce=request.nonce,
                code_challenge=create_s256_code_challenge(request.verifier),
                code_challenge_method="S256",
                ui_locales="zh-CN" if request.lang == "zh" else request.lang,
                **more,
            )
        )

    def identify(self, request: AuthorizationRequest, callback: AuthorizationCallback, now: int) -> Identity:
        """Who came back.

        Args:
            request: What was asked for.
            callback: The parameters of the callback.
            now: Seconds after 1970.

        Returns:
            The subject, as the issuer names it.

        Raises:
            SignInError: What came back doesn't count (rule 2).
            ProviderError: The provider can't be asked.
        """
        places = self._find_places()
        if callback.issuer != self.issuer and (callback.issuer or places.names_issuer):
            raise SignInError(_WRONG)
        if callback.error or not callback.code:
            raise SignInError(_DENIED)
        answer = self._exchange(places, request, callback.code)
        token, access = answer.get("id_token"), answer.get("access_token")
        if not isinstance(token, str):
            raise SignInError(_WRONG)
        return self._read_token(token, access if isinstance(access, str) else "", request.nonce, now)

    def _exchange(self, places: _Places, request: AuthorizationRequest, code: str) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": request.back,
            "code_verifier": request.verifier,
        }
        if places.basic:
            return self._ask("POST", places.token, form, httpx.BasicAuth(self._client_id, self._secret))
        return self._ask("POST", places.token, form | {"client_id": self._client_id, "client_secret": self._secret})

    def _read_token(self, text: str, access: str, nonce: str, now: int) -> Identity:
        """Rule 2."""
        expected: Any = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self._client_id},
        }
        given = {"nonce": nonce, "client_id": self._client_id, "access_token": access}
        try:
            token = self._verify(text)
            claims = CodeIDToken(token.claims, token.header, options=expected, params=given)
            claims.validate(now=now, leeway=LEEWAY)
            subject, proved = claims["sub"], claims.get("auth_time")
            at = None if proved is None else int(proved)
        except (JoseError, ValueError, TypeError, KeyError, OverflowError):
            raise SignInError(_WRONG) from None
        if not isinstance(subject, str) or not 1 <= len(subject) <= 255:
            raise SignInError(_WRONG)
        return Identity(subject=subject, proved_at=at)

    def _verify(self, text: str) -> jwt.Token:
        try:
            return jwt.decode(text, self._find_keys(0), algorithms=list(ALGORITHMS))
        except InvalidKeyIdError:
            return jwt.decode(text, self._find_keys(AGAIN), algorithms=list(ALGORITHMS))

    def _find_places(self) -> _Places:
        with self._lock:
            found = self._places
        if found is not None and time.monotonic() - found[0] < KEPT:
            return found[1]
        said = self._ask("GET", self.issuer.rstrip("/") + _CONFIGURATION)
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        addresses = [said.get(name) for name in names]
        if said.get("issuer") != self.issuer or not all(isinstance(one, str) and _is_safe(one) for one in addresses):
            raise ProviderError(_AWAY)
        ways = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        places = _Places(
            authorization=str(addresses[0]),
            token=str(addresses[1]),
            keys=str(addresses[2]),
            basic="client_secret_basic" in ways,
            names_issuer=said.get("authorization_response_iss_parameter_supported") is True,
        )
        with self._lock:
            self._places = time.monotonic(), places
        return places

    def _find_keys(self, older: int) -> KeySet:
        """The issuer's keys. older: asks again for those that are older than so many seconds; 0: than `KEPT`."""
        with self._lock:
            found = self._keys
        if found is not None and time.monotonic() - found[0] < (older or KEPT):
            return found[1]
        said = self._ask("GET", self._find_places().keys)
        keys = KeySet.import_key_set(said)  # type: ignore[arg-type]
        with self._lock:
            self._keys = time.monotonic(), keys
        return keys

    def _ask(
        self, method: str, address: str, form: Mapping[str, str] | None = None, auth: httpx.Auth | None = None
    ) -> Mapping[str, Any]:
        """Rules 1 and 3. ProviderError: no answer, or none that can be read; SignInError: a refusal."""
        if not self._turn.acquire(timeout=SECONDS):
            raise ProviderError(_BUSY)
        try:
            with httpx.Client(
                transport=self._transport, timeout=SECONDS / 2, trust_env=urlsplit(address).hostname not in _OWN
            ) as client:
                return _read(client, client.build_request(method, address, data=form, headers=_HEADERS), auth)
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            raise ProviderError(_AWAY) from None
        finally:
            self._turn.release()


_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}


def _read(client: httpx.Client, request: httpx.Request, auth: httpx.Auth | None) -> Mapping[str, Any]:
    ends, parts, size = time.monotonic() + SECONDS, [], 0
    answer = client.send(request, auth=auth, stream=True)
    try:
        for part in answer.iter_raw():
            size += len(part)
            if size > MOST or time.monotonic() > ends:
                raise ProviderError(_AWAY)
            parts.append(part)
    finally:
        answer.close()
    if 400 <= answer.status_code < 500 and request.method == "POST":
        raise SignInError(_WRONG)
    if answer.status_code != 200:
        raise ProviderError(_AWAY)
    try:
        found = json.loads(b"".join(parts))
    except (ValueError, RecursionError):
        raise ProviderError(_AWAY) from None
    if not isinstance(found, dict):
        raise ProviderError(_AWAY)
    return found


def _is_safe(address: str) -> bool:
    """Rule 1."""
    try:
        parts = urlsplit(address)
        own = parts.hostname in _OWN
        parts.port  # noqa: B018 (a port that is none raises)
    except ValueError:
        return False
    plain = not (parts.username or parts.password or parts.fragment)
    return bool(parts.hostname) and plain and (parts.scheme == "https" or (own and parts.scheme == "http"))
