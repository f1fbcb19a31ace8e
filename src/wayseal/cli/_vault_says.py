"""Lists, times and refused rows, as commands about a vault print them."""

import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import typer

from wayseal.cli._options import Lang
from wayseal.cli._say_error import said
from wayseal.cli._vault_rows import Bad
from wayseal.cli._vault_words import VAULT_TEXTS
from wayseal.cli._words import filled
from wayseal.page.visible import visible
from wayseal.vault import Refused

_MOST = 20
"""Most refused rows that are listed."""


def table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
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


def day(text: object) -> str | None:
    """The day of a time."""
    return None if text is None else str(text)[:10]


def say_bad(bad: Sequence[Bad], file: Path, lang: Lang) -> None:
    """Refused rows, by line and column, on standard error."""
    for one in bad[:_MOST]:
        typer.echo(said(f"{file}:{one.line}: {one.told}", lang), err=True)
    if len(bad) > _MOST:
        typer.echo(filled(VAULT_TEXTS[lang]["bad_more"], count=len(bad) - _MOST), err=True)


def refusal(one: Refused, lang: Lang) -> str:
    """Which rule refused, in its own words."""
    words = VAULT_TEXTS[lang]
    said = one.zh if lang is Lang.ZH else one.en
    name = filled(words["refused"], waybill=one.waybill) if one.waybill else words["refused_find"]
    return f"{name}{words['colon']}{said} [{one.rule}]"
