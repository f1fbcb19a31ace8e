"""`wayseal map`: a first mapping file for each table in a file of any layout."""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import Lang, LangOption
from wayseal.cli._output import write_text
from wayseal.cli._words import TEXTS
from wayseal.model import WaysealError
from wayseal.model.messages import filled
from wayseal.page.languages import translator
from wayseal.store import TABLES
from wayseal.store.drafts import Draft, draft_mappings

_INGEST, _TRACE = "wayseal ingest LEDGER {sample} --map {out}", "wayseal trace LEDGER --leaks {sample} --map {out}"
MapTable = StrEnum("MapTable", [(name.upper(), name) for name in TABLES])  # type: ignore[misc]


class MapError(WaysealError):
    """A file that a person may have corrected stands where the proposal would go."""

    exit_code = 2


class UnsureError(WaysealError):
    """A draft was made that is not sure of all that it says."""

    exit_code = 16


def map_(
    sample: Annotated[
        Path,
        typer.Argument(
            help="A file that holds a table of the contract, or several: CSV, JSON Lines, Parquet, a workbook "
            "(`.xlsx`), a database's dump, or a [raw log](mapping-files.md#raw-logs). Give all of it: rows from all "
            "of it are looked at.",
            exists=True,
            dir_okay=False,
        ),
    ],
    lang: LangOption = Lang.EN,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="Write to this file; one that is there is kept, unless `--force` is given. Of several tables each "
            "gets a file of its own, `NAME.TABLE.toml`.",
            show_default="the screen",
        ),
    ] = None,
    table: Annotated[
        MapTable | None,
        typer.Option(help="The table that it is.", show_default="found out from what it holds"),
    ] = None,
    sheet: Annotated[
        str | None,
        typer.Option(help="Sheet of a workbook, or table of a dump.", show_default="each that is a table"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file that `--out` names.")] = False,
) -> None:
    """Propose mapping files for what a file holds, whichever table of the contract it is; a person corrects them.

    Ends with exit code 16 where a draft is not sure: it says of what, here and in its first lines. What is no table
    that is known, or is written in no way that is read, ends with exit code 17, and nothing is written.

    \b
    wayseal map gateway.csv --out gateway.toml
    wayseal ingest ledger gateway.csv --map gateway.toml
    wayseal map bought.csv --table leaks --out bought.toml
    wayseal map query-log.xlsx --sheet March --out query-log.toml
    """
    drafts = draft_mappings(sample, translate=translator(lang), table=table and table.value, sheet=sheet)
    places = _places(out, drafts)
    for place in places:
        if place.is_file() and not force:
            raise MapError(
                "{out} exists, and may hold corrections; name another file, or say --force to replace it", out=place
            )
    if not places:
        typer.echo("\n".join(draft.text for draft in drafts), nl=False)
    for place, draft in zip(places, drafts, strict=False):
        write_text(place, draft.text)
        then = (_TRACE if draft.table == "leaks" else _INGEST).format(sample=sample, out=place)
        typer.echo(filled(TEXTS[lang]["proposed"], out=place, then=then), err=True)
    names = [str(place) for place in places] or [draft.table for draft in drafts]
    doubts = [f"{name}: {doubt}" for name, draft in zip(names, drafts, strict=True) for doubt in draft.doubts]
    if doubts:
        raise UnsureError("not sure: {doubts}", doubts="; ".join(doubts))


def _places(out: Path | None, drafts: Sequence[Draft]) -> list[Path]:
    """Where each goes: none without a name, one under it, several beside it by their tables."""
    if out is None or len(drafts) == 1:
        return [] if out is None else [out]
    seen: Counter[str] = Counter()
    places = []
    for draft in drafts:
        seen[draft.table] += 1
        number = f"-{seen[draft.table]}" if seen[draft.table] > 1 else ""
        places.append(out.with_name(f"{out.stem}.{draft.table}{number}{out.suffix}"))
    return places
