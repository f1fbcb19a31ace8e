"""`wayseal case hear`: what the person concerned said."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cases import open_cases
from wayseal.cases.ledger.casebook import writable_casebook
from wayseal.cli._case_view import CaseArgument, now_us, read_statement
from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import Lang, LangOption, LedgerArgument
from wayseal.cli._words.case import CASE_TEXTS
from wayseal.model.messages import filled


def hear(
    ledger: LedgerArgument,
    case: CaseArgument,
    who: Annotated[
        str, typer.Option(help="Who writes it down: a line of up to 500 characters that stays in the casebook.")
    ],
    statement: Annotated[
        str | None,
        typer.Option(
            help="What the person said, up to 20,000 characters. It stays in the shell's history: rather use `--file`.",
            show_default="this or --file",
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            help="A text file with it (UTF-8); `-` for standard input.",
            show_default="this or --statement",
            dir_okay=False,
        ),
    ] = None,
    actor: Annotated[
        str | None,
        typer.Option(
            help="The person's account, by its id or by the pseudonym that `wayseal case open` prints; required where "
            "the case has several."
        ),
    ] = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Record what the person concerned said.

    It is kept in the casebook. Any time will do, after a verdict too.

    \b
    wayseal case hear ledger c-17 --who "Li, audit" --file statement.txt
    wayseal case hear ledger c-17 --who "Li, audit" --actor u-1042 --file - < statement.txt
    """
    if (statement is None) == (file is None):
        raise WrongUsageError("give --statement or --file", param_hint="--statement")
    text = statement if file is None else read_statement(file)
    with open_cases(writable_casebook(ledger), new=False) as writer:
        writer.hear(case, who, (text or "").strip(), now_us(), actor=actor)
    typer.echo(filled(CASE_TEXTS[lang]["heard"], id=case))
