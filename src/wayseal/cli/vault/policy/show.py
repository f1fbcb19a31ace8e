"""`wayseal vault policy show`: the policy in force."""

import typer

from wayseal.cli._options import VAULT, Lang, LangOption, OutputFormat, OutputFormatOption
from wayseal.cli._policy_view import policy_json, policy_lines
from wayseal.cli._vault_session import open_vault
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import VaultOption
from wayseal.model.messages import filled


def show(
    vault: VaultOption = VAULT,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
) -> None:
    """Show the policy in force.

    It looks as `wayseal policy show` shows a file.

    \b
    wayseal vault policy show --lang zh
    """
    with open_vault(vault) as session:
        policy = session.vault.policy
    if format is OutputFormat.TEXT:
        typer.echo(filled(VAULT_TEXTS[lang]["policy_version"], version=policy.version))
    for line in policy_json(policy) if format is OutputFormat.JSON else policy_lines(policy, lang):
        typer.echo(line)
