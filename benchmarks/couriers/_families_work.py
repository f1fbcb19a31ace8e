"""The families on which detection is made. What each is stands in `_families`."""

from benchmarks.couriers._draws import (
    Rng,
    bulk,
    dump,
    fresh,
    interface,
    lanes,
    manager,
    new_hire,
    own,
    ring,
    some,
    staffing,
    steady,
    stolen,
    stolen_by_night,
    usual,
    work,
)
from benchmarks.couriers._plan import Gaps, Plan, Shape


def franchise(rng: Rng) -> Plan:
    """Franchises with outlets under them."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(220, 320)), regions=9, hubs=9, subs=int(rng.integers(3, 8)), uneven=0.5),
        staffing=staffing(rng, "chinese", courier=1.1),
        work=work(rng, joint=float(rng.uniform(0.0, 0.15))),
        odd=usual(rng, helping_unrecorded=int(rng.integers(15, 50)), training=6),
        leaks=some(rng, (steady, own, lanes, bulk), most=12),
        gaps=Gaps(
            staff_only=True, missing=float(rng.uniform(0.01, 0.1)), ends="parent" if rng.random() < 0.4 else "own"
        ),
    )


def one_hub(rng: Rng) -> Plan:
    """Everything through one hub, day and night."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(60, 140)), regions=4, hubs=1, uneven=0.8),
        staffing=staffing(rng, "codes", sorter=2.0, courier=0.8),
        work=work(rng, push=float(rng.uniform(0.4, 0.9)), sort=0.9),
        odd=usual(rng, retry_storm=3, month_report=4),
        leaks=some(rng, (bulk, fresh, steady, dump), most=4),
        gaps=Gaps(numbers="sequence", prefix="SF", digits=12, columns=("scans.operator",)),
    )


def call_house(rng: Rng) -> Plan:
    """A large call centre that searches by phone number."""
    return Plan(
        shape=Shape(outlets=150, regions=10, hubs=10),
        staffing=staffing(rng, "english", agent=2.5, clerk=0.7),
        work=work(
            rng, calls=float(rng.uniform(0.2, 0.35)), phone=float(rng.uniform(0.3, 0.8)),
            ticketed=float(rng.uniform(0.2, 0.4)),
        ),
        odd=usual(rng, misdialled=int(rng.integers(100, 300)), training=12),
        leaks=some(rng, (steady, lanes, bulk), most=4, none=0.35),
        gaps=Gaps(missing=0.03),
    )  # fmt: skip


def many_partners(rng: Rng) -> Plan:
    """Eight to twelve partners' interfaces issue most parcels; nobody wrote down which is whose."""
    return Plan(
        shape=Shape(outlets=180, regions=8, hubs=4),
        staffing=staffing(rng, "other", partners=(8, 12)),
        work=work(rng, track=float(rng.uniform(1.5, 3.0)), intake=0.5),
        odd=usual(rng, retry_storm=2),
        leaks=some(rng, (interface, interface, steady, bulk), most=3),
        gaps=Gaps(
            staff_only=bool(rng.random() < 0.7),
            tables=() if rng.random() < 0.6 else ("assignments",),
            columns=("waybills.customer",),
        ),
    )


def month_end(rng: Rng) -> Plan:
    """Regions of very different size; managers report, the head office audits."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(120, 260)), regions=14, hubs=7, region_power=1.5),
        staffing=staffing(rng, "chinese", manager=2.0, head=2.0),
        work=work(rng, oversight=float(rng.uniform(20, 60))),
        odd=usual(rng, month_report=int(rng.integers(8, 25)), audit=int(rng.integers(2, 6))),
        leaks=some(rng, (manager, stolen, bulk, steady), most=3, none=0.3),
        gaps=Gaps(
            empty_outlet=float(rng.uniform(0.0, 0.15)),
            numbers="scattered",
            missing_assignments=float(rng.choice([0.0, 0.2, 0.6])),
        ),
    )


def small_outlets(rng: Rng) -> Plan:
    """Four hundred outlets of five, role names typed by many hands, nobody who pulls."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(360, 440)), regions=12, hubs=12, uneven=0.3),
        staffing=staffing(rng, "typos", sorter=0.6, agent=0.6),
        work=work(rng),
        odd=usual(
            rng, helping_unrecorded=int(rng.integers(30, 80)), helping_recorded=int(rng.integers(20, 60)),
            new_hire=int(rng.integers(60, 150)), moved=int(rng.integers(5, 30)),
        ),
        gaps=Gaps(missing=float(rng.uniform(0.02, 0.15)), blank=("outlets.region", "outlets.city")),
    )  # fmt: skip


def bare_log(rng: Rng) -> Plan:
    """A log with little beside it: no tickets, no assignments, one action, no device."""
    return Plan(
        shape=Shape(outlets=160, regions=6, hubs=6),
        staffing=staffing(rng, "english"),
        work=work(rng),
        odd=usual(rng, moved=10),
        leaks=some(rng, (ring("address"), bulk, steady, own), most=4),
        gaps=Gaps(
            tables=("tickets", "assignments"),
            columns=("accesses.device", "accesses.purpose", "accesses.fields", "accesses.session"),
            action="view",
            no_row=float(rng.uniform(0.0, 0.05)),
            missing_waybills=float(rng.choice([0.0, 0.1, 0.3])),
        ),
    )


def shaky_scans(rng: Rng) -> Plan:
    """Scans come late or never, and once a day of nothing, then everything."""
    return Plan(
        shape=Shape(outlets=200, regions=2, hubs=2),
        staffing=staffing(rng, "codes"),
        work=work(rng, curve="dip" if rng.random() < 0.5 else "week"),
        odd=usual(rng, outage=1, moved=8),
        leaks=some(rng, (new_hire, steady, bulk, fresh, stolen_by_night), most=5),
        gaps=Gaps(
            scans="lean", missing=float(rng.uniform(0.1, 0.4)), late=float(rng.uniform(1, 12)), numbers="sequence"
        ),
    )


def drills(rng: Rng) -> Plan:
    """The security team drills, the head office audits, a fraud desk looks everywhere: nobody who pulls."""
    return Plan(
        shape=Shape(outlets=140, regions=7, hubs=7),
        staffing=staffing(rng, "other", it=2.5, head=1.5, round_the_clock=False),
        work=work(rng, desks=("fraud",), sample=float(rng.uniform(30, 90))),
        odd=usual(rng, drill=5, audit=4, month_report=4),
        gaps=Gaps(missing=0.02),
    )


def offices(rng: Rng) -> Plan:
    """Clerks work for all outlets of a region at its office; at outlets there are only couriers."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(120, 240)), regions=int(rng.integers(5, 12)), hubs=5),
        staffing=staffing(rng, "english", clerk=float(rng.uniform(0.15, 0.5)), clerks_at="office", courier=1.3),
        work=work(rng),
        odd=usual(rng, training=6),
        leaks=some(rng, (steady, manager, lanes, new_hire), most=5, none=0.2),
        gaps=Gaps(missing=float(rng.uniform(0.0, 0.1)), staff_only=bool(rng.random() < 0.5)),
    )


def rings(rng: Rng) -> Plan:
    """Accounts that pull together: through one address, or a list that they split."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(100, 200)), regions=8, hubs=8),
        staffing=staffing(rng, "merged"),
        work=work(rng, ticketed=float(rng.uniform(0.25, 0.9))),
        odd=usual(rng, training=8),
        leaks=some(rng, (ring("list"), ring("address"), lanes, dump, steady), most=4, none=0.05),
        gaps=Gaps(missing=float(rng.uniform(0.0, 0.08)), empty_region=0.1),
    )
