"""What comes of asking a site: an answer, or why there is none. Neither is an exception."""

import hashlib
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from random import Random, SystemRandom
from typing import Final

from wayseal.market.types import FailureReason
from wayseal.model.times import now_us

Headers = tuple[tuple[str, str], ...]
COME_LATER: Final = frozenset({429, 503})
_NOT_FOR_US: Final = frozenset({401, 403, *COME_LATER})


def _resolve(host: str, port: int) -> Sequence[str]:
    """Addresses of a name, by the system; OSError: it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """The outside means of asking.

    Attributes:
        now: The time (µs).
        sleep: Waits so many seconds; what it raises ends the asking.
        monotonic: Seconds of a clock that is never set.
        random: Draws the jitter.
        resolve: Addresses of a name and port; OSError: there are none.
        tls: Whom TLS trusts; None: whom the system trusts.
    """

    now: Callable[[], int] = now_us
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    random: Random = field(default_factory=SystemRandom)
    resolve: Callable[[str, int], Sequence[str]] = _resolve
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """By what a site tells whether its answer is still the same. "": it has none."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """An answer that led elsewhere."""

    url: str
    status: int
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part that a drawn page asked for. status: 0 where nothing came; hindrance: then why not."""

    url: str
    status: int
    sha256: str = ""
    hindrance: FailureReason | None = None


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """An answer that came whole, of any status.

    Attributes:
        asked: What was asked for.
        url: What answered, after redirects.
        at: When the answer had come (µs).
        seconds: What it took.
        status: HTTP's.
        reason: The words beside it.
        request: The request's target and headers as they were sent.
        headers: The answer's headers as they came.
        raw: The body as it came, with its content encoding.
        body: The body, unpacked.
        address: The address that was connected to.
        inside: It is one inside, as the source allows.
        robots_ignored: The source's reason for not obeying robots.txt, where it has one.
        hops: Answers that led here.
        rendered: What scripts made of it, as HTML in UTF-8; empty where none were run.
        screenshot: The same as a picture (PNG).
        parts: What the page asked for meanwhile.
    """

    asked: str
    url: str
    at: int
    seconds: float
    status: int
    reason: str
    request: tuple[str, Headers]
    headers: Headers
    raw: bytes = field(repr=False)
    body: bytes = field(repr=False)
    address: str
    inside: bool = False
    robots_ignored: str | None = None
    hops: tuple[Hop, ...] = ()
    rendered: bytes = field(default=b"", repr=False)
    screenshot: bytes = field(default=b"", repr=False)
    parts: tuple[Part, ...] = ()

    def header(self, name: str) -> str:
        """A header's value; "" where there is none."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    @cached_property
    def media_type(self) -> str:
        """As the answer says, with its parameters."""
        return self.header("content-type")

    @cached_property
    def sha256(self) -> str:
        """Of the body, in hex."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def shown(self) -> bytes:
        """The input of `parse`: what scripts made of it, or the body."""
        return self.rendered or self.body

    @property
    def shown_type(self) -> str:
        """The media type of `shown`."""
        return "text/html; charset=utf-8" if self.rendered else self.media_type

    @property
    def unchanged(self) -> bool:
        """True if the site says that it is what was had before; there is no body then."""
        return self.status == 304

    @property
    def validators(self) -> Validators:
        """For the next time."""
        return Validators(etag=self.header("etag"), last_modified=self.header("last-modified"))

    @property
    def hindrance(self) -> FailureReason | None:
        """Why nothing can be told from it, by its status; None: `parse` decides."""
        if self.status in _NOT_FOR_US:
            return FailureReason.REFUSED
        return FailureReason.ERROR_PAGE if self.status >= 400 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """No answer, or none that was taken.

    Attributes:
        asked: What was to be asked for.
        url: What failed: the same, or where it led.
        at: When (µs).
        hindrance: Why.
        not_before: When the site may be asked again, if it was said (µs).
        hops: Answers that led there.
    """

    asked: str
    url: str
    at: int
    hindrance: FailureReason
    not_before: int | None = None
    hops: tuple[Hop, ...] = ()
