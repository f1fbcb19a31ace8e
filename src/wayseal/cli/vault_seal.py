"""`wayseal vault`: parcels sealed, shown and found, and the second person who agrees to bulk.

Personal data is printed here alone, and only to standard output. A phone comes by standard input: arguments stay in
histories and lists of processes.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Annotated

import typer

from wayseal.cli._options import VAULT, OutputFormat, OutputFormatOption, QuietOption
from wayseal.cli._output import ProgressCallback, output_file, print_json, progress_bars
from wayseal.cli._texts import _, echo, pgettext, warn
from wayseal.cli._vault_session import (
    ActorOption,
    NumbersArgument,
    PurposeOption,
    ReasonOption,
    Session,
    VaultOption,
    open_vault,
    round_to_second,
)
from wayseal.cli._vault_view import BadRow, RefusedError, Row, describe_refusal, print_bad_rows, read_rows
from wayseal.model.fields import Field
from wayseal.model.messages import N_
from wayseal.model.records import Approval, Ask, Disclosed, Parcel, Refused, Sealed
from wayseal.model.rows import json_line
from wayseal.model.schema import plain
from wayseal.model.times import micros, micros_of, time_at
from wayseal.page.visible import visible
from wayseal.vault import check
from wayseal.vault.errors import VaultError

_FORMS = {
    "full": N_("full"),
    "masked": N_("masked"),
    "region": N_("region", context="form_region"),
}
COLUMNS = ("waybill", *Field, "origin_outlet", "destination_outlet", "keep_until")
"""Columns of a file of parcels."""
_AT_ONCE = 500
_KEPT = 1000
"""Refused rows that are kept to be named."""
BAD = 3


class _Totals:
    """The totals of a file."""

    def __init__(self) -> None:
        self.sealed = self.known = self.wrong = 0
        self.bad: list[BadRow] = []

    def refuse(self, bad: BadRow) -> None:
        """Counts a bad row."""
        self.wrong += 1
        if len(self.bad) < _KEPT:
            self.bad.append(bad)


def vault_seal(
    file: Annotated[
        Path,
        typer.Argument(
            help="Parcels: CSV, or JSON Lines (`.jsonl`, `.ndjson`, `.json`), in UTF-8.", metavar="FILE", dir_okay=False
        ),
    ],
    vault: VaultOption = VAULT,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write numbers and [tokens](api.md) here, a JSON object a line.")
    ] = None,
    actor: ActorOption = None,
    quiet: QuietOption = False,
) -> None:
    """Seal the parcels of a file.

    Columns are `waybill`, the seven fields (`sender_name`, `sender_phone`, `sender_address`, `recipient_name`,
    `recipient_phone`, `recipient_address`, `goods`), `origin_outlet`, `destination_outlet` and `keep_until`; a parcel
    needs a number and one field. The file is sealed in portions. A number that is sealed already stays as it is, so a
    file can be given again. Bad rows are named by line and column, never by what is in them; the others are sealed, and
    the exit code is 3.

    \b
    wayseal vault seal parcels.csv
    wayseal vault seal parcels.jsonl --out tokens.jsonl
    """
    totals = _Totals()
    with open_vault(vault, actor) as session, progress_bars(quiet) as progress, ExitStack() as stack:
        tokens = None if out is None else stack.enter_context(output_file(out))
        _seal_portions(session, file, tokens, totals, progress)
    echo("{sealed:,} {sealed:parcel|parcels} of {file} sealed", sealed=totals.sealed, file=file.name)
    if totals.known:
        warn(
            "{count:,} {count:number was|numbers were} sealed before and {count:is|are} left as {count:it is|they are}",
            count=totals.known,
        )
    print_bad_rows(totals.bad, file)
    if totals.wrong:
        raise typer.Exit(BAD)


def _seal_portions(
    session: Session, file: Path, tokens: IO[bytes] | None, totals: _Totals, progress: ProgressCallback
) -> None:
    size, done = file.stat().st_size, 0
    for portion in _read_portions(file, totals):
        for answer in session.vault.seal(session.caller, portion, now=session.now):
            if isinstance(answer, Refused):
                totals.known += 1
                continue
            totals.sealed += 1
            if tokens is not None:
                tokens.write(_format_tokens(answer))
        done += sum(len(text.encode()) for parcel in portion for text in parcel.values.values())
        progress("seal", min(done, size), size)


def _format_tokens(answer: Sealed) -> bytes:
    return json_line({"waybill": answer.waybill, "tokens": dict(answer.tokens)}, ascii_only=True).encode()


def _read_portions(file: Path, totals: _Totals) -> Iterator[list[Parcel]]:
    portion: dict[str, Parcel] = {}
    for row in read_rows(file, COLUMNS):
        made = row if isinstance(row, BadRow) else _parse_parcel(row)
        if isinstance(made, BadRow):
            totals.refuse(made)
        elif made.waybill in portion:
            totals.refuse(BadRow(line=row.line, error=VaultError("stands twice in this file", key="waybill")))
        else:
            portion[made.waybill] = made
            if len(portion) == _AT_ONCE:
                yield list(portion.values())
                portion.clear()
    if portion:
        yield list(portion.values())


def _parse_parcel(row: Row) -> Parcel | BadRow:
    """A row as a parcel, or which column can't be."""
    given = row.values
    try:
        keep = time_at(micros(given["keep_until"])) if "keep_until" in given else None
    except ValueError:
        wrong = VaultError("needs a time with an offset, such as 2026-03-02T08:00+08:00", key="keep_until")
        return BadRow(line=row.line, error=wrong)
    try:
        values = {name: check.value(name, given[name]) for name in Field if name in given}
        if not values:
            return BadRow(line=row.line, error=VaultError("has no field to seal"))
        return Parcel(
            waybill=check.new_waybill(given.get("waybill", "")),
            values=values,
            origin_outlet=check.optional("origin_outlet", given.get("origin_outlet")),
            destination_outlet=check.optional("destination_outlet", given.get("destination_outlet")),
            keep_until=keep,
        )
    except VaultError as error:
        return BadRow(line=row.line, error=error)


def vault_disclose(
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
        print_json([plain(answer) for answer in answers])
    refused: list[Refused] = []
    for answer in answers:
        if isinstance(answer, Refused):
            refused.append(answer)
        elif format is OutputFormat.TEXT:
            _print_disclosed(answer)
    for one in refused[:-1]:
        typer.echo(f"wayseal: {describe_refusal(one)}", err=True)
    if refused:
        raise RefusedError(describe_refusal(refused[-1]))


def _parse_field(name: str) -> Field:
    if name not in tuple(Field):
        raise VaultError("there is no field {name}; there are {known}", name=name, known=list(Field))
    return Field(name)


def _print_disclosed(shown: Disclosed) -> None:
    echo(
        "{waybill} (entry {seq} of the log; to be let go of by {until})",
        waybill=shown.waybill,
        seq=shown.seq,
        until=round_to_second(micros_of(shown.until)),
    )
    width = max(map(len, shown.values))
    for field, value in shown.values.items():
        form = shown.forms[field]
        typer.echo(f"  {field:<{width}}  {visible(value)}  ({pgettext(f'form_{form}', _FORMS[form])})")


_LONGEST = 100


def vault_find(
    purpose: PurposeOption,
    reason: ReasonOption,
    vault: VaultOption = VAULT,
    actor: ActorOption = None,
    format: OutputFormatOption = OutputFormat.TEXT,
) -> None:
    """Find the waybills of a phone, which is read from standard input: arguments stay in histories.

    It goes by the blind index, as many times a day and account as the [purpose](purposes.md#files-of-your-own) says.

    \b
    wayseal vault find --purpose after_sales --reason "caller asks for the parcel"
    """
    if sys.stdin.isatty():
        typer.echo(_("Phone: "), nl=False, err=True)
    phone = sys.stdin.readline(_LONGEST).strip()
    with open_vault(vault, actor) as session:
        found = session.vault.find(session.caller, phone, purpose, reason, now=session.now)
    if isinstance(found, Refused):
        raise RefusedError(describe_refusal(found))
    if format is OutputFormat.JSON:
        typer.echo(json.dumps({"waybills": found}))
        return
    for number in found:
        typer.echo(number)
    if not found:
        warn("no waybill has this phone")


def vault_ask(
    purpose: Annotated[str, typer.Argument(help="What for: a code of the policy.", metavar="PURPOSE")],
    most: Annotated[int, typer.Argument(help="How many waybills.", min=1, metavar="MOST")],
    vault: VaultOption = VAULT,
    actor: ActorOption = None,
) -> None:
    """Ask a second person to agree to bulk; prints the approval's id, which `disclose` takes once it is given.

    It lasts for eight hours.

    \b
    wayseal vault ask audit 200
    """
    with open_vault(vault, actor) as session:
        made = session.vault.ask_approval(session.caller, purpose, most, now=session.now)
    typer.echo(
        describe_approval(
            made,
            N_(
                "approval {approval}: {actor} asks for {most:,} {most:waybill|waybills} ({purpose}) until {until}; "
                "somebody else has to agree"
            ),
        )
    )


def describe_approval(made: Approval, text: str) -> str:
    """An approval, as what was done with it."""
    return _(
        text,
        approval=made.approval,
        actor=made.actor,
        purpose=made.purpose,
        most=made.most,
        until=round_to_second(micros_of(made.expires_at)),
    )


def vault_approve(
    approval: Annotated[str, typer.Argument(help="Id of the approval.", metavar="APPROVAL")],
    vault: VaultOption = VAULT,
    actor: ActorOption = None,
) -> None:
    """Agree to bulk that another asked for.

    \b
    wayseal vault approve 3f0c9a1b2c3d4e5f6a7b
    """
    with open_vault(vault, actor) as session:
        done = session.vault.approve(session.caller, approval, now=session.now)
    typer.echo(
        describe_approval(
            done,
            N_("approval {approval}: {actor} may be shown {most:,} {most:waybill|waybills} ({purpose}) until {until}"),
        )
    )
