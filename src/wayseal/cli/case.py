"""`wayseal case`: cases of detection, and what people do with them; `wayseal verdict` closes one."""

import getpass
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cases import load_pseudonyms, open_cases, read_casebook
from wayseal.cases.acts import act_name
from wayseal.cases.ledger.casebook import Names, casebook_folder, writable_casebook
from wayseal.cases.ledger.told import list_json
from wayseal.cases.types import (
    CaseAct,
    Casebook,
    CaseState,
    Changed,
    Forgotten,
    Merged,
    NamesShown,
    NoteWritten,
    PackHeld,
    Promoted,
    Pseudonyms,
    RecordedCase,
    Split,
    TaskSet,
    Undone,
    Verdict,
)
from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import Lang, LangOption, LedgerArgument, OutputFormat, OutputFormatOption
from wayseal.cli._output import clock_time, now_us
from wayseal.cli._words.case import CASE_TEXTS
from wayseal.detect.policy import expected_loss
from wayseal.model.messages import filled
from wayseal.model.times import stamp
from wayseal.page import numbers
from wayseal.page.languages import known_lang
from wayseal.page.visible import visible
from wayseal.page.words import catalogue

CaseArgument = Annotated[
    str, typer.Argument(help="Id of the case, such as `c-17`, as `wayseal case list` has it.", metavar="CASE")
]
WhoOption = Annotated[
    str, typer.Option("--who", help="Who does it: a line of up to 500 characters that stays in the casebook.")
]
WhyOption = Annotated[
    str, typer.Option("--why", help="Why, in the same way: the rule or the request; no names of the accounts.")
]
Words = Mapping[str, str]


def read_statement(file: Path) -> str:
    """The text of a file, or of standard input."""
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise WrongUsageError("is no text in UTF-8", param_hint="--file") from None


def forgotten_line(done: Forgotten, words: Words) -> str:
    """The line of what was forgotten."""
    values = {"cases": done.cases, "before": stamp(done.before), "why": visible(done.why)}
    return filled(words["forgotten"], at=clock_time(done.at), who=visible(done.who), **values)


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


def case_list(
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


def case_open(
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


def case_hear(
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


class NewState(StrEnum):
    """The states that a person gives; verdicts and openings are acts of their own."""

    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    DUPLICATE = "duplicate"
    NO_CASE = "no_case"
    REOPENED = "reopened"


def case_state(
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


def case_note(
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


def case_merge(
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


def case_unmerge(
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
