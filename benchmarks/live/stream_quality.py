"""Whom the stream tells of, how soon and at what price, beside batch detection over the same courier.

    python -m benchmarks run stream_quality --work /tmp/wayseal-stream-quality [--accesses 3000000] [--seeds 11,12]

The courier is that of `detection`: four weeks, insiders of all kinds. The first `known` days are in the ledger; each
day after is played line by line against limits that are made in the night before it, and is brought into the ledger.
Judged are insiders who begin on these days. Batch detection runs each night: it tells of an account at the end of the
first day on which the case that it is in is more likely right than not, for by then that is known. An account is found
if it is told of. Lost are its pulls until then. False are accounts that never pulled.
"""

import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.detect._world import DAY_US, OFFSET, Puller, Truth, prepare, truth_of
from benchmarks.registry import Kept, Said, Table, benchmark, option
from wayseal.detect import Options, detect
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import build_context, update_facts
from wayseal.detect.intraday import prepare as prepare_limits
from wayseal.detect.policy import WORTH
from wayseal.detect.window import HOUR_US
from wayseal.ledger import ingest, open_ledger
from wayseal.live._fast_path import FastPath
from wayseal.live.portions import bring_in
from wayseal.live.spool import open_spool
from wayseal.live.types import Batch, NoticeKind, Position
from wayseal.store import open_source
from wayseal_sim.play import Stream, copy_before

LIVE, BATCH, EITHER = "live", "batch, each night", "whichever is first"
FOUND, LOST, FALSE = "found", "lost before, median", "false accounts"
HEAD = ("", "insiders", FOUND, LOST, "lost before, mean", FALSE, "events a second")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The couriers."""

    work: Path = option(text="folder for couriers and ledgers, unless they lie there")
    accesses: int = option(3_000_000)
    seeds: tuple[int, ...] = option((11,))
    known: int = option(7, "days that are in the ledger before the stream begins")
    days: int = option(14, "that are played: insiders begin in the second week")


@benchmark(
    minutes=30,
    kept=[
        Kept("insiders that the stream tells of", LIVE, FOUND, beside=("batch", BATCH, FOUND)),
        Kept("pulls before it does, median", LIVE, LOST, beside=("batch", BATCH, LOST)),
        Kept("accounts it tells of that never pulled", LIVE, FALSE, beside=("batch", BATCH, FALSE)),
    ],
)
def measure(options: Settings) -> Iterator[Said]:
    """Plays each courier, and adds up."""
    rows: dict[str, list[tuple[int, int, list[int], int, float]]] = {}
    for seed in options.seeds:
        place = prepare(options.work, options.accesses, seed)
        truth = truth_of(place / "world")
        at, speed = _play(place, options.known, options.days)
        with open_ledger(place / "ledger") as snapshot:
            first = int(snapshot.activity()["hour"].to_numpy().min()) * HOUR_US + OFFSET
            last = first // DAY_US + options.known + options.days - 1
            result = detect(snapshot, Options(folder=place / "facts", offset=OFFSET, until=last))
        begun = (last + 1 - options.days) * DAY_US - OFFSET
        end = begun + options.days * DAY_US
        batch: dict[str, int] = {}
        for case in result.cases:
            days = [(day + 1) * DAY_US - OFFSET for day, score in case.course if score >= WORTH]
            if days and begun < days[0] <= end:
                batch |= {actor: min(days[0], batch.get(actor, days[0])) for actor in case.actors}
        either = {account: min(when, at.get(account, when)) for account, when in (at | batch).items()}
        mine = [p for p in truth.pullers.values() if begun <= p.since < end and len(p.pulls)]
        for name, told in ((LIVE, at), (BATCH, batch), (EITHER, either)):
            rows.setdefault(name, []).append(_judge(mine, truth, told, speed if name is LIVE else 0.0))
        yield f"seed {seed}: {len(mine)} of {len(truth.pullers)} insiders begin on the days that are played"
    yield Table(HEAD, [_row(name, some) for name, some in rows.items()])


def _judge(
    mine: list[Puller], truth: Truth, told: Mapping[str, int], speed: float
) -> tuple[int, int, list[int], int, float]:
    found = [p for p in mine if p.account in told]
    lost = [p.lost(told[p.account]) for p in found]
    return len(mine), len(found), lost, sum(account not in truth.pullers for account in told), speed


def _row(name: str, some: list[tuple[int, int, list[int], int, float]]) -> tuple[str, ...]:
    everybody, found = sum(one[0] for one in some), sum(one[1] for one in some)
    lost = [n for one in some for n in one[2]]
    speed = min(one[4] for one in some)
    return (
        name, str(everybody), f"{found / max(everybody, 1):.3f}", f"{np.median(lost or [0]):.0f}",
        f"{np.mean(lost or [0]):.0f}", str(sum(one[3] for one in some)), f"{speed:,.0f}" if speed else "–",
    )  # fmt: skip


def _play(place: Path, known: int, many: int) -> tuple[dict[str, int], float]:
    """Account → µs at which the stream first told of it; events a second of the processor, limits left out."""
    work = place / "live"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    data = place / "world/dataset"
    days = Stream(data, seed=1, since=str(known + 1))
    ingest(open_source(copy_before(data, work / "before", days.low)), work / "ledger", progress=lambda *_: None)
    last = min((days.high - days.low) // DAY_US, many) + known
    told: dict[str, int] = {}
    events, seconds = 0, 0.0
    options = Options(folder=work / "ledger/detect", offset=OFFSET)
    with open_spool(work / "spool") as spool:
        for day in range(known + 1, last + 1):
            stream = Stream(data, seed=1, since=str(day), until=str(day + 1))
            with open_ledger(work / "ledger") as snapshot:
                update_facts(snapshot, options.folder, load_templates(None), OFFSET, lambda *_: None)
                limits = prepare_limits(snapshot, options, day=(stream.low + OFFSET) // DAY_US)
                assert limits is not None
                fast = FastPath(build_context(snapshot, load_templates(None), OFFSET), limits, None)
                fast.load(snapshot)
            for stretch in stream:
                lines = bytes(stretch.data)
                begun = time.process_time()
                for notice in fast.take(lines, spool.number + 1):
                    if notice.kind is NoticeKind.RAISED:
                        told.setdefault(notice.actor, notice.at)
                seconds += time.process_time() - begun
                events += lines.count(b"\n")
                spool.append(Batch(lines=lines, position=Position(stream="sim", parts={"": spool.number})))
            spool.roll()
            bring_in(spool, work / "ledger")
            print(f"day {day}: {events:,} events, {len(told)} told of", file=sys.stderr)
    return told, events / seconds
