"""Learnt territory: the numbered obligations of `_service_area`."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.detect.viewed import FIRST, NEW, PLAIN, WEAK, WORK, R, facts_from, key, numbers, place, view
from tests.detect.views import cut
from wayseal.detect._service_area import (
    AT_OUTLET,
    BUSY,
    BY_CHANNEL,
    FEW,
    IN_AREA,
    LAST,
    LEAST,
    MOST,
    NONE,
    OFTEN,
    OUTLETS,
    WIDE,
    ServiceAreas,
    find_service_area,
    settle_by_service_area,
)
from wayseal.detect._view import AccountPosts, OutletPlaces, View, build_view

pytestmark = [pytest.mark.kernels, pytest.mark.once]
Ends = tuple[int, int]
WHERE = {k: (100 + (k - 1) // 2, 200 + (k - 1) // 10) for k in range(1, 61)}
"""Sixty outlets, two a city and ten a region."""
HERE = 17
"""An outlet, of which this is told: it lies in city 108 and region 201."""
ELSEWHERE = [k for k in WHERE if WHERE[k][1] != WHERE[HERE][1]]
OF_REGION = [k for k in WHERE if WHERE[k][1] == WHERE[HERE][1]]
CROWD = "bcdefghij"
DAYS = 10


def spread(n: int, among: Sequence[int] = tuple(WHERE), start: int = 0) -> list[Ends]:
    """Ends of n parcels that come from everywhere and go everywhere."""
    many = len(among)
    return [(among[(start + 11 * k) % many], among[(start + 13 * k + 5 + k // many) % many]) for k in range(n)]


AWAY = spread(20, ELSEWHERE)
"""With these, too few reads touch an area for it to be learnt."""


def at(n: int, outlet: int = HERE, among: Sequence[int] = tuple(ELSEWHERE), start: int = 0) -> list[Ends]:
    """Ends of n parcels of one outlet: half of them come from there, half go there."""
    return [
        (outlet, other) if k % 2 else (other, outlet) for k, (other, _) in enumerate(spread(n, among, start))
    ]  # fmt: skip


def reads(
    actor: str,
    day: int,
    ends: Sequence[Ends],
    channel: Callable[[int], int] = lambda _: 0,
    what: str = PLAIN,
    **more: Any,
) -> list[R]:
    """First reads of one account on a day, of parcels that nobody else reads."""
    start = 10_000_000 * ord(actor) + 100_000 * day + 1_000 * len(what)
    return [
        R(
            actor=actor, day=day, minute=480 + k / 8, waybill=start + k, what=what, channel=channel(k),
            origin=ends[k][0], destination=ends[k][1], **more,
        )
        for k in range(len(ends))
    ]  # fmt: skip


def crowd(n: int = 6, days: int = DAYS, accounts: str = CROWD) -> list[R]:
    """What others read unexplained: from everywhere, through eight interfaces."""
    return [
        r for a, actor in enumerate(accounts) for day in range(days)
        for r in reads(actor, day, spread(n, start=3 * a + day), lambda k, a=a: 501 + (k + a) % 8)  # type: ignore[misc]
    ]  # fmt: skip


def looked(rows: Sequence[R], days: int = DAYS, **more: Mapping[Any, Any]) -> View:
    given: dict[str, Any] = {"where": WHERE, **more}
    return settle_by_service_area(view(rows, days, **given))


def found(v: View, actor: str = "a") -> dict[int, list[int]]:
    """Why each of an account's unexplained reads lies in its territory, by day."""
    s, a = v.suspects, place(v, actor)
    return {d: s.territory[(s.actor == a) & (s.day == d)].tolist() for d in np.unique(s.day[s.actor == a]).tolist()}


def only(v: View, actor: str = "a") -> set[int]:
    return {why for day in found(v, actor).values() for why in day}


# --- 1: no later days ---


def test_1_days_to_come_change_nothing() -> None:
    rows = [*crowd()]
    for day in range(DAYS):
        rows += reads("a", day, at(4, HERE + day // 4, start=day), lambda _: 501 if day > 5 else 0)  # noqa: B023
        rows += reads("k", day, spread(12, OF_REGION if day < 6 else ELSEWHERE, day))
    whole = view(rows, DAYS, where=WHERE, kinds={"a": "service"})
    expected, day_of = find_service_area(whole), whole.suspects.day
    assert set(expected.tolist()) == {NONE, AT_OUTLET, BY_CHANNEL, IN_AREA}
    for days in range(1, DAYS):
        assert find_service_area(cut(whole, days)).tolist() == expected[day_of < days].tolist()


def test_1_a_last_day_is_labelled_by_what_the_days_before_taught() -> None:
    rows = [*crowd()]
    for day in range(DAYS):
        rows += reads("a", day, at(4, HERE + day // 4, start=day), lambda _: 501 if day > 5 else 0)  # noqa: B023
        rows += reads("k", day, spread(60, OF_REGION, day)) + reads("l", day, at(5 * day, start=day))
    said = set()
    for days in range(1, DAYS + 1):
        v = cut(view(rows, DAYS, where=WHERE, kinds={"a": "service"}), days)
        s, expected = v.suspects, find_service_area(v)
        areas = ServiceAreas(v, np.flatnonzero(s.plain))
        for account in [*range(len(v.keys)), *range(len(v.keys))]:
            past, today = (
                np.flatnonzero((s.actor == account) & which) for which in (s.day < days - 1, s.day == days - 1)
            )
            if len(today):
                codes = [areas.touched(s.places[some], s.channel[some]) for some in (past, today)]
                learnt = areas.learn(account, s.day[past], codes[0])
                for _ in range(2):
                    assert areas.label_last_day(account, learnt, codes[1]).tolist() == expected[today].tolist()
                if days == 1:
                    assert areas.label_last_day(account, None, codes[1]).tolist() == expected[today].tolist()
                said |= set(expected[today].tolist())
    assert said == {NONE, AT_OUTLET, BY_CHANNEL, IN_AREA}


def test_1_what_becomes_ground_later_explains_nothing_before() -> None:
    rows = [*crowd(), *reads("a", 3, at(2)), *reads("a", 4, spread(20, ELSEWHERE)), *reads("a", 8, at(20))]
    by_day = found(looked(rows))
    assert set(by_day[3]) == {NONE}
    assert set(by_day[8]) == {AT_OUTLET}


def test_1_nor_does_what_becomes_seldom_later() -> None:
    early = [
        r for d in range(3) for k, x in enumerate(CROWD) for r in reads(x, d, [*at(4, start=k), *spread(6, start=k)])
    ]
    later = [r for d in range(3, 10) for k, x in enumerate(CROWD) for r in reads(x, d, spread(30, ELSEWHERE, k))]
    rows = [*early, *later, *(r for d in (2, 9) for r in reads("a", d, [*at(20), *AWAY]))]
    by_day = found(looked(rows))
    assert set(by_day[2]) == {NONE}
    assert by_day[9][:20] == [AT_OUTLET] * 20


# --- 2: by chance ---


@pytest.mark.parametrize("n", [10, 30, 100])
def test_2_and_5_whoever_helps_at_an_outlet_is_explained_and_whoever_reads_from_everywhere_is_not(n: int) -> None:
    rows = [
        *crowd(),
        *(r for d in (7, 8) for r in (*reads("a", d, at(n, start=d)), *reads("k", d, spread(n, start=d)))),
    ]
    v = looked(rows)
    assert only(v, "a") == {AT_OUTLET}
    assert only(v, "k") == {NONE}
    assert v.count(v.suspects.plain)[[place(v, x) for x in "ak"], 8].tolist() == [0, n]


def test_2_an_outlet_of_which_everybody_reads_is_nobody_s_ground() -> None:
    rows = [
        r for d in range(3) for k, x in enumerate(CROWD) for r in reads(x, d, [*at(4, start=k), *spread(6, start=k)])
    ]
    assert only(looked([*rows, *reads("a", 2, [*at(20), *AWAY])], 3)) == {NONE}


def test_2_own_reads_are_no_chance() -> None:
    rows = [*reads("b", 0, spread(20)), *reads("a", 0, at(300))]
    assert only(looked(rows, 1)) == {AT_OUTLET}
    rows = [*reads("b", 0, [*at(6), *spread(14, ELSEWHERE)]), *reads("a", 0, [*at(300), *spread(300, ELSEWHERE)])]
    assert only(looked(rows, 1)) == {NONE}, "nor do they make what others read often a seldom thing"


def test_2_an_account_is_counted_for_at_most_so_many() -> None:
    """A bulk reader of an outlet makes it no common one, a dozen of readers do."""
    others = [r for k, x in enumerate("bcdefghijklmno") for r in reads(x, 0, spread(40, start=k))]
    helps = reads("a", 0, [*at(20), *AWAY])
    assert only(looked([*others, *reads("p", 0, at(3_000)), *helps], 1)) == {AT_OUTLET, NONE}
    many = [r for k, x in enumerate("pqrstuvwxyzA") for r in reads(x, 0, at(int(MOST), start=k))]
    assert only(looked([*others, *many, *helps], 1)) == {NONE}


# --- 3: what is ground ---


@pytest.mark.parametrize(("n", "others", "why"), [
    (LEAST, 0, AT_OUTLET), (LEAST - 1, 0, NONE), (30, 70, AT_OUTLET), (29, 71, NONE),
])  # fmt: skip
def test_3_an_outlet_is_ground_where_it_takes_part_often(n: int, others: int, why: int) -> None:
    assert OFTEN == 0.3
    rows = [*crowd(), *reads("a", 8, [*at(n, among=ELSEWHERE[:9]), *spread(others, ELSEWHERE[9:])])]
    assert found(looked(rows))[8] == [why] * n + [NONE] * others


def test_3_or_of_the_last_days() -> None:
    """Two a day: 2, 3.6, 4.9 and 5.9 of them count on the first days."""
    rows = [*crowd(), *(r for d in range(6) for r in reads("a", d, at(2, start=d)))]
    assert found(looked(rows)) == {d: [NONE if d < 3 else AT_OUTLET] * 2 for d in range(6)}


def test_3_whoever_has_helped_is_at_home_no_more() -> None:
    rows = [*crowd(), *(r for d in (0, 1) for r in reads("a", d, at(20, start=d)))]
    rows += [r for d in range(2, 10) for r in reads("a", d, [*at(1), *spread(20, ELSEWHERE, d)])]
    by_day = found(looked(rows))
    assert by_day[1] == [AT_OUTLET] * 20
    assert by_day[9] == [NONE] * 21


@pytest.mark.parametrize("end", ["scanned", "due"])
def test_3_where_the_parcel_was_takes_part_as_well(end: str) -> None:
    ends = spread(20, ELSEWHERE)
    there: dict[str, Any] = {end: HERE}
    assert only(looked([*crowd(), *reads("a", 8, ends, **there)])) == {AT_OUTLET}
    assert only(looked([*crowd(), *reads("a", 8, ends)])) == {NONE}


def test_3_at_most_so_many_outlets() -> None:
    days = ([*at(10, 1 + 3 * d, range(31, 60)), *AWAY[:10]] for d in range(8))
    by_day = found(looked([*crowd(), *(r for d, ends in enumerate(days) for r in reads("a", d, ends))]))
    assert [AT_OUTLET in by_day[d] for d in range(8)] == [True] * OUTLETS + [False] * (8 - OUTLETS)


def help_of(n: int, *days: int, worked: int = 20, workers: str = "abcdefghij") -> dict[int, list[int]]:
    """Of one who reads so many at an outlet, in a role whose people handle so many parcels a day."""
    work = [
        R(actor=x, day=d, minute=0, n=worked, waybill=900_000_000 + 1_000 * d + 10_000 * k, what=WORK)
        for k, x in enumerate(workers) for d in range(DAYS)
    ]  # fmt: skip
    return found(looked([*crowd(), *work, *(r for d in days for r in reads("a", d, [*at(n, start=d), *AWAY]))]))


@pytest.mark.parametrize(("worked", "most"), [(20, 30), (40, 60)])
def test_3_no_more_than_people_of_the_role_do_on_a_busy_day(worked: int, most: int) -> None:
    assert (FEW, BUSY) == (30, 1.5)
    assert help_of(most, 8, worked=worked)[8][:most] == [AT_OUTLET] * most
    assert set(help_of(most + 1, 8, worked=worked)[8]) == {NONE}


def test_3_nor_at_an_outlet_that_is_ground_already() -> None:
    def both(n: int) -> dict[int, list[int]]:
        rows = [*reads("a", 7, [*at(20), *AWAY]), *reads("a", 8, [*at(n, start=3), *AWAY])]
        work = [R(actor=x, day=d, minute=0, n=20, waybill=900_000_000 + 1_000 * d + 10_000 * k, what=WORK)
                for k, x in enumerate("abcdefghij") for d in range(DAYS)]  # fmt: skip
        return found(looked([*crowd(), *work, *rows]))

    assert [both(30)[d][0] for d in (7, 8)] == [AT_OUTLET, AT_OUTLET]
    assert both(31)[7][0] == AT_OUTLET
    assert set(both(31)[8]) == {NONE}


def test_3_where_no_work_is_known_nobody_s_days_are_busy() -> None:
    """Half of the role or more have no explained read."""
    assert help_of(200, 8, workers="bcd")[8][:200] == [AT_OUTLET] * 200


def test_3_an_interface_by_its_name() -> None:
    """It reads what it issued: one read is enough. What others issued is not its own."""
    named = {"a": key("a")}
    rows = [*crowd(), *reads("a", 8, spread(1), lambda _: named["a"])]
    assert only(looked(rows)) == {BY_CHANNEL}
    rows = [*crowd(), *reads("a", 8, spread(80), lambda k: named["a"] if k % 8 == 0 else 501 + k % 8)]
    assert found(looked(rows))[8] == [NONE if k % 8 else BY_CHANNEL for k in range(80)]


def test_3_an_interface_that_is_learnt() -> None:
    rows = [*crowd(), *(r for d in range(9) for r in reads("a", d, spread(20, start=d), lambda _: 503))]
    rows += reads("a", 9, spread(40), lambda k: 503 if k < 20 else 501 + (k + 2) % 8 + (k % 8 == 0))
    by_day = found(looked(rows, kinds={"a": "service"}))
    assert by_day[0] == [BY_CHANNEL] * 20
    assert by_day[9][:20] == [BY_CHANNEL] * 20
    assert set(by_day[9][20:]) == {NONE}
    assert BY_CHANNEL not in only(looked(rows, kinds={"a": "person"})), "numbers in a row have one interface"


@pytest.mark.parametrize(("of_it", "learnt"), [(38, True), (20, False)])
def test_3_an_interface_that_issues_most_parcels_is_held_against_odds(of_it: int, learnt: bool) -> None:
    """A third of all reads are of its parcels: nobody's share of them could be LIFT times as large."""
    rows = [r for x in "bcdefgh" for d in range(5) for r in reads(x, d, spread(30), lambda k: 503 if k % 3 else 504)]
    rows += [r for d in range(5) for r in reads("a", d, spread(40), lambda k: 503 if k < of_it else 505 + k % 9)]
    said = only(looked(rows, 5, kinds={"a": "service"}))
    assert (BY_CHANNEL in said) == learnt


def managers(ends: Callable[[int], list[Ends]], days: int = 5) -> list[R]:
    return [r for x in "klm" for d in range(days) for r in reads(x, d, ends(d))]


def manager(
    outlets: Mapping[str, int] | None = None, where: Mapping[int, Ends] = WHERE
) -> dict[str, Mapping[Any, Any]]:
    """What `actors` says of the three: people of one role and one region."""
    region: dict[str, int] = {} if outlets else dict.fromkeys("klm", WHERE[HERE][1])
    return {"roles": dict.fromkeys("klm", "manager"), "regions": region, "outlets": outlets or {}, "where": where}


def mostly(d: int) -> list[Ends]:
    """Two of three parcels touch the region: too few for it to be learnt."""
    return [*spread(20, OF_REGION, d), *spread(10, ELSEWHERE, d)]


def test_3_and_5_a_region_by_actors_counts_weakly() -> None:
    v = looked([*crowd(30, 5), *managers(mostly)], 5, **manager())
    assert {tuple(day) for day in found(v, "k").values()} == {(IN_AREA,) * 20 + (NONE,) * 10}
    assert only(looked([*crowd(30, 5), *managers(mostly)], 5), "k") == {NONE}, "nobody says so"


def test_3_a_region_by_the_outlet_of_the_account() -> None:
    v = looked([*crowd(30, 5), *managers(mostly)], 5, **manager(outlets=dict.fromkeys("klm", HERE)))
    assert only(v, "k") == {IN_AREA, NONE}


def test_3_a_region_says_nothing_of_a_role_whose_people_read_everywhere() -> None:
    v = looked([*crowd(30, 5), *managers(lambda d: spread(30, start=d))], 5, **manager())
    assert only(v, "k") == {NONE}


def test_3_where_actors_says_it_no_other_area_is_learnt() -> None:
    home = [r for x in "kl" for d in range(5) for r in reads(x, d, spread(30, OF_REGION, d))]
    away = [r for d in range(5) for r in reads("m", d, spread(20, range(31, 41), d))]
    assert only(looked([*crowd(30, 5), *home, *away], 5, **manager()), "m") == {NONE}
    assert only(looked([*crowd(30, 5), *home, *away], 5), "m") == {IN_AREA}


def test_3_an_area_that_is_learnt() -> None:
    """A region of which nearly all reads are, from ten reads on."""

    def area(inside: int) -> set[int]:
        ends = ([*spread(inside, OF_REGION, d), *spread(20 - inside, ELSEWHERE, d)] for d in range(6))
        return only(looked([*crowd(days=6), *(r for d, day in enumerate(ends) for r in reads("a", d, day))], 6))

    assert area(20) == {IN_AREA}
    assert area(18) == {IN_AREA, NONE}
    assert area(16) == {NONE}
    few = looked([*crowd(), *reads("a", 8, spread(9, OF_REGION)), *reads("a", 9, spread(9, OF_REGION, 2))])
    assert [set(x) for x in found(few).values()] == [{NONE}, {IN_AREA}]


@pytest.mark.parametrize(("outlets", "why"), [(20, IN_AREA), (21, NONE)])
def test_3_a_wide_region_says_nothing(outlets: int, why: int) -> None:
    """A third of all parcels begin there, and as many end there."""
    assert 20 <= WIDE * len(WHERE) < 21
    where = {k: (city, 999 if k <= outlets else region) for k, (city, region) in WHERE.items()}
    rows = [*crowd(), *(r for d in (7, 8) for r in reads("a", d, spread(20, range(1, outlets + 1), d)))]
    assert only(looked(rows, where=where)) == {why}


# --- 4: routes ---


@pytest.mark.parametrize("back", [False, True])
def test_4_a_route_is_no_ground(back: bool) -> None:
    def asked(to: Sequence[int]) -> set[int]:
        ends = [(HERE, to[k % len(to)]) for k in range(30)]
        return only(looked([*crowd(), *reads("a", 8, [*((b, a) if back else (a, b) for a, b in ends), *AWAY])]))

    assert asked([33, 34]) == {NONE}, "two outlets of one city"
    assert asked([33, 34, 3]) == {NONE}, "two thirds of them"
    assert asked([HERE + 1]) == {NONE}, "within a city"
    assert asked([1, 3, 25, 29, 31, 33, 45]) == {AT_OUTLET, NONE}


@pytest.mark.parametrize("helper", ["B", "z"])
def test_4_whoever_helps_makes_it_ground_for_nobody_else(helper: str) -> None:
    route = reads("a", 8, [*[(HERE, 33)] * 30, *AWAY])
    v = looked([*crowd(), *reads(helper, 8, [*at(40), *AWAY]), *route])
    assert (only(v, helper), only(v)) == ({AT_OUTLET, NONE}, {NONE})


def test_4_a_city_to_which_most_parcels_go_makes_no_route() -> None:
    others = [r for x in CROWD for d in range(3) for r in reads(x, d, [(a, 33) for a, _ in spread(10, start=d)])]
    assert found(looked([*others, *reads("a", 2, [*[(HERE, 33)] * 30, *AWAY])], 3))[2] == [AT_OUTLET] * 30 + [NONE] * 20


def test_4_a_route_is_told_from_the_last_days_as_well() -> None:
    """A few a day of one route, and then some that go elsewhere."""
    rows = [*crowd(), *(r for d in range(8) for r in reads("a", d, [*[(HERE, 33)] * 4, *AWAY[:4]]))]
    rest = [(HERE, k) for k in (1, 3, 5, 9, 41, 55)]
    assert set(found(looked([*rows, *reads("a", 8, rest)]))[8]) == {NONE}
    later = 8 + LAST
    assert set(found(looked([*rows, *reads("a", later, rest)], later + 1))[later]) == {AT_OUTLET}, "long ago"


# --- 5: what it makes of a read ---


def test_5_explained_at_an_outlet_or_interface_and_weakly_so_in_an_area() -> None:
    rows = [*crowd(30, 5), *managers(mostly), *reads("a", 4, at(20)), *reads("p", 4, spread(20), lambda _: key("p"))]
    v = looked(rows, 5, **manager())
    s = v.suspects
    for why, flags in ((NONE, (1, 0, 0)), (AT_OUTLET, (0, 0, 1)), (BY_CHANNEL, (0, 0, 1)), (IN_AREA, (0, 1, 0))):
        some = s.territory == why
        assert set(zip(s.plain[some], s.weak[some], s.learnt[some], strict=True)) == {flags}
    assert v.first.sum() == len(rows)


def test_5_what_something_else_says_of_a_read_stands() -> None:
    """Nor does territory learn from it."""
    rows = [*crowd(), *reads("a", 7, at(20), what=WEAK), *reads("a", 7, at(20), what=NEW), *reads("a", 8, at(2))]
    v = looked(rows)
    assert only(v) == {NONE}
    assert (v.suspects.weak.sum(), v.suspects.unknown.sum()) == (20, 20)


# --- what there may be ---


def test_nobody() -> None:
    v = looked([], 3)
    assert (v.shape, len(v.suspects), find_service_area(v).tolist()) == ((0, 3), 0, [])
    assert only(looked([*reads("a", 0, at(1))], 1)) == {NONE}


def test_a_window_in_which_nothing_is_unexplained() -> None:
    v = looked(reads("a", 0, at(9), what=WEAK), 2)
    assert only(v) == {NONE}
    assert v.suspects.weak.all()


def test_parcels_of_which_nothing_is_known() -> None:
    assert only(looked([*crowd(), *reads("a", 8, [(0, 0)] * 40)])) == {NONE}


def test_no_table_says_where_an_outlet_lies() -> None:
    nowhere: dict[int, Ends] = {}
    rows = [*crowd(days=3), *managers(lambda d: spread(20, OF_REGION, d), 3), *reads("a", 2, [*at(20), *AWAY])]
    v = looked(rows, 3, **manager(where=nowhere))
    assert (only(v, "k"), only(v, "a")) == ({NONE}, {NONE, AT_OUTLET})
    halves = {k: (0, region) for k, (_, region) in WHERE.items()}
    assert only(looked(rows, 3, **manager(where=halves)), "k") == {IN_AREA}, "a region without cities"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rows_in_another_order(seed: int) -> None:
    rows = [*crowd(30, 5), *reads("a", 8, at(20)), *managers(mostly), *reads("p", 8, spread(70), lambda k: 501 + k % 2)]
    made, chance = facts_from(rows), random.Random(seed)
    accounts = sorted({r.actor for r in rows})
    outlets = sorted(WHERE)
    said = []
    for _ in range(3):
        lies = np.array([(k, *WHERE[k]) for k in outlets], np.uint64)
        who = AccountPosts(
            keys=np.array([key(a) for a in accounts], np.uint64), role=pa.array([""] * len(accounts)),
            place=pa.array([""] * len(accounts)), kind=pa.array([""] * len(accounts)),
            outlet=np.zeros(len(accounts), np.uint64),
            region=np.array([201 if a in "klm" else 0 for a in accounts], np.uint64),
        )  # fmt: skip
        where = OutletPlaces(keys=lies[:, 0], city=lies[:, 1], region=lies[:, 2])
        v = settle_by_service_area(build_view(made, who, numbers, FIRST, FIRST + DAYS - 1, where=where))
        s = v.suspects
        said.append(sorted(zip(s.waybill.tolist(), s.territory.tolist(), strict=True)))
        order = list(range(len(made.suspects)))
        chance.shuffle(order)
        chance.shuffle(accounts)
        chance.shuffle(outlets)
        made = replace(made, suspects=made.suspects.take(order))
    assert said[1:] == said[:1] * 2
    assert {why for _, why in said[0]} == {NONE, AT_OUTLET, BY_CHANNEL, IN_AREA}
