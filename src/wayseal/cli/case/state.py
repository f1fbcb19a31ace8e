"""`wayseal case state`: how a case stands is changed, but by a verdict."""

from enum import StrEnum
from typing import Annotated

import typer

from wayseal.cases import open_cases
from wayseal.cases.ledger.casebook import writable_casebook
from wayseal.cases.types import CaseState
from wayseal.cli._case_view import CaseArgument, WhoOption, WhyOption, now_us
from wayseal.cli._options import Lang, LangOption, LedgerArgument
from wayseal.cli._words.case import CASE_TEXTS
from wayseal.model.messages import filled


class NewState(StrEnum):
    """The states that a person gives; verdicts and openings are acts of their own."""

    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    DUPLICATE = "duplicate"
    NO_CASE = "no_case"
    REOPENED = "reopened"


def state(
    ledger: LedgerArgument,
    case: CaseArgument,
    to: Annotated[
        NewState,
        typer.Argument(
            help="`in_progress`, `waiting`, `duplicate` or `no_case`; `reopened` where it is closed.", metavar="STATE"
        ),
    ],
    who: WhoOption,
    why: WhyOption,
    lang: LangOption = Lang.EN,
) -> None:
    """Say how a case stands: taken up, waiting, closed as no case of its own, or open again.

    `wayseal verdict` closes it as true or false.

    \b
    wayseal case state ledger c-17 in_progress --who "Li, audit" --why "complaint 2026-041"
    wayseal case state ledger c-18 duplicate --who "Li, audit" --why "as c-17"
    """
    with open_cases(writable_casebook(ledger), new=False) as cases:
        cases.set_state(case, CaseState(to), who, why, now_us())
    words = CASE_TEXTS[lang]
    typer.echo(filled(words["stands"], id=case, state=words["waiting_state" if to is NewState.WAITING else to]))
