"""`wayseal detect`: reads that no work explains, as cases."""

from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wayseal.cli._case import FOLDER
from wayseal.cli._detect_given import breaches, given_of, touches
from wayseal.cli._detect_register import ReadOnlyError, book_of, registered, unregistered, writable
from wayseal.cli._options import Lang, LangOption, LedgerArgument, Out, Quiet
from wayseal.cli._progress import progress_bars
from wayseal.cli._write import say_report, write_text
from wayseal.detect import DetectResult, Options, detect
from wayseal.detect.casebook.types import one_line
from wayseal.ledger import open_ledger
from wayseal.ledger.upkeep import refuse_backup

if TYPE_CHECKING:
    from wayseal.detect.partners import Contract

TEXTS = {
    "en": "{folder} can't be written: nothing is recorded, cases have no ids, and nobody is told of them",
    "zh": "{folder} 无法写入：不作任何记录，案件没有编号，也不发通知",
}


class DetectFormat(StrEnum):
    """What the cases are written as; ocsf: a Detection Finding a line."""

    TEXT = "text"
    JSON = "json"
    OCSF = "ocsf"
    HTML = "html"


Templates = Annotated[
    Path | None, typer.Option(help="File of explanation templates, beside the built-in ones.", dir_okay=False)
]


def run(
    ledger: LedgerArgument,
    from_: Annotated[str | None, typer.Option("--from", help="First day, such as 2026-03-02.")] = None,
    to: Annotated[str | None, typer.Option(help="Last day, included (default: that of the log).")] = None,
    budget: Annotated[int, typer.Option(min=1, help="Cases a day at most.")] = 20,
    templates: Templates = None,
    canaries: Annotated[Path | None, typer.Option(help="Register of canaries.", dir_okay=False)] = None,
    contracts: Annotated[
        Path | None, typer.Option(help="Folder of partners' contracts: a breach becomes a reason of a case.")
    ] = None,
    offset: Annotated[str, typer.Option(help="Local time of the courier.")] = "+08:00",
    unmask: Annotated[bool, typer.Option("--unmask", help="Open all cases that are printed; recorded.")] = False,
    who: Annotated[str | None, typer.Option(help="With --unmask: who sees the names.")] = None,
    why: Annotated[str | None, typer.Option(help="With --unmask: why.")] = None,
    notify: Annotated[
        list[str] | None,
        typer.Option(envvar="WAYSEAL_NOTIFY", help="Tell of new cases: an Apprise address, or @FILE with some."),
    ] = None,
    metrics: Annotated[Path | None, typer.Option(help="Write counts as a Prometheus textfile.")] = None,
    format: Annotated[DetectFormat, typer.Option(help="What to write.")] = DetectFormat.TEXT,  # noqa: A002
    out: Out = None,
    lang: LangOption = Lang.EN,
    quiet: Quiet = False,
) -> None:
    """Find the accounts whose reads no work explains. Accounts are pseudonyms until a case is opened.

    \b
    wayseal detect ledger
    wayseal detect ledger --from 2026-03-02 --to 2026-03-15 --format html --out cases.html
    wayseal detect ledger --unmask --who "Li, audit" --why "complaint 2026-041"
    """
    from wayseal.cli._notify import addresses  # noqa: PLC0415 (read before the work: what is wrong is said at once)
    from wayseal.cli._notify import notify as tell  # noqa: PLC0415
    from wayseal.detect.report import metrics as as_metrics  # noqa: PLC0415
    from wayseal.detect.report import render_detect  # noqa: PLC0415

    opened = _opener(who, why) if unmask else None
    told = addresses(notify or [])
    options = _options(from_, to, budget, offset, templates)
    result, new = _cases(ledger, options, canaries, contracts, opened, lang, quiet)
    try:
        if metrics is not None:
            write_text(metrics, as_metrics(result))
        say_report(partial(render_detect, result), format, lang, out, quiet=quiet)
    finally:
        tell([c for c in result.cases if c.id in new], told, lang)  # a case is new once, whatever became of the report


def _opener(who: str | None, why: str | None) -> tuple[str, str]:
    """Who opens cases, and why. Looked at before the work, so that nothing is registered of what is refused."""
    if not who or not why:
        raise typer.BadParameter("--unmask needs --who and --why", param_hint="--unmask")
    return one_line(who, "who"), one_line(why, "why")


def _options(from_: str | None, to: str | None, budget: int, offset: str, templates: Path | None) -> Options:
    from wayseal.detect.explain import load_templates  # noqa: PLC0415
    from wayseal.detect.window import parse_day, parse_offset  # noqa: PLC0415

    return Options(
        since=parse_day(from_, "--from"),
        until=parse_day(to, "--to"),
        budget=budget,
        offset=parse_offset(offset),
        templates=load_templates(templates),
    )


def _cases(
    ledger: Path, options: Options, canaries: Path | None, contracts: Path | None, opened: tuple[str, str] | None,
    lang: Lang, quiet: bool,
) -> tuple[DetectResult, frozenset[str]]:  # fmt: skip
    """What is found, under the names that may be shown, and which cases are new."""
    refuse_backup(ledger)
    folder = ledger / FOLDER
    agreed = None if contracts is None else _contracts(contracts)
    with open_ledger(ledger) as snapshot, progress_bars(quiet) as progress:
        kept = writable(ledger, folder)
        if opened is not None and not kept:
            raise ReadOnlyError(f"{folder}: can't be written, so that nobody could record who saw names")
        book = book_of(folder, kept=kept)
        counted = {}
        if canaries is not None:
            counted["canary_touch"] = touches(snapshot, canaries)
        if agreed is not None:
            counted["partner_contract"] = breaches(snapshot, agreed, options, progress)
        options = replace(options, folder=folder if kept else None)
        result = detect(snapshot, options, given_of(book, counted), progress)
    if kept:
        return registered(result, folder, opened)
    if not quiet:
        typer.echo(TEXTS[lang].format(folder=folder), err=True)
    return unregistered(result, folder, book), frozenset()


def _contracts(folder: Path) -> "tuple[Contract, ...]":
    from wayseal.detect.partners import load_contracts  # noqa: PLC0415

    return load_contracts(folder)
