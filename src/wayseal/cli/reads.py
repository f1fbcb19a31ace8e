"""`wayseal reads`: the reads of a case or of a waybill, one by one, and what work was near each."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cases import has_casebook, load_pseudonyms, open_cases, read_known
from wayseal.cases.ledger.casebook import FOLDER, Names, writable_casebook
from wayseal.cases.types import RecordedCase
from wayseal.cli._case_view import now_us
from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import Lang, LangOption, LedgerArgument, OutOption, QuietOption, TemplatesOption
from wayseal.cli._output import write_report
from wayseal.cli._progress import progress_bars
from wayseal.detect.explain import Template, load_templates
from wayseal.detect.reasons import ReadFilter, ReadsResult, list_case_reads, list_waybill_reads, render_reads
from wayseal.detect.window import parse_offset
from wayseal.ledger import open_ledger
from wayseal.model import clean_waybill


class ReadsFormat(StrEnum):
    """What a list of reads is written as."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRequest:
    """What of a case is to be listed, who asks and why. waybill: a clean number, "" for all."""

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
    lang: LangOption = Lang.EN,
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
    write_report(partial(render_reads, result), format, lang, out, quiet=quiet)


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
