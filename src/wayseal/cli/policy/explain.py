"""`wayseal policy explain`: what the policy decides, and why."""

import json
from typing import Annotated

import typer

from wayseal.cli._options import Lang, LangOption, OutputFormat, OutputFormatOption
from wayseal.cli._policy_view import in_language
from wayseal.cli._words.policy import POLICY_TEXTS
from wayseal.cli.policy._inputs import CasesOption, PurposesOption, RulesOption, build_question, load_policy
from wayseal.page.visible import visible
from wayseal.vault.policy import Explanation
from wayseal.vault.policy import explain as explain_policy


def explain(
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
    lang: LangOption = Lang.EN,
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
    typer.echo(
        "\n".join(explained_json(explanation) if format is OutputFormat.JSON else explained_lines(explanation, lang))
    )


def explained_lines(explanation: Explanation, lang: Lang) -> list[str]:
    """The decision, and every rule with the values that it looked at."""
    words, decision = POLICY_TEXTS[lang], explanation.decision
    head = words["allowed" if decision.allowed else "refused"]
    lines = [head.format(rule=decision.rule, why=in_language(decision, lang))]
    if decision.also:
        lines.append(words["also"].format(rules=words["comma"].join(decision.also)))
    width = max(len(weighed.rule) for weighed in explanation.rules)
    for weighed in explanation.rules:
        says = words[("permits" if weighed.permits else "refuses") if weighed.speaks else "holds"]
        looked = words["comma"].join(f"{name} = {visible(value)}" for name, value in weighed.looked.items())
        line = f"  {says}  {weighed.rule:<{width}}  {in_language(weighed, lang)}"
        lines.append(line + (words["looked"].format(values=looked) if looked else ""))
    return lines


def explained_json(explanation: Explanation) -> list[str]:
    """The same as JSON."""
    decision = explanation.decision
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
            for w in explanation.rules
        ],
    }
    return [json.dumps(made, ensure_ascii=False, indent=1)]
