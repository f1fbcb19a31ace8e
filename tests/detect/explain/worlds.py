"""Small worlds in the contract's tables, with reads at the edges of what templates allow, and the kernel for them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from wayseal.detect.explain import (
    NOT_FIRST,
    UNEXPLAINED,
    UNKNOWN,
    Template,
    TemplateKind,
    build_staff,
    code_rules,
    ranks,
)
from wayseal.detect.explain._templates import ordered
from wayseal.detect.facts._walk import ExplanationContext, code_tables, judge_reads
from wayseal.detect.reasons._judge import classify, is_early, try_templates
from wayseal.detect.reasons._world import parcel_of, world_of
from wayseal.ledger._keys import Keyer
from wayseal.ledger.walk import WaybillPartition
from wayseal.model.kinds import Action, ActorKind, OutletKind, Scope
from wayseal.store import arrow_schema

HOUR, DAY = 3_600_000_000, 86_400_000_000
START = 1_772_000_000_000_000 // DAY * DAY
Row = dict[str, Any]
KEYER = Keyer()
_ACTIONS = list(Action)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A world: rows of the contract's tables with times as µs, reads as (waybill, at, actor, action, first)."""

    actors: list[Row] = field(default_factory=list)
    outlets: list[Row] = field(default_factory=list)
    assignments: list[Row] = field(default_factory=list)
    waybills: list[Row] = field(default_factory=list)
    scans: list[Row] = field(default_factory=list)
    tickets: list[Row] = field(default_factory=list)
    reads: list[Row] = field(default_factory=list)

    def table(self, name: str, waybill: str | None = None) -> pa.Table:
        """A table of the contract, or its rows of one waybill, by time."""
        rows = getattr(self, name)
        if waybill is not None:
            time = {"waybills": "issued_at", "scans": "at", "tickets": "opened_at"}[name]
            rows = sorted((r for r in rows if r["waybill"] == waybill), key=lambda r: r[time])
        return pa.Table.from_pylist(rows, schema=arrow_schema(name))


def by_kernel(world: Drawn, templates: Sequence[Template]) -> list[tuple[int, bool]]:
    """(why, early) of each read, as the kernel says."""
    actors = world.table("actors")
    named = [r["actor"] for r in (*world.reads, *world.tickets)]
    staff = build_staff(KEYER.of, KEYER.of(named), actors, world.table("outlets"), world.table("assignments"))
    rules = code_rules(templates, staff, KEYER.of(actors["actor"].to_pylist()), actors)
    mandates, own, strong = ranks(templates)
    ground = ExplanationContext(staff=staff, rules=rules, mandates=mandates, own=own, strong=strong, offset=0)
    batch = _kept(world.reads, {"at": pa.int64(), "actor": None, "first": pa.bool_(), "action": pa.uint8()}, "at")
    reads = batch.set_column(1, "at", batch["at"].cast(pa.timestamp("us", tz="UTC")))
    stretch = WaybillPartition(low=0, high=2**64 - 1, reads=(reads,), tables=_beside(world))
    _, why, early = judge_reads(reads, code_tables(stretch, staff), ground)
    order = sorted(range(len(world.reads)), key=lambda n: (_key(world.reads[n]["waybill"]), world.reads[n]["at"]))
    out: list[tuple[int, bool]] = [(0, False)] * len(order)
    for place, n in enumerate(order):
        out[n] = int(why[place]), bool(early[place])
    return out


def by_rows(world: Drawn, ordered: Sequence[Template]) -> list[tuple[int, bool]]:
    """(why, early) of each read, as plain Python says."""
    known = world_of(world.table("actors"), world.table("outlets"), world.table("assignments"))
    names = ("waybills", "scans", "tickets")
    parcels = {w: parcel_of(*(world.table(name, w) for name in names)) for w in {r["waybill"] for r in world.reads}}
    out = []
    for read in world.reads:
        parcel = parcels[read["waybill"]]
        account = known.account(read["actor"])
        found = try_templates(read["at"], read["action"] or "", account, parcel, known, ordered)
        said = classify(found, parcel)
        why = {"unexplained": UNEXPLAINED, "unknown": UNKNOWN}.get(said)
        if why is None:
            why = list(ordered).index(found[-1].template)
        out.append((why, why >= UNEXPLAINED and is_early(read["at"], parcel)) if read["first"] else (NOT_FIRST, False))
    return out


def _beside(world: Drawn) -> dict[str, pa.RecordBatch]:
    time = pa.timestamp("us", tz="UTC")
    ends = {"channel": None, "origin_outlet": None, "destination_outlet": None, "customer": pa.string()}
    return {
        "waybills": _kept(world.waybills, {"issued_at": time, **ends}, "issued_at"),
        "scans": _kept(world.scans, {"at": time, "outlet": None}, "at"),
        "tickets": _kept(world.tickets, {"opened_at": time, "closed_at": time, "actor": None}, "opened_at"),
    }


def _kept(rows: list[Row], columns: dict[str, pa.DataType | None], time: str) -> pa.RecordBatch:
    """Rows as the ledger keeps them: sorted by (key of the waybill, time), keys for ids (columns without a type)."""
    rows = sorted(rows, key=lambda r: (_key(r["waybill"]), r[time]))
    arrays = {"waybill": pa.array(KEYER.of([r["waybill"] for r in rows]))}
    for name, kind in columns.items():
        values: list[Any] = [r.get(name) for r in rows]
        if name == "action":
            values = [_ACTIONS.index(v) + 1 if v else 0 for v in values]
        arrays[name] = pa.array(KEYER.of(values)) if kind is None else pa.array(values, kind)
    return pa.RecordBatch.from_pydict(arrays)


def _key(text: str) -> int:
    return int(np.asarray(KEYER.of([text]))[0])


LENGTHS = (0, HOUR, 3 * DAY, 10 * DAY)
_OUTLETS = ("o-1", "o-2", "hq", "o-9")
"""o-9 is never in `outlets`, but is scanned at, worked at and routed to."""
_ACTORS = ("u-1", "u-2", "u-9")
"""u-9 is never in `actors`."""
_ROLES, _RIGHTS = ("clerk", "claims"), ("waybill.all", "waybill.own", "export")
_CITIES, _REGIONS = ("杭州", "重庆"), ("东", "杭州")
_WAYBILLS = ("YT1", "YT2")
_VALUES = {
    Scope.OUTLET: _OUTLETS,
    Scope.CITY: _CITIES,
    Scope.REGION: _REGIONS,
    Scope.CHANNEL: ("app", "web"),
    Scope.CUSTOMER: ("shop", "mall"),
}


def days() -> st.SearchStrategy[int]:
    return st.integers(0, 12).map(lambda day: START + day * DAY)


@st.composite
def _template(draw: st.DrawFn) -> Row:
    def some(values: Sequence[str]) -> frozenset[str]:
        return draw(st.frozensets(st.sampled_from(values), min_size=1, max_size=2)) if draw(_seldom()) else frozenset()

    by = draw(st.sampled_from(TemplateKind))
    return {
        "by": by,
        "strong": draw(st.booleans()),
        "before": draw(st.sampled_from(LENGTHS)),
        "after": draw(st.sampled_from(LENGTHS)),
        "roles": some(_ROLES),
        "kinds": some(list(ActorKind)),
        "actions": some(_ACTIONS),
        "rights": some(_RIGHTS) or frozenset(["waybill.all"] if by is TemplateKind.MANDATE else []),
    }


def _seldom() -> st.SearchStrategy[bool]:
    return st.sampled_from((False, False, False, True))


def templates() -> st.SearchStrategy[tuple[Template, ...]]:
    """Up to five, in the order in which they are tried."""

    def named(rows: list[Row]) -> tuple[Template, ...]:
        return ordered(Template(name=f"t-{n}", **row) for n, row in enumerate(rows))

    return st.lists(_template(), min_size=1, max_size=5).map(named)


def _actor(name: str) -> st.SearchStrategy[Row]:
    return st.fixed_dictionaries(
        {
            "actor": st.just(name),
            "kind": st.sampled_from(ActorKind),
            "role": st.sampled_from(_ROLES),
            "outlet": st.sampled_from((None, *_OUTLETS)),
            "region": st.sampled_from((None, *_REGIONS)),
            "rights": st.one_of(st.none(), st.lists(st.sampled_from(_RIGHTS), max_size=2)),
        }
    )


def _outlet(name: str) -> st.SearchStrategy[Row]:
    kinds = st.just(OutletKind.HEAD_OFFICE) if name == "hq" else st.sampled_from(OutletKind)
    places = {"city": st.sampled_from(_CITIES), "region": st.sampled_from(_REGIONS)}
    return st.fixed_dictionaries({"outlet": st.just(name), "kind": kinds, **places})


@st.composite
def _assignment(draw: st.DrawFn) -> Row:
    scope = draw(st.sampled_from((*Scope, Scope.OUTLET)))
    since, length = draw(days()), draw(st.one_of(st.none(), st.integers(1, 8)))
    row = {"actor": draw(st.sampled_from(_ACTORS)), "scope": scope, "value": draw(st.sampled_from(_VALUES[scope]))}
    return row | {"from": since, "to": None if length is None else since + length * DAY}


def _waybill(name: str) -> st.SearchStrategy[Row]:
    return st.fixed_dictionaries(
        {
            "waybill": st.just(name),
            "issued_at": days(),
            "channel": st.sampled_from((*_VALUES[Scope.CHANNEL], "counter")),
            "origin_outlet": st.sampled_from(_OUTLETS),
            "destination_outlet": st.sampled_from(_OUTLETS),
            "customer": st.sampled_from((None, *_VALUES[Scope.CUSTOMER], "stall")),
        }
    )


_SCAN = st.fixed_dictionaries(
    {
        "waybill": st.sampled_from(_WAYBILLS),
        "at": days(),
        "kind": st.just("arrive"),
        "outlet": st.sampled_from(_OUTLETS),
    }
)
_TICKET = st.fixed_dictionaries(
    {
        "ticket": st.sampled_from(("k-1", "k-2")),
        "waybill": st.sampled_from(_WAYBILLS),
        "opened_at": days(),
        "closed_at": st.one_of(st.none(), days()),
        "actor": st.sampled_from(_ACTORS),
    }
)


def _each(names: Sequence[str], one: Callable[[str], st.SearchStrategy[Row]]) -> st.SearchStrategy[list[Row]]:
    chosen = st.tuples(*(st.one_of(one(name), st.none()) for name in names))
    return chosen.map(lambda rows: [row for row in rows if row])


def _edges(rows: Mapping[str, list[Row]], lengths: Iterable[tuple[int, int]]) -> set[int]:
    """The moments at which what explains a read begins or ends to do so."""
    ends = {row[name] for row in rows["assignments"] for name in ("from", "to") if row[name]}
    ends |= {row["at"] for row in rows["scans"]} | {row["issued_at"] - HOUR for row in rows["waybills"]}
    for before, after in lengths:
        ends |= {row["at"] + step for row in rows["scans"] for step in (-before, after)}
        ends |= {row["issued_at"] + 3 * DAY + after for row in rows["waybills"]}
        ends |= {row["opened_at"] - before for row in rows["tickets"]}
        ends |= {(row["closed_at"] or row["opened_at"] + 14 * DAY) + after for row in rows["tickets"]}
    return ends


@st.composite
def judged_worlds(draw: st.DrawFn) -> tuple[Drawn, tuple[Template, ...]]:
    """A world and templates; everybody reads every parcel at, and a µs beside, each moment that makes a difference."""
    ordered_ones = draw(templates())
    rows = {
        "actors": draw(_each(_ACTORS[:-1], _actor)),
        "outlets": draw(_each(_OUTLETS[:-1], _outlet)),
        "assignments": draw(st.lists(_assignment(), max_size=3)),
        "waybills": draw(_each(_WAYBILLS, _waybill)),
        "scans": draw(st.lists(_SCAN, max_size=3)),
        "tickets": draw(st.lists(_TICKET, max_size=2)),
    }
    edges = _edges(rows, {(t.before, t.after) for t in ordered_ones}) or {START}
    at = sorted({edge + step for edge in edges for step in (-1, 0, 1)})
    actions = draw(st.lists(st.sampled_from((None, *_ACTIONS)), min_size=1, max_size=3))
    firsts = draw(st.sampled_from(((True,), (True, True, True, True, False))))
    reads = [
        {"waybill": w, "at": t, "actor": a, "action": actions[n % len(actions)], "first": firsts[n % len(firsts)]}
        for n, (w, t, a) in enumerate(product((*_WAYBILLS, "YT3"), at, _ACTORS))
    ]
    return Drawn(**rows, reads=reads), ordered_ones
