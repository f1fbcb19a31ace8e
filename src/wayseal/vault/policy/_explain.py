"""Why a policy decides as it does: every rule, whether it speaks, and the values that it looked at."""

from collections.abc import Mapping
from dataclasses import dataclass

from wayseal.vault.policy._policy import Decision, Policy, PolicyRequest
from wayseal.vault.policy._purposes import Purpose


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
