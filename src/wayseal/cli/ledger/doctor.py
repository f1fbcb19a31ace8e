"""`wayseal ledger doctor`: what is wrong with a ledger, in words and as JSON."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import Lang, LangOption, LedgerArgument, OutputFormat, OutputFormatOption, QuietOption
from wayseal.cli._progress import progress_bars
from wayseal.cli._words.upkeep import UPKEEP_TEXTS
from wayseal.ledger import upkeep
from wayseal.model.times import day_name

MOST_NAMED = 5


def doctor(
    ledger: LedgerArgument,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair",
            help="Remove leavings, take others' rights away, make tiles again, take files from the backup; say each "
            "thing that was done.",
        ),
    ] = False,
    source: Annotated[
        Path | None, typer.Option("--from", help="A backup of this ledger, to compare with and to take files from.")
    ] = None,
    deep: Annotated[
        bool,
        typer.Option(
            "--deep",
            help="Also make counts, pairs, catalogue and marks of first reads again, and compare them; takes longer.",
        ),
    ] = False,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
    quiet: QuietOption = False,
) -> None:
    """Say what is wrong with a ledger, what hangs on it, and what to do.

    With `--repair` it mends what is provably safe to mend; without, it changes nothing. It ends with 11 if there is
    something to be seen to. [When something is wrong](ledger.md#when-something-is-wrong) lists what it finds.

    \b
    wayseal ledger doctor ledger
    wayseal ledger doctor ledger --deep
    wayseal ledger doctor ledger --repair --from /mnt/backup/ledger
    """
    with progress_bars(quiet) as progress:
        found = upkeep.examine(ledger, source=source, repair=repair, deep=deep, progress=progress)
    if format is OutputFormat.JSON:
        typer.echo(examination_json(found, ledger))
    else:
        for line in examination_lines(found, ledger, UPKEEP_TEXTS[lang]):
            typer.echo(line)
    if found.exit_code:
        raise typer.Exit(found.exit_code)


def examination_lines(found: upkeep.Examination, ledger: Path, words: Mapping[str, str]) -> Iterator[str]:
    """An examination, a line each thing and one more for what to do."""
    yield words["looked_at"].format(ledger=ledger, files=found.files, bytes=found.bytes, free=found.free)
    for act in found.acts:
        yield words["act_" + act.remedy].format(where=act.where, **act.values)
    if not found.diagnoses:
        yield words["healthy_deep" if found.deep else "healthy"]
    for diagnosis in found.diagnoses:
        said = words[diagnosis.fault].format(**diagnosis.values) + _describe_affected(diagnosis.affected, words)
        yield words["line"].format(severity=words[diagnosis.severity], where=diagnosis.where, said=said)
        yield "  → " + words["cure_" + diagnosis.remedy].format(ledger=ledger, **diagnosis.values)


def _describe_affected(affected: upkeep.Affected | None, words: Mapping[str, str]) -> str:
    """What hangs on a file, in brackets; nothing for files that hold no rows."""
    if affected is None or not (affected.rows or affected.sources):
        return ""
    parts = [affected.kind]
    if affected.day is not None:
        parts.append(day_name(affected.day))
    parts.append(words["rows_reads" if affected.kind == "accesses" else "rows_other"].format(rows=affected.rows))
    if affected.sources:
        names = words["comma"].join(affected.sources[:MOST_NAMED])
        more = len(affected.sources) - MOST_NAMED
        parts.append(words["of"].format(names=names) + (words["and_more"].format(more=more) if more > 0 else ""))
    return words["brackets"].format(inner=words["comma"].join(parts))


def examination_json(found: upkeep.Examination, ledger: Path) -> str:
    """An examination for programs."""
    content = {
        "ledger": str(ledger),
        "files": found.files,
        "bytes": found.bytes,
        "free": found.free,
        "deep": found.deep,
        "diagnoses": [
            {
                "ill": d.fault.value,
                "severity": d.severity.value,
                "file": str(d.where),
                "cure": d.remedy.value,
                "hanging": None if d.affected is None else asdict(d.affected),
                **d.values,
            }
            for d in found.diagnoses
        ],
        "acts": [{"ill": a.fault.value, "cure": a.remedy.value, "file": str(a.where), **a.values} for a in found.acts],
    }
    return json.dumps(content, ensure_ascii=False, indent=1)
