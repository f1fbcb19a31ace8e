"""A third set of families, written after detection had been judged on `held`, by somebody who did not know it.

What each is stands in `_families`. A third of the people who pull do so from the log's first day on.
"""

from dataclasses import replace

from benchmarks.couriers._draws import (
    Maker,
    Rng,
    agent,
    bulk,
    dump,
    fresh,
    interface,
    leak_of,
    manager,
    new_hire,
    own,
    ring,
    slow,
    staffing,
    steady,
    stolen,
    stolen_by_night,
    usual,
    work,
)
from benchmarks.couriers._plan import Gaps, Leak, Plan, Role, Shape, Team

_EARLY, _ANYONE = 0.4, 0.3
_NOT_EARLY = ("interface", "service", "new_hire", "last_days", "temp", "two_accounts")

lunch = leak_of("lunch", 30, 50, 80, 200)
rich = leak_of("rich", 40, 80, 200)
by_phone = leak_of("by_phone", 40, 80, 200)
service = leak_of("service", 300, 600, 900, odd_hours=True)
last_days = leak_of("last_days", 200, 400, 800)
growing = leak_of("growing", 100, 150, 200)
pauses = leak_of("pauses", 50, 150, 300)
temp = leak_of("temp", 100, 200, 400)
two_accounts = leak_of("two_accounts", 30, 50, 100, 300)
hall = leak_of("hall", 100, 200, 300)
off_day = leak_of("off_day", 100, 200, 400)
team = leak_of("team", 50, 100, 300)


def turns(rng: Rng) -> Leak:
    """A ring of three to six accounts that pull in turns."""
    return Leak(kind="ring", a_day=int(rng.integers(25, 61)), accounts=int(rng.integers(3, 7)), link="turns")


def leaks(rng: Rng, makers: tuple[Maker, ...], least: int = 2, most: int = 5, none: float = 0.05) -> tuple[Leak, ...]:
    """None at all by chance, else the first scheme and more, of any of these.

    Of people who are there all the time, a share pulls from the log's first day on; some do what is odd beside it.
    """
    if rng.random() < none:
        return ()
    many = int(rng.integers(least, most + 1))
    chosen = [makers[0], *(makers[int(rng.integers(len(makers)))] for _ in range(many - 1))]
    drawn = [make(rng) for make in chosen]
    return tuple(_of_people(rng, leak) for leak in drawn)


def _of_people(rng: Rng, leak: Leak) -> Leak:
    if leak.kind in _NOT_EARLY or leak.once or leak.link == "turns":
        return leak
    return replace(leak, early=bool(rng.random() < _EARLY), anyone=bool(rng.random() < _ANYONE))


def stations(rng: Rng) -> Plan:
    """Pick-up stations at which parcels of several couriers meet; who comes names the last digits of a phone."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(220, 320)), regions=8, hubs=4, uneven=0.6),
        staffing=staffing(
            rng, "chinese", courier=0.5, clerk=1.5, sorter=0.6,
            teams=(Team(name="address", count=10), Team(name="robots", count=30)),
        ),
        work=work(rng, foreign=float(rng.uniform(0.4, 0.65)), tail=float(rng.uniform(0.15, 0.35)), parcels=7.5),
        odd=usual(rng, on_call=4, nightly_report=1),
        leaks=leaks(rng, (lunch, by_phone, slow, rich, bulk, turns, interface)),
        gaps=Gaps(
            tables=("assignments",) if rng.random() < 0.5 else (),
            columns=("scans.operator", "accesses.fields"),
            missing=float(rng.uniform(0.03, 0.2)),
            prefix="YD",
        ),
    )  # fmt: skip


def co_delivery(rng: Rng) -> Plan:
    """Villages that several couriers serve together: vans of a fleet, a different round each day."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(110, 180)), regions=10, hubs=10, region_power=1.1),
        staffing=staffing(rng, "other", fleet=float(rng.uniform(0.3, 0.6)), several=0.5, sorter=0.7),
        work=work(rng, foreign=float(rng.uniform(0.15, 0.35)), preview=float(rng.uniform(0.2, 0.5)), within=0.5),
        odd=usual(rng, opening=int(rng.integers(4, 12)), handed_over=int(rng.integers(5, 20))),
        leaks=leaks(rng, (steady, pauses, bulk, off_day, agent), most=4, none=0.5),
        gaps=Gaps(
            tables=("outlets",), missing_assignments=float(rng.uniform(0.1, 0.5)), payroll=True, prefix="SX",
            missing=float(rng.uniform(0.02, 0.15)),
        ),
    )  # fmt: skip


def freight(rng: Rng) -> Plan:
    """Part loads by lorry: few, slow, much asked for; dispatchers plan each morning, couriers stand at the counter."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(70, 120)), regions=6, hubs=6),
        staffing=staffing(
            rng, "english", sorter=0.8, double=float(rng.uniform(0.2, 0.5)),
            teams=(Team(name="planners", count=24), Team(name="weighing", count=20)),
        ),
        work=work(
            rng, pace=float(rng.uniform(1.7, 2.4)), parcels=float(rng.uniform(2.8, 3.8)), counter=0.5, arrival=0.8,
            follow_up=float(rng.uniform(0.4, 0.9)), calls=float(rng.uniform(0.1, 0.2)),
        ),
        odd=usual(rng, mystery=5, claims_catch_up=8),
        leaks=leaks(rng, (growing, last_days, rich, steady, team, dump)),
        gaps=Gaps(
            tables=("scans",) if rng.random() < 0.5 else (),
            scans="lean",
            queue_tickets=float(rng.uniform(0.3, 0.8)),
            prefix="DPL",
            digits=10,
        ),
    )  # fmt: skip


def returns(rng: Rng) -> Plan:
    """What was bought goes back: parcels that bring earlier ones home, and shops that call theirs back on the way."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(140, 220)), regions=7, hubs=7),
        staffing=staffing(
            rng, "chinese",
            teams=(Team(name="returns", count=40), Team(name="intercepts", count=24), Team(name="robots", count=16)),
        ),
        work=work(rng, returns=float(rng.uniform(0.1, 0.25)), survey=float(rng.uniform(0.01, 0.05))),
        odd=usual(rng, lost_search=int(rng.integers(20, 60)), training=6),
        leaks=leaks(rng, (turns, lunch, rich, bulk, new_hire, interface)),
        gaps=Gaps(
            tables=("assignments",), ticket_kinds=("claim",), tickets_late=float(rng.uniform(2, 12)), missing=0.04,
        ),
    )  # fmt: skip


def riders(rng: Rng) -> Plan:
    """Same-city riders: within two hours, without hubs; many look at an order in the hall, one takes it."""
    gone = (("actors",), ("outlets", "assignments"), (), ("actors", "tickets"))
    return Plan(
        shape=Shape(outlets=int(rng.integers(40, 80)), regions=int(rng.integers(2, 5)), hubs=2),
        staffing=staffing(
            rng, "numeric", sorter=0.0, courier=2.2, agent=1.5, clerk=0.3, partners=(3, 7), rotating=True
        ),
        work=work(
            rng, pace=0.05, hall=float(rng.uniform(1.5, 4.0)), sort=0.0, arrival=0.05, intake=0.1, joint=0.6,
            within=0.98, parcels=5.5, curve="flat",
        ),
        odd=usual(rng, vip=4),
        leaks=leaks(rng, (hall, ring("nothing"), fresh, bulk, slow, by_phone)),
        gaps=Gaps(
            scans="ends", no_outlet=(Role.COURIER,), tables=gone[int(rng.integers(len(gone)))], prefix="", digits=14,
            columns=("waybills.customer",), numbers="scattered",
        ),
    )  # fmt: skip


def bonded(rng: Rng) -> Plan:
    """A few bonded warehouses send nearly all, in waves, for shops with interfaces of their own; customs keep some."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(120, 200)), regions=7, hubs=3, warehouses=int(rng.integers(4, 9))),
        staffing=staffing(
            rng, "english", partners=(7, 12), services=6, named_alike=bool(rng.random() < 0.6),
            teams=(Team(name="key_accounts", count=40), Team(name="hold", count=12)),
        ),
        work=work(rng, waves=True, holds=True, track=float(rng.uniform(0.8, 2.0)), intake=0.9),
        odd=usual(rng, reread=1),
        leaks=leaks(rng, (interface, interface, service, rich, team, stolen, slow)),
        gaps=Gaps(
            lost_channels=int(rng.integers(1, 3)), missing_assignments=float(rng.uniform(0.1, 0.4)), prefix="BX",
            digits=11, staff_only=bool(rng.random() < 0.3),
        ),
    )  # fmt: skip


def sealed_mail(rng: Rng) -> Plan:
    """Secure mail of banks and courts: two persons for each step, a control room, one role for everybody."""
    gone = (("scans",), ("tickets", "assignments"), ("scans", "outlets"))
    return Plan(
        shape=Shape(outlets=int(rng.integers(160, 240)), regions=12, hubs=6, uneven=0.5),
        staffing=staffing(
            rng, "one", clerk=1.2, rotating=True,
            teams=(Team(name="legal", count=12), Team(name="control_room", count=30)),
        ),
        work=work(rng, witness=float(rng.uniform(0.6, 0.95)), parcels=4.0, curve="flat"),
        odd=usual(rng, on_call=int(rng.integers(4, 10)), mystery=int(rng.integers(4, 10))),
        gaps=Gaps(tables=gone[int(rng.integers(len(gone)))], prefix="BE", digits=11),
    )  # fmt: skip


def migrated(rng: Rng) -> Plan:
    """A new system: people get new accounts region by region, a service reads everything again."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(140, 200)), regions=8, hubs=6),
        staffing=staffing(rng, "merged", migrated=float(rng.uniform(0.4, 0.8)), services=5),
        work=work(rng),
        odd=usual(rng, reread=1, nightly_report=2, handed_over=6),
        leaks=leaks(rng, (two_accounts, steady, bulk, service, stolen_by_night, manager)),
        gaps=Gaps(
            scans_from=int(rng.integers(2, 5)), unlogged=bool(rng.random() < 0.5),
            old_accounts=bool(rng.random() < 0.5),
            empty_region=float(rng.uniform(0.0, 0.2)),
        ),
    )  # fmt: skip


def vendors(rng: Rng) -> Plan:
    """Franchises buy their customer service from a vendor, by the outlet, and robots that answer chats."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(200, 280)), regions=9, hubs=9, subs=int(rng.integers(2, 6))),
        staffing=staffing(
            rng, "chinese", agent=0.4,
            teams=(Team(name="outsourced", count=160), Team(name="robots", count=60), Team(name="quality", count=8)),
        ),
        work=work(rng, follow_up=float(rng.uniform(0.1, 0.3))),
        odd=usual(rng, on_call=4),
        leaks=leaks(rng, (team, own, by_phone, interface, ring("device"), steady)),
        gaps=Gaps(
            tables=("tickets",), stale=float(rng.uniform(0.05, 0.3)), missing_outlets=float(rng.uniform(0.05, 0.25)),
            missing=0.08,
        ),
    )  # fmt: skip


def night_hub(rng: Rng) -> Plan:
    """Everything over one hub by night; shifts move on each week, and one account is used by a dozen people."""
    gone = (("waybills", "tickets"), ("tickets",), ("waybills", "outlets"))
    return Plan(
        shape=Shape(outlets=int(rng.integers(80, 140)), regions=5, hubs=1),
        staffing=staffing(
            rng, "none", sorter=float(rng.uniform(0.1, 0.2)), shift_devices=12, rotating=True, agent=1.3, courier=1.2
        ),
        work=work(rng, sort=0.8, preview=float(rng.uniform(0.1, 0.4)), follow_up=0.1),
        odd=usual(rng, relabel=int(rng.integers(3, 9)), retry_storm=1),
        leaks=leaks(rng, (bulk, ring("address"), growing, slow, off_day, pauses)),
        gaps=Gaps(
            tables=gone[int(rng.integers(len(gone)))], columns=("accesses.purpose", "accesses.via"), action="view",
            prefix="NF", missing=float(rng.uniform(0.02, 0.1)),
        ),
    )  # fmt: skip


def flood(rng: Rng) -> Plan:
    """A national post in a flood: a hub is shut, parcels go other ways, outlets search, claims pile up."""
    return Plan(
        shape=Shape(outlets=int(rng.integers(160, 240)), regions=9, hubs=5),
        staffing=staffing(rng, "codes", several=0.3),
        work=work(rng, survey=float(rng.uniform(0.02, 0.06)), curve="dip" if rng.random() < 0.5 else "week"),
        odd=usual(
            rng, flood=1, lost_search=int(rng.integers(40, 120)), claims_catch_up=10, opening=5,
            temporary=int(rng.integers(60, 120)),
        ),
        leaks=leaks(rng, (temp, steady, bulk, pauses, lunch, ring("list")), most=4, none=0.5),
        gaps=Gaps(
            silent_regions=1, tickets_late=float(rng.uniform(4, 20)), queue_tickets=float(rng.uniform(0.2, 0.6)),
            missing=float(rng.uniform(0.05, 0.2)), late=float(rng.uniform(0.5, 4)),
        ),
    )  # fmt: skip


def settlement(rng: Rng) -> Plan:
    """The month is settled: outlets' finance clerks go through all that was sent, managers report, dispatchers plan."""
    gone = (("tickets", "scans"), ("assignments",), ("scans",))
    return Plan(
        shape=Shape(outlets=int(rng.integers(200, 300)), regions=8, hubs=8),
        staffing=staffing(
            rng, "english", double=float(rng.uniform(0.1, 0.3)), several=0.4,
            teams=(Team(name="finance", count=120), Team(name="planners", count=30)),
        ),
        work=work(rng, tail=float(rng.uniform(0.02, 0.1))),
        odd=usual(
            rng, month_report=int(rng.integers(6, 16)), opening=int(rng.integers(6, 14)), handed_over=12, on_call=4
        ),
        gaps=Gaps(tables=gone[int(rng.integers(len(gone)))], payroll=True, missing=0.05),
    )  # fmt: skip
