"""The benchmarks at a small size."""

from pathlib import Path

from benchmarks.numbers import numbers_kills, numbers_speed
from benchmarks.registry import Said, Table

from tests.effort import DEEP


def table(said: list[Said]) -> Table:
    return next(one for one in said if isinstance(one, Table))


def test_kills_leave_every_number_where_it_was(tmp_path: Path) -> None:
    options = numbers_kills.Options(work=tmp_path / "kills", kills=20 if DEEP else 2, seconds=0.1)
    found = table([*numbers_kills.measure(options)])
    assert [found.cell("numbers", name) for name in ("lost", "moved back", "issued twice")] == ["0"] * 3


def test_speed_is_told_of_each_move(tmp_path: Path) -> None:
    found = table([*numbers_speed.measure(numbers_speed.Options(work=tmp_path, numbers=200))])
    for what in ("issue, 10,000 a block", "scan, 1,000 a commit", "a life's moves, 10,000 a commit", "look-up"):
        assert found.cell(f"SQLite: {what}", "a second") is not None
