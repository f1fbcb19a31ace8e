"""`wayseal trace`: whose reads explain the numbers that turned up; whether a report can be made again."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from wayseal.cli._leaks import load_leaks
from wayseal.cli._options import (
    Lang,
    LangOption,
    LeaksMapOption,
    LeaksOffsetOption,
    LeaksOption,
    LedgerArgument,
    OutOption,
    QuietOption,
    ReportFormat,
    ReportFormatOption,
    SeedOption,
)
from wayseal.cli._output import write_report
from wayseal.cli._progress import progress_bars
from wayseal.cli._words.ledger import LEDGER_TEXTS
from wayseal.ledger import Snapshot, open_ledger
from wayseal.ledger.integrity import Code, HistoryCheck, check_history
from wayseal.merkle import Checkpoint
from wayseal.model.messages import filled
from wayseal.store.errors import StoreError
from wayseal.store.types import Leaks
from wayseal.trace import LEDGER_KEYS, TraceResult, find_differences, render
from wayseal.trace import trace as run

NOT_REPRODUCED = 10


OTHER_LEDGER = 8


REWRITTEN = 7


def trace(
    ledger: LedgerArgument,
    leaks: LeaksOption,
    format: ReportFormatOption = ReportFormat.TEXT,
    out: OutOption = None,
    lang: LangOption = Lang.EN,
    map_: LeaksMapOption = None,
    offset: LeaksOffsetOption = None,
    seed: SeedOption = 7,
    verify: Annotated[
        Path | None,
        typer.Option(
            help="A JSON report made earlier: instead of a report, say whether the ledger still holds what it was made"
            " from, and whether the trace gives it again. The seed is the report's.",
            dir_okay=False,
        ),
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Say which account, interface or outlet the leaked numbers came from, how sure that is, and why.

    The exit code is 0 whatever the verdict is; scripts read `verdict` in the [JSON](report-json.md). With `--verify` it
    is 0 only if the report is reproduced and carries a checkpoint that this ledger goes on from. A trace looks at the
    ledger as it is now: where it has grown, a report may differ for that alone, and the output says so. Where it was
    purged since, it says by whom and why.

    \b
    wayseal trace ledger --leaks bought.csv
    wayseal trace ledger --leaks bought.csv --format html --lang zh --out report.html
    wayseal trace ledger --leaks bought.csv --format json | jq .verdict
    wayseal trace ledger --leaks bought.csv --verify report.json
    """
    with open_ledger(ledger) as snapshot, progress_bars(quiet) as progress:
        bought = load_leaks(leaks, map_, offset, lang, quiet)
        if verify is not None:

            def again(kept: int) -> TraceResult:
                return run(snapshot, bought, seed=kept, progress=progress)

            raise typer.Exit(verify_report(verify, snapshot, bought, again, lang))
        result = run(snapshot, bought, seed=seed, progress=progress)
    write_report(partial(render, result), format, lang, out, quiet=quiet)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A JSON report, as far as it must be understood to be made again."""

    content: Mapping[str, Any]
    seed: int
    ledger: str
    leaks: str
    checkpoint: Checkpoint | None


def read_report(path: Path) -> Report:
    """A JSON report; StoreError names the file where it is something else."""
    try:
        content = json.loads(path.read_bytes())
        seed, inputs, point = content["seed"], content["inputs"], content.get("checkpoint")
        made = None
        if point is not None:
            made = Checkpoint(origin=point["origin"], size=point["size"], root=bytes.fromhex(point["root"]))
        report = Report(content=content, seed=seed, ledger=inputs["ledger"], leaks=inputs["leaks"], checkpoint=made)
        if type(seed) is not int or seed < 0 or (made and (type(made.size) is not int or made.size < 0)):
            raise ValueError("number")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StoreError("this is no JSON report of `wayseal trace`", file=path) from error
    return report


def verify_report(path: Path, snapshot: Snapshot, bought: Leaks, run: Callable[[int], TraceResult], lang: str) -> int:
    """Says what became of the ledger since the report, and whether a trace gives it again; returns the exit code."""
    report, words = read_report(path), LEDGER_TEXTS[lang]
    known = check_history(snapshot.path, snapshot.manifest, report.checkpoint) if report.checkpoint else None
    where = f"{path}: " if known is not None and known.code is not None else ""
    typer.echo(where + _compare_checkpoints(report, known, snapshot, words))
    for purge in known.purges if known is not None else ():
        typer.echo(
            filled(
                words["report_purged"],
                at=purge.at,
                who=purge.who,
                why=purge.why,
                before=purge.before,
                reads=purge.reads,
            )
        )
    if known is not None and known.code is not None:
        return OTHER_LEDGER if known.code is Code.CHECKPOINT_ORIGIN else REWRITTEN
    if known is not None and known.digest != report.ledger:
        typer.echo(words["report_digest"])
        return REWRITTEN
    if bought.digest != report.leaks:
        typer.echo(words["report_leaks"])
        return NOT_REPRODUCED
    found = find_differences(report.content, run(report.seed))
    said = LEDGER_KEYS if known is not None else LEDGER_KEYS[:1]
    found = tuple(key for key in found if key not in said)
    typer.echo(filled(words["report_differs"], keys=", ".join(found)) if found else words["report_same"])
    if found and report.checkpoint and report.checkpoint.size < snapshot.manifest.size:
        typer.echo(words["report_since"])
    if not found and known is None:
        typer.echo(words["report_unproven"])
    return NOT_REPRODUCED if found or known is None else 0


def _compare_checkpoints(
    report: Report, known: HistoryCheck | None, snapshot: Snapshot, words: Mapping[str, str]
) -> str:
    """How the ledger stands to the report's checkpoint."""
    point = report.checkpoint
    if known is None or point is None:
        return words["report_untied"]
    if known.code is not None:
        return filled(words[known.code], origin=point.origin, size=point.size, own=snapshot.manifest.origin)
    if point.size == snapshot.manifest.size:
        return filled(words["report_now"], size=point.size)
    proof = " ".join(h.hex() for h in known.proof)
    return filled(words["report_grown"], size=point.size, now=snapshot.manifest.size, proof=proof)
