"""Who asks for numbers, and when: most after the first scan, some before it, and why.

1. Before it, honestly: whoever holds the number (the partner whose interface issued it), the outlet's own staff, and
   the few people who are told their number at once.
2. Before it, and not honestly: blind trackers, who count numbers up and hit few; buyers of a list, who hit always; an
   account of another partner that reads in the evening what is collected soon after.
3. A partner's own log has what its clients ask; the account that leaks leaves its reads out of it.
"""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from wayseal_sim._numbers import render
from wayseal_sim._parcels import span
from wayseal_sim._staff import CHANNELS, Role
from wayseal_sim.parcels._tables import TIME, Words, rows_of, word
from wayseal_sim.parcels._types import Events, Ground, Shipments
from wayseal_sim.text import fixed_width
from wayseal_sim.types import DAY, HOUR, MINUTE, SECOND, Ints, stream

KINDS = ("order", "holder", "tracking", "staff", "customer", "public", "blind", "list", "leak")
ORDER, HOLDER, TRACKING, STAFF, CUSTOMER, PUBLIC, BLIND, LIST, LEAK = range(len(KINDS))
_DISHONEST, _PUBLIC_PAGE = (BLIND, LIST, LEAK), "svc-public"
_ORDERED, _STAFF, _POLLED, _CUSTOMERS, _IMPATIENT = 0.97, 0.5, 0.6, 0.4, 0.02
_LISTS, _COUNTED, _LEAKED_A_DAY = 3, 500, 80
NUMBERS = pa.schema([
    ("waybill", pa.string()), ("kind", pa.string()), ("asker", pa.string()), ("ip", pa.string()), ("at", TIME),
    ("honest", pa.bool_()),
])  # fmt: skip


@dataclass(slots=True, kw_only=True)
class _Asked:
    """What was asked for, in the order in which it was thought of: shipment, moment, actor, kind, address."""

    rows: list[tuple[Ints, Ints, Ints, int, Ints]] = field(default_factory=list)

    def add(self, which: Ints, at: Ints, actor: Ints | int, kind: int, ip: Ints | int = -1) -> None:
        """actor: the number of all for the public page. ip: -1 for the actor's own."""
        who, where = (np.broadcast_to(np.asarray(a, np.int64), len(which)) for a in (actor, ip))
        self.rows.append((which, at, who, kind, where))


def ask(ground: Ground, words: Words, s: Shipments, events: Events) -> dict[str, pa.Table]:
    """The tables `accesses` and `partner_calls`, and under `numbers` the truth about what was asked too early."""
    g, rng, public = ground, stream(ground.seed, 51), len(ground.staff)
    first = np.full(len(s), -1)
    first[events.parcel[::-1]] = events.at[::-1]
    first, asked, places = np.maximum(first, s.issued + MINUTE), _Asked(), np.arange(len(s))
    before = s.issued + ((first - s.issued) * rng.random(len(s))).astype(np.int64)
    after = first + span(rng, len(s), HOUR, 2.5 * DAY)
    client = g.staff.clients[s.channel, 0]

    def some(share: float, partners: bool = False) -> Ints:
        out: Ints = places[(rng.random(len(s)) < share) & ((client >= 0) | (not partners))]
        return out

    i = some(_ORDERED)
    asked.add(i, s.issued[i] + span(rng, len(i), SECOND, 20 * SECOND), g.staff.order[s.channel[i]], ORDER)
    i = some(g.shape.early, partners=True)
    asked.add(i, before[i], client[i], HOLDER)
    i = some(_POLLED, partners=True)
    asked.add(i, after[i], client[i], TRACKING)
    i = some(_STAFF)
    courier = g.staff.pick(rng, s.origin[i], Role.COURIER, first[i])
    asked.add(i, np.maximum(s.issued[i], first[i] - span(rng, len(i), MINUTE, 30 * MINUTE)), courier, STAFF)
    for share, at, kind in ((_CUSTOMERS, after, PUBLIC), (_IMPATIENT, before, CUSTOMER)):
        i = some(share)
        asked.add(i, at[i], public, kind, rng.integers(1 << 22, 1 << 24, len(i)))
    _lists(g, rng, s, first, asked)
    _leak(g, rng, s, first, asked)
    return _tables(g, words, s, first, asked, _blind(g, rng, words, s, asked))


def _evening(ground: Ground, day: int) -> int:
    """Half past six of a day of the log."""
    return ground.calendar.start + day * DAY + int(18.5 * HOUR)


def _lists(g: Ground, rng: np.random.Generator, s: Shipments, first: Ints, asked: _Asked) -> None:
    """Numbers of one interface, most not collected yet, asked for in minutes by another's client or at the page."""
    for k in range(_LISTS):
        at, channel = _evening(g, int(rng.integers(0, g.shape.days))), int(rng.integers(1, len(CHANNELS) - 1))
        fresh = (s.issued < at) & (first > at - 2 * HOUR) & (s.issued > at - DAY) & (s.channel == channel)
        i = rng.permutation(np.flatnonzero(fresh))[: int(rng.integers(40, 200))]
        who, where = (len(g.staff), int(rng.integers(1 << 22, 1 << 24))) if k % 2 else (_another(g, rng, channel), -1)
        asked.add(i, at + span(rng, len(i), 0, 12 * MINUTE), who, LIST, where)


def _leak(g: Ground, rng: np.random.Generator, s: Shipments, first: Ints, asked: _Asked) -> None:
    """An account of one partner reads others' numbers at half past six; most are collected soon after."""
    channel = int(rng.choice([c for c, one in enumerate(CHANNELS) if one.partner]))
    for day in range(g.shape.days):
        at = _evening(g, day)
        i = np.flatnonzero(
            (s.channel != channel) & (s.issued < at - 20 * MINUTE) & (first > at) & (first < at + 15 * HOUR)
        )
        i = rng.permutation(i)[: int(rng.poisson(_LEAKED_A_DAY))]
        asked.add(i, at + span(rng, len(i), -10 * MINUTE, 10 * MINUTE), int(g.staff.clients[channel, 1]), LEAK)


def _another(g: Ground, rng: np.random.Generator, channel: int) -> int:
    clients = np.delete(g.staff.clients[:, 1], channel)
    return int(rng.choice(clients[clients >= 0]))


def _blind(g: Ground, rng: np.random.Generator, words: Words, s: Shipments, asked: _Asked) -> pa.Table:
    """Counts numbers up from one that it knows, at night, at the public page; returns the misses as rows."""
    parts = []
    known = {number: place for place, number in enumerate(words.number.tolist())}
    for _ in range(2):
        at = g.calendar.start + int(rng.integers(1, g.shape.days)) * DAY + 2 * HOUR
        begin = int(words.number[rng.integers(len(s))]) + 1
        number = begin + np.arange(_COUNTED)
        where, when = int(rng.integers(1 << 22, 1 << 24)), at + np.arange(_COUNTED) * 4 * SECOND
        hit = np.array([known.get(n, -1) for n in number.tolist()])
        asked.add(hit[hit >= 0], when[hit >= 0], len(g.staff), BLIND, where)
        n = int((hit < 0).sum())
        parts.append(
            rows_of("accesses", {
                "at": pa.array(when[hit < 0], TIME), "actor": pa.array([_PUBLIC_PAGE] * n),
                "waybill": fixed_width(render(number[hit < 0])), "action": pa.array(["search"] * n),
                "via": pa.array(["public"] * n), "ip": _addresses(words, np.zeros(n, np.int64), np.full(n, where)),
            }, n)
        )  # fmt: skip
    return pa.concat_tables(parts)


def _addresses(words: Words, actor: Ints, where: Ints) -> pa.Array:
    own = words.made.ips.take(pa.array(words.made.ip_of[np.minimum(actor, len(words.made.ip_of) - 1)])).to_pylist()
    far = [f"{60 + (w >> 16)}.{w >> 8 & 255}.{w & 255}.{w * 7 % 250 + 1}" for w in where.tolist()]
    return pa.array([o if w < 0 else f for o, f, w in zip(own, far, where.tolist(), strict=True)], pa.string())


def _tables(g: Ground, words: Words, s: Shipments, first: Ints, asked: _Asked, misses: pa.Table) -> dict[str, pa.Table]:
    which, at, actor, where = (np.concatenate([r[k] for r in asked.rows]) for k in (0, 1, 2, 4))
    kind = np.concatenate([np.full(len(r[0]), r[3]) for r in asked.rows])
    keep = np.flatnonzero(at < g.calendar.end + 4 * DAY)
    keep = keep[np.argsort(at[keep], kind="stable")]
    which, at, actor, where, kind = which[keep], at[keep], actor[keep], where[keep], kind[keep]
    actors = [*g.staff.ids, _PUBLIC_PAGE]
    waybills, moments, who = words.waybills.take(pa.array(which)), pa.array(at, TIME), word(actor, actors)
    ip = _addresses(words, actor, where)
    api = np.isin(kind, (ORDER, HOLDER, TRACKING, LIST, LEAK)) & (actor < len(g.staff))
    via = np.where(actor == len(g.staff), 2, np.where(api, 0, 1))
    named = {
        "at": moments, "actor": who, "waybill": waybills, "action": word(via, ("api", "view", "search")),
        "via": word(via, ("open-api", "pda", "public")), "ip": ip,
    }  # fmt: skip
    partner = np.append(g.staff.role == Role.PARTNER, [False])
    mine = np.flatnonzero((kind != LEAK) & partner[actor])
    calls = {
        "partner": who.take(pa.array(mine)), "at": moments.take(pa.array(mine)),
        "waybill": waybills.take(pa.array(mine)),
        "operation": word((kind[mine] != ORDER).astype(np.int64), ("order", "track")),
    }  # fmt: skip
    early = np.flatnonzero((at < first[which]) & (kind != ORDER))
    truth = [waybills, word(kind, KINDS), who, ip, moments, pa.array(~np.isin(kind, _DISHONEST))]
    return {
        "accesses": pa.concat_tables([rows_of("accesses", named, len(at)), misses]).sort_by("at"),
        "partner_calls": rows_of("partner_calls", calls, len(mine)),
        "numbers": pa.Table.from_arrays(truth, schema=NUMBERS).take(pa.array(early)),
    }
