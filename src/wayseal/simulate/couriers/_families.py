"""All families, by half: `work` is what detection is made on, `held` what it is judged on.

ONLY_WORK and ONLY_HELD are mechanisms that no family of the other half ever has.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from wayseal.simulate.couriers import _families_held as held
from wayseal.simulate.couriers import _families_work as work
from wayseal.simulate.couriers._draws import Rng
from wayseal.simulate.couriers._plan import Plan

Half = Literal["work", "held"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A kind of courier: its name, half, one sentence of what it is, and how a seed draws the rest."""

    name: str
    half: Half
    about: str
    draw: Callable[[Rng], Plan]


def _family(half: Half, draw: Callable[[Rng], Plan]) -> Family:
    return Family(name=draw.__name__, half=half, about=(draw.__doc__ or "").strip(), draw=draw)


_WORK = (
    work.franchise, work.one_hub, work.call_house, work.many_partners, work.month_end, work.small_outlets,
    work.bare_log, work.shaky_scans, work.drills, work.rings, work.offices,
)  # fmt: skip
_HELD = (
    held.one_city, held.peak_days, held.mergers, held.no_masters, held.hired_agents, held.border, held.crawlers,
    held.terminals, held.long_since, held.last_mile, held.crowd,
)  # fmt: skip

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        family.name: family
        for family in (*(_family("work", draw) for draw in _WORK), *(_family("held", draw) for draw in _HELD))
    }
)
"""By name."""

ONLY_WORK = frozenset(
    {
        "gap:blank_outlets.city", "gap:blank_outlets.region", "gap:franchise_as_one", "gap:late_scans",
        "gap:missing_waybills", "gap:no_waybills.customer", "gap:one_action", "gap:scans_lean", "leak:lanes",
        "leak:new_hire", "leak:ring:address", "leak:ring:list", "odd:audit", "odd:drill", "odd:outage",
        "odd:retry_storm", "odd:training", "roles:typos", "shape:franchise", "shape:small_outlets",
        "staff:clerks_at_office", "staff:many_partners", "work:dip", "work:fraud_desk", "work:phone_search",
    }
)  # fmt: skip
"""Mechanisms of the half `work` alone."""

ONLY_HELD = frozenset(
    {
        "gap:knows_old_outlet", "gap:no_actors", "gap:no_waybills", "gap:roles_without_outlet",
        "gap:scans_destination", "gap:silent_outlets", "gap:wrong_kinds", "leak:agent", "leak:before_log",
        "leak:ring:device", "leak:ring:nothing", "odd:aggregator", "odd:celebrity", "odd:clock_off", "odd:merger",
        "odd:stocktake", "odd:temporary", "odd:vip", "rights:everyone", "roles:none", "roles:numeric", "roles:one",
        "shape:large_outlets", "shape:one_region", "shape:regional_centres", "staff:devices",
        "staff:partners_named_apart", "staff:terminals", "work:crawlers", "work:customs_desk", "work:insurance_desk",
        "work:peak", "work:sync",
    }
)  # fmt: skip
"""Mechanisms of the half `held` alone."""
