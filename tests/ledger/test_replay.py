"""Replay against a brute force written from the data contract: query by query, waybill by waybill, plain Python."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.helpers import START, at, put, read, write
from wayseal import ledger, store
from wayseal.ledger import _replay
from wayseal.ledger._asof import States, states_of
from wayseal.ledger._keys import Keyer
from wayseal.ledger._queries import Queries, queries_of
from wayseal.ledger._types import Words
from wayseal.ledger.replay import Replay
from wayseal.model import clean_waybill
from wayseal.model.predicate import CONDITIONS

Row = dict[str, Any]
KEYER = Keyer()


def shows(query: Row, waybill: str, row: Row | None, changes: list[Row], outlets: list[Row]) -> bool:
    """Whether a query showed a waybill, by the letter of the contract; `changes` in the order in which they came."""
    asked = json.loads(query["filter"])
    if row is not None and row["issued_at"] > query["at"]:
        return False
    now = dict.fromkeys(store.TABLES["waybills"].names) | (row or {}) | {"waybill": waybill}
    for change in sorted(changes, key=lambda c: c["at"]):
        if change["waybill"] == waybill and change["at"] <= query["at"] and replayable(change):
            now[change["column"]] = int(change["value"]) if change["column"] == "weight_g" else change["value"]
    for end in ("origin", "destination"):
        place = next((o for o in outlets if o["outlet"] == now[f"{end}_outlet"]), {})
        now[f"{end}_city"], now[f"{end}_region"] = place.get("city"), place.get("region")
    for key, value in asked.items():
        if key in ("limit", "unknown"):
            continue
        if key in ("issued_from", "issued_to"):
            bound = datetime.fromisoformat(value)
            if now["issued_at"] is None or (now["issued_at"] >= bound) != (key == "issued_from"):
                return False
            continue
        permitted = [str(v) for v in (value if isinstance(value, list) else [value])]
        if key == "waybill":
            permitted = [clean_waybill(v) for v in permitted]
        if now[key] is None or str(now[key]) not in permitted:
            return False
    return True


def replayable(change: Row) -> bool:
    known = {"channel", "origin_outlet", "destination_outlet", "customer", "order_ref", "weight_g", "goods_class"}
    whole = all(c in "0123456789" for c in change["value"])
    return change["column"] in known and (change["column"] != "weight_g" or whole)


# A small network: o-9 is no outlet that anybody knows, wb-0 … wb-5 are numbers.
OUTLETS = [{"outlet": f"o-{n}", "kind": "outlet", "city": f"city-{n // 2}", "region": f"r-{n // 3}"} for n in range(5)]
NUMBERS = [f"WB{n}" for n in range(6)]
OUTLET = st.sampled_from(["o-0", "o-1", "o-2", "o-3", "o-4", "o-9"])
MINUTES = st.integers(0, 8)
VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "channel": st.sampled_from(["app", "api"]),
    "customer": st.sampled_from(["c-1", "c-2"]),
    "order_ref": st.sampled_from(["", "x"]),
    "weight_g": st.integers(0, 3),
    "goods_class": st.sampled_from(["food", "books"]),
    "origin_outlet": OUTLET,
    "destination_outlet": OUTLET,
    "origin_city": st.sampled_from(["city-0", "city-1", "city-2", "nowhere"]),
    "destination_city": st.sampled_from(["city-0", "city-1", "city-2"]),
    "origin_region": st.sampled_from(["r-0", "r-1"]),
    "destination_region": st.sampled_from(["r-0", "r-1", "r-2"]),
    "waybill": st.sampled_from([*NUMBERS, "wb-1", "WB99"]),
}
ROW = st.fixed_dictionaries(
    {"issued_at": MINUTES.map(at), "channel": VALUES["channel"], "origin_outlet": OUTLET, "destination_outlet": OUTLET},
    optional={name: VALUES[name] for name in ("customer", "order_ref", "weight_g", "goods_class")},
)
CHANGED = st.one_of(
    st.sampled_from(["origin_outlet", "destination_outlet"]).flatmap(lambda c: st.tuples(st.just(c), OUTLET)),
    st.tuples(st.just("weight_g"), st.sampled_from(["0", "2", "002", "heavy", "-1"])),
    st.tuples(st.just("customer"), VALUES["customer"]),
    st.tuples(st.sampled_from(["issued_at", "waybill", "colour"]), st.just("x")),
)
CHANGE = st.builds(
    lambda waybill, minute, what: {"waybill": waybill, "at": at(minute), "column": what[0], "value": what[1]},
    st.sampled_from(NUMBERS),
    MINUTES,
    CHANGED,
)
TIME = MINUTES.map(lambda m: at(m).isoformat())
FILTER = st.fixed_dictionaries(
    {},
    optional={
        **{name: one | st.lists(one, max_size=3) for name, one in VALUES.items()},
        "issued_from": TIME,
        "issued_to": TIME,
    },
).filter(lambda f: len(f) <= 4)
QUERY = st.builds(
    lambda minute, actor, asked: {"at": at(minute), "actor": actor, "filter": json.dumps(asked)},
    MINUTES,
    st.sampled_from(["u-1", "u-2"]),
    FILTER,
)
WORLD = st.tuples(
    st.dictionaries(st.sampled_from(NUMBERS), ROW), st.lists(CHANGE, max_size=8), st.lists(QUERY, max_size=6)
)


def table(name: str, rows: list[Row]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=store.arrow_schema(name))


def made(waybills: dict[str, Row], changes: list[Row], numbers: list[str] = NUMBERS) -> States:
    """States of waybills, whose changes are sorted as the ledger sorts them."""
    ordered = sorted(changes, key=lambda c: c["at"])
    keys = np.arange(len(numbers), dtype=np.uint64)
    rows = table("waybills", [{"waybill": w, **row} for w, row in waybills.items()])
    return states_of(keys, numbers, rows, table("changes", ordered), table("outlets", OUTLETS))


def asked(rows: list[Row]) -> Queries:
    return queries_of(table("queries", [{"request": f"r-{n}", **row} for n, row in enumerate(rows)]), KEYER)


@given(WORLD)
@settings(max_examples=300, deadline=None)
def test_it_agrees_with_the_brute_force(world: tuple[dict[str, Row], list[Row], list[Row]]) -> None:
    """Rule 1, with all rules of `_asof`: changes in any order, two at one moment, lists, places, nulls, bounds."""
    waybills, changes, queries = world
    states = made(waybills, changes)
    got = asked(queries)
    query, state = _replay.matches(got, states)
    request = {int(KEYER.of([f"r-{n}"])[0]): n for n in range(len(queries))}
    found = {(request[int(got.request[q])], NUMBERS[states.item[s]]) for q, s in zip(query, state, strict=True)}
    wanted = {
        (n, waybill)
        for n, row in enumerate(queries)
        for waybill in NUMBERS
        if shows(row, waybill, waybills.get(waybill), changes, OUTLETS)
    }
    assert found == wanted
    assert len(query) == len(wanted)
    counted = _replay.fitting(got, states)
    assert counted.tolist() == [sum(int(r) == q for r in query) for q in range(len(queries))]


@given(WORLD, st.lists(st.floats(0, 1), min_size=6, max_size=6))
@settings(max_examples=100, deadline=None)
def test_counts_agree_with_the_brute_force(
    world: tuple[dict[str, Row], list[Row], list[Row]], chances: list[float]
) -> None:
    """Rule 5: the probability that any of an owner's queries showed a waybill, over each group, the known ones out."""
    waybills, changes, queries = world
    states = made(waybills, changes)
    got = asked(queries)
    weight = np.array([round(c, 3) for c in chances[: len(got)]])
    owners = KEYER.of(["u-1", "u-2"])
    owner = np.array([owners.tolist().index(a) for a in got.actor], np.int32)
    groups = [np.array(g) for g in ([0, 1, 2], [2, 3, 4, 5], [])]
    known = [np.array([1], np.int32), np.array([], np.int32)]
    out = _replay.shown_to(got, states, weight, owner, known, groups)
    query, state = _replay.matches(got, states)
    for o in range(2):
        for g, group in enumerate(groups):
            total = 0.0
            for item in group:
                miss = np.prod([1 - weight[q] for q, s in zip(query, state, strict=True)
                                if owner[q] == o and states.item[s] == item])  # fmt: skip
                total += 0.0 if item in known[o] else 1 - float(miss)
            assert out[o, g] == pytest.approx(total)
