"""`wayseal vault verify`: log, tables and records held to what was written, and a ledger to the log."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from wayseal.cli._options import VAULT, OutputFormat, OutputFormatOption, QuietOption
from wayseal.cli._output import ProgressCallback, print_result, progress_bars
from wayseal.cli._texts import _
from wayseal.cli._vault_session import VaultOption, VaultParts, open_parts, round_to_second
from wayseal.cli.proofs import parse_key_file
from wayseal.merkle import VerifyKey
from wayseal.model.errors import Finding, exit_code_of
from wayseal.model.messages import N_
from wayseal.vault.errors import LogChangedError
from wayseal.vault.log.comparison import Comparison, check_projection
from wayseal.vault.log.integrity import Code, Verification, verify
from wayseal.vault.log.integrity import verify as verify_log
from wayseal.vault.log.memory import LogMemory
from wayseal.vault.log.sound_entries import read_origin
from wayseal.vault.row_macs import RowMacs
from wayseal.vault.verification import RecordCode, TableCode, VaultTotals, verify_vault

_FINDINGS = {
    Code.ENTRY: N_("this entry was changed"),
    Code.ENTRY_UNREADABLE: N_("this is no entry of a disclosure log"),
    Code.ENTRY_MISSING: N_("{count:,} {count:entry is|entries are} missing from here on"),
    Code.ENTRY_EXTRA: N_("a row that the log doesn't have was put in"),
    Code.ENTRY_ERASED: N_("{count:,} {count:entry was|entries were} erased from here on, and no entry says so"),
    Code.ENTRIES_REWRITTEN: N_("{count:,} {count:entry was|entries were} rewritten from here on"),
    Code.NODE: N_("this node of the tree was changed"),
    Code.NODE_MISSING: N_("this node of the tree is missing"),
    Code.NODE_EXTRA: N_("a node that the tree doesn't have was put in"),
    Code.CHECKPOINT_ROW: N_("size or time of this checkpoint isn't what was signed"),
    Code.CHECKPOINT_UNREADABLE: N_("is no checkpoint, or was changed"),
    Code.CHECKPOINT_ORIGIN: N_("is a checkpoint of another log"),
    Code.CHECKPOINT_KEY: N_("is signed by none of the known keys"),
    Code.CHECKPOINT_AHEAD: N_("the log was cut back: it has fewer entries than this checkpoint says"),
    Code.CHECKPOINT_HISTORY: N_("history was rewritten: the log isn't what this checkpoint says"),
    Code.ROW_MISSING: N_("this disclosure has no row in the ledger"),
    Code.ROW_EXTRA: N_("the ledger has a row that the log has no entry for"),
    Code.ROW_CHANGED: N_("the ledger's row says something else than this entry"),
    Code.POSITION: N_("this source of the ledger is none of this log: no entry {stop:,} of it ends as its name says"),
    RecordCode.CHANGED: N_("its sealed bytes or its wrapped key were changed: it doesn't open"),
    RecordCode.NO_KEY: N_("its wrapped key is gone, and no erasure says so"),
    RecordCode.KEYRING: N_("its data key was wrapped by a key that the keyring hasn't got"),
    RecordCode.NOT_ERASED: N_("it counts as erased, and its key or its bytes are still there: erase it again"),
    RecordCode.STALE: N_("it was revised since, and an older revision was put back"),
    RecordCode.PHONES: N_("the index of phones has other tags for it than its phones have"),
    TableCode.TABLE_MISSING: N_("this table isn't there"),
    TableCode.COLUMN_MISSING: N_("this column isn't there"),
    TableCode.TYPE: N_("what stands in {columns} can't be there"),
    TableCode.MARK: N_("somebody else than the vault wrote this row, or changed it"),
    TableCode.UNTOLD: N_("no entry of the log tells of this row"),
    TableCode.GONE: N_("the log tells of this row, and it isn't there"),
    TableCode.DIFFERS: N_("the log says something else of {columns}"),
    TableCode.SCANS: N_("its report told of {told:,} {told:scan|scans}; {there:,} or others are there"),
    TableCode.PLACE: N_("it isn't where its scans say"),
    TableCode.STEP: N_(
        "it went on from something else than the log says was there: before it, older rows were put back or deleted"
    ),
    TableCode.BEHIND: N_("the log ends before this entry, or is another than this vault has seen"),
    RecordCode.COUNT: N_(
        "the log says that {sealed:,} {sealed:record was|records were} sealed, and {there:,} {there:is|are} there"
    ),
}
CHANGED = LogChangedError.exit_code


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionCheck:
    """The findings on the log, and on what the ledger has of it."""

    folder: Path
    log: Verification
    rows: Comparison | None
    """None where the log is damaged so that it can't be compared."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that is not as it should be."""
        return (*self.log.findings, *(() if self.rows is None else self.rows.findings))

    @property
    def exit_code(self) -> int:
        """0 where both say the same, and the log is what was written."""
        codes = (self.log.exit_code, CHANGED if self.rows is None else self.rows.exit_code)
        return min((code for code in codes if code), default=0)

    def lines(self) -> Iterator[str]:
        """Describe the check, a line each thing."""
        log, rows = self.log, self.rows
        yield _("Vault: {folder} ({origin})", folder=self.folder, origin=log.origin or "-")
        yield _(
            "Log: {size:,} {size:entry|entries}, {disclosed:,} of them {disclosed:a disclosure|disclosures}, "
            "{erased:,} erased; root {root}",
            size=log.size,
            disclosed=log.disclosed,
            erased=log.erased,
            root=log.root,
        )
        yield (
            _("Projection: not compared because of what follows")
            if rows is None
            else _(
                "Projection: {rows:,} {rows:row|rows} as the log has them, {erased:,} of erased entries, {purged:,} "
                "purged, {waiting:,} {waiting:entry|entries} not projected yet",
                **_counts(rows),
            )
        )
        if self.findings:
            yield _("{count:,} {count:finding|findings}:", count=len(self.findings))
            yield from finding_lines(self.findings)

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        log, rows = self.log, self.rows
        counts = {} if rows is None else _counts(rows)
        found = [{"code": f.code.value, "where": f.where, **f.values} for f in self.findings]
        return {"origin": log.origin, "size": log.size, "root": log.root, **counts, "findings": found}


def _counts(rows: Comparison) -> dict[str, int]:
    return {"rows": rows.rows, "erased": rows.erased, "purged": rows.purged, "waiting": rows.waiting}


def compare_projection(folder: Path, ledger: Path, progress: ProgressCallback) -> ProjectionCheck:
    """Verifies the log of the vault in `folder`, and compares it with the ledger."""
    with open_parts(folder) as parts:
        log = verify(parts.main, (), known_keys(parts, []), progress)
        marks = RowMacs(parts.keyring, parts.main.read(read_origin) or "")
        try:
            rows = check_projection(parts.main, marks, ledger, progress)
        except LogChangedError:
            rows = None
    return ProjectionCheck(folder=folder, log=log, rows=rows)


def finding_lines(findings: Sequence[Finding]) -> Iterator[str]:
    """Describe findings on the log, a line each."""
    for one in findings:
        yield f"  {one.where}: {_(_FINDINGS[one.code], **_finding_values(one))}"


def _finding_values(one: Finding) -> dict[str, object]:
    """Collect the values of its words."""
    values: dict[str, object] = dict(one.values)
    if "first" in values and "last" in values:
        values["count"] = int(str(values["last"])) - int(str(values["first"])) + 1
    return values


def known_keys(parts: VaultParts, given: list[VerifyKey]) -> list[VerifyKey]:
    """Keys by which checkpoints are judged: those that were given, and the vault's own."""
    own = parts.keyring.log_verify_keys(parts.main.read(read_origin) or "")
    return [*given, *(key for key in own if key not in given)]


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultVerification:
    """A vault's verification. log: None where a table that it needs isn't there."""

    log: Verification | None
    rest: VaultTotals

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that is not as it should be."""
        return (*(self.log.findings if self.log else ()), *self.rest.findings)

    @property
    def exit_code(self) -> int:
        """0 where all is as it was."""
        return exit_code_of(self.findings)


def vault_verify(
    vault: VaultOption = VAULT,
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="An older checkpoint that must still hold; may be given several times.")
    ] = None,
    key: Annotated[
        list[Path] | None, typer.Option(help="Public key (a file) beside the vault's own; may be given several times.")
    ] = None,
    format: OutputFormatOption = OutputFormat.TEXT,
    quiet: QuietOption = False,
) -> None:
    """Check the log, hold every table to it, and open every sealed record in memory; name what was changed.

    A changed value in any column is found, but for a few that open nothing
    ([verification](disclosure-log.md#verification)). It names rows, places of the log and waybill numbers, and shows
    nothing of what is sealed. A finding ends with exit code 7.

    \b
    - `row-mark`: somebody else than the vault wrote this row, or changed it
    - `row-differs`, `row-untold`, `row-gone`: the log says otherwise, nothing, or that it should be there
    - `entry-step`: an act went on from older rows that were put back, or after some were deleted
    - `row-type`: a column holds what it can't hold
    - `row-place`, `scans-report`: a parcel isn't where its scans say; scans are others than were reported
    - `table-missing`, `column-missing`: it isn't there, and what needs it wasn't looked at
    - `log-behind`: the log ends before what this vault has seen of it, or is another
    - `record-changed`, `record-stale`: it doesn't open, or an older one was put back
    - `record-no-key`, `record-keyring`: its wrapped key is gone, or the key that wrapped it
    - `record-not-erased`, `record-phones`: erased, and something is left; the index has other phones
    - `records-count`: more or fewer records are there than the log says were sealed

    \b
    wayseal vault verify
    wayseal vault verify --checkpoint 2026-03-01.checkpoint --key vault.pub
    """
    keys = [parse_key_file(path, VerifyKey.parse) for path in key or ()]
    notes = [(str(path), path.read_bytes()) for path in checkpoint or ()]
    with open_parts(vault) as parts, progress_bars(quiet) as progress:
        found = _verify(parts, notes, keys, progress)
    print_result(format, verification_json(found), verification_lines(found, vault, given=bool(checkpoint)))
    if found.exit_code:
        raise typer.Exit(found.exit_code)


def _verify(
    parts: VaultParts, notes: Sequence[tuple[str, bytes]], keys: list[VerifyKey], progress: ProgressCallback
) -> VaultVerification:
    memory = LogMemory(parts.settings.memory_file)
    rest = verify_vault(parts.main, parts.keys, parts.keyring, parts.service, progress, memory)
    log = verify_log(parts.main, notes, known_keys(parts, keys), progress) if rest.tables.whole else None
    return VaultVerification(log=log, rest=rest)


def verification_lines(found: VaultVerification, folder: Path, *, given: bool) -> Iterator[str]:
    """Describe the findings, a line each thing. given: whether a checkpoint was."""
    log, records, tables = found.log, found.rest.records, found.rest.tables
    yield _("Vault: {folder} ({origin})", folder=folder, origin=(log and log.origin) or "-")
    if log is not None:
        yield _(
            "Log: {size:,} {size:entry|entries}, {disclosed:,} of them {disclosed:a disclosure|disclosures}, "
            "{erased:,} erased; root {root}",
            size=log.size,
            disclosed=log.disclosed,
            erased=log.erased,
            root=log.root,
        )
    yield _(
        "Tables: {rows:,} {rows:row|rows} of {tables} tables, each held to its mark and to the log",
        rows=sum(tables.rows.values()),
        tables=len(tables.rows),
    )
    if records is not None:
        yield _("Records: {opened:,} opened in memory, {erased:,} erased", opened=records.opened, erased=records.erased)
    else:
        yield _("Log and records: not looked at, because of what follows")
    if not tables.compared:
        yield _("Of some rows the log doesn't tell any more: entries were erased or changed. Their marks count.")
    for kept in () if log is None else log.checkpoints:
        when = "" if kept.at is None else _(" at {at}", at=round_to_second(kept.at))
        yield (
            _(
                "Checkpoint {where}: holds. {size:,} {size:entry|entries}, signed by {keys}",
                where=kept.where,
                size=kept.size,
                keys=", ".join(kept.keys),
            )
            + when
        )
    if found.findings:
        yield _("{count:,} {count:finding|findings}:", count=len(found.findings))
        yield from finding_lines(found.findings)
        return
    yield _("Nothing was changed.")
    yield _(
        "Not covered: what was counted (tables budgets and work), when a record is due, and how long a backup may hold "
        "an erased key."
    )
    if not given:
        yield _(
            "No checkpoint was given: the log agrees with itself and with the checkpoints that it keeps, but whoever "
            "holds its key and its database could have made it so. Compare it with one that somebody else keeps."
        )


def verification_json(found: VaultVerification) -> dict[str, Any]:
    """The same for programs."""
    log, records, tables = found.log, found.rest.records, found.rest.tables
    return {
        "origin": log and log.origin,
        "size": log and log.size,
        "root": log and log.root,
        "disclosed": log and log.disclosed,
        "erased_entries": log and log.erased,
        "rows": dict(tables.rows),
        "compared": tables.compared,
        "records": records and records.opened,
        "erased_records": records and records.erased,
        "keys": records and records.keys,
        "checkpoints": [
            {
                "where": k.where,
                "size": k.size,
                "root": k.root.hex(),
                "keys": list(k.keys),
                "consistency": [h.hex() for h in k.proof],
            }
            for k in (log.checkpoints if log else ())
        ],
        "findings": [{"code": f.code.value, "where": f.where, **f.values} for f in found.findings],
    }
