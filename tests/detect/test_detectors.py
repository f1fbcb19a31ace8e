"""What single detectors count and what they leave: tempo, rhythm, capacity, weakly explained reads."""

import string
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from tests.detect.viewed import MANDATE, NEW, OWN_WORK, PLAIN, WEAK, WORK, R, judged, names, place, staff, view
from wayseal.detect._territory import settle_by_territory
from wayseal.detect._view import View
from wayseal.detect.detectors import Odd, detectors
from wayseal.detect.detectors.beyond_capacity import LIVED, MARGIN, OWN, STEPS
from wayseal.detect.detectors.inhuman_tempo import CHANCE
from wayseal.detect.detectors.stock_rhythm import LEAST, OTHERS

BY_NAME = {d.name: d for d in detectors()}


def counted(name: str, v: View) -> Odd:
    return BY_NAME[name].count(v)


def odd_of(name: str, v: View, actor: str = "a") -> list[int]:
    out: list[int] = counted(name, v).odd[place(v, actor)].tolist()
    return out


def moments(
    actor: str, minutes: Iterable[float], day: int = 0, what: str = PLAIN, start: int = 0, **more: Any
) -> list[R]:
    """First reads at these minutes of a day."""
    first = 1_000_000 * ord(actor) + 100_000 * day + start
    return [
        R(actor=actor, day=day, minute=m, waybill=first + k, what=what, **more) for k, m in enumerate(sorted(minutes))
    ]  # fmt: skip


def scattered(n: int, low: float, high: float, seed: int) -> list[float]:
    """Minutes at random between two."""
    out: list[float] = np.random.default_rng(seed).uniform(low, high, n).tolist()
    return out


# --- tempo ---


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("whole", [False, True], ids=["µs", "whole seconds"])
def test_hundreds_in_an_hour_at_random_moments_are_no_tempo(seed: int, whole: bool) -> None:
    """Some two dozen of 300 come within a second of another."""
    minutes = scattered(300, 600, 660, seed)
    minutes = [int(m * 60) / 60 for m in minutes] if whole else minutes
    v = view(moments("a", minutes), 1)
    gaps = np.diff(v.suspects.at)
    assert 10 < (gaps <= 1_000_000).sum() < CHANCE * 300**2 / 3600 + 10 * whole
    assert odd_of("inhuman_tempo", v) == [0]


@pytest.mark.parametrize("n", [2, 10, 300, 1_500])
def test_a_machine_reads_one_after_another(n: int) -> None:
    v = view(moments("a", (600 + k / 60 for k in range(n))), 1)
    assert odd_of("inhuman_tempo", v) == [n - 1]


def test_a_machine_that_works_for_a_while_among_a_day_s_reads() -> None:
    """An hour is looked at for itself, and account by account."""
    people = moments("a", scattered(300, 600, 660, 1))
    burst = moments("a", (720 + k / 60 for k in range(40)), start=5_000)
    v = view([*people, *burst, *moments("b", (660 - k / 60 for k in range(1, 30)))], 1)
    found = counted("inhuman_tempo", v)
    assert found.odd[[place(v, x) for x in "ab"], 0].tolist() == [39, 28]
    assert found.suspects is not None
    assert v.suspects.at[found.suspects & (v.suspects.actor == place(v, "a"))].min() >= v.suspects.at[300]


def test_two_in_a_second_are_odd_where_few_are_read() -> None:
    pair = [*moments("a", [600, 600.01]), *moments("a", [700, 710], start=50)]
    assert odd_of("inhuman_tempo", view(pair, 1)) == [1]
    slower = moments("a", [600, 600 + 1.01 / 60, 600 + 2.02 / 60])
    assert odd_of("inhuman_tempo", view(slower, 1)) == [0]


def test_what_an_area_or_learnt_territory_explains_has_no_tempo() -> None:
    minutes = [600 + k / 60 for k in range(40)]
    assert odd_of("inhuman_tempo", view(moments("a", minutes, what=WEAK), 1)) == [0]
    assert odd_of("inhuman_tempo", view(moments("a", minutes, what=NEW), 1)) == [39], "of unknown parcels it has"
    others = [r for k, x in enumerate("bcde") for r in moments(x, [500, 510], origin=30 + k, destination=40 + k)]
    helps = [
        R(actor="a", day=0, minute=m, waybill=k, origin=7, destination=50 + k) for k, m in enumerate(minutes)
    ]  # fmt: skip
    v = view([*others, *helps], 1)
    settled = settle_by_territory(v)
    assert settled.suspects.learnt.sum() == 40
    assert odd_of("inhuman_tempo", v) == [39]
    found = counted("inhuman_tempo", settled)
    assert found.odd.sum() == 0
    assert found.base[place(v, "a"), 0] == 0


# --- rhythm ---


def batch(hour: float, n: int = 20, day: int = 0) -> list[R]:
    """A read every twelve seconds, from an hour on."""
    return moments("a", (hour * 60 + k / 5 for k in range(n)), day, start=int(hour * 1_000))


def test_batches_at_the_hours_at_which_stock_grows() -> None:
    v = view([*batch(11), *batch(13), *batch(16), *batch(9, LEAST - 1)], 1)
    assert odd_of("stock_rhythm", v) == [3 * (20 - LEAST + 1)]


def test_whoever_reads_all_day_has_no_rhythm() -> None:
    """Batches of an hour each from nine to five: some of them lie near those hours by chance."""
    assert odd_of("stock_rhythm", view([r for hour in range(9, 18) for r in batch(hour)], 1)) == [0]
    assert odd_of("stock_rhythm", view(moments("a", scattered(400, 540, 1080, 2)), 1)) == [0]


@pytest.mark.parametrize(("beside", "odd"), [(0, 32), (1, 32), (2, 0), (3, 0)])
def test_other_hours_are_held_against_them(beside: int, odd: int) -> None:
    """Near the hours there must be more than twice as many as beside them."""
    assert OTHERS == 2.0
    near = [*batch(11), *batch(13)]
    other = [r for k in range(beside) for r in batch((9, 14.6, 17.6)[k], 19)]
    assert odd_of("stock_rhythm", view([*near, *other], 1)) == [odd]


def test_a_day_is_held_against_itself() -> None:
    rows = [*batch(11), *batch(13), *(r for hour in (9, 10, 14.6, 17.6) for r in batch(hour, day=1)), *batch(11, day=1)]
    assert odd_of("stock_rhythm", view(rows, 2)) == [32, 0]


# --- capacity ---

PEERS = string.ascii_letters[1:31]


def work(actor: str, days: Iterable[int], n: int, what: str = WORK) -> list[R]:
    start = 1_000_000 * ord(actor) + 50_000 * len(what)
    return [R(actor=actor, day=d, minute=480, n=n, waybill=start + 1_000 * d, what=what) for d in days]


def days_of(actor: str, *counts: int) -> list[R]:
    """Work of so many parcels on each day, among thirty peers who handle forty a day."""
    mine = [r for d, n in enumerate(counts) if n for r in work(actor, [d], n)]
    return [*mine, *(r for p in PEERS for r in work(p, range(len(counts)), 40))]


def odd_days(*counts: int) -> list[int]:
    return odd_of("beyond_capacity", view(days_of("a", *counts), len(counts)))


def test_after_one_day_of_pulling_a_second_one_is_beyond_capacity_too() -> None:
    """It is the second busiest day that counts, so that one such day makes no capacity."""
    quiet = [40] * 6
    assert odd_days(*quiet, 400)[-1] == int(STEPS * (400 / (MARGIN * 40) - 1))
    assert odd_days(*quiet, 400, 400)[-2:] == odd_days(*quiet, 400)[-1:] * 2
    assert odd_days(*quiet, 400, 40, 40, 400)[-1] > 0


def test_two_busy_days_are_what_somebody_can_do() -> None:
    assert OWN * 400 > 500
    assert odd_days(*[40] * 6, 400, 400, 500)[-1] == 0
    assert odd_days(*[40] * 6, 400, 400, 900)[-1] == int(STEPS * (900 / (OWN * 400) - 1)) > 0


def test_nothing_is_beyond_capacity_before_the_log_has_lived() -> None:
    assert odd_days(400, *[40] * LIVED)[0] == 0
    assert odd_days(*[40] * (LIVED - 1), 400) == [0] * LIVED
    assert odd_days(*[40] * LIVED, 400)[-1] > 0


def test_what_is_handled_is_what_work_or_a_mandate_explains() -> None:
    """Weakly explained reads are counted elsewhere, and whoever helps at an outlet does other people's work."""
    rows = days_of("a", *[40] * 8)
    for what, some in ((PLAIN, False), (NEW, False), (WEAK, False), (MANDATE, True)):
        v = view([*rows, *work("a", [7], 400, what)], 8)
        assert (odd_of("beyond_capacity", v)[7] > 0) == some, what
    lent = [R(actor="a", day=7, minute=0, n=50, waybill=77_000, origin=7)]
    v = settle_by_territory(view([*rows, *lent], 8))
    assert v.suspects.learnt.all()
    found = counted("beyond_capacity", v)
    assert found.odd[place(v, "a"), 7] == 0
    assert found.reported is not None


# --- own tickets ---


def test_reads_that_only_an_own_ticket_explains_are_counted_and_handled() -> None:
    v = view([*staff("bcde", 4), *work("a", range(4), 10), *work("a", [2, 3], 30, OWN_WORK)], 4)
    found, a = counted("own_tickets", v), place(v, "a")
    assert found.odd[a].tolist() == [0, 0, 30, 30]
    assert found.base[a].tolist() == [30, 30, 30, 30]
    assert v.handled[a].tolist() == [10, 10, 40, 40]
    assert not counted("unexplained_first_reads", v).odd[a].any()
    assert not counted("inhuman_tempo", v).base[a].any()


def test_whoever_opens_own_tickets_stands_out_only_where_others_dont() -> None:
    desk = [read for actor in "bcdefghi" for read in work(actor, range(14), 20, OWN_WORK)]
    counter = [*staff("jklmnopq", 14), *work("a", range(14), 20), *work("a", range(7, 14), 15, OWN_WORK)]
    roles = dict.fromkeys("bcdefghi", "service")
    v = view([*desk, *counter], 14, roles=roles)
    (found,) = judged(v, BY_NAME["own_tickets"])
    assert found.is_detail
    evidence = dict(zip(names("actor", v.keys.tolist()), found.evidence.total.max(axis=1).tolist(), strict=True))
    assert evidence.pop("a") > 5
    assert max(evidence.values()) < 0.1


# --- weakly explained reads ---


def test_weakly_explained_reads_stand_beside_explained_ones_and_what_is_usual() -> None:
    v = view([*staff("bcde", 4), *work("a", range(4), 10), *work("a", [2, 3], 30, WEAK)], 4)
    found, a = counted("responsibility_only", v), place(v, "a")
    assert found.weak
    assert found.odd[a].tolist() == [0, 0, 30, 30]
    assert found.base[a].tolist() == [10 + 20, 10 + 20, 10 + 20, 10 + 20], "ten of its own, and twenty as its peers"
    idle = view([*staff("bcde", 4), *work("a", [2], 30, WEAK)], 4)
    assert counted("responsibility_only", idle).base[place(idle, "a")].tolist() == [0, 0, 20, 0]
