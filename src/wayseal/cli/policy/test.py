"""`wayseal policy test`: cases, run on a policy."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import Lang, LangOption, OutputFormat, OutputFormatOption
from wayseal.cli._words.policy import POLICY_TEXTS
from wayseal.cli.policy._inputs import PurposesOption, RulesOption, load_policy, read_cases
from wayseal.page.visible import visible
from wayseal.vault.policy.cases import Result, Untested, run_cases, untested

FAILED = 3


def test(
    cases: Annotated[Path | None, typer.Argument(help="Case file (TOML).", show_default="the built-in cases")] = None,
    purposes: PurposesOption = None,
    rules: RulesOption = None,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
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
    lines = tested_json(results, missing) if format is OutputFormat.JSON else tested_lines(results, missing, lang)
    typer.echo("\n".join(lines))
    if not all(result.passed for result in results):
        raise typer.Exit(FAILED)


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
