"""The benchmarks run, at the least size."""

import pytest
from benchmarks.registry import Table, load


@pytest.mark.once
def test_quality_has_a_row_for_each_method() -> None:
    one = load("parcels_quality")
    options = one.options(seeds=1, families=("dense",), parcels=3000, learn=False)
    tables = [said for said in one.measure(options) if isinstance(said, Table)]
    assert [row[0] for row in tables[-1].rows][:2] == ["ours", "lane z"]
    assert float(tables[-1].rows[0][1]) > float(tables[-1].rows[1][1])


@pytest.mark.once
def test_speed_tells_seconds() -> None:
    one = load("parcels_speed")
    (table,) = (said for said in one.measure(one.options(parcels=2000)) if isinstance(said, Table))
    assert float(table.rows[1][1]) >= 0
