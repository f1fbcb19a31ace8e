"""Accounts that are made when somebody asks, against all of them made at once."""

from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.detect.making import ASSIGNMENTS, DAY, OUTLETS, Row
from tests.effort import examples
from tests.ledger.helpers import at
from wayseal.detect.explain import MANY
from wayseal.detect.reasons import Account, _world
from wayseal.detect.reasons._world import Post, World, world_of
from wayseal.model.kinds import Scope
from wayseal.store import arrow_schema

NAMES = ("a", "ab", "b", "Z", "é", "运单", "\U0001f4e6")
OUTLET, REGION = st.sampled_from([None, "", "o-1", "o-2"]), st.sampled_from([None, "north"])
RIGHTS = st.sampled_from([None, [], ["x"], ["x", "y"]])
ROLE = st.sampled_from(["clerk", "agent"])
ACTORS = st.lists(st.tuples(st.sampled_from(NAMES), ROLE, OUTLET, REGION, RIGHTS), max_size=9)
TASK = st.tuples(st.sampled_from(NAMES), st.sampled_from(list(Scope)), st.sampled_from("pq"), st.integers(0, 9))
TASKS = st.lists(TASK, max_size=9)
Actor = tuple[str, str, str | None, str | None, list[str] | None]
Task = tuple[str, Scope, str, int]


def made(actors: Sequence[Actor], tasks: Sequence[Task]) -> World:
    names = ("actor", "role", "outlet", "region", "rights")
    rows = [{"kind": "person", **dict(zip(names, row, strict=True))} for row in actors]
    given_ = [
        {"actor": actor, "scope": scope.value, "value": value, "from": at(day * DAY), "to": None}
        for actor, scope, value, day in tasks
    ]
    return world_of(table("actors", rows), table("outlets", OUTLETS), table("assignments", given_))


def table(name: str, rows: Sequence[Row]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=arrow_schema(name))


def micros(day: int) -> int:
    return int(at(day * DAY).timestamp()) * 1_000_000


@examples(100)
@given(ACTORS, TASKS, st.integers(1, 3))
def test_an_account_is_its_last_row_with_all_of_its_tasks(actors: list[Actor], tasks: list[Task], kept: int) -> None:
    wanted: dict[str, Account] = {}
    posts: dict[str, list[Post]] = {}
    for actor, scope, value, day in tasks:
        posts.setdefault(actor, []).append(Post(scope=scope, value=value, since=micros(day)))
        wanted[actor] = Account(actor=actor, posts=tuple(posts[actor]))
    for actor, role, outlet, region, rights in actors:
        home = [Post(scope=Scope.OUTLET, value=outlet)] if outlet else []
        wanted[actor] = Account(
            actor=actor, role=role, kind="person", outlet=outlet or "", region=region or "",
            rights=frozenset(rights or ()), posts=(*home, *posts.get(actor, ())),
        )  # fmt: skip
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_world, "_KEPT", kept)
        world = made(actors, tasks)
        for _ in range(2):
            assert {name: world.account(name) for name in wanted} == wanted
    assert dict(world.accounts) == wanted
    assert len(world.accounts) == len(wanted)
    for name in {*NAMES, "", "aa", "zz"} - wanted.keys():
        assert world.account(name) == Account(actor=name)
        assert name not in world.accounts


@pytest.mark.parametrize(("holders", "common"), [(MANY // 4, {}), (MANY // 4 + 1, {"x": (MANY // 4 + 1) / MANY})])
def test_a_right_of_more_than_a_quarter_says_nothing(holders: int, common: dict[str, float]) -> None:
    rows = [
        (f"u-{n}", "clerk", None, None, ["x", "y"] if n == 0 else ["x"] if n < holders else None) for n in range(MANY)
    ]
    assert made(rows, []).common == common
    assert made(rows[:-1], []).common == {}


def test_tasks_hold_to_their_ends() -> None:
    world = world_of(table("actors", []), table("outlets", []), table("assignments", ASSIGNMENTS))
    (post,) = world.account("u-4").posts
    assert (post.since, post.until) == (micros(-1), micros(20))
