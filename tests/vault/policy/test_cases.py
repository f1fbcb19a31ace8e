"""The cases that come with the policy: they pass, and they notice whatever changes."""

import re
from collections.abc import Iterator

import pytest

from tests.tables import each
from tests.vault.policy.asked import PURPOSES, RULES, default
from wayseal.model.schema import keys_of
from wayseal.vault.errors import PolicyError
from wayseal.vault.policy import Policy
from wayseal.vault.policy.cases import Question, default_cases, parse_cases, run_cases, untested

pytestmark = pytest.mark.once

CASES = default_cases()


def failed(policy: Policy, cases: str = CASES) -> list[str]:
    return [result.name for result in run_cases(policy, cases) if not result.passed]


def test_the_policy_passes_and_every_rule_and_purpose_has_cases_of_both_kinds() -> None:
    assert failed(default()) == []
    assert not untested(default(), CASES)
    allowed = {case.request.purpose for case in parse_cases(CASES).case if case.expect == "allow"}
    assert allowed == set(default().purposes)
    told = {case.expect for case in parse_cases(CASES).case}
    assert told - {"allow"} == {rule.id for rule in default().rules if not rule.permits} - {"unknown"}


@each("rule", [rule.id for rule in default().rules])
def test_cases_notice_that_a_rule_is_gone(rule: str) -> None:
    gone = next(r for r in default().rules if r.id == rule)
    if gone.permits:
        with pytest.raises(PolicyError, match="no rule permits"):
            Policy.parse(PURPOSES, RULES.replace(gone.text, ""), 1)
        return
    assert failed(Policy.parse(PURPOSES, RULES.replace(gone.text, ""), 1))


def changed() -> Iterator[tuple[str, str]]:
    """The purposes file with one form, role or length of it changed."""
    head, *parts = PURPOSES.split("[[purpose]]\n")
    for place, part in enumerate(parts):
        code = re.findall(r'code = "(\w+)"', part)[0]
        for found in re.finditer(r'(\w+) = "(full|masked|region)"', part):
            other = "masked" if found[2] == "full" else "full"
            new = part[: found.start()] + f'{found[1]} = "{other}"' + part[found.end() :]
            yield f"{code} {found[1]}", "[[purpose]]\n".join([head, *parts[:place], new, *parts[place + 1 :]])
        if "custody = [" in part:
            new = re.sub(r'custody = \["\w+"', 'custody = ["own"', part).replace(
                'custody = ["own"]', 'custody = ["left"]'
            )
            yield f"{code} custody", "[[purpose]]\n".join([head, *parts[:place], new, *parts[place + 1 :]])


@pytest.mark.parametrize(("what", "text"), list(changed()), ids=lambda v: v if len(v) < 50 else "")
def test_cases_notice_that_a_purpose_shows_or_asks_something_else(what: str, text: str) -> None:
    assert text != PURPOSES
    assert failed(Policy.parse(text, RULES, 1)), what


def test_what_no_case_shows() -> None:
    few = '[[case]]\nname = "a"\npurpose = "sort"\nrole = "sorter"\nrelation = ["holds"]\nexpect = "allow"\n'
    found = untested(default(), few)
    assert found.never_refused == tuple(default().purposes)
    assert found.never_allowed == tuple(p for p in default().purposes if p != "sort")
    assert found.silent_rules == tuple(r.id for r in default().rules if not r.permits)
    assert bool(found)


CASE = '[[case]]\nname = "a"\npurpose = "sort"\nrole = "sorter"\nrelation = ["holds"]\n'
BUDGET = '[[budget]]\nname = "b"\npurpose = "deliver"\nof = "actor"\n'


@pytest.mark.parametrize(
    ("text", "expected", "got"),
    [
        (CASE + 'expect = "custody"', "custody", "allow"),
        (CASE + 'expect = "allow"\nstate = "held"\nblocked = true', "allow", "blocked"),
        (CASE + 'expect = "blocked"\nblocked = true\nalso = ["role"]', "blocked; also role", "blocked; also -"),
        (
            CASE + 'expect = "allow"\nshows = { goods = "full" }',
            "allow; shows goods=full",
            "allow; shows recipient_address=region",
        ),
        (CASE + 'expect = "role"\nblocked = true\nshows = {}', "role; shows -", "blocked; shows -"),
        (BUDGET + "work = {}\nexpect = 21", "21", "20"),
        (BUDGET.replace("deliver", "x") + "work = {}\nexpect = 21", "21", "unknown_purpose"),
    ],
)
def test_what_fails_says_what_came_instead(text: str, expected: str, got: str) -> None:
    (result,) = run_cases(default(), text)
    assert (result.passed, result.expected, result.got) == (False, expected, got)


def test_the_order_of_further_rules_and_of_what_is_shown_means_nothing() -> None:
    text = CASE.replace('relation = ["holds"]', "") + 'expect = "blocked"\nblocked = true\n'
    assert failed(default(), text + 'also = ["custody"]') == []
    assert failed(default(), text + 'valid = false\nalso = ["custody", "expired"]') == []


@each(
    ("text", "error"),
    [
        ("[[case", "line 1: not TOML here"),
        ("[[cases]]", "line 1: cases: not known here; did you mean case?"),
        ("case = 1", "line 1: case: is written as [[case]]"),
        ("budget = [1]", "line 1: budget: is written as [[budget]]"),
        ("[[case]]\nrole = 'x'", "line 1: case.purpose: this key is needed"),
        (CASE.replace('"a"', '""') + 'expect = "allow"', "line 2: case.name: needs a text that isn't empty"),
        (CASE + "expect = 1", "line 6: case.expect: needs allow, or a rule that refuses"),
        (CASE + 'expect = "allow"\nalso = 1', "line 7: case.also: needs a list"),
        (CASE + 'expect = "allow"\nshows = { x = "full" }', "line 7: case.shows.x: is one of sender_name, "),
        (
            CASE + 'expect = "allow"\nshows = { goods = "all" }',
            "line 7: case.shows.goods: is one of full, masked, region",
        ),
        (CASE + 'expect = "allow"\nknow = true', "line 7: case.know: not known here; did you mean known?"),
        (CASE + 'expect = "allow"\nblocked = 1', "line 7: case.blocked: is true or false"),
        (CASE + 'expect = "allow"\nhours = -1', "line 7: case.hours: needs a whole number, 0 or more"),
        (CASE + 'expect = "allow"\nhours = true', "line 7: case.hours: needs a whole number, 0 or more"),
        (CASE + 'expect = "allow"\nstate = "lost"', "line 7: case.state: is one of issued, "),
        (CASE + 'expect = "allow"\nkind = 1', "line 7: case.kind: is one of person, "),
        (CASE + 'expect = "allow"\nfields = ["name"]', "line 7: case.fields: is one of sender_name, "),
        (CASE.replace('"holds"', '"hold"') + 'expect = "allow"', "line 5: case.relation: is one of holds, "),
        (CASE.replace('"sort"', '""') + 'expect = "allow"', "line 3: case.purpose: needs a text that isn't empty"),
        (CASE + 'expect = "allow"\n' + CASE + 'expect = "allow"', "line 8: case.name: this name stands twice"),
        (BUDGET + "expect = 1", "line 1: budget.work: this key is needed"),
        (BUDGET + "work = {}", "line 1: budget.expect: this key is needed"),
        (
            BUDGET + "work = { arrivals = -1 }\nexpect = 1",
            "line 5: budget.work.arrivals: needs a whole number, 0 or more",
        ),
        (BUDGET + "work = { parcels = 1 }\nexpect = 1", "line 5: budget.work.parcels: is one of arrivals, "),
        (BUDGET.replace("actor", "city") + "work = {}\nexpect = 1", "line 4: budget.of: is one of actor, outlet"),
        (BUDGET.replace('"deliver"', "5") + "work = {}\nexpect = 1", "line 3: budget.purpose: needs a text in quotes"),
    ],
)
def test_what_cannot_be_read(text: str, error: str) -> None:
    with pytest.raises(PolicyError) as raised:
        run_cases(default(), text)
    assert str(raised.value).startswith(error)


def test_cases_may_say_all_that_rules_may_look_at() -> None:
    looked = {name for rule in default().rules for name in rule.looks_at if "." not in name}
    assert looked <= keys_of(Question).keys()
    request = parse_cases(CASE + 'expect = "allow"').case[0].request
    assert {*default().context(request), "purpose", "role"} == {*keys_of(Question)}
