"""What single detectors count and what they leave: tempo, rhythm, capacity, weakly explained reads."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.detect.viewed import (
    CHINA,
    DAY_US,
    FIRST,
    NEW,
    OWN_WORK,
    PLAIN,
    WEAK,
    WORK,
    R,
    judged,
    names,
    place,
    staff,
    view,
)
from wayseal.detect._service_area import settle_by_service_area
from wayseal.detect._view import View
from wayseal.detect.detectors import CHANCE, Odd, detectors

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
    settled = settle_by_service_area(v)
    assert settled.suspects.learnt.sum() == 40
    assert odd_of("inhuman_tempo", v) == [39]
    found = counted("inhuman_tempo", settled)
    assert found.odd.sum() == 0
    assert found.base[place(v, "a"), 0] == 0


# --- own tickets ---


def work(actor: str, days: Iterable[int], n: int, what: str = WORK) -> list[R]:
    start = 1_000_000 * ord(actor) + 50_000 * len(what)
    return [R(actor=actor, day=d, minute=480, n=n, waybill=start + 1_000 * d, what=what) for d in days]


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
    old = [replace(r, begun=((FIRST + 2) * DAY_US - CHINA - 90 * 3_600_000_000)) for r in work("a", [2], 30, WEAK)]
    assert counted("responsibility_only", view([*staff("bcde", 4), *old], 4)).odd.sum() == 0, "parcels that are old"
    idle = view([*staff("bcde", 4), *work("a", [2], 30, WEAK)], 4)
    assert counted("responsibility_only", idle).base[place(idle, "a")].tolist() == [0, 0, 20, 0]
