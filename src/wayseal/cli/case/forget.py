"""`wayseal case forget`: cases that were closed long ago go."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

import typer

from wayseal.cases import open_cases, read_casebook
from wayseal.cases.ledger.casebook import casebook_folder, writable_casebook
from wayseal.cases.types import Forgotten
from wayseal.cli._case_view import WhoOption, WhyOption, now_us
from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import Lang, LangOption, LedgerArgument
from wayseal.cli._words.case import CASE_TEXTS
from wayseal.journal import Head
from wayseal.model.messages import filled
from wayseal.model.times import micros


def forget(
    ledger: LedgerArgument,
    before: Annotated[
        str,
        typer.Option(
            help="Cases that were closed before this day go, such as `2026-01-01` (UTC); the last verdict counts."
        ),
    ],
    who: WhoOption,
    why: WhyOption,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go and change nothing.")] = False,
    lang: LangOption = Lang.EN,
) -> None:
    """Forget cases that were closed before a day, with all that was recorded of them.

    A line stays that says so. [Retention](cases.md#retention) says what goes and what stays.

    \b
    wayseal case forget ledger --before 2026-01-01 --who "Wang, IT" --why "retention rule 4" --dry-run
    wayseal case forget ledger --before 2026-01-01 --who "Wang, IT" --why "retention rule 4"
    """
    words, moment = CASE_TEXTS[lang], _parse_day(before)
    if dry_run:
        book = read_casebook(casebook_folder(ledger))
        ids = ", ".join(case.id for case in book.closed_before(moment))
        count = len(book.closed_before(moment))
        text = words["would_forget"] if ids else words["nothing_to_forget"]
        typer.echo(filled(text, cases=count, before=before, ids=ids))
    else:
        with open_cases(writable_casebook(ledger), new=False) as writer:
            done = writer.forget(moment, who, why, now_us())
            book = writer.book
        _print_forgotten(done, before, words)
    if waiting := book.waiting_since(moment):
        typer.echo(filled(words["waiting"], count=len(waiting), ids=", ".join(case.id for case in waiting)))


def _print_forgotten(done: Forgotten | None, before: str, words: Mapping[str, str]) -> None:
    if done is None:
        typer.echo(filled(words["nothing_to_forget"], before=before))
        return
    head = Head(lines=done.lines, sum=done.head)
    typer.echo(filled(words["forgot"], cases=done.cases, acts=done.acts, before=before, lines=done.lines, head=head))
    typer.echo(words["elsewhere"])


def _parse_day(text: str) -> int:
    try:
        return micros(f"{date.fromisoformat(text).isoformat()}T00:00Z")
    except ValueError:
        raise WrongUsageError("this is no day such as 2026-01-01", param_hint="--before") from None
