"""`wayseal ledger`: backups, the doctor, purges and compaction."""

import contextlib
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._errors import WrongUsageError, parse_day
from wayseal.cli._options import LedgerArgument, OutputFormat, OutputFormatOption, QuietOption
from wayseal.cli._output import output_file, print_json, print_result, progress_bars
from wayseal.cli._texts import _, echo, pgettext
from wayseal.cli.proofs import parse_key_file
from wayseal.ledger import retention, upkeep
from wayseal.ledger.integrity import present_checkpoint
from wayseal.merkle import SigningKey
from wayseal.model.messages import N_
from wayseal.model.times import day_name

_SEVERITIES = {
    upkeep.Severity.NOTE: N_("Note"),
    upkeep.Severity.WARNING: N_("Warning"),
    upkeep.Severity.ERROR: N_("Error"),
}
_FAULTS = {
    upkeep.Fault.MANIFEST_MISSING: N_("the manifest is missing: nothing says which files the ledger consists of"),
    upkeep.Fault.MANIFEST_CHANGED: N_("the manifest is damaged or was changed"),
    upkeep.Fault.FILE_MISSING: N_("is missing"),
    upkeep.Fault.FILE_SHORT: N_("was cut short"),
    upkeep.Fault.FILE_CHANGED: N_("is damaged or was changed"),
    upkeep.Fault.QUARANTINE_LONGER: N_("has more in it than the ledger knows of; what belongs to it is whole"),
    upkeep.Fault.SECRET: N_(
        "the secret is missing or not the ledger's: reads can't be compared with the tree, and nothing can be ingested"
    ),
    upkeep.Fault.TILE: N_("this tile of the tree is missing, damaged or was changed"),
    upkeep.Fault.TREE: N_(
        "tiles and the manifest's root don't agree; which is wrong can be said when the rest is mended"
    ),
    upkeep.Fault.DERIVED: N_("{kind} doesn't agree with the reads: {rows:,} rows differ"),
    upkeep.Fault.LEAVINGS: N_(
        "{files:,} files ({bytes:,} bytes) that are no part of the ledger, left by something that was broken off "
        "or replaced"
    ),
    upkeep.Fault.MODES: N_("{files:,} files and folders may be used by others than their owner, this one first"),
    upkeep.Fault.DISK: N_("the disk has {free:,} bytes free; the ledger has {bytes:,}"),
    upkeep.Fault.LOCKED: N_("process {process} is writing to it; what it leaves about was not looked at"),
    upkeep.Fault.SMALL_FILES: N_("{files:,} files below 1 MiB make reading slow"),
}
_CURES = {
    "wait": N_("nothing to do; look again when it is done"),
    "compact": N_("wayseal ledger compact {ledger}"),
    "room": N_("make room on the disk before the next ingest"),
    "remove": N_("the next ingest removes them, or --repair now"),
    "modes": N_("if others are meant to read, leave it; else --repair takes their rights away"),
    "cut": N_("--repair cuts off what doesn't belong to it"),
    "tree": N_("--repair makes it again; the root says that it is right"),
    "backup": N_("the backup has it, checked: --repair takes it from there"),
    "give": N_("give a backup with --from; without one, make a new ledger of the sources"),
    "lost": N_(
        "the backup that was given doesn't have it: try another with --from, restore one into a new folder, or "
        "make a new ledger of the sources"
    ),
    "rebuild": N_(
        "a fault in the program or a change on purpose: keep the ledger as it is, restore a backup or make a new "
        "one of the sources, and report it"
    ),
}
_ACTS = {
    "remove": N_("Mended {where}: removed {files:,} files that are no part of the ledger"),
    "modes": N_("Mended {where}: took the rights of others on {files:,} files and folders away"),
    "cut": N_("Mended {where}: cut off what doesn't belong to it"),
    "tree": N_("Mended {where}: made again, as the root says"),
    "backup": N_("Mended {where}: taken from the backup, checked"),
}


def ledger_backup(
    ledger: LedgerArgument,
    dest: Annotated[
        Path,
        typer.Argument(
            help="Folder of the backup: a new or empty one, or a backup of this ledger. Anything else is left alone "
            "with exit code 3.",
            metavar="DEST",
        ),
    ],
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Also read the files again that the backup has, and replace those that have gone bad."
        ),
    ] = False,
    format: OutputFormatOption = OutputFormat.TEXT,
    quiet: QuietOption = False,
) -> None:
    """Copy a ledger, also while it is written to.

    Each file is checked by SHA-256. Run again, it copies only what is new. The copy can be read by all commands and
    written to by none. [Backup](ledger.md#backup-and-restoration) says what is guaranteed.

    \b
    wayseal ledger backup ledger /mnt/backup/ledger
    """
    with progress_bars(quiet) as progress:
        done = upkeep.backup(ledger, dest, check=check, progress=progress)
    text = N_("{dest}: generation {generation:,}, {reads:,} reads; it was up to date.")
    if done.copied:
        text = N_(
            "{dest}: backup of generation {generation:,}, {reads:,} reads. {copied:,} of {files:,} files copied "
            "({copied_bytes:,} of {bytes:,} bytes), each checked by SHA-256."
        )
    print_copied(done, dest, text, format)


def print_copied(done: upkeep.CopyReport, dest: Path, text: str, format: OutputFormat) -> None:
    """Say what was copied."""
    if format is OutputFormat.JSON:
        print_json({**asdict(done), "dest": str(dest)})
        return
    echo(text, dest=dest, **asdict(done))


def ledger_restore(
    backup: Annotated[Path, typer.Argument(help="Folder that `wayseal ledger backup` made.", metavar="BACKUP")],
    dest: Annotated[
        Path,
        typer.Argument(
            help="Folder of the ledger, new or empty. A restoration that was broken off goes on in its folder.",
            metavar="DEST",
        ),
    ],
    format: OutputFormatOption = OutputFormat.TEXT,
    quiet: QuietOption = False,
) -> None:
    """Make a ledger of a backup, after a check of every file.

    Go on with the restored ledger or with the original, never with both ([why](ledger.md#backup-and-restoration)).

    \b
    wayseal ledger restore /mnt/backup/ledger ledger
    """
    with progress_bars(quiet) as progress:
        done = upkeep.restore(backup, dest, progress=progress)
    print_copied(
        done,
        dest,
        N_("{dest}: ledger of generation {generation:,}, {reads:,} reads. {files:,} files checked by SHA-256."),
        format,
    )
    if format is OutputFormat.TEXT:
        echo(
            "Go on with this one or with the original, never with both: they would give different reads the same "
            "salts. Reads that came in after the backup are not in it; ingest their sources again."
        )


MOST_NAMED = 5


def ledger_doctor(
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
    print_result(format, examination_json(found, ledger), examination_lines(found, ledger))
    if found.exit_code:
        raise typer.Exit(found.exit_code)


def examination_lines(found: upkeep.Examination, ledger: Path) -> Iterator[str]:
    """An examination, a line each thing and one more for what to do."""
    yield _(
        "Ledger: {ledger}, {files:,} files, {bytes:,} bytes; {free:,} bytes free on its disk",
        ledger=ledger,
        files=found.files,
        bytes=found.bytes,
        free=found.free,
    )
    for act in found.acts:
        yield _(_ACTS[act.remedy], where=act.where, **act.values)
    if not found.diagnoses:
        yield _(
            "Healthy: nothing was found; counts, pairs, catalogue and marks agree with the reads."
            if found.deep
            else "Healthy: nothing was found. With --deep, counts and marks are compared with the reads, too."
        )
    for diagnosis in found.diagnoses:
        said = _(_FAULTS[diagnosis.fault], **diagnosis.values) + _describe_affected(diagnosis.affected)
        yield _(
            "{severity}: {where}: {said}", severity=_(_SEVERITIES[diagnosis.severity]), where=diagnosis.where, said=said
        )
        yield "  → " + _(_CURES[diagnosis.remedy], ledger=ledger, **diagnosis.values)


def _describe_affected(affected: upkeep.Affected | None) -> str:
    """List what hangs on a file, in brackets; nothing for files that hold no rows."""
    if affected is None or not (affected.rows or affected.sources):
        return ""
    parts = [affected.kind]
    if affected.day is not None:
        parts.append(day_name(affected.day))
    parts.append(_("{rows:,} reads" if affected.kind == "accesses" else "{rows:,} rows", rows=affected.rows))
    if affected.sources:
        names = pgettext("comma", ", ").join(affected.sources[:MOST_NAMED])
        more = len(affected.sources) - MOST_NAMED
        parts.append(_("from {names}", names=names) + (_(" and {more:,} more", more=more) if more > 0 else ""))
    return _(" ({inner})", inner=pgettext("comma", ", ").join(parts))


def examination_json(found: upkeep.Examination, ledger: Path) -> dict[str, object]:
    """An examination for programs."""
    return {
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


_MOST_TEXT = 500
WhoOption = Annotated[
    str, typer.Option(help="Who purges: a line of up to 500 characters that stays in the ledger and in the proof.")
]
BeforeOption = Annotated[
    str | None,
    typer.Option(
        help="Everything about waybills first seen before this day goes, such as `2026-01-01` (UTC). Give this or "
        "`--keep-days`."
    ),
]
KeepDaysOption = Annotated[
    int | None, typer.Option(min=1, help="Instead of `--before`: so many days up to the newest read stay.")
]
CheckpointOption = Annotated[
    Path | None, typer.Option(help="For the proof: a signed checkpoint from before the purge.", dir_okay=False)
]
KeyOption = Annotated[
    Path | None,
    typer.Option(
        help="For the proof: the private key, to sign the checkpoint after it at once; else `wayseal ledger "
        "checkpoint` makes it.",
        dir_okay=False,
    ),
]


def ledger_purge(
    ledger: LedgerArgument,
    who: WhoOption,
    why: Annotated[str, typer.Option(help="Why: the rule or the request, no personal data; up to 500 characters.")],
    before: BeforeOption = None,
    keep_days: KeepDaysOption = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the proof of the purge here.")] = None,
    checkpoint: CheckpointOption = None,
    key: KeyOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go (days, reads, waybills, bytes) and change nothing.")
    ] = False,
    below_legal_minimum: Annotated[
        bool,
        typer.Option("--below-legal-minimum", help="Remove what is younger than six months, too; the ledger notes it."),
    ] = False,
    format: OutputFormatOption = OutputFormat.TEXT,
    quiet: QuietOption = False,
) -> None:
    """Remove everything about waybills first seen before a day, so that what is left still verifies and is provable.

    [Retention](ledger.md#retention) says what goes, what stays, and what no proof can show.

    \b
    wayseal ledger purge ledger --keep-days 365 --who "Wang, IT" --why "retention rule 4" --dry-run
    wayseal ledger purge ledger --before 2026-01-01 --who "Wang, IT" --why "retention rule 4" \\
        --checkpoint today.checkpoint --out purge.proof
    """
    order = _build_order(who, why, before, keep_days, below_legal_minimum)
    if (out is None) != (checkpoint is None) or (key is not None and out is None):
        raise WrongUsageError("a proof needs a signed checkpoint from before the purge", param_hint="--checkpoint")
    if dry_run:
        with progress_bars(quiet) as progress:
            would = retention.plan_purge(ledger, order, hooks=retention.Hooks(progress=progress))
        _print_purge(would, format, dry=True)
        return
    note = b"" if checkpoint is None else checkpoint.read_bytes()
    signing = None if key is None else parse_key_file(key, SigningKey.parse)
    if note:
        retention.check_checkpoint(ledger, note)
    with contextlib.ExitStack() as stack:
        file = None if out is None else stack.enter_context(output_file(out))  # what can't be written is said before
        with progress_bars(quiet) as progress:
            done = retention.purge(ledger, order, hooks=retention.Hooks(progress=progress))
        if done.manifests is None:
            _print_purge(done, format, dry=False)
            raise typer.Exit  # from within, so that no proof is written
        if file is not None:
            notes = _sign_checkpoints(ledger, note, signing)
            file.write(retention.prove_purge(ledger, done.manifests, notes).to_json().encode())
    _print_purge(done, format, dry=False)
    if out is not None and format is OutputFormat.TEXT:
        echo(
            "{out}: proof of the purge. Have the ledger's checkpoint signed now, before anything else is written "
            "to it: the proof needs it."
            if signing is None
            else "{out}: proof of the purge, with the checkpoint after it",
            out=out,
        )


def _sign_checkpoints(ledger: Path, before: bytes, signing: SigningKey | None) -> list[str]:
    """The signed checkpoint from before a purge, and where there is a key one from after it."""
    notes = [before.decode()]
    if signing is not None:
        notes.append(signing.sign(present_checkpoint(ledger).to_text()))
    return notes


def _build_order(
    who: str, why: str, before: str | None, keep_days: int | None, below_minimum: bool
) -> retention.PurgeOrder:  # fmt: skip
    """Build the order; typer.BadParameter where it can't be."""
    if (before is None) == (keep_days is None):
        raise WrongUsageError("give --before or --keep-days", param_hint="--before")
    if before is not None:
        before = parse_day(before)
    for name, text in (("--who", who), ("--why", why)):
        if not text.strip() or len(text) > _MOST_TEXT or not text.isprintable():
            raise WrongUsageError("one line of up to {most} characters", param_hint=name, most=_MOST_TEXT)
    return retention.PurgeOrder(
        who=who, why=why, before=before, keep_days=keep_days, at=datetime.now(UTC), below_minimum=below_minimum
    )


def _print_purge(done: retention.PurgeReport, format: OutputFormat, *, dry: bool) -> None:
    print_result(format, _purge_json(done, dry=dry), _purge_lines(done, dry=dry))


def _purge_json(done: retention.PurgeReport, *, dry: bool) -> dict[str, object]:
    """A purge for programs."""
    plan = done.plan
    return {
        "dry_run": dry,
        "before": done.before,
        "reads": plan.reads,
        "waybills": plan.waybills,
        "held": plan.held,
        "queries": plan.queries,
        "segment_bytes": plan.bytes,
        "days": {day_name(day): reads for day, reads in sorted(plan.days.items())},
        "bytes_before": done.bytes_before,
        "bytes": done.bytes,
        "left": done.left,
    }


def _purge_lines(done: retention.PurgeReport, *, dry: bool) -> Iterator[str]:
    """A purge in words."""
    plan = done.plan
    if plan.nothing:
        yield _(
            "Nothing to purge: no waybill was first seen before {before}, and nothing was asked before it.",
            before=done.before,
        )
    else:
        yield _(
            "Would go (nothing was changed): everything about waybills first seen before {before}"
            if dry
            else "Purged: everything about waybills first seen before {before}",
            before=done.before,
        )
        yield _("  {reads:,} reads in segments of {days:,} days, {waybills:,} waybills, {queries:,} logged queries",
            reads=plan.reads, days=len(plan.days), waybills=plan.waybills, queries=plan.queries
        )  # fmt: skip
        yield _("  the segments have {bytes:,} bytes", bytes=plan.bytes)
        for day, reads in sorted(plan.days.items()) if dry else ():
            yield _("    {day}  {reads:>13,}", day=day_name(day), reads=reads)
    if plan.held:
        yield _(
            "  {held:,} waybills stay though they were first seen earlier: they have reads that are younger than six "
            "months",
            held=plan.held,
        )
    if dry or plan.nothing:
        return
    yield _("  ledger: {before:,} bytes before, {now:,} now", before=done.bytes_before, now=done.bytes)
    if done.left:
        yield _(
            "  {bytes:,} bytes of what went are still being read by somebody: they go at the next ingest, purge or "
            "compaction after that",
            bytes=done.left,
        )
    yield _(
        "Copies elsewhere are as they were: backups from before today hold what went until they expire, and a disk may "
        "hold it until its blocks are written anew."
    )


def ledger_compact(ledger: LedgerArgument, quiet: QuietOption = False) -> None:
    """Merge a ledger's small files: one a kind and day.

    Reads, answers and proofs stay what they are; where there is nothing to do it says so and changes nothing.

    \b
    wayseal ledger compact ledger
    """
    with progress_bars(quiet) as progress:
        done = retention.compact(ledger, hooks=retention.Hooks(progress=progress))
    if done.nothing:
        echo("nothing to do: each kind and bucket has one file")
        return
    echo(
        "{files_before:,} files before, {files:,} now; {bytes_before:,} bytes before, {bytes:,} now",
        files_before=done.files_before,
        files=done.files,
        bytes_before=done.bytes_before,
        bytes=done.bytes,
    )
    if done.left:
        echo(
            "{bytes:,} bytes of replaced files are still being read by somebody: they go at the next ingest, purge "
            "or compaction after that",
            bytes=done.left,
        )
