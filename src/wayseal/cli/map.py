"""`wayseal map`: a first mapping file for a log of any layout."""

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
from wayseal.store import propose_mapping

_THEN = {
    "accesses": "wayseal ingest LEDGER {sample} --map {out}",
    "leaks": "wayseal trace LEDGER --leaks {sample} --map {out}",
}


class MapTable(StrEnum):
    """Tables that a mapping can be proposed for."""

    ACCESSES = "accesses"
    LEAKS = "leaks"


class MapError(WaysealError):
    """A file that a person may have corrected stands where the proposal would go."""

    exit_code = 2


def map_(
    sample: Annotated[
        Path,
        typer.Argument(
            help="A sample of the log: CSV, JSON Lines, Parquet, a workbook (`.xlsx`), or a "
            "[raw log](mapping-files.md#raw-logs), which is recognised. A few hundred lines suffice.",
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
            help="Write to this file; one that is there is kept, unless `--force` is given.",
            show_default="the screen",
        ),
    ] = None,
    table: Annotated[
        MapTable,
        typer.Option(help="`accesses` or `leaks`: whether the sample is of reads, or of numbers that turned up."),
    ] = MapTable.ACCESSES,
    sheet: Annotated[
        str | None,
        typer.Option(help="Sheet of a workbook.", show_default="the first that is a table"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file that `--out` names.")] = False,
) -> None:
    """Propose a mapping file from a sample of a log or of a list of leaks; a person corrects it.

    \b
    wayseal map gateway.csv --out gateway.toml
    wayseal ingest ledger gateway.csv --map gateway.toml
    wayseal map bought.csv --table leaks --out bought.toml
    wayseal map query-log.xlsx --sheet March --out query-log.toml
    """
    if out is not None and out.is_file() and not force:
        raise MapError(
            "{out} exists, and may hold corrections; name another file, or say --force to replace it", out=out
        )
    text = propose_mapping(sample, translate=translator(lang), table=table.value, sheet=sheet)
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_text(out, text)
        then = _THEN[table].format(sample=sample, out=out)
        typer.echo(filled(TEXTS[lang]["proposed"], out=out, then=then), err=True)
