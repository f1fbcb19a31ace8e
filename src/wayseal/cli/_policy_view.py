"""A policy in words and as JSON."""

import json
from collections.abc import Iterable, Mapping

from wayseal.cli._options import Lang
from wayseal.cli._words.policy import POLICY_TEXTS
from wayseal.model.fields import Field
from wayseal.vault.policy import Policy, Purpose, Work

Words = Mapping[str, str]


def policy_lines(policy: Policy, lang: Lang) -> list[str]:
    """Purposes, each a few lines, and rules, a line each."""
    words = POLICY_TEXTS[lang]
    lines = [words["policy"].format(purposes=len(policy.purposes), rules=len(policy.rules), sha256=policy.sha256)]
    for purpose in policy.purposes.values():
        lines += ["", f"{purpose.code}  {in_language(purpose, lang)}", *_purpose_lines(purpose, policy, words, lang)]
    lines += ["", words["rules"]]
    width = max(len(rule.id) for rule in policy.rules)
    lines += [f"  {rule.id:<{width}}  {in_language(rule, lang)}" for rule in policy.rules]
    return lines


def _purpose_lines(purpose: Purpose, policy: Policy, words: Words, lang: Lang) -> Iterable[str]:
    comma = words["comma"]
    roles = comma.join(
        f"{role} ({in_language(policy.roles[role], lang)})" for role in policy.roles if role in purpose.roles
    )
    yield words["roles"].format(roles=roles)
    if purpose.custody:
        text = words["last_leg" if purpose.last_leg else "custody"]
        yield text.format(custody=comma.join(sorted(purpose.custody)), hours=purpose.grace_h)
    if purpose.ticket_h is not None:
        yield words["ticket"].format(hours=purpose.ticket_h)
    yield words["fields"].format(fields=comma.join(f"{name} {form}" for name, form in purpose.fields.items()))
    yield words["lasts"].format(hours=f"{purpose.lasts_s / 3600:g}")
    budget = purpose.budget
    yield words["budget"].format(sum=_budget_sum(budget.base, budget.per), cap=budget.cap)
    if budget.outlet_base is not None:
        yield words["outlet_budget"].format(sum=_budget_sum(budget.outlet_base, budget.outlet_per))
    for name, most_of in (("bulk", purpose.bulk), ("bulk_day", purpose.bulk_day)):
        bulk = comma.join(f"{kind} {most}" for kind, most in most_of.items())
        yield words[name].format(bulk=bulk + comma if bulk else "")
    yield words["approvers"].format(roles=comma.join(sorted(purpose.approvers)) or words["nobody"])
    if purpose.revises:
        yield words["revises"].format(fields=comma.join(field for field in Field if field in purpose.revises))
    yield words["find"].format(quota=purpose.find.quota, most=purpose.find.most)


def _budget_sum(base: int, per: Mapping[Work, float]) -> str:
    return " + ".join([str(base), *(f"{each:g} × {kind}" for kind, each in per.items())])


def policy_json(policy: Policy) -> list[str]:
    """The policy as JSON."""
    made = {
        "sha256": policy.sha256,
        "roles": {name: {"zh": words.zh, "en": words.en} for name, words in policy.roles.items()},
        "purposes": [_purpose_json(purpose) for purpose in policy.purposes.values()],
        "rules": [
            {"rule": r.id, "permits": r.permits, "zh": r.zh, "en": r.en, "line": r.line, "looks_at": list(r.looks_at)}
            for r in policy.rules
        ],
    }
    return [json.dumps(made, ensure_ascii=False, indent=1)]


def _purpose_json(purpose: Purpose) -> dict[str, object]:
    budget = purpose.budget
    return {
        "code": purpose.code,
        "zh": purpose.zh,
        "en": purpose.en,
        "roles": sorted(purpose.roles),
        "custody": sorted(purpose.custody),
        "grace_h": purpose.grace_h,
        "last_leg": purpose.last_leg,
        "ticket_h": purpose.ticket_h,
        "lasts_s": purpose.lasts_s,
        "fields": dict(purpose.fields),
        "budget": {
            "base": budget.base,
            "per": dict(budget.per),
            "cap": budget.cap,
            "outlet_base": budget.outlet_base,
            "outlet_per": dict(budget.outlet_per),
        },
        "bulk": dict(purpose.bulk),
        "bulk_day": dict(purpose.bulk_day),
        "approvers": sorted(purpose.approvers),
        "revises": sorted(purpose.revises),
        "find": {"quota": purpose.find.quota, "most": purpose.find.most},
    }


def in_language(what: object, lang: Lang) -> str:
    return str(getattr(what, lang.value))
