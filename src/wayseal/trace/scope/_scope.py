"""From a named source to what it had: the walk over the ledger.

Obligations (code and tests cite the numbers):
1. The scope is what the ledger shows, complete for the period: each waybill of the source is counted once, and stands
   in the list once.
2. Nothing is invented: what a table doesn't say is unknown, and said to be. Questions whose answers weren't logged
   (`queries`) are replayed; what they showed stands beside the logged reads, never among them (`_query_results`).
3. Being listed says that a number lay open to the source, not that it was sold.
4. Memory is bounded by the stretch of the key space, not by how much the source had.
5. The same ledger, source and period give the same scope, byte for byte.
"""

from collections.abc import Callable

import numpy as np

from wayseal import __version__
from wayseal.ledger import Snapshot
from wayseal.model.period import FIRST, LAST, Period
from wayseal.model.sources import SourceKind
from wayseal.store.columns import microseconds
from wayseal.trace.scope._fields import FieldNames
from wayseal.trace.scope._holdings import find_holdings
from wayseal.trace.scope._listing import Listing
from wayseal.trace.scope._places import Places, load_places
from wayseal.trace.scope._query_results import find_query_results, replay_of
from wayseal.trace.scope._result import ByQuery, ScopeResult, Work
from wayseal.trace.scope._routes import routes_of
from wayseal.trace.scope._source import READERS, Source, find_source
from wayseal.trace.scope._tally import ScopeTally
from wayseal.trace.scope._work import Workplace, add_work, explain_work, find_workplace

Progress = Callable[[str, int, int], None]
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
    """What a source had in a period, and the waybills one by one into `listing`.

    progress: called with ("scope", stretches done, of all). ScopeError for an id that is unknown or several sources'.
    """
    period = period or Period()
    found = find_source(snapshot, source, kind)
    where = load_places(snapshot)
    post = _post(snapshot, found)
    names, tally, work = FieldNames(snapshot), ScopeTally(where), Work(reason=post.reason)
    for stretch in snapshot.stretches(found.walk, found.keys):
        progress("scope", stretch.done - 1, stretch.total)
        one = find_holdings(snapshot, found, stretch, period)
        routes, sets = routes_of(one, where), names.sets(one)
        tally.add(one, routes, sets)
        work = add_work(work, explain_work(snapshot, post, one))
        if listing is not None:
            listing.write(snapshot, one, routes, where, sets, names)
        progress("scope", stretch.done, stretch.total)
    by_query = _by_query(snapshot, found, period, where, names, listing)
    return _result(snapshot, found, period, tally, work, names, by_query)


def _by_query(
    snapshot: Snapshot, source: Source, period: Period, where: Places, names: FieldNames, listing: Listing | None
) -> ByQuery:
    """What the source's queries showed (obligation 2), listed behind the rest."""
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
