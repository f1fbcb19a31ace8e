"""The smallest set of rights against every set there is."""

from collections.abc import Iterable
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayseal.detect.rights._map import Reach, Right
from wayseal.detect.rights._result import Need, smallest_set
from wayseal.model.kinds import Action

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
