"""Who works where and answers for what, as arrays."""

import numpy as np
import pyarrow as pa

from tests.detect.explain.worlds import DAY, KEYER, START, Row
from wayseal.detect.explain import Staff, build_staff
from wayseal.detect.explain._posts import CITY, EVER, OUTLET, REGION
from wayseal.store import arrow_schema

PLACES = [
    {"outlet": "o-1", "kind": "outlet", "city": "杭州", "region": "东"},
    {"outlet": "h-1", "kind": "hub", "city": "杭州", "region": "东"},
    {"outlet": "hq", "kind": "head_office", "city": "上海", "region": "东"},
]


def actor(name: str, **more: object) -> Row:
    return {"actor": name, "kind": "person", "role": "clerk", "outlet": None, "region": None, "rights": None} | more


def given(name: str, scope: str, value: str, since: int = 0, until: int | None = None) -> Row:
    end = None if until is None else START + until * DAY
    return {"actor": name, "scope": scope, "value": value, "from": START + since * DAY, "to": end}


def staff(actors: list[Row], assignments: list[Row], others: list[str] | None = None) -> Staff:
    tables = (pa.Table.from_pylist(r, schema=arrow_schema(n)) for r, n in (
        (actors, "actors"), (PLACES, "outlets"), (assignments, "assignments")))  # fmt: skip
    return build_staff(KEYER.of, KEYER.of(others or []), *tables)


def posts(made: Staff, name: str) -> set[tuple[int, ...]]:
    place = int(made.actors.places(KEYER.of([name]))[0])
    first, end, _ = made.posts.of[place].tolist()
    return {tuple(row) for row in made.posts.rows[first:end].tolist()}


def team(made: Staff, name: str) -> int:
    return int(made.posts.of[int(made.actors.places(KEYER.of([name]))[0]), 2])


def at(made: Staff, name: str) -> int:
    return int(made.outlets.places(KEYER.of([name]))[0])


def test_an_outlet_of_actors_holds_at_any_time_and_swallows_the_same_assignment() -> None:
    made = staff([actor("u", outlet="o-1")], [given("u", "outlet", "o-1", 1, 2), given("u", "outlet", "h-1", 1, 2)])
    assert posts(made, "u") == {
        (OUTLET, at(made, "o-1"), -EVER, EVER),
        (OUTLET, at(made, "h-1"), START + DAY, START + 2 * DAY),
    }


def test_two_assignments_to_one_outlet_are_both_kept() -> None:
    made = staff([], [given("u", "outlet", "o-1", 1, 2), given("u", "outlet", "o-1", 5)], ["u"])
    assert {row[2:] for row in posts(made, "u")} == {(START + DAY, START + 2 * DAY), (START + 5 * DAY, EVER)}


def test_a_head_office_is_no_place_of_work_but_makes_colleagues() -> None:
    made = staff([actor("u", outlet="hq"), actor("v", outlet="hq")], [given("u", "outlet", "hq")])
    assert posts(made, "u") == set()
    assert team(made, "u") == team(made, "v") >= 0


def test_outlets_that_no_table_describes_are_places_without_a_city() -> None:
    made = staff([actor("u", outlet="o-x")], [given("u", "outlet", "o-y")])
    for name in ("o-x", "o-y"):
        assert at(made, name) >= 0
        assert (made.posts.city[at(made, name)], made.posts.region[at(made, name)]) == (-1, -1)
    assert made.posts.city[at(made, "o-1")] == made.posts.city[at(made, "h-1")] >= 0


def test_cities_and_regions_of_assignments_have_the_codes_of_outlets() -> None:
    made = staff([], [given("u", "city", "上海"), given("u", "region", "东"), given("u", "city", "火星")], ["u"])
    found = {(kind, code) for kind, code, _, _ in posts(made, "u")}
    assert (CITY, int(made.posts.city[at(made, "hq")])) in found
    assert (REGION, int(made.posts.region[at(made, "hq")])) in found
    assert (CITY, len(set(made.posts.city.tolist()))) in found


def test_assignments_of_whom_nothing_names_are_left_out() -> None:
    made = staff([actor("u")], [given("ghost", "outlet", "o-1")])
    assert len(made.posts.rows) == 0
    assert len(made.actors) == 1


def test_teams_are_role_and_outlet_or_role_and_region() -> None:
    people = [
        actor("a", outlet="o-1", region="东"),
        actor("b", outlet="o-1", region="西"),
        actor("c", outlet="o-1", role="claims"),
        actor("d", region="东"),
        actor("e", region="东"),
        actor("f"),
    ]
    made = staff(people, [], ["g"])
    teams = [team(made, name) for name in "abcdefg"]
    assert teams[0] == teams[1]
    assert teams[3] == teams[4]
    assert len({teams[0], teams[2], teams[3]}) == 3
    assert teams[5:] == [-1, -1]


def test_channels_and_customers_are_those_that_somebody_answers_for() -> None:
    made = staff([], [given("u", "channel", "app"), given("u", "customer", "shop")], ["u"])
    assert made.channels.places(KEYER.of(["app", "web"])).tolist() == [0, -1]
    assert made.customers.places(np.asarray(KEYER.of(["shop", "app"]))).tolist() == [0, -1]
