"""What a week's report is made of, asked from the record; a few statements whatever there is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wayseal import __version__
from wayseal.market.log import Market
from wayseal.market.log.reads import Reads
from wayseal.market.log.views import BackRow, SourceRow, Totals, Week
from wayseal.market.log.weekly import (
    WEEK,
    ActiveSeller,
    OwnCount,
    active_sellers,
    last_moment,
    looks_of,
    overdue,
    own_count,
)
from wayseal.market.removals import Request
from wayseal.market.removals.types import Outcome

MOST_SELLERS, MOST_BACKS = 12, 20
_ALL = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceWeek:
    """A source and how it was seen in the week.

    Attributes:
        row: How it stands now.
        looks: Looks at it as a whole in the week.
        unseen: How many of them couldn't see, by why.
        overdue: Whether its next look should have been made more than an hour ago.
    """

    row: SourceRow
    looks: int
    unseen: Mapping[str, int]
    overdue: bool

    @property
    def blind(self) -> int:
        """Looks that couldn't see."""
        return sum(self.unseen.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """Requests for removal. open: now; asked, removed, withdrawn: in the week."""

    open: int
    asked: int
    removed: int
    withdrawn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekResult:
    """A week of the market, and the weeks before it.

    Attributes:
        wayseal: Version.
        lines: Lines of the record.
        root: Of their tree.
        since: When the week begins (µs).
        until: When it ends; the last moment belongs to it.
        weeks: Weeks that are drawn, the oldest first; the last one is the week.
        totals: All there is.
        sources: Every source, by name.
        sellers: Who stands out, at most `MOST_SELLERS`.
        backs: Come-backs of the week, the latest first.
        own: Numbers of the courier's own on offer in the week.
        own_ever: The same of all time.
        requests: Requests for removal.
    """

    wayseal: str
    lines: int
    root: bytes
    since: int
    until: int
    weeks: tuple[Week, ...]
    totals: Totals
    sources: tuple[SourceWeek, ...]
    sellers: tuple[ActiveSeller, ...]
    backs: tuple[BackRow, ...]
    own: OwnCount
    own_ever: OwnCount
    requests: Requests


def gather_week(market: Market, now: int, weeks: int) -> WeekResult:
    """The last week of a record; of a watch that stopped the week that ended with its last look.

    Args:
        market: The record.
        now: The time (µs).
        weeks: How many weeks are drawn, this one among them; at least 1.

    Returns:
        What there is to say.

    Raises:
        RecordError: The record can't be read.
    """
    tip, reads = market.tip(), Reads(market)
    sources = reads.sources()
    until = last_moment(sources, now)
    since = until - WEEK + 1
    return WeekResult(
        wayseal=__version__,
        lines=tip.size,
        root=tip.root,
        since=since,
        until=until,
        weeks=reads.weeks(until, weeks),
        totals=reads.totals(),
        sources=_sources(market, sources, (since, until), now),
        sellers=active_sellers(market, since, until, MOST_SELLERS),
        backs=tuple(one for one in reads.backs(since=since, limit=_ALL) if one.at <= until),
        own=own_count(market, since, until),
        own_ever=own_count(market, 0, until),
        requests=_requests(reads.requests(), since, until),
    )


def _sources(market: Market, rows: Iterable[SourceRow], span: tuple[int, int], now: int) -> tuple[SourceWeek, ...]:
    rows = tuple(rows)
    late, looks = overdue(rows, now), looks_of(market, *span)
    return tuple(
        SourceWeek(
            row=row,
            looks=sum(one.count for one in looks if one.source == row.source),
            unseen={one.hindrance: one.count for one in looks if one.source == row.source and one.hindrance},
            overdue=row.source in late,
        )
        for row in rows
    )


def _requests(rows: Iterable[Request], since: int, until: int) -> Requests:
    found = [one for one in rows if one.asked.at <= until]
    settled = [one for one in found if one.settled_at is not None and since <= one.settled_at <= until]
    removed = sum(one.outcome is Outcome.REMOVED for one in settled)
    return Requests(
        open=sum(one.outcome is Outcome.OPEN for one in found),
        asked=sum(one.asked.at >= since for one in found),
        removed=removed,
        withdrawn=len(settled) - removed,
    )
