"""`wayseal case note`: a note in a case."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cases import open_cases
from wayseal.cases.ledger.casebook import writable_casebook
from wayseal.cli._case_view import CaseArgument, WhoOption, now_us, read_statement
from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import Lang, LangOption, LedgerArgument
from wayseal.cli._words.case import CASE_TEXTS
from wayseal.model.messages import filled


def note(
    ledger: LedgerArgument,
    case: CaseArgument,
    who: WhoOption,
    text: Annotated[
        str | None,
        typer.Option(help="What the note says, up to 20,000 characters.", show_default="this or --file"),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            help="A text file with it (UTF-8); `-` for standard input.", show_default="this or --text", dir_okay=False
        ),
    ] = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Write a note into a case.

    Everybody who sees the case sees it: keep names out of it.

    \b
    wayseal case note ledger c-17 --who "Li, audit" --text "asked the outlet for its duty roster"
    """
    if (text is None) == (file is None):
        raise WrongUsageError("give --text or --file", param_hint="--text")
    said = text if file is None else read_statement(file)
    with open_cases(writable_casebook(ledger), new=False) as cases:
        made = cases.add_note(case, (said or "").strip(), who, now_us())
    typer.echo(filled(CASE_TEXTS[lang]["noted"], id=case, note=made))
