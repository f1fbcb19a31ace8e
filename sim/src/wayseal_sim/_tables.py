"""The small tables: places, people and what they answer for."""

import numpy as np
import pyarrow as pa

from wayseal.store import arrow_schema
from wayseal_sim._calendar import Calendar
from wayseal_sim._emit import batch_of
from wayseal_sim._network import Network
from wayseal_sim._staff import CHANNELS, Role, Staff
from wayseal_sim.text import coded
from wayseal_sim.types import DAY, Floats, stream

_TIME = pa.timestamp("us", tz="UTC")
_RIGHTS: tuple[tuple[str, ...], ...] = (
    ("waybill.view", "waybill.search", "label.print"),
    ("waybill.view",),
    ("waybill.view",),
    ("waybill.view", "waybill.search", "ticket.write"),
    ("waybill.view", "waybill.search", "ticket.write"),
    ("waybill.view", "waybill.search", "waybill.export"),
    ("waybill.view", "waybill.search", "waybill.export", "waybill.all"),
    ("waybill.view", "waybill.search", "waybill.export", "waybill.all"),
    ("waybill.api", "waybill.all"),
    ("waybill.api",),
    ("waybill.api",),
)


def actors_table(network: Network, staff: Staff, calendar: Calendar, seed: int) -> pa.Table:
    """The contract's `actors`."""
    rng = stream(seed, 4)
    n, role = len(staff), staff.role
    kinds = np.array(["person"] * 8 + ["service", "partner", "device"])
    regions = pa.array(network.cities.regions, pa.string())
    since = calendar.start - (rng.random(n) * 1500 + 1).astype(np.int64) * DAY
    trained = calendar.start + (rng.normal(150, 120, n)).astype(np.int64) * DAY
    named = {
        "actor": pa.array(staff.ids, pa.string()),
        "kind": pa.array(kinds[role].tolist(), pa.string()),
        "role": pa.array([Role(r).name.lower() for r in role], pa.string()),
        "outlet": coded(staff.unit, pa.array(network.unit_id, pa.string())).dictionary_decode(),
        "region": coded(staff.region, regions).dictionary_decode(),
        "rights": pa.array([_RIGHTS[r] for r in role], pa.list_(pa.string())),
        "valid_from": pa.array(since, _TIME),
        "trained_until": pa.array(trained, _TIME, mask=~staff.is_person),
    }
    return pa.Table.from_batches([batch_of(arrow_schema("actors"), named, n)])


def assignments_table(network: Network, staff: Staff, calendar: Calendar) -> pa.Table:
    """The contract's `assignments`: staff answer for their outlet or region, partners for their channel."""
    rows: list[tuple[str, str, str]] = []
    for actor, role in enumerate(staff.role.tolist()):
        if role in (Role.CUSTOMER_SERVICE, Role.CLAIMS, Role.REGIONAL_MANAGER):
            region = network.cities.regions[int(staff.region[actor])]
            rows.append((staff.ids[actor], "region", region))
        elif role <= Role.SORTER:
            rows.append((staff.ids[actor], "outlet", network.unit_id[int(staff.unit[actor])]))
    for channel, order, pair in zip(CHANNELS, staff.order, staff.clients, strict=True):
        own = (int(order), *(int(c) for c in pair if c >= 0))
        rows.extend((staff.ids[actor], "channel", channel.name) for actor in own)
    since = [calendar.start] * len(rows)
    named = {name: [r[k] for r in rows] for k, name in enumerate(("actor", "scope", "value"))}
    arrays = {k: pa.array(v, pa.string()) for k, v in named.items()}
    arrays["from"] = pa.array(since, _TIME)
    return pa.Table.from_batches([batch_of(arrow_schema("assignments"), arrays, len(rows))])


def outlets_table(network: Network) -> pa.Table:
    """The contract's `outlets`."""
    cities, city = network.cities, network.unit_city
    kind = np.where(network.is_outlet, "outlet", np.where(network.is_hub, "hub", "head_office"))
    names = {
        "outlet": network.unit_id,
        "kind": kind.tolist(),
        "city": [cities.name[c] for c in city],
        "region": [cities.province[c] for c in city],
        "name": network.unit_name,
    }
    named = {k: pa.array(v, pa.string()) for k, v in names.items()}
    places: dict[str, Floats] = {"latitude": cities.latitude, "longitude": cities.longitude}
    named |= {k: pa.array(v[city]) for k, v in places.items()}
    return pa.Table.from_batches([batch_of(arrow_schema("outlets"), named, len(city))])
