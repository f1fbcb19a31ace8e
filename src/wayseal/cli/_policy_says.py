"""Policies, decisions and results of cases, in words and as JSON."""

import json
from collections.abc import Iterable, Mapping, Sequence

from wayseal.cli._options import Lang
from wayseal.cli._policy_words import POLICY_TEXTS
from wayseal.page.visible import visible
from wayseal.vault.fields import Field
from wayseal.vault.policy import Explanation, Policy, Purpose, Work
from wayseal.vault.policy.cases import Result, Untested

Words = Mapping[str, str]


def policy_lines(policy: Policy, lang: Lang) -> list[str]:
    """Purposes, each a few lines, and rules, a line each."""
    words = POLICY_TEXTS[lang]
    lines = [words["policy"].format(purposes=len(policy.purposes), rules=len(policy.rules), sha256=policy.sha256)]
    for purpose in policy.purposes.values():
        lines += ["", f"{purpose.code}  {_in(purpose, lang)}", *_purpose_lines(purpose, policy, words, lang)]
    lines += ["", words["rules"]]
    width = max(len(rule.id) for rule in policy.rules)
    lines += [f"  {rule.id:<{width}}  {_in(rule, lang)}" for rule in policy.rules]
    return lines


def _purpose_lines(purpose: Purpose, policy: Policy, words: Words, lang: Lang) -> Iterable[str]:
    comma = words["comma"]
    roles = comma.join(f"{role} ({_in(policy.roles[role], lang)})" for role in policy.roles if role in purpose.roles)
    yield words["roles"].format(roles=roles)
    if purpose.custody:
        text = words["last_leg" if purpose.last_leg else "custody"]
        yield text.format(custody=comma.join(sorted(purpose.custody)), hours=purpose.grace_h)
    if purpose.ticket_h is not None:
        yield words["ticket"].format(hours=purpose.ticket_h)
    yield words["fields"].format(fields=comma.join(f"{name} {form}" for name, form in purpose.fields.items()))
    yield words["lasts"].format(hours=f"{purpose.lasts_s / 3600:g}")
    budget = purpose.budget
    yield words["budget"].format(sum=_sum(budget.base, budget.per), cap=budget.cap)
    if budget.outlet_base is not None:
        yield words["outlet_budget"].format(sum=_sum(budget.outlet_base, budget.outlet_per))
    bulk = comma.join(f"{kind} {most}" for kind, most in purpose.bulk.items())
    yield words["bulk"].format(bulk=bulk + comma if bulk else "")
    if purpose.revises:
        yield words["revises"].format(fields=comma.join(field for field in Field if field in purpose.revises))
    yield words["find"].format(quota=purpose.find.quota, most=purpose.find.most)


def _sum(base: int, per: Mapping[Work, float]) -> str:
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
        "revises": sorted(purpose.revises),
        "find": {"quota": purpose.find.quota, "most": purpose.find.most},
    }


def checked_line(policy: Policy, lang: Lang) -> str:
    """That a policy can be used."""
    return POLICY_TEXTS[lang]["checked"].format(
        purposes=len(policy.purposes), rules=len(policy.rules), sha256=policy.sha256
    )


def tested_lines(results: Sequence[Result], missing: Untested, lang: Lang) -> list[str]:
    """What failed, how many passed, and what no case shows."""
    words = POLICY_TEXTS[lang]
    failed = [result for result in results if not result.passed]
    lines = [
        words["failed"].format(name=visible(r.name), expected=visible(r.expected), got=visible(r.got)) for r in failed
    ]
    lines.append(words["passed"].format(passed=len(results) - len(failed), cases=len(results)))
    named = {key: getattr(missing, key) for key in ("never_allowed", "never_refused", "silent_rules")}
    lines += [words[key].format(names=words["comma"].join(names)) for key, names in named.items() if names]
    return lines


def tested_json(results: Sequence[Result], missing: Untested) -> list[str]:
    """The same as JSON."""
    made = {
        "passed": all(r.passed for r in results),
        "cases": [{"name": r.name, "passed": r.passed, "expected": r.expected, "got": r.got} for r in results],
        "never_allowed": list(missing.never_allowed),
        "never_refused": list(missing.never_refused),
        "silent_rules": list(missing.silent_rules),
    }
    return [json.dumps(made, ensure_ascii=False, indent=1)]


def explained_lines(told: Explanation, lang: Lang) -> list[str]:
    """The decision, and every rule with the values that it looked at."""
    words, decision = POLICY_TEXTS[lang], told.decision
    head = words["allowed" if decision.allowed else "refused"]
    lines = [head.format(rule=decision.rule, why=_in(decision, lang))]
    if decision.also:
        lines.append(words["also"].format(rules=words["comma"].join(decision.also)))
    width = max(len(weighed.rule) for weighed in told.rules)
    for weighed in told.rules:
        says = words[("permits" if weighed.permits else "refuses") if weighed.speaks else "holds"]
        looked = words["comma"].join(f"{name} = {visible(value)}" for name, value in weighed.looked.items())
        line = f"  {says}  {weighed.rule:<{width}}  {_in(weighed, lang)}"
        lines.append(line + (words["looked"].format(values=looked) if looked else ""))
    return lines


def explained_json(told: Explanation) -> list[str]:
    """The same as JSON."""
    decision = told.decision
    made = {
        "allowed": decision.allowed,
        "rule": decision.rule,
        "zh": decision.zh,
        "en": decision.en,
        "also": list(decision.also),
        "rules": [
            {
                "rule": w.rule,
                "permits": w.permits,
                "speaks": w.speaks,
                "zh": w.zh,
                "en": w.en,
                "line": w.line,
                "looked_at": dict(w.looked),
            }
            for w in told.rules
        ],
    }
    return [json.dumps(made, ensure_ascii=False, indent=1)]


def _in(what: object, lang: Lang) -> str:
    return str(getattr(what, lang.value))
