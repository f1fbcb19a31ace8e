"""A vault as a source: what its log says was shown, each disclosure once and in order."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.vault.world import World, on_sqlite
from wayseal.live.errors import GapError, SourceError
from wayseal.live.sources import Reading, Start
from wayseal.live.sources.vault import VaultSource
from wayseal.live.types import Position
from wayseal.vault import tables as t


def source_of(world: World, reading: Reading | None = None) -> VaultSource:
    return VaultSource(world.main, world.vault.marks, reading or Reading(until_end=True))


def taken(source: VaultSource, after: Position | None = None) -> tuple[list[dict[str, object]], Position | None]:
    """Rows behind a place, and the place behind them."""
    rows: list[dict[str, object]] = []
    with source.open(after):
        for batch in source.batches(0.01):
            assert batch is not None
            rows += [json.loads(line) for line in batch.lines.splitlines()]
            after = batch.position
    return rows, after


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[World]:
    """A vault that showed two parcels and refused one."""
    (tmp_path / "one").mkdir()
    with on_sqlite(tmp_path / "one") as made:
        numbers = made.seal(2)
        for number in numbers:
            made.shown("courier-1", number)
        made.ask("nobody", numbers[:1])
        yield made


def test_disclosures_are_reads_once_and_behind_a_place_the_next(shown: World) -> None:
    rows, place = taken(source_of(shown))
    assert [row["actor"] for row in rows] == ["courier-1", "courier-1"]
    assert all(row["action"] == "decrypt" and str(row["access"]).startswith("vault.example/") for row in rows)
    assert taken(source_of(shown), place) == ([], place)
    (third,) = shown.seal(1)
    shown.shown("courier-1", third)
    more, _ = taken(source_of(shown), place)
    assert [row["waybill"] for row in more] == [third]


def test_from_now_on_what_was_shown_before_is_left_out(shown: World) -> None:
    assert taken(source_of(shown, Reading(until_end=True, start=Start.NOW)))[0] == []


def test_another_log_and_one_that_was_cut_back_are_gaps(shown: World, tmp_path: Path) -> None:
    _, place = taken(source_of(shown))
    assert place is not None
    with pytest.raises(GapError):
        source_of(shown).open(Position(stream="vault/other.example", parts=place.parts))
    with pytest.raises(GapError):
        source_of(shown).open(Position(stream=place.stream, parts={**place.parts, "": place.parts[""] + 5}))
    with pytest.raises(GapError):
        source_of(shown).open(Position(stream=place.stream, parts={**place.parts, "leaf": 7}))


def test_an_entry_that_was_changed_stops_the_stream(shown: World) -> None:
    shown.main.write(lambda c: c.execute(sa.update(t.entries).where(t.entries.c.seq == 3).values(salt=b"0" * 16)))
    with pytest.raises(SourceError):
        taken(source_of(shown))
