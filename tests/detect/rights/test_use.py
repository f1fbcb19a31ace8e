"""Rights: what those of a file reach, which were used in a window, and the smallest set that covers the use."""

from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.detect.rights.world import DAY, FOREIGN, OWN, courier, reads, result_of, staff
from tests.trace.rim import World, at, number
from wayseal.detect.rights import Right, RightsError, RightsResult, load_map
from wayseal.detect.rights._activity import _count
from wayseal.detect.rights._map import Reach, built_in, parse_map
from wayseal.detect.rights._result import AccountUse, Mandate, Need, RightUse, RoleUse, smallest_set
from wayseal.model.kinds import Action

pytestmark = pytest.mark.once

NAMES = st.text(st.characters(codec="utf-8", min_codepoint=0x20, exclude_characters='"\\\x7f'), min_size=1)
RIGHT = st.builds(Right, name=NAMES, actions=st.frozensets(st.sampled_from(Action)), scope=st.sampled_from(list(Reach)))


def written(right: Right) -> str:
    actions = ", ".join(f'"{a}"' for a in sorted(right.actions))
    return f'[[right]]\nname = "{right.name}"\nactions = [{actions}]\nscope = "{right.scope}"\n'


@given(st.lists(RIGHT, unique_by=lambda r: r.name))
def test_what_is_written_is_read(rights: list[Right]) -> None:
    found = parse_map("".join(map(written, rights)), None)
    assert found == {r.name: r for r in rights}


def test_a_file_adds_and_replaces(tmp_path: Path) -> None:
    """Obligation 4."""
    path = tmp_path / "rights.toml"
    own = [
        Right(name="号段查询", actions=frozenset({Action.SEARCH}), scope=Reach.ALL),
        Right(name="waybill.view", actions=frozenset({Action.VIEW, Action.SEARCH}), scope=Reach.OWN),
    ]
    path.write_text("".join(map(written, own)), "utf-8")
    found = load_map(path)
    assert found.keys() == {*load_map(None), "号段查询"}
    assert found["waybill.view"].actions == {"view", "search"}


@pytest.mark.parametrize(
    ("actions", "scope", "widens", "reads", "width"),
    [
        (set(), "all", True, True, 6),
        (set(), "own", False, False, 0),
        ({Action.VIEW}, "own", False, True, 1),
        ({Action.VIEW, Action.PRINT}, "all", False, True, 4),
    ],
)
def test_what_a_right_is(actions: set[Action], scope: str, widens: bool, reads: bool, width: int) -> None:
    """Obligations 1 and 2."""
    right = Right(name="r", actions=frozenset(actions), scope=Reach(scope))
    assert (right.widens, right.reads, right.width) == (widens, reads, width)


GOOD = '[[right]]\nname = "a"\nactions = []\nscope = "own"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("right = 3", "1: right: is written as [[right]]"),
        ("right = [3]", "1: right: is written as [[right]]"),
        (GOOD + "[other]\n", "5: other: not known here; one of right"),
        ("[[right", '1: not TOML here; text stands in quotes, as in scope = "own"'),
        (GOOD + GOOD, "6: right.name: this right stands twice"),
        (GOOD + "reach = 1", "5: right.reach: not known here; one of name, actions, scope"),
        (GOOD.replace('"a"', '""'), "2: right.name: needs a text that isn't empty"),
        (GOOD.replace('"a"', "1"), "2: right.name: needs a text in quotes"),
        (GOOD.replace("[]", '["look"]'), "3: right.actions: is one of view, search, export"),
        (GOOD.replace("[]", '"view"'), "3: right.actions: needs a list"),
        (GOOD.replace("actions = []\n", ""), "1: right.actions: this key is needed"),
        (GOOD.replace("[]", "[[]]"), "3: right.actions: is one of view, search"),
        (GOOD.replace('"own"', '"some"'), "4: right.scope: is one of own, all"),
        (GOOD.replace('"own"', "[]"), "4: right.scope: is one of own, all"),
    ],
)
def test_refusals(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "r.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(RightsError) as caught:
        load_map(path)
    assert str(caught.value).startswith(f"{path}:{said}")
    assert (caught.value.file, caught.value.exit_code) == (path, 3)


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_bytes('name = "权限"'.encode("gbk"))
    with pytest.raises(RightsError, match="isn't UTF-8"):
        load_map(path)


ALL = ("waybill.view", "waybill.export", "waybill.all")


def role(result: RightsResult, name: str = "clerk") -> RoleUse:
    return next(r for r in result.roles if r.role == name)


def right(rows: tuple[RightUse, ...], name: str) -> RightUse:
    return next(r for r in rows if r.right == name)


def person(result: RightsResult, name: str) -> AccountUse:
    return next(p for p in result.people if p.actor == name)


def mandate(result: RightsResult, name: str) -> Mandate:
    return next(m for m in result.mandates if m.actor == name)


def test_used_and_unused(tmp_path: Path) -> None:
    """Obligations 1 and 4."""
    world = courier()
    held = ("waybill.view", "label.print", "waybill.export", "ticket.write", "own.word")
    for name in ("u-1", "u-2", "u-0"):
        staff(world, name, held)
    for place in OWN[:5]:
        reads(world, "u-1", place)
    reads(world, "u-2", OWN[0])
    reads(world, "u-2", OWN[0], 2, "print")
    result = result_of(world, tmp_path)
    counts = {x.right: (x.holders, x.users, x.reads, x.needed) for x in result.rights}
    assert counts == {
        "waybill.view": (3, 2, 6, 2),
        "label.print": (3, 1, 1, 1),
        "waybill.export": (3, 0, 0, 0),
        "ticket.write": (3, None, None, None),
        "own.word": (3, None, None, None),
    }
    assert [x.right for x in role(result).rights if x.unused] == ["waybill.export"]
    assert [right(result.rights, n).known for n in ("ticket.write", "own.word")] == [True, False]
    one, two, none = (person(result, n) for n in ("u-1", "u-2", "u-0"))
    assert (one.used, one.unused) == (("waybill.view",), ("label.print", "waybill.export"))
    assert (two.used, two.unused) == (("label.print", "waybill.view"), ("waybill.export",))
    assert one.unjudged == two.unjudged == ("own.word", "ticket.write")
    assert (none.used, none.unused, none.smallest) == ((), (), None)


def test_a_repeated_read_needs_its_own_right(tmp_path: Path) -> None:
    """Obligation 1 of the count: the print is no first read of the waybill."""
    world = courier()
    staff(world, "u-1", ("waybill.view", "label.print"))
    reads(world, "u-1", OWN[0], 1, "view")
    reads(world, "u-1", OWN[0], 2, "print")
    assert person(result_of(world, tmp_path), "u-1").smallest == ("label.print", "waybill.view")


def test_only_explained_reads_make_a_need(tmp_path: Path) -> None:
    """Obligation 3: an export of parcels that never passed the outlet counts as use, not as a need."""
    world = courier()
    staff(world, "u-1", ("waybill.view", "waybill.export"))
    reads(world, "u-1", OWN[0])
    reads(world, "u-1", FOREIGN[0], action="export")
    one = person(result_of(world, tmp_path), "u-1")
    assert (one.used, one.smallest) == (("waybill.export", "waybill.view"), ("waybill.view",))


def test_a_right_over_all_waybills_that_nobody_needed(tmp_path: Path) -> None:
    """The mandate would explain all; without it custody, a ticket and a region explain the reads of three accounts."""
    world = courier()
    for name in ("u-own", "u-ticket", "u-region", "u-needs"):
        staff(world, name, ALL, outlet=None if name != "u-own" else "o-a", region=name)
    reads(world, "u-own", OWN[0])
    world.add("tickets", ticket="t-1", waybill=number(FOREIGN[0]), opened_at=at(1), actor="u-ticket")
    reads(world, "u-ticket", FOREIGN[0], 2)
    world.add("assignments", actor="u-region", scope="region", value="region o-z", **{"from": at(1)})
    reads(world, "u-region", FOREIGN[1], 2)
    for place in (FOREIGN[2], OWN[2]):
        reads(world, "u-needs", place, action="export")
    result = result_of(world, tmp_path)
    assert {m.actor: m.needless for m in result.mandates} == {
        "u-own": True, "u-ticket": True, "u-region": True, "u-needs": False,
    }  # fmt: skip
    needs = mandate(result, "u-needs")
    assert (needs.own, needs.mandate, needs.unexplained, needs.rights) == (0, 2, 0, ("waybill.all",))
    assert [m.actor for m in result.mandates][-1] == "u-needs"
    assert person(result, "u-needs").smallest == ("waybill.all", "waybill.export")
    for name in ("u-own", "u-ticket", "u-region"):
        assert person(result, name).smallest == ("waybill.view",)
        assert person(result, name).unused == ("waybill.all", "waybill.export")
    assert role(result).smallest == ("waybill.all", "waybill.export", "waybill.view")
    assert right(role(result).rights, "waybill.all").needed == 1


def test_a_mandate_for_some_actions_or_for_none(tmp_path: Path) -> None:
    """Obligation 3 of the count."""
    world = courier()
    staff(world, "u-1", ALL)
    reads(world, "u-1", FOREIGN[0], action="view")
    reads(world, "u-1", FOREIGN[0], 2, action="export")
    narrow, none = tmp_path / "n.toml", tmp_path / "o.toml"
    narrow.write_text('[[template]]\nname = "mandate"\nby = "mandate"\nrights = ["waybill.all"]\nactions = ["view"]\n')
    none.write_text('[[template]]\nname = "mandate"\nenabled = false\n')
    result = result_of(world, tmp_path / "1", templates=narrow)
    assert (mandate(result, "u-1").mandate, mandate(result, "u-1").unexplained) == (1, 1)
    assert person(result, "u-1").smallest == ("waybill.all", "waybill.view")
    result = result_of(world, tmp_path / "2", templates=none)
    assert (mandate(result, "u-1").mandate, mandate(result, "u-1").unexplained) == (0, 2)
    assert person(result, "u-1").smallest == ()
    assert person(result, "u-1").used == ("waybill.all", "waybill.export", "waybill.view")


def test_a_couriers_own_words(tmp_path: Path) -> None:
    world = courier()
    staff(world, "u-1", ("查询全网", "查询本网点"))
    reads(world, "u-1", OWN[0])
    words = {
        "查询全网": Right(name="查询全网", actions=frozenset({Action.VIEW}), scope=Reach.ALL),
        "查询本网点": Right(name="查询本网点", actions=frozenset({Action.VIEW}), scope=Reach.OWN),
    }
    result = result_of(world, tmp_path / "1", map_={**built_in(), **words})
    assert person(result, "u-1").smallest == ("查询本网点",)
    assert person(result, "u-1").used == ("查询全网", "查询本网点")
    assert mandate(result, "u-1").needless
    result = result_of(world, tmp_path / "2")
    assert person(result, "u-1").unjudged == ("查询全网", "查询本网点")
    assert (result.mandates, result.beyond) == ((), ())


def test_reads_that_no_right_permits(tmp_path: Path) -> None:
    world = courier()
    staff(world, "u-1", ("waybill.view", "ticket.write"))
    staff(world, "u-2", ("waybill.view", "own.word"))
    staff(world, "u-3", None)
    for name in ("u-1", "u-2", "u-3"):
        reads(world, name, OWN[0], action="api")
        reads(world, name, FOREIGN[0], action="api")
    (found,) = result_of(world, tmp_path).beyond
    assert (found.actor, found.action, found.reads, found.own) == ("u-1", "api", 2, 1)
    assert [(n.action, n.scope) for n in role(result_of(world, tmp_path / "2")).missing] == [("api", "own")]


def test_reads_without_an_action_leave_their_account_unjudged(tmp_path: Path) -> None:
    """Obligation 4: nobody is said not to use what one of the holders may have used."""
    world = courier()
    for name in ("u-1", "u-2"):
        staff(world, name, ("waybill.view", "label.print"))
    reads(world, "u-1", OWN[0], action=None)
    reads(world, "u-2", OWN[0])
    result = result_of(world, tmp_path)
    assert "accesses.action" in result.not_judged
    one = person(result, "u-1")
    assert (one.used, one.unused, one.smallest, one.reads) == ((), (), None, 1)
    assert right(result.rights, "label.print").users is None
    assert right(result.rights, "waybill.view").users == 1


@pytest.mark.parametrize("days", [3, 90])
def test_the_period_counts_back_from_the_end_of_the_log(tmp_path: Path, days: int) -> None:
    world = courier()
    staff(world, "u-1", ("waybill.view", "label.print"))
    reads(world, "u-1", OWN[0], 1, "print")
    reads(world, "u-1", OWN[1], 10 * DAY)
    result = result_of(world, tmp_path, days=days)
    period = result.period
    assert period is not None
    assert (period.covered, period.silent, period.whole) == ((3, 2, True) if days == 3 else (11, 9, False))
    assert person(result, "u-1").unused == (("label.print",) if days == 3 else ())
    assert result.reads == (1 if days == 3 else 2)


def test_without_work_nothing_is_said_of_needs(tmp_path: Path) -> None:
    """Obligation 4."""
    world = World()
    staff(world, "u-1", (*ALL, "label.print"))
    reads(world, "u-1", OWN[0])
    result = result_of(world, tmp_path)
    one = person(result, "u-1")
    assert (one.used, one.unused, one.smallest) == (("waybill.view",), ("label.print", "waybill.export"), None)
    assert one.unjudged == ("waybill.all",)
    assert (right(result.rights, "waybill.all").users, right(result.rights, "waybill.view").needed) == (None, None)
    assert (role(result).smallest, role(result).judged, result.mandates) == (None, 0, ())
    assert set(result.not_judged) == {
        "accesses.device", "accesses.ip", "accesses.session", "actors.trained_until",
        "waybills", "scans", "tickets", "outlets", "assignments",
    }  # fmt: skip


def test_customers_explain_reads(tmp_path: Path) -> None:
    world = courier()
    staff(world, "u-1", ALL, outlet=None)
    world.issue(0, number(FOREIGN[0]), "o-z", "o-z")
    world.tables["waybills"][0]["customer"] = "shop"
    world.add("assignments", actor="u-1", scope="customer", value="shop", **{"from": at(0)})
    reads(world, "u-1", FOREIGN[0])
    assert mandate(result_of(world, tmp_path), "u-1").needless


RIGHTS = st.lists(
    st.tuples(st.frozensets(st.sampled_from(Action), max_size=3), st.sampled_from(list(Reach))), max_size=6
).map(lambda rows: frozenset(Right(name=f"r{k}", actions=a, scope=s) for k, (a, s) in enumerate(rows)))
NEEDS = st.frozensets(st.builds(Need, action=st.sampled_from(Action), scope=st.sampled_from(list(Reach))))


def permits(rights: Iterable[Right], need: Need) -> bool:
    """Obligations 1 and 2 of what a right is, word for word."""
    held = list(rights)
    if need.scope is Reach.OWN or any(r.widens for r in held):
        return any(need.action in r.actions for r in held)
    return any(need.action in r.actions and r.scope is Reach.ALL for r in held)


@given(RIGHTS, NEEDS)
def test_against_every_set(held: frozenset[Right], needs: frozenset[Need]) -> None:
    """Obligations 1 to 3."""
    cover = smallest_set(held, needs)
    assert set(cover.missing) == {n for n in needs if not permits(held, n)}
    wanted = {n for n in needs if permits(held, n)}
    wanted |= {Need(action=n.action, scope=Reach.OWN) for n in needs if any(n.action in r.actions for r in held)}
    sets = [c for k in range(len(held) + 1) for c in combinations(sorted(held, key=lambda r: r.name), k)]
    fitting = [c for c in sets if all(permits(c, n) for n in wanted)]
    size, width = min((len(c), sum(r.width for r in c)) for c in fitting)
    chosen = [r for r in held if r.name in cover.rights]
    assert all(permits(chosen, n) for n in wanted)
    assert (len(chosen), sum(r.width for r in chosen)) == (size, width)


VIEW = Right(name="view", actions=frozenset({Action.VIEW}), scope=Reach.OWN)
BOTH = Right(name="both", actions=frozenset({Action.VIEW, Action.PRINT}), scope=Reach.OWN)
VIEW_ALL = Right(name="view-all", actions=frozenset({Action.VIEW}), scope=Reach.ALL)
WIDEN = Right(name="widen", actions=frozenset(), scope=Reach.ALL)
TWIN = Right(name="a-view", actions=frozenset({Action.VIEW}), scope=Reach.OWN)


@pytest.mark.parametrize(
    ("held", "needs", "rights", "missing"),
    [
        ({VIEW, BOTH}, {("view", "own")}, ("view",), ()),
        ({VIEW, BOTH}, {("view", "own"), ("print", "own")}, ("both",), ()),
        ({VIEW, VIEW_ALL, WIDEN}, {("view", "all")}, ("view-all",), ()),
        ({VIEW, WIDEN}, {("view", "all"), ("view", "own")}, ("view", "widen"), ()),
        ({VIEW, VIEW_ALL, WIDEN}, {("view", "own")}, ("view",), ()),
        ({BOTH, VIEW_ALL, WIDEN}, {("view", "all"), ("print", "own")}, ("both", "view-all"), ()),
        ({VIEW, TWIN}, {("view", "own")}, ("a-view",), ()),
        ({VIEW}, {("view", "all")}, ("view",), (("view", "all"),)),
        ({WIDEN}, {("api", "all"), ("api", "own")}, (), (("api", "all"), ("api", "own"))),
        (set(), set(), (), ()),
    ],
)
def test_cases(
    held: set[Right], needs: set[tuple[str, str]], rights: tuple[str, ...], missing: tuple[tuple[str, str], ...]
) -> None:
    wanted = frozenset(Need(action=a, scope=Reach(s)) for a, s in needs)
    found = smallest_set(frozenset(held), wanted)
    assert found.rights == rights
    assert tuple((n.action, n.scope.value) for n in found.missing) == missing


N, ACCOUNTS, ACTIONS, NEVER = 300, 7, 4, 2**62


@pytest.mark.kernels
def test_reads_are_counted_by_account_and_action() -> None:
    chance = np.random.default_rng(5)
    at, actor = chance.integers(0, 1000, N), chance.integers(0, ACCOUNTS - 1, N).astype(np.int32)
    action, beyond = chance.integers(0, ACTIONS, N).astype(np.uint8), chance.random(N) < 0.3
    bounds = np.column_stack([chance.integers(0, 1000, ACCOUNTS), np.full(ACCOUNTS, NEVER)])
    reads, after = np.zeros((ACCOUNTS, ACTIONS, 2), np.int64), np.zeros((ACCOUNTS, 2), np.int64)
    ends = np.column_stack([np.zeros(ACCOUNTS, np.int64), np.full(ACCOUNTS, NEVER), np.full(ACCOUNTS, -1)])
    for part in (slice(0, 100), slice(100, N), slice(N, N)):
        _count(at[part], actor[part], action[part], beyond[part], 400, bounds, reads, ends, after)
    for a in range(ACCOUNTS):
        mine = at[actor == a]
        assert ends[a].tolist() == ([len(mine), mine.min(), mine.max()] if len(mine) else [0, NEVER, -1])
        assert after[a].tolist() == [int((mine >= bounds[a, 0]).sum()), 0]
        for k in range(ACTIONS):
            chosen = (actor == a) & (action == k) & (at >= 400)
            assert reads[a, k].tolist() == [int((chosen & ~beyond).sum()), int((chosen & beyond).sum())]
