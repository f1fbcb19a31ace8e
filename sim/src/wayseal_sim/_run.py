"""Runs a world: parcels by issue time in, rows by time out, then the market."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wayseal.model.errors import disk_says
from wayseal.model.progress import Progress
from wayseal.store import write_table
from wayseal.store.mapping import Format
from wayseal_sim._emit import (
    Dictionaries,
    Texts,
    access_batches,
    scan_batches,
    ticket_batch,
    waybill_batch,
)
from wayseal_sim._errors import SimulateError
from wayseal_sim._hiding import device_of, look_up, looked_up
from wayseal_sim._leakers import Candidates, Collector, LeakSource, choose_leakers
from wayseal_sim._leaks import leaks_and_truth, reported
from wayseal_sim._lists import (
    Held,
    as_issued,
    change_batch,
    change_some,
    joined,
    kept,
    open_lists,
    query_batch,
)
from wayseal_sim._market import OTHERS, sell
from wayseal_sim._numbers import Numbers, render
from wayseal_sim._parcels import Parcels, make_parcels, scan_rows
from wayseal_sim._partners import PartnerClocks, call_batches
from wayseal_sim._plan import Plan, arrives, at_screens, make_gaps, make_plan, with_insiders
from wayseal_sim._planted import truth_of_insiders
from wayseal_sim._pulls import Puller
from wayseal_sim._reads import ReadReason, Reads, make_reads
from wayseal_sim._scenario import Scenario
from wayseal_sim._sinks import Batches, FolderSink, MemorySink, Sink
from wayseal_sim._spool import Columns, Spool, merge
from wayseal_sim._tables import actors_table, assignments_table, outlets_table
from wayseal_sim._walks import Walks
from wayseal_sim.insiders import NONE
from wayseal_sim.types import DAY, HOUR, Ints, quiet, stream
from wayseal_sim.world import Paths, World

_CHUNK = 60_000  # parcels made at a time
_STRETCH = 2_000_000  # accesses sorted at a time, about
_PARTS_OF_A_DAY = (1, 2, 3, 4, 6, 8, 12, 24)
_Make = Callable[[Dictionaries, Texts, Ints, Columns], Iterator[pa.RecordBatch]]
_PULLED_FILE = "pulled.parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is known of a world beside its tables."""

    leaks: pa.Table
    truth: dict[str, object]
    pulled: pa.Table


def simulate(
    out: Path,
    scenario: Scenario,
    *,
    seed: int,
    progress: Progress = quiet,
    form: Format = Format.PARQUET,
    overwrite: bool = False,
) -> Paths:
    """Writes OUT/dataset/, OUT/leaks.csv and OUT/truth.json; where insiders are planted, OUT/pulled.parquet too.

    Args:
        out: Folder to make.
        scenario: Its parameters.
        seed: Same scenario and seed, same bytes.
        progress: Called with a step's name, what is done and what there is in all.
        form: Of the dataset's tables. Parquet is written as it comes, with bounded memory; the others go through memory
            whole.
        overwrite: Replace what stands there from an earlier simulation.

    Returns:
        Where everything lies.

    Raises:
        SimulateError: The scenario can't be, or the place can't be written.
    """
    dataset, leaks, truth = out / "dataset", out / "leaks.csv", out / "truth.json"
    _make_room(out, dataset, truth, overwrite)
    _write_truth(truth, {"unfinished": True})
    if form is Format.PARQUET:
        with FolderSink(dataset) as sink:
            known = _run(scenario, seed, sink, progress)
        rows = dict(sorted(sink.rows.items()))
    else:
        memory = MemorySink()
        known = _run(scenario, seed, memory, progress)
        rows = dict(sorted(memory.rows.items()))
        for name, table in memory.tables().items():
            write_table(dataset, name, [table], form=form)
    _write_bought(out, known.leaks)
    pulled = None
    if scenario.insiders != NONE:
        pulled = out / _PULLED_FILE
        _write_pulled(pulled, known.pulled)
    _write_truth(truth, known.truth | {"rows": rows})
    return Paths(dataset=dataset, leaks=leaks, truth=truth, rows=rows, pulled=pulled)


def generate(scenario: Scenario, *, seed: int, progress: Progress = quiet) -> World:
    """Simulates a world in memory, for small sizes.

    Args:
        scenario: Its parameters.
        seed: Same scenario and seed, same world.
        progress: Called with a step's name, what is done and what there is in all.

    Returns:
        The world with its truth.
    """
    sink = MemorySink()
    known = _run(scenario, seed, sink, progress)
    return World(tables=sink.tables(), leaks=known.leaks, truth=known.truth, pulled=known.pulled)


def _make_room(out: Path, dataset: Path, truth: Path, overwrite: bool) -> None:
    if not dataset.exists():
        return
    if not (overwrite and truth.exists()):
        raise SimulateError("{dataset} is there already", dataset=dataset)
    try:
        shutil.rmtree(dataset)
        truth.unlink()
        (out / _PULLED_FILE).unlink(missing_ok=True)
    except OSError as error:
        raise SimulateError("{out} can't be cleared ({reason})", out=out, reason=disk_says(error)) from error


def _write_truth(truth: Path, known: Mapping[str, object]) -> None:
    try:
        truth.parent.mkdir(parents=True, exist_ok=True)
        truth.write_text(json.dumps(known, ensure_ascii=False, indent=1) + "\n", "utf-8")
    except OSError as error:
        raise SimulateError("{truth} can't be written ({reason})", truth=truth, reason=disk_says(error)) from error


def _write_bought(out: Path, bought: pa.Table) -> None:
    """leaks.csv lies beside the dataset, not in it."""
    write_table(out, "leaks", [bought], form=Format.CSV)
    (out / "dataset.json").unlink(missing_ok=True)


def _write_pulled(path: Path, pulled: pa.Table) -> None:
    try:
        pq.write_table(pulled, path, compression="zstd")
    except OSError as error:
        raise SimulateError("{path} can't be written ({reason})", path=path, reason=disk_says(error)) from error


def _run(scenario: Scenario, seed: int, sink: Sink, progress: Progress) -> _Known:
    progress("network", 0, 1)
    plan = make_plan(scenario, seed)
    sources = choose_leakers(scenario, plan.network, plan.staff, plan.rates, plan.asking, seed)
    plan = with_insiders(plan, sources)
    collector = Collector(sources, plan.parcels, plan.network, plan.staff, plan.rates)
    _people(plan, sink)
    flow = _Flow(plan, sink, collector)
    flow.run(progress)
    flow.lists()
    leaks, truth = _market(plan, flow, sources, collector.piles(), progress)
    pulled = flow.puller.pulled(plan.words, flow.texts)
    if plan.ring.planted:
        truth["insiders"] = truth_of_insiders(plan.ring, plan.words, plan.calendar, flow.puller.counts())
    if scenario.partner_log:
        truth["partner_clocks_fast_s"] = flow.clocks.told()
    if not flow.gaps.silent:
        truth["noise"] = dict(sorted(flow.gaps.told.items()))
    return _Known(leaks=leaks, truth=truth, pulled=pulled)


def _market(
    plan: Plan,
    flow: "_Flow",
    sources: tuple[LeakSource, ...],
    piles: tuple[Candidates, ...],
    progress: Progress,
) -> tuple[pa.Table, dict[str, object]]:
    """What is bought and reported, and the truth about it; writes the reads of those who look a number up to order."""
    scenario, seed = plan.scenario, plan.seed
    progress("market", 0, 1)
    sales = look_up(scenario, sources, piles, sell(scenario, plan.calendar, piles, seed), seed)
    flow.orders("orders", *looked_up(sources, piles, sales))
    leaks, truth = leaks_and_truth(scenario, plan.calendar, plan.network, sources, piles, sales, seed)
    if told := {key: text for source in sources for key, text in _hidden(plan, source).items()}:
        truth["hidden"] = told
    truth["leaked"] = sum(len(pile) for pile in piles[:-1])
    if not scenario.reports:
        return leaks, truth
    others = look_up(scenario, sources, piles, sell(scenario, plan.calendar, piles, seed, OTHERS), seed + 1)
    flow.orders("reports", *looked_up(sources, piles, others))
    told = reported(piles, others, seed)
    return pa.concat_tables([leaks, told]).sort_by("seen_at"), truth


def _hidden(plan: Plan, source: LeakSource) -> dict[str, str]:
    """What the truth says of a leaker who hides."""
    told = {}
    if source.sharers:
        told["device"] = device_of(plan.words, source)
    if source.victim >= 0:
        told["framed"] = plan.staff.ids[source.victim]
    if source.city >= 0:
        told["city"] = plan.network.cities.name[source.city]
    return told


def _people(plan: Plan, sink: Sink) -> None:
    tables = {
        "outlets": outlets_table(plan.network),
        "actors": actors_table(plan.network, plan.staff, plan.calendar, plan.seed),
        "assignments": assignments_table(plan.network, plan.staff, plan.calendar),
    }
    for name, table in tables.items():
        sink.put(name, "", table.to_reader().__iter__)


class _Flow:
    """The parcels of a world from the first to the last."""

    def __init__(self, plan: Plan, sink: Sink, collector: Collector) -> None:
        self._plan, self._sink, self._collector = plan, sink, collector
        self.texts = Texts(plan.parcels)
        self.puller = Puller(plan.scenario, plan.calendar, plan.staff, plan.ring, plan.lost, plan.parcels, plan.seed)
        self._walks = Walks(plan.calendar, plan.network, plan.ring, plan.parcels, plan.seed)
        self.gaps = make_gaps(plan)
        self._numbers = Numbers(plan.seed)
        self._held: list[Held] = []
        a_day = plan.scenario.accesses / plan.scenario.days
        parts = next((k for k in _PARTS_OF_A_DAY if a_day / k <= _STRETCH), _PARTS_OF_A_DAY[-1])
        calendar = plan.calendar
        self._accesses = Spool(calendar.start, calendar.end, DAY // parts)
        self._scans = Spool(calendar.start, calendar.end, DAY // parts)
        self._calls = Spool(calendar.start, calendar.end, DAY // parts)
        self.clocks = PartnerClocks(plan.staff, plan.seed)

    def run(self, progress: Progress) -> None:
        """Makes all parcels, in order of issue, and hands on every stretch of time that is complete."""
        plan = self._plan
        chunks = -(-plan.parcels // _CHUNK)
        edges = np.linspace(0, plan.parcels, chunks + 1).astype(np.int64)
        for k in range(chunks):
            progress("parcels", int(edges[k]), plan.parcels)
            self._chunk(k, int(edges[k]), int(edges[k + 1]))
            share = edges[k + 1 : k + 2] / plan.parcels
            done = k + 1 == chunks
            self._hand_on(plan.calendar.end + HOUR if done else int(plan.calendar.issue_times(share)[0]))
        progress("parcels", plan.parcels, plan.parcels)

    def _chunk(self, k: int, low: int, high: int) -> None:
        plan, rng = self._plan, stream(self._plan.seed, 11, k)
        u = (low + np.sort(rng.random(high - low)) * (high - low)) / plan.parcels
        p = make_parcels(rng, u, low, plan.calendar, plan.network, plan.staff, self._numbers)
        self.texts.put(low, render(p.number))
        reads, asked = make_reads(rng, p, plan.staff, plan.rates)
        reads = at_screens(plan, reads)
        self._collector.take(rng, p, reads)
        self._log(reads.keep(arrives(rng, plan, reads)))
        if plan.ring.planted:
            self._log(self.puller.take(k, p, self._walks.take(k, p)))
        if plan.scenario.partner_log:
            self._calls.add(self.clocks.calls(k, reads))
        if not self.gaps.silent:
            for more in self.gaps.reads(k, p, reads, asked):
                self._log(more)
            asked = self.gaps.tickets(k, asked)
        if plan.scenario.scans:
            self._scans.add(scan_rows(rng, p, plan.staff, plan.scenario.missing_scans))
        seeds = rng.spawn(1)[0]
        words, texts, calendar = plan.words, self.texts, plan.calendar
        issued = self._changes(k, p) if plan.asking.any() else p
        self._sink.put("waybills", "", lambda: iter([waybill_batch(words, texts, issued, seeds)]))
        self._sink.put("tickets", "", lambda: iter([ticket_batch(words, texts, asked, calendar)]))

    def _log(self, reads: Reads) -> None:
        self._accesses.add((reads.at, reads.parcel, reads.actor, reads.reason))

    def _changes(self, k: int, p: Parcels) -> Parcels:
        """Writes what changes on the parcels after issue; returns them as they are issued."""
        plan, texts = self._plan, self.texts
        held = change_some(stream(plan.seed, 15, k), p, plan.network)
        self._held.append(held)
        self._sink.put("changes", "", lambda: iter([change_batch(plan.words, texts, held, p.base, plan.calendar.end)]))
        return as_issued(p, held)

    def lists(self) -> None:
        """Opens all lists, once all parcels are known, and writes the questions, or what they showed."""
        plan, texts = self._plan, self.texts
        if not plan.asking.any():
            return
        held = joined(self._held)
        asked, shown = open_lists(plan.calendar, plan.network, plan.staff, plan.asking, held, plan.seed)
        self._collector.see(held, shown)
        if plan.scenario.shown:
            rows = (shown.parcel, shown.actor, np.full(len(shown.at), ReadReason.INTAKE))
            self._sink.put("accesses", "lists", lambda: access_batches(plan.words, texts, shown.at, rows))
        else:
            logged = kept(plan.scenario, asked, plan.seed)
            self._sink.put("queries", "", lambda: iter([query_batch(plan.words, logged)]))

    def orders(self, part: str, texts: Texts, at: Ints, which: Ints, actor: Ints) -> None:
        """Writes the reads of those who look a number up once it is ordered, if there are any."""
        if not len(at):
            return
        rows = (which, actor, np.full(len(at), ReadReason.INQUIRY))
        self._sink.put("accesses", part, lambda: access_batches(self._plan.words, texts, at, rows))

    def _hand_on(self, until: int) -> None:
        words, texts = self._plan.words, self.texts
        for name, spool, make in (
            ("accesses", self._accesses, access_batches),
            ("scans", self._scans, scan_batches),
            ("partner_calls", self._calls, call_batches),
        ):
            # A partner's slow clock has calls stand before the parcel was issued.
            for start, parts in spool.ready(until - HOUR if name == "partner_calls" else until):
                day = self._plan.calendar.day_name(start)
                self._sink.put(name, day, _later(make, words, texts, start, parts))


def _later(make: _Make, words: Dictionaries, texts: Texts, start: int, parts: list[Columns]) -> Batches:
    """Work for the sink: sorting a stretch of rows and making batches of them."""
    return lambda: make(words, texts, *merge(start, parts))
