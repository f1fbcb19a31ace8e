"""Pages that scripts draw, in the system's Chromium, which reaches nothing but through us.

1. Chromium has no network: its proxy is a closed port. What a page asks for is asked by `Fetcher`, with the budget, the
   pauses, robots.txt and the addresses that it looks at; GET alone, and of documents, scripts, styles and data alone.
   What is to be sent, pictures, fonts, media, sockets and workers are refused.
2. A profile is made for one page and thrown away: no cookie, no login, nothing kept. Nothing is clicked or filled in.
3. A page has so many requests and so many seconds. Chromium is killed after them, whatever a script does.
4. What was drawn is taken as HTML and as a picture; both are bounded.
"""

import importlib.util
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from wayseal.market.errors import FetchError
from wayseal.market.fetching.types import Fetched, Missed, Part
from wayseal.market.sources import Source
from wayseal.market.types import FailureReason

if TYPE_CHECKING:
    from playwright.sync_api import Route

CHROMIUM = Path("/usr/bin/chromium")
MOST_PARTS = 40
_CLOSED = "http://127.0.0.1:9"
_ARGUMENTS = (
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"),
    *("--force-webrtc-ip-handling-policy=disable_non_proxied_udp", "--proxy-bypass-list=<-loopback>"),
    *("--js-flags=--max-old-space-size=512", "--disable-features=DnsOverHttps,OptimizationHints,MediaRouter"),
)
_TAKEN = frozenset({"document", "script", "stylesheet", "xhr", "fetch"})
_HOP_BY_HOP = frozenset({"content-encoding", "content-length", "transfer-encoding", "connection", "set-cookie"})
_SETTLE = 10_000
"""Milliseconds that the usual shape has to appear once a page is loaded."""
_VIEW = {"width": 1280, "height": 2000}
Ask = Callable[[str], Fetched | Missed]


class _Drawing:
    """One page being drawn: what it asked for, and what it was given."""

    def __init__(self, source: Source, first: Fetched, ask: Ask) -> None:
        self._source = source
        self._first = first
        self._ask = ask
        self._given = False
        self.parts: list[Part] = []

    def answer(self, route: "Route") -> None:
        """Answers one request of the page (rule 1)."""
        request = route.request
        if not self._given and request.is_navigation_request() and request.url.partition("#")[0] == self._first.url:
            self._given = True
            _fulfil(route, self._first)
            return
        asked = request.method == "GET" and request.resource_type in _TAKEN
        if not asked or len(self.parts) >= MOST_PARTS or request.is_navigation_request():
            route.abort()
            return
        found = self._ask(request.url)
        if isinstance(found, Missed):
            self.parts.append(Part(url=request.url, status=0, hindrance=found.hindrance))
            route.abort()
        else:
            self.parts.append(Part(url=request.url, status=found.status, sha256=found.sha256))
            _fulfil(route, found)


def draw(source: Source, first: Fetched, ask: Ask, seconds: float) -> Fetched | Missed:
    """Draw a page as its scripts make it (rules 1 to 4).

    Args:
        source: Whose page it is.
        first: The page as it came.
        ask: Asks for what the page needs.
        seconds: That drawing may take in all, its pauses included.

    Raises:
        FetchError: Chromium, or what steers it, isn't installed.
    """
    lacking = missing()
    if lacking is not None:
        raise FetchError("to draw pages that need scripts, install {what}", what=lacking)
    drawing = _Drawing(source, first, ask)
    try:
        with tempfile.TemporaryDirectory(prefix="wayseal-market-") as profile, _watched(profile, seconds) as late:
            try:
                html, picture = _drawn(source, first, drawing, profile, seconds)
            except Exception as error:
                if not _of_driver(error):
                    raise
                return _missed(first, FailureReason.TIMEOUT if late.is_set() else FailureReason.UNREADABLE)
    except OSError:
        return _missed(first, FailureReason.UNREADABLE)
    if html is None:
        return _missed(first, FailureReason.TOO_BIG)
    return replace(first, rendered=html.encode("utf-8", "replace"), screenshot=picture, parts=tuple(drawing.parts))


def _drawn(source: Source, first: Fetched, drawing: _Drawing, profile: str, seconds: float) -> tuple[str | None, bytes]:
    from playwright.sync_api import TimeoutError as LateError
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=CHROMIUM,
            args=list(_ARGUMENTS),
            proxy={"server": _CLOSED},
            chromium_sandbox=os.geteuid() != 0,
            service_workers="block",
            accept_downloads=False,
            viewport=_VIEW,  # type: ignore[arg-type]
            locale="zh-CN",
        )
        with suppress(Exception):
            context.clear_permissions()
        context.route("**/*", drawing.answer)
        context.route_web_socket("**/*", lambda socket: socket.close())
        page = context.pages[0] if context.pages else context.new_page()
        with suppress(LateError):
            page.goto(first.url, wait_until="load", timeout=seconds * 1000)
            page.wait_for_selector(source.usual or source.items or "body", state="attached", timeout=_SETTLE)
        size = page.evaluate("document.documentElement.outerHTML.length")
        if not isinstance(size, int) or size > source.most_bytes:
            context.close()
            return None, b""
        html, picture = page.content(), page.screenshot(type="png")
        context.close()
        return html, picture


def _fulfil(route: "Route", found: Fetched) -> None:
    headers = {name: value for name, value in found.headers if name.lower() not in _HOP_BY_HOP}
    route.fulfill(status=found.status, headers=headers, body=found.body)


def _missed(first: Fetched, hindrance: FailureReason) -> Missed:
    return Missed(asked=first.asked, url=first.url, at=first.at, hindrance=hindrance, hops=first.hops)


def _of_driver(error: Exception) -> bool:
    return type(error).__module__.partition(".")[0] == "playwright" or isinstance(error, OSError)


@contextmanager
def _watched(profile: str, seconds: float) -> Iterator[threading.Event]:
    """Kills the Chromium of this profile once the time is over (rule 3)."""
    late = threading.Event()

    def end() -> None:
        late.set()
        for pid in _processes(profile):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()
        timer.join()


def _processes(profile: str) -> list[int]:
    """Processes that were started with this profile: its name is drawn by chance, and nobody else has it."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if profile.encode() in (place / "cmdline").read_bytes():
                found.append(int(place.name))
    return [pid for pid in found if pid != os.getpid()]


def missing() -> str | None:
    """Find what drawing pages lacks: the package's or the program's name; None: nothing."""
    if importlib.util.find_spec("playwright") is None:
        return "playwright"
    return None if CHROMIUM.exists() else str(CHROMIUM)
