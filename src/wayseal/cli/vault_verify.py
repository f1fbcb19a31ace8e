"""`wayseal vault verify`: log, tables and records held to what was written, and a ledger to the log."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from wayseal.cli._options import VAULT, Lang, LangOption, OutputFormat, OutputFormatOption, QuietOption
from wayseal.cli._output import ProgressCallback, progress_bars
from wayseal.cli._proof_view import parse_key_file
from wayseal.cli._vault_session import VaultOption, VaultParts, open_parts, round_to_second
from wayseal.cli._words.vault_verify import VERIFY_TEXTS
from wayseal.merkle import VerifyKey
from wayseal.merkle.findings import Finding, exit_code_of
from wayseal.model.messages import filled
from wayseal.vault.errors import LogChangedError
from wayseal.vault.log.comparison import Comparison, check_projection
from wayseal.vault.log.integrity import Verification, verify
from wayseal.vault.log.integrity import verify as verify_log
from wayseal.vault.log.memory import LogMemory
from wayseal.vault.log.sound_entries import read_origin
from wayseal.vault.row_marks import RowMarks
from wayseal.vault.verification import VaultTotals, verify_vault

CHANGED = LogChangedError.exit_code


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionCheck:
    """What was found of the log, and of what the ledger has of it."""

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

    def lines(self, lang: Lang) -> Iterator[str]:
        """What was found, a line each thing."""
        words, log, rows = VERIFY_TEXTS[lang], self.log, self.rows
        yield filled(words["vault"], folder=self.folder, origin=log.origin or "-")
        yield filled(words["log"], size=log.size, disclosed=log.disclosed, erased=log.erased, root=log.root)
        yield words["not_compared"] if rows is None else filled(words["compared"], **_counts(rows))
        if self.findings:
            yield filled(words["bad"], count=len(self.findings))
            yield from finding_lines(self.findings, words)

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
        marks = RowMarks(parts.keyring, parts.main.read(read_origin) or "")
        try:
            rows = check_projection(parts.main, marks, ledger, progress)
        except LogChangedError:
            rows = None
    return ProjectionCheck(folder=folder, log=log, rows=rows)


def finding_lines(findings: Sequence[Finding], words: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the log, a line each thing."""
    for one in findings:
        yield f"  {one.where}: {filled(words[one.code], **_finding_values(one))}"


def _finding_values(one: Finding) -> dict[str, object]:
    """What its words need."""
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
    """What was found. log: None where a table that it needs isn't there."""

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
    lang: LangOption = Lang.EN,
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
    if format is OutputFormat.JSON:
        typer.echo(json.dumps(verification_json(found), ensure_ascii=False, indent=1))
    else:
        for line in verification_lines(found, vault, given=bool(checkpoint), words=VERIFY_TEXTS[lang]):
            typer.echo(line)
    if found.exit_code:
        raise typer.Exit(found.exit_code)


def _verify(
    parts: VaultParts, notes: Sequence[tuple[str, bytes]], keys: list[VerifyKey], progress: ProgressCallback
) -> VaultVerification:
    memory = LogMemory(parts.settings.memory_file)
    rest = verify_vault(parts.main, parts.keys, parts.keyring, parts.service, progress, memory)
    log = verify_log(parts.main, notes, known_keys(parts, keys), progress) if rest.tables.whole else None
    return VaultVerification(log=log, rest=rest)


def verification_lines(
    found: VaultVerification, folder: Path, *, given: bool, words: Mapping[str, str]
) -> Iterator[str]:
    """What was found, a line each thing. given: whether a checkpoint was."""
    log, records, tables = found.log, found.rest.records, found.rest.tables
    yield filled(words["vault"], folder=folder, origin=(log and log.origin) or "-")
    if log is not None:
        yield filled(words["log"], size=log.size, disclosed=log.disclosed, erased=log.erased, root=log.root)
    yield filled(words["tables"], rows=sum(tables.rows.values()), tables=len(tables.rows))
    if records is not None:
        yield filled(words["records"], opened=records.opened, erased=records.erased)
    else:
        yield words["not_looked"]
    if not tables.compared:
        yield words["not_told"]
    for kept in () if log is None else log.checkpoints:
        when = "" if kept.at is None else filled(words["kept_at"], at=round_to_second(kept.at))
        yield filled(words["kept"], where=kept.where, size=kept.size, keys=", ".join(kept.keys)) + when
    if found.findings:
        yield filled(words["bad"], count=len(found.findings))
        yield from finding_lines(found.findings, words)
        return
    yield words["fine"]
    yield words["uncovered"]
    if not given:
        yield words["alone"]


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
