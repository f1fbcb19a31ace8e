"""Rows of a file of parcels or actors, and lists and refused rows as commands about a vault print them.

1. What stands in a file may be anybody's name and phone: a bad row is told by line and column, never by what is in it,
   and so are columns that aren't known.
2. A bad row stops nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, ClassVar

import typer

from wayseal.cli._options import Lang, OutputFormat
from wayseal.cli._output import print_result
from wayseal.cli._texts import _, current_lang, warn
from wayseal.model.messages import N_
from wayseal.model.records import Refused
from wayseal.model.rows import read_csv, read_json_line
from wayseal.page.languages import word
from wayseal.page.visible import cells, visible
from wayseal.vault.errors import VaultError

COLUMNS = {
    "seq": N_("entry"),
    "at": N_("at"),
    "actor": N_("actor"),
    "kind": N_("kind"),
    "waybill": N_("waybill"),
    "purpose": N_("purpose"),
    "what": N_("what"),
    "reason": N_("reason"),
    "client": N_("client"),
    "scopes": N_("scopes"),
    "acts_for": N_("acts for"),
    "disabled_at": N_("disabled"),
    "role": N_("role"),
    "outlet": N_("outlet"),
    "trained_until": N_("trained until"),
    "blocked_at": N_("blocked"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row that could be read; what was empty is left out. line: of the file, from 1."""

    line: int
    values: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that can't be taken: where, and why (rule 1)."""

    line: int
    error: VaultError


def read_rows(file: Path, columns: Sequence[str]) -> Iterator[Row | BadRow]:
    """Rows of a CSV or JSON Lines file, which is told by its name. VaultError: it can't be read as a whole."""
    jsonl = file.suffix.lower() in (".jsonl", ".ndjson", ".json")
    with file.open(encoding="utf-8-sig", newline="") as opened:
        try:
            yield from (_lines if jsonl else _records)(opened, file, columns)
        except UnicodeDecodeError:
            raise VaultError("the file isn't UTF-8; spreadsheets save it so as “CSV UTF-8”", file=file) from None


def _records(opened: IO[str], file: Path, columns: Sequence[str]) -> Iterator[Row | BadRow]:
    rows = _csv_rows(opened, file)
    _, header = next(rows, (1, []))
    for place, name in enumerate(header, 1):
        if name not in columns:
            raise VaultError("column {place} is none of {columns}", file=file, place=place, columns=list(columns))
    if len(set(header)) < len(header) or not header:
        raise VaultError("the first line must name the columns, each once", file=file)
    for line, row in rows:
        if len(row) != len(header):
            if row:
                yield BadRow(
                    line=line,
                    error=VaultError("has {columns} columns and not {wanted}", columns=len(row), wanted=len(header)),
                )
            continue
        yield Row(line=line, values={name: cell for name, cell in zip(header, row, strict=True) if cell})


def _csv_rows(opened: IO[str], file: Path) -> Iterator[tuple[int, list[str]]]:
    for line, row in read_csv(opened, strict=True):
        if row is None:
            raise VaultError("this is no CSV", file=file, line=line)
        yield line, row


def _lines(opened: IO[str], file: Path, columns: Sequence[str]) -> Iterator[Row | BadRow]:
    del file
    for line, text in enumerate(opened, 1):
        if text.strip():
            yield _object(line, text, columns)


def _object(line: int, text: str, columns: Sequence[str]) -> Row | BadRow:
    found = read_json_line(text)
    if found is None:
        return BadRow(line=line, error=VaultError("is no JSON object"))
    if not found.keys() <= set(columns):
        return BadRow(line=line, error=VaultError("has a name that is none of {known}", known=list(columns)))
    for name, value in found.items():
        if value is not None and not isinstance(value, str):
            return BadRow(line=line, error=VaultError("is no text", key=name))
    return Row(line=line, values={name: value for name, value in found.items() if value})


_MOST = 20
"""Most refused rows that are listed."""


class RefusedError(VaultError):
    """A rule refused; the text is the rule's own."""

    exit_code: ClassVar[int] = 13


def format_table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """Rows under their names, in columns."""
    table = [list(names), *([_cell(value) for value in row] for row in rows)]
    widths = [max(cells(row[n]) for row in table) for n in range(len(names))]
    for row in table:
        yield "  ".join(cell + " " * (width - cells(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return visible(" ".join(value) or "-") if isinstance(value, list) else visible(str(value))


def print_bad_rows(bad: Sequence[BadRow], file: Path) -> None:
    """Refused rows, by line and column, on standard error."""
    for one in bad[:_MOST]:
        typer.echo(word(one.error.at(file=file, line=one.line), current_lang()), err=True)
    if len(bad) > _MOST:
        warn("and {count:,} more {count:row|rows} like these", count=len(bad) - _MOST)


def describe_refusal(one: Refused) -> str:
    """Which rule refused, in its own words."""
    said = one.zh if current_lang() is Lang.ZH else one.en
    name = _("{waybill} is not shown", waybill=one.waybill) if one.waybill else _("refused")
    return f"{name}{_(': ')}{said} [{one.rule}]"


def print_records(rows: Sequence[dict[str, Any]], names: Sequence[str], format: OutputFormat) -> None:
    """Records as JSON, or some of their columns as a table."""
    print_result(
        format, rows, format_table([_(COLUMNS[name]) for name in names], [[row[n] for n in names] for row in rows])
    )
