"""Cases: what a policy must decide, as data, so that a change that opens or closes something is seen before it counts.

A case is a question with the answer that it must get; a budget is an amount of work with the disclosures it must open.
What a case leaves out is as with ordinary work: a person whose account is in order, and a parcel that an outlet has.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from typing import Any

from wayseal.custody import Relation, State
from wayseal.model.fields import Field
from wayseal.model.kinds import ActorKind
from wayseal.model.messages import N_, Message
from wayseal.vault.errors import PolicyError
from wayseal.vault.policy._policy import Decision, Policy, PolicyRequest
from wayseal.vault.policy._purposes import Work
from wayseal.vault.policy.budgets import BudgetScope, allowance

ALLOW = "allow"
"""What a case expects of a question that is to be allowed; otherwise it expects a rule."""
USUAL: Mapping[str, Any] = {
    "kind": "person",
    "client_may": True,
    "blocked": False,
    "valid": True,
    "trained": True,
    "relation": [],
    "ticket": False,
    "known": True,
    "state": "held",
    "hours": 0,
    "erased": False,
    "bulk": False,
    "approved": False,
    "fields": None,
}
"""What a question is where a case says nothing; its keys are the names that rules use."""
CASE_KEYS = ("name", "expect", "also", "shows", "purpose", "role", *USUAL)
BUDGET_KEYS = ("name", "expect", "purpose", "of", "work")
_RENAMED = {"ticket": "has_ticket", "hours": "hours_since_delivery"}
_AMONG: Mapping[str, type[StrEnum]] = {"kind": ActorKind, "relation": Relation, "state": State, "fields": Field}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A question and what it must get. also, shows: None: not looked at."""

    name: str
    request: PolicyRequest
    expect: str
    also: tuple[str, ...] | None
    shows: Mapping[str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetCase:
    """Work, and the disclosures a day that it must open."""

    name: str
    purpose: str
    of: BudgetScope
    work: Mapping[str, int]
    expect: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Whether a case got what it expects; expected, got: in the words of a case file."""

    name: str
    passed: bool
    expected: str
    got: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Untested:
    """What no case shows. purposes, rules: in the order of the policy, those without a case of either kind."""

    never_allowed: tuple[str, ...]
    never_refused: tuple[str, ...]
    silent_rules: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.never_allowed or self.never_refused or self.silent_rules)


def default_cases() -> str:
    """The cases that come with Wayseal, as text."""
    return resources.files(__package__).joinpath("cases.toml").read_text("utf-8")


def run_cases(policy: Policy, cases_toml: str) -> tuple[Result, ...]:
    """Every case and budget of the text on this policy, in its order. PolicyError where a case can't be read."""
    cases, budgets = parse_cases(cases_toml)
    return (*(_run_case(policy, case) for case in cases), *(_run_budget_case(policy, budget) for budget in budgets))


def untested(policy: Policy, cases_toml: str) -> Untested:
    """Purposes that no case has allowed or refused, and rules that speak in none."""
    allowed: set[str] = set()
    refused: set[str] = set()
    spoke: set[str] = set()
    for case in parse_cases(cases_toml)[0]:
        decision = policy.decide(case.request)
        (allowed if decision.allowed else refused).add(case.request.purpose)
        spoke |= {decision.rule, *decision.also}
    return Untested(
        never_allowed=tuple(p for p in policy.purposes if p not in allowed),
        never_refused=tuple(p for p in policy.purposes if p not in refused),
        silent_rules=tuple(rule.id for rule in policy.rules if rule.id not in spoke),
    )


def request_of(values: Mapping[str, Any], of: Message | str) -> PolicyRequest:
    """A question from the names that rules use, with `USUAL` for what is left out. PolicyError names `of` and key."""
    for key in ("purpose", "role"):
        if not isinstance(values.get(key), str) or not values[key]:
            raise PolicyError("in {of}: {name} must be given", of=of, name=key)
    made: dict[str, Any] = {"purpose": values["purpose"], "role": values["role"]}
    for key, usual in USUAL.items():
        value = values.get(key, usual)
        made[_RENAMED.get(key, key)] = None if value is None else _read(key, value, of)
    return PolicyRequest(**made)


def values_of(request: PolicyRequest) -> dict[str, Any]:
    """What `request_of` makes this question from."""
    values = {key: getattr(request, _RENAMED.get(key, key)) for key in ("purpose", "role", *USUAL)}
    return values | {key: None if values[key] is None else sorted(values[key]) for key in ("relation", "fields")}


def _read(key: str, value: object, of: Message | str) -> object:
    if key in ("relation", "fields"):
        if not isinstance(value, list) or not all(isinstance(v, str) and v in set(_AMONG[key]) for v in value):
            raise PolicyError("in {of}: {name} must be a list of {known}", of=of, name=key, known=list(_AMONG[key]))
        return frozenset(map(_AMONG[key], value))
    if key in _AMONG:
        if not isinstance(value, str) or value not in set(_AMONG[key]):
            raise PolicyError("in {of}: {name} must be one of {known}", of=of, name=key, known=list(_AMONG[key]))
        return _AMONG[key](value)
    if key == "hours":
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise PolicyError("in {of}: {name} must be a whole number, 0 or more", of=of, name=key)
        return value
    if not isinstance(value, bool):
        raise PolicyError("in {of}: {name} must be true or false", of=of, name=key)
    return value


def parse_cases(text: str) -> tuple[tuple[Case, ...], tuple[BudgetCase, ...]]:
    """Cases and budgets of a file. PolicyError names the case and key."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError("not TOML: {error}", error=error) from None
    if unknown := sorted(content.keys() - {"case", "budget"}):
        raise PolicyError("only [[case]] and [[budget]] tables may stand in it: {unknown}", unknown=unknown[0])
    cases = [_case(row, of) for row, of in _rows(content.get("case", []), "case", CASE_KEYS)]
    budgets = [_budget(row, of) for row, of in _rows(content.get("budget", []), "budget", BUDGET_KEYS)]
    names = [case.name for case in cases] + [budget.name for budget in budgets]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise PolicyError("case {name} stands twice", name=twice[0])
    return tuple(cases), tuple(budgets)


_CALLED = {"case": N_("case {name}"), "budget": N_("budget {name}")}


def _rows(rows: object, kind: str, keys: Iterable[str]) -> list[tuple[dict[str, Any], Message]]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PolicyError("only [[case]] and [[budget]] tables may stand in it: {kind}", kind=kind)
    found = []
    for place, row in enumerate(rows, 1):
        if not isinstance(row.get("name"), str) or not row["name"]:
            raise PolicyError("in {of}: {name} must be given", of=Message(_CALLED[kind], {"name": place}), name="name")
        of = Message(_CALLED[kind], {"name": row["name"]})
        if unknown := sorted(set(row) - set(keys)):
            raise PolicyError("in {of}: unknown key {unknown}", of=of, unknown=unknown[0])
        found.append((row, of))
    return found


def _case(row: Mapping[str, Any], of: Message) -> Case:
    if not isinstance(row.get("expect"), str):
        raise PolicyError("in {of}: expect must be {allow} or a rule", of=of, allow=ALLOW)
    also = row.get("also")
    if also is not None and not (isinstance(also, list) and all(isinstance(rule, str) for rule in also)):
        raise PolicyError("in {of}: also must be a list of rules", of=of)
    shows = row.get("shows")
    if shows is not None and not (isinstance(shows, dict) and shows.keys() <= set(Field)):
        raise PolicyError("in {of}: shows must be a table of {known}", of=of, known=list(Field))
    return Case(
        name=row["name"],
        request=request_of(row, of),
        expect=row["expect"],
        also=None if also is None else tuple(also),
        shows=shows,
    )


def _budget(row: Mapping[str, Any], of: Message) -> BudgetCase:
    if row.get("of") not in set(BudgetScope):
        raise PolicyError("in {of}: of must be one of {known}", of=of, known=list(BudgetScope))
    counts = (row.get("expect"), *row["work"].values()) if isinstance(row.get("work"), dict) else (None,)
    if not all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in counts):
        raise PolicyError("in {of}: work and expect must be whole numbers, 0 or more", of=of)
    if not row["work"].keys() <= set(Work):
        raise PolicyError("in {of}: work must be a table of {known}", of=of, known=list(Work))
    if not isinstance(row.get("purpose"), str):
        raise PolicyError("in {of}: {name} must be given", of=of, name="purpose")
    return BudgetCase(
        name=row["name"], purpose=row["purpose"], of=BudgetScope(row["of"]), work=row["work"], expect=row["expect"]
    )


def _run_case(policy: Policy, case: Case) -> Result:
    decision = policy.decide(case.request)
    shown = _fields_shown(policy, case.request, decision)
    got, expected = [ALLOW if decision.allowed else decision.rule], [case.expect]
    if case.also is not None:
        got.append("also " + _join_names(decision.also))
        expected.append("also " + _join_names(case.also))
    if case.shows is not None:
        got.append("shows " + _join_names(f"{name}={form}" for name, form in shown.items()))
        expected.append("shows " + _join_names(f"{name}={form}" for name, form in case.shows.items()))
    # Order says which rule is told, and `got` holds that one apart; of tables and of the others it says nothing.
    passed = (
        got[0] == expected[0]
        and (case.also is None or set(case.also) == set(decision.also))
        and (case.shows is None or dict(case.shows) == shown)
    )
    return Result(name=case.name, passed=passed, expected="; ".join(expected), got="; ".join(got))


def _fields_shown(policy: Policy, request: PolicyRequest, decision: Decision) -> dict[str, str]:
    if not decision.allowed:
        return {}
    fields = policy.purposes[request.purpose].fields
    return {str(name): str(form) for name, form in fields.items() if request.fields is None or name in request.fields}


def _join_names(names: Iterable[str]) -> str:
    return ", ".join(names) or "-"


def _run_budget_case(policy: Policy, case: BudgetCase) -> Result:
    purpose = policy.purposes.get(case.purpose)
    got = "unknown_purpose" if purpose is None else str(allowance(purpose, case.work, case.of))
    return Result(name=case.name, passed=got == str(case.expect), expected=str(case.expect), got=got)
