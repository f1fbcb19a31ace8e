"""What goes into an ingest and what comes out of it."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from wayseal.ledger._manifest import SourceEntry
from wayseal.store.types import Notice

Progress = Callable[[str, int, int], None]
"""(stage, done, total)."""


Likeness = Literal["same", "mapping", "offset", "both"]


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
        keep_rejected: Also keep the text of rejected rows, in a file that only its owner can read.
        key_bits: For tests of collisions: a new ledger keeps so many bits of a key.
        parts: For tests: how many parts.
        on_step: Called with a name at each step that a crash may hit.
        entropy: Gives the random bytes of a new ledger.
    """

    memory: int = 768 << 20
    commit_bytes: int = 4 << 30
    keep_rejected: bool = False
    key_bits: int = 64
    parts: int | None = None
    on_step: Callable[[str], None] = no_step
    entropy: Callable[[int], bytes] = os.urandom


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A file that was in the ledger before. reading: what differs between how it was read then and how it would be."""

    table: str
    name: str
    reading: Likeness = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """What an ingest did.

    Attributes:
        digest: The ledger's, after it.
        ingested: Files that are in the ledger now.
        skipped: Files that were in it before.
        conflicts: Table → rows that replaced one with the same id and other content.
        notices: What else a person must know.
    """

    digest: str
    ingested: tuple[SourceEntry, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    conflicts: Mapping[str, int] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()

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
    def repeated(self) -> int:
        """Reads left out because their `access` id was known for that waybill."""
        return sum(s.repeated for s in self.ingested)

    @property
    def dropped(self) -> int:
        """Rows that the mapping's filters left out."""
        return sum(s.dropped for s in self.ingested)
