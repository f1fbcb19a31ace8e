"""`wayseal policy`: what may be shown for what, to whom; and why not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import OutputFormat, OutputFormatOption
from wayseal.cli._output import print_result
from wayseal.cli._texts import _, current_lang, echo, pgettext
from wayseal.model.fields import Field
from wayseal.model.messages import N_
from wayseal.model.schema import keys_of
from wayseal.page.visible import visible
from wayseal.vault.errors import PolicyError
from wayseal.vault.policy import Policy, PolicyRequest, Purpose, Work, default_texts
from wayseal.vault.policy.cases import (
    Explanation,
    Question,
    Result,
    Untested,
    default_cases,
    parse_cases,
    request_of,
    run_cases,
    untested,
)
from wayseal.vault.policy.cases import explain as explain_policy


def policy_lines(policy: Policy) -> list[str]:
    """Purposes, each a few lines, and rules, a line each."""
    lines = [
        _(
            "{purposes} purposes, {rules} rules, SHA-256 {sha256}",
            purposes=len(policy.purposes),
            rules=len(policy.rules),
            sha256=policy.sha256,
        )
    ]
    for purpose in policy.purposes.values():
        lines += ["", f"{purpose.code}  {_in_language(purpose)}", *_purpose_lines(purpose, policy)]
    lines += ["", _("Rules; the first that refuses is told")]
    width = max(len(rule.id) for rule in policy.rules)
    lines += [f"  {rule.id:<{width}}  {_in_language(rule)}" for rule in policy.rules]
    return lines


def _purpose_lines(purpose: Purpose, policy: Policy) -> Iterable[str]:
    comma = pgettext("comma", ", ")
    roles = comma.join(f"{role} ({_in_language(policy.roles[role])})" for role in policy.roles if role in purpose.roles)
    yield _("  roles: {roles}", roles=roles)
    if purpose.custody:
        yield _(
            "  opened by: {custody}, at the outlet that delivers; until {hours} h after delivery"
            if purpose.last_leg
            else "  opened by: {custody}; until {hours} h after delivery",
            custody=comma.join(sorted(purpose.custody)),
            hours=purpose.grace_h,
        )
    if purpose.ticket_h is not None:
        yield _("  opened by: a ticket, until {hours} h after delivery", hours=purpose.ticket_h)
    yield _("  shows: {fields}", fields=comma.join(f"{name} {form}" for name, form in purpose.fields.items()))
    yield _("  may be kept for {hours} h", hours=f"{purpose.lasts_s / 3600:g}")
    budget = purpose.budget
    yield _("  a day and account: {sum}, at most {cap}", sum=_budget_sum(budget.base, budget.per), cap=budget.cap)
    if budget.outlet_base is not None:
        yield _("  a day and outlet: {sum}", sum=_budget_sum(budget.outlet_base, budget.outlet_per))
    bulk, bulk_day = (
        "".join(f"{kind} {most}{comma}" for kind, most in most_of.items())
        for most_of in (purpose.bulk, purpose.bulk_day)
    )
    yield _("  at once without a second person: {bulk}otherwise 1", bulk=bulk)
    yield _("  a day without a second person: {bulk}otherwise as many as at once", bulk=bulk_day)
    yield _("  may agree to more: {roles}", roles=comma.join(sorted(purpose.approvers)) or _("nobody"))
    if purpose.revises:
        yield _("  may change: {fields}", fields=comma.join(field for field in Field if field in purpose.revises))
    yield _(
        "  look-ups of phones a day and account: {quota}; waybills that one tells: at most {most}",
        quota=purpose.find.quota,
        most=purpose.find.most,
    )


def _budget_sum(base: int, per: Mapping[Work, float]) -> str:
    return " + ".join([str(base), *(f"{each:g} × {kind}" for kind, each in per.items())])


def policy_json(policy: Policy) -> dict[str, object]:
    """The policy as JSON."""
    return {
        "sha256": policy.sha256,
        "roles": {name: {"zh": words.zh, "en": words.en} for name, words in policy.roles.items()},
        "purposes": [_purpose_json(purpose) for purpose in policy.purposes.values()],
        "rules": [
            {"rule": r.id, "permits": r.permits, "zh": r.zh, "en": r.en, "line": r.line, "looks_at": list(r.looks_at)}
            for r in policy.rules
        ],
    }


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


def _in_language(what: object) -> str:
    return str(getattr(what, current_lang().value))


PurposesOption = Annotated[
    Path | None,
    typer.Option(
        "--purposes",
        help="File of [purposes](purposes.md#files-of-your-own) (TOML).",
        show_default="the built-in purposes",
        dir_okay=False,
    ),
]
RulesOption = Annotated[
    Path | None,
    typer.Option("--rules", help="File of rules (Cedar).", show_default="the built-in rules", dir_okay=False),
]
CasesOption = Annotated[
    Path | None,
    typer.Option(
        "--cases",
        help="[Case file](purposes.md#cases) (TOML) in which `CASE` stands.",
        show_default="the built-in cases",
        dir_okay=False,
    ),
]
_LISTS = ("relation", "fields")


def load_policy(purposes: Path | None, rules: Path | None) -> Policy:
    """The policy of these files, and of the default ones in place of None. PolicyError names the file; OSError."""
    purposes_text, rules_text = default_texts()
    if purposes is not None:
        purposes_text = read_policy_file(purposes)
    if rules is not None:
        rules_text = read_policy_file(rules)
    return Policy.parse(purposes_text, rules_text, 0, purposes_file=purposes, rules_file=rules)


def sort_files(files: Sequence[Path]) -> tuple[Path | None, Path | None]:
    """The file of purposes and that of rules among those that are given, told by their endings; WrongUsageError."""
    found = {path.suffix: path for path in files}
    if len(found) < len(files) or not found.keys() <= {".toml", ".cedar"}:
        raise WrongUsageError("give one file of purposes (.toml), one of rules (.cedar), or one of each")
    return found.get(".toml"), found.get(".cedar")


def read_cases(path: Path | None) -> str:
    """The text of a case file, or of the default one. PolicyError where it can't be read; OSError."""
    text = default_cases() if path is None else read_policy_file(path)
    parse_cases(text, path)
    return text


def build_question(
    name: str | None, cases: Path | None, given: dict[str, Any], changes: Sequence[str]
) -> PolicyRequest:
    """The question of a case, of options, or of a case with something changed. PolicyError, BadParameter."""
    values: dict[str, Any] = {}
    if name is not None:
        found = [case for case in parse_cases(read_cases(cases)).case if case.name == name]
        if not found:
            raise WrongUsageError("there is no case {name}", name=name)
        values = found[0].values
    values |= {key: value for key, value in given.items() if value}
    known = [key for key in keys_of(Question) if key not in ("purpose", "role")]
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals or key not in known:
            raise WrongUsageError("--set takes NAME=VALUE, where NAME is one of {known}", known=known)
        values[key] = _parse_value(key, value)
    if not values.keys() >= {"purpose", "role"}:
        raise PolicyError("name a case, or give --purpose and --role")
    return request_of(values)


def _parse_value(key: str, text: str) -> object:
    if key in _LISTS:
        return [part.strip() for part in text.split(",") if part.strip()]
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else text


def read_policy_file(path: Path) -> str:
    """The text of a file; PolicyError where it isn't UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise PolicyError("the file isn't UTF-8", file=path) from None


def policy_show(
    purposes: PurposesOption = None, rules: RulesOption = None, format: OutputFormatOption = OutputFormat.TEXT
) -> None:
    """Show each purpose (who, what, in which form, opened by what, how long, how many) and the rules in their order.

    [Purposes, rules, budgets](purposes.md) explains them. `wayseal policy` needs packages of its own: `pip install
    'WHEEL[vault]'`.

    \b
    wayseal policy show
    wayseal policy show --purposes purposes.toml --lang zh
    wayseal policy show --format json | jq '.purposes[].fields'
    """
    policy = load_policy(purposes, rules)
    print_result(format, policy_json(policy), policy_lines(policy))


def policy_check(
    files: Annotated[
        list[Path], typer.Argument(help="A file of purposes (`.toml`), one of rules (`.cedar`), or one of each.")
    ],
) -> None:
    """Check files of purposes and rules, held against each other or against the built-in ones; uses nothing.

    What can't be used ends with exit code 3, and file, line, and key or rule are named.

    \b
    wayseal policy check purposes.toml
    wayseal policy check purposes.toml rules.cedar --lang zh
    """
    policy = load_policy(*sort_files(files))
    echo(
        "In order: {purposes} purposes, {rules} rules, SHA-256 {sha256}",
        purposes=len(policy.purposes),
        rules=len(policy.rules),
        sha256=policy.sha256,
    )


FAILED = 3


def policy_test(
    cases: Annotated[Path | None, typer.Argument(help="Case file (TOML).", show_default="the built-in cases")] = None,
    purposes: PurposesOption = None,
    rules: RulesOption = None,
    format: OutputFormatOption = OutputFormat.TEXT,
) -> None:
    """Run cases on a policy; ends with 3 if one doesn't get what it expects, and says what no case shows.

    Each [case](purposes.md#cases) must get the decision, and each amount of work the budget, that it expects. It says
    which purposes no case shows allowed or refused, and which rules speak in none.

    \b
    wayseal policy test
    wayseal policy test cases.toml --purposes purposes.toml --rules rules.cedar
    wayseal policy test --format json | jq '.cases[] | select(.passed | not)'
    """
    policy, text = load_policy(purposes, rules), read_cases(cases)
    results, missing = run_cases(policy, text), untested(policy, text)
    passed = all(result.passed for result in results)
    told = {"passed": passed, "cases": [asdict(result) for result in results], **asdict(missing)}
    print_result(format, told, tested_lines(results, missing))
    if not passed:
        raise typer.Exit(FAILED)


def tested_lines(results: Sequence[Result], missing: Untested) -> list[str]:
    """List what failed, how many passed, and what no case shows."""
    failed = [result for result in results if not result.passed]
    lines = [
        _(
            "FAILED  {name}: expected {expected}; got {got}",
            name=visible(r.name),
            expected=visible(r.expected),
            got=visible(r.got),
        )
        for r in failed
    ]
    lines.append(_("{passed} of {cases} cases passed", passed=len(results) - len(failed), cases=len(results)))
    named = {
        N_("No case shows these purposes allowed: {names}"): missing.never_allowed,
        N_("No case shows these purposes refused: {names}"): missing.never_refused,
        N_("These rules speak in no case: {names}"): missing.silent_rules,
    }
    lines += [_(text, names=pgettext("comma", ", ").join(names)) for text, names in named.items() if names]
    return lines


def policy_explain(
    case: Annotated[str | None, typer.Argument(help="Name of a case that asks the question.")] = None,
    role: Annotated[str | None, typer.Option(help="Role of whoever asks.", show_default="that of the case")] = None,
    purpose: Annotated[str | None, typer.Option(help="Purpose that is named.", show_default="that of the case")] = None,
    relation: Annotated[
        list[str] | None,
        typer.Option(
            help="How the outlet stands to the parcel, such as `holds`; may be given several times.",
            show_default="those of the case",
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="Anything else of a [case](purposes.md#cases), such as `ticket=true`, `state=delivered`, `hours=30`; "
            "may be given several times.",
        ),
    ] = None,
    cases: CasesOption = None,
    purposes: PurposesOption = None,
    rules: RulesOption = None,
    format: OutputFormatOption = OutputFormat.TEXT,
) -> None:
    """Say what the policy decides and why: every rule, whether it holds or refuses, and the values it looked at.

    The question is that of a case, one of your own, or a case with something changed. It asks no vault and looks at no
    waybill.

    \b
    wayseal policy explain --role courier --purpose deliver --relation holds --relation origin
    wayseal policy explain "a courier delivers" --set blocked=true
    wayseal policy explain --role claims --purpose after_sales --set state=delivered --set hours=9000 --lang zh
    """
    policy = load_policy(purposes, rules)
    asking = build_question(case, cases, {"role": role, "purpose": purpose, "relation": relation}, set_ or ())
    explanation = explain_policy(policy, asking)
    print_result(format, explained_json(explanation), explained_lines(explanation))


def explained_lines(explanation: Explanation) -> list[str]:
    """The decision, and every rule with the values that it looked at."""
    decision = explanation.decision
    why = _in_language(decision)
    lines = [
        _("Allowed by {rule}: {why}" if decision.allowed else "Refused by {rule}: {why}", rule=decision.rule, why=why)
    ]
    if decision.also:
        lines.append(
            _("Also refused (never told to whoever asks): {rules}", rules=pgettext("comma", ", ").join(decision.also))
        )
    width = max(len(weighed.rule) for weighed in explanation.rules)
    for weighed in explanation.rules:
        says = (_("permits") if weighed.permits else _("REFUSES")) if weighed.speaks else _("holds  ")
        looked = pgettext("comma", ", ").join(f"{name} = {visible(value)}" for name, value in weighed.looked.items())
        line = f"  {says}  {weighed.rule:<{width}}  {_in_language(weighed)}"
        lines.append(line + (_("  [{values}]", values=looked) if looked else ""))
    return lines


def explained_json(explanation: Explanation) -> dict[str, object]:
    """The same as JSON."""
    decision = explanation.decision
    return {
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
            for w in explanation.rules
        ],
    }
