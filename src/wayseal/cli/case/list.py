"""`wayseal case list`: every case, how it stands, and what was done with it."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Annotated

import typer

from wayseal.cases import load_pseudonyms, read_casebook
from wayseal.cases.acts import act_name
from wayseal.cases.ledger.casebook import Names, casebook_folder
from wayseal.cases.ledger.told import list_json
from wayseal.cases.types import (
    CaseAct,
    Casebook,
    CaseState,
    Changed,
    Merged,
    NoteWritten,
    PackHeld,
    Promoted,
    RecordedCase,
    Split,
    TaskSet,
    Undone,
    Verdict,
)
from wayseal.cli._case_view import Words, clock_time, forgotten_line
from wayseal.cli._options import Lang, LangOption, LedgerArgument, OutputFormat, OutputFormatOption
from wayseal.cli._words.case import CASE_TEXTS
from wayseal.detect.policy import expected_loss
from wayseal.model.messages import filled
from wayseal.page import numbers
from wayseal.page.languages import known_lang
from wayseal.page.visible import visible
from wayseal.page.words import catalogue

REPORT = "wayseal.detect.report"
"""Whose catalogue has the names of detectors."""


class ListSort(StrEnum):
    """What comes first."""

    LOSS = "loss"
    SCORE = "score"
    NUMBER = "number"


_ORDER: dict[ListSort, Callable[[RecordedCase], float]] = {  # sorting is stable, and they come by number
    ListSort.LOSS: lambda case: -expected_loss(case.score, case.parcels_a_day),
    ListSort.SCORE: lambda case: -case.score,
    ListSort.NUMBER: lambda _: 0,
}


def list_(
    ledger: LedgerArgument,
    state: Annotated[
        CaseState | None,
        typer.Option(
            help="Only cases that [stand](cases.md#what-a-case-is) like this, such as `new`.", show_default="all"
        ),
    ] = None,
    sort: Annotated[
        ListSort,
        typer.Option(
            help="First come cases by which most is [expected to be lost](detection.md#what-is-lost-comes-first) "
            "(`loss`), the likeliest (`score`), or those that were made first (`number`)."
        ),
    ] = ListSort.LOSS,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
) -> None:
    """Every case, how it stands, and what was done with it.

    Accounts are pseudonyms until a case is opened ([cases](cases.md#who-may-open-one)); what a person said is not in
    the list, and in the JSON only while all names of the case may be shown. The text has local times (UTC+8) and
    detectors in words; the JSON has times in UTC and the detectors' [names](detectors.md).

    \b
    wayseal case list ledger
    wayseal case list ledger --state new --format json | jq -r '.cases[].case'
    """
    folder = casebook_folder(ledger)
    book = read_casebook(folder)
    book = replace(book, cases=tuple(sorted(book.cases, key=_ORDER[sort])))
    names = Names(book.opened_actors, load_pseudonyms(folder).of if book.cases else str)
    if format is OutputFormat.JSON:
        typer.echo(list_json(book, names, state))
        return
    for line in list_lines(book, names, state, CASE_TEXTS[lang], catalogue(known_lang(lang), REPORT)):
        typer.echo(line)


def list_lines(book: Casebook, names: Names, state: CaseState | None, words: Words, detectors: Words) -> Iterator[str]:
    """Every case with what was done with it, and how many there are. detectors: what reports call them."""
    yield from (forgotten_line(done, words) for done in book.forgotten)
    some = [case for case in book.cases if state in (None, case.state)]
    for case in some:
        yield filled(
            words["case"],
            id=case.id,
            state=_state_name(case.state, words),
            loss=numbers.expected(case.score * case.parcels_a_day) if case.parcels_a_day else numbers.DASH,
            score=numbers.percent(case.score),
            alerted=clock_time(case.alerted_at),
            detectors=words["list_comma"].join(_detector_name(name, detectors) for name in case.detectors)
            or words["no_reason"],
            actors=", ".join(visible(names.of(actor)) for actor in case.actors),
        )
        for act in case.acts:
            yield _act_line(act, words)
    if not some:
        yield words["none"]
    if not book.cases:
        return
    counts = Counter(case.state for case in book.cases)
    told = {str(each): counts[each] for each in (CaseState.NEW, CaseState.OPENED, CaseState.TRUE, CaseState.FALSE)}
    others = len(book.cases) - sum(told.values())
    yield filled(words["total"], total=len(book.cases), others=others, **told)
    yield words["lead"]


def _detector_name(name: str, detectors: Words) -> str:
    return detectors.get(f"detector.{name}", visible(name))


def _state_name(state: CaseState, words: Words) -> str:
    return words["waiting_state" if state is CaseState.WAITING else state]


def _act_line(act: CaseAct, words: Words) -> str:
    key = act_name(act)
    values: dict[str, object] = {"why": visible(getattr(act, "why", ""))}
    match act:
        case Verdict():
            key += f"_{act.true}".lower()
        case Changed():
            was, now = (_told(value, words) for value in (act.before, act.after))
            values |= {"field": words[f"field_{act.field}"], "was": was, "now": now}
        case NoteWritten():
            values["id"] = act.note
        case TaskSet():
            values["id"] = act.task
        case PackHeld():
            key += f"_{act.step}"
            values |= {"seal": act.seal[:16], "to": visible(act.to)}
        case Merged():
            key = key if act.on else "unmerge"
            values |= {"case": act.case, "into": act.into}
        case Split():
            values |= {"case": act.case, "made": act.made}
        case Promoted():
            values["item"] = act.item
        case Undone():
            values["line"] = act.line
    return filled(words[f"act_{key}"], at=clock_time(act.at), who=visible(act.who), **values)


def _told(value: str | None, words: Words) -> str:
    return words["nothing"] if value is None else visible(value)
