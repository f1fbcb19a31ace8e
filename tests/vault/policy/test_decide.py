"""What a policy decides: a test for each obligation of `wayseal.vault.policy._policy`.

Budgets: a test for each obligation of `wayseal.vault.policy.budgets`, and what couriers and thieves notice.
"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tables import each
from tests.vault.policy.asked import PURPOSES, RULES, asked, askings, default, relation_sets
from wayseal.custody import Relation, State
from wayseal.model.fields import Field
from wayseal.vault.policy import Decision, Policy, PolicyRequest, Work
from wayseal.vault.policy.budgets import OVER, UNLIMITED, BudgetScope, allowance, day_of
from wayseal.vault.policy.cases import default_cases, explain, parse_cases

pytestmark = pytest.mark.once

OPEN = '@id("open") @zh("开") @en("open") permit (principal, action, resource);'
NEVER = '@id("never") @zh("关") @en("never") permit (principal, action, resource) when { false };'


@given(askings)
def test_1_and_5_every_refusal_names_a_rule_and_the_same_question_has_the_same_answer(request: PolicyRequest) -> None:
    decision = default().decide(request)
    known = {rule.id: rule for rule in default().rules}
    assert known[decision.rule].permits == decision.allowed
    assert (decision.zh, decision.en) == (known[decision.rule].zh, known[decision.rule].en)
    assert set(decision.also) <= set(known) - {decision.rule, "work"}
    places = [list(known).index(rule) for rule in (decision.rule, *decision.also)]
    assert places == sorted(places)
    assert default().decide(request) is decision
    assert Policy.parse(PURPOSES, RULES, 2).decide(request) == decision


def test_1_what_nothing_permits_is_refused() -> None:
    decision = Policy.parse(PURPOSES, NEVER, 1).decide(asked())
    assert (decision.allowed, decision.rule, decision.also) == (False, "nothing_permits", ())


@given(askings, relation_sets, st.sampled_from(sorted(State)), st.integers(0, 20_000), st.booleans())
def test_2_an_unknown_waybill_looks_like_one_that_is_nobodys_business(
    request: PolicyRequest, relation: frozenset[Relation], state: State, hours: int, erased: bool
) -> None:
    purpose = default().purposes.get(request.purpose)
    request = request._replace(has_ticket=False, erased=erased, state=state, hours_since_delivery=hours)
    unknown = default().decide(request._replace(known=False, relation=relation))
    unrelated = relation - (purpose.custody if purpose else frozenset())
    elsewhere = default().decide(request._replace(known=True, relation=unrelated))
    assert not unknown.allowed
    assert not elsewhere.allowed
    assert (unknown.rule, unknown.zh, unknown.en) == (elsewhere.rule, elsewhere.zh, elsewhere.en)
    assert "unknown" in (unknown.rule, *unknown.also)
    assert "unknown" not in (elsewhere.rule, *elsewhere.also)


@each("purpose", default().purposes)
def test_2_unknown_is_the_first_rule_told_of_no_purpose(purpose: str) -> None:
    role = sorted(default().purposes[purpose].roles)[0]
    for ticket in (False, True):
        decision = default().decide(asked(role, purpose, known=False, ticket=ticket))
        assert decision.rule == ("custody" if default().purposes[purpose].custody else "no_ticket")
        assert decision.also == ("unknown",)


@given(askings)
def test_3_nothing_opens_what_the_floor_closes(request: PolicyRequest) -> None:
    policy = Policy.parse(PURPOSES, OPEN, 1)
    decision = policy.decide(request)
    purpose = policy.purposes.get(request.purpose)
    closed = (
        purpose is None
        or not request.known
        or request.erased
        or request.blocked
        or not request.valid
        or not (request.fields or frozenset()) <= purpose.fields.keys()
    )
    assert decision.rule == ("floor" if closed else "open")
    assert decision.allowed == (not closed)
    if closed:
        assert not default().decide(request).allowed


def test_4_a_rule_that_fails_refuses() -> None:
    failing = '@id("over") @zh("溢") @en("over") forbid (principal, action, resource) when { %s };'
    policy = Policy.parse(PURPOSES, OPEN + failing % "context.hours * 9223372036854775807 > 5", 1)
    assert policy.decide(asked()).allowed
    refused = policy.decide(asked(hours=2))
    assert (refused.allowed, refused.rule) == (False, "failed")
    policy = Policy.parse(PURPOSES, RULES + failing % "context.hours * 9223372036854775807 > 5", 1)
    assert policy.decide(asked(hours=2, blocked=True)).also == ("failed",)


def test_5_memory_is_bounded_and_forgets_nothing_that_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wayseal.vault.policy._policy._MEMO", 4)
    policy = Policy.parse(PURPOSES, RULES, 1)
    for hours in range(20):
        request = asked(relation=["left"], state="delivered", hours=hours)
        assert policy.decide(request).allowed == (hours <= 12)
        assert len(policy._memo) <= 4
    for n in range(20):
        assert policy.decide(asked(purpose=f"p{n}")).rule == "unknown_purpose"
    assert len(policy._memo) <= 4


def test_fields_are_of_the_purpose() -> None:
    for purpose in default().purposes.values():
        for field in Field:
            request = asked(sorted(purpose.roles)[0], purpose.code, fields=[field.value])
            rules = (default().decide(request).rule, *default().decide(request).also)
            assert ("fields" in rules) == (field not in purpose.fields)


@given(askings)
def test_explanations_agree_with_decisions(request: PolicyRequest) -> None:
    told = explain(default(), request)
    refusing = tuple(w.rule for w in told.rules if w.speaks and not w.permits)
    decision = told.decision
    assert decision == default().decide(request)
    assert refusing == (() if decision.allowed else (decision.rule, *decision.also))
    assert [w.rule for w in told.rules] == [rule.id for rule in default().rules]
    assert all(w.speaks for w in told.rules if w.permits)


def test_explanations_say_what_a_rule_looked_at() -> None:
    told = {w.rule: w for w in explain(default(), asked(relation=["origin", "holds"])).rules}
    assert told["custody"].looked == {
        "purpose.custody": "holds, left, sent",
        "relation": "holds, origin",
        "purpose.ticket": "true",
        "ticket": "false",
    }
    assert told["role"].looked == {"purpose.roles": "clerk, courier", "role": "courier"}
    assert explain(default(), asked(purpose="x")).rules[1].looked == {"purpose": "unknown"}
    assert explain(default(), asked(known=False)).rules[9].looked["relation"] == "-"


def test_versions_differ_by_their_texts() -> None:
    assert default().sha256 == Policy.parse(PURPOSES, RULES, 9).sha256
    assert default().sha256 != Policy.parse(PURPOSES, RULES + "\n", 1).sha256
    assert default().sha256 != Policy.parse(PURPOSES + "\n", RULES, 1).sha256
    assert Policy.parse(PURPOSES, RULES, 9).version == 9
    assert "Asking" not in repr(default())


def test_decisions_of_the_cases_do_not_depend_on_their_order() -> None:
    askings_ = [case.request for case in parse_cases(default_cases()).case]

    def decided(order: list[PolicyRequest]) -> dict[PolicyRequest, Decision]:
        policy = Policy.parse(PURPOSES, RULES, 1)
        return {request: policy.decide(request) for request in order}

    assert decided(askings_) == decided(askings_[::-1])


KNOWN = default().purposes
HOUR = 3_600_000_000
works = st.dictionaries(st.sampled_from([*map(str, Work), "other"]), st.integers(0, 10**6))


@given(st.sampled_from(sorted(KNOWN)), works, st.sampled_from(sorted(BudgetScope)), st.sampled_from(sorted(Work)))
def test_1_and_3_work_opens_and_the_cap_holds(code: str, work: dict[str, int], of: BudgetScope, more: Work) -> None:
    purpose = KNOWN[code]
    budget = purpose.budget
    base = budget.base if of is BudgetScope.ACTOR else budget.outlet_base
    assert allowance(purpose, {}, of) == (UNLIMITED if base is None else base)
    found = allowance(purpose, work, of)
    assert found >= allowance(purpose, {}, of)
    assert found <= allowance(purpose, work | {more: work.get(more, 0) + 1}, of)
    assert found <= (budget.cap if of is BudgetScope.ACTOR else UNLIMITED)
    assert found == allowance(purpose, work | {"other": 5}, of)


def test_4_parts_do_not_count() -> None:
    sort = KNOWN["sort"]
    budget = replace(
        sort.budget, base=1, cap=9, per={Work.ARRIVALS: 0.5, Work.TICKETS: 0.3}, outlet_base=None, outlet_per={}
    )
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
        assert allowance(KNOWN[code], arrivals, "actor") >= a_parcel * parcels
        assert allowance(KNOWN[code], arrivals, "outlet") >= a_parcel * parcels * colleagues
    issued = {"issued": parcels * colleagues + yesterday}
    for code, a_parcel in (("pickup", 2), ("contact_sender", 1)):
        assert allowance(KNOWN[code], issued, "actor") >= a_parcel * parcels


@each("code", [p.code for p in KNOWN.values() if "full" in p.fields.values()])
def test_a_stolen_login_runs_dry(code: str) -> None:
    """20,000 to 30,000 numbers a day were on sale."""
    purpose = KNOWN[code]
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
    for purpose in KNOWN.values():
        if purpose.roles & wide:
            assert allowance(purpose, {}, "actor") <= 5
    assert not any("it" in purpose.roles for purpose in KNOWN.values())


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
