"""`wayseal map`: a first mapping file for a log of any layout."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import Lang, LangOption
from wayseal.cli._write import write_text
from wayseal.store import propose_mapping


def propose(
    sample: Annotated[
        Path, typer.Argument(help="A sample of the log: CSV or JSON Lines.", exists=True, dir_okay=False)
    ],
    lang: LangOption = Lang.EN,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write here instead of to the screen.")] = None,
) -> None:
    """Propose a mapping file from a sample of a log; a person corrects it.

    \b
    wayseal map gateway.csv --out gateway.toml
    wayseal ingest gateway.csv --map gateway.toml --ledger ledger
    """
    text = propose_mapping(sample, lang=lang.value)
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_text(out, text)
        typer.echo(f"{out}: read it, correct it, then: wayseal ingest {sample} --map {out} --ledger LEDGER", err=True)
