"""A fourth set of families, written after detection had been judged on `later`, by somebody who did not know it.

What each is stands in `_families`, what it is for in a comment. The intent of all of them: couriers whose *honest* work
reaches across outlets, interfaces and hours for reasons that a table, a calendar or the parcels themselves tell, and
leaks that show against these reasons alone. Every leak reads what no row explains, or what no peer and no past does; a
third of the people who pull do so from the log's first day on. Two families never have a leaker.
"""

from benchmarks.couriers._draws import (
    Maker,
    Rng,
    before_log,
    bulk,
    leak_of,
    of_people,
    slow,
    staffing,
    steady,
    stolen,
    usual,
    work,
)
from benchmarks.couriers._plan import Gaps, Leak, Plan, Role, Shape, Team

nearby = leak_of("nearby", 20, 30, 50)
nearby_fast = leak_of("nearby", 200, 300)
alternate = leak_of("alternate", 20, 30, 50)
alternate_fast = leak_of("alternate", 200, 400)
goods = leak_of("goods", 30, 50)
goods_fast = leak_of("goods", 200, 300, 600)
aged = leak_of("aged", 25, 50)
aged_fast = leak_of("aged", 200, 400, 800, action="export")
shadow = leak_of("shadow", 20, 40)
shadow_fast = leak_of("shadow", 200, 300)
sold_login = leak_of("sold_login", 200, 600, 1_500)
sold_search = leak_of("sold_login", 30, 50, action="search")
dormant = leak_of("dormant", 200, 400)
in_peak = leak_of("in_peak", 200, 500, 1_000)
printed = leak_of("steady", 30, 50, action="print")
by_api = leak_of("bulk", 300, 800, 2_000, action="api")
middling = leak_of("alternate", 80, 120)


def interface(link: str) -> Maker:
    """An interface that reads what is none of its business, at 200 to 900 a day."""
    return leak_of("interface", 200, 400, 600, 900, link=link)


def ring(link: str) -> Maker:
    """A ring of 3 to 9 accounts at 15 to 35 a day each."""

    def make(rng: Rng) -> Leak:
        return Leak(kind="ring", a_day=int(rng.integers(15, 36)), accounts=int(rng.integers(3, 10)), link=link)

    return make


def leaks(rng: Rng, *groups: tuple[Maker, ...], none: float = 0.1, twice: float = 0.45) -> tuple[Leak, ...]:
    """None at all by chance, else one or two of each group.

    Of people who are there all the time, a share pulls from the log's first day on; some do what is odd beside it.
    """
    if rng.random() < none:
        return ()
    drawn = []
    for makers in groups:
        many = 2 if rng.random() < twice else 1
        drawn += [makers[int(k)](rng) for k in rng.permutation(len(makers))[:many]]
    return tuple(of_people(rng, leak) for leak in drawn)


def platforms(rng: Rng) -> Plan:
    """Shops sell on platforms, whose interfaces issue; software houses of the shops print and track for these."""
    # Many partners that issue nothing and read across channels, for shops alone. Partners keep logs of their own.
    return Plan(
        shape=Shape(outlets=int(rng.integers(150, 230)), regions=8, hubs=6),
        staffing=staffing(
            rng, "grades", partners=(3, 5), services=5, teams=(Team(name="rpa", count=6),),
            outside=(Team(name="house", count=int(rng.integers(24, 60))),),
        ),
        work=work(rng, public=float(rng.uniform(0.2, 0.6)), track=float(rng.uniform(0.2, 0.6))),
        odd=usual(rng, probe=2, recall=2),
        leaks=leaks(
            rng, (interface("house"), interface("house"), interface("key")), (sold_login, by_api), (nearby, printed),
            none=0.05,
        ),
        gaps=Gaps(
            staff_only=bool(rng.random() < 0.4), partner_logs=float(rng.choice([0.0, 0.8, 0.97])),
            missing=float(rng.uniform(0.02, 0.1)), prefix="ZT", digits=12,
        ),
    )  # fmt: skip


def lockers(rng: Rng) -> Plan:
    """Parcels go into lockers of other firms, which ask for them by interface, whoever issued them."""
    # Honest interfaces read every channel, but only once a parcel is out; devices stand at outlets.
    return Plan(
        shape=Shape(outlets=int(rng.integers(180, 260)), regions=9, hubs=5, uneven=0.5),
        staffing=staffing(
            rng, "chinese", courier=1.3, clerk=0.6, devices=int(rng.integers(80, 160)), devices_at="outlet",
            outside=(Team(name="locker", count=int(rng.integers(3, 6))),),
        ),
        work=work(rng, redirect=float(rng.uniform(0.02, 0.06))),
        odd=usual(rng, stray_bag=int(rng.integers(6, 20))),
        leaks=leaks(
            rng, (interface("locker"), interface("late")), (sold_login, shadow_fast), (alternate, shadow),
            (ring("outlet"),), none=0.1,
        ),
        gaps=Gaps(
            scans="lean", staff_only=bool(rng.random() < 0.5), no_changes=bool(rng.random() < 0.5),
            tables=("tickets",) if rng.random() < 0.4 else (), columns=("scans.operator", "accesses.session"),
            prefix="STO", digits=12,
        ),
    )  # fmt: skip


def campus(rng: Rng) -> Plan:
    """Stations at schools: students work four hours on three days; a term begins, and lists are opened all day."""
    # Little past of each account, repeated reads by the thousand, and volume that moves to a few outlets.
    return Plan(
        shape=Shape(outlets=int(rng.integers(90, 160)), regions=6, hubs=6, uneven=0.9),
        staffing=staffing(rng, "regional", clerk=1.6, sorter=0.6, part_time=float(rng.uniform(0.35, 0.7))),
        work=work(rng, lists=float(rng.uniform(0.4, 0.9)), counter=0.3, parcels=6.5, exports=0.04),
        odd=usual(rng, term=int(rng.integers(6, 14)), new_hire=int(rng.integers(40, 120))),
        leaks=leaks(rng, (aged_fast, nearby_fast), (alternate, aged), (ring("copies"),), none=0.15),
        gaps=Gaps(
            tables=("assignments",), empty_outlet=float(rng.uniform(0.0, 0.2)), prefix="YD",
            columns=("accesses.purpose", "scans.operator"), missing=float(rng.uniform(0.05, 0.25)),
        ),
    )  # fmt: skip


def village_post(rng: Rng) -> Plan:
    """The post of a county: agents serve all villages of a town, and each village on every second or third day."""
    # Several outlets and three phones an account by design, answered for by city; parcels lie for days.
    return Plan(
        shape=Shape(outlets=int(rng.integers(260, 340)), regions=int(rng.integers(12, 18)), hubs=4, uneven=0.4),
        staffing=staffing(rng, "codes", sorter=0.5, agent=0.5, townships=True, round_the_clock=False, shift_devices=3),
        work=work(rng, rounds=int(rng.integers(2, 4)), parcels=5.0, within=0.5),
        odd=usual(rng, opening=4, stray_bag=6),
        leaks=leaks(rng, (dormant, bulk, nearby_fast), (nearby, before_log), (ring("outlet"), ring("split")), none=0.3),
        gaps=Gaps(
            by_city=True, scans="hubs" if rng.random() < 0.4 else "full", snapshot=bool(rng.random() < 0.4),
            tables=("tickets", "outlets") if rng.random() < 0.4 else ("tickets",), prefix="", digits=13,
            columns=("accesses.device",) if rng.random() < 0.4 else (), late=float(rng.uniform(0.0, 5.0)),
        ),
    )  # fmt: skip


def cold_chain(rng: Rng) -> Plan:
    """Chilled food and medicine by night: watched every three hours, checked by pharmacists, called back in batches."""
    # Teams whose reads follow a class of goods through all places; repeated reads of whole lorries.
    return Plan(
        shape=Shape(outlets=int(rng.integers(90, 150)), regions=7, hubs=7),
        staffing=staffing(
            rng, "english", teams=(Team(name="cold_watch", count=36), Team(name="pharmacists", count=30)),
        ),
        work=work(rng, goods=int(rng.integers(4, 7)), pace=0.7, waves=bool(rng.random() < 0.5), parcels=6.0),
        odd=usual(rng, broken_chiller=int(rng.integers(3, 9)), recall=int(rng.integers(2, 6))),
        leaks=leaks(
            rng, (goods_fast, by_api, stolen), (goods, shadow, slow), (interface("late"), interface("")), none=0.1,
        ),
        gaps=Gaps(
            tables=("tickets",) if rng.random() < 0.5 else ("assignments",), numbers="sequence", prefix="CC",
            missing=float(rng.uniform(0.02, 0.15)),
        ),
    )  # fmt: skip


def overseas(rng: Rng) -> Plan:
    """Bought abroad: one number up to the border and another one behind it; customer service sits where it is day."""
    # Whoever asks sees both numbers, of which only one ever was in the account's hands; work in our night.
    return Plan(
        shape=Shape(outlets=int(rng.integers(120, 180)), regions=6, hubs=3, warehouses=int(rng.integers(5, 10))),
        staffing=staffing(
            rng, "other", partners=(5, 8), named_alike=bool(rng.random() < 0.5),
            teams=(Team(name="overseas", count=60), Team(name="hold", count=10)),
        ),
        work=work(
            rng, legs=float(rng.uniform(0.25, 0.45)), holds=True, pieces=float(rng.uniform(0.0, 0.08)), counter=0.2,
            calls=0.1, pace=1.3,
        ),
        odd=usual(rng, mystery=4),
        leaks=leaks(
            rng, (interface("late"), interface("key")), (shadow_fast, alternate_fast, bulk), (nearby, alternate, aged),
            (ring("hours"),), none=0.1,
        ),
        gaps=Gaps(
            no_order=bool(rng.random() < 0.5), numbers="scattered", prefix="CB", digits=11, archive=True,
            columns=("waybills.customer",) if rng.random() < 0.5 else (), missing_assignments=0.2,
        ),
    )  # fmt: skip


def call_floor(rng: Rng) -> Plan:
    """A floor of seats, filled in every shift: robots dial ahead, calls are passed on, batches are called back."""
    # Accounts without a person, reads that two accounts share, tickets under leaders' names.
    return Plan(
        shape=Shape(outlets=int(rng.integers(120, 200)), regions=9, hubs=9, regional_centres=bool(rng.random() < 0.4)),
        staffing=staffing(rng, "numeric", agent=2.0, clerk=0.8, seats=True, services=5),
        work=work(
            rng, dialler=float(rng.uniform(0.1, 0.25)), transfer=float(rng.uniform(0.1, 0.3)),
            calls=float(rng.uniform(0.12, 0.25)), ticketed=float(rng.uniform(0.4, 0.8)),
        ),
        odd=usual(rng, recall=6),
        leaks=leaks(
            rng, (sold_login, shadow_fast), (sold_search, shadow), (ring("hours"), ring("copies")), (middling,),
            none=0.1,
        ),
        gaps=Gaps(
            leaders=float(rng.uniform(0.2, 0.6)), tables=("scans",) if rng.random() < 0.4 else ("outlets",),
            columns=("accesses.ip", "actors.region") if rng.random() < 0.5 else ("accesses.ip",), missing=0.05,
        ),
    )  # fmt: skip


def singles_day(rng: Rng) -> Plan:
    """The day of the year: volume three to five times, the head office sorts and delivers, bags go astray."""
    # People do what their role never does, on known days; some sell on these days alone.
    return Plan(
        shape=Shape(outlets=int(rng.integers(150, 220)), regions=8, hubs=8),
        staffing=staffing(rng, "typos", head=2.5, sorter=1.4),
        work=work(rng, curve="peak", bags=float(rng.uniform(0.2, 0.6)), parcels=6.0, pieces=0.06, exports=0.03),
        odd=usual(
            rng, support=int(rng.integers(40, 90)), stray_bag=int(rng.integers(15, 40)),
            temporary=int(rng.integers(60, 200)),
        ),
        leaks=leaks(
            rng, (in_peak, in_peak, aged_fast, bulk), (nearby, alternate, printed), (ring("split"), ring("list")),
            (interface("late"),), none=0.1, twice=0.35,
        ),
        gaps=Gaps(
            missing=float(rng.uniform(0.05, 0.3)), no_order=bool(rng.random() < 0.5), leaders=0.3,
            tables=("outlets",) if rng.random() < 0.4 else (),
        ),
    )  # fmt: skip


def holiday(rng: Rng) -> Plan:
    """Spring Festival: for three days a tenth of the parcels, and a quarter of the people, each for several outlets."""
    # Nobody pulls. Territory grows for three days without a row anywhere.
    gone = (("assignments",), ("tickets", "assignments"), (), ("waybills",))
    return Plan(
        shape=Shape(outlets=int(rng.integers(200, 280)), regions=9, hubs=9),
        staffing=staffing(rng, "chinese", several=0.3),
        work=work(rng, curve="holiday", redirect=float(rng.uniform(0.0, 0.04))),
        odd=usual(rng, holiday=1, recycled=int(rng.integers(10, 30)), probe=1),
        gaps=Gaps(
            tables=gone[int(rng.integers(len(gone)))], archive=bool(rng.random() < 0.5), no_changes=True,
            missing=float(rng.uniform(0.02, 0.2)),
        ),
    )  # fmt: skip


def strike(rng: Rng) -> Plan:
    """Couriers of a region or two strike for days: clerks and managers deliver, parcels are sent elsewhere."""
    # Roles change hands for days; parcels go where `waybills` doesn't know, and `changes` may.
    return Plan(
        shape=Shape(outlets=int(rng.integers(130, 210)), regions=7, hubs=5, region_power=0.5),
        staffing=staffing(rng, "merged", services=4),
        work=work(rng, redirect=float(rng.uniform(0.08, 0.16)), public=float(rng.uniform(0.2, 0.5))),
        odd=usual(rng, strike=int(rng.integers(1, 3)), claims_catch_up=6),
        leaks=leaks(
            rng, (sold_login, dormant, alternate_fast), (aged, nearby, shadow), (ring("outlet"), ring("nothing")),
            none=0.4,
        ),
        gaps=Gaps(
            no_changes=bool(rng.random() < 0.4), scans="ends" if rng.random() < 0.4 else "full", staff_only=True,
            empty_region=float(rng.uniform(0.0, 0.15)), prefix="JD", missing=0.05, silent_outlets=0.05,
        ),
    )  # fmt: skip


def inspected(rng: Rng) -> Plan:
    """The authorities come: inspectors tour outlets, analysts get lists out, adjusters and insurers open old claims."""
    # Nobody pulls. Nearly all who read widely are seats of a task; what they ask for is older than the tables.
    gone = (("scans",), ("assignments", "tickets"), ("outlets",))
    return Plan(
        shape=Shape(outlets=int(rng.integers(160, 240)), regions=10, hubs=8),
        staffing=staffing(
            rng, str(rng.choice(["one", "chinese", "grades"])), outside=(Team(name="insurer", count=3),),
            teams=(
                Team(name="inspectors", count=12), Team(name="analysts", count=16), Team(name="adjusters", count=14),
            ),
        ),
        work=work(rng, goods=5 if rng.random() < 0.5 else 0, pieces=0.05, exports=0.1),
        odd=usual(rng, month_report=6, probe=2, audit=3),
        gaps=Gaps(tables=gone[int(rng.integers(len(gone)))], archive=True, missing=0.05),
    )  # fmt: skip


def turnover(rng: Rng) -> Plan:
    """Half of the staff is new or about to go; accounts are given on; outlets get new codes in mid-log."""
    # An account isn't a person, a code isn't a place; `actors` may know today alone.
    return Plan(
        shape=Shape(outlets=int(rng.integers(150, 220)), regions=8, hubs=8),
        staffing=staffing(
            rng, "grades", outside=(Team(name="insurer", count=3),), teams=(Team(name="rpa", count=4),)
        ),
        work=work(rng, transfer=0.15),
        odd=usual(
            rng, new_hire=int(rng.integers(250, 500)), leaver=int(rng.integers(200, 400)),
            recycled=int(rng.integers(40, 120)), moved=20,
        ),
        leaks=leaks(
            rng, (dormant, dormant, sold_login, bulk), (alternate, steady, sold_search),
            (interface("insurer"), interface("")), (ring("copies"), ring("device")), none=0.1,
        ),
        gaps=Gaps(
            recoded=True, snapshot=bool(rng.random() < 0.5), missing_assignments=float(rng.uniform(0.1, 0.5)),
            tables=("tickets",) if rng.random() < 0.3 else (), no_outlet=(Role.COURIER,) if rng.random() < 0.3 else (),
            missing=0.05,
        ),
    )  # fmt: skip
