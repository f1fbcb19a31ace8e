"""`wayseal reads`, `explain`, `rights`, `partners check`: reads one by one, held to work, rights and contracts."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cases import has_casebook, load_pseudonyms, open_cases, read_known
from wayseal.cases.book import RecordedCase
from wayseal.cases.ledger.casebook import FOLDER, Names, find_account, writable_casebook
from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import (
    FromOption,
    LedgerArgument,
    OutOption,
    OutputFormat,
    OutputFormatOption,
    QuietOption,
    ReportFormat,
    ReportFormatOption,
    TemplatesOption,
    ToOption,
)
from wayseal.cli._output import now_us, progress_bars, write_report
from wayseal.detect.explain import Template, load_templates
from wayseal.detect.facts import update_facts
from wayseal.detect.partners import check_partners, load_contracts, render_partners
from wayseal.detect.reasons import (
    ReadFilter,
    ReadsResult,
    explain_pair,
    list_case_reads,
    list_waybill_reads,
    render_pair,
    render_reads,
)
from wayseal.detect.rights import load_map, render_rights
from wayseal.detect.rights import rights as run
from wayseal.detect.window import parse_offset
from wayseal.ledger import open_ledger
from wayseal.model import clean_waybill
from wayseal.model.period import parse_period
from wayseal.model.times import clock_us


class ReadsFormat(StrEnum):
    """The format of a list of reads."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRequest:
    """The part of a case to be listed, who asks and why. waybill: a clean number, "" for all."""

    case: str
    who: str
    why: str
    reason: str | None
    actor: str | None
    waybill: str
    everything: bool


CaseOption = Annotated[str | None, typer.Option(help="Id of a case, such as `c-7`: the reads behind its reasons.")]
ReasonOption = Annotated[
    str | None,
    typer.Option(
        help="With `--case`: only the reads behind this reason, by its detector's [name](detectors.md).",
        show_default="all reasons",
    ),
]
ActorOption = Annotated[
    str | None, typer.Option(help="With `--case`: only the reads of this account of it, by its id or its pseudonym.")
]
AllOption = Annotated[
    bool,
    typer.Option("--all", help="With `--case`: all reads of its accounts on its days, those behind no reason too."),
]
FormatOption = Annotated[
    ReadsFormat,
    typer.Option(help="`text` for the screen, `json` for programs, `csv` for a spreadsheet; these two have all."),
]


def reads(
    ledger: LedgerArgument,
    case: CaseOption = None,
    reason: ReasonOption = None,
    actor: ActorOption = None,
    waybill: Annotated[str | None, typer.Option(help="Only the reads of this waybill; goes without `--case`.")] = None,
    everything: AllOption = False,
    who: Annotated[str | None, typer.Option(help="With `--case`: who sees the reads; stays in the casebook.")] = None,
    why: Annotated[str | None, typer.Option(help="With `--case`: why; no names of the accounts.")] = None,
    templates: TemplatesOption = None,
    offset: Annotated[
        str | None,
        typer.Option(
            help="With `--case`: local time of the courier, as with `wayseal detect`.",
            show_default="the clock of reports",
        ),
    ] = None,
    format: FormatOption = ReadsFormat.TEXT,
    out: OutOption = None,
    quiet: QuietOption = False,
) -> None:
    """List the reads of a case or of a waybill, one by one, and what work was near each.

    Each comes with time, waybill, account, session, address, device, way, the reasons that count it, what explains it
    or comes nearest, and the name by which `wayseal ledger prove --read` knows it. [Cases](cases.md#seeing-the-reads)
    says which reads a case has, and lists columns and keys.

    With `--case` it names people: who asked and why is recorded before, each time, as by `wayseal case open`. Without,
    where there is a casebook, accounts are pseudonyms until their case is open, and sessions, addresses and devices are
    left out.

    \b
    wayseal reads ledger --case c-17 --who "Li, audit" --why "complaint 2026-041"
    wayseal reads ledger --case c-17 --reason new_device_or_address --who "Li, audit" --why "complaint 2026-041"
    wayseal reads ledger --waybill YT9876543210123 --format json | jq -r '.reads[].read'
    """
    number = "" if waybill is None else clean_waybill(waybill)
    chosen = load_templates(templates)
    if case is None:
        if not number or everything or not {reason, actor, who, why} <= {None}:
            raise WrongUsageError("give --case with --who and --why, or --waybill alone")
        result = _read_waybill(ledger, number, chosen)
    else:
        if who is None or why is None:
            raise WrongUsageError("--case needs --who and --why", param_hint="--case")
        request = CaseRequest(
            case=case, who=who, why=why, reason=reason, actor=actor, waybill=number, everything=everything
        )
        result = _read_case(ledger, request, chosen, parse_offset(offset), quiet)
    write_report(partial(render_reads, result), format, out, quiet=quiet)


def _read_waybill(ledger: Path, waybill: str, templates: tuple[Template, ...]) -> ReadsResult:
    folder = ledger / FOLDER
    booked = has_casebook(folder)
    name: Callable[[str], str] = Names(read_known(folder).opened, load_pseudonyms(folder).of).of if booked else str
    with open_ledger(ledger) as snapshot:
        return list_waybill_reads(snapshot, waybill, templates, name, kept_back=booked)


def _read_case(
    ledger: Path, request: CaseRequest, templates: tuple[Template, ...], offset: int, quiet: bool
) -> ReadsResult:
    if request.everything and request.reason is not None:
        raise WrongUsageError("--all lists reads behind any reason and none; it goes without --reason")
    folder = writable_casebook(ledger)
    with open_ledger(ledger) as snapshot, progress_bars(quiet) as progress:
        found, actors, numbers, name = _record_look(folder, request)
        wanted = ReadFilter(
            actors=actors,
            detectors=found.detectors if request.reason is None else (request.reason,),
            since=found.alerted_at,
            until=found.read_until,
            waybill=request.waybill,
            everything=request.everything,
            numbers=numbers if request.reason is None else (),
        )
        return list_case_reads(snapshot, wanted, found.id, templates, offset, folder, name, progress)


def _record_look(
    folder: Path, request: CaseRequest
) -> tuple[RecordedCase, tuple[str, ...], tuple[str, ...], Callable[[str], str]]:
    """Writes down who looks; the case, its accounts that were asked for, its numbers, and what accounts may be called.

    What can't be listed is refused before.
    """
    with open_cases(folder, new=False) as writer:
        known = writer.find(request.case).detectors
        if request.reason is not None and request.reason not in known:
            raise WrongUsageError("the case has no such reason; it has {known}", known=known, param_hint="--reason")
        actors = writer.show_reads(request.case, request.who, request.why, now_us(), actor=request.actor)
        name = Names(writer.known().opened, writer.pseudonyms.of)
        return writer.find(request.case), actors, writer.numbers(request.case), name.of


def explain(
    ledger: LedgerArgument,
    actor: Annotated[str, typer.Option(help="The account: its id, or its pseudonym in a case.")],
    waybill: Annotated[str, typer.Option(help="Number of the waybill.")],
    templates: TemplatesOption = None,
    format: OutputFormatOption = OutputFormat.TEXT,
    quiet: QuietOption = False,
) -> None:
    """Say why an account's reads of a waybill were work or were not.

    It says which [templates](explanations.md) were tried, what fits, and what comes nearest where nothing does. The
    [keys of the JSON](explanations.md#keys-of-the-json) have their place there, too.

    Where there is a casebook, accounts are pseudonyms until their case is open, but for the one whose id was given. The
    exit code is 0 whatever the answer is; an account, a waybill or a read that the ledger doesn't know ends with exit
    code 3, and the error doesn't repeat what was asked.

    \b
    wayseal explain ledger --actor u-1042 --waybill YT9876543210123
    """
    chosen = load_templates(templates)
    with open_ledger(ledger) as snapshot:
        account, name = find_account(snapshot, ledger / FOLDER, actor)
        result = explain_pair(snapshot, account, clean_waybill(waybill), chosen, name)
    write_report(partial(render_pair, result), format, None, quiet=quiet)


def rights(
    ledger: LedgerArgument,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Days of the log, counted back from its last read.")] = 90,
    map_: Annotated[
        Path | None,
        typer.Option(
            "--map",
            help="File that says [what each right permits](rights.md#what-a-right-permits), beside the built-in one.",
            show_default="the built-in rights",
            dir_okay=False,
        ),
    ] = None,
    templates: TemplatesOption = None,
    format: ReportFormatOption = ReportFormat.TEXT,
    out: OutOption = None,
    quiet: QuietOption = False,
) -> None:
    """Hold rights against use: unused rights, dormant accounts, shared logins, the smallest sets that would do.

    It also lists rights wider than peers' and expired training. The smallest set is what would have allowed all
    explained reads. [Rights against use](rights.md) explains each list and the [keys of the
    JSON](rights.md#keys-of-the-json). The ledger is only read. Whatever it finds, the exit code is 0.

    **The report names accounts and is personal data of staff**: it is for those who manage accounts.

    \b
    wayseal rights ledger
    wayseal rights ledger --days 180 --map rights.toml --format html --out rights.html
    wayseal rights ledger --format json | jq .dormant
    """
    permits, work = load_map(map_), load_templates(templates)
    with open_ledger(ledger) as snapshot, progress_bars(quiet) as progress:
        facts = update_facts(snapshot, None, work, clock_us(), progress)
        result = run(snapshot, facts, work, permits, days, progress)
    write_report(partial(render_rights, result), format, out, quiet=quiet)


def partners_check(
    ledger: LedgerArgument,
    contracts: Annotated[Path, typer.Option(help="Folder of contracts, a TOML file each.")],
    from_: FromOption = None,
    to: ToOption = None,
    format: ReportFormatOption = ReportFormat.TEXT,
    out: OutOption = None,
    quiet: QuietOption = False,
) -> None:
    """Check what partners read against their contracts, and against their own logs where the ledger has them.

    The partner's own log is the table `partner_calls`. [Partner interfaces](partners.md) explains contracts, breaches
    and the keys of the JSON. Breaches are no error: the exit code is 0. A contract that can't be used as it stands ends
    with exit code 3, and file, line and key are named.

    \b
    wayseal partners check ledger --contracts contracts
    wayseal partners check ledger --contracts contracts --from 2026-03-02 --to 2026-03-08 --lang zh
    wayseal partners check ledger --contracts contracts --format html --out partners.html
    """
    period = parse_period(from_, to)
    agreed = load_contracts(contracts)
    with open_ledger(ledger) as snapshot, progress_bars(quiet) as progress:
        result = check_partners(snapshot, agreed, period=period, progress=progress)
    write_report(partial(render_partners, result), format, out, quiet=quiet)
