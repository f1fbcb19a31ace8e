"""What only time tells, and who reads before it is time."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.numbers.world import DAY, NOW, Desk
from wayseal.database import DatabaseGoneError
from wayseal.numbers import _store
from wayseal.numbers.breaches import BreachKind
from wayseal.numbers.reads import BULK, NumberRead, ReadWatch, record_read
from wayseal.numbers.rules import MoveKind
from wayseal.numbers.sweep import runs_chance, sweep


def test_an_order_without_a_parcel_is_void(both: Desk) -> None:
    ghost, real = both.issue(2)
    both.bind(ghost)
    both.bind(real)
    both.scan(real)
    assert sweep(both.numbers, NOW + 2 * DAY)[BreachKind.NEVER_SCANNED] == 0
    assert sweep(both.numbers, NOW + 4 * DAY)[BreachKind.NEVER_SCANNED] == 1
    assert sweep(both.numbers, NOW + 5 * DAY)[BreachKind.NEVER_SCANNED] == 0
    (told,) = both.breaches()
    assert (told.number, told.holder) == (ghost, "shop")
    assert both.scan(ghost).breach is BreachKind.SCANNED_ENDED


def test_a_block_that_lies_is_told_once_and_expires(both: Desk) -> None:
    first, *_ = both.issue(5)
    both.bind(first)
    both.scan(first)
    assert sweep(both.numbers, NOW + 13 * DAY)[BreachKind.IDLE_BLOCK] == 0
    assert sweep(both.numbers, NOW + 15 * DAY)[BreachKind.IDLE_BLOCK] == 1
    assert sweep(both.numbers, NOW + 16 * DAY)[BreachKind.IDLE_BLOCK] == 0
    assert sweep(both.numbers, NOW + 366 * DAY)["expired"] == 4
    assert sweep(both.numbers, NOW + 367 * DAY)["expired"] == 0
    assert both.breaches()[-1].facts == {"size": 5, "used": 1}


def test_a_block_of_which_somebody_picks_is_told_and_one_used_in_order_isnt(both: Desk) -> None:
    ordered, picked = both.issue(40), both.issue(40)
    for one in [*ordered[:20], *picked[::2]]:
        both.bind(one)
    assert sweep(both.numbers, NOW + 60)[BreachKind.OUT_OF_ORDER] == 1
    assert sweep(both.numbers, NOW + 61)[BreachKind.OUT_OF_ORDER] == 0
    (told,) = both.breaches()
    assert told.number == "block 3"


@given(st.integers(2, 6), st.integers(2, 6))
def test_the_exact_chance_is_that_of_all_orders(n: int, m: int) -> None:
    """Against every arrangement, counted."""
    from itertools import combinations, pairwise

    def runs(used: list[bool]) -> int:
        return 1 + sum(a != b for a, b in pairwise(used))

    every = [[place in some for place in range(n + m)] for some in combinations(range(n + m), n)]
    for used in (every[0], every[-1], every[len(every) // 2]):
        right = sum(runs(one) <= runs(used) for one in every) / len(every)
        assert runs_chance(used) == pytest.approx(right)


def test_the_normal_chance_is_near_the_exact_one(monkeypatch: pytest.MonkeyPatch) -> None:
    used = [place % 7 in (0, 2, 3) for place in range(600)]
    exact = runs_chance(used)
    monkeypatch.setattr("wayseal.numbers.sweep._EXACT", 0)
    assert runs_chance(used) == pytest.approx(exact, abs=0.01)
    assert runs_chance([True] * 5) == 0.0


def reads(*numbers: str, by: str = "mole", client: str = "") -> list[NumberRead]:
    return [NumberRead(number=one, by=by, client=client, at=NOW) for one in numbers]


def test_an_early_read_names_its_reader_and_others_dont(both: Desk) -> None:
    issued, bound, scanned, void = both.issue(4)
    both.bind(bound)
    both.bind(scanned)
    both.scan(scanned)
    both.move(void, MoveKind.VOID)
    write = both.numbers.database.write
    assert write(record_read, reads(scanned, void, "YT0000000000000")) == 0
    assert write(record_read, reads(issued, by="shop") + reads(issued, client="shop")) == 0
    assert write(record_read, reads(issued, bound)) == 2
    assert [(one.number, one.asker, one.holder, one.facts["state"]) for one in both.breaches()] == [
        (issued, "mole", "shop", "issued"),
        (bound, "mole", "shop", "bound"),
    ]


def test_many_early_reads_of_one_are_bulk(both: Desk) -> None:
    some = both.issue(BULK)
    both.numbers.database.write(record_read, reads(*some[:-1]))
    assert "bulk_read" not in both.kinds()
    both.numbers.database.write(record_read, reads(some[-1]))
    both.numbers.database.write(record_read, reads(some[-1]))
    assert both.kinds().count("bulk_read") == 1


def test_reads_are_looked_at_beside_and_none_is_lost_while_the_database_is_away(
    one: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    (number,) = one.issue(1)
    away = True

    def read(*args: object) -> object:
        if away:
            raise DatabaseGoneError("away")
        return real(*args)  # type: ignore[arg-type]

    real = one.numbers.database.read
    monkeypatch.setattr(one.numbers.database, "read", read)
    with ReadWatch(one.numbers.database) as watch:
        watch.note([number.lower()], "mole", "app", NOW)
        time.sleep(0.3)
        away = False
        start = time.monotonic()
        while not one.kinds() and time.monotonic() - start < 5:
            time.sleep(0.02)
        assert one.kinds() == ["read_early"]
        watch.note([number], "mole 2", "app", NOW)
    assert len(one.kinds()) == 2, "what waits at the end is looked at"


def test_too_many_reads_are_counted(one: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wayseal.numbers.reads._WAITING", 2)
    with ReadWatch(one.numbers.database) as watch:
        for _ in range(3):
            watch.note(["YT1"], "mole", "", NOW)
        assert watch.dropped <= 1


def test_numbers_of_an_empty_list_are_none(one: Desk, tmp_path: Path) -> None:
    assert one.numbers.database.read(_store.standing, []) == {}
    assert tmp_path.exists()
