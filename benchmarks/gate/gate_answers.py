"""How quick the gate answers, and whether the reasons for an empty answer can be told apart by bytes or by time.

    python -m benchmarks run gate_answers --work FOLDER [--alike 10000] [--asked 30000] [--connections 300]

`wayseal serve gate` with a numbers' database in SQLite, asked over raw connections by a process of its own; each
request comes from another address, as a proxy would say. First as quickly as it can: parcels that are opened, and half
of each. Beside it a bare Starlette that answers as many bytes. Then each reason for an empty answer in a random order,
`alike` times, on 50 connections; every pair of reasons is compared by Kolmogorov's and Smirnov's test.
"""

import itertools
import json
import os
import random
import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scipy.stats import ks_2samp
from tests.gate.world import Parcels, make_parcels

from benchmarks.registry import Kept, Said, Table, UnsoundError, benchmark, option
from benchmarks.shared.forked import Forked, free_port
from benchmarks.shared.processes import answer

RATE, P50, P95, OPENED, MIXED, BARE = (
    "answers a second",
    "p50 ms",
    "p95 ms",
    "opened",
    "half opened",
    "a bare Starlette",
)
ALIKE, LEAST = "all pairs", "least p of a pair"
_LOAD = "import wayseal.cli.gate\nfrom wayseal.cli import main"
_SERVE = 'sys.argv = ["wayseal", "serve", "gate"]\nmain()'
_BARE = """
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

async def track(request):
    return Response(b"x" * 300, media_type="application/json")

app = Starlette(routes=[Route("/v1/track", track)])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How much is asked."""

    work: Path = option(text="an empty folder")
    alike: int = option(10_000, "answers of each reason")
    asked: int = option(30_000, "answers of each load")
    connections: int = option(300, "that ask at once")
    numbers: int = option(20_000, "in the database")
    seed: int = option(1)


@benchmark(
    minutes=3,
    kept=[
        Kept("parcels shown", OPENED, RATE, "a second", 3000, None, (BARE, BARE, RATE)),
        Kept("half of them shown", MIXED, RATE, "a second", 3000, None, (BARE, BARE, RATE)),
        Kept("parcels shown, p95", OPENED, P95, "ms", None, None, (BARE, BARE, P95)),
        Kept("reasons for an empty answer, least p of a pair", ALIKE, LEAST, least=0.001),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Speed, then likeness."""
    options.work.mkdir(parents=True, exist_ok=True)
    parcels, rng = make_parcels(options.work, options.numbers), random.Random(options.seed)
    given = {
        "NUMBERS": options.work / "numbers.sqlite",
        "FOLDER": options.work / "gate",
        "PORT": (port := free_port()),
        "METRICS_PORT": free_port(),
    }
    own = dict(os.environ) | {f"WAYSEAL_GATE_{name}": str(one) for name, one in given.items()}
    own |= {"WAYSEAL_GATE_PROXIES": "127.0.0.1", "WAYSEAL_GATE_ACCOUNT_A_MINUTE": "10000000"}
    own["WAYSEAL_GATE_PREFIX_A_MINUTE"] = "10000000"
    rows = []
    with closing(Forked(_LOAD, _SERVE, own, port)) as gate:
        gate.start("/")
        for name, part in ((OPENED, 1.0), (MIXED, 0.5)):
            asked = [
                _asked(parcels, rng, "right" if rng.random() < part else "wrong secret") for _ in range(options.asked)
            ]
            rows.append(_row(name, _ask(options, port, asked), gate))
        why = ("unknown", "wrong secret", "not scanned", "closed", "none", "refused")
        asked = [_asked(parcels, rng, one) for one in why for _ in range(options.alike)]
        rng.shuffle(asked)
        for _ in range(2):  # whoever comes by that address is refused
            _ask(options, port, [_asked(parcels, rng, "guess") for _ in range(40)], 4)
        alike = _ask(options, port, asked, 50)
    other = free_port()
    serve = f"uvicorn.run(app, port={other}, access_log=False, log_level='error', http='httptools', loop='uvloop')"
    with closing(Forked(_BARE, serve, os.environ, other)) as bare:
        bare.start("/v1/track")
        asked = [_asked(parcels, rng, "right") for _ in range(options.asked)]
        rows.append(_row(BARE, _ask(options, other, asked), bare))
    yield Table(("who answers", RATE, P50, P95, "CPU µs an answer, since the start", "other answers"), rows)
    said = {one for its in alike["by"].values() for one in its["said"] if not one.startswith("200")}
    yield from _pairs(alike["by"])
    yield f"different empty answers: {len(said)}"
    if len(said) != 1:
        raise UnsoundError(f"empty answers differ: {said}")


def _ask(options: Options, port: int, asked: Sequence[Sequence[str]], connections: int = 0) -> dict[str, Any]:
    (file := options.work / "asked.json").write_text(json.dumps(asked))
    found: dict[str, Any] = answer("benchmarks.gate._askers:ask", port, str(file), connections or options.connections)
    return found


def _asked(parcels: Parcels, rng: random.Random, why: str) -> tuple[str, str, str, str]:
    address = f"{rng.randrange(1, 200)}.{rng.randrange(256)}.{rng.randrange(256)}.7"
    number = rng.choice({"not scanned": parcels.bound, "closed": parcels.closed}.get(why, parcels.live))
    secret, address = parcels.secret(number), "203.0.113.7" if why in ("refused", "guess") else address
    if why in ("unknown", "guess"):
        number = f"YT{rng.randrange(10**13):013d}"
    if why == "none":
        secret = ""
    return why, number, "0000000000" if why in ("wrong secret", "refused") else secret, address


def _row(name: str, found: Mapping[str, Any], serving: Forked) -> tuple[str, ...]:
    times = sorted(1000 * one for its in found["by"].values() for one in its["times"])
    cuts = statistics.quantiles(times, n=20)
    odd = sum(
        size for its in found["by"].values() for said, size in its["said"].items() if said[:3] not in ("200", "404")
    )
    cpu = 1e6 * serving.cpu_seconds() / found["answered"]
    return (
        name,
        f"{found['answered'] / found['seconds']:,.0f}",
        f"{cuts[9]:.1f}",
        f"{cuts[-1]:.1f}",
        f"{cpu:.0f}",
        f"{odd}",
    )


def _pairs(by: Mapping[str, Any]) -> Iterator[Said]:
    rows, least = [], 1.0
    for one, other in itertools.combinations(sorted(by), 2):
        tested = ks_2samp(by[one]["times"], by[other]["times"])
        least = min(least, tested.pvalue)
        middle = [f"{1000 * statistics.median(by[name]['times']):.2f}" for name in (one, other)]
        rows.append((f"{one}, {other}", f"{tested.pvalue:.3f}", f"{tested.statistic:.4f}", *middle))
    rows.append((ALIKE, f"{least:.4f} of {len(rows)}", "–", "–", "–"))
    yield Table(("reasons", LEAST, "largest distance", "p50 ms", "p50 ms of the other"), rows)
