"""Budgets: a test for each obligation of `wayseal.vault.policy.budgets`, and what couriers and thieves notice."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.tables import each
from tests.vault.policy.asked import default
from wayseal.vault.policy._purposes import Budget, Work
from wayseal.vault.policy.budgets import OVER, UNLIMITED, BudgetScope, allowance, day_of

PURPOSES = default().purposes
HOUR = 3_600_000_000
works = st.dictionaries(st.sampled_from([*map(str, Work), "other"]), st.integers(0, 10**6))


@given(st.sampled_from(sorted(PURPOSES)), works, st.sampled_from(sorted(BudgetScope)), st.sampled_from(sorted(Work)))
def test_1_and_3_work_opens_and_the_cap_holds(code: str, work: dict[str, int], of: BudgetScope, more: Work) -> None:
    purpose = PURPOSES[code]
    budget = purpose.budget
    base = budget.base if of is BudgetScope.ACTOR else budget.outlet_base
    assert allowance(purpose, {}, of) == (UNLIMITED if base is None else base)
    found = allowance(purpose, work, of)
    assert found >= allowance(purpose, {}, of)
    assert found <= allowance(purpose, work | {more: work.get(more, 0) + 1}, of)
    assert found <= (budget.cap if of is BudgetScope.ACTOR else UNLIMITED)
    assert found == allowance(purpose, work | {"other": 5}, of)


def test_4_parts_do_not_count() -> None:
    sort = PURPOSES["sort"]
    budget = Budget(base=1, cap=9, per={Work.ARRIVALS: 0.5, Work.TICKETS: 0.3}, outlet_base=None, outlet_per={})
    purpose = replace(sort, budget=budget)
    found = [allowance(purpose, {"arrivals": n, "tickets": 1}, "actor") for n in range(5)]
    assert found == [1, 1, 2, 2, 3]
    assert allowance(purpose, {"arrivals": 10**12}, "actor") == 9
    assert allowance(purpose, {"arrivals": 10**12}, "outlet") == UNLIMITED


@given(st.integers(1, 99), st.integers(1, 40), st.integers(0, 4000))
def test_an_ordinary_courier_never_notices(parcels: int, colleagues: int, yesterday: int) -> None:
    """Fewer than 100 parcels a day each: every address twice and every phone once, even after a day without work."""
    arrivals = {"arrivals": parcels * colleagues + yesterday}
    for code, a_parcel in (("deliver", 2), ("contact", 1)):
        assert allowance(PURPOSES[code], arrivals, "actor") >= a_parcel * parcels
        assert allowance(PURPOSES[code], arrivals, "outlet") >= a_parcel * parcels * colleagues
    issued = {"issued": parcels * colleagues + yesterday}
    for code, a_parcel in (("pickup", 2), ("contact_sender", 1)):
        assert allowance(PURPOSES[code], issued, "actor") >= a_parcel * parcels


@each("code", [p.code for p in PURPOSES.values() if "full" in p.fields.values()])
def test_a_stolen_login_runs_dry(code: str) -> None:
    """20,000 to 30,000 numbers a day were on sale."""
    purpose = PURPOSES[code]
    if "partner" in purpose.roles:
        assert "recipient_name" not in [f for f, form in purpose.fields.items() if form == "full"]
        assert allowance(purpose, {"issued": 100}, "actor") <= 2 * 100 + 20
        return
    assert allowance(purpose, {"arrivals": 10**6, "issued": 10**6, "tickets": 10**6}, "actor") <= 1000
    assert allowance(purpose, {}, "actor") <= 20
    small = {"arrivals": 60, "issued": 60}
    assert allowance(purpose, small, "actor") <= 2 * 60 + 20


def test_the_head_office_without_tickets_gets_next_to_nothing() -> None:
    wide = {"customer_service", "claims", "analyst", "regional_manager", "it"}
    for purpose in PURPOSES.values():
        if purpose.roles & wide:
            assert allowance(purpose, {}, "actor") <= 5
    assert not any("it" in purpose.roles for purpose in PURPOSES.values())


def test_a_day_is_the_couriers() -> None:
    china = 8 * HOUR
    assert day_of(0, 0) == day_of(16 * HOUR - 1, china) == 0
    assert day_of(16 * HOUR, china) == 1
    assert day_of(-1, 0) == -1


def test_refusals_of_budgets() -> None:
    assert {of: (d.rule, d.allowed) for of, d in OVER.items()} == {
        "actor": ("budget", False),
        "outlet": ("outlet_budget", False),
    }
