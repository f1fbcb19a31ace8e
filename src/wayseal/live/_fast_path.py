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
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeAlias

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
from wayseal.ledger.codes import find_rows
from wayseal.ledger.walk import Wanted, WaybillPartition
from wayseal.live._events import Clock, EventReader, ParcelRows, Reads, kept_reads, kept_rows
from wayseal.live._judged_reads import JudgedReads
from wayseal.live._parcels import Pairs, Parcels, grown
from wayseal.live.gateways import MOST_COUNTERS, GatewayCounts
from wayseal.live.types import Notice, NoticeKind, Reason, TippingRead
from wayseal.model.arrays import Bytes, Flags, Longs, UInts
from wayseal.model.progress import Progress
from wayseal.store.types import Reason as RejectReason

LEAST, STEP, _MOST = 4, 1.2, 10_000_000
HORIZON_DAYS = 30
"""Parcels of which nothing came for so long are left out of the state."""
_DAY = 86_400_000_000
_LONGEST_NAME = 64
_NEVER = np.iinfo(np.int64).min
_STORE = np.dtype([(f.name, f.type.to_pandas_dtype()) for f in SUSPECTS] + [("word", np.uint64)])


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
    it was raised, and how often changed since. place: of the account among all; None: not looked up yet.
    """

    rows: dict[int, None] = field(default_factory=dict)
    raised: str = ""
    told: int = 0
    turns: int = 0
    changes: int = 0
    place: int | None = None


_CHANGE = np.dtype([("number", np.int64), ("row", np.int64), ("came", np.bool_), ("at", np.int64)])
_Changes: TypeAlias = npt.NDArray[Any]


class _Change(NamedTuple):
    """A suspect (row of the store) that came or went; number: of the event by which; at: the stream's time then."""

    number: int
    row: int
    came: bool
    at: int


def _changes(number: Longs, row: Longs, at: Longs, *, came: bool) -> _Changes:
    out = np.empty(len(row), _CHANGE)
    out["number"], out["row"], out["came"], out["at"] = number, row, came, at
    return out


class FastPath:
    """The state of the stream behind a ledger. It is made of the ledger and moves event by event."""

    def __init__(self, context: ExplanationContext, limits: Intraday, now: int | None) -> None:
        """limits: what a batch run learnt; now: stream time where nothing came yet, µs; None: the first event's."""
        self._context, self._limits = _with_strangers(context), limits
        self._events, self._clock = EventReader(context.staff), Clock(now)
        self._parcels, self._pairs = Parcels(), Pairs()
        self._store, self._used = np.zeros(0, _STORE), 0
        self._open: dict[int, dict[int, int]] = defaultdict(dict)  # waybill → account → row of the store
        self.days: dict[tuple[int, int], AccountDay] = {}
        self._judged = JudgedReads(len(context.staff.actors) + 1)
        self._names: dict[int, str] = {}
        self._waybills: list[tuple[int, pa.Array]] = []  # of the piece at hand: first row of the store, and texts
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
        volumes = snapshot.volumes()
        self._pairs.reserve(int(volumes["first"].to_numpy()[volumes["day"].to_numpy() >= since // _DAY].sum()))
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
        reads = [kept_reads(batch) for batch in part.reads]
        recent = [one.waybill[one.time[:, 0] >= since] for one in rows]
        recent += [one.waybill[one.at >= since] for one, _ in reads]
        alive = np.sort(np.concatenate([np.zeros(0, np.uint64), *recent]))
        for one in rows:
            there = find_rows(alive, one.waybill) >= 0
            self._whole &= bool(there.all())
            self._add(one.at_rows(np.flatnonzero(there)))
        changes: list[_Changes] = []
        for every, first in reads:
            kept = every.at_rows(np.flatnonzero(first & (find_rows(alive, every.waybill) >= 0)))
            self._pairs.mark(kept.waybill, kept.actor, kept.at)
            today = kept.at_rows(np.flatnonzero(kept.at >= self._limits.start))
            self._judge(today, today.at, changes)
        self._judged.settle()
        self._waybills.clear()
        for change in changes:
            deque(self._count(change), 0)

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
        out = list(self._follow(changes))
        self._judged.settle()
        self._waybills.clear()
        self._forget()
        return out

    def _settle(self, reads: Reads, moments: Longs, wanted: Flags, rows: ParcelRows, then: Longs) -> _Changes:
        """Explains reads by the rows before them (rule 1): what that changes, in order.

        Rows and reads of one parcel take turns: in each turn all reads are explained together. moments, then: stream
        time at each read, and at each row.
        """
        is_first, was = self._pairs.mark(reads.waybill, reads.actor, reads.at)
        some = np.flatnonzero(is_first & (wanted | (was != _NEVER)))
        reads, moments, again, wanted = reads.at_rows(some), moments[some], was[some] != _NEVER, wanted[some]
        turn_of_read, turn_of_row = self._turns(reads, again, rows)
        self._add(rows.at_rows(np.flatnonzero(turn_of_row < 0)))
        changes = [np.empty(0, _CHANGE)]
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
        every = np.concatenate(changes)
        return every[np.argsort(every["number"], kind="stable")]

    def _turns(self, reads: Reads, again: Flags, rows: ParcelRows) -> tuple[Longs, Longs]:
        """The turn of each read and of each row; -1 for rows of parcels that nothing else comes of.

        A turn begins with a row, and with a read that takes the place of one that was counted.
        """
        known = [key for key in rows.waybill.tolist() if key in self._open]
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

    def _judge(self, reads: Reads, moments: Longs, changes: list[_Changes]) -> None:
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
        rows = self._keep(_as_suspects(table, reads.word[odd]))
        self._waybills.append((int(rows[0]), reads.texts[0].take(pa.array(odd))))
        waybills, actors = reads.waybill[odd], reads.actor[odd]
        for waybill, actor, row in zip(waybills.tolist(), actors.tolist(), rows.tolist(), strict=True):
            self._open[waybill][actor] = row
        for actor, k in zip(*(a.tolist() for a in np.unique(actors, return_index=True)), strict=True):
            if actor not in self._names:
                self._names[actor] = reads.texts[1][int(odd[k])].as_py() or ""
        changes.append(_changes(reads.number[odd], rows, moments[odd], came=True))

    def _explain(self, reads: Reads) -> tuple[Bytes, tuple[Longs, pa.Table] | None]:
        """Why each read is work; those that are none, by their places, and their rows as suspects."""
        context = self._context
        part = WaybillPartition(low=0, high=0, reads=(), tables=self._parcels.tables(np.unique(reads.waybill)))
        tables = code_tables(part, context.staff)
        batch = reads.as_batch()
        _, why, early = judge_reads(batch, tables, context)
        why = set_own_tickets_apart(why, context)
        odd = (why >= context.strong) & (why != NOT_FIRST)
        if not self._whole:
            odd &= why != UNKNOWN
        found = np.flatnonzero(odd)
        return why, (found, suspect_rows(batch, tables, found, why, early)) if len(found) else None

    def _keep(self, suspects: npt.NDArray[Any]) -> Longs:
        """Stores suspects; returns their rows."""
        start, end = self._used, self._used + len(suspects)
        self._store = grown(self._store, start, len(suspects))
        self._store[start:end] = suspects
        self._used = end
        return np.arange(start, end)

    def _explain_open(self, rows: ParcelRows, then: Longs, changes: list[_Changes]) -> None:
        """Explains suspects again whose parcels have a new row: they go, or others come in their place."""
        last = {key: k for k, key in enumerate(rows.waybill.tolist()) if key in self._open}
        suspects = [(row, k) for key, k in last.items() for row in self._open[key].values()]
        if not suspects:
            return
        kept, by = np.array(suspects, np.int64).T
        order = np.lexsort((self._store["at"][kept], self._store["waybill"][kept]))
        kept, by = kept[order], by[order]
        old = self._store[kept]
        _, found = self._explain(_of_store(old))
        places, table = found if found is not None else (np.zeros(0, np.int64), SUSPECTS.empty_table())
        new = _as_suspects(table, old["word"][places])
        other = old[places] != new
        stays = np.full(len(kept), -1)
        stays[places[~other]] = kept[places[~other]]
        stays[places[other]] = self._keep(new[other])
        some = np.flatnonzero(stays != kept)
        pairs = zip(old["waybill"][some].tolist(), old["actor"][some].tolist(), stays[some].tolist(), strict=True)
        for waybill, actor, row in pairs:
            if row < 0:
                self._close(waybill, actor)
            else:
                self._open[waybill][actor] = row
        number, at = rows.number[by[some]], then[by[some]]
        both = _changes(np.repeat(number, 2), np.repeat(kept[some], 2), np.repeat(at, 2), came=False)
        both["row"][1::2], both["came"][1::2] = stays[some], True
        changes.append(both[both["row"] >= 0])

    def _take_back(self, reads: Reads, i: int, at: int, changes: list[_Changes]) -> None:
        """Takes back the suspect of a pair of which an earlier read has come."""
        waybill, actor = int(reads.waybill[i]), int(reads.actor[i])
        row = self._open.get(waybill, {}).get(actor)
        if row is not None:
            self._close(waybill, actor)
            changes.append(_changes(reads.number[i : i + 1], np.array([row]), np.array([at]), came=False))

    def _close(self, waybill: int, actor: int) -> None:
        suspects = self._open[waybill]
        del suspects[actor]
        if not suspects:
            del self._open[waybill]

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

    def _count(self, changes: _Changes) -> Iterator[tuple[int, tuple[int, int], AccountDay]]:
        """Counts changes, one after the other: its place, and its account and day as they stand now."""
        rows = changes["row"]
        days = (self._store["at"][rows] + self._context.offset) // _DAY
        keys = zip(self._store["actor"][rows].tolist(), days.tolist(), strict=True)
        for k, (key, row, came) in enumerate(zip(keys, rows.tolist(), changes["came"].tolist(), strict=True)):
            state = self.days.get(key)
            if state is None:
                state = self.days[key] = AccountDay()
            if came:
                state.rows[row] = None
            else:
                state.rows.pop(row, None)
            yield k, key, state

    def _follow(self, changes: _Changes) -> Iterator[Notice]:
        """Counts changes and, where it is time to (rule 3), judges accounts."""
        for k, (actor, day), state in self._count(changes):
            n = len(state.rows)
            if n not in CHECKED and (n >= LEAST or not state.raised):
                continue
            change = _Change(*changes[k].item())
            if change.came and state.raised and n < 2 * state.told:
                continue  # more reads withdraw nothing, and a change is told of once there are twice as many
            if day < (change.at + self._context.offset) // _DAY - 1:
                continue
            self.counted["judgements"] += 1
            rows = self._store[np.fromiter(state.rows, np.int64, n)]
            rows = rows[np.lexsort((rows["waybill"], rows["at"]))]
            columns = {name: rows[name] for name in _STORE.names or ()}
            if state.place is None:
                state.place = int(self._context.staff.actors.places(np.array([actor], np.uint64))[0])
            judged = self._judged.count(state.place, day, change.number)
            found = self._limits.judge(actor, columns, columns["word"], judged, told=state.raised != "")
            if found is not None and (notice := self._tell(actor, day, state, found, change)) is not None:
                yield notice

    def _waybill(self, change: _Change) -> str:
        """The text of the waybill by which it came, where it is a read."""
        for start, texts in self._waybills:
            if change.came and start <= change.row < start + len(texts):
                return texts[change.row - start].as_py() or ""
        return ""

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
            tipped_by=TippingRead(waybill=self._waybill(change), at=int(row["at"]), number=change.number),
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
                    self._close(int(kept["waybill"]), int(kept["actor"]))
        self._judged.forget(last - 1)


def _id_of(actor: int, day: int, kind: NoticeKind, turn: int, step: int) -> str:
    return hashlib.sha256(f"{actor:016x}|{day}|{kind}|{turn}|{step}".encode()).hexdigest()[:32]


def _with_strangers(context: ExplanationContext) -> ExplanationContext:
    """The same, with a last account that stands for all that nobody knows: what is for everybody is for them."""
    posts, rules = context.staff.posts, context.rules
    everybody = np.bitwise_and.reduce(rules.allowed) if len(rules.allowed) else np.uint32(0)
    of = np.vstack([posts.of, np.array([[0, 0, -1, -1]], np.int32)])
    staff = replace(context.staff, posts=posts._replace(of=of))
    return replace(context, staff=staff, rules=rules._replace(allowed=np.append(rules.allowed, everybody)))


def _as_suspects(table: pa.Table, words: UInts) -> npt.NDArray[Any]:
    """Suspects as the store has them."""
    out = np.empty(len(table), _STORE)
    for name in SUSPECTS.names:
        out[name] = table[name].to_numpy()
    out["word"] = words
    return out


def _of_store(rows: np.ndarray) -> Reads:
    """Suspects as reads."""
    none = pa.nulls(len(rows), pa.string())
    names = ("at", "waybill", "actor", "ip", "device", "session", "action", "word")
    columns = {name: np.ascontiguousarray(rows[name]) for name in names}
    return Reads(number=np.zeros(len(rows), np.int64), texts=(none, none), **columns)
