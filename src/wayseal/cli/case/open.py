"""`wayseal case open`: the names of its accounts, and what the persons said."""

from collections.abc import Iterator

import typer

from wayseal.cases import open_cases
from wayseal.cases.ledger.casebook import writable_casebook
from wayseal.cases.types import NamesShown, Pseudonyms, RecordedCase
from wayseal.cli._case_view import CaseArgument, WhoOption, WhyOption, Words, clock_time, now_us
from wayseal.cli._options import Lang, LangOption, LedgerArgument
from wayseal.cli._words.case import CASE_TEXTS
from wayseal.model.messages import filled
from wayseal.page.visible import visible


def open_(
    ledger: LedgerArgument,
    case: CaseArgument,
    who: WhoOption,
    why: WhyOption,
    lang: LangOption = Lang.EN,
) -> None:
    """Open a case: print the names of its accounts, and what the persons said.

    Who asked and why is recorded before, each time; if that can't be written down, nothing is shown.

    \b
    wayseal case open ledger c-17 --who "Li, audit" --why "complaint 2026-041"
    """
    with open_cases(writable_casebook(ledger), new=False) as writer:
        opened = writer.open(case, who, why, now_us())
        pseudonyms = writer.pseudonyms
    act = next(each for each in reversed(opened.acts) if isinstance(each, NamesShown))
    for line in open_lines(opened, pseudonyms, act, CASE_TEXTS[lang]):
        typer.echo(line)


def open_lines(case: RecordedCase, pseudonyms: Pseudonyms, act: NamesShown, words: Words) -> Iterator[str]:
    """The names of a case that was opened just now, and what was said in it."""
    yield filled(words["open"], id=case.id, who=visible(act.who), why=visible(act.why))
    for actor in case.actors:
        yield filled(words["name"], pseudonym=pseudonyms.of(actor), name=visible(actor))
    for heard in case.heard:
        name = words["somebody"] if heard.actor is None else visible(heard.actor)
        yield filled(words["said"], at=clock_time(heard.at), name=name, who=visible(heard.who))
        yield from (filled(words["line"], line=visible(line) if line else "") for line in heard.statement.split("\n"))
    if not case.heard:
        yield filled(words["not_heard"], id=case.id)
