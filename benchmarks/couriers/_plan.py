"""What a courier is: its places, staff, work, oddities, leaks, and what its tables lack. All that a seed draws.

1. A family draws a `Plan`; everything after it follows from the plan and the seed.
2. What is unusual in a plan has a name, its mechanism (`_mechanisms`), and nothing unusual is without one.
3. Figures of counts hold for 4,000 accounts and shrink with a world, to one at least.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType

ACCOUNTS = 4_000
"""Accounts of a world for which counts of a plan hold."""


class Role(IntEnum):
    """What an account does, whatever its courier calls it."""

    CLERK = 0
    COURIER = 1
    SORTER = 2
    AGENT = 3
    CLAIMS = 4
    MANAGER = 5
    HEAD = 6
    IT = 7
    DESK = 8
    SERVICE = 9
    PARTNER = 10
    DEVICE = 11


PEOPLE = 9
"""Roles below this are people's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The places: outlets (for 4,000 accounts), regions, hubs; how uneven outlets (sigma) and regions (power) are.

    subs: outlets under each franchise, 0 where there are none. centres: call centres, 1 or one for each region.
    warehouses: so many outlets (for 4,000 accounts) send nearly everything, 0 where all send.
    """

    outlets: int = 200
    regions: int = 8
    hubs: int = 8
    uneven: float = 0.7
    region_power: float = 0.8
    subs: int = 0
    regional_centres: bool = False
    warehouses: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """People of a task of their own (`_teams`): its name, and how many (for 4,000 accounts)."""

    name: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Staffing:
    """Who there is: shares of people's accounts by role; partners, services, devices by number; what roles are called.

    round_the_clock: sorters and agents work in three shifts. terminals: share of clerks' accounts that are a
    counter's terminal, used by five people in turn. channels: issuing interfaces. named_alike: partners are called as
    theirs. rights: who holds a right over all waybills: nobody knows (none), head office and systems (wide), or
    everyone. counter_devices: clerks of an outlet share one device. gateways: so many addresses for all people, 0:
    each place's. new_devices: share of people who get another device in mid-log. clerks_at: where clerks work: at
    outlets, or for all outlets of a region at its office. teams: people with tasks of their own. fleet: share of
    couriers who work for another outlet of the region each day. double: share of couriers who stand at the counter,
    too. several: share of managers who look after two or three regions. rotating: shifts of sorters and agents move on
    by eight hours each week. migrated: share of people who get a new account in mid-log, region by region.
    shift_devices: so many people use each sorter's account in turn, by design; in townships each account of outlets.
    outside: firms that issue nothing and ask through interfaces (`_outside`). devices_at: where devices stand, at hubs
    or outlets. part_time: share of clerks and couriers who work four hours on three days a week. seats: agents'
    accounts are seats, filled in every shift. townships: clerks and couriers serve all outlets of their city. night:
    share of clerks who unload lorries by night.
    """

    mix: Mapping[Role, float]
    partners: int = 4
    channels: int = 6
    services: int = 4
    devices: int = 0
    names: str = "english"
    round_the_clock: bool = True
    terminals: float = 0.0
    named_alike: bool = True
    rights: str = "wide"
    counter_devices: bool = False
    gateways: int = 0
    new_devices: float = 0.03
    clerks_at: str = "outlet"
    teams: tuple[Team, ...] = ()
    fleet: float = 0.0
    double: float = 0.0
    several: float = 0.0
    rotating: bool = False
    migrated: float = 0.0
    shift_devices: int = 0
    outside: tuple[Team, ...] = ()
    devices_at: str = "hub"
    part_time: float = 0.0
    seats: bool = False
    townships: bool = False
    night: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """How much is read for work: parcels a day and account, and reads a parcel by step.

    calls: of a parcel; phone: share of calls answered by a search of the caller's phone, which shows parcels from
    anywhere; ticketed: share of calls with a ticket. oversight, sample: parcels that a manager or somebody at the head
    office looks at a day. push: of scans, pushed each hour by a service; sync: a nightly job reads all parcels of the
    day. neighbour: share of looks at a counter that are about a parcel of another outlet of the city. joint: share of
    deliveries that a courier of another outlet of the city makes. aside: of reads at outlets and hubs, how many more
    there are that no step of a parcel asks for: a customer's other parcel, a colleague's question. within: share of
    parcels that stay in their region. track: looks of partners at a parcel of theirs. crawl: customers whose own
    interface asks every few hours.
    desks: which desks there are. curve: how much more on each day ("flat", "peak", "dip", "week"). pace: how long each
    step takes, against an express network's. waves: parcels are issued in waves of the day. returns: share of parcels
    that go back to who sent an earlier one. foreign: share of parcels of other couriers, here from arrival at the last
    outlet on. hall: couriers who look at an order before one of them takes it. witness: share of people's reads at
    outlets that a colleague confirms. tail: share of looks at a counter by the last digits of a phone, which show other
    parcels of the city. follow_up: looks a parcel at the sending outlet, once it is gone. preview: share of parcels at
    which their couriers look before they have come. holds: parcels for customs wait there for days. survey: share of
    delivered parcels whose recipients agents call. rounds: each outlet delivers on one day in so many. redirect: share
    of parcels that go to another outlet than was booked. pieces: share of parcels that are a further piece of the one
    before. legs: share of warehouses' parcels that came under another number. goods: classes of goods, by customer.
    lists: share of days on which an account at a counter opens the list of what is open there. bags: share of bags
    whose parcels a hub looks through. public: looks of the public at a parcel, through the website. dialler: share of
    parcels for which a robot dials the recipient the day before, and agents take who answers. transfer: share of calls
    that a second agent takes over. exports: share of days on which somebody at a counter, an office or the head office
    gets lists out instead of looking. disputes: share of parcels with a problem that outlets at both ends look into.
    notices: share of parcels of which a service tells recipients. overflow: share of calls that another call centre
    takes.
    """

    parcels: float = 7.5
    issue: float = 0.8
    intake: float = 0.6
    collect: float = 0.4
    sort: float = 0.35
    arrival: float = 0.4
    out: float = 1.0
    done: float = 0.4
    counter: float = 0.15
    calls: float = 0.05
    phone: float = 0.0
    ticketed: float = 0.6
    oversight: float = 15.0
    sample: float = 25.0
    push: float = 0.1
    sync: bool = False
    track: float = 1.2
    crawl: int = 0
    desks: tuple[str, ...] = ()
    curve: str = "week"
    within: float = 0.3
    neighbour: float = 0.01
    joint: float = 0.01
    aside: float = 0.01
    pace: float = 1.0
    waves: bool = False
    returns: float = 0.0
    foreign: float = 0.0
    hall: float = 0.0
    witness: float = 0.0
    tail: float = 0.0
    follow_up: float = 0.0
    preview: float = 0.0
    holds: bool = False
    survey: float = 0.0
    rounds: int = 0
    redirect: float = 0.0
    pieces: float = 0.0
    legs: float = 0.0
    goods: int = 0
    lists: float = 0.0
    bags: float = 0.0
    public: float = 0.0
    dialler: float = 0.0
    transfer: float = 0.0
    exports: float = 0.0
    disputes: float = 0.0
    notices: float = 0.0
    overflow: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """Accounts that pull: the scheme, waybills a day and account, how many accounts.

    link: of a ring, what its accounts share (address, device, list, nothing), or how they pull (`_leaks`); of an
    interface, which one and what of. odd_hours: at night and from elsewhere. once: all on one day. early: from the
    log's first day on. anyone: also somebody who does what is odd, too. action: by which its reads are logged, "" for
    the usual one.
    """

    kind: str
    a_day: int
    accounts: int = 1
    link: str = ""
    odd_hours: bool = False
    once: bool = False
    early: bool = False
    anyone: bool = False
    action: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """What tables lack. Shares are of rows.

    tables: which are absent. columns: which are ("accesses.device"), blank: required ones that hold one word for all.
    staff_only: `assignments` names neither partners nor services. scans: full, lean or destination. missing, late:
    share of scans that never came, hours by which they come late (mean). missing_waybills, missing_assignments: share
    of rows that these tables lack. silent_outlets: share of outlets that never scan. no_row: share of accounts
    without a row in `actors`. empty_outlet, empty_region: share of accounts without. no_outlet: roles of which nobody
    has one. knows: which outlet `actors` has of moved staff. ends: whether waybills and scans name an outlet or its
    franchise (parent) alone. numbers: how waybills are numbered (blocks, sequence, scattered). prefix, digits: of a
    number. lost_channels: so many interfaces whose parcels `waybills` lacks. scans_from: scans are kept from this day
    on. ticket_kinds: the only kinds of tickets kept, if any is named. tickets_late: hours by which tickets are written
    late (mean). queue_tickets: share of tickets that stand under a queue's name. stale: share of assignments of an
    outlet or region where the account was long ago. missing_outlets: share of outlets without a row in `outlets`.
    payroll: `actors` names the region's office for everybody of an outlet. unlogged: accesses of one day are lost.
    old_accounts: accounts given up in mid-log have no row in `actors`. silent_regions: regions whose people have none.
    recoded: outlets got new codes in mid-log; waybills and scans from before have the old ones, and `outlets` has the
    new ones alone. archive: `waybills` and `scans` begin with the log. by_city: `assignments` names cities for outlets.
    snapshot: `actors` is of the log's end, without who left. leaders: share of tickets under the name of a team's
    leader. partner_logs: share of their calls that partners' own logs have; 0: there are none. no_changes: nobody kept
    which parcels were sent elsewhere. no_order: nobody kept what belongs to one order. missing_tickets: share of rows
    that are missing. unscanned: so many days of scans were never loaded. no_assignment: roles of which `assignments`
    names nobody.
    """

    tables: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    blank: tuple[str, ...] = ()
    staff_only: bool = False
    scans: str = "full"
    missing: float = 0.02
    late: float = 0.0
    no_row: float = 0.0
    silent_outlets: float = 0.0
    missing_waybills: float = 0.0
    missing_assignments: float = 0.0
    empty_outlet: float = 0.0
    empty_region: float = 0.0
    no_outlet: tuple[Role, ...] = ()
    knows: str = "new"
    ends: str = "own"
    wrong_kinds: bool = False
    action: str = ""
    numbers: str = "blocks"
    prefix: str = "YT"
    digits: int = 13
    lost_channels: int = 0
    scans_from: int = 0
    ticket_kinds: tuple[str, ...] = ()
    tickets_late: float = 0.0
    queue_tickets: float = 0.0
    stale: float = 0.0
    missing_outlets: float = 0.0
    payroll: bool = False
    unlogged: bool = False
    old_accounts: bool = False
    silent_regions: int = 0
    recoded: bool = False
    archive: bool = False
    by_city: bool = False
    snapshot: bool = False
    leaders: float = 0.0
    partner_logs: float = 0.0
    no_changes: bool = False
    no_order: bool = False
    missing_tickets: float = 0.0
    unscanned: int = 0
    no_assignment: tuple[Role, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A courier. odd: oddities by name, with how many (accounts, outlets or events) of each."""

    shape: Shape
    staffing: Staffing
    work: Work
    odd: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    leaks: tuple[Leak, ...] = ()
    gaps: Gaps = field(default_factory=Gaps)


ODDITIES: Mapping[str, str] = MappingProxyType(
    {
        "month_report": "a manager reads 1,000 to 3,000 parcels of the own region on one or two days",
        "audit": "somebody at the head office reads a random sample of everything for two days",
        "helping_recorded": "helps out at another outlet for some days, and `assignments` says so",
        "helping_unrecorded": "helps out at another outlet for some days, on no record",
        "moved": "moved to another outlet in mid-log; `actors` knows one of the two",
        "merger": "the outlet was taken in by another one in mid-log",
        "new_hire": "began in mid-log",
        "leaver": "left in mid-log",
        "temporary": "works for some days of a peak alone",
        "drill": "the security team pulls for an announced drill",
        "curious": "looks up friends' parcels now and then",
        "celebrity": "looked up the same celebrity's parcels as many others did",
        "misdialled": "reads numbers that were typed wrongly",
        "retry_storm": "a service reads the same parcels again and again for hours, and twice as many",
        "outage": "nothing was logged for hours; then everything at once",
        "clock_off": "the outlet's clock is off by hours",
        "stocktake": "a clerk goes through all that lay at the outlet in ten days",
        "training": "a newcomer is shown cases of other outlets for two days",
        "aggregator": "a partner's interface asks for others' parcels on the way, as its users do",
        "vip": "looks after one large customer's parcels everywhere, on no record",
        "flood": "a region's hub is shut for two or three days: its parcels go another way, and late",
        "lost_search": "a clerk goes through a list of parcels that were lost on their way, with all other outlets",
        "claims_catch_up": "works off ten days of claims in two, with people of the head office",
        "relabel": "a sorter puts new labels on all that came in torn, in one night",
        "reread": "a service reads all parcels of days again for a change of system",
        "nightly_report": "a person's account runs a report each night: all that was delivered in one region",
        "opening": "works at an outlet that opened in mid-log",
        "on_call": "a manager has the whole country for a day off of the others",
        "mystery": "somebody at the head office follows test parcels from issue to delivery",
        "handed_over": "a clerk takes on the open parcels of an outlet next door for a week, as its clerk is ill",
        "support": "somebody of the head office sorts or delivers on the days of a peak",
        "strike": "couriers of a region don't work for days; clerks and managers deliver",
        "holiday": "for three days a quarter of the people are on duty, each for several outlets",
        "recycled": "an account is given to somebody else in mid-log, in another role and place",
        "term": "a term begins: more parcels for a few outlets, from one day on",
        "stray_bag": "a bag came to the wrong outlet, and a clerk there looks through it",
        "probe": "a watchdog asks for the same few parcels every ten minutes, and for some others each night",
        "recall": "a sender calls a batch back: agents share the list of whom to call",
        "broken_chiller": "what was in a lorry too warm is looked at again and again, until it is settled",
        "weekly_report": "a manager reads some hundred parcels of the own region each week on the same day",
        "list_check": "a clerk goes through a list of parcels that a customer of the outlet sent in",
        "apprentice": "a newcomer looks for three days at what a colleague looks at",
        "overtime": "stays for four evenings, to work off what lies at the outlet",
        "covers": "does another outlet's work beside that of the own one for some days, on no record",
    }
)


def scaled(count: float, accounts: int) -> int:
    """A count of a plan, for a world of so many accounts."""
    return max(1, round(count * accounts / ACCOUNTS))
