"""What verifying a vault's log needs, and a ledger compared with the log that it is a projection of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wayseal.cli._options import Lang
from wayseal.cli._progress import ProgressCallback
from wayseal.cli._vault_session import VaultParts, open_parts
from wayseal.cli._words.vault_verify import VERIFY_TEXTS
from wayseal.merkle import VerifyKey
from wayseal.merkle.findings import Finding
from wayseal.model.messages import filled
from wayseal.vault.errors import LogChangedError
from wayseal.vault.log.comparison import Comparison, check_projection
from wayseal.vault.log.integrity import Verification, verify
from wayseal.vault.log.sound_entries import read_origin
from wayseal.vault.row_marks import RowMarks

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
