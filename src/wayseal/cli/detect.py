"""`wayseal detect`: reads that no work explains, as cases."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cases.errors import ReadOnlyError
from wayseal.cases.ledger.casebook import load_known, masking
from wayseal.cases.ledger.detection import Detection, find_cases, gather
from wayseal.cases.notices import noticing
from wayseal.cases.types import one_line
from wayseal.cli._case_view import now_us
from wayseal.cli._errors import WrongUsageError
from wayseal.cli._notify import read_addresses, send_notices
from wayseal.cli._options import Lang, LangOption, LedgerArgument, OutOption, QuietOption, TemplatesOption
from wayseal.cli._output import write_report, write_text
from wayseal.cli._progress import progress_bars
from wayseal.detect import DetectResult, Options
from wayseal.detect.explain import load_templates
from wayseal.detect.report import metrics as format_metrics
from wayseal.detect.report import render_detect
from wayseal.detect.window import parse_day, parse_offset
from wayseal.ledger import open_ledger
from wayseal.model.messages import N_
from wayseal.page.languages import ByLanguage

TEXTS = ByLanguage(
    {
        "closed": N_("{folder} can't be written: nothing is recorded, cases have no ids, and nobody is told of them"),
        "what_if": N_("a what-if: nothing is recorded, cases have no ids, and nobody is told of them"),
        "dry": N_("a dry run: nothing is recorded, cases have no ids, and nobody is told of them"),
    }
)


NOT_JUDGED = 15
"""The exit code where most of what was read could not be judged."""


class DetectFormat(StrEnum):
    """What the cases are written as; ocsf: a Detection Finding a line."""

    TEXT = "text"
    JSON = "json"
    OCSF = "ocsf"
    HTML = "html"


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectRequest:
    """What a run is to do. to: who is told.

    kept_back: why a dry run records nothing, a key of TEXTS. page: where what each table is worth is to stand, if that
    is asked.
    """

    work: Detection
    to: Sequence[str] = ()
    kept_back: str = "dry"
    page: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectOutcome:
    """What was found. unrecorded: why nothing was recorded, a key of TEXTS; else ""."""

    result: DetectResult
    unrecorded: str = ""


FromOption = Annotated[
    str | None,
    typer.Option("--from", help="First day, such as `2026-03-02` (local).", show_default="four weeks before the end"),
]
CanariesOption = Annotated[
    Path | None,
    typer.Option(
        help="Register of [canaries](#wayseal-canary-plan): who touches one that wasn't made for it is told.",
        dir_okay=False,
    ),
]
ContractsOption = Annotated[
    Path | None,
    typer.Option(
        help="Folder of partners' [contracts](partners.md), a TOML file each: what breaks one becomes a reason of "
        "a case."
    ),
]
OffsetOption = Annotated[
    str,
    typer.Option(
        help="Local time of the courier, whole hours ahead of UTC. Another one than before counts everything anew."
    ),
]
UnmaskOption = Annotated[
    bool, typer.Option("--unmask", help="Open all cases that are printed; recorded, and needs `--who` and `--why`.")
]
NotifyOption = Annotated[
    list[str] | None,
    typer.Option(
        envvar="WAYSEAL_NOTIFY",
        help="Tell of new cases: an [address](detection.md#notices), or `@FILE` with some; may be given more than "
        "once. The environment variable `WAYSEAL_NOTIFY` sets it, several between spaces.",
    ),
]
DryRunOption = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Look and report, but record nothing and tell nobody: to try templates, an offset or a budget. Goes "
        "with neither `--unmask` nor `--notify`; `WAYSEAL_NOTIFY` is passed over.",
    ),
]
WithoutOption = Annotated[
    str | None,
    typer.Option(
        metavar="TABLES",
        help="Look as if the ledger had none of these [tables](detection.md#what-each-table-is-worth), between commas: "
        "`waybills`, `scans`, `tickets`, `actors`, `assignments`, `outlets`, `queries`. A what-if: records nothing, as "
        "with `--dry-run`.",
    ),
]
EachTableOption = Annotated[
    Path | None,
    typer.Option(
        metavar="PAGE",
        dir_okay=False,
        help="Look once with all tables, once without each and once without any, and write a page on "
        "[what each is worth](detection.md#what-each-table-is-worth); `text` or `json` goes to the screen or `--out`. "
        "A what-if: records nothing.",
    ),
]
MetricsOption = Annotated[
    Path | None, typer.Option(help="Write counts to this file, for [Prometheus](detection.md#other-systems).")
]
FormatOption = Annotated[
    DetectFormat,
    typer.Option(
        help="`text` for the screen, [`json`](detect-json.md) for programs, [`ocsf`](detect-json.md#ocsf) a "
        "Detection Finding a line, `html` for a file or a printer."
    ),
]


def detect(
    context: typer.Context,
    ledger: LedgerArgument,
    from_: FromOption = None,
    to: Annotated[str | None, typer.Option(help="Last day, included.", show_default="the last day of the log")] = None,
    budget: Annotated[int, typer.Option(min=1, help="New cases a day at most.")] = 20,
    templates: TemplatesOption = None,
    canaries: CanariesOption = None,
    contracts: ContractsOption = None,
    offset: OffsetOption = "+08:00",
    unmask: UnmaskOption = False,
    who: Annotated[str | None, typer.Option(help="With `--unmask`: who sees the names.")] = None,
    why: Annotated[str | None, typer.Option(help="With `--unmask`: why.")] = None,
    notify: NotifyOption = None,
    dry_run: DryRunOption = False,
    without: WithoutOption = None,
    each_table: EachTableOption = None,
    metrics: MetricsOption = None,
    format: FormatOption = DetectFormat.TEXT,
    out: OutOption = None,
    lang: LangOption = Lang.EN,
    quiet: QuietOption = False,
) -> None:
    """Find the accounts whose reads no work explains.

    What is found is registered as cases in the casebook, which lies in `detect/` in the ledger. Accounts are pseudonyms
    until a case is opened. [Detection](detection.md) says how it decides, [detectors](detectors.md) what it looks for,
    and [the JSON](detect-json.md) has its page, too.

    Whatever it finds, the exit code is 0; scripts read `cases` in the JSON, and `worth` of each. It is 15 where most of
    what was read [could not be judged](detection.md#what-could-not-be-judged), with cases or without: all else is done
    as always. Closed cases are printed as long as their reads lie in the window: `state` in the JSON and `wayseal case
    list` say how each stands. In a backup it ends with an error, as it would write there. Where `detect/` can't be
    written (a mounted copy, an account that may only read) it answers all the same, says so (with `--quiet` too), and
    records nothing: cases have no ids, nobody is told of them, and `--unmask` ends with exit code 5. Where notices were
    asked for it ends with exit code 5 as well, after report and metrics are written: nobody was told.

    With `--dry-run` nothing in `detect/` changes: cases have no ids, accounts have the names that they would have, and
    nothing that was counted is kept, so that the whole log is counted each time. It may look into a backup. The same
    holds for `--without` and `--each-table`, which answer what would be found if tables were missing.

    \b
    wayseal detect ledger
    wayseal detect ledger --from 2026-03-02 --to 2026-03-15 --format html --out cases.html
    wayseal detect ledger --quiet --notify @notify.txt --metrics wayseal.prom --format json | jq .cases
    wayseal detect ledger --unmask --who "Li, audit" --why "complaint 2026-041"
    wayseal detect ledger --without tickets,scans
    wayseal detect ledger --each-table tables.html
    """
    what_if = _what_if(each_table, without)
    if dry := dry_run or bool(what_if):
        _refuse_acts(context, what_if or "--dry-run", unmask, metrics)
    told = [] if dry else read_addresses(notify or [])  # before the work: what is wrong is said at once
    options = replace(_read_options(from_, to, budget, offset, templates), without=_read_tables(without))
    opened = _check_opener(who, why) if unmask else None
    work = Detection(ledger=ledger, options=options, canaries=canaries, contracts=contracts, opened=opened, dry=dry)
    request = DetectRequest(work=work, to=told, page=each_table, kept_back="what_if" if what_if else "dry")
    if not _look(request, metrics, format, out, lang, quiet):
        raise typer.Exit(NOT_JUDGED)


def _look(
    request: DetectRequest, metrics: Path | None, form: DetectFormat, out: Path | None, lang: Lang, quiet: bool
) -> bool:
    """Looks, and tells everybody. Whether enough could be judged."""
    if request.page is not None:
        return _compare_tables(request, request.page, form, out, lang, quiet)
    outcome = _find_cases(request, quiet)
    _warn_unrecorded(outcome, request, lang, quiet)
    try:
        _write_result(outcome.result, metrics, form, out, lang, quiet)
    finally:
        _send_notices(outcome, request, lang, quiet)  # whatever became of the report
    return outcome.result.judged.enough


def _what_if(each_table: Path | None, without: str | None) -> str:
    """The option that makes a run a what-if; "" for none."""
    if each_table is not None and without:
        raise WrongUsageError("--each-table takes every table away by itself", param_hint="--without")
    return "--each-table" if each_table else "--without" if without else ""


def _write_result(
    result: DetectResult, metrics: Path | None, form: DetectFormat, out: Path | None, lang: Lang, quiet: bool
) -> None:
    if metrics is not None:
        write_text(metrics, format_metrics(result))
    write_report(partial(render_detect, result), form, lang, out, quiet=quiet)


def _refuse_acts(context: typer.Context, dry: str, unmask: bool, metrics: Path | None) -> None:
    """A dry run records nothing, so that it can neither show names nor tell anybody. The environment is no wish.

    dry: the option that makes it one. What is found without some tables is nothing to set an alarm on.
    """
    source = context.get_parameter_source("notify")
    asked = {
        "--unmask": unmask,
        "--notify": source is not None and source.name == "COMMANDLINE",
        "--metrics": metrics is not None and dry != "--dry-run",
    }
    for option, there in asked.items():
        if there:
            raise WrongUsageError(
                "{dry} records nothing and goes with no {option}", dry=dry, option=option, param_hint=dry
            )


def _read_tables(given: str | None) -> frozenset[str]:
    """Tables that are looked past."""
    from wayseal.detect.tables import TABLES

    names = [name.strip() for name in (given or "").split(",") if name.strip()]
    for name in names:
        if name not in TABLES:
            raise WrongUsageError(
                "{name} is no table that detection could do without; it is one of {known}",
                param_hint="--without",
                name=name,
                known=", ".join(TABLES),
            )
    return frozenset(names)


def _compare_tables(
    request: DetectRequest, page: Path, form: DetectFormat, out: Path | None, lang: Lang, quiet: bool
) -> bool:
    """What each table is worth: as a page, and beside it as text or for programs. Whether enough could be judged."""
    from wayseal.detect.tables import compare_tables, render_tables, with_names

    if form is DetectFormat.OCSF:
        raise WrongUsageError("--each-table makes no findings for other systems", param_hint="--format")
    work = request.work
    with open_ledger(work.ledger) as snapshot, progress_bars(quiet) as progress:
        known = load_known(work.folder, writable=False)
        found = compare_tables(snapshot, work.options, gather(work, snapshot, known, progress), progress)
    found = with_names(found, masking(work.folder, known))
    write_text(page, render_tables(found, "html", lang))
    write_report(partial(render_tables, found), form, lang, out, quiet=quiet)
    if not quiet:
        typer.echo(str(page), err=True)
    return found.steps[0].enough


def _check_opener(who: str | None, why: str | None) -> tuple[str, str]:
    """Who opens cases, and why. Looked at before the work, so that nothing is registered of what is refused."""
    if not who or not why:
        raise WrongUsageError("--unmask needs --who and --why", param_hint="--unmask")
    return one_line(who, "who"), one_line(why, "why")


def _read_options(from_: str | None, to: str | None, budget: int, offset: str, templates: Path | None) -> Options:
    return Options(
        since=parse_day(from_, "--from"),
        until=parse_day(to, "--to"),
        budget=budget,
        offset=parse_offset(offset),
        templates=load_templates(templates),
    )


def _find_cases(request: DetectRequest, quiet: bool) -> DetectOutcome:
    """Looks, and records what was found where that may and can be done."""
    folder = request.work.folder

    def around(found: DetectResult) -> AbstractContextManager[None]:
        return noticing(request.work.ledger, folder, request.to if found.worth else (), now_us)

    with progress_bars(quiet) as progress:
        result, recorded = find_cases(request.work, now_us(), progress, around)
    why = request.kept_back if request.work.dry else "closed"
    return DetectOutcome(result=result, unrecorded="" if recorded else why)


def _warn_unrecorded(outcome: DetectOutcome, request: DetectRequest, lang: Lang, quiet: bool) -> None:
    """Says that nothing was recorded: always where that was not wished."""
    if outcome.unrecorded == "closed" or (outcome.unrecorded and not quiet):
        typer.echo(TEXTS[lang][outcome.unrecorded].format(folder=request.work.folder), err=True)


def _send_notices(outcome: DetectOutcome, request: DetectRequest, lang: Lang, quiet: bool) -> None:
    """Tells of new cases. ReadOnlyError: somebody was to be told, and nobody knows what is new."""
    if outcome.unrecorded and request.to:
        raise ReadOnlyError("can't be written, so that nobody was told of cases", file=request.work.folder)
    send_notices(request.work.ledger, request.work.folder, request.to, lang, quiet=quiet)
