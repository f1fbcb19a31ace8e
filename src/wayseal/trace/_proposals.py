"""From a posterior to the next tests: whom to show a canary, and what to ask a seller for.

1. Once somebody is named, and nobody may hide behind the source, nothing is proposed: it is to be confirmed, not found.
2. Where an account may hide behind a source, each of the two gets a canary of its own, before anything else.
3. Canaries are shown to accounts alone, of the likeliest `LISTED`; what other sources hold counts as not listed. An
   account that holds more than half of the probability gets one of its own, however few bits that tells: its coming
   out settles the case, which a canary among all the others can't.
4. A purchase is asked for by the conditions that the numbers so far were asked by, or by one of them, or by none:
   these are counted already. Days of issue are left out, as the next number is of another day.
5. Sources of equal evidence count as one for a purchase: who read the same so far will mostly do so again.
6. One number is proposed to be looked up: of finished ones the one that tells most, the first of equals. Asking costs
   as much as a number bought. Without `waybills` none is: a number that the buyer named couldn't be told as such.
7. Any test but that of rule 3 that tells less than `LEAST` bits is no proposal. Best first, by bits per cost.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wayseal.ledger import Snapshot
from wayseal.model.sources import VerdictKind
from wayseal.trace._evidence import ACTOR, Floats, Ints
from wayseal.trace._exposures import Exposures
from wayseal.trace._leaks import LeakSet
from wayseal.trace._lookup_candidates import find_lookup_candidates
from wayseal.trace._lookups import information_bits
from wayseal.trace._planner import CanaryOdds, bits_of, one_leaker, plan_round
from wayseal.trace._posterior import Posterior
from wayseal.trace._purchases import Offers, weigh_offers
from wayseal.trace._result import Note, Proposal
from wayseal.trace._strata import lookup

ASSUMED = 0.5
"""Sensitivity that a canary is reckoned with: every second one that its leaker meets is seen on sale."""

LISTED = 20
CANARIES = 3
PURCHASES = 2
LEAST = 0.05
_ALONE = "why.canary_alone"

Places = NDArray[np.int64]


def propose(
    snapshot: Snapshot,
    exposures: Exposures,
    posterior: Posterior,
    leaks: LeakSet,
    verdict: VerdictKind,
    framed: tuple[int, int] | None,
    *,
    seed: int,
) -> tuple[Proposal, ...]:
    """The next tests, best first (rules 1 to 7). framed: a source and the account that may hide behind it."""
    if framed is not None:
        return _apart(exposures, framed)
    accounts = np.flatnonzero(exposures.evidence.kind == ACTOR)
    if verdict is VerdictKind.NAMED or not len(accounts):
        return ()
    belief = one_leaker(posterior.probability[accounts], posterior.some)
    best = np.argsort(-belief, kind="stable")[:LISTED]
    places, belief = accounts[best], belief[best]
    found = [
        *_canaries(exposures, places, belief, seed),
        *_lookups(snapshot, exposures, leaks, places, belief),
        *_purchases(snapshot, exposures, *_merged(posterior, places, belief)),
    ]
    kept = [(per_cost, p) for per_cost, p in found if p.bits >= LEAST or p.why.code == _ALONE]
    return tuple(proposal for _, proposal in sorted(kept, key=lambda pair: -pair[0]))


def _apart(exposures: Exposures, pair: Sequence[int]) -> tuple[Proposal, ...]:
    bits = float(bits_of(1 / len(pair), CanaryOdds(sensitivity=ASSUMED)))
    why = Note(code="why.framed")
    return tuple(Proposal(test="canary", actors=(exposures.name[c],), bits=bits, why=why) for c in pair)


def _canaries(exposures: Exposures, places: Places, belief: Floats, seed: int) -> list[tuple[float, Proposal]]:
    canary = CanaryOdds(sensitivity=ASSUMED)
    if belief[0] > 0.5:
        bits = float(bits_of(float(belief[0]), canary))
        why = Note(code=_ALONE, values={"mass": float(belief[0])})
        return [(bits, Proposal(test="canary", actors=(exposures.name[places[0]],), bits=bits, why=why))]
    planned = plan_round(belief, canary, CANARIES, rng=np.random.default_rng(seed))
    out = []
    for pool, bits in zip(planned.pools, planned.bits, strict=True):
        mass = float(belief[pool].sum())
        names = tuple(exposures.name[places[i]] for i in sorted(pool.tolist(), key=lambda i: (-belief[i], i)))
        why = Note(code="why.canary", values={"mass": mass, "n": len(names)})
        out.append((bits, Proposal(test="canary", actors=names, bits=bits, why=why)))
    return out


def _lookups(
    snapshot: Snapshot, exposures: Exposures, leaks: LeakSet, places: Places, belief: Floats
) -> list[tuple[float, Proposal]]:
    if "waybills" not in snapshot.tables:
        return []
    keys, numbers = find_lookup_candidates(snapshot, exposures, places, leaks.key)
    if not len(keys):
        return []
    bits = information_bits(belief, numbers)
    best = int(np.argmax(bits))
    ask = {"waybill": tuple(snapshot.names("waybill", keys[best : best + 1]))}
    reach = numbers.in_reach[:, best] | numbers.was_read[:, best]
    why = Note(code="why.lookup", values={"n": int(reach.sum()), "mass": float(belief[reach].sum())})
    return [(float(bits[best]), Proposal(test="lookup", ask=ask, bits=float(bits[best]), why=why))]


def _merged(posterior: Posterior, places: Places, belief: Floats) -> tuple[Places, Floats]:
    """One account of each class of equal evidence, with the belief in all of them (rule 5)."""
    seat = {int(c): -1 - s for s, members in enumerate(posterior.seats.members) for c in members}
    first: dict[int, int] = {}
    mass = np.zeros(len(places))
    for index, place in enumerate(places.tolist()):
        mass[first.setdefault(seat.get(place, place), index)] += belief[index]
    kept = sorted(first.values())
    return places[kept], mass[kept]


def _purchases(
    snapshot: Snapshot, exposures: Exposures, places: Places, belief: Floats
) -> list[tuple[float, Proposal]]:
    strata = exposures.strata
    asks = list({repr(sorted(q.any_of.items())): x for x, q in enumerate(strata.questions) if q.any_of}.values())
    volumes = [strata.whole, *(strata.volumes[x] for x in asks)]
    home = [exposures.outlet[c] for c in places]
    keys = snapshot.keys([outlet or "" for outlet in home])
    accounts = max(float(len(strata.whole.actors)), 1.0)
    offers = Offers(
        size=np.array([float(v.waybills) for v in volumes]),
        was_read=np.stack([lookup(v.actors, exposures.key[places]) for v in volumes], axis=1),
        in_reach=np.stack([lookup(v.outlets, keys) for v in volumes], axis=1),
        group=_groups(home),
        others=np.array([min(len(v.actors) / accounts, 1.0) for v in volumes]),
    )
    told = weigh_offers(belief, offers)
    order = np.argsort(-told.per_cost, kind="stable")[:PURCHASES].tolist()
    out = []
    for q in order:
        ask = dict(strata.questions[asks[q - 1]].any_of) if q else {}
        why = Note(code="why.buy" if q else "why.buy_any", values={"delivered": float(told.delivered[q])})
        out.append((float(told.per_cost[q]), Proposal(test="buy", ask=ask, bits=float(told.bits[q]), why=why)))
    return out


def _groups(home: Sequence[str | None]) -> Ints:
    number = {text: place for place, text in enumerate(sorted({h for h in home if h}))}
    return np.array([number[h] if h else -1 for h in home], np.int32)
