"""Every row of a table of cases is tried, and those that fail are told (`tests/tables.py`)."""

from pathlib import Path

import pytest

from tests.tables import each

TRIED: list[tuple[int, str]] = []


@each("word", ["a", "b"])
@each(("number", "half"), {2: 1, 6: 3}.items())
def test_a_table_within_a_table(tmp_path: Path, word: str, number: int, half: int) -> None:
    assert number // 2 == half
    assert tmp_path.is_dir()
    TRIED.append((number, word))


def test_each_row_was_tried_once() -> None:
    TRIED.clear()
    test_a_table_within_a_table(tmp_path=Path.cwd())
    assert sorted(TRIED) == [(2, "a"), (2, "b"), (6, "a"), (6, "b")]


def test_rows_that_fail_are_told() -> None:
    @each(("one", "other"), [(1, 1), (1, 2), (3, 4)])
    def equal(one: int, other: int) -> None:
        assert one == other

    @each("number", [1, 0])
    def divides(number: int) -> None:
        with pytest.raises(ZeroDivisionError):
            _ = 1 // number

    with pytest.raises(BaseExceptionGroup, match="2 of 3 rows") as caught:
        equal()
    assert [e.__notes__ for e in caught.value.exceptions] == [
        ["the row: {'one': 1, 'other': 2}"],
        ["the row: {'one': 3, 'other': 4}"],
    ]
    with pytest.raises(pytest.fail.Exception) as alone:
        divides()
    assert alone.value.__notes__ == ["the row: {'number': 1}"]
