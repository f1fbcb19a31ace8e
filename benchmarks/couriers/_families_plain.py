"""A fifth set of families, written by somebody who did not know the method.

What each is stands in `_families`. The intent: couriers as they are likely to be met, rather than a cabinet of
oddities. What differs is the structure: how large outlets are, who works where, what tables hold; all of it is drawn
anew for each seed, and tables are a bit incomplete nearly everywhere. Leaks are the ordinary ones: numbers fresh from
the press, before pickup or on their way, of the own region or of large outlets elsewhere, as lists or one by one, with
a login that was sold, through an interface, by a ring. Two families never have a leaker.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from benchmarks.couriers._draws import (
    Maker,
    Rng,
    bulk,
    leak_of,
    of_people,
    slow,
    staffing,
    stolen_by_night,
    usual,
    work,
)
from benchmarks.couriers._plan import Gaps, Leak, Plan, Role, Shape, Team, Work

unpicked = leak_of("unpicked", 20, 30, 50)
unpicked_fast = leak_of("unpicked", 200, 300, 500)
under_way = leak_of("under_way", 20, 30, 50)
under_way_fast = leak_of("under_way", 200, 300, 600)
nearby = leak_of("nearby", 20, 30, 50)
nearby_fast = leak_of("nearby", 200, 300)
places = leak_of("places", 20, 30, 50)
places_fast = leak_of("places", 200, 300, 500)
listed = leak_of("listed", 30, 50, action="export")
listed_fast = leak_of("listed", 200, 400, 800, action="export")
last_hours = leak_of("last_hours", 20, 40)
last_hours_fast = leak_of("last_hours", 200, 300)
fresh_fast = leak_of("fresh", 200, 400)
searched = leak_of("sold_login", 30, 50, action="search")
sold_by_night = leak_of("sold_login", 200, 500, 1_000, odd_hours=True)
manager = leak_of("manager", 200, 400)
in_peak = leak_of("in_peak", 200, 500)
dormant = leak_of("dormant", 200, 300)

_FAST = (
    bulk, unpicked_fast, under_way_fast, nearby_fast, places_fast, listed_fast, last_hours_fast, fresh_fast,
    sold_by_night, stolen_by_night,
)  # fmt: skip
_SLOW = (slow, unpicked, under_way, nearby, places, listed, last_hours, searched)
_OFTEN = 0.8
_NONE = 0.14

_MET: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "month_report": (3, 12), "weekly_report": (5, 25), "audit": (1, 4), "drill": (1, 4), "list_check": (20, 120),
        "apprentice": (10, 50), "overtime": (20, 100), "covers": (10, 60), "handed_over": (5, 25),
        "stocktake": (5, 25), "training": (3, 12), "vip": (2, 8), "nightly_report": (1, 3), "retry_storm": (1, 3),
        "reread": (1, 2), "moved": (3, 20), "opening": (2, 6), "claims_catch_up": (2, 6), "on_call": (1, 4),
        "lost_search": (4, 20), "stray_bag": (3, 15), "recall": (1, 4), "aggregator": (1, 2), "probe": (1, 2),
    }
)  # fmt: skip


def ring(link: str) -> Maker:
    """A ring of 3 to 12 accounts at 15 to 40 a day each."""

    def make(rng: Rng) -> Leak:
        return Leak(kind="ring", a_day=int(rng.integers(15, 41)), accounts=int(rng.integers(3, 13)), link=link)

    return make


_RINGS = tuple(ring(link) for link in ("list", "split", "hours", "region", "outlet", "nothing"))
_INTERFACES = tuple(leak_of("interface", 200, 400, 900, link=link) for link in ("", "late", "key", "rival"))


def leaks(rng: Rng, *more: Maker) -> tuple[Leak, ...]:
    """None by chance; else of most groups one or two, people first. more: what is likelier than the rest here."""
    if rng.random() < _NONE:
        return ()
    drawn: list[Leak] = []
    for makers in ((*more, *more, *_FAST), _SLOW, _RINGS, _INTERFACES):
        many = (2 if rng.random() < 0.35 else 1) if rng.random() < _OFTEN else 0
        drawn += [makers[int(k)](rng) for k in rng.permutation(len(makers))[:many]]
    return tuple(of_people(rng, leak) for leak in drawn or [slow(rng)])


def met(rng: Rng, **more: int) -> dict[str, int]:
    """What happens at every courier, and five to nine of what happens at most."""
    chosen = rng.permutation(list(_MET))[: int(rng.integers(5, 10))].tolist()
    return usual(rng, **{name: int(rng.integers(*_MET[name])) for name in chosen} | more)


def called(rng: Rng) -> str:
    """How roles are called."""
    return str(rng.choice(["titles", "titles", "chinese", "pinyin", "codes", "english", "regional", "numeric"]))


def busy(rng: Rng, **changes: object) -> Work:
    """Work as most have it."""
    often: dict[str, object] = {
        "disputes": float(rng.choice([0.0, 0.5, 0.9])), "notices": float(rng.choice([0.0, 0.9])),
        "exports": float(rng.choice([0.0, 0.02, 0.05])), "follow_up": float(rng.choice([0.0, 0.0, 0.1])),
        "phone": float(rng.choice([0.0, 0.0, 0.2])), "preview": float(rng.choice([0.0, 0.0, 0.1])),
        "sync": bool(rng.random() < 0.2),
    }  # fmt: skip
    return work(rng, **(often | changes))


def kept(rng: Rng, **changes: object) -> Gaps:
    """Tables as couriers keep them: rarely whole, seldom much worse."""
    gone: tuple[tuple[str, ...], ...] = (
        (), (), (), (), ("tickets",), ("tickets",), ("assignments",), ("tickets", "assignments"), ("scans",),
    )  # fmt: skip
    unnamed: tuple[tuple[Role, ...], ...] = ((), (), (Role.COURIER,), (Role.SORTER, Role.AGENT))
    usual_gaps = Gaps(
        tables=gone[int(rng.integers(len(gone)))],
        missing=float(rng.choice([0.01, 0.03, 0.1, 0.2])),
        late=float(rng.choice([0.0, 0.0, 0.5, 2.0])),
        unscanned=int(rng.choice([0, 0, 0, 1, 2])),
        scans=str(rng.choice(["full", "full", "lean", "ends"])),
        missing_waybills=float(rng.choice([0.0, 0.0, 0.02, 0.1])),
        missing_tickets=float(rng.choice([0.0, 0.1, 0.3])),
        missing_assignments=float(rng.choice([0.0, 0.05, 0.2])),
        no_assignment=unnamed[int(rng.integers(len(unnamed)))],
        no_row=float(rng.choice([0.0, 0.01, 0.03])),
        empty_outlet=float(rng.choice([0.0, 0.03, 0.1])),
        staff_only=bool(rng.random() < 0.4),
        numbers=str(rng.choice(["blocks", "blocks", "sequence", "scattered"])),
        prefix=str(rng.choice(["YT", "ZT", "JT", "DP", ""])),
        digits=int(rng.choice([12, 13])),
    )
    return replace(usual_gaps, **changes)  # type: ignore[arg-type]


def everyday(rng: Rng) -> Plan:
    """A courier of the whole country with nothing special about it."""
    return Plan(
        shape=Shape(
            outlets=int(rng.integers(140, 280)), regions=int(rng.integers(6, 14)), hubs=int(rng.integers(5, 12)),
        ),
        staffing=staffing(rng, called(rng)),
        work=busy(rng),
        odd=met(rng),
        leaks=leaks(rng),
        gaps=kept(rng),
    )  # fmt: skip


def spokes(rng: Rng) -> Plan:
    """A few large outlets around each hub; sorters in three shifts, and clerks who unload by night."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(36, 80)), regions=int(rng.integers(4, 7)), hubs=int(rng.integers(3, 7))),
        staffing=staffing(
            rng, called(rng), sorter=1.6, night=float(rng.uniform(0.08, 0.25)), rotating=bool(rng.random() < 0.5),
            counter_devices=True,
        ),
        work=busy(rng, sort=float(rng.uniform(0.4, 0.8)), waves=bool(rng.random() < 0.3)),
        odd=met(rng, stray_bag=int(rng.integers(5, 20))),
        leaks=leaks(rng, under_way_fast, last_hours_fast),
        gaps=kept(rng, no_assignment=(Role.SORTER,)),
    )  # fmt: skip


def shop_owners(rng: Rng) -> Plan:
    """Franchises of a handful of people each, who stand in for each other and deliver, too."""
    return Plan(
        shape=Shape(
            outlets=int(rng.integers(300, 420)), regions=int(rng.integers(8, 14)), hubs=8, uneven=0.4,
            subs=int(rng.choice([0, 2, 4])),
        ),
        staffing=staffing(
            rng, called(rng), sorter=0.6, double=float(rng.uniform(0.1, 0.3)), counter_devices=bool(rng.random() < 0.7)
        ),
        work=busy(rng, joint=float(rng.uniform(0.01, 0.06)), neighbour=float(rng.uniform(0.01, 0.06))),
        odd=met(rng, covers=int(rng.integers(40, 140)), list_check=int(rng.integers(40, 160))),
        leaks=leaks(rng, nearby_fast, unpicked_fast),
        gaps=kept(rng, staff_only=True, empty_outlet=float(rng.uniform(0.0, 0.1))),
    )  # fmt: skip


def headquarters(rng: Rng) -> Plan:
    """A large head office that looks at samples, gets lists out and reports; managers of several regions."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(120, 220)), regions=int(rng.integers(8, 16)), hubs=8, region_power=1.2),
        staffing=staffing(
            rng, called(rng), head=float(rng.uniform(14, 22)), manager=2.5, several=float(rng.uniform(0.0, 0.4)),
            teams=(Team(name="analysts", count=12), Team(name="quality", count=10)),
        ),
        work=busy(rng, sample=float(rng.uniform(8, 30)), exports=float(rng.uniform(0.03, 0.12))),
        odd=met(
            rng, weekly_report=int(rng.integers(15, 50)), month_report=int(rng.integers(4, 16)),
            audit=int(rng.integers(2, 8)),
        ),
        leaks=leaks(rng, manager, listed_fast, stolen_by_night),
        gaps=kept(rng, empty_region=float(rng.uniform(0.0, 0.05))),
    )  # fmt: skip


def hotline(rng: Rng) -> Plan:
    """Call centres of the regions that help each other out; a good part of the calls is on no record."""
    return Plan(
        shape=Shape(
            outlets=int(rng.integers(130, 220)), regions=int(rng.integers(5, 9)), hubs=6, regional_centres=True,
        ),
        staffing=staffing(rng, called(rng), agent=float(rng.uniform(2.5, 4.0)), clerk=0.8),
        work=busy(
            rng, calls=float(rng.uniform(0.15, 0.35)), overflow=float(rng.uniform(0.05, 0.25)),
            ticketed=float(rng.uniform(0.4, 0.9)), transfer=float(rng.choice([0.0, 0.1])),
        ),
        odd=met(rng, apprentice=int(rng.integers(20, 60)), recall=int(rng.integers(1, 5))),
        leaks=leaks(rng, unpicked_fast, sold_by_night),
        gaps=kept(rng, tables=("assignments",) if rng.random() < 0.25 else (), missing_tickets=0.2),
    )  # fmt: skip


def rush(rng: Rng) -> Plan:
    """11.11: two days of several times the volume, with temporary staff, helpers from elsewhere and long evenings."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(140, 240)), regions=int(rng.integers(6, 11)), hubs=8),
        staffing=staffing(rng, called(rng), sorter=1.3, head=1.5),
        work=busy(rng, curve="peak", parcels=6.0),
        odd=met(
            rng, temporary=int(rng.integers(60, 240)), overtime=int(rng.integers(60, 200)),
            helping_unrecorded=int(rng.integers(20, 80)), support=int(rng.integers(5, 40)),
        ),
        leaks=leaks(rng, in_peak, fresh_fast),
        gaps=kept(rng, missing=float(rng.uniform(0.03, 0.2))),
    )  # fmt: skip


def joined(rng: Rng) -> Plan:
    """Two couriers that became one: outlets taken in by others, people moved, roles called as either did."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(160, 280)), regions=int(rng.integers(7, 12)), hubs=7),
        staffing=staffing(rng, "merged", migrated=float(rng.choice([0.0, 0.3]))),
        work=busy(rng),
        odd=met(
            rng, merger=int(rng.integers(4, 16)), moved=int(rng.integers(15, 60)), new_hire=int(rng.integers(40, 120)),
        ),
        leaks=leaks(rng, dormant, places_fast),
        gaps=kept(rng, knows=str(rng.choice(["old", "new"])), missing_assignments=float(rng.uniform(0.05, 0.3))),
    )  # fmt: skip


def half_kept(rng: Rng) -> Plan:
    """Every table is incomplete, and one or two are not there at all."""
    gone = (("tickets",), ("assignments",), ("scans",), ("waybills",), ("outlets", "tickets"), ("actors",))
    return Plan(
        shape=Shape(outlets=int(rng.integers(120, 260)), regions=int(rng.integers(5, 11)), hubs=6),
        staffing=staffing(rng, called(rng), rights="none"),
        work=busy(rng, ticketed=float(rng.uniform(0.4, 0.8))),
        odd=met(rng),
        leaks=leaks(rng),
        gaps=kept(
            rng, tables=gone[int(rng.integers(len(gone)))], missing=float(rng.uniform(0.05, 0.25)), no_row=0.03,
            missing_waybills=float(rng.uniform(0.03, 0.2)), missing_assignments=float(rng.uniform(0.1, 0.4)),
            missing_tickets=float(rng.uniform(0.1, 0.5)), silent_outlets=float(rng.uniform(0.0, 0.1)),
            columns=("accesses.device",) if rng.random() < 0.4 else ("accesses.session", "scans.operator"),
        ),
    )  # fmt: skip


def brands(rng: Rng) -> Plan:
    """Shops and platforms with interfaces of their own issue nearly all; jobs run by night, and retry."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(130, 220)), regions=8, hubs=6, warehouses=int(rng.choice([0, 4, 8]))),
        staffing=staffing(rng, called(rng), partners=(6, 11), services=6, named_alike=bool(rng.random() < 0.6)),
        work=busy(
            rng, track=float(rng.uniform(0.6, 2.5)), notices=0.9, sync=bool(rng.random() < 0.5),
            crawl=int(rng.choice([0, 4])), waves=bool(rng.random() < 0.3),
        ),
        odd=met(rng, retry_storm=int(rng.integers(1, 5)), aggregator=int(rng.integers(1, 3)), vip=6),
        leaks=leaks(rng, places_fast, unpicked_fast),
        gaps=kept(rng, columns=("waybills.customer",) if rng.random() < 0.3 else ()),
    )  # fmt: skip


def shared_logins(rng: Rng) -> Plan:
    """Counters have one login for five people, agents have seats, sorters take turns: all as it was set up."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(120, 220)), regions=int(rng.integers(5, 10)), hubs=6),
        staffing=staffing(
            rng, called(rng), clerk=0.8, terminals=float(rng.uniform(0.2, 0.6)), seats=bool(rng.random() < 0.6),
            shift_devices=int(rng.choice([0, 3])), gateways=int(rng.choice([0, 1, 3])),
        ),
        work=busy(rng, counter=float(rng.uniform(0.15, 0.35))),
        odd=met(rng),
        leaks=leaks(rng, sold_by_night, last_hours_fast),
        gaps=kept(rng, columns=("accesses.device",) if rng.random() < 0.3 else ()),
    )  # fmt: skip


def well_run(rng: Rng) -> Plan:
    """Nobody pulls: reports each week and month, audits, drills, and lists that customers send in."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(140, 240)), regions=int(rng.integers(8, 13)), hubs=8),
        staffing=staffing(rng, called(rng), manager=2.0, head=2.0, it=1.5, several=float(rng.uniform(0.0, 0.3))),
        work=busy(rng, disputes=0.9, oversight=float(rng.uniform(10, 40))),
        odd=met(
            rng, weekly_report=int(rng.integers(20, 60)), month_report=int(rng.integers(5, 20)), audit=5, drill=5,
            list_check=int(rng.integers(60, 200)), stocktake=int(rng.integers(10, 40)),
        ),
        gaps=kept(rng),
    )  # fmt: skip


def fresh_faces(rng: Rng) -> Plan:
    """Nobody pulls: many are new, learn beside others, are lent to other outlets or stand in for who is ill."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(140, 240)), regions=int(rng.integers(6, 11)), hubs=7),
        staffing=staffing(rng, called(rng), part_time=float(rng.choice([0.0, 0.2])), new_devices=0.12),
        work=busy(rng, aside=float(rng.uniform(0.01, 0.06))),
        odd=met(
            rng, new_hire=int(rng.integers(150, 400)), apprentice=int(rng.integers(60, 160)), training=30,
            leaver=int(rng.integers(60, 200)), helping_recorded=40, helping_unrecorded=int(rng.integers(30, 90)),
            covers=int(rng.integers(60, 160)), opening=int(rng.integers(2, 8)),
        ),
        gaps=kept(rng, missing_assignments=float(rng.uniform(0.05, 0.3))),
    )  # fmt: skip
