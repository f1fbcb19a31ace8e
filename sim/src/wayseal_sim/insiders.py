"""Insiders: accounts that pull waybills beside their work. Which kinds there are, how many, and how much a day.

1. They begin on a seeded day in the second quarter of the log (of four weeks, the second week), each on a day of its
   own, colluders together, so that every account has a past. From then on they pull every day.
2. What an account pulls a day is log-normal around its figure (sigma SIGMA). A figure above a share CAP of a day's
   parcels is lowered to it; the truth says both.
3. They pull parcels issued within the last WINDOW_H hours, evenly from all of the courier and none twice, within
   their shift, with the action and purpose that their role usually has. Some of it is their work by chance.
4. Where a kind differs from that, `Insider` says so.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

SIGMA = 0.25
CAP = 0.2
WINDOW_H = 48
RHYTHM_HOURS = (11, 13, 16)
"""Hours (China time) at which the market's stock grows; nothing is pulled in its rhythm after 17:00."""
RANGE_DAYS = 5
"""A walker comes back to a range of numbers after so many days, and reads all that were issued since."""
NIGHT_HOURS = (1, 5)
SHARERS = 8


class Insider(StrEnum):
    """Who pulls waybills beside their work.

    bulk: 30,000, 5,000 and 1,000 a day, half of it in the market's rhythm. steady: staff at 1,000 down to 20 a day.
    stock: in batches at 11:00, 13:00 and 16:00, none after 17:00. range: walks through numbers that follow one another.
    shared: one of eight people who use one login, on a device of their own. stolen: an account with wide rights, taken
    over: exports at night, from a device and an address that it never had. colluders: ordinary accounts that split one
    list a day between them, begin within minutes of each other, half of them through one address. partner: a tracking
    client that reads other channels' waybills, at night, with fields beyond tracking, from another address.
    """

    BULK = "bulk"
    STEADY = "steady"
    STOCK = "stock"
    RANGE = "range"
    SHARED = "shared"
    STOLEN = "stolen"
    COLLUDERS = "colluders"
    PARTNER = "partner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """Insiders of one kind: how many, how many waybills each account pulls a day, and how many accounts each has."""

    kind: Insider
    count: int
    a_day: int
    accounts: int = 1


def _plant(kind: Insider, count: int, a_day: int, accounts: int = 1) -> Plant:
    return Plant(kind=kind, count=count, a_day=a_day, accounts=accounts)


MIX: tuple[Plant, ...] = (
    _plant(Insider.BULK, 1, 30_000),
    _plant(Insider.BULK, 2, 5_000),
    _plant(Insider.BULK, 3, 1_000),
    *(_plant(Insider.STEADY, 5, a_day) for a_day in (1_000, 500, 200, 100, 50, 20)),
    _plant(Insider.STOCK, 5, 200),
    _plant(Insider.RANGE, 3, 200),
    _plant(Insider.SHARED, 2, 100),
    _plant(Insider.STOLEN, 2, 2_000),
    _plant(Insider.COLLUDERS, 1, 20, 50),
    _plant(Insider.PARTNER, 1, 500),
)
"""Who is planted by `insiders` "all", or of whom kinds are chosen by name."""

FEW: tuple[Plant, ...] = (
    _plant(Insider.STEADY, 1, 200),
    _plant(Insider.STOCK, 1, 200),
    _plant(Insider.RANGE, 1, 200),
    _plant(Insider.STOLEN, 1, 2_000),
    _plant(Insider.COLLUDERS, 1, 20, 5),
    _plant(Insider.PARTNER, 1, 500),
)
"""Who is planted by `insiders` "few": a handful for small worlds."""

NONE, ALL, SOME = "none", "all", "few"
WORDS = (NONE, ALL, SOME, *Insider)
_BY_WORD: Mapping[str, tuple[Plant, ...]] = MappingProxyType({NONE: (), ALL: MIX, SOME: FEW})


def spelling(asked: str | Iterable[str]) -> str | None:
    """The one spelling of what was asked for: none, all, few, or kinds joined by commas; None for no such thing."""
    if not isinstance(asked, str | tuple | list | frozenset | set):
        return None
    words = asked.split(",") if isinstance(asked, str) else asked
    wanted = {str(w).strip() for w in words} or {NONE}
    if len(wanted) == 1 and wanted <= set(_BY_WORD):
        return wanted.pop()
    return ",".join(kind for kind in Insider if kind in wanted) if wanted <= set(Insider) else None


def planted(asked: str) -> tuple[Plant, ...]:
    """The plants that a spelling stands for."""
    if asked in _BY_WORD:
        return _BY_WORD[asked]
    kinds = asked.split(",")
    return tuple(plant for plant in MIX if plant.kind in kinds)
