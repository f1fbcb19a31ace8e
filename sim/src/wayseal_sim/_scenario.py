"""What is simulated: the size of the world, who leaks, how the buyer buys."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from wayseal_sim._errors import SimulateError
from wayseal_sim.insiders import ALL, NONE, SOME, WORDS, spelling


class Leaker(StrEnum):
    """Who sells.

    clerk: an ordinary counter clerk. wide: an account with wide rights, taken over. channel: an issue-side interface,
    whose numbers are on sale before pickup. colluders: several ordinary accounts. outlet: labels photographed at an
    outlet, which no log shows. nobody: every number comes from outside. lister: a clerk with list screens, whose
    questions are logged and what they showed is not.

    Those who hide: shared: one of eight clerks who use one login, each on a device and in sessions of their own.
    framer: an account with wide rights that sells only what one clerk had read as well. chooser: one that sells parcels
    from one city of origin only. to-order: a clerk who looks a number up once it is ordered, and not before.
    """

    CLERK = "clerk"
    WIDE = "wide"
    CHANNEL = "channel"
    COLLUDERS = "colluders"
    OUTLET = "outlet"
    NOBODY = "nobody"
    LISTER = "lister"
    SHARED = "shared"
    FRAMER = "framer"
    CHOOSER = "chooser"
    TO_ORDER = "to-order"


class Buyer(StrEnum):
    """What the buyer names: nothing, an origin city, an origin and a destination city, or a few outlets of origin.

    outlets-unsaid: it keeps to a few outlets and doesn't write it down.
    """

    ANYTHING = "anything"
    ORIGIN = "origin"
    ROUTE = "route"
    OUTLETS = "outlets"
    OUTLETS_UNSAID = "outlets-unsaid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """The parameters of a simulated world.

    Attributes:
        accesses: Rows of the log to aim at, met within a few per cent.
        days: Length of the log.
        start: Its first day in China time.
        cities: The most populous so many.
        outlets: How many; None: by volume.
        exposure: Reads a parcel.
        wide_accounts: Accounts that legitimately see 3 to 90 % of all parcels.
        browsing: Share of reads without any work behind them.
        lost_rows: Share of the log that never arrives, row by row.
        lost_outlet_days: Share of the log that never arrives, an outlet's day at a time.
        leaker: Who sells.
        colluders: Accounts that leak together.
        buyer: What the buyer names.
        bought: Numbers that the buyer gets.
        reports: Numbers that other buyers used, and whose recipients reported it.
        unknown_share: Share of these numbers that come from elsewhere.
        delay_median_h: Median of the log-normal delay from read to sale, hours.
        delay_sigma: Its sigma.
        market_days: The last so many days on which the buyer buys.
        scans: Write the scans table too.
        queries: Share of the counter clerks that work with list screens, of which only the question is logged (0:
            nobody; with leaker lister at least half, unless it is given).
        shown: Log what those lists showed as reads instead, as a system would that logs everything.
        system_clock_h: Hours by which the clock of the counters' system is fast.
        buyer_clock_h: Hours by which the buyer's clock is fast.
        insiders: Who pulls waybills beside their work: none, all, few, or kinds of `insiders.Insider` (a tuple, or
            joined by commas).
        noise: Share of *first* reads (of an account and a waybill) without any work behind them, in place of browsing.
        missing_scans: Share of the scans that were never recorded; a pickup and a delivery always are.
        missing_tickets: Share of the tickets that were never recorded.
        handovers: Share of the inquiries that another agent goes on with while the ticket names the first.
        fields: Say of each read what it showed.
        partner_log: Write what partners say they read (`partner_calls`).

    Raises:
        SimulateError: It can't be simulated; raised when it is made.
    """

    accesses: int = 1_500_000
    days: int = 5
    start: str = "2026-03-02"
    cities: int = 337
    outlets: int | None = None
    exposure: float = 15.0
    wide_accounts: int = 30
    browsing: float = 0.01
    lost_rows: float = 0.03
    lost_outlet_days: float = 0.01
    leaker: Leaker = Leaker.CLERK
    colluders: int = 3
    buyer: Buyer = Buyer.ROUTE
    bought: int = 20
    reports: int = 0
    unknown_share: float = 0.10
    delay_median_h: float = 6.0
    delay_sigma: float = 1.2
    market_days: int = 3
    scans: bool = True
    queries: float = 0.0
    shown: bool = False
    system_clock_h: float = 0.0
    buyer_clock_h: float = 0.0
    insiders: str = NONE
    noise: float = 0.0
    missing_scans: float = 0.02
    missing_tickets: float = 0.0
    handovers: float = 0.0
    fields: bool = False
    partner_log: bool = False

    def __post_init__(self) -> None:
        for name, kind in (("leaker", Leaker), ("buyer", Buyer)):
            try:
                object.__setattr__(self, name, kind(getattr(self, name)))
            except ValueError:
                raise _none_of(name, kind) from None
        planted = spelling(self.insiders)
        if planted is None:
            raise _none_of("insiders", WORDS)
        object.__setattr__(self, "insiders", planted)
        try:
            date.fromisoformat(self.start)
        except ValueError:
            raise SimulateError("start must be a date such as 2026-03-02") from None
        if self.leaker is Leaker.LISTER and self.queries == 0:
            object.__setattr__(self, "queries", _LISTERS)
        for name, (low, high) in _BOUNDS.items():
            _check(name, getattr(self, name), low, high)
        if self.outlets is not None and self.outlets < self.cities:
            raise SimulateError("outlets must be at least one for each city")
        if self.market_days >= self.days:
            raise SimulateError("market_days must be fewer than days: what is sold must have been read before")

    def as_dict(self) -> dict[str, str | int | float | bool | None]:
        """The parameters as JSON can hold them.

        Returns:
            Name → value; those of insiders and noise only where they were changed.
        """
        told = {k: str(v) if isinstance(v, StrEnum) else v for k, v in asdict(self).items()}
        return {k: v for k, v in told.items() if k not in _LATER or v != _LATER[k]}


_LISTERS = 0.5
# Worlds that were made before these parameters came keep their truth to the byte.
_LATER: Mapping[str, object] = MappingProxyType(
    {
        f.name: f.default
        for f in fields(Scenario)
        if f.name in ("insiders", "noise", "missing_scans", "missing_tickets", "handovers", "fields", "partner_log")
    }
)
_BOUNDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "accesses": (1_000, 2_000_000_000),
        "days": (2, 60),
        "cities": (2, 337),
        "exposure": (8, 30),
        "wide_accounts": (2, 200),
        "browsing": (0, 0.2),
        "lost_rows": (0, 0.5),
        "lost_outlet_days": (0, 0.5),
        "colluders": (2, 50),
        "bought": (0, 100_000),
        "reports": (0, 100_000),
        "unknown_share": (0, 1),
        "delay_median_h": (0.05, 72),
        "delay_sigma": (0.05, 3),
        "market_days": (1, 30),
        "queries": (0, 1),
        "system_clock_h": (-24, 24),
        "buyer_clock_h": (-24, 24),
        "noise": (0, 0.2),
        "missing_scans": (0, 1),
        "missing_tickets": (0, 1),
        "handovers": (0, 1),
    }
)
_WHOLE = frozenset(f.name for f in fields(Scenario) if f.type in (int, "int"))


def _none_of(name: str, words: Iterable[str]) -> SimulateError:
    return SimulateError("{name} must be one of {known}", name=name, known=list(words))


def _check(name: str, value: object, low: float, high: float) -> None:
    whole = name in _WHOLE
    kinds = (int,) if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds):
        if whole:
            raise SimulateError("{name} must be a whole number", name=name)
        raise SimulateError("{name} must be a number", name=name)
    if not (math.isfinite(value) and low <= value <= high):
        raise SimulateError("{name} must lie between {low:,.10g} and {high:,.10g}", name=name, low=low, high=high)


_DEMO = Scenario()
_WATCHED = replace(
    _DEMO,
    days=28,
    exposure=9.0,
    wide_accounts=9,
    noise=0.03,
    missing_tickets=0.1,
    handovers=0.2,
    fields=True,
    partner_log=True,
)
PRESETS: Mapping[str, Scenario] = MappingProxyType(
    {
        "tiny": replace(_DEMO, accesses=30_000, days=4, cities=12, wide_accounts=6, market_days=2),
        "demo": _DEMO,
        "bench": replace(_DEMO, accesses=100_000_000, days=10),
        "watch": replace(_WATCHED, accesses=300_000, days=14, cities=12, outlets=120, insiders=SOME),
        "insiders": replace(_WATCHED, accesses=50_000_000, outlets=2_500, insiders=ALL, leaker=Leaker.NOBODY, bought=0),
    }
)


def preset(name: str, **changes: object) -> Scenario:
    """A named scenario.

    Args:
        name: One of `PRESETS`.
        **changes: Parameters that are other than in the preset.

    Returns:
        The scenario.

    Raises:
        SimulateError: There is no such scenario or parameter, or it can't be simulated.
    """
    if name not in PRESETS:
        raise SimulateError("no scenario of that name; there are {presets}", presets=list(PRESETS))
    unknown = sorted(set(changes) - {f.name for f in fields(Scenario)})
    if unknown:
        raise SimulateError("a scenario has no parameter {unknown}", unknown=list(unknown))
    return replace(PRESETS[name], **changes)  # type: ignore[arg-type]
