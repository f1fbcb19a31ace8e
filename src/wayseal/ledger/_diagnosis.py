"""A doctor's diagnosis of a ledger, as data; the command line has the words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from wayseal.ledger._manifest import FileEntry, Manifest

FOUND = 11
"""Exit code where something was found that somebody should see to."""


class Severity(StrEnum):
    """note: good to know. warning: to be seen to, nothing is lost. error: something is lost or was changed."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


class Fault(StrEnum):
    """The kinds of faults."""

    MANIFEST_MISSING = "manifest-missing"
    MANIFEST_CHANGED = "manifest-changed"
    FILE_MISSING = "file-missing"
    FILE_SHORT = "file-short"
    FILE_CHANGED = "file-changed"
    QUARANTINE_LONGER = "quarantine-longer"
    SECRET = "secret"  # noqa: S105 (no secret, but what is said of one)
    TILE = "tile"
    TREE = "tree"
    DERIVED = "derived"
    LEAVINGS = "leavings"
    MODES = "modes"
    DISK = "disk"
    LOCKED = "locked"
    SMALL_FILES = "small-files"


_SEVERITY = {
    Fault.LEAVINGS: Severity.WARNING,
    Fault.MODES: Severity.WARNING,
    Fault.DISK: Severity.WARNING,
    Fault.QUARANTINE_LONGER: Severity.WARNING,
    Fault.LOCKED: Severity.NOTE,
    Fault.SMALL_FILES: Severity.NOTE,
}


class Remedy(StrEnum):
    """The remedies of a fault.

    wait, compact, room, rebuild: by whoever keeps the ledger. remove, modes, cut: `repair` does it.
    tree: `repair` makes it again. backup: `repair` takes it from the backup that was given. give: a backup is needed.
    lost: the backup that was given doesn't have it.
    """

    WAIT = "wait"
    COMPACT = "compact"
    ROOM = "room"
    REMOVE = "remove"
    MODES = "modes"
    CUT = "cut"
    TREE = "tree"
    BACKUP = "backup"
    GIVE = "give"
    LOST = "lost"
    REBUILD = "rebuild"


SAFE = frozenset((Remedy.REMOVE, Remedy.MODES, Remedy.CUT, Remedy.TREE, Remedy.BACKUP))
"""What `repair` does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """The extent of damage to a file: its kind, bucket day (since 1970), rows, and the sources that may be in it.

    sources: names without folder, out of which its rows can have come. tiles and the secret have no rows of their own.
    """

    kind: str
    day: int | None = None
    rows: int = 0
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One thing that was found. where: path of the file or folder; values: what the words need."""

    fault: Fault
    remedy: Remedy
    where: Path
    affected: Affected | None = None
    values: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return _SEVERITY.get(self.fault, Severity.ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """The result of an examination; acts: what was mended before it.

    files, bytes: what the ledger consists of. free: bytes that the disk has left. deep: whether derived files were
    compared with the reads.
    """

    files: int
    bytes: int
    free: int
    deep: bool
    diagnoses: tuple[Diagnosis, ...]
    acts: tuple[Diagnosis, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 where there is nothing to be seen to; notes don't count."""
        return FOUND if any(d.severity is not Severity.NOTE for d in self.diagnoses) else 0


def describe_affected(manifest: Manifest, entry: FileEntry) -> Affected:
    """Describe what hangs on a file."""
    return Affected(kind=entry.kind, day=entry.day, rows=entry.rows, sources=_sources(manifest, entry))


def _sources(manifest: Manifest, entry: FileEntry) -> tuple[str, ...]:
    """Sources of its commit, or where files were merged up to it, that fill the tables of which it is made."""
    if entry.kind == "quarantine":
        stem = Path(entry.path).name[:16]
        return tuple(dict.fromkeys(s.name for s in manifest.sources if s.sha256[:16] == stem))
    first, last = 0, len(manifest.sources)
    before = 0
    for commit in manifest.commits:
        if commit.generation == entry.generation:
            first, last = before, commit.sources
        before = commit.sources
    if "-merged" in entry.path:
        first = 0
    some = manifest.sources[first:last]
    table = entry.kind.removeprefix("table:")
    own = [s.name for s in some if s.table == table]
    return tuple(dict.fromkeys(own or [s.name for s in some]))
