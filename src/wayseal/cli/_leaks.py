"""A leaks file for a command: read, with its notices said, and not empty."""

from pathlib import Path

import typer

from wayseal.cli._options import Lang
from wayseal.cli._words import notice_text
from wayseal.store import load_mapping, read_leaks
from wayseal.store.errors import StoreError
from wayseal.store.types import Leaks


def load_leaks(path: Path, map_: Path | None, offset: str | None, lang: Lang, quiet: bool) -> Leaks:
    """The numbers of a file, of which there is at least one; StoreError else."""
    bought = _require_rows(read_leaks(path, mapping=load_mapping(map_) if map_ else None, offset=offset), path)
    if not quiet:
        for notice in bought.notices:
            typer.echo(notice_text(notice, lang), err=True)
    return bought


def _require_rows(bought: Leaks, path: Path) -> Leaks:
    """The leaks, of which there is at least one."""
    if len(bought.rows):
        return bought
    if not bought.rejected:
        raise StoreError("holds no number", file=path)
    first = bought.rejected[0]
    raise StoreError(
        "{reason}; no number of the file could be read",
        file=path,
        line=first.line,
        key=first.column or None,
        reason=first.reason.value,
    )
