"""The vault over HTTP on one machine: single disclosures, batches of 100, sealing, beside an echo and bare commits.

    python -m benchmarks run vault_http --work FOLDER [--postgresql URL] [--processes 2] [--instances 2]
        [--connections 24] [--batch-connections 16] [--seconds 10] [--runs 3]

The load comes from wrk (Debian: apt-get install wrk) on the same cores: connections that each wait for their answer.
Services are processes of their own, started with the settings that a user has, without TLS. `--postgresql` names a
server; databases are made there and dropped afterwards. `--processes` measures one service in so many processes, too
(and the one that commits); `--instances` so many services over the same databases, each with its own part of the load.
Each service is warmed up for two seconds. Every answer but 200 is counted and said.
"""

import asyncio
import json
import os
import re
import secrets
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx

from benchmarks.registry import Kept, Said, Table, benchmark, option
from benchmarks.vault._world import COURIERS, Seeded, courier, seed

PARCELS = 20_000
CONNECTIONS = 24
BATCH_CONNECTIONS = 16
WARM = 2
EACH = 50
"""Parcels of a courier: what is seen again isn't counted again, and no budget runs out."""
PORT = 8917
Urls = AbstractContextManager[tuple[str, str]]
Script = Callable[[], Path]
"""Makes the script of a load, once the service answers."""
ADDRESS = f"http://127.0.0.1:{PORT}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What wrk measured. p50, p99: milliseconds; wrong: answers that weren't 200."""

    a_second: float
    p50: float
    p99: float
    wrong: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The databases, and the load."""

    work: Path = option(text="folder for databases")
    postgresql: str | None = option(None, "a server, as postgresql://USER@HOST:PORT; databases are made there")
    seconds: int = option(10)
    runs: int = option(3)
    batch: int = option(100)
    processes: int = option(1, "also one service in so many processes")
    instances: int = option(1, "also so many services over the same databases")
    connections: int = option(CONNECTIONS)
    batch_connections: int = option(BATCH_CONNECTIONS)


REQUESTS, WAYBILLS, P99, ECHO = "requests/s", "waybills/s", "p99, ms", "echo, nothing else"
ONE, MANY = "{}, 2 processes: disclose, one", "{}, 2 processes: disclose, 100 at once"


@benchmark(
    minutes=10,
    kept=[
        Kept("waybills a second over HTTP, 100 at once: SQLite", "SQLite: disclose, 100 at once", WAYBILLS, "a second"),
        Kept(
            "disclosures a second over HTTP: SQLite",
            "SQLite: disclose, one",
            REQUESTS,
            "a second",
            least=600,
            beside=("echo", ECHO, REQUESTS),
        ),
        Kept(
            "p99 of disclosures over HTTP: SQLite",
            "SQLite: disclose, one",
            P99,
            "ms",
            most=50,
            beside=("echo", ECHO, P99),
        ),
        Kept(
            "disclosures a second over HTTP: SQLite, 2 processes",
            ONE.format("SQLite"),
            REQUESTS,
            "a second",
            least=600,
            beside=("echo", ECHO, REQUESTS),
        ),
        Kept(
            "waybills a second over HTTP, 100 at once: SQLite, 2 processes",
            MANY.format("SQLite"),
            WAYBILLS,
            "a second",
            least=10_000,
            beside=("echo", ECHO, WAYBILLS),
        ),
        Kept(
            "disclosures a second over HTTP: PostgreSQL, 2 processes",
            ONE.format("PostgreSQL"),
            REQUESTS,
            "a second",
            least=800,
            beside=("echo", ECHO, REQUESTS),
        ),
        Kept(
            "waybills a second over HTTP, 100 at once: PostgreSQL, 2 processes",
            MANY.format("PostgreSQL"),
            WAYBILLS,
            "a second",
            least=10_000,
            beside=("echo", ECHO, WAYBILLS),
        ),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Load each service in turn."""
    if shutil.which("wrk") is None:
        sys.exit("wrk is needed: apt-get install wrk")
    options.work.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[str, ...]] = [(ECHO, *measured(options, "echo", {}, single_script(options.work, None)))]
    for name, urls in places(options.work, options.postgresql):
        with urls as (main_url, keys_url):
            rows += on(options, name, main_url, keys_url)
    yield Table(("service", REQUESTS, WAYBILLS, "p50, ms", P99, "not 200"), rows)


def places(work: Path, postgresql: str | None) -> Iterator[tuple[str, Urls]]:
    """Databases to measure on."""
    yield "SQLite", files(work)
    if postgresql:
        yield "PostgreSQL", databases(postgresql)


@contextmanager
def files(work: Path) -> Iterator[tuple[str, str]]:
    """Two new files."""
    folder = work / secrets.token_hex(4)
    folder.mkdir()
    try:
        yield f"sqlite:///{folder}/vault.db", f"sqlite:///{folder}/keys.db"
    finally:
        shutil.rmtree(folder)


@contextmanager
def databases(server: str) -> Iterator[tuple[str, str]]:
    """Two new databases of a server."""
    names = [f"wayseal_bench_{secrets.token_hex(4)}" for _ in range(2)]
    for name in names:
        asyncio.run(_say(server, f"CREATE DATABASE {name}"))
    try:
        yield f"{server}/{names[0]}", f"{server}/{names[1]}"
    finally:
        for name in names:
            asyncio.run(_say(server, f"DROP DATABASE {name} WITH (FORCE)"))


async def _say(server: str, statement: str) -> None:
    connection = await asyncpg.connect(f"{server}/postgres")
    await connection.execute(statement)
    await connection.close()


def on(given: Options, name: str, main_url: str, keys_url: str) -> list[tuple[str, ...]]:
    """What is measured on one kind of database."""
    folder = Path(given.work) / secrets.token_hex(4)
    folder.mkdir()
    seeded = seed(main_url, keys_url, folder, PARCELS)
    env = {
        "WAYSEAL_DATABASE": main_url,
        "WAYSEAL_KEY_DATABASE": keys_url,
        "WAYSEAL_KEYRING_FILE": str(seeded.keyring),
    }
    bare = measured(given, "commit", env, single_script(given.work, None))
    rows = [(f"{name}: a commit a request", *bare)]
    rows += loads(given, name, env, seeded)
    if given.processes > 1:
        several = {**env, "WAYSEAL_PROCESSES": str(given.processes)}
        rows += loads(given, f"{name}, {given.processes} processes", several, seeded)
    if given.instances > 1 and name != "SQLite":
        rows += loads(given, f"{name}, {given.instances} services", env, seeded, given.instances)
    shutil.rmtree(folder)
    return rows


def loads(given: Options, name: str, env: dict[str, str], seeded: Seeded, instances: int = 1) -> list[tuple[str, ...]]:
    """Single disclosures, and batches."""
    single, batch = single_script(given.work, seeded), batch_script(given.work, seeded, given.batch)
    return [
        (f"{name}: disclose, one", *measured(given, "vault", env, single, 1, given.connections, instances)),
        (
            f"{name}: disclose, {given.batch} at once",
            *measured(given, "vault", env, batch, given.batch, given.batch_connections, instances),
        ),
    ]


def measured(
    given: Options,
    service: str,
    env: dict[str, str],
    script: Script,
    each: int = 1,
    connections: int = CONNECTIONS,
    instances: int = 1,
) -> tuple[str, ...]:
    """Medians of some runs against one service, or several."""
    with ExitStack() as services:
        for n in range(instances):
            services.enter_context(serving(service, env, PORT + n))
        lua = script()
        load(lua, WARM, connections, instances)
        runs = [load(lua, given.seconds, connections, instances) for _ in range(given.runs)]
    rate = statistics.median(one.a_second for one in runs)
    return (
        f"{rate:,.0f}",
        f"{rate * each:,.0f}",
        f"{statistics.median(one.p50 for one in runs):.1f}",
        f"{statistics.median(one.p99 for one in runs):.1f}",
        str(sum(one.wrong for one in runs)),
    )


@contextmanager
def serving(service: str, env: dict[str, str], port: int) -> "Iterator[subprocess.Popen[bytes]]":
    """A service that answers, ended afterwards."""
    code = {
        "vault": "import os; from wayseal.server.serve import run; from wayseal.server.settings import read_settings;"
        "run(read_settings(os.environ))",
        "echo": f"import uvicorn; from benchmarks.vault._baselines import echo; uvicorn.run(echo(), {_UVICORN})",
        "commit": f"import uvicorn; from benchmarks.vault._baselines import commit; uvicorn.run(commit(), {_UVICORN})",
    }[service]
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, **env, "WAYSEAL_PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until_there(process, port)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


_UVICORN = f"port={PORT}, access_log=False, log_level='error', http='httptools', loop='uvloop'"


def until_there(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Returns when the service answers."""
    for _ in range(200):
        if process.poll() is not None:
            sys.exit("the service ended at once")
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=1)
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    sys.exit("the service doesn't answer")


def token(client: str, secret: str, actor: str) -> str:
    """An access token."""
    answer = httpx.post(
        f"{ADDRESS}/oauth/token",
        data={"grant_type": "client_credentials", "actor": actor, "scope": "disclose"},
        auth=(client, secret),
    )
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def single_script(work: Path, seeded: Seeded | None) -> Script:
    """Makes a script that asks for one waybill after the other, by many couriers."""

    def made() -> Path:
        lines = []
        for n in range(COURIERS):
            name, outlet = courier(n)
            bearer = "none" if seeded is None else token("scanner-app", seeded.courier_secret, name)
            numbers = [f"YT{k:013d}" for k in range(EACH)] if seeded is None else _mine(seeded, n, outlet)
            lines += [(bearer, number) for number in numbers]
        return _lua(work, [(b, f"/v1/waybills/{w}/disclose", _SINGLE) for b, w in lines])

    return made


_SINGLE = json.dumps({"purpose": "deliver", "reason": "今日派送"}, ensure_ascii=False)


def _mine(seeded: Seeded, n: int, outlet: str) -> list[str]:
    start = n // len(seeded.numbers) * EACH
    numbers = seeded.numbers[outlet]
    return [numbers[(start + k) % len(numbers)] for k in range(EACH)]


def batch_script(work: Path, seeded: Seeded, size: int) -> Script:
    """Makes a script that asks for many waybills at once, as the platform that sealed them."""

    def made() -> Path:
        bearer = token("shop", seeded.shop_secret, "platform")
        numbers = sorted(number for some in seeded.numbers.values() for number in some)
        bodies = [
            json.dumps(
                {"asks": [{"waybill": w, "purpose": "own_shipment", "reason": "对账"} for w in numbers[k : k + size]]},
                ensure_ascii=False,
            )
            for k in range(0, len(numbers) - size + 1, size)
        ]
        return _lua(work, [(bearer, "/v1/disclose", body) for body in bodies])

    return made


def _lua(work: Path, requests: list[tuple[str, str, str]]) -> Path:
    """A script for wrk that goes through the requests again and again, from a place of its own in each thread."""
    rows = ",\n".join("{" + ",".join(f"[==[{part}]==]" for part in request) + "}" for request in requests)
    path = work / "load.lua"
    path.write_text(
        f"local all = {{\n{rows}\n}}\n"
        'wrk.method = "POST"\n'
        "local at = 0\n"
        "request = function()\n"
        "  at = at % #all + 1\n"
        "  local one = all[(at * 7919) % #all + 1]\n"
        '  return wrk.format(nil, one[2], {["Content-Type"] = "application/json", '
        '["Authorization"] = "Bearer " .. one[1]}, one[3])\n'
        "end\n",
        encoding="utf-8",
    )
    return path


def load(script: Path, seconds: int, connections: int, instances: int) -> Load:
    """One run: against each service its part of the connections. Rates are added, the slowest percentiles count."""
    options = ["-t1", f"-c{connections // instances}", f"-d{seconds}s", "--latency", "--timeout", "30s"]
    running = [
        subprocess.Popen(
            ["wrk", *options, "-s", script, f"http://127.0.0.1:{PORT + n}"], stdout=subprocess.PIPE, text=True
        )
        for n in range(instances)
    ]
    loads = [_load(one.communicate()[0]) for one in running]
    return Load(
        a_second=sum(one.a_second for one in loads),
        p50=max(one.p50 for one in loads),
        p99=max(one.p99 for one in loads),
        wrong=sum(one.wrong for one in loads),
    )


def _load(out: str) -> Load:
    """What wrk says."""
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", out)
    lost = sum(map(int, errors.groups())) if errors else 0
    return Load(
        a_second=float(_found(r"Requests/sec:\s+([\d.]+)", out)),
        p50=_milliseconds(_found(r"(?m)^ +50%\s+(\S+)", out)),
        p99=_milliseconds(_found(r"(?m)^ +99%\s+(\S+)", out)),
        wrong=(int(wrong[1]) if wrong else 0) + lost,
    )


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        sys.exit(f"wrk said something else:\n{text}")
    return found[1]


def _milliseconds(text: str) -> float:
    for unit, factor in (("us", 0.001), ("ms", 1.0), ("s", 1000.0), ("m", 60_000.0)):
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * factor
    sys.exit(f"wrk has another unit: {text}")
