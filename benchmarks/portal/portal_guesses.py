"""Who comes back with a receipt while scripts guess receipts: how many get in, how soon, and what guesses cost.

    python -m benchmarks run portal_guesses --work FOLDER [--seconds 12] [--every 1] [--wait 1] [--patient]

`wayseal serve portal` with a user's budgets (60 looked up a minute at once, 20 more of those that waited), but a wait
of one minute, so that a run stays short. A script guesses from 10 s before the first reporter comes until the last is
in: ten thousand guesses an hour behind a burst that uses up the budget, or as many as it can on 16 connections. Each
guess has a form of its own that is old enough. Reporters press again when the page tells them to. With `--patient`
a third script presses again with forms that waited as long as reporters', which is what a waiting ticket can't tell
from them: then the page names telephone and address. All come by one address, which nginx would limit.
"""

import shutil
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.portal._service import Portal, receipt_of, reported
from benchmarks.registry import Kept, Said, Table, benchmark, option
from benchmarks.shared.processes import answer

AN_HOUR = 10_000
NONE, HOURLY, MANY, PATIENT = "nobody guesses", "10,000 guesses an hour", "as many guesses as can be", "patient guesses"
IN, P95, LONGEST, MOST, PEAK = "let in", "mailbox, p95 ms", "longest way in, s", "most looked up a minute", "peak MB"
_LEAD, _BURST = 10.0, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How many come, and for how long."""

    work: Path = option(text="an empty folder")
    seconds: float = option(12.0, "so long reporters come back")
    every: float = option(1.0, "seconds between two of them")
    wait: int = option(1, "minutes that whoever waits does; a user's are 3")
    patient: bool = option(False, "also guesses that wait")


@benchmark(
    minutes=4,
    kept=[
        *(
            Kept(f"reporters who come back, let in: {way}", way, IN, least=least, beside=(NONE, NONE, IN))
            for way, least in ((HOURLY, 1), (MANY, 1), (PATIENT, None))
        ),
        *(
            Kept(f"{name}: {way}", way, column, unit, None, most, (NONE, NONE, column))
            for name, column, unit, most in (
                ("reporters who come back, p95 of the mailbox", P95, "ms", None),
                ("reporters who come back, longest way in", LONGEST, "s", None),
                ("guesses looked up in a minute", MOST, "", 80),
                ("most memory", PEAK, "MB", 300),
            )
            for way in (HOURLY, MANY)
        ),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """One script after the other."""
    rows = []
    for way in (NONE, HOURLY, MANY, *((PATIENT,) if options.patient else ())):
        with closing(Portal(options.work / "portal", wait_minutes=options.wait)) as portal:
            portal.start("/how")
            with httpx.Client(base_url=portal.address, trust_env=False, timeout=30) as browser:
                receipts = [receipt_of(one) for one in reported(browser, 3)]
            rows.append((way, *_guessed(options, portal, receipts, way)))
        shutil.rmtree(options.work / "portal")
    head = (IN, "at the first press", "mailbox, p50 ms", P95, LONGEST, "guesses", MOST, "other answers", PEAK)
    yield Table(("while", *head), rows)


def _guessed(options: Options, portal: Portal, receipts: list[str], way: str) -> tuple[str, ...]:
    ours = "benchmarks.portal._reporters"
    lasts = _LEAD + options.seconds + 60 * options.wait + 5
    with ThreadPoolExecutor(2) as pool:
        script = None
        if way != NONE:
            rate, wait = AN_HOUR / 60 if way == HOURLY else None, 60.0 * options.wait if way == PATIENT else 0.0
            script = pool.submit(answer, f"{ours}:guess", portal.address, rate, _BURST, lasts, wait)
            time.sleep(_LEAD)
        came = answer(f"{ours}:come_back", portal.address, receipts, options.every, options.seconds)
        found: dict[str, Any] = script.result() if script else {"sent": 0, "most": 0, "odd": {}}
    times, inside = [ms for press, ms, _ in came if press], sum(press > 0 for press, _, _ in came)
    quarters = statistics.quantiles(times, n=20, method="inclusive") if len(times) > 1 else [0.0] * 19
    return (
        f"{inside / len(came):.3f} ({inside} of {len(came)})",
        f"{sum(press == 1 for press, _, _ in came) / len(came):.3f}",
        *(f"{one:.0f}" for one in (quarters[9], quarters[-1], max(took for _, _, took in came))),
        *(f"{one:,}" for one in (found["sent"], found["most"], sum(found["odd"].values()))),
        f"{portal.peak_bytes() / 1e6:.0f}",
    )
