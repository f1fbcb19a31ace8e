"""The scope of a breach: once a source is named, which waybills it had, and who must be told.

From a named source to what it had: the walk over the ledger.

Obligations (code and tests cite the numbers):
1. The scope is what the ledger shows, complete for the period: each waybill of the source is counted once, and stands
   in the list once.
2. Nothing is invented: what a table doesn't say is unknown, and said to be. Questions whose answers weren't logged
   (`queries`) are replayed; what they showed stands beside the logged reads, never among them.
3. Being listed says that a number lay open to the source, not that it was sold.
4. Memory is bounded by a range of the key space, not by how much the source had.
5. The same ledger, source and period give the same scope, byte for byte.

What a source was shown by queries of which only the question is logged, beside the reads that are.

6. The source's queries are replayed on every waybill of the ledger as it stood then (`ledger.replay`), range by range
   of keys: memory is bounded by the range.
7. A waybill that a whole result must have held (weight 1: a complete filter, no limit reached) was shown. It is listed.
8. A waybill that some result may have held (weight below 1) is counted, with the number that is to be expected of
   them: 1 less the product of the chances of not being shown. It is not listed.
9. A waybill that the source read in the period by the log is in the scope already and counts in neither.

How far the work that the ledger knows explains what an account read.

10. What is said is that no work in the tables explains a read, never that the account did wrong: work may stand
    nowhere.
11. Work at a place explains all parcels that ever touched it: from there, to there, or scanned there. Places are the
   account's outlet in `actors` and what `assignments` gives it, at any time; a head office, which no parcel passes, is
   none.
12. A ticket of the account on a waybill explains it; so does an assignment to its customer or its issuing interface.
13. A waybill without a route is not checked. An account to which neither table gives any work is not judged.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wayseal import __version__, store
from wayseal.ledger import Snapshot
from wayseal.ledger.codes import find_rows
from wayseal.ledger.replay import Replay
from wayseal.model.arrays import Flags, Longs, UInts
from wayseal.model.kinds import OutletKind, Scope, SourceKind
from wayseal.model.period import FIRST, LAST, Period, parse_period
from wayseal.model.progress import Progress
from wayseal.model.times import clock_us
from wayseal.store.tables import microseconds
from wayseal.trace.errors import ScopeError
from wayseal.trace.scope._holdings import (
    READERS,
    FieldNames,
    FieldSets,
    Holdings,
    Places,
    Routes,
    Source,
    build_holdings,
    find_holdings,
    find_source,
    load_places,
    routes_of,
    rows_of,
)
from wayseal.trace.scope._report import Listing, render_scope
from wayseal.trace.scope._result import ByQuery, NamedCount, Region, Route, ScopeResult, Work

__all__ = ["Listing", "Period", "ScopeError", "ScopeResult", "parse_period", "render_scope", "scope"]


RANGE = 1 << 18
_WORK = ("channel", "origin_outlet", "destination_outlet", "customer")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryResults:
    """A range of keys. holdings: the waybills of rule 7. soft: how many of rule 8; expected: how many of these."""

    holdings: Holdings
    soft: int
    expected: float


def replay_of(snapshot: Snapshot, source: Source) -> Replay | None:
    """The source's queries; None where it asks none, or can't."""
    if source.kind not in (SourceKind.ACTOR, SourceKind.SESSION) or "queries" not in snapshot.tables:
        return None
    replay = snapshot.replay(source.kind.value, source.id)
    return replay if replay.counts.replayed else None


def find_query_results(snapshot: Snapshot, replay: Replay, source: Source, period: Period) -> Iterator[QueryResults]:
    """Waybills that the queries showed in the period (rules 6 to 9)."""
    for keys in snapshot.everything(RANGE):
        rows = replay.exposures(keys).rows
        at = microseconds(rows["at"])
        waybill = rows["waybill"].to_numpy()
        then = (at >= period.since) & (at < period.until)
        then &= ~np.isin(waybill, _read(snapshot, source, period, np.unique(waybill[then])))
        if then.any():
            yield _query_results(snapshot, waybill[then], at[then], rows["weight"].to_numpy()[then])


def _query_results(
    snapshot: Snapshot,
    waybill: UInts,
    at: np.ndarray[tuple[int], np.dtype[np.int64]],
    weight: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> QueryResults:
    hard = np.isin(waybill, waybill[weight >= 1.0])
    sure = weight >= 1.0
    keys, start = np.unique(waybill[~hard], return_index=True)
    missed = np.multiply.reduceat(1.0 - weight[~hard], start) if len(keys) else np.zeros(0)
    described = snapshot.kept("waybills", np.unique(waybill[sure]), _WORK)
    return QueryResults(
        holdings=build_holdings(waybill[sure], at[sure], at[sure], None, described),
        soft=len(keys),
        expected=float((1 - missed).sum()),
    )


def _read(snapshot: Snapshot, source: Source, period: Period, keys: UInts) -> UInts:
    """Which waybills the source read in the period by the log (rule 9)."""
    reads = snapshot.reads(keys)
    at = microseconds(reads["at"])
    owner = reads[source.kind.value].fill_null(0).to_numpy()
    mine = np.isin(owner, source.keys) & (at >= period.since) & (at < period.until)
    return np.unique(reads.filter(pa.array(mine))["waybill"].to_numpy())


DAY_US, HOUR_US = 86_400_000_000, 3_600_000_000
_ACTIONS = ("", *store.TABLES["accesses"].column("action").values)


class ScopeTally:
    """The counts of a scope while they grow. Keys of the counters are codes; a pair counts (waybills, reads)."""

    def __init__(self, places: Places) -> None:
        self.waybills = 0
        self.events = 0
        self.first: int | None = None
        self.last: int | None = None
        self.hours = np.zeros(24, np.int64)
        self.unsaid = 0
        self._places = places
        self._days: dict[int, Longs] = {}
        self._actions: dict[int, Longs] = {}
        self._vias: dict[int, Longs] = {}
        self._fields: dict[int, Longs] = {}
        self._routes: Counter[tuple[int, int]] = Counter()
        self._sent: Counter[int] = Counter()
        self._received: Counter[int] = Counter()

    def add(self, holdings: Holdings, routes: Routes, fields: FieldSets) -> None:
        """Takes a key range."""
        if not len(holdings.keys):
            return
        self.waybills += len(holdings.keys)
        self.events += len(holdings.at)
        first, last = int(holdings.first.min()), int(holdings.last.max())
        self.first = first if self.first is None else min(self.first, first)
        self.last = last if self.last is None else max(self.last, last)
        local = holdings.at + clock_us()
        self.hours += np.bincount(local // HOUR_US % 24, minlength=24)
        _count(self._days, holdings.run, local // DAY_US)
        self._add_routes(routes)
        if holdings.reads is not None:
            _count(self._actions, holdings.run, holdings.reads["action"].to_numpy().astype(np.int64))
            _count(self._vias, holdings.run, holdings.reads["via"].to_numpy().view(np.int64))
            self.unsaid += int((holdings.reads["fields"].to_numpy() == 0).sum())
            for bit in range(fields.known):
                of_read = (fields.of_read >> np.uint64(bit)) & np.uint64(1) != 0
                _count(self._fields, holdings.run[of_read], np.full(int(of_read.sum()), bit))

    def _add_routes(self, routes: Routes) -> None:
        cities = len(self._places.cities)
        count = np.bincount(routes.origin * cities + routes.destination)
        for pair in np.flatnonzero(count).tolist():
            self._routes[divmod(pair, cities)] += int(count[pair])
        for counter, column in ((self._sent, routes.sent), (self._received, routes.received)):
            counter.update(dict(enumerate(np.bincount(column).tolist())))

    def days(self) -> tuple[tuple[int, int, int], ...]:
        """(day, waybills, events) from the first day to the last, those without any included."""
        if not self._days:
            return ()
        none = np.zeros(2, np.int64)
        every = range(min(self._days), max(self._days) + 1)
        return tuple((day, *map(int, self._days.get(day, none))) for day in every)  # type: ignore[misc]

    def routes(self) -> tuple[Route, ...]:
        """All routes, most waybills first."""
        names = [name or None for name in self._places.cities]
        rows = [Route(origin=names[a], destination=names[b], waybills=n) for (a, b), n in self._routes.items()]
        return tuple(sorted(rows, key=lambda r: (-r.waybills, r.origin or "", r.destination or "")))

    def regions(self) -> tuple[Region, ...]:
        """Regions by name, the unknown one ("") last."""
        rows = [
            Region(name=r, sent=self._sent[n], received=self._received[n]) for n, r in enumerate(self._places.regions)
        ]
        return tuple(r for r in rows if r.sent or r.received)

    def actions(self) -> tuple[NamedCount, ...]:
        """By action; "" where the log doesn't say."""
        return _ranked({code: _ACTIONS[code] for code in self._actions}, self._actions)

    def vias(self, snapshot: Snapshot) -> tuple[NamedCount, ...]:
        """By system; "" where the log doesn't say."""
        codes = list(self._vias)
        names = snapshot.names("via", np.array(codes, np.int64).view(np.uint64))
        return _ranked(dict(zip(codes, names, strict=True)), self._vias)

    def fields(self, names: tuple[str, ...]) -> tuple[NamedCount, ...]:
        """By field. names: of the bits."""
        return _ranked(dict(enumerate(names)), self._fields)


def _count(into: dict[int, Longs], run: Longs, code: Longs) -> None:
    """Adds, for each code, how many waybills (places `run`) and how many events carry it."""
    codes, place, events = np.unique(code, return_inverse=True, return_counts=True)
    pairs = np.sort(run * len(codes) + place)
    pairs = pairs[np.append(pairs[1:] != pairs[:-1], len(pairs) > 0)]
    waybills = np.bincount(pairs % max(len(codes), 1), minlength=len(codes))
    for one, n, m in zip(codes.tolist(), waybills.tolist(), events.tolist(), strict=True):
        into[one] = into.get(one, np.zeros(2, np.int64)) + np.array([n, m])


def _ranked(names: dict[int, str], counts: dict[int, Longs]) -> tuple[NamedCount, ...]:
    rows = [NamedCount(name=names[code], waybills=int(n), reads=int(m)) for code, (n, m) in counts.items()]
    return tuple(sorted(rows, key=lambda r: (-r.waybills, -r.reads, r.name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """Where an account works, and for whom: keys of outlets and channels, names of customers. actors: its keys."""

    actors: UInts
    outlets: UInts
    channels: UInts
    customers: tuple[str, ...]
    reason: str = ""


def find_workplace(snapshot: Snapshot, accounts: Iterable[str]) -> Workplace:
    """The work of some accounts (a session's; usually one), by the tables `actors` and `assignments` (rule 11)."""
    names = sorted(set(accounts))
    outlets = snapshot.outlets().to_pylist()
    homes = {r["actor"]: r["outlet"] for r in snapshot.actors().to_pylist() if r["actor"] in set(names)}
    workplaces = {home for home in homes.values() if home}
    channels, customers = set(), set()
    for row in snapshot.assignments().to_pylist():
        if row["actor"] not in set(names):
            continue
        match row["scope"]:
            case Scope.OUTLET:
                workplaces.add(row["value"])
            case Scope.CITY | Scope.REGION:
                workplaces |= {o["outlet"] for o in outlets if o[row["scope"]] == row["value"]}
            case Scope.CHANNEL:
                channels.add(row["value"])
            case _:
                customers.add(row["value"])
    workplaces -= {o["outlet"] for o in outlets if o["kind"] == OutletKind.HEAD_OFFICE}
    reason = "" if workplaces or channels or customers else "no_place" if homes else "no_actor"
    return Workplace(
        actors=snapshot.keys(names),
        outlets=snapshot.keys(sorted(workplaces)),
        channels=snapshot.keys(sorted(channels)),
        customers=tuple(sorted(customers)),
        reason=reason,
    )


def explain_work(snapshot: Snapshot, post: Workplace, holdings: Holdings) -> Work:
    """The work behind the waybills of a key range (rules 10 to 13)."""
    if post.reason or not len(holdings.keys):
        return Work(reason=post.reason)
    row = rows_of(holdings)
    end = np.append(holdings.described["destination_outlet"].to_numpy(), np.uint64(0))[row]
    touched = snapshot.places(holdings.keys)
    known = (row >= 0) | (find_rows(touched["waybill"].to_numpy(), holdings.keys) >= 0)
    here = touched["waybill"].to_numpy()[np.isin(touched["outlet"].to_numpy(), post.outlets)]
    passed = known & ((find_rows(here, holdings.keys) >= 0) | np.isin(end, post.outlets))
    ticket = known & ~passed & (find_rows(_ticketed(snapshot, post, holdings), holdings.keys) >= 0)
    assigned = known & ~passed & ~ticket & _assigned(post, holdings, row)
    left = known & ~passed & ~ticket & ~assigned
    return Work(
        checked=int(known.sum()),
        passed=int(passed.sum()),
        ticket=int(ticket.sum()),
        assigned=int(assigned.sum()),
        unexplained=int(left.sum()),
        unknown=int((~known).sum()),
    )


def _ticketed(snapshot: Snapshot, post: Workplace, holdings: Holdings) -> UInts:
    tickets = snapshot.kept("tickets", holdings.keys, ("actor",))
    mine = np.isin(tickets["actor"].to_numpy(), post.actors)
    keys: UInts = tickets["waybill"].to_numpy()[mine]
    return keys


def _assigned(post: Workplace, holdings: Holdings, row: npt.NDArray[np.int64]) -> Flags:
    by_channel = np.isin(holdings.described["channel"].to_numpy(), post.channels)
    by_customer = pc.is_in(holdings.described["customer"], value_set=pa.array(post.customers, pa.string()))
    flags: Flags = np.append(by_channel | by_customer.to_numpy(zero_copy_only=False), False)[row]
    return flags


def add_work(one: Work, other: Work) -> Work:
    """Two key ranges together."""
    names = ("checked", "passed", "ticket", "assigned", "unexplained", "unknown")
    return replace(one, **{n: getattr(one, n) + getattr(other, n) for n in names})


_TELLING = ("waybills", "outlets", "scans", "actors", "assignments", "tickets")


def scope(
    snapshot: Snapshot,
    source: str,
    *,
    kind: SourceKind | None = None,
    period: Period | None = None,
    listing: Listing | None = None,
    progress: Progress,
) -> ScopeResult:
    """Find what a source had in a period, and put the waybills one by one into `listing`.

    progress: called with ("scope", key ranges done, of all). ScopeError for an id that is unknown or several sources'.
    """
    period = period or Period()
    found = find_source(snapshot, source, kind)
    where = load_places(snapshot)
    post = _post(snapshot, found)
    names, tally, work = FieldNames(snapshot), ScopeTally(where), Work(reason=post.reason)
    for key_range in snapshot.source_ranges(found.walk, found.keys):
        progress("scope", key_range.done - 1, key_range.total)
        one = find_holdings(snapshot, found, key_range, period)
        routes, sets = routes_of(one, where), names.sets(one)
        tally.add(one, routes, sets)
        work = add_work(work, explain_work(snapshot, post, one))
        if listing is not None:
            listing.write(snapshot, one, routes, where, sets, names)
        progress("scope", key_range.done, key_range.total)
    by_query = _by_query(snapshot, found, period, where, names, listing)
    return _result(snapshot, found, period, tally, work, names, by_query)


def _by_query(
    snapshot: Snapshot, source: Source, period: Period, where: Places, names: FieldNames, listing: Listing | None
) -> ByQuery:
    """Waybills that the source's queries showed (obligation 2), listed behind the rest."""
    replay = replay_of(snapshot, source)
    if replay is None:
        return ByQuery()
    waybills, uncertain, expected = 0, 0, 0.0
    for part in find_query_results(snapshot, replay, source, period):
        waybills, uncertain, expected = (
            waybills + len(part.holdings.keys),
            uncertain + part.soft,
            expected + part.expected,
        )
        if listing is not None:
            sets = names.sets(part.holdings)
            listing.write(snapshot, part.holdings, routes_of(part.holdings, where), where, sets, names, "query")
    return ByQuery(waybills=waybills, uncertain=uncertain, expected=expected, replayed=replay.counts.replayed)


def _post(snapshot: Snapshot, source: Source) -> Workplace:
    """Where the source's account works; sources that aren't accounts do no work (reason: routes)."""
    if source.kind is SourceKind.ACTOR:
        return find_workplace(snapshot, [source.id])
    if source.kind is SourceKind.SESSION:
        accounts = snapshot.session_volumes(source.keys)["actor"].to_numpy()
        return find_workplace(snapshot, snapshot.names("actor", accounts))
    none = np.zeros(0, np.uint64)
    return Workplace(actors=none, outlets=none, channels=none, customers=(), reason="no_reads")


def _result(
    snapshot: Snapshot,
    source: Source,
    period: Period,
    tally: ScopeTally,
    work: Work,
    names: FieldNames,
    by_query: ByQuery,
) -> ScopeResult:
    role, outlet = _about(snapshot, source)
    reads = source.walk in READERS
    return ScopeResult(
        wayseal=__version__,
        ledger_digest=snapshot.digest,
        source=source.id,
        kind=source.kind,
        role=role,
        outlet=outlet,
        since=None if period.since == FIRST else period.since,
        until=None if period.until == LAST else period.until,
        waybills=tally.waybills,
        reads=tally.events if reads else 0,
        first=tally.first,
        last=tally.last,
        days=tally.days(),
        hours=tuple(tally.hours.tolist()),
        routes=tally.routes(),
        regions=tally.regions(),
        actions=tally.actions(),
        vias=tally.vias(snapshot),
        fields=tally.fields(names.names),
        unsaid=tally.unsaid,
        queries=_asked(snapshot, source, period),
        by_query=by_query,
        work=work,
        missing=tuple(name for name in _TELLING if name not in snapshot.tables),
    )


def _asked(snapshot: Snapshot, source: Source, period: Period) -> int:
    """Logged questions of an account or session in the period (obligation 2)."""
    if source.kind not in (SourceKind.ACTOR, SourceKind.SESSION) or "queries" not in snapshot.tables:
        return 0
    at = microseconds(snapshot.asked(source.kind.value, source.id))
    return int(((at >= period.since) & (at < period.until)).sum())


def _about(snapshot: Snapshot, source: Source) -> tuple[str | None, str | None]:
    if source.kind is SourceKind.ACTOR:
        for row in snapshot.actors().to_pylist():
            if row["actor"] == source.id:
                return row["role"], row["outlet"]
    return None, None
