"""Work that no table knows (obligations of `_judge`), and logged questions as a shop asks them (`_detect`)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.detect.viewed import MANDATE, PLAIN, WEAK, WORK, R, place, view
from tests.detect.views import cut
from tests.ledger.helpers import START, at, put, read, write
from wayseal.detect import Options, detect
from wayseal.detect._detect import count_route_sweeps, routes
from wayseal.detect._judge import EVER, FEW, NEAR, PULLING, RING, SEEN, SELDOM, SINGLE, TOGETHER, Peers
from wayseal.detect._view import View
from wayseal.detect.peers import AGES
from wayseal.ledger import open_ledger
from wayseal.model.arrays import Floats
from wayseal.model.times import EPOCH

DAYS = 6
SERVICES = "stuvw"


def days(actor: str, what: str, n: int = 10, first: int = 0, last: int = DAYS) -> list[R]:
    """So many first reads a day, none of which anybody else has."""
    start = 1_000_000 * ord(actor) + 10_000 * len(what)
    return [R(actor=actor, day=d, n=n, waybill=start + 100 * d, what=what) for d in range(first, last)]


def worked(accounts: str, what: str = WORK) -> list[R]:
    return [r for x in accounts for r in days(x, what)]


def looked(rows: list[R], roles: Mapping[str, str] | None = None, services: str = SERVICES) -> View:
    return view(rows, DAYS, roles=roles, kinds=dict.fromkeys(services, "service"))


def found(v: View) -> Floats:
    odd = v.count(v.suspects.plain)
    return Peers(v).find_unknown_work(odd)


def steady(v: View) -> Floats:
    return Peers(v).find_steady_work(v.count(v.suspects.plain))


def share(many: int, others: int) -> float:
    """Rule 2, of so many others with as many odd reads."""
    left: float = max(many - PULLING * others, 0.0) + 0.5 ** (others / FEW)
    return min(1.0, max(SELDOM, left / (others + 1)))


def of(v: View, actor: str, day: int = DAYS - 1) -> float:
    return float(found(v)[place(v, actor), day])


def test_1_whose_peers_work_no_table_knows_is_probably_such_a_one() -> None:
    v = looked([*worked(SERVICES, PLAIN), *worked("abcdefgh")])
    assert {of(v, x) > 0.6 for x in SERVICES} == {True}
    assert {of(v, x) for x in "abcdefgh"} == {0.0}


def test_1_more_peers_say_more() -> None:
    """With none of its role an account is taken for one of its kind; the only one of its kind may do anything."""
    others = worked("abcdefgh")
    alone, two, five = (of(looked([*others, *worked("s" + more, PLAIN)]), "s") for more in ("", "t", "tuvw"))
    assert alone == SINGLE < two < five < 1
    assert two < 0.95
    assert of(looked([*worked("abcdefgh", PLAIN), *worked("s", PLAIN)]), "s") > 0.3


def test_1_a_role_leans_on_its_kind() -> None:
    """The first service of a role, where other services' work is known, and where it isn't."""
    roles = {"s": "label printer", **dict.fromkeys("tuvw", "search")}
    known, unknown = (
        of(looked([*worked("abcdefgh"), *worked("s", PLAIN), *worked("tuvw", what)], roles), "s")
        for what in (WORK, PLAIN)
    )
    assert known < 0.1
    assert unknown > 0.3
    people = of(looked([*worked("abcdefgh"), *worked("s", PLAIN), *worked("tuvw", PLAIN)], roles, "s"), "s")
    assert known < people < unknown, "others of the role of another kind are everybody"


def test_1_whoever_answers_for_something_has_those_for_peers_who_do() -> None:
    """Of accounts without roles three answer for a region by a table, and read it, beside much that no table knows."""
    rows = [*worked("abcdefgh"), *worked("klm", PLAIN)]
    without = of(looked(rows), "k")
    assert of(looked([*rows, *(r for x in "klm" for r in days(x, WEAK, 2))]), "k") > 3 * without
    assert of(looked([*rows, *days("k", WEAK, 2)]), "k") == SINGLE, "the only one who does has nobody"


def test_1_and_its_role_outweighs_its_kind() -> None:
    roles = {**dict.fromkeys("stu", "label printer"), **dict.fromkeys("vwxyz", "search")}
    rows = [*worked("stu", PLAIN), *worked("vwxyz")]
    v = looked(rows, roles, "stuvwxyz")
    assert of(v, "s") > 0.5
    assert of(looked([*rows, *worked("r", PLAIN)], {**roles, "r": "search"}, "rstuvwxyz"), "r") < 0.2


def test_1_without_anybody_else_anything_may_be() -> None:
    assert np.unique(found(looked(worked("a", PLAIN)))).tolist() == [SINGLE]


def test_1_of_few_each_may_do_what_no_other_does() -> None:
    """Of many hardly."""
    few, many = (of(looked([*worked("abcdefghijklmnop"[:n]), *worked("z", PLAIN)]), "z") for n in (3, 15))
    assert (few, many) == (SINGLE / 4, SINGLE / 16)


def test_3_own_reads_have_no_say() -> None:
    """However many they are, whoever only pulls stands out among peers whose work the tables know."""
    said = [of(looked([*worked("bcdefgh"), *days("a", PLAIN, n)]), "a") for n in (1, 10, 100)]
    assert set(said) == {SINGLE / 8}


def test_3_whoever_was_explained_up_to_the_day_before_is_known() -> None:
    rows = [*worked(SERVICES, PLAIN), *days("a", WORK, last=3), *days("a", PLAIN, 60, first=3)]
    v = looked(rows, services=SERVICES + "a")
    by_day = found(v)[place(v, "a")]
    assert by_day[0] > 0.6, "on its first day nobody knows"
    assert by_day[1:4].tolist() == [0.0] * 3
    assert np.all(by_day[4:] > 0.6), "ninety of its reads have no explanation, and thirty have one"


@pytest.mark.parametrize(("n", "known"), [(SEEN - 1, False), (SEEN, True)])
def test_3_a_few_reads_are_no_past(n: int, known: bool) -> None:
    v = looked([*worked(SERVICES, PLAIN), *days("a", WORK, n, last=1)], services=SERVICES + "a")
    assert (of(v, "a", 1) == 0.0) == known


def test_3_reads_under_a_mandate_are_none_that_are_judged() -> None:
    v = looked([*worked(SERVICES, PLAIN), *days("a", MANDATE, 100), *days("a", PLAIN)], services=SERVICES + "a")
    assert of(v, "a") > 0.6


@pytest.mark.parametrize("day", range(DAYS))
def test_5_days_to_come_change_nothing(day: int) -> None:
    rows = [*worked("stu", PLAIN), *days("v", WORK, last=3), *days("v", PLAIN, 99, first=3), *worked("abc")]
    v = looked([*rows, *days("d", PLAIN, first=4)])
    short = cut(v, day)
    assert np.array_equal(found(short), found(v)[:, :day])
    assert np.array_equal(steady(short), steady(v)[:, :day])
    whole, early = (Peers(each).find_shared_work(each.count(each.suspects.plain)) for each in (v, short))
    for k, age in enumerate(AGES):
        assert np.array_equal(early[:, : max(0, day - age), k], whole[:, : max(0, day - age), k])


MANY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@pytest.mark.parametrize("others", [1, 5, 50])
@pytest.mark.parametrize("alike", [0, 1])
def test_2_how_many_others_have_as_many(others: int, alike: int) -> None:
    """At least 1 / NEAR of them; those of another role have no say."""
    crew = MANY[:others]
    rows = [*worked(crew), *days("0", PLAIN, 40), *days("1", PLAIN, 40)]
    rows += [r for x in crew[:alike] for r in days(x, PLAIN, round(40 / NEAR))]
    roles = {**dict.fromkeys(crew, "clerk"), "0": "clerk", "1": "agent", **dict.fromkeys("23456789", "driver")}
    v = looked([*rows, *(r for x in "23456789" for r in days(x, WORK))] * 1, roles, services="1")
    assert steady(v)[place(v, "0"), -1] == pytest.approx(share(alike, others))


def test_2_of_people_what_is_far_beyond_the_third_is_less_probable() -> None:
    """Of two others nobody knows what is far; services are of any size."""
    crew, agents = "abcdefgh", "mnopqrstuv"
    rows = [*(r for x in crew for r in days(x, PLAIN, 10)), *days("z", PLAIN, 100), *worked(agents)]
    roles = {**dict.fromkeys(crew + "z", "clerk"), **dict.fromkeys(agents, "agent")}

    def of_z(rows: list[R], roles: Mapping[str, str] | None, services: str = "") -> float:
        v = looked(rows, roles, services)
        return float(steady(v)[place(v, "z"), -1])

    assert of_z(rows, None) == 1.0, "with one role for everybody nobody can be told"
    assert of_z(rows, roles) == pytest.approx(0.2 * share(0, 8))
    assert of_z(rows, roles, crew + "z") == pytest.approx(share(0, 8))
    assert of_z(rows, {**roles, **dict.fromkeys("cdefgh", "driver")}) == pytest.approx(share(0, 2))
    more = [*(r for x in "ab" for r in days(x, PLAIN, 90)), *rows]
    assert of_z(more, roles) == pytest.approx(0.2 * share(2, 8)), "two others may pull as well"


def test_2_where_neither_role_nor_kind_tells_anything_may_be() -> None:
    rows = [*worked(MANY), *days("0", PLAIN, 40)]
    nobody = looked(rows, services="")
    assert steady(nobody)[place(nobody, "0"), -1] == 1.0
    kinds = looked([*rows, *worked("1")], services="1")
    assert steady(kinds)[place(kinds, "0"), -1] == pytest.approx(share(0, len(MANY)))


def test_2_of_many_one_may_always_be_other() -> None:
    assert share(0, 500) == SELDOM
    assert share(3, 1000) == SELDOM, "one in PULLING may pull"
    assert share(30, 1000) > 0.02


LONG = 12


def searched(searchers: str, n: int = 30, begun: int = 4, until: int = 7) -> list[R]:
    """Everybody of MANY works, and some go through a list for some days."""
    rows = [r for x in MANY for r in days(x, WORK, last=LONG)]
    return rows + [r for x in searchers for r in days(x, PLAIN, n, begun, until)]


def together(rows: list[R], actor: str, begun: int, later: int = 0, services: str = "") -> float:
    """Of how many others there is a share, in what an account began on a day, as one sees it so many days later."""
    v = view(rows, LONG, kinds=dict.fromkeys(services, "service"))
    age = max(k for k, age in enumerate(AGES) if age <= later)
    return float(Peers(v).find_shared_work(v.count(v.suspects.plain))[place(v, actor), begun, age]) / EVER


def test_4_what_many_have_begun_is_work_that_one_begins() -> None:
    search = searched(MANY[:20])
    assert together(search, "a", 4) == pytest.approx((19 - RING) / len(MANY))
    assert together(search, "a", 4, services=MANY) == 0.0, "services vouch for nobody"
    assert together(search, "a", 3) == 0.0, "it began a day later"
    assert together(search, "z", 4) == 0.0, "it began nothing"
    assert together(searched(MANY[: RING + 1]), "a", 4) == 0.0, "so many may be a ring"
    apart = [*searched(MANY[1:20]), *days("a", PLAIN, 30, 8, LONG)]
    assert together(apart, "a", 8) == pytest.approx((19 - RING) / len(MANY)), "on another day"
    early = [*searched(MANY[1:20], begun=8, until=11), *days("a", PLAIN, 30, 4, LONG)]
    assert together(early, "a", 4) == 0.0, "nobody knows yet"


def test_4_and_only_work_as_large_and_as_long() -> None:
    rows = [*searched(MANY[1:20], 10), *days("a", PLAIN, 40, 4, LONG)]
    assert together(rows, "a", 4) == 0.0, "no other has half as many"
    assert together([*searched(MANY[1:20], 20), *days("a", PLAIN, 40, 4, LONG)], "a", 4) > 0.2
    assert together([*searched(MANY[1:20], 40), *days("a", PLAIN, 40, 4, LONG)], "a", 4, 4) > 0.2
    assert together([*searched(MANY[1:20], 40), *days("a", PLAIN, 40, 4, LONG)], "a", 4, 7) > 0.2
    gone = [*searched(MANY[1:20], 40, until=6), *days("a", PLAIN, 40, 4, LONG)]
    assert together(gone, "a", 4, 4) == 0.0, "the others stopped sooner"


def test_4_of_a_few_colleagues_most() -> None:
    """Seven of ten in a small role are more than TOGETHER of it: that is no ring."""
    crew = "abcdefghij"
    rows = [r for x in crew for r in days(x, WORK, last=LONG)]
    seven = rows + [r for x in crew[:7] for r in days(x, PLAIN, 30, 4, LONG)]
    assert together(seven, "a", 4) == pytest.approx((6 - TOGETHER * 9) / 10)
    assert together(rows + [r for x in crew[:3] for r in days(x, PLAIN, 30, 4, LONG)], "a", 4) == 0.0


def test_4_what_was_done_before_was_begun_before() -> None:
    rows = [*searched(MANY[1:20], 30, 0, LONG), *days("a", PLAIN, 30, 4, LONG)]
    assert together(rows, "a", 4) == pytest.approx((19 - RING) / len(MANY))


def test_rows_in_another_order_and_nobody() -> None:
    rows = [*worked(SERVICES, PLAIN), *worked("abcdefgh"), *days("x", PLAIN)]
    assert np.array_equal(found(looked(rows)), found(looked(rows[::-1])))
    assert found(looked([])).shape == (0, DAYS)
    assert np.all((found(looked(rows)) >= 0) & (found(looked(rows)) <= 1))


HOUR_US = 3_600_000_000
CHINA, DAY = 8 * HOUR_US, 24 * 60


def asks(**filter_: Any) -> str:
    return json.dumps(filter_)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (asks(origin_city="A", destination_city="B"), {("city:A", "city:B")}),
        (asks(origin_city=["A", "C"], destination_city="B"), {("city:A", "city:B"), ("city:C", "city:B")}),
        (asks(origin_region="N", destination_outlet="o-1"), {("region:N", "outlet:o-1")}),
        (
            asks(origin_city="A", origin_region="N", destination_city="B"),
            {("city:A", "city:B"), ("region:N", "city:B")},
        ),
        (asks(origin_city="A"), set()),
        (asks(destination_city="B", channel="app"), set()),
        (asks(origin_city=None, destination_city="B"), set()),
        (asks(origin_city=[], destination_city="B"), set()),
        (asks(origin_city=[1, None, "A"], destination_city={"x": 1}), set()),
        (asks(), set()),
        ("[]", set()),
        ("7", set()),
        ("not JSON", set()),
        ("", set()),
        ("[" * 100_000, set()),
    ],
)
def test_1_which_routes_a_question_names(text: str, found: set[tuple[str, str]]) -> None:
    assert set(routes(text)) == found


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(
    st.sampled_from(["origin_city", "destination_city", "destination_region"]), x)).map(json.dumps))  # fmt: skip
def test_any_filter_names_routes_or_none(text: str) -> None:
    for one, other in routes(text):
        assert one.startswith(("city:", "region:", "outlet:"))
        assert other.startswith(("city:", "region:", "outlet:"))


def asked(minutes: float, actor: str, filter_: str) -> dict[str, Any]:
    return {"at": at(minutes), "actor": actor, "filter": filter_, "request": f"{actor}-{minutes}"}


def route(one: str, other: str) -> str:
    return asks(origin_city=one, destination_city=other)


def test_2_different_routes_by_account_and_local_day(tmp_path: Path) -> None:
    rows = [
        asked(10, "a", route("A", "B")),
        asked(5, "a", route("C", "D")),
        asked(20, "a", route("A", "B")),
        asked(7, "b", route("A", "B")),
        asked(8, "b", asks(origin_city="A")),
        asked(15 * 60 + 59, "a", route("E", "F")),
        asked(16 * 60, "a", route("A", "B")),
    ]
    write(tmp_path / "d", "queries", rows)
    put(tmp_path / "d", tmp_path / "L")
    start = (START - EPOCH).total_seconds() * 1e6
    with open_ledger(tmp_path / "L") as snapshot:
        found = [(a, (t - start) / 60_000_000, n) for a, t, n in count_route_sweeps(snapshot, CHINA)]
        utc = [(a, n) for a, _, n in count_route_sweeps(snapshot, 0)]
    assert found == [("a", 5, 3), ("a", 16 * 60, 1), ("b", 7, 1)], "China's day ends at 16:00 UTC"
    assert utc == [("a", 3), ("b", 1)]


def test_an_account_that_asks_for_route_after_route_stands_out(tmp_path: Path) -> None:
    cities = [f"city-{k}" for k in range(12)]
    reads, queries = [], []
    for day in range(12):
        for k in range(8):
            who = f"u-{k}"
            reads += [read(day * DAY + 120 + k + n, who, f"YT{day:02d}{k}{n:03d}") for n in range(4)]
            queries.append(asked(day * DAY + 130 + k / 10, who, route(cities[k], cities[k + 1])))
        if day >= 6:
            pairs = [(a, b) for a in cities for b in cities if a != b]
            queries += [asked(day * DAY + 200 + n / 10, "u-3", route(*pair)) for n, pair in enumerate(pairs)]
    write(tmp_path / "d", "accesses", reads)
    write(tmp_path / "d", "queries", queries)
    put(tmp_path / "d", tmp_path / "L")
    with open_ledger(tmp_path / "L") as snapshot:
        result = detect(snapshot, Options())
    (case,) = result.cases
    assert case.actors == ("u-3",)
    (reason,) = case.people[0].reasons
    assert reason.detector == "route_sweeps"
    assert reason.value >= 132
    assert not [n for n in result.not_judged if n.values.get("detector") == "route_sweeps"]


@pytest.mark.parametrize("known", [False, True])
def test_an_account_that_only_asks_stands_out_as_well(tmp_path: Path, known: bool) -> None:
    """Lists of parcels, and not one of them opened: nothing of it stands in the reads, and no table need know it."""
    cities = [f"city-{k}" for k in range(12)]
    reads = [
        read(day * DAY + 120 + k + n, f"u-{k}", f"YT{day:02d}{k}{n:03d}")
        for day in range(12) for k in range(8) for n in range(4)
    ]  # fmt: skip
    pairs = [(a, b) for a in cities for b in cities if a != b]
    queries = [
        asked(day * DAY + 200 + n / 10, "u-lists", route(*pair))
        for day in range(12) for n, pair in enumerate(pairs if day >= 6 else pairs[:1])
    ]  # fmt: skip
    write(tmp_path / "d", "accesses", reads)
    write(tmp_path / "d", "queries", queries)
    if known:
        write(tmp_path / "d", "actors", [{"actor": "u-lists", "kind": "person", "role": "clerk", "outlet": "CQ-1"}])
    put(tmp_path / "d", tmp_path / "L")
    with open_ledger(tmp_path / "L") as snapshot:
        result = detect(snapshot, Options())
    (case,) = result.cases
    assert case.actors == ("u-lists",)
    assert (case.people[0].role, case.people[0].place) == (("clerk", "CQ-1") if known else ("", ""))
    assert [r.detector for r in case.people[0].reasons] == ["route_sweeps"]
    assert (case.reads, result.accounts) == (0, 8)
