"""The watch: from a source to notices, with nothing lost and nothing told twice.

1. What arrives is appended to the arrival log; then the fast path takes it. Where that makes a notice, the log is made
   durable first, then the record of notices, and then somebody is told.
2. After a start, what the log has and the ledger hasn't goes through the fast path again; notices that come again are
   known by their ids.
3. Every so often a segment is closed and brought into the ledger, beside the watch. The source is told then what it
   need not keep.
4. A newer batch run makes new limits: a new state is made beside the watch and takes over once it has caught up. Limits
   are those of the day of the first event that they are held against. A restart keeps them, and counts of gateways.
"""

import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wayseal.detect.explain import load_templates
from wayseal.detect.facts import FILE as FACTS
from wayseal.detect.facts import build_context
from wayseal.detect.intraday import Intraday
from wayseal.detect.window import DAY_US
from wayseal.ledger import IngestOptions, Snapshot, open_ledger
from wayseal.ledger.errors import LedgerBusyError
from wayseal.live._events import find_day
from wayseal.live._fast_path import FastPath
from wayseal.live._kept import KeptState, KnownGateways
from wayseal.live.errors import LiveError
from wayseal.live.gateways import GatewayCounts
from wayseal.live.notices import Delivery, Mute, Muted, NoticeRecord, Send, open_notices
from wayseal.live.portions import bring_in, committed, is_anew
from wayseal.live.spool import Say, Spool, open_spool, silent
from wayseal.live.types import Batch, Notice, Source
from wayseal.model.messages import N_, Message
from wayseal.model.times import iso, now_us
from wayseal.store.durable import MODE

FOLDER, STATUS, SPOOL = "live", "status.json", "arrivals"
"""In the ledger: the folder of the watch, and in it its state for others, and the arrival log."""
_FOLDER_MODE = 0o700
_BUSY_SECONDS = 2.0
_NEAR = 50_000
"""Events that a new state may lag behind when it takes over."""
_RATE_SECONDS = 10.0
_MOST_RATES = 60
MOST_HOLES = 100
"""Of which its state for others tells."""

_ANEW = N_("the arrival log is new: what the source still has of what the ledger got by an earlier one comes in again, "
           "unless the watch begins with --start now")  # fmt: skip

Arm = Callable[[Snapshot, int | None], Intraday | None]
"""Makes the limits of a ledger for a day; None: for its last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchOptions:
    """How to watch.

    Attributes:
        detect: Folder where detection keeps what it keeps; a newer state of it makes new limits.
        arm: Makes limits.
        offset: Of local days, microseconds ahead of UTC.
        receivers: What follows from notices, by name, in that order, before anything else is read.
        beside: Whoever else is told, by name, each by a thread of its own.
        mute: What mutes a notice for those. LiveError, OSError: it can't be known.
        say: Is told what a person should know, without stopping.
        segment_events: Events after which a segment is closed.
        segment_seconds: Seconds after which one is.
        linger: Seconds that a source waits for more.
        who: Who brings the rows into the ledger.
    """

    detect: Path
    arm: Arm
    offset: int
    receivers: Mapping[str, Send] = field(default_factory=dict)
    beside: Mapping[str, Send] = field(default_factory=dict)
    mute: Mute = lambda _notice: None
    say: Say = silent
    segment_events: int = 250_000
    segment_seconds: float = 300.0
    linger: float = 0.02
    who: str = "watch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a watch came to. events: that arrived; notices: that were new; number: of the last event in the ledger."""

    events: int
    notices: int
    number: int


class Watch:
    """A watch of one ledger over one source."""

    def __init__(self, ledger: Path, source: Source, options: WatchOptions) -> None:
        self._ledger, self._source, self._options = ledger, source, options
        self._folder = ledger / FOLDER
        self._stop = threading.Event()
        self._recent: deque[tuple[float, int]] = deque()
        self._arrived: tuple[int, int | None] | None = None
        self.status: Mapping[str, Any] = {}
        self._rates: deque[float] = deque(maxlen=_MOST_RATES)
        self._rated = 0.0

    @property
    def stopping(self) -> bool:
        """True once `stop` was called."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Ends the watch after what is at hand."""
        self._stop.set()

    def run(self) -> Watched:
        """Watches until the source ends, or `stop` is called.

        Returns:
            What came of it.

        Raises:
            LiveError: The source, the arrival log or the record of notices can't be used.
            LedgerError: The ledger is damaged.
            OSError: The disk refuses.
        """
        o = self._options
        self._folder.mkdir(_FOLDER_MODE, exist_ok=True)
        with _naming(self._folder), ExitStack() as held:
            spool = held.enter_context(open_spool(self._folder / SPOOL, say=o.say))
            record = held.enter_context(open_notices(self._folder))
            delivery = held.enter_context(Delivery(record, o.receivers, o.beside, o.say))
            pool = held.enter_context(ThreadPoolExecutor(2))
            if is_anew(self._ledger, spool):
                o.say(Message(_ANEW, {}))
            self._bring_in(spool, None)
            done, kept = committed(self._ledger, spool), KeptState(self._folder)
            run = _Run(spool=spool, record=record, delivery=delivery, pool=pool, kept=kept, begun=spool.number)
            run.in_ledger, run.left = done, delivery.deliver()
            for first, lines in spool.read(done):
                self._move(run, first, lines)
            held.enter_context(self._source.open(spool.position))
            try:
                for batch in self._source.batches(o.linger):
                    self._take(run, batch)
                    if self._stop.is_set():
                        break
            finally:
                for job in (run.bringing, run.arming):
                    if job is not None:
                        job.result()
            self._roll(run)
            self._bring_in(spool, None)
            delivery.deliver()
            run.in_ledger = committed(self._ledger, spool)
            self._say_status(run, force=True)
            return Watched(events=spool.number - run.begun, notices=run.new, number=run.in_ledger)

    def _bring_in(self, spool: Spool, needed_after: int | None) -> bool:
        """Brings closed segments into the ledger; False where somebody else writes there, who may take long."""
        how = IngestOptions(who=f"{self._options.who} {self._source.name}", at=now_us())
        try:
            bring_in(spool, self._ledger, needed_after=needed_after, release=self._source.release, options=how)
        except LedgerBusyError:
            self._options.say(Message(N_("another process writes to the ledger: what arrived is brought in later"), {}))
            return False
        return True

    def _take(self, run: "_Run", batch: Batch | None) -> None:
        spool = run.spool
        if batch is not None:
            first = spool.number + 1
            spool.append(batch)
            self._recent.append((time.monotonic(), spool.number))
            self._move(run, first, batch.lines)
            self._arrived = now_us(), run.state.fast.now if run.state and run.state.fast.counted["reads"] else None
        elif run.unsynced != spool.number:
            spool.sync()
            run.unsynced = spool.number
        self._tend(run)
        self._say_status(run)

    def _move(self, run: "_Run", first: int, lines: bytes) -> None:
        """Takes lines through the fast path, and tells what comes of it; lines before the first event wait for it."""
        run.held.append((first, lines))
        if run.state is None:
            day = self._find_day(lines)
            if day is None:
                return
            run.state = _State.make(self._ledger, self._options, run, run.held[0][0] - 1, day)
        for number, some in run.held:
            self._tell(run, run.state.take(number, some))
        run.held.clear()

    def _roll(self, run: "_Run") -> None:
        """Closes a segment, behind which it is known what came of the gateways."""
        spool, fast = run.spool, run.state and run.state.fast
        if fast:
            known: KnownGateways | None = KnownGateways(codes=fast.gateways, counts=fast.gateway_counts, now=fast.now)
        else:
            known = run.kept.gateways(run.held[0][0] - 1) if run.held else None
        if known is not None:
            spool.sync()
            run.kept.keep_gateways(spool.number, known, spool.removed)
        spool.roll()

    def _find_day(self, lines: bytes) -> int | None:
        """The local day of the first event of some lines; a gateway's clock that is ahead makes it none to come."""
        day = find_day(lines, self._options.offset)
        return None if day is None else min(day, (now_us() + self._options.offset) // DAY_US)

    def _tell(self, run: "_Run", found: Sequence[Notice]) -> None:
        """Rule 1."""
        if not found:
            return
        run.spool.sync()
        new = run.record.add(found, self._mute)
        run.new += len(new)
        run.left = run.delivery.deliver()

    def _mute(self, notice: Notice) -> Muted | None:
        """What mutes a notice; where that can't be known, nothing."""
        try:
            return self._options.mute(notice)
        except (LiveError, OSError) as error:
            self._options.say(Message(N_("{error}: nothing is muted"), {"error": error}))
            return None

    def _tend(self, run: "_Run") -> None:
        """Closes segments, has them brought in, and lets a new state take over (rules 3 and 4)."""
        o, spool, now = self._options, run.spool, time.monotonic()
        last = spool.closed
        full = spool.number - last >= o.segment_events
        if full or (spool.number > last and now - run.rolled >= o.segment_seconds):
            self._roll(run)
            run.rolled = now
            run.waiting = True
        if run.bringing is not None and run.bringing.done():
            if run.bringing.result():
                run.in_ledger = run.brought
            else:
                run.waiting, run.again = True, now + _BUSY_SECONDS
            run.bringing = None
        if run.waiting and run.bringing is None and now >= run.again:
            run.waiting, run.brought = False, spool.closed
            needed = spool.number if run.arming is None else run.needed
            run.bringing = run.pool.submit(self._bring_in, spool, needed)
        if run.left and now - run.tried >= 1.0:
            run.left, run.tried = run.delivery.deliver(), now
        self._rearm(run)

    def _rearm(self, run: "_Run") -> None:
        """Rule 4."""
        if run.arming is None:
            if run.state and run.bringing is None and _version(self._options.detect) != run.state.version:
                run.needed = committed(self._ledger, run.spool)
                run.arming = run.pool.submit(self._make_successor, run)
        elif run.arming.done():
            made, run.arming = run.arming.result(), None
            for first, lines in run.spool.read(made.number):
                made.passed += made.take(first, lines)
            if run.state is not None:
                before = run.state.fast
                made.fast.gateways, made.fast.gateway_counts = before.gateways, before.gateway_counts
            run.state = made
            self._tell(run, made.passed)
            self._options.say(Message("limits of a newer batch run: {version}", {"version": made.limits}))

    def _make_successor(self, run: "_Run") -> "_State":
        """A new state that has nearly caught up; its limits are of the day that the stream has reached."""
        assert run.state is not None  # noqa: S101 (it is the one that is followed)
        day = (run.state.fast.now + self._options.offset) // DAY_US
        made = _State.make(self._ledger, self._options, run, run.needed, day)
        while run.spool.number - made.number > _NEAR:
            for first, lines in run.spool.read(made.number, run.spool.number):
                made.passed += made.take(first, lines)
        return made

    def _say_status(self, run: "_Run", *, force: bool = False) -> None:
        """Keeps the state of the watch for others to see, once a second."""
        o, now = self._options, time.monotonic()
        if not force and now - run.told < 1.0:
            return
        run.told = now
        while self._recent and self._recent[0][0] < now - _RATE_SECONDS:
            self._recent.popleft()
        since = self._recent[0] if self._recent else (now, run.spool.number)
        rate = round((run.spool.number - since[1]) / max(now - since[0], 1.0), 1)
        if now - self._rated >= _RATE_SECONDS:
            self._rated = now
            self._rates.append(rate)
        newest = next(reversed(run.record.notices.values()), None)
        fast = None if run.state is None else run.state.fast
        names = list(fast.gateways) if fast else []
        limits_at = run.state.made_at if run.state else _version(o.detect)[0] // 1000
        arrived, reached = self._arrived or (None, None)
        lag = None if arrived is None or reached is None else arrived - reached
        status: dict[str, Any] = {
            "wayseal": 1,
            "at": iso(now_us()),
            "source": self._source.name,
            "running": not force,
            "events": run.spool.number,
            "in_ledger": run.in_ledger,
            "rate": rate,
            "rates": list(self._rates),
            "stream_time": iso(fast.now) if fast and fast.counted["reads"] else None,
            "last_event": None if arrived is None else iso(arrived),
            "lag_seconds": None if lag is None else lag / 1e6,
            "limits": run.state.limits if run.state else None,
            "limits_at": iso(limits_at) if limits_at else None,
            "counted": dict(fast.counted) if fast else {},
            "rejected": {str(reason): n for reason, n in sorted(fast.rejected.items())} if fast else {},
            "holes": [
                {"gateway": names[one.gateway], "epoch": one.epoch, "first": one.first, "last": one.last}
                for one in (fast.gateway_counts.holes()[:MOST_HOLES] if fast else ())
            ],
            "restarts": _restarts(fast.gateway_counts, names) if fast else [],
            "doubled": {names[one]: n for one, n in fast.gateway_counts.doubled().items()} if fast else {},
            "written_off": {names[one]: n for one, n in fast.gateway_counts.written_off().items()} if fast else {},
            "notices": len(run.record.notices),
            "newest": None if newest is None else {"id": newest.id, "kind": newest.kind, "at": iso(newest.at)},
            "kinds": Counter(str(one.kind) for one in run.record.notices.values()),
            "muted": len(run.record.muted),
            "waiting": {name: len(run.record.waiting(name)) for name in (*o.receivers, *o.beside)},
        }
        self.status = status
        beside = self._folder / f"{STATUS}.new"
        beside.touch(MODE)
        beside.write_text(json.dumps(status, indent=1), "utf-8")
        beside.replace(self._folder / STATUS)


@contextmanager
def _naming(folder: Path) -> Iterator[None]:
    """Says of what the system refuses where that was."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(folder)
        raise


@dataclass(slots=True, kw_only=True)
class _State:
    """The fast path as far as it has come.

    number: of the last event; version: of what the limits are made of, and `made_at` when that was made, microseconds
    since 1970; passed: notices that nobody was told of yet.
    """

    fast: FastPath
    number: int
    limits: str
    version: tuple[int, int]
    made_at: int
    passed: list[Notice] = field(default_factory=list)

    @staticmethod
    def make(ledger: Path, options: WatchOptions, run: "_Run", number: int, day: int) -> "_State":
        """The state behind a ledger, which has everything up to an event; day: local, of what comes next."""
        version, before = _version(options.detect), run.kept.gateways(number)
        with open_ledger(ledger) as snapshot:
            known = run.kept.day(version)
            limits = options.arm(snapshot, day if known is None else known)
            if limits is None:
                raise LiveError("is empty: there is nothing to hold reads against", file=ledger)
            fast = FastPath(
                build_context(snapshot, load_templates(None), options.offset), limits, before.now if before else None
            )
            fast.load(snapshot)
        if before is not None:
            fast.gateways, fast.gateway_counts = before.codes, before.counts
        if known is None:
            run.kept.keep_day(version, limits.day)
        fast.restore([notice for notice in run.record.notices.values() if notice.tipped_by.number <= number])
        made_at = version[0] // 1000 or now_us()
        return _State(fast=fast, number=number, limits=limits.version, version=version, made_at=made_at)

    def take(self, first: int, lines: bytes) -> list[Notice]:
        """Moves on by some lines."""
        found = self.fast.take(lines, first)
        self.number = first + lines.count(b"\n") - 1
        return found


@dataclass(slots=True, kw_only=True)
class _Run:
    """What a watch is in the middle of."""

    spool: Spool
    record: NoticeRecord
    delivery: Delivery
    pool: ThreadPoolExecutor
    kept: KeptState
    begun: int
    left: bool = False
    tried: float = 0.0
    state: "_State | None" = None
    held: list[tuple[int, bytes]] = field(default_factory=list)
    new: int = 0
    rolled: float = field(default_factory=time.monotonic)
    told: float = 0.0
    unsynced: int = -1
    waiting: bool = False
    needed: int = 0
    brought: int = 0
    in_ledger: int = 0
    again: float = 0.0
    bringing: "Future[bool] | None" = None
    arming: "Future[_State] | None" = None


def _restarts(counts: GatewayCounts, names: list[str]) -> list[dict[str, object]]:
    """Counters that began anew; last: up to where the one before had come."""
    return [
        {
            "gateway": names[one.gateway],
            "epoch": one.epoch,
            "before": one.before,
            "last": counts.last(one.gateway, one.before),
        }
        for one in counts.restarts()[:MOST_HOLES]
    ]


def _version(folder: Path) -> tuple[int, int]:
    """What tells one state of detection's facts from another; (0, 0): there is none."""
    try:
        found = (folder / FACTS).stat()
    except FileNotFoundError:
        return 0, 0
    return found.st_mtime_ns, found.st_ino


def read_status(ledger: Path) -> Mapping[str, object] | None:
    """What a watch said of itself last; None where there was none. ValueError, OSError."""
    try:
        content: dict[str, object] = json.loads((ledger / FOLDER / STATUS).read_text("utf-8"))
    except FileNotFoundError:
        return None
    return content
