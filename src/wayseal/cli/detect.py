"""`wayseal detect`: reads that no work explains, as cases."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from functools import partial
from math import inf
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cases.errors import ReadOnlyError
from wayseal.cases.ledger.detection import Detection, find_cases
from wayseal.cases.notices import DAYS, Left, find_unknown, noticing, read_address_file, send_waiting
from wayseal.cases.writing import one_line
from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import LedgerArgument, OutOption, QuietOption, TemplatesOption
from wayseal.cli._output import now_us, progress_bars, write_report, write_text
from wayseal.cli._texts import current_lang, warn
from wayseal.detect import DetectResult, Options
from wayseal.detect.explain import load_templates
from wayseal.detect.policy import FALSE_ALARM, FALSE_ALARM_VARIABLE
from wayseal.detect.report import metrics as format_metrics
from wayseal.detect.report import render_detect
from wayseal.detect.window import parse_day, parse_offset
from wayseal.model import WaysealError
from wayseal.model.messages import N_


class NotifyError(WaysealError):
    """A notice could not be sent; says to which address in the list, never what it is."""

    exit_code = 5


def read_addresses(given: Sequence[str]) -> list[str]:
    """Addresses of notices; `@FILE` stands for those in a file, one a line, # for remarks.

    BadParameter says which in the list can't be read; OSError.
    """
    out: list[str] = []
    for text in given:
        out += _read_file(Path(text[1:])) if text.startswith("@") else [text]
    number = find_unknown(out)
    if number is not None:
        raise WrongUsageError("address {number} is none that Apprise knows", param_hint="--notify", number=number)
    return out


def _read_file(path: Path) -> list[str]:
    try:
        return read_address_file(path)
    except UnicodeDecodeError:
        raise WrongUsageError("{path} isn't text in UTF-8", param_hint="--notify", path=path) from None


def send_notices(ledger: Path, folder: Path, to: Sequence[str], *, quiet: bool) -> None:
    """Sends what waits to each address. NotifyError names the first that failed."""
    sent = send_waiting(ledger, folder, to, current_lang(), now_us)
    _say_left(sent.left, quiet)
    if sent.failed:
        raise NotifyError(
            "--notify: nothing could be sent to address {number}; the cases are registered, and the next run tries "
            "again",
            number=sent.failed[0],
        )


def _say_left(left: Left, quiet: bool) -> None:
    if left.elsewhere and not quiet:
        warn("{n} {n:notice waits|notices wait} for addresses that were not given this time", n=left.elsewhere)
    if left.let_go:
        warn(
            "{n} {n:notice|notices} waited {days} days for addresses that are given no more, and {n:was|were} let "
            "go; `wayseal case list` has the cases",
            n=left.let_go,
            days=DAYS,
        )


NOT_JUDGED = 15
"""The exit code where most of what was read could not be judged."""


class DetectFormat(StrEnum):
    """The format of cases; ocsf: a Detection Finding a line."""

    TEXT = "text"
    JSON = "json"
    OCSF = "ocsf"
    HTML = "html"


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
FalseAlarmOption = Annotated[
    float,
    typer.Option(
        metavar="PARCELS",
        envvar=FALSE_ALARM_VARIABLE,
        help="What a false alarm costs: as much as so many parcels lost a day. By it [cases are worth acting "
        "on](detection.md#what-is-lost-comes-first), or stand below, to be watched. The environment variable "
        "`WAYSEAL_FALSE_ALARM` sets it, for the console as well.",
    ),
]
OffsetOption = Annotated[
    str | None,
    typer.Option(
        help="Local time of the courier, whole hours ahead of UTC. Another one than before counts everything anew.",
        show_default="the clock of reports",
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
    false_alarm: FalseAlarmOption = FALSE_ALARM,
    templates: TemplatesOption = None,
    canaries: CanariesOption = None,
    contracts: ContractsOption = None,
    offset: OffsetOption = None,
    unmask: UnmaskOption = False,
    who: Annotated[str | None, typer.Option(help="With `--unmask`: who sees the names.")] = None,
    why: Annotated[str | None, typer.Option(help="With `--unmask`: why.")] = None,
    notify: NotifyOption = None,
    dry_run: DryRunOption = False,
    metrics: MetricsOption = None,
    format: FormatOption = DetectFormat.TEXT,
    out: OutOption = None,
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
    nothing that was counted is kept, so that the whole log is counted each time. It may look into a backup.

    \b
    wayseal detect ledger
    wayseal detect ledger --from 2026-03-02 --to 2026-03-15 --format html --out cases.html
    wayseal detect ledger --quiet --notify @notify.txt --metrics wayseal.prom --format json | jq .cases
    wayseal detect ledger --unmask --who "Li, audit" --why "complaint 2026-041"
    """
    if dry_run:
        _refuse_acts(context, unmask)
    told = [] if dry_run else read_addresses(notify or [])  # before the work: what is wrong is said at once
    options = _read_options(from_, to, budget, false_alarm, offset, templates)
    opened = _check_opener(who, why) if unmask else None
    work = Detection(ledger=ledger, options=options, canaries=canaries, contracts=contracts, opened=opened, dry=dry_run)
    if not _find_cases(work, told, metrics, format, out, quiet):
        raise typer.Exit(NOT_JUDGED)


def _find_cases(
    work: Detection, told: Sequence[str], metrics: Path | None, format: DetectFormat, out: Path | None, quiet: bool
) -> bool:
    """Find cases, report them, and tell whom to tell. False where not enough could be judged."""
    with progress_bars(quiet) as progress:
        result, recorded = find_cases(work, now_us(), progress, partial(_notice, work, told))
    if not recorded:
        _warn_unrecorded(work, quiet)
    try:
        if metrics is not None:
            write_text(metrics, format_metrics(result))
        write_report(partial(render_detect, result), format, out, quiet=quiet)
    finally:  # whatever became of the report
        if told and not recorded:
            raise ReadOnlyError("can't be written, so that nobody was told of cases", file=work.folder)
        send_notices(work.ledger, work.folder, told, quiet=quiet)
    return result.judged.enough


def _notice(work: Detection, to: Sequence[str], found: DetectResult) -> AbstractContextManager[None]:
    return noticing(work.ledger, work.folder, to if found.worth else (), now_us)


def _warn_unrecorded(work: Detection, quiet: bool) -> None:
    """Say that nothing was recorded: always where that was not wished."""
    if not work.dry:
        text = N_("{folder} can't be written: nothing is recorded, cases have no ids, and nobody is told of them")
        warn(text, folder=work.folder)
    elif not quiet:
        warn("a dry run: nothing is recorded, cases have no ids, and nobody is told of them")


def _refuse_acts(context: typer.Context, unmask: bool) -> None:
    """A dry run records nothing, so that it can neither show names nor tell anybody. The environment is no wish."""
    source = context.get_parameter_source("notify")
    asked = {"--unmask": unmask, "--notify": source is not None and source.name == "COMMANDLINE"}
    for option, there in asked.items():
        if there:
            raise WrongUsageError(
                "{dry} records nothing and goes with no {option}",
                dry="--dry-run",
                option=option,
                param_hint="--dry-run",
            )


def _check_opener(who: str | None, why: str | None) -> tuple[str, str]:
    """Who opens cases, and why. Looked at before the work, so that nothing is registered of what is refused."""
    if not who or not why:
        raise WrongUsageError("--unmask needs --who and --why", param_hint="--unmask")
    return one_line(who, "who"), one_line(why, "why")


def _read_options(
    from_: str | None, to: str | None, budget: int, false_alarm: float, offset: str | None, templates: Path | None
) -> Options:
    if not 0 < false_alarm < inf:
        raise WrongUsageError("needs a number of parcels above 0", param_hint="--false-alarm")
    return Options(
        since=parse_day(from_, "--from"),
        until=parse_day(to, "--to"),
        budget=budget,
        false_alarm=false_alarm,
        offset=parse_offset(offset),
        templates=load_templates(templates),
    )
