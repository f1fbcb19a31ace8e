"""Counter clerks who work with list screens: what they see is logged as a question, never as waybills.

A clerk opens "what we send today" and "what comes to us" a few times a shift. Most lists are shown whole; some are cut
off at a row limit, newest or not at random; some have a condition that the log can't express. Some parcels get
another outlet of the same city as destination after issue (`changes`), so a list depends on when it is opened.
"""

import json
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from wayseal.store import arrow_schema
from wayseal_sim._calendar import Calendar
from wayseal_sim._emit import Dictionaries, Texts, batch_of
from wayseal_sim._network import Network
from wayseal_sim._parcels import JourneyStep, Parcels, span
from wayseal_sim._scenario import Scenario
from wayseal_sim._staff import SHIFTS, Role, Staff
from wayseal_sim.text import coded, hexes, mix
from wayseal_sim.types import DAY, HOUR, LOCAL, MINUTE, NEVER, Ints, Mask, stream

CHANGED = 0.04
"""Share of parcels that get another destination outlet."""
LIMIT = 20
_A_SHIFT = 3
_DAYS_BACK = 2
_WHOLE, _CUT = 0.65, 0.9  # lists up to here are whole, cut off; the rest has a condition that nobody logged
_NARROWED = 0.3
_ROWS_LOGGED = 0.7  # of the lists with such a condition
_TIME = pa.timestamp("us", tz="UTC")
_SHIFT_HOURS = ((8, 15), (15, 22))


def choose_asking(scenario: Scenario, staff: Staff, seed: int) -> Mask:
    """Which actors work with list screens, bool (actors,)."""
    clerks = staff.role == Role.CLERK
    out: Mask = clerks & (stream(seed, 12).random(len(staff)) < scenario.queries)
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What lists need of the parcels, (n,) each. first: destination at issue; until then it holds; changed: when."""

    number: Ints
    issued: Ints
    origin: Ints
    destination: Ints
    first: Ints
    changed: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRows:
    """What lists showed, (m,) each, in order of time: when, which parcel (its place among all), to whom."""

    at: Ints
    parcel: Ints
    actor: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """Lists that were opened, (q,) each, in order of time; rows: -1 where it isn't logged. asked: the filters."""

    at: Ints
    actor: Ints
    rows: Ints
    asked: tuple[str, ...]


def change_some(rng: np.random.Generator, p: Parcels, network: Network) -> Held:
    """The parcels, of which some are issued to another outlet of the city and changed before they leave."""
    city = network.unit_city[p.destination]
    count = network.outlet_count[city]
    moved = (rng.random(len(p)) < CHANGED) & (count > 1)
    step = 1 + (rng.random(len(p)) * np.maximum(count - 1, 1)).astype(np.int64)
    start = network.outlet_start[city]
    other = start + (p.destination - start + step) % count
    at = p.issued + span(rng, len(p), MINUTE, p.step[JourneyStep.LEFT_ORIGIN] - p.issued)
    return Held(
        number=p.number,
        issued=p.issued,
        origin=p.origin,
        destination=p.destination,
        first=np.where(moved, other, p.destination),
        changed=np.where(moved, at, NEVER),
    )


def as_issued(p: Parcels, held: Held) -> Parcels:
    """The parcels with the destination that they had at issue."""
    return replace(p, destination=held.first)


def change_batch(words: Dictionaries, texts: Texts, held: Held, base: int, end: int) -> pa.RecordBatch:
    """Rows of `changes` before the log's end."""
    moved = np.flatnonzero(held.changed < end)
    named = {
        "waybill": texts.array(base + moved),
        "at": pa.array(held.changed[moved], _TIME),
        "column": pa.array(["destination_outlet"] * len(moved), pa.string()),
        "value": words.units.take(pa.array(held.destination[moved])),
    }
    return batch_of(arrow_schema("changes"), named, len(moved))


def joined(parts: list[Held]) -> Held:
    """Runs of parcels as one."""
    return Held(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in Held.__slots__})


class _Shelf:
    """Parcels by an outlet, in order of issue: from when until when each lay on its list."""

    def __init__(self, outlet: Ints, issued: Ints, since: Ints, until: Ints, parcel: Ints, units: int) -> None:
        order = np.lexsort((issued, outlet))
        self._bound = np.searchsorted(outlet[order], np.arange(units + 1))
        self._issued, self._since, self._until = issued[order], since[order], until[order]
        self._parcel = parcel[order]

    def on_list(self, outlet: int, low: int, high: int, at: int) -> Ints:
        """Parcels issued from `low` until before `high` that the outlet's list holds at that time."""
        first, last = int(self._bound[outlet]), int(self._bound[outlet + 1])
        a, b = first + np.searchsorted(self._issued[first:last], [low, min(high, at + 1)])
        fits = (self._since[a:b] <= at) & (at < self._until[a:b])
        out: Ints = self._parcel[a:b][fits]
        return out


def open_lists(
    calendar: Calendar, network: Network, staff: Staff, asking: Mask, held: Held, seed: int
) -> tuple[Questions, ShownRows]:
    """All lists that are opened in a world, and what they show."""
    rng = stream(seed, 13)
    units, n = len(network.unit_id), len(held.number)
    place, never = np.arange(n), np.full(n, NEVER)
    sent = _Shelf(held.origin, held.issued, held.issued, never, place, units)
    moved = np.flatnonzero(held.changed != NEVER)
    comes = _Shelf(
        np.concatenate([held.first, held.destination[moved]]),
        np.concatenate([held.issued, held.issued[moved]]),
        np.concatenate([held.issued, held.changed[moved]]),
        np.concatenate([held.changed, never[moved]]),
        np.concatenate([place, moved]),
        units,
    )
    at, actor = _openings(rng, calendar, staff, asking)
    kind, outward = rng.random(len(at)), rng.random(len(at)) < 0.5
    asked, rows, parcel = [], [], []
    for turn, (when, who) in enumerate(zip(at.tolist(), actor.tolist(), strict=True)):
        day = (when + LOCAL) // DAY * DAY - LOCAL
        low, high = day - (0 if outward[turn] else _DAYS_BACK * DAY), day + DAY
        outlet = int(staff.unit[who])
        there = (sent if outward[turn] else comes).on_list(outlet, low, high, when)
        shown, text, logged = _show(rng, float(kind[turn]), there)
        column = "origin_outlet" if outward[turn] else "destination_outlet"
        bounds = {"issued_from": _iso(low), "issued_to": _iso(high), column: network.unit_id[outlet]}
        asked.append(json.dumps(bounds | text, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
        rows.append(len(shown) if logged else -1)
        parcel.append(shown)
    counts = [len(p) for p in parcel]
    shown_at, shown_to = np.repeat(at, counts), np.repeat(actor, counts)
    questions = Questions(at=at, actor=actor, rows=np.array(rows, np.int64), asked=tuple(asked))
    every = np.concatenate([np.zeros(0, np.int64), *parcel])
    return questions, ShownRows(at=shown_at, parcel=every, actor=shown_to)


def _openings(rng: np.random.Generator, calendar: Calendar, staff: Staff, asking: Mask) -> tuple[Ints, Ints]:
    """When who opens a list, in order of time."""
    who = np.flatnonzero(asking)
    size = np.repeat(np.arange(len(staff.size)), staff.size)
    shift = size[who] % SHIFTS
    hours = np.array(_SHIFT_HOURS)[shift]
    per_day = rng.poisson(_A_SHIFT, (calendar.days, len(who)))
    day, nth = (np.repeat(index.ravel(), per_day.ravel()) for index in np.indices(per_day.shape))
    low, high = hours[nth, 0] * HOUR, hours[nth, 1] * HOUR
    at = calendar.start + day * DAY + span(rng, len(day), 0, high - low) + low
    order = np.argsort(at, kind="stable")
    return at[order], who[nth][order]


def _show(rng: np.random.Generator, kind: float, there: Ints) -> tuple[Ints, dict[str, object], bool]:
    """What of a list is shown, what its filter says beyond the places, and whether its rows are logged."""
    if kind < _WHOLE:
        return there, {}, True
    if kind < _CUT:
        few = rng.choice(there, min(LIMIT, len(there)), replace=False) if len(there) else there
        return np.sort(few), {"limit": LIMIT}, True
    return there[rng.random(len(there)) < _NARROWED], {"unknown": True}, bool(rng.random() < _ROWS_LOGGED)


def _iso(at: int) -> str:
    return str(np.datetime64(at + LOCAL, "us").astype("datetime64[s]")) + "+08:00"


def kept(scenario: Scenario, questions: Questions, seed: int) -> Questions:
    """The questions that reach the log."""
    arrives = stream(seed, 14).random(len(questions.at)) >= scenario.lost_rows
    return Questions(
        at=questions.at[arrives],
        actor=questions.actor[arrives],
        rows=questions.rows[arrives],
        asked=tuple(text for text, here in zip(questions.asked, arrives, strict=True) if here),
    )


def query_batch(words: Dictionaries, questions: Questions) -> pa.RecordBatch:
    """The questions as rows of `queries`."""
    n = len(questions.at)
    vias = pa.array(["counter"], pa.string())
    named = {
        "request": hexes("q-", mix(np.arange(n), words.salt + 4)),
        "at": pa.array(questions.at, _TIME),
        "actor": words.actors.take(pa.array(questions.actor)),
        "filter": pa.array(questions.asked, pa.string()),
        "via": coded(np.zeros(n, np.int64), vias).dictionary_decode(),
        "rows": pa.array(questions.rows, mask=questions.rows < 0),
        "ip": coded(words.ip_of[questions.actor], words.ips).dictionary_decode(),
    }
    return batch_of(arrow_schema("queries"), named, n)
