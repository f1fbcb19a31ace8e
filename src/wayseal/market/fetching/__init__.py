"""Fetching: asks sites, slowly and within bounds; what comes is a value, whatever the site does.

`Fetcher.fetch` gives an answer (`Fetched`) or why there is none (`Missed`). Clocks, chance and names are passed in
(`Means`). What is remembered of sites lies in a folder that all processes share.

1. Before each request: the budget of the day, the time until which the site asked to be left alone, robots.txt, and the
   pause with its jitter. A redirect is a request like any other, and what it leads to is looked at as anew.
2. robots.txt: none (4xx) forbids nothing; one that can't be had (5xx, no answer) is waited for, and nothing is asked
   meanwhile: where nothing came at all, the site is told to be away. Its crawl delay counts where it is longer than the
   source's pause. It holds for a day.
3. Bounds: bytes as they come, bytes unpacked, seconds in all, redirects; what is over one is dropped and said.
4. Whatever a site does is a value. Nothing is sent but GET, no cookie is kept, no form filled in.

What is remembered of each site, in a small file a site: how often it was asked today, when it may be asked again.

5. A site is a host and a port. Whoever asks it holds its file's lock from the pause before to the answer, so that it
   gets one request at a time from all processes and threads that share the folder.
6. A request is counted before it is sent: a crash never makes the budget larger.
7. Where a site asks to come later, it isn't asked before; where it doesn't say when, the wait doubles with each time,
   up to a day.
"""

import fcntl
import hashlib
import json
import os
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import urljoin

import httpcore
import httpx
from protego import Protego

from wayseal import __version__
from wayseal.market.fetching._address import (
    Guard,
    InsideError,
    Limits,
    TooLongError,
    TooMuchError,
    UnreadableError,
    read_body,
)
from wayseal.market.fetching._browser import draw
from wayseal.market.fetching.types import COME_LATER, Fetched, Headers, Hop, Means, Missed, Validators
from wayseal.market.sources import Source
from wayseal.market.types import FailureReason
from wayseal.model.times import SECOND_US, micros_of
from wayseal.store.durable import MODE, replace_file

__all__ = ["Fetched", "Fetcher", "Means", "Missed", "Patience", "Validators", "paused_until"]
DAY_US = 86_400 * SECOND_US
LONGEST_WAIT = DAY_US
_FIRST_WAIT = 60 * SECOND_US


@dataclass(slots=True, kw_only=True)
class Site:
    """A site, as it is remembered. Times in µs.

    Attributes:
        day: The day (of UTC, after 1970) that `asked` counts.
        asked: Requests of that day.
        last: When the last one ended.
        not_before: When it may be asked again.
        refusals: How often in a row it asked to come later.
        robots: Its robots.txt; None: not asked for, or not had.
        robots_at: When that was asked for.
        robots_good: Whether an answer came that says something.
        robots_missed: Why nothing came at all: the site is away, or too slow; "" otherwise.
    """

    day: int = 0
    asked: int = 0
    last: int = 0
    not_before: int = 0
    refusals: int = 0
    robots: str | None = None
    robots_at: int = 0
    robots_good: bool = False
    robots_missed: str = ""

    def asked_on(self, now: int) -> int:
        """Requests of the day of `now`."""
        return self.asked if self.day == now // DAY_US else 0

    def count(self, now: int) -> None:
        """One more request (rule 6)."""
        self.asked = self.asked_on(now) + 1
        self.day = now // DAY_US

    def refused(self, now: int, retry_after: str) -> None:
        """It asked to come later (rule 7)."""
        said = read_retry_after(retry_after, now)
        doubled = now + min(_FIRST_WAIT << min(self.refusals, 20), LONGEST_WAIT)
        self.refusals += 1
        self.not_before = max(doubled if said is None else min(said, now + LONGEST_WAIT), self.not_before)


def read_retry_after(text: str, now: int) -> int | None:
    """The time that `Retry-After` means, in seconds or as a date; None: it says nothing that can be read."""
    if text.strip().isdecimal():
        return now + min(int(text.strip()[:12]), 10 * 86_400) * SECOND_US
    try:
        return micros_of(parsedate_to_datetime(text))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


@contextmanager
def _hold(folder: Path, name: str) -> Iterator["HeldSite"]:
    """A site that nobody else asks meanwhile (rule 5)."""
    path = _place(folder, name)
    handle = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield HeldSite(path, name)
    finally:
        os.close(handle)


def paused_until(folder: Path, starts: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Until when sites want to be left alone.

    Args:
        folder: Where they are remembered.
        starts: Addresses with which sources begin, by the source's name.

    Returns:
        By source the latest of such times (µs), also those that are over; 0: none is known.
    """
    sites = {name: [httpx.URL(url.replace("{", "").replace("}", "")) for url in urls] for name, urls in starts.items()}
    known = {
        name: [_read(_place(folder, one.netloc.decode())).not_before for one in urls] for name, urls in sites.items()
    }
    return {name: max(times, default=0) for name, times in known.items()}


def _place(folder: Path, name: str) -> Path:
    return folder / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.json"


class HeldSite:
    """A site whose lock is held. site: what is remembered; `save` writes it down."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name
        self.site = _read(path)

    def save(self) -> None:
        """Writes it down, whole or not at all."""
        replace_file(self._path, json.dumps({"name": self._name, **asdict(self.site)}).encode())


def _read(path: Path) -> Site:
    """Read a file of a site; a site that nobody asked yet, where there is none or it says nothing that can be read."""
    try:
        found = json.loads(path.read_bytes())
        return Site(**{one.name: found[one.name] for one in fields(Site)})
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return Site()


AGENT = "Wayseal-market-watch"
ROBOTS_HOLDS = 86_400 * SECOND_US
ROBOTS_AGAIN = 3600 * SECOND_US
"""After so long a robots.txt that couldn't be had is asked for again."""
MOST_ROBOTS = 512 << 10
MOST_HOPS = 5
_STEP = 15.0
_MOST_HEAD = 128 << 10
"""Bytes of an answer's head and of TLS; the parser takes 100 KB of headers at most."""
_LONGEST_URL = 4_000
_SAID_OTHERWISE = frozenset({FailureReason.FORBIDDEN_ADDRESS, FailureReason.BUDGET})
_AWAY = frozenset({FailureReason.UNREACHABLE, FailureReason.TIMEOUT})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds that things may take.

    Attributes:
        seconds: An answer, in all.
        wait: How much longer than the pause a site may make one wait.
        drawing: A page that scripts draw, with all that it asks for and the pauses between.
    """

    seconds: float = 60.0
    wait: float = 900.0
    drawing: float = 300.0


@dataclass(slots=True)
class _Trip:
    """One asking and where it leads."""

    source: Source
    asked: str
    hops: list[Hop] = field(default_factory=list)


class Fetcher:
    """Asks sites for sources (rules 1 to 4)."""

    def __init__(self, folder: Path, means: Means | None = None, patience: Patience | None = None) -> None:
        """Takes where it remembers sites, and its means.

        Args:
            folder: What is remembered of sites lies there; all that ask the same sites share it.
            means: Clocks, names, chance; None: the system's.
            patience: How long it waits; None: the usual.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._means = means or Means()
        self._patience = patience or Patience()

    def fetch(self, source: Source, url: str, known: Validators | None = None) -> Fetched | Missed:
        """Asks for an address; where the source says that it needs scripts, lets them draw the page.

        Args:
            source: On whose behalf: its budget, pause, contact and permissions.
            url: What to ask for.
            known: Of the answer that was had before; a site may then say that nothing changed.

        Returns:
            The answer, or why there is none.

        Raises:
            FetchError: The source needs scripts, and what runs them isn't installed.
        """
        found = self._follow(source, url, known or Validators())
        if isinstance(found, Missed) or not source.scripts or found.unchanged or found.hindrance is not None:
            return found
        return draw(source, found, lambda part: self._follow(source, part, Validators()), self._patience.drawing)

    def _follow(self, source: Source, url: str, known: Validators) -> Fetched | Missed:
        """The answer at the end of redirects."""
        trip = _Trip(source, url)
        while True:
            found = self._ask(trip, url, known)
            if isinstance(found, Missed) or found.status not in _REDIRECTS or not found.header("location"):
                return found
            location = found.header("location")
            trip.hops.append(Hop(url=url, status=found.status, location=location[:_LONGEST_URL]))
            try:
                url = urljoin(found.url, location)
            except ValueError:
                return self._missed(trip, location[:_LONGEST_URL], FailureReason.UNREADABLE)
            if len(trip.hops) > MOST_HOPS:
                return self._missed(trip, url, FailureReason.ERROR_PAGE)

    def _ask(self, trip: _Trip, url: str, known: Validators) -> Fetched | Missed:
        """One request to one site, whose lock is held meanwhile."""
        target = _target(url)
        if target is None:
            return self._missed(trip, url[:_LONGEST_URL], FailureReason.FORBIDDEN_ADDRESS)
        with _hold(self._folder, target.netloc.decode()) as held:
            missed = self._robots(trip, target, held) or self._may(trip, url, held, self._delay(trip.source, held))
            if missed is not None:
                return missed
            found = self._send(trip, target, held, known, trip.source.most_bytes)
            if isinstance(found, Fetched) and found.status in COME_LATER:
                held.site.refused(found.at, found.header("retry-after"))
            elif isinstance(found, Fetched):
                held.site.refusals = 0
            held.save()
            return found

    def _robots(self, trip: _Trip, target: httpx.URL, held: HeldSite) -> Missed | None:
        """Why robots.txt keeps from asking (rule 2); None: it doesn't."""
        if trip.source.robots_ignored is not None:
            return None
        site, url = held.site, str(target)
        age = self._means.now() - site.robots_at
        if age >= (ROBOTS_HOLDS if site.robots_good else ROBOTS_AGAIN) or age < 0:
            missed = self._may(trip, url, held, trip.source.pause) or self._read_robots(trip, target, held)
            if missed is not None:
                return missed
        if not site.robots_good:
            later = site.robots_at + ROBOTS_AGAIN
            return self._missed(trip, url, FailureReason(site.robots_missed or FailureReason.ROBOTS), later)
        if site.robots and not _rules(site.robots).can_fetch(url, AGENT):
            return self._missed(trip, url, FailureReason.ROBOTS)
        return None

    def _read_robots(self, trip: _Trip, target: httpx.URL, held: HeldSite) -> Missed | None:
        """Asks for robots.txt and keeps what it says."""
        place = target.copy_with(path="/robots.txt", query=None, fragment=None)
        found = self._send(trip, place, held, Validators(), MOST_ROBOTS)
        for _ in range(MOST_HOPS):
            if isinstance(found, Missed) or found.status not in _REDIRECTS:
                break
            said = found.header("location")
            location = _target(said, found.url)
            if location is None:
                return self._missed(trip, said[:_LONGEST_URL], FailureReason.FORBIDDEN_ADDRESS)
            found = self._send(trip, location, held, Validators(), MOST_ROBOTS)
        if isinstance(found, Missed) and found.hindrance in _SAID_OTHERWISE:
            return found
        held.site.robots_at, held.site.robots, held.site.robots_good = self._means.now(), None, False
        away = isinstance(found, Missed) and found.hindrance in _AWAY
        held.site.robots_missed = found.hindrance.value if away and found.hindrance else ""
        if isinstance(found, Fetched):
            self._judge_robots(found, held.site)
        held.save()
        return None

    def _judge_robots(self, found: Fetched, site: Site) -> None:
        """Notes what an answer says (rule 2)."""
        if 200 <= found.status < 300:
            site.robots, site.robots_good = found.body.decode("utf-8", "replace"), True
        elif found.status in COME_LATER:
            site.refused(found.at, found.header("retry-after"))
        elif found.status < 500:
            site.robots_good = True

    def _delay(self, source: Source, held: HeldSite) -> float:
        """Seconds between requests: the source's, or more where robots.txt asks for it."""
        if source.robots_ignored is not None or not held.site.robots:
            return source.pause
        rules = _rules(held.site.robots)
        rate = rules.request_rate(AGENT)
        slowest = rate.seconds / rate.requests if rate and rate.requests else 0.0
        return max(source.pause, rules.crawl_delay(AGENT) or 0.0, slowest)

    def _may(self, trip: _Trip, url: str, held: HeldSite, delay: float) -> Missed | None:
        """Waits until the site may be asked (rule 1), or says why it isn't."""
        now, site, source = self._means.now(), held.site, trip.source
        if site.asked_on(now) >= source.budget:
            return self._missed(trip, url, FailureReason.BUDGET)
        pause = delay * (1 + source.jitter * self._means.random.random())
        wait = max(site.not_before - now, 0) / SECOND_US
        if site.last:
            wait = max(wait, (site.last - now) / SECOND_US + pause)
        if wait > self._patience.wait + pause:
            hindrance = FailureReason.REFUSED if site.not_before > now else FailureReason.ROBOTS
            return self._missed(trip, url, hindrance, now + int(wait * SECOND_US))
        if wait > 0:
            self._means.sleep(wait)
        return None

    def _send(
        self, trip: _Trip, target: httpx.URL, held: HeldSite, known: Validators, most: int
    ) -> Fetched | Missed:  # fmt: skip
        """Sends one request and takes its answer (rule 3)."""
        source = trip.source
        if held.site.asked_on(self._means.now()) >= source.budget:
            return self._missed(trip, str(target), FailureReason.BUDGET)
        held.site.count(self._means.now())
        held.save()
        began = self._means.monotonic()
        guard = Guard(
            self._means, Limits(most + (64 << 10), self._patience.seconds, self._means.monotonic), _inside(source)
        )
        headers = _headers(target, source, known)
        try:
            answer, raw, body = self._exchange(guard, target, headers, most)
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, UnreadableError) as error:
            return self._missed(trip, str(target), _why(error))
        except httpcore.UnsupportedProtocol:
            return self._missed(trip, str(target), FailureReason.FORBIDDEN_ADDRESS)
        finally:
            held.site.last = self._means.now()
        return Fetched(
            asked=trip.asked,
            url=str(target),
            at=self._means.now(),
            seconds=self._means.monotonic() - began,
            status=answer.status,
            reason=bytes(answer.extensions.get("reason_phrase", b"")).decode("latin-1"),
            request=(target.raw_path.decode("ascii"), headers),
            headers=tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in answer.headers),
            raw=raw,
            body=body,
            address=guard.address,
            inside=guard.inside,
            robots_ignored=source.robots_ignored,
            hops=tuple(trip.hops),
        )

    def _exchange(
        self, guard: Guard, target: httpx.URL, headers: Headers, most: int
    ) -> tuple[httpcore.Response, bytes, bytes]:
        """The answer, its body as it came and unpacked."""
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), _STEP)
        request = httpcore.Request(
            "GET",
            httpcore.URL(scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path),
            headers=[(key.encode("ascii"), value.encode("ascii")) for key, value in headers],
            extensions={"timeout": timeouts},
        )
        tls = self._means.tls or _system_tls()
        with httpcore.ConnectionPool(ssl_context=tls, network_backend=guard, max_keepalive_connections=0) as pool:
            answer = pool.handle_request(request)
            try:
                return answer, *read_body(answer, most)
            finally:
                answer.close()

    def _missed(self, trip: _Trip, url: str, hindrance: FailureReason, later: int | None = None) -> Missed:
        return Missed(
            asked=trip.asked,
            url=url,
            at=self._means.now(),
            hindrance=hindrance,
            not_before=later,
            hops=tuple(trip.hops),
        )


@lru_cache(maxsize=1)
def _system_tls() -> ssl.SSLContext:
    return ssl.create_default_context()


@lru_cache(maxsize=64)
def _rules(text: str) -> Protego:
    return Protego.parse(text)


def _target(url: str, base: str = "") -> httpx.URL | None:
    """An address that may be asked for; None: it isn't one of the web, or holds a name and password."""
    try:
        url = urljoin(base, url)
        found = httpx.URL(url).copy_with(fragment=None)
        good = found.scheme in {"http", "https"} and found.host and not found.userinfo and len(url) <= _LONGEST_URL
    except (httpx.InvalidURL, ValueError, TypeError):
        return None
    return found if good else None


def _inside(source: Source) -> frozenset[tuple[str, int]]:
    """Hosts and ports that the source itself names, where it allows those inside."""
    if not source.allow_inside:
        return frozenset()
    named = [target for url in source.start if (target := _target(url.replace("{", "%7B").replace("}", "%7D")))]
    return frozenset((one.raw_host.decode(), one.port or (443 if one.scheme == "https" else 80)) for one in named)


def _headers(target: httpx.URL, source: Source, known: Validators) -> Headers:
    headers = [
        ("Host", target.netloc.decode("ascii")),
        ("User-Agent", f"{AGENT}/{__version__} (+{source.contact})"),
        ("Accept", "text/html, application/xhtml+xml, application/rss+xml, application/json, */*;q=0.5"),
        ("Accept-Language", "zh-CN, zh;q=0.9, en;q=0.5"),
        ("Accept-Encoding", "gzip, deflate"),
        ("Connection", "close"),
    ]
    if known.etag.isascii() and known.etag.isprintable() and known.etag:
        headers.append(("If-None-Match", known.etag))
    if known.last_modified.isascii() and known.last_modified.isprintable() and known.last_modified:
        headers.append(("If-Modified-Since", known.last_modified))
    return tuple(headers)


def _why(error: Exception) -> FailureReason:
    if isinstance(error, InsideError):
        return FailureReason.FORBIDDEN_ADDRESS
    if isinstance(error, TooMuchError):
        return FailureReason.TOO_BIG
    if isinstance(error, httpcore.TimeoutException | TooLongError):
        return FailureReason.TIMEOUT
    return (
        FailureReason.UNREADABLE
        if isinstance(error, httpcore.ProtocolError | UnreadableError)
        else FailureReason.UNREACHABLE
    )
