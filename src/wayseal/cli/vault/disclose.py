"""`wayseal vault disclose`: what a purpose opens of waybills.

Personal data is printed here alone, and only to standard output.
"""

import json
from typing import Annotated

import typer

from wayseal.cli._options import VAULT, Lang, LangOption, OutputFormat, OutputFormatOption
from wayseal.cli._vault_session import open_vault, round_to_second
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import ActorOption, NumbersArgument, PurposeOption, ReasonOption, VaultOption
from wayseal.cli.vault._view import RefusedError, describe_refusal
from wayseal.model.fields import Field
from wayseal.model.messages import filled
from wayseal.model.records import Ask, Disclosed, Refused
from wayseal.model.schema import plain
from wayseal.model.times import micros_of
from wayseal.page.visible import visible
from wayseal.vault.errors import VaultError


def disclose(
    numbers: NumbersArgument,
    purpose: PurposeOption,
    reason: ReasonOption,
    vault: VaultOption = VAULT,
    actor: ActorOption = None,
    field: Annotated[
        list[str] | None,
        typer.Option(
            help="Fewer fields than the purpose has; may be given several times.", show_default="all of the purpose"
        ),
    ] = None,
    approval: Annotated[str | None, typer.Option(help="Id of an approval of bulk (`wayseal vault ask`).")] = None,
    key: Annotated[
        str | None,
        typer.Option(help="Idempotency key: the same asked again within a day is shown again and counts once."),
    ] = None,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
) -> None:
    """Show what a purpose opens of waybills, once that stands in the log.

    Each field comes in the form that the purpose says. The policy holds on the command line too: role, custody,
    training, budget. It is the only command that prints personal data. What is refused is told on standard error with
    the rule that refused; the exit code is then 13.

    \b
    wayseal vault disclose YT0000000000001 --actor courier-12 --purpose deliver --reason "route 12"
    wayseal vault disclose YT1 YT2 --purpose after_sales --reason "claim 7" --field recipient_phone --format json
    """
    fields = frozenset(_parse_field(name) for name in field or ()) or None
    asks = [Ask(waybill=n, purpose=purpose, reason=reason, fields=fields) for n in numbers]
    with open_vault(vault, actor) as session:
        answers = session.vault.disclose(session.caller, asks, now=session.now, key=key, approval=approval)
    if format is OutputFormat.JSON:
        typer.echo(json.dumps([plain(answer) for answer in answers], ensure_ascii=False, indent=1))
    refused: list[Refused] = []
    for answer in answers:
        if isinstance(answer, Refused):
            refused.append(answer)
        elif format is OutputFormat.TEXT:
            _print_disclosed(answer, lang)
    for one in refused[:-1]:
        typer.echo(f"wayseal: {describe_refusal(one, lang)}", err=True)
    if refused:
        raise RefusedError(describe_refusal(refused[-1], lang))


def _parse_field(name: str) -> Field:
    if name not in tuple(Field):
        raise VaultError("there is no field {name}; there are {known}", name=name, known=list(Field))
    return Field(name)


def _print_disclosed(shown: Disclosed, lang: Lang) -> None:
    words = VAULT_TEXTS[lang]
    typer.echo(
        filled(words["disclosed"], waybill=shown.waybill, seq=shown.seq, until=round_to_second(micros_of(shown.until)))
    )
    width = max(map(len, shown.values))
    for field, value in shown.values.items():
        typer.echo(f"  {field:<{width}}  {visible(value)}  ({words[f'form_{shown.forms[field]}']})")
