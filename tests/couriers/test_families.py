"""What families draw: halves that share no mechanism which they claim for themselves, and plans that hang together."""

from collections import Counter

import pytest
from benchmarks.couriers import (
    FAMILIES,
    ODDITIES,
    ONLY_HELD,
    ONLY_LAST,
    ONLY_LATER,
    ONLY_PLAIN,
    ONLY_WORK,
    mechanisms_of,
    plan_of,
)
from benchmarks.couriers._leaks import INTERFACES, SCHEMES

from wayseal_sim import SimulateError

pytestmark = pytest.mark.once

SEEDS = range(1, 41)
HALVES = ("work", "held", "later", "last", "plain")


@pytest.fixture(scope="module")
def drawn() -> dict[str, list[frozenset[str]]]:
    """Mechanisms of many seeds, by family."""
    return {name: [mechanisms_of(plan_of(name, seed)) for seed in SEEDS] for name in FAMILIES}


def mechanisms(drawn: dict[str, list[frozenset[str]]], half: str) -> frozenset[str]:
    """All that any family of a half ever draws."""
    return frozenset().union(*(m for name, many in drawn.items() if FAMILIES[name].half == half for m in many))


def test_each_half_has_eight_families_and_more() -> None:
    halves = Counter(family.half for family in FAMILIES.values())
    assert set(halves) == set(HALVES)
    assert min(halves.values()) >= 8
    assert all(family.name == name and family.about.endswith(".") for name, family in FAMILIES.items())


def test_halves_share_no_mechanism_that_one_claims(drawn: dict[str, list[frozenset[str]]]) -> None:
    work, held = mechanisms(drawn, "work"), mechanisms(drawn, "held")
    assert min(len(ONLY_WORK), len(ONLY_HELD)) >= 5
    assert work >= ONLY_WORK
    assert held >= ONLY_HELD
    assert sorted(held & ONLY_WORK) == []
    assert sorted(work & ONLY_HELD) == []


def test_what_the_later_half_claims_is_all_that_no_other_has(drawn: dict[str, list[frozenset[str]]]) -> None:
    others = mechanisms(drawn, "work") | mechanisms(drawn, "held")
    assert mechanisms(drawn, "later") - others == ONLY_LATER
    assert len(ONLY_LATER) >= 20


def test_what_the_last_half_claims_is_all_that_no_other_has(drawn: dict[str, list[frozenset[str]]]) -> None:
    others = frozenset().union(*(mechanisms(drawn, half) for half in ("work", "held", "later")))
    assert mechanisms(drawn, "last") - others == ONLY_LAST
    assert len(ONLY_LAST) >= 40


def test_what_the_plain_half_claims_is_all_that_no_other_has(drawn: dict[str, list[frozenset[str]]]) -> None:
    others = frozenset().union(*(mechanisms(drawn, half) for half in HALVES if half != "plain"))
    assert mechanisms(drawn, "plain") - others == ONLY_PLAIN
    assert len(ONLY_PLAIN) >= 15


@pytest.mark.parametrize("half", ["last", "plain"])
def test_every_leak_has_a_scheme(half: str) -> None:
    for name in FAMILIES:
        for leak in (leak for seed in SEEDS for leak in plan_of(name, seed).leaks if FAMILIES[name].half == half):
            assert leak.kind in SCHEMES
            assert leak.kind != "interface" or leak.link in INTERFACES
            assert leak.action in ("", "search", "export", "print", "api")


@pytest.mark.parametrize("half", ["last", "plain"])
def test_a_half_has_enough_of_each_group(half: str) -> None:
    plans = [plan_of(name, seed) for name in FAMILIES if FAMILIES[name].half == half for seed in (1, 2, 3)]
    leaks = [leak for plan in plans for leak in plan.leaks]
    own = [leak for leak in leaks if leak.kind not in ("ring", "interface")]
    assert len(plans) >= 30
    assert sum(bool(plan.leaks) for plan in plans) * 3 >= 2 * len(plans)
    assert min(sum(leak.a_day >= 200 for leak in own), sum(leak.a_day <= 50 for leak in own)) >= 20
    assert sum(leak.kind == "ring" for leak in leaks) >= 20
    assert sum(leak.kind == "interface" for leak in leaks) >= 20
    assert 0.2 < sum(leak.early for leak in own) / len(own) < 0.5


def test_the_later_half_has_enough_of_each_group() -> None:
    plans = [plan_of(name, seed) for name in FAMILIES if FAMILIES[name].half == "later" for seed in (1, 2, 3)]
    leaks = [leak for plan in plans for leak in plan.leaks]
    own = [leak for leak in leaks if leak.kind not in ("ring", "interface", "own", "manager")]
    assert sum(bool(plan.leaks) for plan in plans) * 3 >= 2 * len(plans)
    assert min(sum(leak.a_day >= 200 for leak in own), sum(leak.a_day <= 50 for leak in own)) >= 20
    assert sum(leak.kind == "ring" for leak in leaks) >= 6
    assert sum(leak.kind == "interface" for leak in leaks) >= 5
    assert 0.2 < sum(leak.early for leak in own) / len(own) < 0.5


def test_some_couriers_have_no_leaker(drawn: dict[str, list[frozenset[str]]]) -> None:
    for half in HALVES:
        names = [name for name in FAMILIES if FAMILIES[name].half == half]
        quiet = {name: sum("leak:none" in m for m in drawn[name]) for name in names}
        assert sum(n == len(SEEDS) for n in quiet.values()) >= 2
        assert sum(0 < n < len(SEEDS) for n in quiet.values()) >= 3


def test_a_seed_draws_the_same_again_and_another_one_something_else() -> None:
    for name in FAMILIES:
        assert plan_of(name, 5) == plan_of(name, 5)
        assert plan_of(name, 5) != plan_of(name, 6)


def test_plans_hang_together() -> None:
    for name in FAMILIES:
        for seed in SEEDS:
            plan = plan_of(name, seed)
            assert plan.staffing.channels > plan.staffing.partners
            assert set(plan.odd) <= set(ODDITIES)
            assert sum(leak.kind != "" for leak in plan.leaks) <= 12


def test_a_family_that_is_none_is_named() -> None:
    with pytest.raises(SimulateError, match="family must be one of franchise, "):
        plan_of("pony_express", 1)
