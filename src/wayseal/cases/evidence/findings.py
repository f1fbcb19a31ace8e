"""Findings of a pack's verification, as data; `texts` has the words."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from wayseal.model.errors import Finding, exit_code_of
from wayseal.proofs.stamps import Stamped


class Code(StrEnum):
    """A fault of a file of a pack.

    CHANGED: its bytes are others; CHUNKS: which pieces of it; BYTES: which bytes, by the original; MISSING; EXTRA: no
    manifest lists it; RECORD: the file is what most records say, and one says something else; LINE: of a manifest,
    can't be read; INDEX: `pack.json` can't be read; CUSTODY: a line of the custody, or what it says of an item; SEAL:
    not the value that was written down; PROOF: one that doesn't hold; PROOF_KEY: signed by others; PROOF_READ: it
    proves another access than the pack lists; PROOF_POINT: another checkpoint than the pack's; STAMP: doesn't hold.
    """

    CHANGED = "changed"
    CHUNKS = "chunks"
    BYTES = "bytes"
    MISSING = "missing"
    EXTRA = "extra"
    RECORD = "record"
    LINE = "line"
    INDEX = "index"
    CUSTODY = "custody"
    CUSTODY_HASH = "custody-hash"
    SEAL = "seal"
    PROOF = "proof"
    PROOF_KEY = "checkpoint-key"
    PROOF_READ = "proof-read"
    PROOF_POINT = "proof-point"
    STAMP = "stamp"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackVerification:
    """The result of verifying a pack.

    Attributes:
        name: Of the folder in it.
        case: Id of the case; "" where `pack.json` can't be read.
        made_at: When it says that it was made.
        who: Who it says made it.
        wayseal: Version that it says made it.
        files: How many were looked at.
        size: Bytes of them.
        seal: SHA-256 of `tagmanifest-sha256.txt`.
        findings: What is wrong.
        proofs: How many proofs of accesses hold.
        keys: Who signed their checkpoint, as name+id.
        own_key: Whether they were checked with the key in the pack alone.
        as_written: Whether the archive around the files is as Wayseal writes it.
        remarks: What the pack says of itself, by language.
        stamped: The time stamp that holds.
    """

    name: str
    case: str
    made_at: str
    who: str
    wayseal: str
    files: int
    size: int
    seal: str
    findings: tuple[Finding, ...]
    proofs: int
    keys: tuple[str, ...]
    own_key: bool
    as_written: bool
    remarks: tuple[Mapping[str, str], ...] = ()
    stamped: Stamped | None = None

    @property
    def sound(self) -> bool:
        """True if nothing is wrong."""
        return not self.findings

    @property
    def exit_code(self) -> int:
        """The exit code of the command: 0 where nothing is wrong, 7 what was changed, 9 proofs signed by others."""
        return exit_code_of(self.findings)
