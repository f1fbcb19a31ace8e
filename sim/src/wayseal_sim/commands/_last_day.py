"""The demo's last day: it comes as a stream, with a rule in force, and is told of while it happens.

1. Time is the world's: what the rule does, it does at the moment of its notice.
2. What came is in the ledger afterwards, as if all had been ingested at once.
"""

import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from wayseal.cases.ledger.casebook import writable_casebook
from wayseal.cases.ledger.watching import limits_of
from wayseal.cli.commands import OutputFormat, echo
from wayseal.cli.watch import NoticeActs, NoticePrinter
from wayseal.client.sinks import open_sink
from wayseal.detect import Options
from wayseal.live.blocks import Blocks, Rule, blocks_folder
from wayseal.live.notices import each
from wayseal.live.sources import Reading, open_source_of
from wayseal.live.types import Notice, NoticeKind
from wayseal.live.watch import Watch, WatchOptions
from wayseal.store.blocked import Measure
from wayseal_sim.play import Stream, copy_before, play

_RULE = Rule(name="pulls", least=0.9, measure=Measure.STEP_UP, minutes=24 * 60)
_PROPOSES, _AGREES = "demo", "demo too"
_WHOLE = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class LastDay:
    """before: dataset of the days before it; lines: its events; since: its first moment, microseconds since 1970."""

    before: Path
    lines: Path
    since: int


def lay_out_last_day(out: Path, dataset: Path, days: int, seed: int) -> LastDay:
    """Parts a world's last day from those before it.

    Args:
        out: The demo's folder.
        dataset: What was simulated.
        days: How many days it has.
        seed: As of the stream.

    Returns:
        Where both lie.
    """
    stream = Stream(dataset, seed=seed, since=str(days))
    before, lines = out / "before", out / "last-day.jsonl"
    copy_before(dataset, before, stream.low)
    with open_sink(f"file:{lines}") as sink:
        play(stream, sink, speed=0.0, batch=_WHOLE)
    return LastDay(before=before, lines=lines, since=stream.low)


class _Told:
    """What is done of notices, and the world's time (rule 1)."""

    def __init__(self) -> None:
        self.now = 0

    def follow(self, acts: NoticeActs, notice: Notice) -> bool:
        """Does what follows from a notice."""
        self.now = notice.at
        return acts.register([notice]) == 1 and acts.block(notice)

    def print(self, printer: NoticePrinter, notice: Notice) -> bool:
        """Prints it, unless it says but more of the same."""
        return notice.kind is NoticeKind.CHANGED or printer.print([notice]) == 1


def watch_last_day(out: Path, day: LastDay) -> None:
    """Plays the last day through the watch, and says what comes of it, beside the truth.

    Args:
        out: The demo's folder, with a ledger of the days before.
        day: As it was laid out; that goes, as the ledger has it then.
    """
    ledger, told = out / "ledger", _Told()
    folder = writable_casebook(ledger)
    blocks = Blocks(blocks_folder(ledger), clock=lambda: told.now)
    blocks.propose_rule(_RULE, who=_PROPOSES)
    blocks.agree_rule(_RULE.name, who=_AGREES)
    acts = NoticeActs(folder, blocks)
    printer = NoticePrinter(folder, acts, OutputFormat.TEXT, {})
    echo("The last day comes as a stream, with a rule that asks for a second factor:")
    receivers = {"acts": each(partial(told.follow, acts)), "print": each(partial(told.print, printer))}
    options = Options(folder=folder)
    made = WatchOptions(
        detect=folder, arm=limits_of(ledger, options), offset=options.offset, receivers=receivers, who="demo"
    )
    Watch(ledger, open_source_of(f"file:{day.lines}", Reading(until_end=True)), made).run()
    day.lines.unlink()
    shutil.rmtree(day.before)
    _say_truth(out, blocks, day.since)


def _say_truth(out: Path, blocks: Blocks, since: int) -> None:
    """How much of what was pulled on the day came after its account was on the list; nothing where nobody pulls."""
    if not (out / "pulled.parquet").exists():
        return
    pulled = pq.read_table(out / "pulled.parquet")
    listed = {act.entry.actor: act.entry.since for act in reversed(blocks.state().added.values())}
    actors, moments = pulled["actor"].to_pylist(), pc.cast(pulled["at"], pa.int64()).to_pylist()
    day = [(actor, at) for actor, at in zip(actors, moments, strict=True) if at >= since]
    echo(
        "Truth: {pulls:,} parcels were pulled on that day, {after:,} of them after their account was on the list",
        pulls=len(day),
        after=sum(at >= listed.get(actor, at + 1) for actor, at in day),
    )
