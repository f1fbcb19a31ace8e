"""`wayseal verdict`: a case is closed."""

import getpass
from enum import StrEnum
from typing import Annotated

import typer

from wayseal.cases import open_cases
from wayseal.cases.ledger.casebook import writable_casebook
from wayseal.cli._case_view import CaseArgument, WhyOption, now_us
from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import Lang, LangOption, LedgerArgument
from wayseal.cli._words.case import CASE_TEXTS
from wayseal.model.messages import filled


class VerdictValue(StrEnum):
    """What a verdict says: the reads were not work, or they were."""

    TRUE = "true"
    FALSE = "false"


def verdict(
    ledger: LedgerArgument,
    case: CaseArgument,
    is_: Annotated[VerdictValue, typer.Argument(help="`true`: the reads were no work; or `false`.", metavar="VERDICT")],
    why: WhyOption,
    who: Annotated[
        str | None,
        typer.Option(
            help="Who judges: a line of up to 500 characters that stays in the casebook.",
            show_default="you, as the system knows you",
        ),
    ] = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Close a case: true, the reads were not work; or false.

    Detection learns from it. A later verdict replaces an earlier one, and both stay on record. [Cases](cases.md) says
    what a case is.

    \b
    wayseal verdict ledger c-17 false --who "Li, audit" --why "helped out at the hub that week"
    """
    words = CASE_TEXTS[lang]
    with open_cases(writable_casebook(ledger), new=False) as writer:
        closed = writer.verdict(case, is_ is VerdictValue.TRUE, _login_name() if who is None else who, why, now_us())
    typer.echo(filled(words[f"judged_{is_}"], id=closed.id))
    if not closed.heard:
        typer.echo(words["unheard"])


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise WrongUsageError("the system knows no name for you: give --who", param_hint="--who") from None
