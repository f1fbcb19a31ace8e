"""What pages say of a ledger: what is in it, and whether it goes on from the newest checkpoint that somebody signed.

1. A signature counts under the key that was given alone; a checkpoint of another key is as good as none.
2. What costs a walk is kept until the ledger changes.
"""

import threading
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from wayseal.ledger import LedgerError, Snapshot, Summary, open_ledger
from wayseal.ledger.integrity import check_history
from wayseal.merkle import Checkpoint, MerkleError, VerifyKey

_ENDING = "*.checkpoint"


class Proof(StrEnum):
    """What the newest checkpoint says of the ledger."""

    NONE = "none"
    """No folder of checkpoints or no key is set, or the folder holds none."""
    HOLDS = "holds"
    BROKEN = "broken"
    """The ledger doesn't go on from it."""
    UNSIGNED = "unsigned"
    """It isn't signed by the key that was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerView:
    """A ledger as pages show it.

    Attributes:
        summary: What is in it.
        origin: Its id.
        size: Leaves of its tree.
        root: Of its tree, in hex.
        proof: What the newest checkpoint says.
        signed: The name of that checkpoint's file, without ending: its day.
        signed_size: Leaves of the tree that was signed.
        key: Id of the key that signed.
        hours: Hour since 1970 and its reads, of hours that have any.
    """

    summary: Summary
    origin: str
    size: int
    root: str
    proof: Proof
    signed: str = ""
    signed_size: int = 0
    key: str = ""
    hours: tuple[tuple[int, int], ...] = ()


class LedgerReader:
    """Looks at a ledger for pages."""

    def __init__(self, ledger: Path, checkpoints: Path | None, key: VerifyKey | None) -> None:
        self._ledger = ledger
        self._checkpoints = checkpoints
        self._key = key
        self._lock = threading.Lock()
        self._summary: tuple[str, Summary, tuple[tuple[int, int], ...]] | None = None

    @property
    def folder(self) -> Path:
        """Where the ledger lies."""
        return self._ledger

    @property
    def key(self) -> VerifyKey | None:
        """The one that checkpoints have to be signed by; None: none is set."""
        return self._key

    def look(self) -> LedgerView | LedgerError:
        """The ledger as it is now; the error where it can't be read."""
        try:
            with open_ledger(self._ledger) as snapshot:
                return self._view(snapshot)
        except LedgerError as error:
            return error

    def _view(self, snapshot: Snapshot) -> LedgerView:
        point = snapshot.checkpoint
        proof, signed, note = self._prove(snapshot)
        summary, hours = self._summarise(snapshot)
        return LedgerView(
            summary=summary,
            hours=hours,
            origin=point.origin,
            size=point.size,
            root=point.root.hex(),
            proof=proof,
            signed=signed,
            signed_size=0 if note is None else note.size,
            key="" if self._key is None else self._key.id,
        )

    def _summarise(self, snapshot: Snapshot) -> tuple[Summary, tuple[tuple[int, int], ...]]:
        """Rule 2."""
        with self._lock:
            if self._summary is None or self._summary[0] != snapshot.digest:
                hours = zip(*(column.to_pylist() for column in snapshot.activity().columns), strict=True)
                self._summary = snapshot.digest, snapshot.summary(), tuple(hours)
            return self._summary[1:]

    def _prove(self, snapshot: Snapshot) -> tuple[Proof, str, Checkpoint | None]:
        if self._checkpoints is None or self._key is None:
            return Proof.NONE, "", None
        newest = max(self._checkpoints.glob(_ENDING), default=None, key=lambda file: file.name)
        if newest is None:
            return Proof.NONE, "", None
        try:
            point, _ = Checkpoint.open(newest.read_bytes(), [self._key])
        except (MerkleError, OSError):
            return Proof.UNSIGNED, newest.stem, None
        code = check_history(snapshot.path, snapshot.manifest, point).code
        return (Proof.HOLDS if code is None else Proof.BROKEN), newest.stem, point
