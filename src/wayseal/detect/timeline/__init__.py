"""Cases laid out: all reads of their accounts beside work, peers and own past, kept so that a page need not walk.

A ledger lies by waybill, so that the reads of an account are found by a walk over all of it. What a page of a case
shows is therefore laid out once, when detection finds the case or when somebody asks, and kept beside its facts.

Cases from the ledger to timelines: one walk over the reads of all their accounts, one look at the work beside them.

1. A case is looked at on the days of its own (`_odd_reads`, rule 1), and its reads are counted as `wayseal reads` does.
2. Every read is put to the templates, whether it is the first of its waybill or not.
3. Of more than `MOST` reads of a case only those that a detector counts stay, and of these the first `MOST`.
4. Reads of numbers that a case is about are laid out on whatever day (`_odd_reads`, rule 3), and count for what is no
   detector: they are why a trace, or an offer, made the case. Where the log ends before the case's days, its last four
   weeks stand for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.detect._detect import view_of
from wayseal.detect._odd_reads import COLUMNS, ReadCounter, case_days, times_of
from wayseal.detect._result import Case, Person
from wayseal.detect._view import View
from wayseal.detect.explain import UNEXPLAINED, UNKNOWN, Template, TemplateKind
from wayseal.detect.facts import TABLE_COLUMNS, ExplanationContext, Facts, build_context, code_tables, judge_reads
from wayseal.detect.reasons import TABLES, Account, World, is_work, read_world
from wayseal.detect.timeline._types import (
    READS,
    CaseTimeline,
    HourProfile,
    TicketSpan,
    TimelineHead,
    TimelinePerson,
    keep_timeline,
    load_timeline,
    timeline_path,
)
from wayseal.detect.window import DAY_US, HOUR_US, WindowError, window_of
from wayseal.ledger import Snapshot
from wayseal.ledger.walk import WaybillPartition
from wayseal.model.arrays import Floats, UInts
from wayseal.model.kinds import Action, Scope
from wayseal.model.progress import Progress

__all__ = [
    "CaseRequest",
    "CaseTimeline",
    "HourProfile",
    "TicketSpan",
    "TimelineHead",
    "TimelinePerson",
    "keep_timeline",
    "lay_out",
    "load_timeline",
    "timeline_path",
]


_HOURS = 24
_LOW, _MIDDLE, _HIGH = 5, 50, 95


def profile_hours(view: View, first: int, key: np.uint64) -> HourProfile | None:
    """Reads an hour of the day, of an account beside others.

    Args:
        view: The days that are looked at, and those before.
        first: First local day since 1970 that is looked at.
        key: Of the account.

    Returns:
        The profile; None: the account read nothing in all these days.
    """
    place = np.flatnonzero(view.keys == key)
    if not len(place):
        return None
    mine, split = int(place[0]), (first - view.day) * _HOURS
    actor, hour = view.hours["actor"].to_numpy(), view.hours["hour"].to_numpy()
    reads = view.hours["reads"].to_numpy()
    peers = np.flatnonzero((view.group == view.group[mine]) & (np.arange(len(view.keys)) != mine))
    among = np.full(len(view.keys), -1, np.int64)
    among[peers] = np.arange(len(peers))
    now, past = hour >= split, hour < split
    own = actor == mine
    theirs = now & (among[actor] >= 0)
    table = _means(among[actor[theirs]], hour[theirs], reads[theirs], len(peers))
    table = table[table.any(axis=1)]
    band = np.percentile(table, [_LOW, _MIDDLE, _HIGH], axis=0) if len(table) else np.zeros((3, _HOURS))
    return HourProfile(
        now=_floats(_own_mean(hour[own & now], reads[own & now])),
        past=_floats(_own_mean(hour[own & past], reads[own & past])),
        low=_floats(band[0]),
        middle=_floats(band[1]),
        high=_floats(band[2]),
        days=len(np.unique(hour[own & now] // _HOURS)),
        past_days=len(np.unique(hour[own & past] // _HOURS)),
        peers=len(table),
    )


def _own_mean(hour: npt.NDArray[np.int32], reads: npt.NDArray[np.int64]) -> Floats:
    made: Floats = _means(np.zeros(len(hour), np.int64), hour, reads, 1)[0]
    return made


def _means(who: npt.NDArray[np.int64], hour: npt.NDArray[np.int32], reads: npt.NDArray[np.int64], n: int) -> Floats:
    """Float64 (n, 24): mean reads at an hour of the day, over the days on which each of them read."""
    total = np.bincount(who * _HOURS + hour % _HOURS, reads, minlength=n * _HOURS).reshape(n, _HOURS)
    day = hour.astype(np.int64) // _HOURS
    span = int(day.max(initial=0)) + 1
    days = np.bincount(np.unique(who * span + day) // span, minlength=n)
    made: Floats = total / np.maximum(days, 1)[:, None]
    return made


def _floats(values: Floats) -> tuple[float, ...]:
    return tuple(round(float(value), 2) for value in values)


MOST = 100_000
"""Reads of a case at most (rule 3)."""
_AT_ONCE = 1 << 18
"""Waybills whose tables are read together."""
_MOST_TICKETS = 1_000
_JUDGED = ("waybill", "at", "actor", "action")
_ACTIONS = np.array(["", *(action.value for action in Action)], object)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRequest:
    """A case to lay out.

    Attributes:
        case: Its id.
        actors: Ids of its accounts.
        detectors: What gave its reasons.
        since: Microseconds since 1970 of its first alert.
        until: Microseconds since 1970 of its newest read, or of the last that was seen on sale.
        numbers: Clean numbers that it is about.
        found: As detection found it; None: it finds it no more, or wasn't asked.
    """

    case: str
    actors: tuple[str, ...]
    detectors: tuple[str, ...]
    since: int
    until: int
    numbers: tuple[str, ...] = ()
    found: Case | None = None


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A case on its way. numbers: keys; counted: bits by read; mine: place of the account by read."""

    request: CaseRequest
    days: tuple[int, int]
    numbers: UInts
    view: View
    counter: ReadCounter
    cut: bool = False
    reads: pa.Table = field(default_factory=lambda: pa.table({}))
    person: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    counted: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))


def lay_out(
    snapshot: Snapshot, cases: Sequence[CaseRequest], templates: Sequence[Template], facts: Facts, progress: Progress
) -> list[CaseTimeline]:
    """Lays cases out.

    Args:
        snapshot: The ledger as it is.
        cases: Which; at most as many as memory holds the reads of.
        templates: Of work.
        facts: Of the same snapshot.
        progress: Called with a step's name, what is done and what there is in all.

    Returns:
        Those of them on whose days anything was read, in their order.

    Raises:
        LedgerError: A file of the ledger is damaged or missing.
    """
    drafts = _draft(snapshot, cases, facts)
    if not drafts:
        return []
    of_actor = _walk(snapshot, drafts, progress)
    for draft in drafts:
        _count(snapshot, draft, of_actor)
    work = _Work(snapshot, build_context(snapshot, templates, facts.offset), templates)
    work.look(np.unique(np.concatenate([_keys(draft.reads) for draft in drafts])), progress)
    return [work.finish(draft) for draft in drafts]


def _draft(snapshot: Snapshot, cases: Sequence[CaseRequest], facts: Facts) -> list[_Draft]:
    """The cases with the days that they are about; days that several share are looked at once."""
    activity = snapshot.activity()
    views: dict[tuple[int, int], View] = {}
    out = []
    for case in cases:
        days = case_days(case.since, case.until, facts.offset)
        try:
            window = window_of(activity, facts.offset, *days)
        except WindowError:
            window = window_of(activity, facts.offset, None, None)
        if window is None:
            continue
        days = window.first, window.last
        if days not in views:
            views[days] = view_of(snapshot, facts, window)
        view, numbers = views[days], snapshot.keys(case.numbers)
        counter = ReadCounter.of(view, case.detectors)
        out.append(_Draft(request=case, days=days, numbers=numbers, view=view, counter=counter))
    return out


def _walk(snapshot: Snapshot, drafts: Sequence[_Draft], progress: Progress) -> dict[int, pa.Table]:
    """The reads of all accounts, by key, on any of the cases' days."""
    keys = np.unique(snapshot.keys(sorted({actor for draft in drafts for actor in draft.request.actors})))
    offset = drafts[0].view.offset
    since = min(draft.days[0] for draft in drafts) * DAY_US - offset
    until = (max(draft.days[1] for draft in drafts) + 1) * DAY_US - offset
    numbers = np.unique(np.concatenate([draft.numbers for draft in drafts]))
    parts: dict[int, list[pa.Table]] = {key: [] for key in keys.tolist()}
    for key_range in snapshot.source_ranges("actor", keys, COLUMNS):
        at, actor = times_of(key_range.reads), key_range.reads["actor"].to_numpy()
        inside = ((at >= since) & (at < until)) | np.isin(key_range.reads["waybill"].to_numpy(), numbers)
        for key, mine in parts.items():
            rows = np.flatnonzero(inside & (actor == np.uint64(key)))
            if len(rows):
                mine.append(key_range.reads.take(pa.array(rows)))
        progress("reads", key_range.done, key_range.total)
    return {key: pa.concat_tables(mine).combine_chunks() for key, mine in parts.items() if mine}


def _count(snapshot: Snapshot, draft: _Draft, of_actor: dict[int, pa.Table]) -> None:
    """Gives a draft its reads, and which detectors count each (rules 1 and 3)."""
    tables, people, bits = [], [], []
    for place, key in enumerate(snapshot.keys(draft.request.actors)):
        reads = of_actor.get(int(key))
        if reads is None:
            continue
        day = (times_of(reads) + draft.view.offset) // DAY_US
        named = np.isin(reads["waybill"].to_numpy(), draft.numbers)
        kept = ((day >= draft.days[0]) & (day <= draft.days[1])) | named
        reads, named = reads.filter(pa.array(kept)), named[kept]
        flags = draft.counter.count(reads, key)
        flags |= named[:, None] & [one is None for one in draft.counter.odd]
        tables.append(reads)
        people.append(np.full(len(reads), place, np.int32))
        bits.append((flags * (1 << np.arange(flags.shape[1], dtype=np.int64))).sum(axis=1))
    if not tables:
        return
    reads, person, counted = pa.concat_tables(tables).combine_chunks(), np.concatenate(people), np.concatenate(bits)
    order = np.lexsort([reads[name].to_numpy() for name in ("row", "source")] + [times_of(reads)])
    if draft.request.detectors and len(order) > MOST:
        draft.cut = True
        order = order[counted[order] > 0][:MOST]
    draft.reads = reads.take(pa.array(order)).combine_chunks()
    draft.person, draft.counted = person[order], counted[order]


class _Work:
    """Acts on waybills, and what they say of reads."""

    def __init__(self, snapshot: Snapshot, context: ExplanationContext, templates: Sequence[Template]) -> None:
        self._snapshot = snapshot
        self._context = context
        self._templates = templates
        self._world: World = read_world(snapshot)
        self._tables: dict[str, pa.Table] = {}

    def look(self, waybills: UInts, progress: Progress) -> None:
        """Reads the tables of some waybills (sorted)."""
        columns = dict(TABLE_COLUMNS)
        columns["scans"] = (*columns["scans"], "operator")
        columns["tickets"] = (*columns["tickets"], "ticket")
        columns["waybills"] = (*columns["waybills"], "customer")
        found: dict[str, list[pa.Table]] = {name: [] for name in columns}
        for start in range(0, max(len(waybills), 1), _AT_ONCE):
            some = waybills[start : start + _AT_ONCE]
            for name, wanted in columns.items():
                found[name].append(self._snapshot.kept(name, some, wanted))
            progress("work", min(start + _AT_ONCE, len(waybills)), len(waybills))
        order = {"scans": "at", "tickets": "opened_at", "waybills": "issued_at"}
        for name, parts in found.items():
            self._tables[name] = (
                pa.concat_tables(parts).sort_by([("waybill", "ascending"), (order[name], "ascending")]).combine_chunks()
            )

    def finish(self, draft: _Draft) -> CaseTimeline:
        """A case, laid out."""
        request, view = draft.request, draft.view
        verdict, template = self._judge(draft.reads)
        reads = self._reads(draft, verdict, template)
        people = tuple(self._person(draft, place, actor) for place, actor in enumerate(request.actors))
        found = request.found
        since, until = draft.days[0], max(draft.days[1], (request.until + view.offset) // DAY_US)
        if len(reads):
            since = min(since, (reads["at"][0].as_py() + view.offset) // DAY_US)
        head = TimelineHead(
            case=request.case,
            digest=self._snapshot.digest,
            read_until=request.until,
            since=since * DAY_US - view.offset,
            until=(until + 1) * DAY_US - view.offset,
            offset=view.offset,
            detectors=request.detectors,
            unlisted=draft.counter.unlisted(request.detectors, request.numbers),
            numbers=request.numbers,
            people=people,
            evidence=0.0 if found is None else found.evidence,
            young=found is not None and found.young,
            by=() if found is None else found.by,
            missing=tuple(table for table in TABLES if table not in self._snapshot.tables),
            cut=draft.cut,
        )
        return CaseTimeline(head=head, reads=reads)

    def _judge(self, reads: pa.Table) -> tuple[list[str], list[str]]:
        """Rule 2: what is said of each read, and which template explains it."""
        if not len(reads):
            return [], []
        order = np.argsort(_keys(reads), kind="stable")
        batch = pa.RecordBatch.from_arrays(
            [
                *(reads[name].combine_chunks().take(pa.array(order)) for name in _JUDGED),
                pa.array(np.ones(len(order), np.bool_)),
            ],
            names=[*_JUDGED, "first"],
        )
        wanted = np.unique(_keys(reads))
        tables = {name: _one_batch(_rows_of(table, wanted)) for name, table in self._tables.items()}
        partition = WaybillPartition(low=0, high=0, reads=(batch,), tables=tables)
        _, why, _ = judge_reads(batch, code_tables(partition, self._context.staff), self._context)
        back = np.empty(len(order), np.int64)
        back[order] = np.arange(len(order))
        said = [self._say(int(code)) for code in why[back]]
        return [verdict for verdict, _ in said], [template for _, template in said]

    def _say(self, code: int) -> tuple[str, str]:
        if code == UNKNOWN:
            return "unknown", ""
        if code == UNEXPLAINED:
            return "unexplained", ""
        template = self._templates[code]
        strength = "mandate" if template.by is TemplateKind.MANDATE else "strong" if template.strong else "weak"
        return strength, template.name

    def _reads(self, draft: _Draft, verdict: Sequence[str], template: Sequence[str]) -> pa.Table:
        if not len(draft.reads):
            return READS.empty_table()
        texts = {
            name: self._snapshot.texts(name, draft.reads[name].fill_null(0).to_numpy()).fill_null("").cast(pa.string())
            for name in ("waybill", "via", "purpose", "session", "ip", "device")
        }
        columns = {
            "at": times_of(draft.reads),
            "person": draft.person,
            "action": _ACTIONS[draft.reads["action"].to_numpy()],
            "source": draft.reads["source"],
            "row": draft.reads["row"],
            "first": draft.reads["first"],
            "counted": draft.counted,
            "verdict": verdict,
            "template": template,
            **texts,
        }
        return pa.table({name: columns[name] for name in READS.names}, schema=READS)

    def _person(self, draft: _Draft, place: int, actor: str) -> TimelinePerson:
        account = self._world.account(actor)
        waybills = np.unique(_keys(draft.reads)[draft.person == place])
        key = self._snapshot.keys([actor])[0]
        found = None if draft.request.found is None else _person_of(draft.request.found, actor)
        return TimelinePerson(
            about=found
            or Person(
                actor=actor,
                role=account.role,
                place=account.outlet or account.region,
                evidence=0.0,
                alerted_at=None,
                reasons=(),
                kind=account.kind,
            ),
            duties=account.posts,
            tickets=self._tickets(waybills, key),
            scans=self._scans(waybills, key, account),
            hours=profile_hours(draft.view, draft.days[0], key),
        )

    def _tickets(self, waybills: UInts, key: np.uint64) -> tuple[TicketSpan, ...]:
        rows = _rows_of(self._tables["tickets"], waybills)
        rows = rows.filter(pa.array(rows["actor"].to_numpy() == key)).slice(0, _MOST_TICKETS)
        numbers = self._snapshot.names("waybill", rows["waybill"].to_numpy())
        times = [rows[name].cast(pa.int64()).to_pylist() for name in ("opened_at", "closed_at")]
        return tuple(
            TicketSpan(ticket=ticket, waybill=waybill, opened=opened, closed=closed)
            for ticket, waybill, opened, closed in zip(rows["ticket"].to_pylist(), numbers, *times, strict=True)
        )

    def _scans(self, waybills: UInts, key: np.uint64, account: Account) -> tuple[tuple[int, int], ...]:
        rows = _rows_of(self._tables["scans"], waybills)
        places = [post.value for post in account.posts if post.scope is Scope.OUTLET and is_work(self._world, post)]
        mine = np.isin(rows["outlet"].to_numpy(), self._snapshot.keys(places)) | (rows["operator"].to_numpy() == key)
        hour, count = np.unique(times_of(rows)[mine] // HOUR_US, return_counts=True)
        return tuple(zip(hour.tolist(), count.tolist(), strict=True))


def _person_of(case: Case, actor: str) -> Person | None:
    """An account of a case, without single reads: they are all laid out."""
    found = next((one for one in case.people if one.actor == actor), None)
    return None if found is None else replace(found, reasons=tuple(replace(r, reads=()) for r in found.reasons))


def _keys(reads: pa.Table) -> UInts:
    found: UInts = reads["waybill"].to_numpy() if len(reads) else np.zeros(0, np.uint64)
    return found


def _rows_of(table: pa.Table, waybills: UInts) -> pa.Table:
    """Rows of some waybills (sorted, distinct) out of a table that is sorted by waybill."""
    keys = table["waybill"].to_numpy()
    first = np.searchsorted(keys, waybills)
    count = np.searchsorted(keys, waybills, side="right") - first
    before = np.cumsum(count) - count
    return table.take(pa.array(np.repeat(first - before, count) + np.arange(count.sum())))


def _one_batch(table: pa.Table) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([column.combine_chunks() for column in table.columns], schema=table.schema)
