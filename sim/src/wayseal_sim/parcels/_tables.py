"""Parcels' lives as rows of the data contract."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from wayseal.model.kinds import Entry, ScanKind
from wayseal.store import arrow_schema
from wayseal_sim._emit import Dictionaries, batch_of, make_dictionaries
from wayseal_sim._numbers import KEYS, Numbers, render
from wayseal_sim._parcels import CUSTOMERS_AN_OUTLET, issuing_key
from wayseal_sim._staff import CHANNELS
from wayseal_sim.parcels._ground import scenario_of
from wayseal_sim.parcels._types import LANES_A_SORTER, Events, Ground, Group, Odd, Shipments
from wayseal_sim.text import coded, fixed_width, hexes, mix
from wayseal_sim.types import DAY, Ints, stream

TIME = pa.timestamp("us", tz="UTC")
_GOODS = ("clothing", "electronics", "cosmetics", "food", "home", "books", "documents", "other")
TRUTH = pa.schema([
    ("waybill", pa.string()), ("kind", pa.string()), ("skill", pa.string()), ("sender", pa.string()),
    ("outlet", pa.string()), ("operator", pa.string()), ("day", pa.string()), ("group", pa.int64()),
    ("insider_machine", pa.bool_()),
])  # fmt: skip


class Words:
    """The texts that a world's integers stand for."""

    def __init__(self, ground: Ground, shipments: Shipments) -> None:
        g = self._g = ground
        self.made: Dictionaries = make_dictionaries(g.network, g.staff, scenario_of(g.shape), g.seed)
        order = np.argsort(shipments.issued, kind="stable")
        key = issuing_key(shipments.channel, shipments.origin, shipments.customer)[order]
        number = np.empty(len(shipments), np.int64)
        number[order] = Numbers(g.seed).deal(key % KEYS)
        self.number, self.waybills = number, fixed_width(render(number))
        salt, units = self.made.salt, len(g.network.unit_id)
        self.customers = hexes("c-", mix(np.arange(units * CUSTOMERS_AN_OUTLET), salt + 2))
        lanes = [f"dws-{u}-{lane + 1}" for u in g.network.unit_id for lane in range(LANES_A_SORTER)]
        pads = hexes("pda-", mix(np.arange(len(g.staff)), salt + 7)).to_pylist()
        self.devices = pa.array([*pads, *lanes, *(f"pc-{u}" for u in g.network.unit_id)], pa.string())

    def trips(self, trip: Ints) -> pa.Array:
        """The trips' names, null for none."""
        unique, code = np.unique(trip, return_inverse=True)
        letter = "b-" if self._g.shape.bag else "t-"
        return coded(np.where(trip < 0, -1, code), hexes(letter, mix(unique, self.made.salt + 8))).dictionary_decode()


def scans_table(ground: Ground, words: Words, e: Events) -> pa.Table:
    """The contract's `scans`, in order of time; what happens after the log's end isn't in it."""
    e = e.take(np.flatnonzero(e.at < ground.calendar.end + 4 * DAY))
    e = e.take(np.argsort(e.at, kind="stable"))
    named = {
        "waybill": words.waybills.take(pa.array(e.parcel)),
        "at": pa.array(e.at, TIME),
        "kind": word(e.kind, tuple(ScanKind)),
        "outlet": coded(e.unit, words.made.units).dictionary_decode(),
        "operator": coded(e.operator, words.made.actors).dictionary_decode(),
        "weight_g": pa.array(e.weight, mask=e.weight < 0),
        "entered": word(e.entered, tuple(Entry)),
    }
    if ground.shape.tracks_devices:
        named["device"] = coded(e.device, words.devices).dictionary_decode()
    if ground.shape.tracks_trips:
        named["trip"] = words.trips(e.trip)
    return rows_of("scans", named, len(e))


def waybills_table(ground: Ground, words: Words, s: Shipments) -> pa.Table:
    """The contract's `waybills`."""
    rng, n = stream(ground.seed, 49), len(s)
    named = {
        "waybill": words.waybills,
        "issued_at": pa.array(s.issued, TIME),
        "channel": word(s.channel, [c.name for c in CHANNELS]),
        "origin_outlet": coded(s.origin, words.made.units).dictionary_decode(),
        "destination_outlet": coded(s.destination, words.made.units).dictionary_decode(),
        "customer": coded(s.customer, words.customers).dictionary_decode(),
        "order_ref": orders(words, np.arange(n)),
        "weight_g": pa.array(s.declared),
        "goods_class": word(rng.integers(0, len(_GOODS), n), _GOODS),
    }
    return rows_of("waybills", named, n)


def orders(words: Words, which: Ints, nth: int = 0) -> pa.Array:
    """References to the orders of shipments, the first or another."""
    return hexes("o-", mix(which, words.made.salt + 20 + nth))


def changes_table(ground: Ground, words: Words, s: Shipments, groups: Sequence[Group], e: Events) -> pa.Table:
    """Numbers that are bound to another order: of half the borrowed, after the first scan; of some others before."""
    rng = stream(ground.seed, 50)
    first = np.full(len(s), -1)
    first[e.parcel[::-1]] = e.at[::-1]
    borrowed = np.array([one.kind == "borrowed" for one in groups] + [False])[s.group]
    late = np.flatnonzero(borrowed & (rng.random(len(s)) < 0.5) & (first >= 0))
    early = np.flatnonzero((s.group < 0) & (rng.random(len(s)) < 0.002) & (first > s.issued))
    which = np.concatenate([late, early])
    after = first[late] + rng.integers(1, 60, len(late)) * (DAY // 60)
    before = s.issued[early] + ((first[early] - s.issued[early]) * rng.random(len(early))).astype(np.int64)
    named = {
        "waybill": words.waybills.take(pa.array(which)),
        "at": pa.array(np.concatenate([after, before]), TIME),
        "column": pa.array(["order_ref"] * len(which), pa.string()),
        "value": orders(words, which, 1),
    }
    return rows_of("changes", named, len(which))


def truth_table(ground: Ground, words: Words, s: Shipments, groups: Sequence[Group]) -> pa.Table:
    """What each ghost, empty, borrowed or odd one is; honest ones that aren't odd have no row."""
    g, some = ground, np.flatnonzero((s.group >= 0) | (s.odd >= 0))
    rows = []
    for place in some.tolist():
        one = groups[s.group[place]] if s.group[place] >= 0 else None
        customer = int(s.customer[place])
        rows.append({
            "waybill": words.waybills[place].as_py(),
            "kind": one.kind if one else "odd",
            "skill": one.skill or None if one else Odd(s.odd[place]).name.lower(),
            "sender": words.customers[customer].as_py() if customer >= 0 else None,
            "outlet": g.network.unit_id[s.origin[place]],
            "operator": g.staff.ids[one.operator] if one else None,
            "day": g.calendar.day_name(g.calendar.start + one.day * DAY) if one else None,
            "group": int(s.group[place]) if one else None,
            "insider_machine": one.machine if one else False,
        })  # fmt: skip
    return pa.Table.from_pylist(rows, schema=TRUTH)


def word(code: Ints, words: Sequence[str]) -> pa.Array:
    """The words of codes, null for -1."""
    return coded(code, pa.array([str(w) for w in words], pa.string())).dictionary_decode()


def rows_of(name: str, named: dict[str, pa.Array], n: int) -> pa.Table:
    """Rows of a table of the contract."""
    return pa.Table.from_batches([batch_of(arrow_schema(name), named, n)])
