"""`wayseal vault find`: the waybills of a phone.

The phone comes by standard input: arguments stay in histories and lists of processes.
"""

import json
import sys

import typer

from wayseal.cli._options import VAULT, Lang, LangOption, OutputFormat, OutputFormatOption
from wayseal.cli._vault_session import open_vault
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import ActorOption, PurposeOption, ReasonOption, VaultOption
from wayseal.cli.vault._view import RefusedError, describe_refusal
from wayseal.model.records import Refused

_LONGEST = 100


def find(
    purpose: PurposeOption,
    reason: ReasonOption,
    vault: VaultOption = VAULT,
    actor: ActorOption = None,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
) -> None:
    """Find the waybills of a phone, which is read from standard input: arguments stay in histories.

    It goes by the blind index, as many times a day and account as the [purpose](purposes.md#files-of-your-own) says.

    \b
    wayseal vault find --purpose after_sales --reason "caller asks for the parcel"
    """
    if sys.stdin.isatty():
        typer.echo(VAULT_TEXTS[lang]["phone"], nl=False, err=True)
    phone = sys.stdin.readline(_LONGEST).strip()
    with open_vault(vault, actor) as session:
        found = session.vault.find(session.caller, phone, purpose, reason, now=session.now)
    if isinstance(found, Refused):
        raise RefusedError(describe_refusal(found, lang))
    if format is OutputFormat.JSON:
        typer.echo(json.dumps({"waybills": found}))
        return
    for number in found:
        typer.echo(number)
    if not found:
        typer.echo(VAULT_TEXTS[lang]["found_none"], err=True)
