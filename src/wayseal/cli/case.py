"""`wayseal case`: cases of detection, and what people do with them; `wayseal verdict` closes one."""

import getpass
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cases import Pseudonyms, load_pseudonyms, open_cases, read_casebook
from wayseal.cases.book import Casebook, RecordedCase, act_name
from wayseal.cases.ledger.casebook import Names, casebook_folder, list_json, writable_casebook
from wayseal.cases.types import (
    Answered,
    CaseAct,
    CaseState,
    Changed,
    Merged,
    NamesShown,
    NoteWritten,
    PackHeld,
    Promoted,
    Proposed,
    ReadMarked,
    Split,
    Tagged,
    TaskSet,
    Undone,
    Verdict,
)
from wayseal.cases.verdicts import HearingPoint
from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import (
    STATEMENT_FILE,
    CaseArgument,
    LedgerArgument,
    OutputFormat,
    OutputFormatOption,
    StatementFileOption,
    WhoOption,
    WhyOption,
    read_statement,
)
from wayseal.cli._output import clock_time, now_us, print_lines
from wayseal.cli._texts import _, current_lang, echo, pgettext
from wayseal.cli.case_upkeep import forgotten_line
from wayseal.detect.policy import expected_loss
from wayseal.model.messages import N_
from wayseal.page import numbers
from wayseal.page.languages import known_lang
from wayseal.page.visible import visible
from wayseal.page.words import catalogue

_STATES = {
    "new": N_("new"),
    "opened": N_("opened"),
    "in_progress": N_("in progress"),
    "waiting": N_("waiting for somebody"),
    "reopened": N_("reopened"),
    "true": N_("closed: true"),
    "false": N_("closed: false"),
    "duplicate": N_("closed: known already"),
    "no_case": N_("closed: no case"),
    "merged": N_("merged into another case"),
}
_ACTS = {
    "opened": N_("    {at}  {who} opened the case: {why}"),
    "unmasked": N_("    {at}  {who} opened it together with others: {why}"),
    "reads": N_("    {at}  {who} looked at its reads: {why}"),
    "heard": N_("    {at}  {who} heard the person and wrote it down"),
    "verdict_true": N_("    {at}  {who} gave the verdict true on {n} {n:account|accounts}: {why}"),
    "verdict_lacking": N_("    {at}  {who} gave the verdict true on {n} {n:account|accounts}, not fully heard: {why}"),
    "verdict_false": N_("    {at}  {who} gave the verdict false on {n} {n:account|accounts}: {why}"),
    "proposed_verdict": N_("    {at}  {who} proposed a verdict ({id}): {why}"),
    "proposed_names": N_("    {at}  {who} proposed to look at its names ({id}): {why}"),
    "proposed_pack": N_("    {at}  {who} proposed a pack of evidence ({id}): {why}"),
    "proposed_ask": N_("    {at}  {who} asked an investigator for its names ({id}): {why}"),
    "answered_true": N_("    {at}  {who} agreed to {id}: {why}"),
    "answered_false": N_("    {at}  {who} declined {id}, or took it back: {why}"),
    "changed": N_("    {at}  {who} changed {field} from {was} to {now}: {why}"),
    "note": N_("    {at}  {who} wrote note {id}"),
    "task": N_("    {at}  {who} set task {id}"),
    "mark": N_("    {at}  {who} marked read {read}"),
    "tag": N_("    {at}  {who} gave it the tag {tag}"),
    "untag": N_("    {at}  {who} took the tag {tag} away"),
    "link": N_("    {at}  {who} changed its links: {why}"),
    "pack_sealed": N_("    {at}  {who} sealed a pack of evidence ({seal}…): {why}"),
    "pack_copied": N_("    {at}  {who} fetched a pack of evidence ({seal}…): {why}"),
    "pack_handed_over": N_("    {at}  {who} handed a pack of evidence over to {to} ({seal}…): {why}"),
    "pack_returned": N_("    {at}  {who} took back a pack of evidence from {to} ({seal}…): {why}"),
    "file": N_("    {at}  {who} changed its files: {why}"),
    "merge": N_("    {at}  {who} merged {case} into {into}: {why}"),
    "unmerge": N_("    {at}  {who} took {case} out of {into} again: {why}"),
    "split": N_("    {at}  {who} split {made} off from {case}: {why}"),
    "undone": N_("    {at}  {who} took back line {line}"),
    "promoted": N_("    {at}  {who} made {item} of the queue a case: {why}"),
}
_FIELDS = {
    "state": N_("state", context="field_state"),
    "owner": N_("owner", context="field_owner"),
    "priority": N_("priority", context="field_priority"),
    "snoozed": N_("put off until", context="field_snoozed"),
    "title": N_("title", context="field_title"),
}
Words = Mapping[str, str]


REPORT = "wayseal.detect.report"
"""Whose catalogue has the names of detectors."""


class ListSort(StrEnum):
    """The order of a list."""

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
    print_lines(list_lines(book, names, state, catalogue(known_lang(current_lang()), REPORT)))


def list_lines(book: Casebook, names: Names, state: CaseState | None, detectors: Words) -> Iterator[str]:
    """Every case with what was done with it, and how many there are. detectors: what reports call them."""
    yield from (forgotten_line(done) for done in book.forgotten)
    some = [case for case in book.cases if state in (None, case.state)]
    for case in some:
        yield _(
            "{id}  {state}  expected loss a day {loss}, probability {score}, alerted {alerted}, {detectors}: {actors}",
            id=case.id,
            state=_state_name(case.state),
            loss=numbers.expected(case.score * case.parcels_a_day) if case.parcels_a_day else numbers.DASH,
            score=numbers.percent(case.score),
            alerted=clock_time(case.alerted_at),
            detectors=pgettext("list_comma", ", ").join(_detector_name(name, detectors) for name in case.detectors)
            or pgettext("no_reason", "no reason given"),
            actors=", ".join(visible(names.of(actor)) for actor in case.actors),
        )
        for act in case.acts:
            yield _act_line(act, len(case.actors))
    if not some:
        yield _("No case.")
    if not book.cases:
        return
    counts = Counter(case.state for case in book.cases)
    told = {str(each): counts[each] for each in (CaseState.NEW, CaseState.OPENED, CaseState.TRUE, CaseState.FALSE)}
    others = len(book.cases) - sum(told.values())
    yield _(
        "{total} {total:case|cases}: {new} new, {opened} opened, {true} closed as true, {false} closed as false, "
        "{others} otherwise. Times are in {zone}.",
        total=len(book.cases),
        others=others,
        **told,
    )
    yield _("A case is a lead, not a verdict: look at the reads, and hear the person.")


def _detector_name(name: str, detectors: Words) -> str:
    return detectors.get(f"detector.{name}", visible(name))


def _state_name(state: CaseState) -> str:
    return _(_STATES[state])


def _act_line(act: CaseAct, accounts: int) -> str:
    key = act_name(act)
    values: dict[str, object] = {"why": visible(getattr(act, "why", ""))}
    match act:
        case Verdict():
            key += "_lacking" if any(one.lacking for one in act.accounts) else f"_{act.true}".lower()
            values["n"] = len(act.accounts) or accounts
        case Proposed():
            key, values["id"] = f"proposed_{act.kind}", act.proposal
        case Answered():
            key, values["id"] = f"answered_{act.yes}".lower(), act.proposal
        case Changed():
            was, now = (_told(value) for value in (act.before, act.after))
            values |= {"field": pgettext(f"field_{act.field}", _FIELDS[act.field]), "was": was, "now": now}
        case NoteWritten():
            values["id"] = act.note
        case TaskSet():
            values["id"] = act.task
        case ReadMarked():
            values["read"] = act.read
        case Tagged():
            key = key if act.on else "untag"
            values["tag"] = visible(act.tag)
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
    return _(_ACTS[key], at=clock_time(act.at), who=visible(act.who), **values)


def _told(value: str | None) -> str:
    return pgettext("nothing", "nothing") if value is None else visible(value)


def case_open(ledger: LedgerArgument, case: CaseArgument, who: WhoOption, why: WhyOption) -> None:
    """Open a case: print the names of its accounts, and what the persons said.

    Who asked and why is recorded before, each time; if that can't be written down, nothing is shown.

    \b
    wayseal case open ledger c-17 --who "Li, audit" --why "complaint 2026-041"
    """
    with open_cases(writable_casebook(ledger), new=False) as writer:
        opened = writer.open(case, who, why, now_us())
        pseudonyms = writer.pseudonyms
    act = next(each for each in reversed(opened.acts) if isinstance(each, NamesShown))
    print_lines(open_lines(opened, pseudonyms, act))


def open_lines(case: RecordedCase, pseudonyms: Pseudonyms, act: NamesShown) -> Iterator[str]:
    """The names of a case that was opened just now, and what was said in it."""
    yield _(
        "{id} is open; recorded that {who} sees these names: {why}",
        id=case.id,
        who=visible(act.who),
        why=visible(act.why),
    )
    for actor in case.actors:
        yield _("  {pseudonym}  {name}", pseudonym=pseudonyms.of(actor), name=visible(actor))
    for heard in case.heard:
        name = _("the person concerned") if heard.actor is None else visible(heard.actor)
        yield _(
            "{at} ({zone})  {name} said (written down by {who}):",
            at=clock_time(heard.at),
            name=name,
            who=visible(heard.who),
        )
        yield from (_("  | {line}", line=visible(line) if line else "") for line in heard.statement.split("\n"))
    if not case.heard:
        yield _(
            "Nobody has been heard in this case yet. What the person says belongs here: `wayseal case hear LEDGER {id} "
            "--who NAME --file FILE`.",
            id=case.id,
        )


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
        Path | None, typer.Option(help=STATEMENT_FILE, show_default="this or --statement", dir_okay=False)
    ] = None,
    actor: Annotated[
        str | None,
        typer.Option(
            help="The person's account, by its id or by the pseudonym that `wayseal case open` prints; required where "
            "the case has several."
        ),
    ] = None,
    point: Annotated[
        list[HearingPoint] | None,
        typer.Option(
            help="A point of the hearing that was done, repeatable: `told` what it is about, asked who else uses login "
            "and device (`shared`), `shown` the reads, asked for `witnesses` and tickets.",
            show_default="none",
        ),
    ] = None,
) -> None:
    """Record what the person concerned said.

    It is kept in the casebook. Any time will do, after a verdict too.

    \b
    wayseal case hear ledger c-17 --who "Li, audit" --file statement.txt --point told --point shown
    wayseal case hear ledger c-17 --who "Li, audit" --actor u-1042 --file - < statement.txt
    """
    if (statement is None) == (file is None):
        raise WrongUsageError("give --statement or --file", param_hint="--statement")
    text = read_statement(statement, file).strip()
    with open_cases(writable_casebook(ledger), new=False) as writer:
        writer.hear(case, who, text, now_us(), actor=actor, points=point or ())
    echo("{id}: recorded what the person said.", id=case)


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
) -> None:
    """Say how a case stands: taken up, waiting, closed as no case of its own, or open again.

    `wayseal verdict` closes it as true or false.

    \b
    wayseal case state ledger c-17 in_progress --who "Li, audit" --why "complaint 2026-041"
    wayseal case state ledger c-18 duplicate --who "Li, audit" --why "as c-17"
    """
    with open_cases(writable_casebook(ledger), new=False) as cases:
        cases.set_state(case, CaseState(to), who, why, now_us())
    echo("{id}: {state}", id=case, state=_(_STATES[to]))


def case_note(
    ledger: LedgerArgument,
    case: CaseArgument,
    who: WhoOption,
    text: Annotated[
        str | None,
        typer.Option(help="What the note says, up to 20,000 characters.", show_default="this or --file"),
    ] = None,
    file: StatementFileOption = None,
) -> None:
    """Write a note into a case.

    Everybody who sees the case sees it: keep names out of it.

    \b
    wayseal case note ledger c-17 --who "Li, audit" --text "asked the outlet for its duty roster"
    """
    if (text is None) == (file is None):
        raise WrongUsageError("give --text or --file", param_hint="--text")
    said = read_statement(text, file).strip()
    with open_cases(writable_casebook(ledger), new=False) as cases:
        made = cases.add_note(case, said, who, now_us())
    echo("{id}: wrote note {note}.", id=case, note=made)


def case_merge(
    ledger: LedgerArgument,
    case: CaseArgument,
    into: Annotated[str, typer.Argument(help="The open case that it goes into.", metavar="INTO")],
    who: WhoOption,
    why: WhyOption,
) -> None:
    """Put a case into another one, which then has its accounts and acts, too.

    Nothing is lost: `wayseal case unmerge` takes it out again.

    \b
    wayseal case merge ledger c-18 c-17 --who "Li, audit" --why "one group"
    """
    with open_cases(writable_casebook(ledger), new=False) as cases:
        cases.merge(case, into, who, why, now_us())
    echo("{id} went into {into}.", id=case, into=into)


def case_unmerge(ledger: LedgerArgument, case: CaseArgument, who: WhoOption, why: WhyOption) -> None:
    """Take a case out of the one that it went into.

    Both are as they were, with what was done since.

    \b
    wayseal case unmerge ledger c-18 --who "Li, audit" --why "two groups after all"
    """
    with open_cases(writable_casebook(ledger), new=False) as cases:
        cases.unmerge(case, who, why, now_us())
        state = cases.find(case).state
    echo("{id}: {state}", id=case, state=_(_STATES[state]))


class VerdictValue(StrEnum):
    """The value of a verdict: the reads were not work, or they were."""

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
    account: Annotated[
        list[str] | None,
        typer.Option(help="An account that is judged, by id or pseudonym, repeatable.", show_default="all of the case"),
    ] = None,
    lacking: Annotated[
        bool,
        typer.Option("--lacking", help="Record what hearings lack. Without it, `true` is refused where they lack any."),
    ] = False,
) -> None:
    """Judge the accounts of a case: true, the reads were not work; or false.

    A case closes once each of its accounts has a verdict, as true if any is true. Detection learns from it then. A
    later verdict replaces an earlier one, and both stay on record. [Cases](cases.md) says what a case is.

    \b
    wayseal verdict ledger c-17 false --who "Li, audit" --why "helped out at the hub that week"
    wayseal verdict ledger c-18 true --account u-1042 --lacking --why "sold them; hasn't come to be heard"
    """
    by = _login_name() if who is None else who
    with open_cases(writable_casebook(ledger), new=False) as writer:
        true, some = is_ is VerdictValue.TRUE, account or ()
        closed = writer.verdict(case, true, by, why, now_us(), accounts=some, lacking=lacking)
    if not closed.closed:
        n = len(set(closed.actors) - closed.verdicts.keys())
        echo("{id} stays open: {n} {n:account|accounts} without a verdict.", id=closed.id, n=n)
    elif closed.state is CaseState.TRUE:
        echo("{id} is closed: true. A verdict can be revised by a later one.", id=closed.id)
    else:
        text = N_("{id} is closed: false. Its names are pseudonyms again. A verdict can be revised by a later one.")
        echo(text, id=closed.id)
    if not closed.heard:
        echo("No statement of the person is recorded in this case.")


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise WrongUsageError("the system knows no name for you: give --who", param_hint="--who") from None
