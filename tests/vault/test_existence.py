"""Nobody finds numbers by trying: whether one exists decides neither the answer nor the work that it costs.

How long an answer takes follows from what is done for it: statements are counted, and calls of functions, which a
loaded machine doesn't change. `tests/server/test_existence.py` measures.
"""

import re
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.vault.listening import LISTENING, statements
from tests.vault.revising import NEW
from tests.vault.world import OPERATOR, World
from wayseal.model.records import Refused

CLOSE = 1.1
"""How many more calls the dearest kind may cost than the cheapest: some 100 of 1,200, which take less than 10 µs."""
_VALUES = re.compile(r"x?'(?:[^']|'')*'|\b\d+\b|__asyncpg_stmt_\w+__")
"""Values, and names of prepared statements, which are another connection's where the pool hands out another."""
Act = Callable[[World, str], Any]


def disclose(world: World, number: str) -> Any:
    return world.ask("courier-3", [number])[0]


def revise(world: World, number: str) -> Any:
    return world.vault.revise(world.caller("agent"), number, "change_address", "改派", NEW, now=world.now)


def numbers(world: World) -> dict[str, list[str]]:
    """Three of each kind: all that whoever asks has no business with, and those that nobody has."""
    erased = world.seal(3)
    world.vault.erase(OPERATOR, erased, now=world.now)
    return {
        "elsewhere": world.seal(3),
        "nowhere yet": world.seal(3, at=None),
        "erased": erased,
        "unknown": [f"YT888888888888{n}" for n in range(3)],
    }


def counted(act: Callable[[], Any]) -> tuple[int, Any]:
    """How many functions are called and left, and what comes of it."""
    calls = [0]

    def count(frame: object, event: str, argument: object) -> None:
        calls[0] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        done = act()
    finally:
        sys.setprofile(before)
    return calls[0], done


@pytest.mark.parametrize("act", [disclose, revise])
def test_what_exists_costs_what_does_not(both: World, act: Act) -> None:
    told: dict[str, set[tuple[str, str, str]]] = {}
    asked: dict[str, list[str]] = {}
    steps: dict[str, int] = {}
    for kind, some in numbers(both).items():
        for number in some:
            # What is made once for a process is made by then.
            with statements(both) as heard:
                calls, done = counted(lambda number=number: act(both, number))  # type: ignore[misc]
            assert isinstance(done, Refused)
            told.setdefault(kind, set()).add((done.rule, done.zh, done.en))
            asked[kind] = [_VALUES.sub("?", one) for one in heard if not one.startswith(LISTENING)]
            steps[kind] = calls
    assert len(set.union(*told.values())) == 1, told
    assert len({tuple(some) for some in asked.values()}) == 1, asked
    if both.main.dialect == "sqlite":
        # On PostgreSQL the work is done in another thread.
        assert max(steps.values()) <= CLOSE * min(steps.values()), steps


def test_counting_sees_a_difference(small: World) -> None:
    """What is shown costs more than what isn't."""
    (here,), (elsewhere,) = small.seal(), small.seal(at="elsewhere")
    for number in (here, elsewhere):
        small.ask("courier-1", [number])
    with statements(small) as shown:
        more, _ = counted(lambda: small.shown("courier-1", here))
    with statements(small) as refused:
        less, _ = counted(lambda: small.rule("courier-1", elsewhere))
    assert more > CLOSE * less
    assert len(shown) > len(refused)
