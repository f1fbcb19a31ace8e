"""How quick the portal is, and how much memory it takes, while 200 reports a minute come with a picture of 5 MB each.

    python -m benchmarks run portal_speed --work FOLDER [--rate 210] [--seconds 40] [--quiet 10] [--side 2475]

`wayseal serve portal` runs by itself, and then behind nginx with the file in deploy/ (where there is an nginx); its
budgets are none that would be used up. Reporters come at a fixed rate from a process of their own, each with a form
that is two seconds old; meanwhile somebody asks for pages, as before, when nobody reported. The mailbox is one that was
opened already: no Argon2id is in it. Beside it a bare Starlette reads the same bodies and drops them. Nobody fetches
what came.
"""

import re
import shutil
import ssl
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from tests.deploy.test_proxies import proxied

from benchmarks.portal._service import FORM, TYPED, Portal, bare, body_of, held, reported
from benchmarks.registry import Kept, Said, Table, benchmark, option
from benchmarks.shared.forked import Forked
from benchmarks.shared.processes import answer

ITSELF, NGINX, BARE = "the portal", "behind nginx", "a bare Starlette"
MAILBOX = "mailbox"
PATHS = {"front page": "/", "form": TYPED, "where a receipt is typed": "/back", "protection": "/how"}
RATE, P50, P95, PEAK = "sealed a minute", "p50 ms", "p95 ms", "peak MB"
QUIET, BUSY, WEIGHT = "alone, p95 ms", "while many report, p95 ms", "kB with its files"
_PAUSE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How much comes, and for how long."""

    work: Path = option(text="an empty folder")
    rate: float = option(210.0, "reports a minute")
    seconds: float = option(40.0, "so long reports come, each way")
    quiet: float = option(10.0, "so long nobody reports, each way")
    side: int = option(2475, "pixels of each picture, as wide as high; such a one has 5 MB")


class Visitor:
    """Somebody who asks for one page after the other, and has a mailbox open. odd: answers other than 200."""

    def __init__(self, browser: httpx.Client) -> None:
        self._browser, self.odd = browser, Counter[int]()
        self._session = held(reported(browser, 1)[0], "look")

    def look(self, during: Callable[[], Any]) -> tuple[Any, Mapping[str, list[float]]]:
        """As long as something takes; what that returned, and milliseconds by page."""
        times: dict[str, list[float]] = {name: [] for name in (*PATHS, MAILBOX)}
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(during)
            while not running.done():
                for name, its in times.items():
                    began = time.perf_counter()
                    status = self._ask(name).status_code
                    its.append(1000 * (time.perf_counter() - began))
                    self.odd[status] += status != httpx.codes.OK
                    time.sleep(_PAUSE)
        return running.result(), times

    def weight(self, name: str) -> float:
        """The kB of a page and of all to which it refers, unpacked."""
        answer = self._ask(name)
        files = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', answer.text))
        return sum(len(one.content) for one in (answer, *map(self._browser.get, files))) / 1000

    def _ask(self, name: str) -> httpx.Response:
        if name == MAILBOX:
            return self._browser.post("/mailbox", content=body_of(self._session), headers=FORM)
        return self._browser.get(PATHS[name])


@benchmark(
    minutes=3,
    kept=[
        *(
            Kept(f"reports with 5 MB each, {what}: {way}", way, column, unit, least, most, (BARE, BARE, column))
            for what, column, unit, least, most in (
                ("sealed", RATE, "a minute", 200, None),
                ("p50", P50, "ms", None, None),
                ("p95", P95, "ms", None, None),
                ("most memory", PEAK, "MB", None, 300),
            )
            for way in (ITSELF, NGINX)
        ),
        *(
            Kept(f"{name}, p95: {when.partition(',')[0]}", f"{ITSELF} · {name}", when, "ms", most=50)
            for name in ("front page", "form", MAILBOX)
            for when in (QUIET, BUSY)
        ),
        *(Kept(f"{name}, weight", f"{ITSELF} · {name}", WEIGHT, "kB", most=60) for name in ("form", MAILBOX)),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Load each in turn."""
    options.work.mkdir(parents=True, exist_ok=True)
    file = options.work / "photo.jpg"
    noise = Image.effect_noise((options.side, options.side), 40)
    noise.convert("RGB").save(file, "jpeg", quality=95, comment="Camera")
    reports, pages = list[tuple[str, ...]](), list[tuple[str, ...]]()
    for way in (ITSELF, NGINX) if shutil.which("nginx") else (ITSELF,):
        with _serving(options.work / "portal", way) as (portal, base, trusted):
            verify = True if trusted is None else ssl.create_default_context(cafile=trusted)
            with httpx.Client(base_url=base, verify=verify, trust_env=False, timeout=30) as browser:
                visitor = Visitor(browser)
                alone = visitor.look(lambda: time.sleep(options.quiet))[1]
                found, meanwhile = visitor.look(partial(_come, options, base, trusted, bare=False))
                weights = {name: visitor.weight(name) for name in alone}
            reports.append((way, *_row(portal, found)))
        pages += [(way, one, *_middle(alone[one]), *_middle(meanwhile[one]), f"{weights[one]:.1f}") for one in alone]
        yield f"{way}: reports not taken {found['failed']}, pages not shown {dict(+visitor.odd)}"
    with closing(bare()) as other:
        other.start("/")
        reports.append((BARE, *_row(other, _come(options, other.address, None, bare=True))))
    size, rate = file.stat().st_size / 1e6, options.rate
    yield f"a picture has {size:.2f} MB; offered are {rate:.0f} reports a minute, {rate * size / 60:.1f} MB a second"
    yield Table(("who takes them", "taken", RATE, P50, P95, "CPU ms a report", PEAK), reports)
    head = ("who", "page", "alone, p50 ms", QUIET, "while many report, p50 ms", BUSY, WEIGHT)
    yield Table(head, pages)


@contextmanager
def _serving(work: Path, way: str) -> Iterator[tuple[Portal, str, str | None]]:
    """A portal, its address, and the file of whom to trust."""
    with closing(Portal(work, reports_an_hour=1_000_000, lookups_a_minute=1_000_000)) as portal:
        portal.start("/how")
        if way == NGINX:
            (folder := work / "nginx").mkdir()
            with proxied(folder, int(portal.address.rpartition(":")[2])) as proxy:
                yield portal, f"https://localhost:{proxy.port}", str(folder / "ca.pem")
        else:
            yield portal, portal.address, None
    shutil.rmtree(work)


def _come(options: Options, address: str, trusted: str | None, *, bare: bool) -> dict[str, Any]:
    given = address, trusted, str(options.work / "photo.jpg"), options.rate, options.seconds, bare
    found: dict[str, Any] = answer("benchmarks.portal._reporters:report", *given)
    return found


def _row(serving: Forked, found: dict[str, Any]) -> tuple[str, ...]:
    taken = len(found["times"])
    cpu, peak = 1000 * serving.cpu_seconds() / max(1, taken), serving.peak_bytes() / 1e6
    return f"{taken:,}", f"{found['rate']:.1f}", *_middle(found["times"]), f"{cpu:.0f}", f"{peak:.0f}"


def _middle(times: list[float]) -> tuple[str, str]:
    """Median and p95."""
    if len(times) < 2:
        return "–", "–"
    return f"{statistics.median(times):.1f}", f"{statistics.quantiles(times, n=20, method='inclusive')[-1]:.1f}"
