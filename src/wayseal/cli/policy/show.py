"""`wayseal policy show`: purposes and rules."""

import typer

from wayseal.cli._options import Lang, LangOption, OutputFormat, OutputFormatOption
from wayseal.cli._policy_view import policy_json, policy_lines
from wayseal.cli.policy._inputs import PurposesOption, RulesOption, load_policy


def show(
    purposes: PurposesOption = None,
    rules: RulesOption = None,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
) -> None:
    """Show each purpose (who, what, in which form, opened by what, how long, how many) and the rules in their order.

    [Purposes, rules, budgets](purposes.md) explains them. `wayseal policy` needs packages of its own: `pip install
    'wayseal[vault]'`.

    \b
    wayseal policy show
    wayseal policy show --purposes purposes.toml --lang zh
    wayseal policy show --format json | jq '.purposes[].fields'
    """
    policy = load_policy(purposes, rules)
    typer.echo("\n".join(policy_json(policy) if format is OutputFormat.JSON else policy_lines(policy, lang)))
