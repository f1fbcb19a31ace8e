"""Turns the simulator's integers into rows of the data contract."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.store import arrow_schema
from wayseal_sim._calendar import Calendar
from wayseal_sim._fields import FIELD_LIST, field_lists
from wayseal_sim._network import Network
from wayseal_sim._parcels import CUSTOMERS_AN_OUTLET, SCAN_OF, Parcels
from wayseal_sim._reads import ACTION_OF, PURPOSE_OF, Inquiries
from wayseal_sim._scenario import Scenario
from wayseal_sim._staff import CHANNELS, Role, Staff
from wayseal_sim.text import coded, fixed_width, hexes, mix
from wayseal_sim.types import HOUR, Ints, Tiny, stream

ROWS = 1 << 20
_TIME = pa.timestamp("us", tz="UTC")
_SESSION_HOURS = 4
_VIA = (
    "counter", "pda", "hub-console", "cs-desk", "cs-desk", "oms-web", "bi", "admin",
    "internal-api", "open-api", "dws",
)  # fmt: skip
_GOODS = ("clothing", "electronics", "cosmetics", "food", "home", "books", "documents", "other")
_GOODS_SHARES = (0.28, 0.14, 0.12, 0.14, 0.14, 0.05, 0.04, 0.09)


def wide_schema(table: str, coded_columns: frozenset[str]) -> pa.Schema:
    """The contract's schema with some columns dictionary-coded, as batches leave this module."""
    words = pa.dictionary(pa.int32(), pa.string())
    return pa.schema([f.with_type(words) if f.name in coded_columns else f for f in arrow_schema(table)])


CODED: dict[str, frozenset[str]] = {
    "accesses": frozenset({"actor", "action", "via", "session", "ip", "device", "purpose"}),
    "scans": frozenset({"kind", "outlet", "operator"}),
    "waybills": frozenset({"channel", "origin_outlet", "destination_outlet", "goods_class"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictionaries:
    """The dictionaries that the rows' integers stand for, and what is fixed by the actor.

    login_of: whose login each person uses, nearly always their own; longer than `actors` where somebody uses another's
    from elsewhere, as are the other arrays by person. fast: by how much (microseconds) the clock of each actor's system
    is fast. shows: which fields a person's reads show, as `field_lists` has them, -1: by the reason; empty where the
    log doesn't say. asks: whose reads have a request id.
    """

    actors: pa.Array
    units: pa.Array
    device_of: Ints
    devices: pa.Array
    ip_of: Ints
    ips: pa.Array
    via_of: Ints
    has_session: npt.NDArray[np.bool_]
    salt: int
    login_of: Ints
    fast: Ints
    shows: Ints
    asks: npt.NDArray[np.bool_]


def make_dictionaries(network: Network, staff: Staff, scenario: Scenario, seed: int) -> Dictionaries:
    """The dictionaries of a world."""
    salt = int(stream(seed, 3).integers(1 << 62))
    device_of, devices = _devices(staff, salt)
    # A dictionary with a word twice is written differently from run to run.
    addresses = pa.array(_addresses(staff), pa.string()).dictionary_encode()
    return Dictionaries(
        actors=pa.array(staff.ids, pa.string()),
        units=pa.array(network.unit_id, pa.string()),
        device_of=device_of,
        devices=devices,
        ip_of=addresses.indices.to_numpy().astype(np.int64),
        ips=addresses.dictionary,
        via_of=staff.role,
        has_session=staff.is_person,
        salt=salt,
        login_of=np.arange(len(staff)),
        fast=np.where(staff.role == Role.CLERK, round(scenario.system_clock_h * HOUR), 0),
        shows=np.full(len(staff) if scenario.fields else 0, -1),
        asks=(staff.role == Role.PARTNER) & scenario.partner_log,
    )


def _devices(staff: Staff, salt: int) -> tuple[Ints, pa.Array]:
    """Couriers and office staff have a device each; at counters and hubs a few are shared."""
    actor = np.arange(len(staff))
    own = (1 << 40) + actor
    shared = np.where(staff.role == Role.CLERK, staff.unit * 8 + actor % 2, staff.unit * 8 + 4 + actor % 4)
    key = np.where((staff.role == Role.CLERK) | (staff.role == Role.SORTER), shared, own)
    unique, code = np.unique(key, return_inverse=True)
    code = np.where(staff.is_person, code, -1).astype(np.int64)
    return code, hexes("d-", mix(unique, salt + 1))


def _addresses(staff: Staff) -> list[str]:
    out = []
    for k, (role, unit, region) in enumerate(
        zip(staff.role.tolist(), staff.unit.tolist(), staff.region.tolist(), strict=True)
    ):
        low = 10 + k % 200
        if role == Role.COURIER:
            out.append(f"100.{64 + k // 62500 % 64}.{k // 250 % 250}.{k % 250 + 1}")
        elif role == Role.PARTNER:
            out.append(f"203.0.113.{k % 250 + 1}")
        elif (unit >= 0 and role <= Role.SORTER) or role == Role.SCANNER:
            out.append(f"10.{16 + unit // 250}.{unit % 250}.{low}")
        elif region >= 0:
            out.append(f"10.12.{region}.{low}")
        else:
            out.append(f"10.8.{k // 250 % 250}.{low}")
    return out


class Texts:
    """The waybill numbers of the whole world as text, 15 bytes each, filled in as they are dealt."""

    def __init__(self, count: int) -> None:
        self._bytes = np.empty((count, 15), np.uint8)

    def put(self, base: int, rendered: npt.NDArray[np.uint8]) -> None:
        """Keeps the numbers of the parcels from `base` on."""
        self._bytes[base : base + len(rendered)] = rendered

    def array(self, which: npt.NDArray[np.generic]) -> pa.Array:
        """The numbers of those parcels as an Arrow string array."""
        whole = self._bytes.view("V15").ravel()
        return fixed_width(whole[which].view(np.uint8).reshape(-1, 15))


def access_batches(
    words: Dictionaries, texts: Texts, at: Ints, columns: tuple[npt.NDArray[np.generic], ...]
) -> Iterator[pa.RecordBatch]:
    """Batches of `accesses` out of parcels, actors and reasons in order of time."""
    schema = wide_schema("accesses", CODED["accesses"])
    if len(words.shows):
        schema = schema.set(schema.get_field_index("fields"), pa.field("fields", FIELD_LIST))
    actions, action_of = _vocabulary(ACTION_OF)
    purposes, purpose_of = _vocabulary(PURPOSE_OF)
    vias, via_of = _vocabulary(_VIA)
    for low in range(0, len(at), ROWS):
        part = slice(low, low + ROWS)
        when, actor = at[part], columns[1][part].astype(np.int64)
        parcel, reason = columns[0][part], columns[2][part].astype(np.int64)
        named = {
            "at": pa.array(when + words.fast[actor], _TIME),
            "actor": coded(words.login_of[actor], words.actors),
            "waybill": texts.array(parcel),
            "action": coded(action_of[reason], actions),
            "via": coded(via_of[words.via_of][actor], vias),
            "session": _sessions(words, when, actor),
            "ip": coded(words.ip_of[actor], words.ips),
            "device": coded(words.device_of[actor], words.devices),
            "purpose": coded(purpose_of[reason], purposes),
        }
        if len(words.shows):
            named["fields"] = field_lists(np.where(words.shows[actor] < 0, reason, words.shows[actor]))
        if (asks := words.asks[actor]).any():
            named["request"] = requests(words, when, parcel.astype(np.int64), asks)
        yield batch_of(schema, named, len(when))


def requests(words: Dictionaries, at: Ints, parcel: Ints, asks: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    """Request ids of reads of those parcels at those times, null where nobody asks for one."""
    some = np.arange(len(at)) if asks is None else np.flatnonzero(asks)
    key = mix(parcel[some], words.salt + 5) + at[some].astype(np.uint64)
    code = np.full(len(at), -1, np.int64)
    code[some] = np.arange(len(some))
    return coded(code, hexes("r-", mix(key.view(np.int64), words.salt + 6))).dictionary_decode()


def _sessions(words: Dictionaries, at: Ints, actor: Ints) -> pa.DictionaryArray:
    """A person logs in anew every few hours; systems have no sessions."""
    slot = at // (_SESSION_HOURS * HOUR)
    first = int(slot[0]) if len(slot) else 0
    actors = len(words.login_of)
    key = (slot - first) * actors + actor
    present = np.zeros((int(slot[-1]) - first + 1) * actors if len(slot) else 0, np.bool_)
    person = words.has_session[actor]
    present[key[person]] = True
    used = np.flatnonzero(present)
    code = np.full(len(present), -1, np.int32)
    code[used] = np.arange(len(used))
    who, when = used % actors, used // actors + first
    return coded(code[key], hexes("s-", mix(when * (1 << 24) + who, words.salt)))


def scan_batches(
    words: Dictionaries, texts: Texts, at: Ints, columns: tuple[npt.NDArray[np.generic], ...]
) -> Iterator[pa.RecordBatch]:
    """Batches of `scans` out of parcels, steps, units and operators in order of time."""
    schema = wide_schema("scans", CODED["scans"])
    kinds, kind_of = _vocabulary(SCAN_OF)
    for low in range(0, len(at), ROWS):
        part = slice(low, low + ROWS)
        named = {
            "at": pa.array(at[part], _TIME),
            "waybill": texts.array(columns[0][part]),
            "kind": coded(kind_of[columns[1][part].astype(np.int64)], kinds),
            "outlet": coded(columns[2][part], words.units),
            "operator": coded(columns[3][part], words.actors),
        }
        yield batch_of(schema, named, len(at[part]))


def waybill_batch(words: Dictionaries, texts: Texts, p: Parcels, rng: np.random.Generator) -> pa.RecordBatch:
    """The parcels as rows of `waybills`."""
    channels = pa.array([c.name for c in CHANNELS], pa.string())
    edges = np.cumsum(_GOODS_SHARES)[:-1]
    goods = np.searchsorted(edges, rng.random(len(p)), side="right")
    named = {
        "waybill": texts.array(np.arange(p.base, p.base + len(p))),
        "issued_at": pa.array(p.issued, _TIME),
        "channel": coded(p.channel, channels),
        "origin_outlet": coded(p.origin, words.units),
        "destination_outlet": coded(p.destination, words.units),
        "customer": _customers(words, p.customer),
        "weight_g": pa.array(p.weight),
        "goods_class": coded(goods, pa.array(_GOODS, pa.string())),
    }
    return batch_of(wide_schema("waybills", CODED["waybills"]), named, len(p))


def _customers(words: Dictionaries, customer: Ints) -> pa.Array:
    of_unit = np.arange(len(words.units) * CUSTOMERS_AN_OUTLET)
    return coded(customer, hexes("c-", mix(of_unit, words.salt + 2))).dictionary_decode()


def ticket_batch(words: Dictionaries, texts: Texts, asked: Inquiries, calendar: Calendar) -> pa.RecordBatch:
    """The inquiries as rows of `tickets`; those still open at the end of the log have no closing time."""
    n = len(asked.parcel)
    inside = np.flatnonzero(asked.opened < calendar.end)
    closed = asked.closed[inside]
    named = {
        "ticket": hexes("t-", mix(asked.parcel[inside], words.salt + 3)),
        "waybill": texts.array(asked.parcel[inside]),
        "opened_at": pa.array(asked.opened[inside], _TIME),
        "actor": words.actors.take(pa.array(words.login_of[asked.actor[inside]])),
        "closed_at": pa.array(closed, _TIME, mask=closed >= calendar.end),
        "kind": pa.array(["inquiry"] * len(inside), pa.string()),
    }
    return batch_of(arrow_schema("tickets"), named, min(n, len(inside)))


def _vocabulary(words: tuple[str, ...]) -> tuple[pa.Array, Tiny]:
    """The distinct words, and for each place of `words` its code."""
    unique = list(dict.fromkeys(str(w) for w in words))
    codes = np.array([unique.index(str(w)) for w in words], np.int8)
    return pa.array(unique, pa.string()), codes


def batch_of(schema: pa.Schema, named: dict[str, pa.Array], n: int) -> pa.RecordBatch:
    """A batch of `n` rows in that schema; columns that aren't named are null."""
    arrays = [named.get(f.name) for f in schema]
    filled = [pa.nulls(n, f.type) if a is None else a for f, a in zip(schema, arrays, strict=True)]
    return pa.RecordBatch.from_arrays(filled, schema=schema)
