"""Requests to the service: tokens, patience, and nothing personal left behind.

1. A token is asked for when it is needed and renewed before it ends; an answer 401 has it renewed once.
2. What may be done twice without harm (because it has an idempotency key, or changes nothing the second time) is sent
   again when the connection breaks or the service is busy; anything else only where it surely wasn't done.
3. It ends: after `tries` attempts, or when the service asks to wait longer than `retry_policy`.
4. Errors of libraries hold requests, and requests hold names and phones: ours are raised outside of the handler.
5. Beyond this machine it speaks TLS. Proxies of the environment are not used: they would see tokens.

Records as JSON, and back. No error holds what was sent or answered: it is raised outside the library's handler.
"""

import random
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
from pydantic import ValidationError

from wayseal.client.errors import ClientError, RefusedError, SignInError, UnreachableError, UntrustedError
from wayseal.model.records import Problem
from wayseal.model.schema import adapter

T = TypeVar("T")


def to_json(value: Any, name: str = "") -> Any:
    """Records, and what is made of them, as the service takes it; what is None is left out.

    ClientError, with the name where it stands: a time has no offset.
    """
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ClientError("a time needs its offset from UTC", key=name)
        return value.isoformat()
    if is_dataclass(value):
        value = {one.name: getattr(value, one.name) for one in fields(value)}
    if isinstance(value, Mapping):
        return {key: to_json(inner, key) for key, inner in value.items() if inner is not None}
    return [to_json(inner) for inner in value] if isinstance(value, list | tuple | set | frozenset) else value


def parse(kind: Callable[..., T], body: Any, *path: str) -> T:
    """Parse an answer as a record or whatever else; ClientError where it is another one."""
    try:
        for name in path:
            body = body[name]
        made: T = adapter(kind).validate_python(body)
    except (ValidationError, KeyError, TypeError):
        pass
    else:
        return made
    raise ClientError("the service's answer isn't one that this client knows")


_EARLY = 30.0
"""Seconds before its end that a token is renewed."""
_PAUSE = 0.2
_BUSY = (429, 503)
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_OWN = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How long is waited, and how often tried.

    Attributes:
        timeout: Seconds for an answer.
        tries: Attempts for what may be sent again.
        pause: Seconds between two of them, at most.
    """

    timeout: float = 30.0
    tries: int = 4
    pause: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Who signs in. secret: in no `repr`."""

    client: str
    secret: str
    actor: str | None
    scopes: tuple[str, ...]

    def __repr__(self) -> str:
        """Without the secret."""
        return f"SignIn(client={self.client!r}, actor={self.actor!r})"

    def form(self) -> dict[str, str]:
        """The form that asks for a token."""
        out = {"grant_type": "client_credentials"}
        if self.actor is not None:
            out["actor"] = self.actor
        if self.scopes:
            out["scope"] = " ".join(self.scopes)
        return out


class Transport:
    """Sends requests and reads answers (rules 1 to 5). Thread-safe."""

    def __init__(
        self,
        http: httpx.Client,
        sign: SignIn,
        retry_policy: RetryPolicy,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http, self._sign, self._retry_policy = http, sign, retry_policy
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._token: tuple[str, float] = ("", float("-inf"))

    def json(self, method: str, path: str, body: Any = None, *, key: str | None = None, again: bool = True) -> Any:
        """The JSON of an answer; RefusedError, SignInError, UnreachableError, ClientError."""
        return _json(self.send(method, path, to_json(body), key=key, again=again))

    def send(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, again: bool = True
    ) -> httpx.Response:
        """An answer with a status below 300. again: it does no harm twice (rule 2)."""
        headers = {} if key is None else {"Idempotency-Key": key}
        renewed = False
        while True:
            used = self._authorization()
            answer = self._send_with_retries(method, path, {**headers, "Authorization": used}, again=again, json=body)
            if answer.status_code == httpx.codes.UNAUTHORIZED and not renewed:
                renewed = True
                self._forget(used)
                continue
            if answer.status_code >= 300:
                raise _refusal(answer)
            return answer

    def close(self) -> None:
        """Lets go of connections."""
        self._http.close()

    def _authorization(self) -> str:
        """Rule 1."""
        with self._lock:
            text, ends = self._token
            if self._clock() >= ends:
                text, ends = self._token = self._fetch_token()
            return text

    def _forget(self, used: str) -> None:
        with self._lock:
            if self._token[0] == used:
                self._token = ("", float("-inf"))

    def _fetch_token(self) -> tuple[str, float]:
        began = self._clock()
        auth = httpx.BasicAuth(self._sign.client, self._sign.secret)
        answer = self._send_with_retries("POST", "/oauth/token", {}, again=True, data=self._sign.form(), auth=auth)
        told = _json(answer)
        if answer.status_code >= 300:
            raise SignInError(parse(str, told, "error" if "error" in told else "rule"))
        lasts = parse(float, told, "expires_in")
        return f"Bearer {parse(str, told, 'access_token')}", began + max(lasts - _EARLY, 0.0)

    def _send_with_retries(
        self, method: str, path: str, headers: Mapping[str, str], *, again: bool, **more: Any
    ) -> httpx.Response:
        """Rules 2 and 3."""
        for attempt in range(1, self._retry_policy.tries + 1):
            answer, sent = self._try_once(method, path, headers, more)
            last = attempt == self._retry_policy.tries
            if answer is None:
                if last or (sent and not again):
                    break
                self._sleep(self._pause(attempt))
                continue
            wait = self._requested_wait(answer, attempt)
            if wait is None or last or (answer.status_code != 429 and not again):
                return answer
            if wait > self._retry_policy.pause:
                return answer
            self._sleep(wait)
        raise UnreachableError("the service doesn't answer")

    def _try_once(
        self, method: str, path: str, headers: Mapping[str, str], more: Mapping[str, Any]
    ) -> tuple[httpx.Response | None, bool]:
        """An answer, or None and whether the request may have been read (rule 4)."""
        try:
            return self._http.request(method, path, headers=dict(headers), **more), True
        except _NOT_SENT as error:
            untrusted = _is_untrusted(error)
        except httpx.TransportError:
            return None, True
        if untrusted:
            raise UntrustedError
        return None, False

    def _requested_wait(self, answer: httpx.Response, attempt: int) -> float | None:
        """Seconds until the next attempt; None where there is none."""
        if answer.status_code not in _BUSY:
            return None
        said = answer.headers.get("Retry-After", "")
        return float(said) if said.isdecimal() else self._pause(attempt)

    def _pause(self, attempt: int) -> float:
        longest: float = _PAUSE * 2.0**attempt
        return min(self._retry_policy.pause, longest * random.uniform(0.5, 1.0))  # noqa: S311 (spreads clients, no secret)


def _is_untrusted(error: BaseException | None) -> bool:
    """True if a certificate is the reason: asking again doesn't help."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _refusal(answer: httpx.Response) -> RefusedError:
    told = parse(Problem, _json(answer))
    return RefusedError(
        told.rule,
        told.zh,
        told.en,
        status=answer.status_code,
        seq=told.seq,
        request=told.request,
        fields=tuple((one.field, one.problem) for one in told.errors),
    )


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        pass
    raise ClientError("the service's answer isn't one that this client knows")


def http_client(
    base_url: str, timeout: float, authority: Path | None, certificate: tuple[Path, Path] | None, *, insecure: bool
) -> httpx.Client:
    """The connections (rule 5). authority: certificates that are trusted; certificate: our own, and its key."""
    url = httpx.URL(base_url)
    if url.scheme not in ("http", "https") or not url.host:
        raise ClientError("base_url: an address such as https://vault.example is needed")
    if url.scheme == "http" and url.host not in _OWN and not insecure:
        raise ClientError("base_url: https is needed beyond this machine")
    context = ssl.create_default_context(cafile=authority)
    if certificate is not None:
        context.load_cert_chain(*certificate)
    return httpx.Client(base_url=url, verify=context, timeout=timeout, trust_env=False, follow_redirects=False)
