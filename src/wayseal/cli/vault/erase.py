"""`wayseal vault erase`: the keys of numbers go, and with them what they seal."""

import json
from collections.abc import Sequence
from typing import Annotated

import typer

from wayseal.cli._options import VAULT, Lang, LangOption, OutputFormat, OutputFormatOption
from wayseal.cli._vault_session import open_vault, round_to_second
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import ActorOption, NumbersArgument, VaultOption
from wayseal.model.messages import filled
from wayseal.model.records import Erased
from wayseal.model.schema import plain
from wayseal.model.times import micros_of


def erase(
    numbers: NumbersArgument,
    vault: VaultOption = VAULT,
    why: Annotated[str, typer.Option(help="A code that stands in the log.")] = "request",
    actor: ActorOption = None,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
) -> None:
    """Erase what is sealed under numbers, and say when the last backup of its key is gone.

    There is no way back. [Erasure](operation.md#erasure-and-when-it-is-real) says when it is real.

    \b
    wayseal vault erase YT0000000000001
    """
    with open_vault(vault, actor) as session:
        done = session.vault.erase(session.caller, numbers, why=why, now=session.now)
    print_erasures(done, format, lang)


def print_erasures(done: Sequence[Erased], format: OutputFormat, lang: Lang) -> None:
    """What was erased, and when the last backup of its key is gone."""
    if format is OutputFormat.JSON:
        typer.echo(json.dumps([plain(one) for one in done], indent=1))
        return
    for one in done:
        text = VAULT_TEXTS[lang]["erased"]
        typer.echo(filled(text, waybill=one.waybill, gone=round_to_second(micros_of(one.gone_at))))
