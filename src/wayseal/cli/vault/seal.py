"""`wayseal vault seal`: parcels of a file, sealed."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Annotated

import typer

from wayseal.cli._options import VAULT, Lang, LangOption, QuietOption
from wayseal.cli._output import output_file
from wayseal.cli._progress import ProgressCallback, progress_bars
from wayseal.cli._vault_session import Session, open_vault
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import ActorOption, VaultOption
from wayseal.cli.vault._rows import BadRow, Row, read_rows
from wayseal.cli.vault._view import print_bad_rows
from wayseal.model.fields import Field
from wayseal.model.messages import filled
from wayseal.model.records import Parcel, Refused, Sealed
from wayseal.model.times import micros, time_at
from wayseal.vault import check
from wayseal.vault.errors import VaultError

COLUMNS = ("waybill", *Field, "origin_outlet", "destination_outlet", "keep_until")
"""Columns of a file of parcels."""


_AT_ONCE = 500


_KEPT = 1000
"""Refused rows that are kept to be named."""

BAD = 3


class _Totals:
    """What came of a file."""

    def __init__(self) -> None:
        self.sealed = self.known = self.wrong = 0
        self.bad: list[BadRow] = []

    def refuse(self, bad: BadRow) -> None:
        """Counts a bad row."""
        self.wrong += 1
        if len(self.bad) < _KEPT:
            self.bad.append(bad)


def seal(
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
    lang: LangOption = Lang.EN,
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
    typer.echo(filled(VAULT_TEXTS[lang]["sealed"], sealed=totals.sealed, file=file.name))
    if totals.known:
        typer.echo(filled(VAULT_TEXTS[lang]["sealed_known"], count=totals.known), err=True)
    print_bad_rows(totals.bad, file, lang)
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
    return json.dumps({"waybill": answer.waybill, "tokens": dict(answer.tokens)}).encode() + b"\n"


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
