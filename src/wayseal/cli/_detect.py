"""`wayseal detect`: reads that no work explains, as cases."""

from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._detect_found import TEXTS, Asked, Found, find
from wayseal.cli._detect_register import ReadOnlyError
from wayseal.cli._options import Lang, LangOption, LedgerArgument, Out, Quiet
from wayseal.cli._write import say_report, write_text
from wayseal.detect import Options
from wayseal.detect.casebook.types import one_line


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
    context: typer.Context,
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
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Look and report, but record nothing and tell nobody: to try settings.")
    ] = False,
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
    from wayseal.detect.report import metrics as as_metrics  # noqa: PLC0415 (loaded only where it is needed)
    from wayseal.detect.report import render_detect  # noqa: PLC0415

    if dry_run:
        _refuse_acts(context, unmask)
    opened = _opener(who, why) if unmask else None
    told = [] if dry_run else _addresses(notify)
    options = _options(from_, to, budget, offset, templates)
    asked = Asked(ledger=ledger, options=options, canaries=canaries, contracts=contracts, opened=opened, dry=dry_run)
    found = find(asked, quiet)
    _say_unkept(found, asked, lang, quiet)
    try:
        if metrics is not None:
            write_text(metrics, as_metrics(found.result))
        say_report(partial(render_detect, found.result), format, lang, out, quiet=quiet)
    finally:
        _tell(found, asked, told, lang)  # a case is new once, whatever became of the report


def _refuse_acts(context: typer.Context, unmask: bool) -> None:
    """A dry run records nothing, so that it can neither show names nor tell anybody. The environment is no wish."""
    source = context.get_parameter_source("notify")
    if unmask or (source is not None and source.name == "COMMANDLINE"):
        option = "--unmask" if unmask else "--notify"
        raise typer.BadParameter(f"--dry-run records nothing and goes with no {option}", param_hint="--dry-run")


def _addresses(notify: list[str] | None) -> list[str]:
    """Whom to tell. Read before the work: what is wrong is said at once."""
    from wayseal.cli._notify import addresses  # noqa: PLC0415

    return addresses(notify or [])


def _say_unkept(found: Found, asked: Asked, lang: Lang, quiet: bool) -> None:
    """Says that nothing was recorded: always where that was not wished."""
    if found.unkept == "closed" or (found.unkept and not quiet):
        typer.echo(TEXTS[lang][found.unkept].format(folder=asked.folder), err=True)


def _tell(found: Found, asked: Asked, to: Sequence[str], lang: Lang) -> None:
    """Tells of new cases. ReadOnlyError: somebody was to be told, and nobody knows what is new."""
    from wayseal.cli._notify import notify  # noqa: PLC0415

    if found.unkept and to:
        raise ReadOnlyError(f"{asked.folder}: can't be written, so that nobody was told of cases")
    notify([c for c in found.result.cases if c.id in found.new], to, lang)


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
