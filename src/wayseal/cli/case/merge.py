"""`wayseal case merge`: a case goes into another one."""

from typing import Annotated

import typer

from wayseal.cases import open_cases
from wayseal.cases.ledger.casebook import writable_casebook
from wayseal.cli._case_view import CaseArgument, WhoOption, WhyOption, now_us
from wayseal.cli._options import Lang, LangOption, LedgerArgument
from wayseal.cli._words.case import CASE_TEXTS
from wayseal.model.messages import filled


def merge(
    ledger: LedgerArgument,
    case: CaseArgument,
    into: Annotated[str, typer.Argument(help="The open case that it goes into.", metavar="INTO")],
    who: WhoOption,
    why: WhyOption,
    lang: LangOption = Lang.EN,
) -> None:
    """Put a case into another one, which then has its accounts and acts, too.

    Nothing is lost: `wayseal case unmerge` takes it out again.

    \b
    wayseal case merge ledger c-18 c-17 --who "Li, audit" --why "one group"
    """
    with open_cases(writable_casebook(ledger), new=False) as cases:
        cases.merge(case, into, who, why, now_us())
    typer.echo(filled(CASE_TEXTS[lang]["merged_now"], id=case, into=into))
