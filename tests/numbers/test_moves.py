"""Blocks and moves on both databases: what is refused first."""

import json
from pathlib import Path

import pytest

from tests.database.places import opened
from tests.numbers.world import DAY, HOUR, KEYS, NOW, Desk
from wayseal.database import execute, query
from wayseal.numbers import _store, tracking
from wayseal.numbers.breaches import Breach, BreachKind
from wayseal.numbers.codec import Series
from wayseal.numbers.codes import make_secret, secret_fits
from wayseal.numbers.errors import KeyTakenError, NumbersError, RestoredError
from wayseal.numbers.moves import RESERVATION, BlockAsk, Numbers
from wayseal.numbers.rules import Move, MoveKind, Outcome
from wayseal.numbers.tables import DECOY, open_numbers


def test_nothing_is_bound_by_others_late_or_twice(both: Desk) -> None:
    first, second, third, fourth = both.issue(4)
    assert both.bind(first, by="thief").breach is BreachKind.BOUND_BY_OTHER
    assert both.bind(first).outcome is Outcome.DONE
    assert both.bind(first).outcome is Outcome.SAME
    assert both.bind(first, phone="13900139000").breach is BreachKind.REBOUND
    assert both.bind(first, order="another").breach is BreachKind.SECOND_ORDER
    assert both.bind(second, order=f"order of {first}").breach is BreachKind.SECOND_NUMBER
    assert both.scan(third).breach is BreachKind.SCANNED_UNBOUND
    assert both.scan(third).breach is BreachKind.SCANNED_UNBOUND
    assert both.bind(third).breach is BreachKind.BOUND_LATE
    both.move(fourth, MoveKind.VOID)
    assert both.bind(fourth).breach is BreachKind.OTHER_STATE
    kept = {one.kind: one for one in both.breaches()}
    assert set(kept) == {
        BreachKind.BOUND_BY_OTHER, BreachKind.REBOUND, BreachKind.SECOND_ORDER, BreachKind.SECOND_NUMBER,
        BreachKind.SCANNED_UNBOUND, BreachKind.BOUND_LATE, BreachKind.OTHER_STATE,
    }  # fmt: skip
    thief = kept[BreachKind.BOUND_BY_OTHER]
    assert (thief.number, thief.asker, thief.holder) == (first, "thief", "shop")
    assert kept[BreachKind.SECOND_NUMBER].facts["other"] == first


def test_a_life_goes_one_way(both: Desk) -> None:
    (number,) = both.issue(1)
    assert both.move(number, MoveKind.CLOSE).breach is BreachKind.OTHER_STATE
    both.bind(number)
    assert both.move(number, MoveKind.EXPIRE).breach is BreachKind.OTHER_STATE
    assert both.scan(number).outcome is Outcome.DONE
    assert both.scan(number, kind="delivered").outcome is Outcome.DONE
    assert both.move(number, MoveKind.VOID).breach is BreachKind.OTHER_STATE
    assert both.move(number, MoveKind.CLOSE).outcome is Outcome.DONE
    assert both.move(number, MoveKind.CLOSE).outcome is Outcome.SAME
    assert both.scan(number).breach is BreachKind.SCANNED_ENDED
    assert both.move(number, MoveKind.RETIRE).outcome is Outcome.DONE
    assert both.scan(number).breach is BreachKind.SCANNED_ENDED
    assert both.move("YT0000000000000", MoveKind.SCAN).breach is BreachKind.NEVER_ISSUED
    assert both.kinds().count("scanned_ended") == 1, "once a number, asker and day"


def test_a_batch_goes_through_but_for_what_is_refused(both: Desk) -> None:
    first, second = both.issue(2, outlet="SH-1")
    both.bind(first)
    done = both.numbers.move(
        [
            Move(number=first, move=MoveKind.SCAN, by="a", outlet="BJ-1", city="北京", kind="pickup"),
            Move(number=second, move=MoveKind.CLOSE, by="a"),
            Move(number=first, move=MoveKind.CLOSE, by="a"),
            Move(number=first, move=MoveKind.RETIRE, by="a", at=NOW - HOUR),
        ],
        NOW,
    )
    assert [one.outcome.value for one in done] == ["done", "refused", "done", "done"]
    assert sorted(both.kinds()) == ["clock_skew", "other_state", "scanned_elsewhere"]
    assert next(one for one in both.breaches() if one.kind is BreachKind.CLOCK_SKEW).facts == {"seconds": -3600}
    assert both.numbers.move([], NOW) == []


def test_a_guard_that_fails_leaves_nothing(both: Desk) -> None:
    (number,) = both.issue(1)
    before = both.numbers.database.read(_store.standing, [number])
    after = {number: before[number]._replace(state="bound", last=99)}
    both.bind(number)
    with pytest.raises(NumbersError):
        both.numbers.database.write(_store.update, before, after)
    assert both.numbers.database.read(_store.standing, [number])[number].last != 99


def test_where_orders_dont_arrive_one_alarm_is_told(both: Desk) -> None:
    some = both.issue(60)
    moves = [Move(number=one, move=MoveKind.SCAN, by="gun", outlet="SH-1") for one in some]
    both.numbers.move(moves, NOW)
    (alarm,) = both.breaches()
    assert (alarm.kind, alarm.asker, alarm.facts) == (BreachKind.COVERAGE, "SH-1", {"scans": 60, "unbound": 60})


def test_a_block_asked_twice_is_the_same(both: Desk) -> None:
    first = both.issue(5, key="k")
    assert both.issue(5, key="k") == first
    assert not set(both.issue(5)) & set(first)
    with pytest.raises(KeyTakenError):
        both.issue(6, key="k")
    for size in (0, 100_001):
        with pytest.raises(NumbersError):
            both.issue(size)
    with pytest.raises(NumbersError):
        both.issue(1, series="ZZ")


def test_a_series_ends(one: Desk) -> None:
    one.numbers.add_series(Series(prefix="SH", digits=7), NOW)
    one.numbers.database.write(execute, "UPDATE series SET next = ? WHERE series = 'SH'", [(999_999,)])
    assert len(one.issue(1, series="SH")) == 1
    with pytest.raises(NumbersError):
        one.issue(1, series="SH")


def test_a_restored_database_issues_nothing_until_the_rest_is_burnt(one: Desk, tmp_path: Path) -> None:
    old = one.issue(5)
    database = tmp_path / "old.db"
    one.numbers.database.write(lambda c: None)
    (place,) = tmp_path.glob("????????.db")
    import sqlite3

    with sqlite3.connect(place) as live, sqlite3.connect(database) as copy:
        live.backup(copy)
    live.close()
    copy.close()
    lost = one.issue(5)
    with opened(f"sqlite:///{database}") as restored:
        numbers = Numbers(restored, KEYS, tmp_path / "mark")
        ask = BlockAsk(holder="shop", channel="api", size=5)
        with pytest.raises(RestoredError):
            numbers.check()
        with pytest.raises(RestoredError):
            numbers.issue(ask, NOW)
        assert numbers.burn(NOW) == {"YT": RESERVATION - 5}
        numbers.check()
        assert not {*numbers.issue(ask, NOW).numbers} & {*old, *lost}
        scan = Move(number=lost[0], move=MoveKind.SCAN, by="gun")
        assert numbers.move([scan], NOW)[0].breach is BreachKind.NEVER_ISSUED
        (kept, _) = Desk(numbers).breaches()
        assert kept.kind is BreachKind.RESTORED
        (tmp_path / "mark").unlink()
        with pytest.raises(RestoredError):
            numbers.check()


def test_the_mark_never_goes_back(one: Desk, tmp_path: Path) -> None:
    one.issue(5)
    one.numbers._keep_mark("YT", 3)
    assert json.loads((tmp_path / "mark").read_text()) == {"YT": 5}


def test_the_gate_sees_live_parcels_alone(both: Desk) -> None:
    first, second = both.issue(2)

    def find(number: str) -> tracking.Tracked | None:
        return both.numbers.database.look(tracking.find, number)

    assert find("YT0000000000000") is None
    assert find(DECOY) is None
    both.bind(first)
    hidden = find(first)
    assert hidden is not None
    assert hidden.events == ()
    assert not hidden.is_live(NOW)
    both.scan(first, city="上海")
    both.scan(first, kind="delivered", city="北京", at=NOW - 1000)
    live = find(first)
    assert live is not None
    assert [(event.kind, event.city) for event in live.events] == [("pickup", "上海"), ("delivered", "北京")]
    assert live.events[1].at == NOW - 1000
    assert live.is_live(NOW)
    assert secret_fits(KEYS.gate, first, make_secret(KEYS.secret, first), live.verifier)
    both.move(first, MoveKind.CLOSE)
    closed = find(first)
    assert closed is not None
    assert closed.is_live(NOW + 4 * DAY)
    assert not closed.is_live(NOW + 6 * DAY)
    assert find(second) is not None


def test_a_database_without_numbers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NumbersError):
        open_numbers(tmp_path / "none.db")


def test_a_breach_is_kept_once(both: Desk) -> None:
    from wayseal.numbers import breaches

    one = Breach(kind=BreachKind.TRACKED_EARLY, number="YT1", at=NOW, asker="10.0.0.1", facts={"n": 1})
    both.numbers.database.write(breaches.add, one, one)
    both.numbers.database.write(breaches.add, one)
    assert len(both.breaches()) == 1
    assert both.numbers.database.read(query, "SELECT COUNT(*) FROM breaches") == [(1,)]
