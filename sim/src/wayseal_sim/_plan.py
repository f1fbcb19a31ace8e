"""A world before anything happens in it: how large it is, who works in it, who of them leaks or pulls."""

from dataclasses import dataclass, replace

import numpy as np

from wayseal_sim._calendar import Calendar, build_calendar
from wayseal_sim._emit import Dictionaries, make_dictionaries
from wayseal_sim._gaps import Gaps, first_reads
from wayseal_sim._hiding import under_one_login, with_hands
from wayseal_sim._leakers import LeakSource
from wayseal_sim._lists import choose_asking
from wayseal_sim._network import Network, build_network
from wayseal_sim._noise import KINDS, learn_habits
from wayseal_sim._numbers import Numbers
from wayseal_sim._parcels import Parcels, make_parcels
from wayseal_sim._planted import Ring, choose_insiders, expected_pulls
from wayseal_sim._reads import Inquiries, Rates, Reads, fit_rates, make_reads
from wayseal_sim._scenario import Scenario
from wayseal_sim._staff import Staff, build_staff
from wayseal_sim.types import DAY, Mask, stream

_PILOT = 20_000
_ROUNDS = 12
_SEEN_IN_THE_LOG = 0.75  # of a parcel's reads, for a first guess of the network's size


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A world before anything happens in it.

    lost: bool (units + 1, days), outlet-days without a log. asking: bool (actors,), who works with list screens.
    first_reads: for how many of work noise is made, a parcel.
    """

    scenario: Scenario
    seed: int
    calendar: Calendar
    network: Network
    staff: Staff
    rates: Rates
    words: Dictionaries
    lost: Mask
    asking: Mask
    parcels: int
    ring: Ring
    first_reads: float


def make_plan(scenario: Scenario, seed: int) -> Plan:
    """The plan of a scenario, without its insiders yet. SimulateError for a scenario that can't be."""
    calendar = build_calendar(scenario)
    guess = scenario.accesses / (scenario.exposure * _SEEN_IN_THE_LOG)
    network = build_network(scenario, guess / scenario.days)
    staff = build_staff(network, scenario, seed)
    rates = fit_rates(scenario, staff)
    lost = stream(seed, 9).random((len(network.unit_id) + 1, scenario.days)) < scenario.lost_outlet_days
    lost[-1] = False  # those who work at no outlet
    plan = Plan(
        scenario=scenario,
        seed=seed,
        calendar=calendar,
        network=network,
        staff=staff,
        rates=rates,
        words=make_dictionaries(network, staff, scenario, seed),
        lost=lost,
        asking=choose_asking(scenario, staff, seed),
        parcels=0,
        ring=Ring(),
        first_reads=0.0,
    )
    return _sized(plan)


def _sized(plan: Plan) -> Plan:
    """Sets how many parcels there are, by a pilot run that counts what of their reads reaches the log."""
    n = min(_PILOT, plan.scenario.accesses)
    u = (np.arange(n) + 0.5) / n
    rng = stream(plan.seed, 10)
    p = make_parcels(rng, u, 0, plan.calendar, plan.network, plan.staff, Numbers(plan.seed))
    reads, asked = make_reads(rng, p, plan.staff, plan.rates)
    reads = at_screens(plan, reads)
    kept = reads.keep(arrives(rng, plan, reads))
    logged = np.count_nonzero(kept.at < plan.calendar.end)
    if plan.scenario.noise or plan.scenario.handovers:
        first = first_reads(kept.keep(kept.at < plan.calendar.end), n, len(plan.staff))
        plan, more = _with_gaps(plan, p, reads, asked, first)
        logged += more
    wanted = plan.scenario.accesses * n / logged
    parcels = wanted
    for _ in range(_ROUNDS):  # fewer parcels, fewer pulls
        parcels = wanted - expected_pulls(plan.scenario, parcels / plan.scenario.days) * n / logged
    return replace(plan, parcels=max(1, round(parcels)))


def _with_gaps(plan: Plan, p: Parcels, reads: Reads, asked: Inquiries, first: float) -> tuple[Plan, int]:
    """Sets how much noise is made, so that the log gets its share of it; and how many rows more that run's log has."""
    plan = replace(plan, first_reads=first)
    gaps = make_gaps(plan)
    rows = sum(map(len, gaps.reads(0, p, reads, asked)))
    share, got = plan.scenario.noise, sum(gaps.told[kind] for kind in KINDS)
    lacking = share / (1 - share) * first * len(p) / got if got else 1.0
    return replace(plan, first_reads=first * lacking), round(rows * lacking)


def make_gaps(plan: Plan) -> Gaps:
    """What puts noise and gaps into the world."""
    return Gaps(
        plan.scenario,
        learn_habits(plan.network, plan.staff, plan.asking, plan.seed),
        plan.seed,
        first_reads=plan.first_reads,
        arrives=lambda rng, reads: arrives(rng, plan, reads),
        end=plan.calendar.end,
    )


def at_screens(plan: Plan, reads: Reads) -> Reads:
    """The reads of those who look at waybills one by one; who has list screens sees them there."""
    return reads.keep(~plan.asking[reads.actor]) if plan.asking.any() else reads


def arrives(rng: np.random.Generator, plan: Plan, reads: Reads) -> Mask:
    """Which reads reach the log: not those lost at random, nor those of outlet-days that were lost whole."""
    kept: Mask = rng.random(len(reads), np.float32) >= plan.scenario.lost_rows
    day = np.minimum((reads.at - plan.calendar.start) // DAY, plan.calendar.days - 1)
    kept &= ~plan.lost[plan.staff.unit[reads.actor], day]
    return kept


def with_insiders(plan: Plan, sources: tuple[LeakSource, ...]) -> Plan:
    """The plan with its insiders, who are none of the market's sources, and with the logins that people share."""
    among = ~plan.asking
    for source in sources:
        busy = np.array([source.person, source.victim, *source.sharers], np.int64)
        among[busy[busy >= 0]] = False
    ring = choose_insiders(plan.scenario, plan.network, plan.staff, among, plan.parcels, plan.seed)
    logins = [*(source.sharers for source in sources), *(one.sharers for one in ring.planted)]
    return replace(plan, ring=ring, words=with_hands(under_one_login(plan.words, logins), ring.hands))
