"""Further work that only some couriers have: lists at counters, bags, robots that dial, calls passed on, orders as one.

1. As in `_special_work`: what is read follows from the work, and nothing is drawn for a plan that has none of it.
2. What belongs to one order (pieces, the number on the other side of a border) is shown with it, to whoever asks.
"""

import numpy as np

from benchmarks.couriers._clock import hours, opened
from benchmarks.couriers._outside import do_outside
from benchmarks.couriers._plan import Role
from benchmarks.couriers._world import PURPOSES, Draft, Hand, Ticket
from wayseal_sim.types import DAY, HOUR, MINUTE, SECOND, Ints

Rng = np.random.Generator
_BAG = 40  # parcels of a bag
_LISTED = 80  # rows of a list at most
_ANSWER = 0.45
_SHOWN_TOGETHER = ("inquiry", "claim", "counter", "desk")


def do_further_work(draft: Draft, rng: Rng) -> None:
    """All that the plan has of these."""
    w = draft.plan.work
    for share, do in (
        (w.lists, _lists), (w.bags, _bags), (w.public, _public), (w.dialler, _dial), (w.transfer, _pass_on),
        (w.pieces or w.legs, _show_orders), (len(draft.plan.staffing.outside), do_outside),
        (draft.plan.staffing.devices_at == "outlet", _locker_devices), (w.exports, _export),
    ):  # fmt: skip
        if share:
            do(draft, rng)


def _lists(draft: Draft, rng: Rng) -> None:
    """Whoever comes to a counter opens the list of what is there: all of it is shown, today as yesterday."""
    p, s = draft.parcels, draft.staff
    order = np.argsort(p.destination * np.int64(10**16) + p.arrive, kind="stable")
    at_of = p.destination[order] * np.int64(10**16) + p.arrive[order]
    for who in s.of(Role.CLERK).tolist():
        home = int(s.home[who])
        for day in draft.working_days(who):
            if home >= draft.places.outlets or rng.random() > draft.plan.work.lists:
                continue
            begin = draft.shift_on(who, day)[0] + int(rng.integers(0, 40 * MINUTE))
            low, high = np.searchsorted(at_of, np.int64(home) * 10**16 + np.array([begin - 3 * DAY, begin]))
            lies = order[low:high]
            lies = lies[p.done[lies] > begin][-_LISTED:]
            draft.reads.add(np.full(len(lies), begin), who, lies, "counter")


def _bags(draft: Draft, rng: Rng) -> None:
    """Before a bag is closed a sorter looks through it: parcels of one way, one after another."""
    p = draft.parcels
    last = np.where(p.hub2 >= 0, p.hub2, p.destination)
    order = np.lexsort((p.hub1_out, last, p.hub1))
    way = p.hub1[order] * len(draft.places.ids) + last[order]
    first = np.searchsorted(way, way)
    bag = (np.arange(len(order)) - first) // _BAG + first
    _, which = np.unique(bag, return_inverse=True)
    looked = rng.random(int(which.max()) + 1) < draft.plan.work.bags
    leaves = np.full(len(looked), np.iinfo(np.int64).max)
    np.minimum.at(leaves, which, p.hub1_out[order])
    hub = np.zeros(len(looked), np.int64)
    hub[which] = p.hub1[order]
    at = leaves - hours(rng, len(looked), 0.1, 1)
    who = draft.staff.pick(rng, Role.SORTER, hub, draft.span.day_of(at), at)
    mine = np.flatnonzero(looked[which] & (p.hub1_in[order] < at[which]))
    when = at[which[mine]] + (rng.random(len(mine)) * 90 * SECOND).astype(np.int64)
    draft.reads.add(when, who[which[mine]], order[mine], "sort")


def _public(draft: Draft, rng: Rng) -> None:
    """The website asks as one account for everybody: any parcel on its way, whoever issued it."""
    p, services = draft.parcels, draft.staff.of(Role.SERVICE)
    site = services[draft.staff.owns[services] < 0][1]
    some = np.repeat(np.arange(len(p)), rng.poisson(draft.plan.work.public, len(p)))
    at = p.pickup[some] + ((p.done[some] + DAY - p.pickup[some]) * rng.random(len(some))).astype(np.int64)
    draft.reads.add(at, int(site), some, "track")
    draft.traps[int(site)] = "public_site"


def _agents(draft: Draft, parcels: Ints, at: Ints, rng: Rng) -> Ints:
    unit = draft.places.centre[draft.places.region[draft.parcels.destination[parcels]]]
    return draft.staff.pick(rng, Role.AGENT, unit, draft.span.day_of(at), at)


def _dial(draft: Draft, rng: Rng) -> None:
    """In the evening a robot loads whom to call; in the morning it dials, and an agent takes whoever answers."""
    p, services = draft.parcels, draft.staff.of(Role.SERVICE)
    robot = int(services[draft.staff.owns[services] < 0][-1])
    some = np.flatnonzero((rng.random(len(p)) < draft.plan.work.dialler) & ~p.foreign)
    evening = draft.span.start + draft.span.day_of(p.out[some]) * DAY - 3 * HOUR
    evening = np.maximum(evening, p.pickup[some])
    draft.reads.add(evening + hours(rng, len(some), 0, 0.5), robot, some, "sync")
    taken = some[rng.random(len(some)) < _ANSWER]
    at = opened(p.out[taken] - hours(rng, len(taken), 0, 2), rng, close=19)
    who = _agents(draft, taken, at, rng)
    draft.reads.add(at, who, taken, "inquiry")
    kept = np.flatnonzero((who >= 0) & (rng.random(len(taken)) < 0.5 * draft.plan.work.ticketed))
    draft.tickets.append(
        Ticket(parcel=taken[kept], account=who[kept], opened=at[kept], closed=at[kept] + DAY, kind="campaign")
    )
    draft.traps[robot] = "dialler"


def _pass_on(draft: Draft, rng: Rng) -> None:
    """A second agent takes a call over within minutes; the ticket stays the first one's."""
    at, who, parcel, purpose, _, _ = (c.astype(np.int64) for c in draft.reads.columns())
    calls = np.flatnonzero((purpose == PURPOSES.index("inquiry")) & (rng.random(len(at)) < draft.plan.work.transfer))
    when = at[calls] + hours(rng, len(calls), 0.03, 0.3)
    second = _agents(draft, parcel[calls], when, rng)
    other = second != who[calls]
    draft.reads.add(when[other], second[other], parcel[calls][other], "inquiry")


def _show_orders(draft: Draft, rng: Rng) -> None:
    """Whoever is asked about a parcel sees what else belongs to its order, seconds later."""
    p = draft.parcels
    at, who, parcel, purpose, _, _ = (c.astype(np.int64) for c in draft.reads.columns())
    asked = np.flatnonzero(np.isin(purpose, [PURPOSES.index(name) for name in _SHOWN_TOGETHER]))
    other = np.where(p.order[parcel[asked]] != parcel[asked], p.order[parcel[asked]], _last_of(p.order)[parcel[asked]])
    asked, other = asked[other != parcel[asked]], other[other != parcel[asked]]
    shown = rng.random(len(asked)) < 0.6
    asked, other = asked[shown], other[shown]
    there = p.issued[other] < at[asked]
    asked, other = asked[there], other[there]
    when = at[asked] + (rng.uniform(3, 60, len(asked)) * SECOND).astype(np.int64)
    draft.reads.add(when, who[asked], other, purpose[asked])


def _export(draft: Draft, rng: Rng) -> None:
    """All that somebody reads on such a day is logged as got out, whatever it is for."""
    reads, days = draft.reads, draft.span.days + 1
    chosen = rng.random((len(draft.staff), days)) < draft.plan.work.exports
    chosen &= np.isin(draft.staff.role, [int(r) for r in (Role.CLERK, Role.MANAGER, Role.HEAD, Role.DESK)])[:, None]
    draft.hands.append(Hand(device=None, address=None, action="export"))
    for k, (at, who) in enumerate(zip(reads.at, reads.account, strict=True)):
        got_out = chosen[who, np.clip(draft.span.day_of(at), 0, days - 1)]
        reads.hand[k] = np.where(got_out, len(draft.hands) - 1, reads.hand[k]).astype(np.int16)


def _last_of(order: Ints) -> Ints:
    """The last parcel of the order that each parcel is the first of."""
    last = np.arange(len(order))
    np.maximum.at(last, order, np.arange(len(order)))
    return last


def _locker_devices(draft: Draft, rng: Rng) -> None:
    """A locker at an outlet reads what is put into it, and again when it is taken out."""
    p, s = draft.parcels, draft.staff
    devices = s.of(Role.DEVICE)
    if not len(devices):
        return
    of = np.full(draft.places.outlets, -1)
    of[s.home[devices]] = devices
    some = np.flatnonzero((rng.random(len(p)) < 0.5) & (of[p.destination] >= 0))
    put = p.out[some] + ((p.done[some] - p.out[some]) * 0.5).astype(np.int64)
    draft.reads.add(put, of[p.destination[some]], some, "delivery")
    draft.reads.add(p.done[some] + hours(rng, len(some), 0, 20), of[p.destination[some]], some, "signed")
