"""purposes.md says every purpose, rule, budget and key as the data has them, in both languages."""

import pytest

from tests.docs.pages import blocks, read, rows, sections
from tests.docs.purposes import budget_row, purpose_row
from wayseal.custody import Relation
from wayseal.model.schema import keys_of
from wayseal.vault.policy import Policy, Purpose, Work, default_texts
from wayseal.vault.policy.budgets import OVER
from wayseal.vault.policy.cases import BudgetCase, Case, Question, run_cases

PURPOSES, RULES = default_texts()
POLICY = Policy.parse(PURPOSES, RULES, 1)


@pytest.fixture(params=["en", "zh"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(lang: str) -> str:
    return read("docs/reference/purposes.md" if lang == "en" else "docs/reference/purposes.zh.md")


def table(page: str, place: int) -> dict[str, list[str]]:
    return rows(list(sections(page).values())[place])


def test_purposes(page: str, lang: str) -> None:
    assert list(table(page, 0).values()) == [purpose_row(p, lang) for p in POLICY.purposes.values()]


def test_relations(page: str) -> None:
    assert list(table(page, 1)) == list(Relation)


def test_rules(page: str, lang: str) -> None:
    told = {rule.id: (rule.zh if lang == "zh" else rule.en) for rule in POLICY.rules}
    for name, words in told.items():
        assert table(page, 2)[name][1] == words
    for refusal in OVER.values():
        assert table(page, 2)[refusal.rule][1] == (refusal.zh if lang == "zh" else refusal.en)


def test_budgets(page: str, lang: str) -> None:
    found = table(page, 3)
    expected = [budget_row(p, lang) for p in POLICY.purposes.values()]
    assert list(found.values())[: len(expected)] == expected
    assert list(found)[len(expected) :] == list(Work)


def test_keys(page: str) -> None:
    keys, one = table(page, 4), next(iter(POLICY.purposes.values()))
    budget, usual = type(one.budget), type(one.find)()
    assert list(keys) == [
        *keys_of(Purpose),
        *(f"budget.{key}" for key in keys_of(budget)),
        *(f"find.{key}" for key in keys_of(type(usual))),
    ]
    for key in keys_of(type(usual)):
        assert str(getattr(usual, key)) in keys[f"find.{key}"][1]
    cases, question = table(page, 5), keys_of(Question)
    own = [key for key in keys_of(Case) if key not in question]
    assert list(cases) == [*own, *question, *(key for key in keys_of(BudgetCase) if key not in keys_of(Case))]
    for key, usual in Question(purpose="", role="").values.items():
        text = str(usual).lower() if isinstance(usual, bool) else usual
        assert text in (None, [], "") or cases[key][1] == f"`{text}`", key


def test_examples(page: str) -> None:
    purpose, case = blocks(page, "toml")
    policy = Policy.parse(PURPOSES + purpose, RULES, 1)
    (code,) = policy.purposes.keys() - POLICY.purposes
    results = run_cases(policy, case.replace("PURPOSE", code))
    assert [result.passed for result in results] == [True, True]
