"""The benchmarks run, small: what is read when damaged, and how quickly labels are made."""

import pytest
from benchmarks.labels import labels_decode, labels_speed
from benchmarks.registry import Table, figure_of


@pytest.mark.slow
@pytest.mark.once
def test_damaged_labels_are_read() -> None:
    table, _ = labels_decode.measure(labels_decode.Options(labels=1))
    assert isinstance(table, Table)
    for damage in labels_decode.DAMAGES:
        assert figure_of(table.cell(damage, "read") or "") == 1
    assert (figure_of(table.cell("dead dots, patch on the label", "one copy") or "") or 0) < 1


@pytest.mark.once
def test_labels_a_second() -> None:
    (table,) = labels_speed.measure(labels_speed.Options(labels=2))
    assert isinstance(table, Table)
    assert len(table.rows) == 6
    assert all(figure_of(cell) for row in table.rows for cell in row[1:])
