"""`wayseal case` and `wayseal verdict`: cases of detection, and the recorded acts around them."""

import getpass
import sys
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._case_says import (
    Names,
    list_json,
    list_lines,
    open_lines,
    verification_json,
    verification_lines,
)
from wayseal.cli._case_words import CASE_TEXTS
from wayseal.cli._ledger_says import LedgerFormat, LedgerFormatOption
from wayseal.cli._options import Lang, LangOption
from wayseal.cli._words import filled
from wayseal.detect.casebook import load_pseudonyms, read_casebook, writing
from wayseal.detect.casebook import verify as looked_at
from wayseal.detect.casebook.findings import Head
from wayseal.detect.casebook.types import FILE, Casebook, Shown, State
from wayseal.ledger import open_ledger
from wayseal.ledger.upkeep import refuse_backup
from wayseal.model.times import micros
from wayseal.page.words import catalogue, known_lang

FOLDER = "detect"
CHANGED = 7
app = typer.Typer(
    help="Cases of detection, and what was done with them. 检测所立的案件及其处理记录。", no_args_is_help=True
)

LedgerOption = Annotated[
    Path, typer.Option("--ledger", envvar="WAYSEAL_LEDGER", help="Folder of the ledger; the casebook lies in detect/.")
]
CaseArgument = Annotated[str, typer.Argument(help="Id of the case, such as c-17.", metavar="CASE")]
Who = Annotated[str, typer.Option(help="Who does it: kept in the casebook.")]
Why = Annotated[str, typer.Option(help="Why: the rule or the request; no names of the accounts.")]
LEDGER = Path("ledger")
REPORT = "wayseal.detect.report"
"""Whose catalogue has the names of detectors."""


class Is(StrEnum):
    """What a verdict says: the reads were not work, or they were."""

    TRUE = "true"
    FALSE = "false"


@app.command(name="list")
def list_(
    ledger: LedgerOption = LEDGER,
    state: Annotated[State | None, typer.Option(help="Only cases that stand like this.")] = None,
    format: LedgerFormatOption = LedgerFormat.TEXT,  # noqa: A002
    lang: LangOption = Lang.EN,
) -> None:
    """Every case, how it stands, and what was done with it. Accounts are pseudonyms until a case is opened.

    \b
    wayseal case list
    wayseal case list --ledger ledger --state new --format json
    """
    folder = _folder(ledger)
    book = read_casebook(folder)
    _unread(book, folder, lang)
    names = Names(book, load_pseudonyms(folder).of if book.cases else str)
    if format is LedgerFormat.JSON:
        typer.echo(list_json(book, names, state))
        return
    for line in list_lines(book, names, state, CASE_TEXTS[lang], catalogue(known_lang(lang), REPORT)):
        typer.echo(line)


@app.command(name="open")
def open_(
    case: CaseArgument,
    who: Who,
    why: Why,
    ledger: LedgerOption = LEDGER,
    lang: LangOption = Lang.EN,
) -> None:
    """Open a case: print the names of its accounts, and what the persons said. That is recorded, each time.

    \b
    wayseal case open c-17 --who "Li, audit" --why "complaint 2026-041"
    """
    with writing(_written(ledger), new=False) as writer:
        opened = writer.open(case, who, why, _now())
        pseudonyms = writer.pseudonyms
    act = next(each for each in reversed(opened.acts) if isinstance(each, Shown))
    for line in open_lines(opened, pseudonyms, act, CASE_TEXTS[lang]):
        typer.echo(line)


@app.command()
def hear(
    case: CaseArgument,
    who: Annotated[str, typer.Option(help="Who writes it down: kept in the casebook.")],
    statement: Annotated[str | None, typer.Option(help="What the person said.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="Instead: a text file with it, - for standard input.", dir_okay=False)
    ] = None,
    actor: Annotated[
        str | None, typer.Option(help="The person's account, by id or pseudonym; needed where the case has several.")
    ] = None,
    ledger: LedgerOption = LEDGER,
    lang: LangOption = Lang.EN,
) -> None:
    """Record what the person concerned said. It is kept in the casebook, also after a verdict.

    \b
    wayseal case hear c-17 --who "Li, audit" --file statement.txt
    """
    if (statement is None) == (file is None):
        raise typer.BadParameter("give --statement or --file", param_hint="--statement")
    said = statement if file is None else _text_of(file)
    with writing(_written(ledger), new=False) as writer:
        writer.hear(case, who, (said or "").strip(), _now(), actor=actor)
    typer.echo(filled(CASE_TEXTS[lang]["heard"], id=case))


@app.command()
def verify(
    ledger: LedgerOption = LEDGER,
    head: Annotated[str | None, typer.Option(help="A head that was printed before: it must go on from there.")] = None,
    format: LedgerFormatOption = LedgerFormat.TEXT,  # noqa: A002
    lang: LangOption = Lang.EN,
) -> None:
    """Look at every line of the casebook, and say which was changed, taken out, moved or put in.

    \b
    wayseal case verify --ledger ledger
    """
    folder = _folder(ledger)
    try:
        earlier = None if head is None else Head.parse(head)
    except ValueError:
        message = "is no head such as 17:3f…, as `wayseal case verify` prints it"
        raise typer.BadParameter(message, param_hint="--head") from None
    found = looked_at(folder, head=earlier)
    if format is LedgerFormat.JSON:
        typer.echo(verification_json(found))
    else:
        for line in verification_lines(found, folder / FILE, CASE_TEXTS[lang]):
            typer.echo(line)
    if not found.sound:
        raise typer.Exit(CHANGED)


@app.command()
def forget(
    before: Annotated[str, typer.Option(help="Cases that were closed before this day go, such as 2026-01-01 (UTC).")],
    who: Who,
    why: Why,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go and change nothing.")] = False,
    ledger: LedgerOption = LEDGER,
    lang: LangOption = Lang.EN,
) -> None:
    """Forget cases that were closed before a day, with all that was recorded of them. A line stays that says so.

    \b
    wayseal case forget --before 2026-01-01 --who "Wang, IT" --why "retention rule 4" --dry-run
    """
    words, moment = CASE_TEXTS[lang], _day(before)
    folder = _folder(ledger) if dry_run else _written(ledger)
    if dry_run:
        book = read_casebook(folder)
        ids = ", ".join(case.id for case in book.closed_before(moment))
        count = len(book.closed_before(moment))
        text = words["would_forget"] if ids else words["nothing_to_forget"]
        typer.echo(filled(text, cases=count, before=before, ids=ids))
    else:
        with writing(folder, new=False) as writer:
            done = writer.forget(moment, who, why, _now())
            book = writer.book
        if done is None:
            typer.echo(filled(words["nothing_to_forget"], before=before))
        else:
            head = Head(lines=done.lines, sum=done.head)
            typer.echo(
                filled(words["forgot"], cases=done.cases, acts=done.acts, before=before, lines=done.lines, head=head)
            )
            typer.echo(words["elsewhere"])
    if waiting := book.waiting_since(moment):
        typer.echo(filled(words["waiting"], count=len(waiting), ids=", ".join(case.id for case in waiting)))


def verdict(
    case: CaseArgument,
    is_: Annotated[Is, typer.Argument(help="Whether the reads were no work: true or false.", metavar="VERDICT")],
    why: Why,
    who: Annotated[str | None, typer.Option(help="Who judges: kept in the casebook (default: you).")] = None,
    ledger: LedgerOption = LEDGER,
    lang: LangOption = Lang.EN,
) -> None:
    """Close a case: true, the reads were not work; or false. Detection learns from it.

    \b
    wayseal verdict c-17 false --who "Li, audit" --why "helped out at the hub that week"
    """
    words = CASE_TEXTS[lang]
    with writing(_written(ledger), new=False) as writer:
        closed = writer.verdict(case, is_ is Is.TRUE, _user() if who is None else who, why, _now())
    typer.echo(filled(words[f"judged_{is_}"], id=closed.id))
    if not closed.heard:
        typer.echo(words["unheard"])


def _folder(ledger: Path) -> Path:
    """The casebook's folder; LedgerError where this is no ledger, either."""
    folder = ledger / FOLDER
    if not folder.is_dir():
        open_ledger(ledger).close()
    return folder


def _written(ledger: Path) -> Path:
    """The same, to write there; BackupRefusedError where the ledger is a backup, of which only one may go on."""
    refuse_backup(ledger)
    return _folder(ledger)


def _now() -> int:
    return micros(datetime.now(UTC).replace(microsecond=0).isoformat())


def _day(text: str) -> int:
    try:
        return micros(f"{date.fromisoformat(text).isoformat()}T00:00Z")
    except ValueError:
        raise typer.BadParameter("this is no day such as 2026-01-01", param_hint="--before") from None


def _text_of(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise typer.BadParameter("is no text in UTF-8", param_hint="--file") from None


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise typer.BadParameter("the system knows no name for you: give --who", param_hint="--who") from None


def _unread(book: Casebook, folder: Path, lang: Lang) -> None:
    for line in book.unread:
        typer.echo(filled(CASE_TEXTS[lang]["unread"], path=folder / FILE, line=line), err=True)
