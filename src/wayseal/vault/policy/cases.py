"""Cases: what a policy must decide, as data, so that a change that opens or closes something is seen before it counts.

A case is a question with the answer that it must get; a budget is an amount of work with the disclosures it must open.
What a case leaves out is as with ordinary work: a person whose account is in order, and a parcel that an outlet has.

An explanation says why a policy decides as it does: every rule, whether it speaks, the values that it looked at.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field as Limits

from wayseal.custody import Relation, State
from wayseal.model.fields import Field, Form
from wayseal.model.kinds import ActorKind
from wayseal.model.messages import N_
from wayseal.model.schema import CLOSED, Name, TomlText, keys_of, needs, read_values
from wayseal.vault.errors import PolicyError
from wayseal.vault.policy._policy import Decision, Policy, PolicyRequest
from wayseal.vault.policy._purposes import Purpose, Work
from wayseal.vault.policy.budgets import BudgetScope, allowance

ALLOW = "allow"
"""What a case expects of a question that is to be allowed; otherwise it expects a rule."""
_Count = Annotated[int, Limits(ge=0), needs(N_("needs a whole number, 0 or more"))]
_RENAMED = {"ticket": "has_ticket", "hours": "hours_since_delivery"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question in the names that rules use; what is left out is as with ordinary work."""

    __pydantic_config__: ClassVar = CLOSED
    purpose: Name
    role: Name
    kind: ActorKind = ActorKind.PERSON
    client_may: bool = True
    blocked: bool = False
    valid: bool = True
    trained: bool = True
    relation: frozenset[Relation] = frozenset()
    ticket: bool = False
    known: bool = True
    state: State = State.HELD
    hours: _Count = 0
    erased: bool = False
    bulk: bool = False
    approved: bool = False
    fields: frozenset[Field] | None = None

    @property
    def values(self) -> dict[str, Any]:
        """The values that `request_of` makes this question from."""
        found = {key: getattr(self, key) for key in keys_of(Question)}
        return {key: sorted(value) if isinstance(value, frozenset) else value for key, value in found.items()}

    @property
    def request(self) -> PolicyRequest:
        """The question as a policy is asked it."""
        return PolicyRequest(**{_RENAMED.get(key, key): getattr(self, key) for key in keys_of(Question)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(Question):
    """A question and what it must get. also, shows: None: not looked at."""

    name: Name
    expect: Annotated[str, needs(N_("needs allow, or a rule that refuses"))]
    also: tuple[str, ...] | None = None
    shows: Mapping[Field, Form] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetCase:
    """Work, and the disclosures a day that it must open."""

    __pydantic_config__: ClassVar = CLOSED
    name: Name
    purpose: str
    of: BudgetScope
    work: Mapping[Work, _Count]
    expect: _Count


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """The tables of a file."""

    __pydantic_config__: ClassVar = CLOSED
    case: tuple[Case, ...] = ()
    budget: tuple[BudgetCase, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The result of a case: whether it got what it expects. expected, got: in the words of a case file."""

    name: str
    passed: bool
    expected: str
    got: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Untested:
    """The parts of a policy that no case shows. purposes, rules: in its order, those without a case of either kind."""

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
    said = parse_cases(cases_toml)
    return (*(_run_case(policy, one) for one in said.case), *(_run_budget_case(policy, one) for one in said.budget))


def untested(policy: Policy, cases_toml: str) -> Untested:
    """Purposes that no case has allowed or refused, and rules that speak in none."""
    allowed: set[str] = set()
    refused: set[str] = set()
    spoke: set[str] = set()
    for case in parse_cases(cases_toml).case:
        decision = policy.decide(case.request)
        (allowed if decision.allowed else refused).add(case.request.purpose)
        spoke |= {decision.rule, *decision.also}
    return Untested(
        never_allowed=tuple(p for p in policy.purposes if p not in allowed),
        never_refused=tuple(p for p in policy.purposes if p not in refused),
        silent_rules=tuple(rule.id for rule in policy.rules if rule.id not in spoke),
    )


def request_of(values: Mapping[str, Any]) -> PolicyRequest:
    """A question from the names that rules use, as they would stand in a case file. PolicyError names the key."""
    return read_values(values, Question, PolicyError).request


def parse_cases(text: str, file: Path | None = None) -> CaseFile:
    """Cases and budgets of a file. PolicyError names line and key."""
    toml = TomlText(text, PolicyError, file=file, example='role = "courier"')
    said = toml.read(CaseFile)
    seen: set[str] = set()
    for table, names in (("case", [one.name for one in said.case]), ("budget", [one.name for one in said.budget])):
        for place, name in enumerate(names):
            if name in seen:
                raise toml.error("this name stands twice", table, place, "name")
            seen.add(name)
    return said


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """One rule on one question. speaks: a permit permits, any other refuses. looked: what it rests on, with its value.

    Names in `looked` are those of the rules: `relation` of the question, `purpose.custody` of the purpose.
    """

    rule: str
    permits: bool
    speaks: bool
    zh: str
    en: str
    line: int
    looked: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A decision and every rule behind it, in the order of the text. For reviewers: it tells unknown from unrelated."""

    decision: Decision
    rules: tuple[Weighed, ...]


def explain(policy: Policy, request: PolicyRequest) -> Explanation:
    """Every rule on this question; each is asked alone, so that none hides behind another."""
    plain = policy.plain(request)
    values = _values(policy, plain)
    rules = [
        Weighed(
            rule=rule.id,
            permits=rule.permits,
            speaks=bool(policy.evaluated(plain, rule.text).diagnostics.reasons),
            zh=rule.zh,
            en=rule.en,
            line=rule.line,
            looked={name: values[name] for name in rule.looks_at},
        )
        for rule in policy.rules
    ]
    return Explanation(decision=policy.decide(request), rules=tuple(rules))


def _values(policy: Policy, request: PolicyRequest) -> dict[str, str]:
    values = {"purpose": request.purpose, "role": request.role}
    values |= {name: _format_value(value) for name, value in policy.context(request).items()}
    return values | {f"purpose.{name}": said for name, said in _of(policy.purposes.get(request.purpose)).items()}


def _of(purpose: Purpose | None) -> dict[str, str]:
    """A purpose's attributes as rules see them."""
    return {
        "roles": _format_value(sorted(purpose.roles) if purpose else []),
        "custody": _format_value(sorted(purpose.custody) if purpose else []),
        "grace": str(purpose.grace_h if purpose else 0),
        "last_leg": _format_value(purpose is not None and purpose.last_leg),
        "ticket": _format_value(purpose is not None and purpose.ticket_h is not None),
        "ticket_grace": str((purpose.ticket_h if purpose else 0) or 0),
    }


def _format_value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(value) or "-" if isinstance(value, list) else str(value)
