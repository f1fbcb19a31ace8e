"""The families on which detection is judged, once. What each is stands in `_families`."""

from benchmarks.couriers._draws import (
    Rng,
    agent,
    before_log,
    bulk,
    dump,
    fresh,
    interface,
    manager,
    own,
    ring,
    slow,
    some,
    staffing,
    steady,
    stolen,
    stolen_by_night,
    usual,
    work,
)
from benchmarks.couriers._plan import Gaps, Plan, Role, Shape


def one_city(rng: Rng) -> Plan:
    """A same-city courier: one region, twenty outlets of two hundred."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(16, 25)), regions=1, hubs=1, uneven=0.3),
        staffing=staffing(rng, "numeric", sorter=0.5, courier=1.2),
        work=work(rng, within=1.0),
        odd=usual(rng),
        leaks=some(rng, (slow, ring("nothing"), bulk, own), most=5),
        gaps=Gaps(missing=float(rng.uniform(0.0, 0.1)), prefix="", digits=12),
    )


def peak_days(rng: Rng) -> Plan:
    """Three to five times the volume on two days, and temporary staff for them."""
    return Plan(
        shape=Shape(outlets=170, regions=8, hubs=8),
        staffing=staffing(rng, "english", sorter=1.5),
        work=work(rng, curve="peak", parcels=6.0),
        odd=usual(rng, temporary=int(rng.integers(100, 300)), new_hire=80),
        leaks=some(rng, (fresh, bulk, steady, dump), most=4, none=0.2),
        gaps=Gaps(missing=float(rng.uniform(0.02, 0.2))),
    )


def mergers(rng: Rng) -> Plan:
    """Outlets are taken in by others in mid-log; `actors` knows where people were."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(150, 300)), regions=9, hubs=5),
        staffing=staffing(rng, "merged"),
        work=work(rng),
        odd=usual(rng, merger=int(rng.integers(6, 20)), moved=int(rng.integers(10, 40)), clock_off=4),
        gaps=Gaps(knows="old", missing=0.05, silent_outlets=float(rng.choice([0.0, 0.1]))),
    )


def no_masters(rng: Rng) -> Plan:
    """No `actors`, or no `waybills`: only what happened was kept."""
    gone = (("actors",), ("waybills",), ("actors", "assignments"), ("waybills", "assignments"))
    return Plan(
        shape=Shape(outlets=160, regions=6, hubs=6),
        staffing=staffing(rng, "none", rights="everyone"),
        work=work(rng),
        odd=usual(rng),
        leaks=some(rng, (bulk, stolen_by_night, steady, dump), most=4),
        gaps=Gaps(tables=gone[int(rng.integers(len(gone)))], numbers="scattered"),
    )


def hired_agents(rng: Rng) -> Plan:
    """Call centres of other firms, one for each region; half of the calls on no record."""
    return Plan(
        shape=Shape(outlets=140, regions=7, hubs=7, regional_centres=True),
        staffing=staffing(rng, "numeric", agent=2.0),
        work=work(rng, calls=float(rng.uniform(0.15, 0.3)), ticketed=float(rng.uniform(0.3, 0.6))),
        odd=usual(rng, vip=int(rng.integers(4, 12)), misdialled=int(rng.integers(50, 200))),
        leaks=some(rng, (agent, agent, steady, before_log), most=4, none=0.15),
        gaps=Gaps(
            columns=("accesses.device", "accesses.ip"),
            empty_region=float(rng.uniform(0.0, 0.3)),
            missing_assignments=float(rng.uniform(0.1, 0.6)),
        ),
    )


def border(rng: Rng) -> Plan:
    """Parcels over the border: desks for customs and insurance; one role for everybody."""
    return Plan(
        shape=Shape(outlets=120, regions=5, hubs=3),
        staffing=staffing(rng, "one", desk=6.0, rights=str(rng.choice(["wide", "everyone"]))),
        work=work(rng, desks=("customs", "insurance")),
        odd=usual(rng, month_report=5, stocktake=8),
        leaks=some(rng, (manager, steady, bulk, stolen), most=4, none=0.25),
        gaps=Gaps(wrong_kinds=True, prefix="LX", digits=11, staff_only=True),
    )


def crawlers(rng: Rng) -> Plan:
    """Customers ask for the state of parcels through interfaces of their own; a nightly job reads everything."""
    return Plan(
        shape=Shape(outlets=180, regions=8, hubs=8),
        staffing=staffing(rng, "other", partners=(2, 7), named_alike=False),
        work=work(rng, crawl=int(rng.integers(6, 20)), sync=True, parcels=6.0, push=0.5),
        odd=usual(rng, aggregator=1),
        leaks=some(rng, (interface, interface, bulk, before_log), most=3),
        gaps=Gaps(staff_only=bool(rng.random() < 0.5), tables=("assignments",) if rng.random() < 0.4 else ()),
    )


def terminals(rng: Rng) -> Plan:
    """Clerks share their counter's terminal; staff look up celebrities: nobody who pulls."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(200, 320)), regions=10, hubs=10),
        staffing=staffing(rng, "chinese", clerk=0.6, terminals=float(rng.uniform(0.5, 1.0)), devices=20),
        work=work(rng, counter=float(rng.uniform(0.2, 0.4))),
        odd=usual(rng, celebrity=3, curious=60, stocktake=15, month_report=6),
        gaps=Gaps(missing=float(rng.uniform(0.02, 0.2))),
    )


def long_since(rng: Rng) -> Plan:
    """They pulled already when the log began."""
    return Plan(
        shape=Shape(outlets=200, regions=2, hubs=2),
        staffing=staffing(rng, "codes"),
        work=work(rng),
        odd=usual(rng, clock_off=3, vip=4),
        leaks=some(rng, (before_log, before_log, slow, ring("device")), most=10, none=0.05),
        gaps=Gaps(
            tables=("tickets",),
            missing=float(rng.uniform(0.05, 0.3)),
            silent_outlets=float(rng.choice([0.05, 0.2])),
        ),
    )


def crowd(rng: Rng) -> Plan:
    """Couriers of no outlet deliver all over their city; few clerks."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(60, 120)), regions=int(rng.integers(3, 7)), hubs=3),
        staffing=staffing(rng, "other", courier=1.5, clerk=float(rng.uniform(0.1, 0.4))),
        work=work(rng, joint=float(rng.uniform(0.7, 1.0)), curve="flat"),
        odd=usual(rng, vip=3, temporary=60),
        leaks=some(rng, (slow, agent, ring("nothing"), fresh, bulk), most=5),
        gaps=Gaps(no_outlet=(Role.COURIER,), missing=float(rng.uniform(0.02, 0.2))),
    )


def last_mile(rng: Rng) -> Plan:
    """A courier that only delivers: scans of the destination alone, for parcels that others collected."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(80, 160)), regions=6, hubs=6, region_power=1.4),
        staffing=staffing(rng, "other", sorter=0.7, round_the_clock=False),
        work=work(rng, intake=0.1, collect=0.05, curve="flat", joint=float(rng.uniform(0.05, 0.25))),
        odd=usual(rng, vip=6, helping_unrecorded=int(rng.integers(15, 60))),
        leaks=some(rng, (ring("device"), ring("nothing"), steady, agent, fresh), most=4),
        gaps=Gaps(scans="destination", missing=float(rng.uniform(0.05, 0.3)), no_row=float(rng.uniform(0.0, 0.1))),
    )
