"""The manifest: the one file that says what the ledger consists of.

It is swapped as a whole, so that a reader sees one generation and a crash leaves the last one. It holds no clock time,
so that its digest depends on the sources and their order alone.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wayseal.ledger._files import replace_file
from wayseal.ledger.errors import LedgerError

LAYOUT = 1
NAME = "manifest.json"
_FORMAT = "wayseal_ledger"
_LATER: Mapping[str, object] = {"after": 0, "mapping": None, "offset": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """One file: kind (what it holds), path below the ledger, day of its bucket (kind `accesses`), generation."""

    kind: str
    path: str
    generation: int
    rows: int
    bytes: int
    sha256: str
    day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEntry:
    """One file that was ingested: its table, name without folder, digest, size in bytes, and what became of its rows.

    rows: kept. rejected: reason → rows in quarantine. repeated: rows left out because their `access` id was known.
    dropped: rows that the mapping's filters left out. after: lines at its start whose rows an earlier source brought.
    mapping, offset: digest of the mapping ("" for none) and offset from UTC in seconds with which it was read; None in
    ledgers that don't remember them.
    first_at, last_at: least and greatest time of its rows, in microseconds, where the table has one.
    """

    table: str
    name: str
    sha256: str
    bytes: int
    rows: int
    rejected: Mapping[str, int] = field(default_factory=dict)
    repeated: int = 0
    dropped: int = 0
    first_at: int | None = None
    last_at: int | None = None
    after: int = 0
    mapping: str | None = None
    offset: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Its fields; later ones that say nothing are left out, so that older ledgers keep their digest."""
        content = dataclasses.asdict(self)
        return {k: v for k, v in content.items() if k not in _LATER or v != _LATER[k]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A generation of a ledger. key_bits: kept bits of a key (64 outside of tests). counts: additive totals."""

    generation: int = 0
    key_bits: int = 64
    files: tuple[FileEntry, ...] = ()
    sources: tuple[SourceEntry, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> str:
        """Canonical spelling: keys sorted, no spaces."""
        content = {_FORMAT: LAYOUT, **dataclasses.asdict(self), "sources": [s.to_json() for s in self.sources]}
        return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical spelling, in hex."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


def save_manifest(ledger: Path, manifest: Manifest) -> None:
    """Makes `manifest` the ledger's, at once or not at all."""
    replace_file(ledger / NAME, manifest.to_json().encode() + b"\n")


def load_manifest(ledger: Path) -> Manifest:
    """The ledger's manifest; LedgerError if it is missing, damaged or of another layout."""
    path = ledger / NAME
    try:
        content = json.loads(path.read_bytes())
        layout = content.pop(_FORMAT)
    except FileNotFoundError:
        raise LedgerError("there is no ledger here (no manifest)", file=path) from None
    except OSError as error:
        raise LedgerError(f"can't be read ({error.strerror})", file=path) from error
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise LedgerError("the manifest is damaged", file=path) from error
    if layout != LAYOUT:
        message = f"layout version {layout!r:.20}; this version of Wayseal reads layout {LAYOUT}"
        raise LedgerError(message, file=path)
    try:
        return _manifest(content)
    except (TypeError, ValueError, KeyError) as error:
        raise LedgerError("the manifest is damaged", file=path) from error


def _manifest(content: dict[str, Any]) -> Manifest:
    files = tuple(FileEntry(**f) for f in content.pop("files"))
    sources = tuple(SourceEntry(**s) for s in content.pop("sources"))
    made = Manifest(files=files, sources=sources, **content)
    if not all(isinstance(f.path, str) and _is_inside(f.path) for f in files):
        raise ValueError("path")
    if not isinstance(made.generation, int) or not isinstance(made.key_bits, int):
        raise TypeError("number")
    return made


def _is_inside(path: str) -> bool:
    parts = Path(path).parts
    return bool(parts) and not Path(path).is_absolute() and ".." not in parts
