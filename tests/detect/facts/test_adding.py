"""Facts add up in any order and any brackets, and a first read that moved takes the place of the older one."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.detect.making import CHINA, same
from wayseal.detect.facts import Facts, totals
from wayseal.detect.facts._facts import (
    HOURS,
    SCHEMAS,
    SHOWN,
    SUSPECTS,
    USES,
    add_up,
    is_among,
    newest_suspects,
    rows_of,
)

pytestmark = pytest.mark.kernels

KEY = st.sampled_from([1, 2, 3, (1 << 64) - 1])
SMALL = st.integers(0, 3)
SIGNED = st.integers(-3, 3)


def table(schema: pa.Schema, ids: int, rows: dict[tuple[Any, ...], tuple[Any, ...]]) -> pa.Table:
    """Rows by their ids, sorted by these."""
    whole = [dict(zip(schema.names, (*key, *rows[key]), strict=True)) for key in sorted(rows)]
    assert all(len(key) == ids for key in rows)
    return pa.Table.from_pylist(whole, schema=schema)


def dictionaries(ids: Any, cells: Any) -> Any:
    return st.dictionaries(ids, cells, max_size=6)


SPAN = st.tuples(SMALL, SMALL, SMALL).map(lambda t: (t[0], min(t[1:]), max(t[1:])))
COUNTS = st.builds(
    lambda h, u, s: {"hours": table(HOURS, 2, h), "uses": table(USES, 4, u), "shown": table(SHOWN, 5, s)},
    dictionaries(st.tuples(KEY, SMALL), st.tuples(SMALL, SIGNED, SIGNED)),
    dictionaries(st.tuples(KEY, SMALL, st.integers(0, 1), KEY), SPAN),
    dictionaries(st.tuples(KEY, SMALL, SMALL, KEY, KEY), st.tuples(SMALL)),
)


def facts_with(waybills: list[int]) -> Any:
    """Facts whose suspects are of some waybills only."""
    why = st.sampled_from([5, 254, 255])
    cells = st.tuples(SMALL, SMALL, KEY, KEY, KEY, why, st.booleans(), KEY, KEY, KEY, KEY, KEY, SMALL)
    suspects = dictionaries(st.tuples(st.sampled_from(waybills), KEY), cells)
    return st.builds(lambda c, s: Facts(**c, suspects=table(SUSPECTS, 2, s), offset=CHINA), COUNTS, suspects)


@given(facts_with([1, 2]), facts_with([3, 4]), facts_with([5, 6]))
def test_order_and_brackets(a: Facts, b: Facts, c: Facts) -> None:
    same(a.plus(b), b.plus(a))
    same(a.plus(b).plus(c), a.plus(b.plus(c)))


@given(facts_with([1, 2]))
def test_nothing_more(a: Facts) -> None:
    none = Facts.empty(CHINA)
    same(a.plus(none), a)
    same(none.plus(a), a)
    same(none.plus(none), none)
    for name, schema in SCHEMAS.items():
        assert getattr(a.plus(none), name).schema.equals(schema)


@given(facts_with([1, 2]), facts_with([1, 2]))
def test_counts_add_and_the_later_suspect_stays(a: Facts, b: Facts) -> None:
    both = a.plus(b)
    assert totals(both) == tuple(np.add(totals(a), totals(b)).tolist())
    mine = {(r["waybill"], r["actor"]): r for r in a.suspects.to_pylist()}
    mine |= {(r["waybill"], r["actor"]): r for r in b.suspects.to_pylist()}
    assert both.suspects.to_pylist() == [mine[key] for key in sorted(mine)]
    uses = {tuple(r.values())[:4]: r for r in both.uses.to_pylist()}
    for use in [*a.uses.to_pylist(), *b.uses.to_pylist()]:
        made = uses[tuple(use.values())[:4]]
        assert made["from"] <= use["from"] <= use["to"] <= made["to"]
    for name in ("hours", "uses", "shown"):
        assert sum(getattr(both, name)["reads"].to_pylist()) == sum(
            sum(getattr(f, name)["reads"].to_pylist()) for f in (a, b)
        )


@given(facts_with([1, 2]), st.lists(st.tuples(st.sampled_from([1, 2, 3]), KEY), max_size=5))
def test_without_some_pairs(a: Facts, pairs: list[tuple[int, int]]) -> None:
    waybills, actors = (np.array([p[k] for p in pairs], np.uint64) for k in (0, 1))
    left = a.without(waybills, actors)
    expected = [r for r in a.suspects.to_pylist() if (r["waybill"], r["actor"]) not in pairs]
    assert left.suspects.to_pylist() == expected
    assert left.hours.equals(a.hours)


@given(st.lists(st.tuples(KEY, KEY), max_size=8), st.lists(st.tuples(KEY, KEY), max_size=8))
def test_among(pairs: list[tuple[int, int]], others: list[tuple[int, int]]) -> None:
    def columns(rows: list[tuple[int, int]]) -> tuple[Any, Any]:
        return np.array([r[0] for r in rows], np.uint64), np.array([r[1] for r in rows], np.uint64)

    assert is_among(columns(pairs), columns(others)).tolist() == [p in others for p in pairs]


def test_rows_of_some_waybills() -> None:
    keys, wanted = [1, 1, 4, 5, 5, 9], [0, 1, 2, 5, 7]
    batch = pa.RecordBatch.from_pydict({"waybill": pa.array(keys, pa.uint64()), "row": pa.array(range(6))})
    assert rows_of(batch, np.array(wanted, np.uint64))["row"].to_pylist() == [0, 1, 3, 4]
    assert rows_of(batch, np.array([], np.uint64)).num_rows == 0
    assert rows_of(batch.slice(0, 0), np.array(wanted, np.uint64)).num_rows == 0


def test_other_local_days_do_not_add_up() -> None:
    with pytest.raises(ValueError, match="local days"):
        Facts.empty(0).plus(Facts.empty(1))


def test_nothing_at_all() -> None:
    assert add_up("hours", []).schema.equals(HOURS)
    assert newest_suspects([]).schema.equals(SUSPECTS)
    assert totals(Facts.empty(0)) == (0, 0, 0)
