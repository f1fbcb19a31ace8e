"""`wayseal vault seal`: parcels of a file, sealed."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import typer

from wayseal.cli._options import Lang
from wayseal.cli._progress import ProgressCallback, progress_bars
from wayseal.cli._vault_open import Opened, opened
from wayseal.cli._vault_rows import Bad, Row, rows_of
from wayseal.cli._vault_says import say_bad
from wayseal.cli._vault_words import VAULT_TEXTS
from wayseal.cli._words import filled
from wayseal.cli._write import writing
from wayseal.model.times import micros
from wayseal.vault import Parcel, Refused, Sealed, check
from wayseal.vault.errors import VaultError
from wayseal.vault.fields import Field

COLUMNS = ("waybill", *Field, "origin_outlet", "destination_outlet", "keep_until")
"""Columns of a file of parcels."""
_AT_ONCE = 500
_KEPT = 1000
"""Refused rows that are kept to be named."""


class _Totals:
    """What came of a file."""

    def __init__(self) -> None:
        self.sealed = self.known = self.wrong = 0
        self.bad: list[Bad] = []

    def refuse(self, bad: Bad) -> None:
        """Counts a bad row."""
        self.wrong += 1
        if len(self.bad) < _KEPT:
            self.bad.append(bad)


def seal_file(folder: Path, file: Path, out: Path | None, actor: str | None, lang: Lang, *, quiet: bool) -> int:
    """Seals a file's parcels portion by portion; how many rows were refused. out: where tokens are written."""
    totals = _Totals()
    with opened(folder, actor) as at, progress_bars(quiet) as progress, ExitStack() as stack:
        tokens = None if out is None else stack.enter_context(writing(out))
        _seal(at, file, tokens, totals, progress)
    typer.echo(filled(VAULT_TEXTS[lang]["sealed"], sealed=totals.sealed, file=file.name))
    if totals.known:
        typer.echo(filled(VAULT_TEXTS[lang]["sealed_known"], count=totals.known), err=True)
    say_bad(totals.bad, file, lang)
    return totals.wrong


def _seal(at: Opened, file: Path, tokens: IO[bytes] | None, totals: _Totals, progress: ProgressCallback) -> None:
    size, done = file.stat().st_size, 0
    for portion in _portions(file, totals):
        for answer in at.vault.seal(at.caller, portion, now=at.now):
            if isinstance(answer, Refused):
                totals.known += 1
                continue
            totals.sealed += 1
            if tokens is not None:
                tokens.write(_tokens(answer))
        done += sum(len(text.encode()) for parcel in portion for text in parcel.values.values())
        progress("seal", min(done, size), size)


def _tokens(answer: Sealed) -> bytes:
    return json.dumps({"waybill": answer.waybill, "tokens": dict(answer.tokens)}).encode() + b"\n"


def _portions(file: Path, totals: _Totals) -> Iterator[list[Parcel]]:
    portion: dict[str, Parcel] = {}
    for row in rows_of(file, COLUMNS):
        made = row if isinstance(row, Bad) else _parcel(row)
        if isinstance(made, Bad):
            totals.refuse(made)
        elif made.waybill in portion:
            totals.refuse(Bad(line=row.line, column="waybill", reason="stands twice in this file"))
        else:
            portion[made.waybill] = made
            if len(portion) == _AT_ONCE:
                yield list(portion.values())
                portion.clear()
    if portion:
        yield list(portion.values())


def _parcel(row: Row) -> Parcel | Bad:
    """A row as a parcel, or which column can't be."""
    given = row.values
    try:
        keep = micros(given["keep_until"]) if "keep_until" in given else None
    except ValueError:
        reason = "needs a time with an offset, such as 2026-03-02T08:00+08:00"
        return Bad(line=row.line, column="keep_until", reason=reason)
    try:
        values = {name: check.value(name, given[name]) for name in Field if name in given}
        if not values:
            return Bad(line=row.line, column="", reason="has no field to seal")
        return Parcel(
            waybill=check.waybill(given.get("waybill", "")),
            values=values,
            origin_outlet=check.optional("origin_outlet", given.get("origin_outlet")),
            destination_outlet=check.optional("destination_outlet", given.get("destination_outlet")),
            keep_until=keep,
        )
    except VaultError as error:
        return Bad.of(row.line, error)
