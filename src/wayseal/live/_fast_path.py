"""The fast path: who stands out by what was read until now, event by event.

1. A read is explained as a batch run explains it (`detect.explain`), by the rows that came before it. A row that comes
   later explains afterwards; an earlier read of a pair stands in the place of the one that was counted.
2. What is said is a function of the events in the order of their arrival, not of the pieces in which they come.
3. An account is judged whenever it has as many suspects of a day as CHECKED has: from LEAST on, then at each STEP more,
   and as they get fewer.
4. It is told of once it is worth acting on, and something of the day is above what 19 of 20 peers have.
5. Reads of days before that of the limits aren't judged; those of later ones are held against the same limits. What is
   said of a day is said until the end of the next.
6. A parcel of which nothing is known is a sign only if no parcel of the ledger was left out of the state.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.detect.explain import NOT_FIRST, UNKNOWN
from wayseal.detect.facts import (
    READ_COLUMNS,
    SUSPECTS,
    TABLE_COLUMNS,
    ExplanationContext,
    code_tables,
    judge_reads,
    set_own_tickets_apart,
    suspect_rows,
)
from wayseal.detect.intraday import Intraday, Judgement
from wayseal.ledger import Snapshot
from wayseal.ledger.walk import Wanted, WaybillPartition
from wayseal.live._events import Clock, EventReader, ParcelRows, Reads, kept_rows
from wayseal.live._parcels import Pairs, Parcels
from wayseal.live.gateways import MOST_COUNTERS, GatewayCounts
from wayseal.live.types import Notice, NoticeKind, Reason, TippingRead
from wayseal.model.arrays import Bytes, Flags, Longs, UInts
from wayseal.store.types import Reason as RejectReason

LEAST, STEP, _MOST = 4, 1.2, 10_000_000
HORIZON_DAYS = 30
"""Parcels of which nothing came for so long are left out of the state."""
_DAY = 86_400_000_000
_LONGEST_NAME = 64
_NEVER = np.iinfo(np.int64).min
_STORE = np.dtype([(f.name, f.type.to_pandas_dtype()) for f in SUSPECTS] + [("word", np.uint64)])
Progress = Callable[[str, int, int], None]


def _grid() -> frozenset[int]:
    out, n = {LEAST}, LEAST
    while n < _MOST:
        n = max(n + 1, int(n * STEP))
        out.add(n)
    return frozenset(out)


CHECKED = _grid()
"""Counts at which an account is judged (rule 3)."""


@dataclass(slots=True, kw_only=True)
class AccountDay:
    """An account on a day: its suspects (rows of the store), and what was told of it.

    raised: id of the notice that stands; told: the count that it, or the last change, told; turns, changes: how often
    it was raised, and how often changed since.
    """

    rows: dict[int, None] = field(default_factory=dict)
    raised: str = ""
    told: int = 0
    turns: int = 0
    changes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """A suspect (row of the store) that came or went; number: of the event by which; at: the stream's time then."""

    number: int
    row: int
    came: bool
    at: int
    waybill: str


class FastPath:
    """The state of the stream behind a ledger. It is made of the ledger and moves event by event."""

    def __init__(self, context: ExplanationContext, limits: Intraday, now: int | None) -> None:
        """limits: what a batch run learnt; now: stream time where nothing came yet, µs; None: the first event's."""
        self._context, self._limits = _with_strangers(context), limits
        self._events, self._clock = EventReader(context.staff), Clock(now)
        self._parcels, self._pairs = Parcels(), Pairs()
        self._store, self._used = np.zeros(1024, _STORE), 0
        self._open: dict[int, dict[int, int]] = defaultdict(dict)  # waybill → account → row of the store
        self.days: dict[tuple[int, int], AccountDay] = {}
        self._judged = _JudgedReads(len(context.staff.actors) + 1)
        self._names: dict[int, str] = {}
        self._whole, self._today = True, 0
        kinds = ("reads", "rows", "out_of_time", "before_limits", "judgements", "not_followed")
        self.counted = dict.fromkeys(kinds, 0)
        self.rejected: Counter[RejectReason] = Counter()
        self.gateways: dict[str, int] = {}
        self.gateway_counts = GatewayCounts()

    @property
    def now(self) -> int:
        """Stream time, microseconds since 1970."""
        return self._clock.now

    def suspects(self, rows: Longs) -> npt.NDArray[Any]:
        """First reads that no strong template explains, as in `facts`, by their rows in `days`."""
        return self._store[rows]

    # What is known already

    def load(self, snapshot: Snapshot, progress: Progress = lambda *_: None) -> None:
        """Takes in what a ledger has: parcels, first reads, and the suspects of the day."""
        since = self._limits.start - HORIZON_DAYS * _DAY
        tables = {**TABLE_COLUMNS, "waybills": (*TABLE_COLUMNS["waybills"], "customer")}
        wanted = Wanted(reads=READ_COLUMNS, tables=tables)
        for partition, done, total in snapshot.waybill_partitions(wanted, lambda part: part):
            self._take_partition(partition, since)
            progress("load", done, total)
        keys = sorted({account for account, _ in self.days})
        self._names.update(zip(keys, snapshot.names("actor", keys), strict=True))
        kept = self._store[: self._used]
        kept["word"] = snapshot.numbers(np.ascontiguousarray(kept["waybill"]))

    def restore(self, told: Sequence[Notice]) -> None:
        """Takes in what was told before, of days that the state still has."""
        for notice in told:
            actor = int(self._context.staff.keys([notice.actor])[0])
            day = self.days.setdefault((actor, notice.day), AccountDay())
            self._names[actor] = notice.actor
            self._note(day, notice)

    def _take_partition(self, part: WaybillPartition, since: int) -> None:
        rows = [kept_rows(name, part.tables[name], self._context.staff) for name in ("scans", "waybills", "tickets")]
        reads = [_as_reads(batch) for batch in part.reads]
        recent = [one.waybill[one.time[:, 0] >= since] for one in rows]
        recent += [one.waybill[one.at >= since] for one, _ in reads]
        alive = np.unique(np.concatenate([np.zeros(0, np.uint64), *recent]))
        for one in rows:
            there = np.isin(one.waybill, alive)
            self._whole &= bool(there.all())
            self._add(one.at_rows(np.flatnonzero(there)))
        changes: list[_Change] = []
        for every, first in reads:
            kept = every.at_rows(np.flatnonzero(first & np.isin(every.waybill, alive)))
            self._pairs.mark(kept.waybill, kept.actor, kept.at)
            today = kept.at_rows(np.flatnonzero(kept.at >= self._limits.start))
            self._judge(today, today.at, changes)
        self._judged.settle()
        for change in changes:
            self._count(change)

    # What comes

    def take(self, lines: bytes, first: int) -> list[Notice]:
        """Moves on by some lines of the arrival log.

        Args:
            lines: Whole lines, none of them blank.
            first: Number of the first.

        Returns:
            What is to be told, in order.
        """
        events = self._events.read(lines, first)
        reads, rows = events.reads, events.rows
        self.rejected.update(one.reason for one in events.rejected)
        self._count_gateways(events.gateways)
        self.counted["reads"] += len(reads)
        self.counted["rows"] += len(rows)
        before = self._clock.now
        in_time, moments = self._clock.follow(reads.at)
        self.counted["out_of_time"] += int((~in_time).sum())
        before = self._limits.start if before == _NEVER else before
        then = np.append(before, moments)[np.searchsorted(reads.number, rows.number)]
        wanted = in_time & (reads.at >= self._limits.start)
        self.counted["before_limits"] += int((in_time & ~wanted).sum())
        changes = self._settle(reads, moments, wanted, rows, then)
        out = [notice for change in changes if (notice := self._follow(change)) is not None]
        self._judged.settle()
        self._forget()
        return out

    def _settle(self, reads: Reads, moments: Longs, wanted: Flags, rows: ParcelRows, then: Longs) -> list[_Change]:
        """Explains reads by the rows before them (rule 1): what that changes, in order.

        Rows and reads of one parcel take turns: in each turn all reads are explained together. moments, then: stream
        time at each read, and at each row.
        """
        is_first, was = self._pairs.mark(reads.waybill, reads.actor, reads.at)
        some = np.flatnonzero(is_first & (wanted | (was != _NEVER)))
        reads, moments, again, wanted = reads.at_rows(some), moments[some], was[some] != _NEVER, wanted[some]
        turn_of_read, turn_of_row = self._turns(reads, again, rows)
        self._add(rows.at_rows(np.flatnonzero(turn_of_row < 0)))
        changes: list[_Change] = []
        for turn in range(int(max(turn_of_read.max(initial=0), turn_of_row.max(initial=0))) + 1):
            if turn:
                new = np.flatnonzero(turn_of_row == turn)
                self._add(rows.at_rows(new))
                self._explain_open(rows.at_rows(new), then[new], changes)
            mine = np.flatnonzero(turn_of_read == turn)
            for i in mine[again[mine]].tolist():
                self._take_back(reads, i, int(moments[i]), changes)
            mine = mine[wanted[mine]]
            self._judge(reads.at_rows(mine), moments[mine], changes)
        changes.sort(key=lambda change: change.number)
        return changes

    def _turns(self, reads: Reads, again: Flags, rows: ParcelRows) -> tuple[Longs, Longs]:
        """The turn of each read and of each row; -1 for rows of parcels that nothing else comes of.

        A turn begins with a row, and with a read that takes the place of one that was counted.
        """
        known = [key for key in np.unique(rows.waybill).tolist() if self._open.get(key)] if self._open else []
        mixed = np.union1d(reads.waybill, np.array(known, np.uint64))
        concerned = np.flatnonzero(np.isin(rows.waybill, mixed))
        turn_of_row = np.full(len(rows), -1)
        if not len(concerned) and not again.any():
            return np.zeros(len(reads), np.int64), turn_of_row
        key = np.concatenate([rows.waybill[concerned], reads.waybill])
        number = np.concatenate([rows.number[concerned], reads.number])
        begins = np.concatenate([np.ones(len(concerned), np.bool_), again])
        order = np.lexsort((number, key))
        begun = np.cumsum(begins[order])
        start = np.searchsorted(key[order], key[order])
        turn = np.empty(len(key), np.int64)
        turn[order] = begun - np.append(0, begun)[start]
        turn_of_row[concerned] = turn[: len(concerned)]
        return turn[len(concerned) :], turn_of_row

    def _add(self, rows: ParcelRows) -> None:
        self._parcels.add(rows.waybill, rows.table, rows.time, rows.keys)

    def _judge(self, reads: Reads, moments: Longs, changes: list[_Change]) -> None:
        """Explains first reads; those that no strong template explains become suspects."""
        if not len(reads):
            return
        order = np.lexsort((reads.at, reads.waybill))
        reads, moments = reads.at_rows(order), moments[order]
        why, found = self._explain(reads)
        looked_at = np.flatnonzero(why >= self._context.mandates)
        places = self._context.staff.actors.places(reads.actor[looked_at]).astype(np.int64)
        self._judged.add(places, (reads.at[looked_at] + self._context.offset) // _DAY, reads.number[looked_at])
        if found is None:
            return
        odd, table = found
        start = self._keep(table, reads.word[odd])
        waybills, actors = (texts.take(pa.array(odd)).to_pylist() for texts in reads.texts)
        for k, i in enumerate(odd.tolist()):
            actor = int(reads.actor[i])
            self._open[int(reads.waybill[i])][actor] = start + k
            self._names.setdefault(actor, actors[k] or "")
            number, at, waybill = int(reads.number[i]), int(moments[i]), waybills[k] or ""
            changes.append(_Change(number=number, row=start + k, came=True, at=at, waybill=waybill))

    def _explain(self, reads: Reads) -> tuple[Bytes, tuple[Longs, pa.Table] | None]:
        """Why each read is work; those that are none, by their places, and their rows as suspects."""
        context = self._context
        part = WaybillPartition(low=0, high=0, reads=(), tables=self._parcels.tables(np.unique(reads.waybill)))
        tables = code_tables(part, context.staff)
        batch = _as_batch(reads)
        _, why, early = judge_reads(batch, tables, context)
        why = set_own_tickets_apart(why, context)
        odd = (why >= context.strong) & (why != NOT_FIRST)
        if not self._whole:
            odd &= why != UNKNOWN
        found = np.flatnonzero(odd)
        return why, (found, suspect_rows(batch, tables, found, why, early)) if len(found) else None

    def _keep(self, table: pa.Table, words: UInts) -> int:
        """Stores suspects; returns the row of the first."""
        start, end = self._used, self._used + len(table)
        if end > len(self._store):
            self._store = np.resize(self._store, max(end, 2 * len(self._store)))
        for name in SUSPECTS.names:
            self._store[name][start:end] = table[name].to_numpy()
        self._store["word"][start:end] = words
        self._used = end
        return start

    def _explain_open(self, rows: ParcelRows, then: Longs, changes: list[_Change]) -> None:
        """Explains suspects again whose parcels have a new row: they go, or others come in their place."""
        by = {
            key: (number, at)
            for key, number, at in zip(rows.waybill.tolist(), rows.number.tolist(), then.tolist(), strict=True)
        }
        kept = np.array([row for key in by for row in self._open.get(key, {}).values()], np.int64)
        if not len(kept):
            return
        kept = kept[np.lexsort((self._store["at"][kept], self._store["waybill"][kept]))]
        old = self._store[kept]
        _, found = self._explain(_of_store(old))
        places, table = found if found is not None else (np.zeros(0, np.int64), SUSPECTS.empty_table())
        start = self._keep(table, old["word"][places])
        same = old[places] == self._store[start : start + len(places)]
        new = dict(
            zip(places.tolist(), zip(range(start, start + len(places)), same.tolist(), strict=True), strict=True)
        )
        for i, row in enumerate(kept.tolist()):
            waybill, actor = int(old["waybill"][i]), int(old["actor"][i])
            number, at = by[waybill]
            stays, unchanged = new.get(i, (None, False))
            if unchanged:
                continue
            changes.append(_Change(number=number, row=row, came=False, at=at, waybill=""))
            if stays is None:
                del self._open[waybill][actor]
            else:
                self._open[waybill][actor] = stays
                changes.append(_Change(number=number, row=stays, came=True, at=at, waybill=""))

    def _take_back(self, reads: Reads, i: int, at: int, changes: list[_Change]) -> None:
        """Takes back the suspect of a pair of which an earlier read has come."""
        row = self._open.get(int(reads.waybill[i]), {}).pop(int(reads.actor[i]), None)
        if row is not None:
            changes.append(_Change(number=int(reads.number[i]), row=row, came=False, at=at, waybill=""))

    def _count_gateways(self, found: pa.RecordBatch) -> None:
        if found.num_rows:
            names = found["gateway"].dictionary_encode()
            codes = [self._code_of(name) for name in names.dictionary.to_pylist()]
            code = np.array(codes, np.int64)[names.indices.to_numpy()]
            some = np.flatnonzero(code >= 0)
            self.gateway_counts.take(code[some], found["epoch"].to_numpy()[some], found["count"].to_numpy()[some])
            self.gateway_counts.passed += len(code) - len(some)
            self.counted["not_followed"] = self.gateway_counts.passed

    def _code_of(self, gateway: str) -> int:
        """A code of its own for each of the gateways that are followed; -1 for others."""
        if gateway not in self.gateways and (len(self.gateways) >= MOST_COUNTERS or len(gateway) > _LONGEST_NAME):
            return -1
        return self.gateways.setdefault(gateway, len(self.gateways))

    # What is made of it

    def _count(self, change: _Change) -> tuple[int, int, AccountDay]:
        row = self._store[change.row]
        actor, day = int(row["actor"]), int((row["at"] + self._context.offset) // _DAY)
        state = self.days.setdefault((actor, day), AccountDay())
        if change.came:
            state.rows[change.row] = None
        else:
            state.rows.pop(change.row, None)
        return actor, day, state

    def _follow(self, change: _Change) -> Notice | None:
        """Counts a change and, where it is time to (rule 3), judges the account."""
        actor, day, state = self._count(change)
        n = len(state.rows)
        over = day < (change.at + self._context.offset) // _DAY - 1
        checked = n in CHECKED or (n < LEAST and state.raised != "")
        if change.came and state.raised and n < 2 * state.told:
            return None  # more reads withdraw nothing, and a change is told of once there are twice as many
        if over or not checked:
            return None
        self.counted["judgements"] += 1
        rows = self._store[np.fromiter(state.rows, np.int64, n)]
        rows = rows[np.lexsort((rows["waybill"], rows["at"]))]
        columns = {name: np.ascontiguousarray(rows[name]) for name in _STORE.names or ()}
        place = int(self._context.staff.actors.places(np.array([actor], np.uint64))[0])
        judged = self._judged.count(place, day, change.number)
        found = self._limits.judge(actor, columns, columns["word"], judged)
        return self._tell(actor, day, state, found, change)

    def _tell(self, actor: int, day: int, state: AccountDay, found: Judgement, change: _Change) -> Notice | None:
        most = max((count.value for count in found.counts), default=0)
        worth = found.worth and any(count.value > count.usual for count in found.counts)
        if worth and not state.raised:
            kind, turn, step = NoticeKind.RAISED, state.turns + 1, 0
        elif state.raised and not worth:
            kind, turn, step = NoticeKind.WITHDRAWN, state.turns, 0
        elif state.raised and most >= max(2 * state.told, LEAST):
            kind, turn, step = NoticeKind.CHANGED, state.turns, state.changes + 1
        else:
            return None
        row = self._store[change.row]
        notice = Notice(
            id=_id_of(actor, day, kind, turn, step),
            kind=kind,
            at=change.at,
            day=day,
            actor=self._names.get(actor, ""),
            probability=round(found.probability, 6),
            reasons=tuple(Reason(detector=c.detector, value=c.value, usual=c.usual) for c in found.counts),
            tipped_by=TippingRead(waybill=change.waybill, at=int(row["at"]), number=change.number),
            limits=self._limits.version,
            raised=state.raised,
        )
        self._note(state, notice)
        return notice

    def _note(self, state: AccountDay, notice: Notice) -> None:
        """Remembers what was told."""
        match notice.kind:
            case NoticeKind.RAISED:
                state.raised, state.turns, state.changes = notice.id, state.turns + 1, 0
            case NoticeKind.WITHDRAWN:
                state.raised = ""
            case NoticeKind.CHANGED:
                state.changes += 1
        state.told = max((reason.value for reason in notice.reasons), default=0)

    def _forget(self) -> None:
        """Lets go of days that are over (rule 5)."""
        last = (self._clock.now + self._context.offset) // _DAY
        if last == self._today:
            return
        self._today = last
        for key in [key for key in self.days if key[1] < last - 1]:
            for row in self.days.pop(key).rows:
                kept = self._store[row]
                if self._open.get(int(kept["waybill"]), {}).get(int(kept["actor"])) == row:
                    del self._open[int(kept["waybill"])][int(kept["actor"])]
        self._judged.forget(last - 1)


class _JudgedReads:
    """How many first reads of each account and day are judged one by one, up to an event."""

    def __init__(self, accounts: int) -> None:
        self._accounts = accounts
        self._totals: dict[int, Longs] = {}
        self._new: list[tuple[Longs, Longs, Longs]] = []

    def add(self, places: Longs, days: Longs, numbers: Longs) -> None:
        """Reads of the piece at hand."""
        self._new.append((places % self._accounts, days, numbers))

    def count(self, place: int, day: int, number: int) -> int:
        """Those of an account (-1: nobody knows it) and day up to an event."""
        place %= self._accounts
        known = int(self._totals[day][place]) if day in self._totals else 0
        return known + sum(int(((p == place) & (d == day) & (n <= number)).sum()) for p, d, n in self._new)

    def settle(self) -> None:
        """The piece at hand is done."""
        for places, days, _ in self._new:
            for day in np.unique(days).tolist():
                total = self._totals.setdefault(day, np.zeros(self._accounts, np.int64))
                np.add.at(total, places[days == day], 1)
        self._new.clear()

    def forget(self, before: int) -> None:
        """Lets go of days before one."""
        for day in [day for day in self._totals if day < before]:
            del self._totals[day]


def _id_of(actor: int, day: int, kind: NoticeKind, turn: int, step: int) -> str:
    return hashlib.sha256(f"{actor:016x}|{day}|{kind}|{turn}|{step}".encode()).hexdigest()[:32]


def _with_strangers(context: ExplanationContext) -> ExplanationContext:
    """The same, with a last account that stands for all that nobody knows: what is for everybody is for them."""
    posts, rules = context.staff.posts, context.rules
    everybody = np.bitwise_and.reduce(rules.allowed) if len(rules.allowed) else np.uint32(0)
    of = np.vstack([posts.of, np.array([[0, 0, -1]], np.int64)])
    staff = replace(context.staff, posts=posts._replace(of=of))
    return replace(context, staff=staff, rules=rules._replace(allowed=np.append(rules.allowed, everybody)))


def _as_batch(reads: Reads) -> pa.RecordBatch:
    at = pa.array(reads.at, pa.int64()).cast(pa.timestamp("us", tz="UTC"))
    columns = {"waybill": reads.waybill, "actor": reads.actor, "action": reads.action}
    columns |= {"device": reads.device, "ip": reads.ip, "session": reads.session}
    arrays = [at, *(pa.array(np.ascontiguousarray(c)) for c in columns.values()), pa.array(np.ones(len(reads), bool))]
    return pa.RecordBatch.from_arrays(arrays, names=["at", *columns, "first"])


def _as_reads(batch: pa.RecordBatch) -> tuple[Reads, Flags]:
    """Reads as the ledger keeps them, and which are the first of their pair. They have no numbers and no texts."""
    n = batch.num_rows
    at = batch["at"].cast(pa.int64()).to_numpy()
    keys = {name: batch[name].to_numpy() for name in ("waybill", "actor", "ip", "device", "session")}
    none = pa.nulls(n, pa.string())
    reads = Reads(
        number=np.zeros(n, np.int64), at=at, action=batch["action"].to_numpy(), word=np.zeros(n, np.uint64),
        texts=(none, none), **keys,
    )  # fmt: skip
    return reads, batch["first"].to_numpy(zero_copy_only=False)


def _of_store(rows: np.ndarray) -> Reads:
    """Suspects as reads."""
    none = pa.nulls(len(rows), pa.string())
    names = ("at", "waybill", "actor", "ip", "device", "session", "action", "word")
    columns = {name: np.ascontiguousarray(rows[name]) for name in names}
    return Reads(number=np.zeros(len(rows), np.int64), texts=(none, none), **columns)
