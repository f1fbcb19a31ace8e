"""Options of an ingest, and its report."""

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wayseal.ledger._manifest import SourceEntry
from wayseal.model.tasks import Run
from wayseal.store.types import Notice, Reason


def silent(_stage: str, _done: int, _total: int) -> None:
    """Tells nobody."""


def no_step(_name: str) -> None:
    """Does nothing at a step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestOptions:
    """How to ingest.

    Attributes:
        memory: Bytes of rows that are held before they go to disk; the whole process needs about 1.5 GB more.
        commit_bytes: Size of sources after which what was read is committed; a crash costs at most that much work.
        again: Read files that are in the ledger again, in place of what they brought.
        keep_rejected: Also keep the text of rejected rows, in a file that only its owner can read.
        key_bits: For tests of collisions: a new ledger keeps so many bits of a key.
        parts: For tests: how many parts.
        piece_rows: Rows of a Parquet file that a task reads, where others run them.
        projection: Whether a vault's projection or the stream asks: they alone may use the names kept for them.
        who: Who brings them in, as the ledger is to say.
        at: When, in microseconds; None: the ledger doesn't say.
        run: Runs an ingest's tasks, where it isn't to be done by this process alone; of sets only.
        on_step: Called with a name at each step that a crash may hit.
        entropy: Gives the random bytes of a new ledger.
    """

    memory: int = 768 << 20
    commit_bytes: int = 4 << 30
    again: bool = False
    keep_rejected: bool = False
    key_bits: int = 64
    parts: int | None = None
    piece_rows: int = 4 << 20
    projection: bool = False
    who: str = ""
    at: int | None = None
    run: Run | None = None
    on_step: Callable[[str], None] = no_step
    entropy: Callable[[int], bytes] = os.urandom


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A file that was in the ledger before."""

    table: str
    name: str


_PAST, _FEWEST, _SMALLEST, _JUMP = 100, 10, 0.01, 5
"""What a jump of rejects takes; see `find_reject_jumps`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRejects:
    """The rejected rows of one file, of all tables that it fills. What a purge turns away is no fault of the file.

    Attributes:
        name: Its name without folder.
        read: Rows that were looked at.
        rejected: Reason → rows.
    """

    name: str
    read: int
    rejected: Mapping[str, int]

    @property
    def rows(self) -> int:
        """How many were rejected."""
        return sum(self.rejected.values())

    @property
    def share(self) -> float:
        """Share of the rows that were rejected."""
        return self.rows / self.read if self.read else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectJump:
    """A file of which a larger share was rejected than of all before it that were read in the same way.

    Attributes:
        name: Its name without folder.
        share: Share of its rows that were rejected, 0 to 1.
        before: The same of all earlier ones together.
    """

    name: str
    share: float
    before: float


def count_rejects(sources: Sequence[SourceEntry]) -> dict[str, FileRejects]:
    """Count the rejected rows of each file, by its digest."""
    found: dict[str, FileRejects] = {}
    for entry in sources:
        old = found.get(entry.sha256, FileRejects(name=entry.name, read=0, rejected={}))
        rejected = Counter({**entry.rejected, Reason.PURGED: 0}) + Counter(old.rejected)
        found[entry.sha256] = FileRejects(name=entry.name, read=old.read + entry.seen, rejected=rejected)
    return found


def find_reject_jumps(before: Sequence[SourceEntry], new: Sequence[SourceEntry]) -> tuple[RejectJump, ...]:
    """Files whose rejects jump against the past of the same feed: the same tables, read by the same mapping.

    A jump is ten rejected rows, a hundredth of the file and five times the share of before, at least; of a feed with
    fewer than 100 rows before nothing is said.

    Args:
        before: What the ledger had.
        new: What came in.

    """
    feeds = {entry.sha256: (entry.mapping, entry.table if not entry.mapping else "") for entry in (*before, *new)}
    rejected: Counter[tuple[str, str]] = Counter()
    read: Counter[tuple[str, str]] = Counter()
    for digest, file in count_rejects(before).items():
        rejected[feeds[digest]] += file.rows
        read[feeds[digest]] += file.read
    jumps = []
    for digest, file in count_rejects(new).items():
        feed = feeds[digest]
        if read[feed] < _PAST or file.rows < _FEWEST:
            continue
        past = rejected[feed] / read[feed]
        if file.share >= _SMALLEST and file.share >= _JUMP * past:
            jumps.append(RejectJump(name=file.name, share=file.share, before=past))
    return tuple(jumps)


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """The result of an ingest.

    Attributes:
        digest: The ledger's, after it.
        ingested: Files that are in the ledger now.
        paths: Where each of these lies.
        skipped: Files that were in it before.
        replaced: What was read again, as it stood before.
        conflicts: Table → rows that replaced one with the same id and other content.
        notices: What else a person must know.
        jumps: Files of which much more was rejected than of the same feed before.
    """

    digest: str
    ingested: tuple[SourceEntry, ...] = ()
    paths: tuple[Path, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    replaced: tuple[SourceEntry, ...] = ()
    conflicts: Mapping[str, int] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    jumps: tuple[RejectJump, ...] = ()

    @property
    def rows(self) -> int:
        """Rows that came in."""
        return sum(s.rows for s in self.ingested)

    @property
    def rejected(self) -> dict[str, int]:
        """Rows in quarantine by reason."""
        out: dict[str, int] = {}
        for source in self.ingested:
            for reason, count in source.rejected.items():
                out[reason] = out.get(reason, 0) + count
        return out

    @property
    def files(self) -> tuple[FileRejects, ...]:
        """The rejected rows of each file."""
        return tuple(count_rejects(self.ingested).values())

    @property
    def repeated(self) -> int:
        """Reads left out because their `access` id was known for that waybill."""
        return sum(s.repeated for s in self.ingested)

    @property
    def dropped(self) -> int:
        """Rows that the mapping's filters left out."""
        return sum(s.dropped for s in self.ingested)
