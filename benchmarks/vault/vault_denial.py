"""Whether strangers can hold up the vault: an honest client beside attacks without a token, on loopback.

    python -m benchmarks run vault_denial --work FOLDER [--seconds 15] [--connections 1000]

The service is a process with its default settings, on SQLite. An honest client asks for one waybill after the other,
twenty a second, on connections that it keeps; beside it, from another process, so many connections that

- send the body of a request for a token a byte every second (`slow bodies`);
- send the same with nearly all of a long body at once (`long bodies`);
- send on after an answer that came before the end of the body (`sent on`);
- send request after request and never read an answer (`unread`);
- send a byte of a header now and then (`slow headers`).

Whoever is cut off comes again at once. Told are the honest client's times, its requests that weren't answered with 200,
and the most memory that the service held. Every attack ends by itself.
"""

import asyncio
import shutil
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.registry import Kept, Said, Table, benchmark, option
from benchmarks.shared.processes import child
from benchmarks.vault._world import Seeded, courier, seed
from benchmarks.vault.vault_http import ADDRESS, PORT, files, serving, token

PARCELS = 2000
RATE = 20
"""Requests of the honest client in a second."""
_HEAD = "Host: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
_TOKEN = b"POST /oauth/token HTTP/1.1\r\n"
ATTACKS: dict[str, tuple[bytes, bytes, float]] = {
    "slow bodies": (_TOKEN + _HEAD.format(length=1000).encode(), b"x", 1.0),
    "long bodies": (_TOKEN + _HEAD.format(length=16_000).encode() + b"x" * 15_000, b"x", 1.0),
    "sent on": (b"POST /v1/scans HTTP/1.1\r\n" + _HEAD.format(length=4_000_000).encode() + b"x" * 70_000, b"x", 1.0),
    "unread": (
        b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 50,
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 50,
        0.05,
    ),
    "slow headers": (b"GET /healthz HTTP/1.1\r\nX-A: ", b"a", 1.0),
}
"""What a connection sends at first, what it sends then, and how often (seconds)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How hard, and for how long."""

    work: Path = option(text="folder for databases")
    seconds: float = option(15.0)
    connections: int = option(1000)


@benchmark(
    minutes=3,
    kept=[
        kept
        for name in ("nobody", *ATTACKS)
        for kept in (
            Kept(f"p99 of an honest client beside: {name}", name, "p99, ms", "ms", most=500),
            Kept(f"peak memory of the service beside: {name}", name, "peak memory, MB", "MB", most=400),
        )
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Ask beside nobody, and beside each attack."""
    options.work.mkdir(parents=True, exist_ok=True)
    rows = [beside(options, name) for name in (None, *ATTACKS)]
    yield Table(("beside", "answered", "p50, ms", "p99, ms", "not 200", "peak memory, MB"), rows)


def beside(given: Options, name: str | None) -> tuple[str, ...]:
    """The honest client beside an attack, or alone, against a new service."""
    folder = given.work / "denial"
    folder.mkdir()
    try:
        with files(given.work) as (main_url, keys_url):
            seeded = seed(main_url, keys_url, folder, PARCELS)
            env = {
                "WAYSEAL_DATABASE": main_url,
                "WAYSEAL_KEY_DATABASE": keys_url,
                "WAYSEAL_KEYRING_FILE": str(seeded.keyring),
            }
            with serving("vault", env, PORT) as service:
                return (name or "nobody", *_beside(given, name, service.pid, seeded))
    finally:
        shutil.rmtree(folder)


def _beside(given: Options, name: str | None, pid: int, seeded: Seeded) -> tuple[str, ...]:
    times: list[float] = []
    wrong: list[str] = []
    most = [0.0]
    over = threading.Event()
    watch = threading.Thread(target=_watch, args=(pid, most, over))
    bearer = token("scanner-app", seeded.courier_secret, courier(0)[0])
    words = child("benchmarks.vault.vault_denial:attacked", name, given.connections, given.seconds + 2)
    attacker = None if name is None else subprocess.Popen(words, stdout=subprocess.DEVNULL)
    watch.start()
    try:
        time.sleep(2)
        _ask(seeded.numbers[courier(0)[1]][:50], bearer, given.seconds, times, wrong)
    finally:
        over.set()
        watch.join()
        if attacker is not None:
            attacker.wait()
    cuts = statistics.quantiles(times, n=100)
    return f"{len(times)}", f"{cuts[49] * 1000:.1f}", f"{cuts[98] * 1000:.1f}", f"{len(wrong)}", f"{most[0]:.0f}"


def _ask(numbers: list[str], bearer: str, seconds: float, times: list[float], wrong: list[str]) -> None:
    """What an honest client does; one whose connection was cut off while it waited comes again, as clients do."""
    body = {"purpose": "deliver", "reason": "今日派送"}
    began = time.monotonic()
    retries = httpx.HTTPTransport(retries=3)
    with httpx.Client(base_url=ADDRESS, headers={"Authorization": f"Bearer {bearer}"}, transport=retries) as http:
        turn = 0
        while (now := time.monotonic()) < began + seconds:
            path = f"/v1/waybills/{numbers[turn % len(numbers)]}/disclose"
            try:
                answer = http.post(path, json=body, timeout=30)
                if answer.status_code != 200:
                    wrong.append(str(answer.status_code))
            except httpx.HTTPError as error:
                wrong.append(type(error).__name__)
            times.append(time.monotonic() - now)
            turn += 1
            time.sleep(max(0.0, began + turn / RATE - time.monotonic()))


def _watch(pid: int, most: list[float], over: threading.Event) -> None:
    while not over.wait(0.1):
        with suppress(OSError, IndexError, ValueError):
            pages = int((Path("/proc") / str(pid) / "statm").read_text().split()[1])
            most[0] = max(most[0], pages * 4096 / 1e6)


def attacked(name: str, connections: int, seconds: float) -> None:
    """An attack, in a process of its own."""
    asyncio.run(attack(name, connections, seconds))


async def attack(name: str, connections: int, seconds: float) -> None:
    """So many connections for so long; whoever is cut off comes again."""
    until = time.monotonic() + seconds
    await asyncio.gather(*(_hold(*ATTACKS[name], lambda: time.monotonic() < until) for _ in range(connections)))


async def _hold(first: bytes, then: bytes, pause: float, goes_on: Callable[[], bool]) -> None:
    while goes_on():
        writer = None
        with suppress(OSError, asyncio.TimeoutError):
            _, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", PORT, limit=1024), 5)
            writer.write(first)
            while goes_on() and not writer.is_closing():
                await asyncio.sleep(pause)
                writer.write(then)
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(writer.drain(), 1)
        if writer is not None:
            writer.close()
        await asyncio.sleep(0.05)
