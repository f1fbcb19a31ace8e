"""`wayseal policy`: what may be shown for what, to whom; and why not."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import Lang, LangOption
from wayseal.cli._server_parts import server_parts

FAILED = 3
app = typer.Typer(
    help="Purposes and rules of disclosure. 按用途披露的规则。", no_args_is_help=True, rich_markup_mode=None
)


class PolicyFormat(StrEnum):
    """What `policy` writes."""

    TEXT = "text"
    JSON = "json"


PurposesOption = Annotated[
    Path | None,
    typer.Option("--purposes", help="Purposes (TOML) in place of the built-in ones.", dir_okay=False),
]
RulesOption = Annotated[
    Path | None,
    typer.Option("--rules", help="Rules (Cedar) in place of the built-in ones.", dir_okay=False),
]
CasesOption = Annotated[
    Path | None,
    typer.Option("--cases", help="Case file (TOML) in place of the built-in one.", dir_okay=False),
]
FormatOption = Annotated[PolicyFormat, typer.Option("--format", help="What to write.")]


@app.command()
def show(
    purposes: PurposesOption = None,
    rules: RulesOption = None,
    format: FormatOption = PolicyFormat.TEXT,  # noqa: A002
    lang: LangOption = Lang.EN,
) -> None:
    """Show each purpose (who, what, in which form, opened by what, how long, how many) and the rules in their order.

    \b
    wayseal policy show
    wayseal policy show --purposes purposes.toml --lang zh
    wayseal policy show --format json | jq '.purposes[].fields'
    """
    with server_parts():
        from wayseal.cli._policy_given import load  # noqa: PLC0415 (needs the packages of the vault)
        from wayseal.cli._policy_says import policy_json, policy_lines  # noqa: PLC0415
    policy = load(purposes, rules)
    _say(policy_json(policy) if format is PolicyFormat.JSON else policy_lines(policy, lang))


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="A file of purposes (.toml), of rules (.cedar), or both.")],
    lang: LangOption = Lang.EN,
) -> None:
    """Check files of purposes and rules, held against each other or against the built-in ones; uses nothing.

    \b
    wayseal policy check purposes.toml
    wayseal policy check purposes.toml rules.cedar --lang zh
    """
    with server_parts():
        from wayseal.cli._policy_given import load  # noqa: PLC0415 (needs the packages of the vault)
        from wayseal.cli._policy_says import checked_line  # noqa: PLC0415
    found: dict[str, Path] = {}
    for path in files:
        if path.suffix not in (".toml", ".cedar") or path.suffix in found:
            raise typer.BadParameter("give one file of purposes (.toml), one of rules (.cedar), or one of each")
        found[path.suffix] = path
    typer.echo(checked_line(load(found.get(".toml"), found.get(".cedar")), lang))


@app.command(name="test")
def run(
    cases: Annotated[Path | None, typer.Argument(help="Case file (TOML); default: the built-in one.")] = None,
    purposes: PurposesOption = None,
    rules: RulesOption = None,
    format: FormatOption = PolicyFormat.TEXT,  # noqa: A002
    lang: LangOption = Lang.EN,
) -> None:
    """Run cases on a policy; ends with 3 if one doesn't get what it expects, and says what no case shows.

    \b
    wayseal policy test
    wayseal policy test cases.toml --purposes purposes.toml --rules rules.cedar
    wayseal policy test --format json | jq '.cases[] | select(.passed | not)'
    """
    with server_parts():
        from wayseal.cli._policy_given import cases_text, load  # noqa: PLC0415 (needs the packages of the vault)
        from wayseal.cli._policy_says import tested_json, tested_lines  # noqa: PLC0415
        from wayseal.vault.policy.cases import run_cases, untested  # noqa: PLC0415
    policy, text = load(purposes, rules), cases_text(cases)
    results, missing = run_cases(policy, text), untested(policy, text)
    _say(tested_json(results, missing) if format is PolicyFormat.JSON else tested_lines(results, missing, lang))
    if not all(result.passed for result in results):
        raise typer.Exit(FAILED)


@app.command()
def explain(
    case: Annotated[str | None, typer.Argument(help="Name of a case that asks the question.")] = None,
    role: Annotated[str | None, typer.Option(help="Role of whoever asks.")] = None,
    purpose: Annotated[str | None, typer.Option(help="Purpose that is named.")] = None,
    relation: Annotated[
        list[str] | None, typer.Option(help="How the outlet stands to the parcel, such as holds; repeatable.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Anything else, such as ticket=true, state=delivered, hours=30; repeatable."),
    ] = None,
    cases: CasesOption = None,
    purposes: PurposesOption = None,
    rules: RulesOption = None,
    format: FormatOption = PolicyFormat.TEXT,  # noqa: A002
    lang: LangOption = Lang.EN,
) -> None:
    """Say what the policy decides and why: every rule, whether it holds or refuses, and the values it looked at.

    \b
    wayseal policy explain --role courier --purpose deliver --relation holds --relation origin
    wayseal policy explain "a courier delivers" --set blocked=true
    wayseal policy explain --role claims --purpose after_sales --set state=delivered --set hours=9000 --lang zh
    """
    with server_parts():
        from wayseal.cli._policy_given import load, question  # noqa: PLC0415 (needs the packages of the vault)
        from wayseal.cli._policy_says import explained_json, explained_lines  # noqa: PLC0415
        from wayseal.vault.policy import explain as explained  # noqa: PLC0415
    policy = load(purposes, rules)
    asking = question(case, cases, {"role": role, "purpose": purpose, "relation": relation}, set_ or ())
    told = explained(policy, asking)
    _say(explained_json(told) if format is PolicyFormat.JSON else explained_lines(told, lang))


def _say(lines: list[str]) -> None:
    typer.echo("\n".join(lines))
