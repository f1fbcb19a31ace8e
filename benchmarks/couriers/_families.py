"""All families, by half: `work` is what detection is made on, `held`, `later`, `last` and `plain` what it is judged on.

`later` was written after the method had been judged on `held`, and `last` after it had been judged on `later`, each by
somebody who did not know it; so was `plain`, couriers as they are likely to be met. ONLY_WORK and ONLY_HELD are
mechanisms that no family of the other one of these two ever has, ONLY_LATER what neither of them has, ONLY_LAST what
none of these three has, ONLY_PLAIN what none of these four has.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from benchmarks.couriers import _families_held as held
from benchmarks.couriers import _families_last as last
from benchmarks.couriers import _families_later as later
from benchmarks.couriers import _families_plain as plain
from benchmarks.couriers import _families_work as work
from benchmarks.couriers._draws import Rng
from benchmarks.couriers._plan import Plan

Half = Literal["work", "held", "later", "last", "plain"]


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
_LATER = (
    later.stations, later.co_delivery, later.freight, later.returns, later.riders, later.bonded, later.sealed_mail,
    later.migrated, later.vendors, later.night_hub, later.flood, later.settlement,
)  # fmt: skip
_LAST = (
    last.platforms, last.lockers, last.campus, last.village_post, last.cold_chain, last.overseas, last.call_floor,
    last.singles_day, last.holiday, last.strike, last.inspected, last.turnover,
)  # fmt: skip
_PLAIN = (
    plain.everyday, plain.spokes, plain.shop_owners, plain.headquarters, plain.hotline, plain.rush, plain.joined,
    plain.half_kept, plain.brands, plain.shared_logins, plain.well_run, plain.fresh_faces,
)  # fmt: skip
_HALVES: tuple[tuple[Half, tuple[Callable[[Rng], Plan], ...]], ...] = (
    ("work", _WORK), ("held", _HELD), ("later", _LATER), ("last", _LAST), ("plain", _PLAIN),
)  # fmt: skip

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {family.name: family for half, draws in _HALVES for family in (_family(half, draw) for draw in draws)}
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
"""Mechanisms of the half `work`, and not of `held`."""

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
"""Mechanisms of the half `held`, and not of `work`."""

ONLY_LATER = frozenset(
    {
        "gap:lost_channels", "gap:missing_outlets", "gap:no_accesses.via", "gap:no_outlets", "gap:no_scans",
        "gap:old_accounts", "gap:payroll_outlets", "gap:queue_tickets", "gap:scans_begin_late", "gap:scans_ends",
        "gap:silent_regions", "gap:some_tickets", "gap:stale_assignments", "gap:tickets_late", "gap:unlogged_day",
        "leak:by_phone", "leak:early", "leak:growing", "leak:hall", "leak:last_days", "leak:lunch", "leak:off_day",
        "leak:pauses", "leak:rich", "leak:ring:turns", "leak:service", "leak:team", "leak:temp", "leak:two_accounts",
        "odd:claims_catch_up", "odd:flood", "odd:handed_over", "odd:lost_search", "odd:mystery", "odd:nightly_report",
        "odd:on_call", "odd:opening", "odd:relabel", "odd:reread", "shape:warehouses", "staff:double_roles",
        "staff:fleet", "staff:new_accounts", "staff:rotating_shifts", "staff:several_regions", "staff:shift_accounts",
        "team:address", "team:control_room", "team:finance", "team:hold", "team:intercepts", "team:key_accounts",
        "team:legal", "team:outsourced", "team:planners", "team:quality", "team:returns", "team:robots",
        "team:weighing", "work:follow_up", "work:foreign_parcels", "work:holds", "work:order_hall", "work:preview",
        "work:returns", "work:slow", "work:survey", "work:tail_search", "work:two_persons", "work:waves",
        "work:within_hours",
    }
)  # fmt: skip
"""Mechanisms of the half `later` alone."""

ONLY_LAST = frozenset(
    {
        "gap:archive", "gap:by_city", "gap:leaders_tickets", "gap:no_actors.region", "gap:recoded_outlets",
        "gap:scans_hubs", "gap:snapshot", "leak:aged", "leak:alternate", "leak:by_api", "leak:by_export",
        "leak:by_print", "leak:by_search", "leak:dormant", "leak:goods", "leak:in_peak", "leak:interface:house",
        "leak:interface:insurer", "leak:interface:key", "leak:interface:late", "leak:interface:locker", "leak:nearby",
        "leak:ring:copies", "leak:ring:hours", "leak:ring:outlet", "leak:ring:split", "leak:shadow",
        "leak:sold_login", "odd:broken_chiller", "odd:holiday", "odd:probe", "odd:recall", "odd:recycled",
        "odd:stray_bag", "odd:strike", "odd:support", "odd:term", "outside:house", "outside:insurer",
        "outside:locker", "roles:grades", "roles:regional", "staff:lockers", "staff:part_time", "staff:seats",
        "staff:townships", "table:changes", "table:no_order_ref", "table:partner_calls", "team:adjusters",
        "team:analysts", "team:cold_watch", "team:inspectors", "team:overseas", "team:pharmacists", "team:rpa",
        "work:bags", "work:dialler", "work:exports", "work:goods", "work:holiday", "work:lists", "work:pieces",
        "work:public_site", "work:redirect", "work:rounds", "work:second_numbers", "work:transfer",
    }
)  # fmt: skip
"""Mechanisms of the half `last`, and of none before it."""

ONLY_PLAIN = frozenset(
    {
        "gap:missing_tickets", "gap:roles_without_assignment", "gap:unscanned_days", "leak:interface:rival",
        "leak:last_hours", "leak:listed", "leak:places", "leak:ring:region", "leak:under_way", "leak:unpicked",
        "odd:apprentice", "odd:covers", "odd:list_check", "odd:overtime", "odd:weekly_report", "roles:pinyin",
        "roles:titles", "staff:large_head_office", "staff:night_clerks", "work:disputes", "work:notices",
        "work:overflow",
    }
)  # fmt: skip
"""Mechanisms of the half `plain` alone."""
