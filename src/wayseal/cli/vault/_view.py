"""Lists and refused rows, as commands about a vault print them."""

import json
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import typer

from wayseal.cli._options import Lang, OutputFormat
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._rows import BadRow
from wayseal.model.messages import filled
from wayseal.model.records import Refused
from wayseal.page.languages import word
from wayseal.page.visible import visible
from wayseal.vault.errors import VaultError

_MOST = 20
"""Most refused rows that are listed."""


class RefusedError(VaultError):
    """A rule refused; the text is the rule's own."""

    exit_code: ClassVar[int] = 13


def format_table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """Rows under their names, in columns."""
    cells = [list(names), *([_cell(value) for value in row] for row in rows)]
    widths = [max(_width(row[n]) for row in cells) for n in range(len(names))]
    for row in cells:
        yield "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return visible(" ".join(value) or "-") if isinstance(value, list) else visible(str(value))


def _width(text: str) -> int:
    """Columns of a terminal."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def print_bad_rows(bad: Sequence[BadRow], file: Path, lang: Lang) -> None:
    """Refused rows, by line and column, on standard error."""
    for one in bad[:_MOST]:
        typer.echo(word(one.error.at(file=file, line=one.line), lang), err=True)
    if len(bad) > _MOST:
        typer.echo(filled(VAULT_TEXTS[lang]["bad_more"], count=len(bad) - _MOST), err=True)


def describe_refusal(one: Refused, lang: Lang) -> str:
    """Which rule refused, in its own words."""
    words = VAULT_TEXTS[lang]
    said = one.zh if lang is Lang.ZH else one.en
    name = filled(words["refused"], waybill=one.waybill) if one.waybill else words["refused_find"]
    return f"{name}{words['colon']}{said} [{one.rule}]"


def print_records(rows: Sequence[dict[str, Any]], names: Sequence[str], format: OutputFormat, lang: Lang) -> None:
    """Records as JSON, or some of their columns as a table."""
    if format is OutputFormat.JSON:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for line in format_table(
        [VAULT_TEXTS[lang][f"column_{name}"] for name in names], [[row[n] for n in names] for row in rows]
    ):
        typer.echo(line)
