"""`wayseal case unmerge`: a case comes out of the one that it went into."""

import typer

from wayseal.cases import open_cases
from wayseal.cases.ledger.casebook import writable_casebook
from wayseal.cli._case_view import CaseArgument, WhoOption, WhyOption, now_us
from wayseal.cli._options import Lang, LangOption, LedgerArgument
from wayseal.cli._words.case import CASE_TEXTS
from wayseal.model.messages import filled


def unmerge(
    ledger: LedgerArgument, case: CaseArgument, who: WhoOption, why: WhyOption, lang: LangOption = Lang.EN
) -> None:
    """Take a case out of the one that it went into.

    Both are as they were, with what was done since.

    \b
    wayseal case unmerge ledger c-18 --who "Li, audit" --why "two groups after all"
    """
    with open_cases(writable_casebook(ledger), new=False) as cases:
        cases.unmerge(case, who, why, now_us())
        state = cases.find(case).state
    words = CASE_TEXTS[lang]
    typer.echo(filled(words["stands"], id=case, state=words["waiting_state" if state == "waiting" else state]))
