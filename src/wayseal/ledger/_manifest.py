"""The manifest: the one file that says what the ledger consists of.

It is swapped as a whole, so that a reader sees one generation and a crash leaves the last one. It holds no clock time
but that of purges, so that without them its digest depends on the sources and their order alone.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from wayseal.ledger._files import replace_file
from wayseal.ledger._layout import OPTIONAL
from wayseal.ledger._marker import NAME as MARKER
from wayseal.ledger.errors import LedgerError, LedgerVersionError
from wayseal.model.errors import disk_says

_EPOCH = date(1970, 1, 1)
DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One file of reads that a purge removed: the day of its bucket (after 1970-01-01), its rows and SHA-256."""

    day: int
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeEntry:
    """One purge. before: the day (2026-03-01); of waybills first seen earlier nothing is left, but for those held.

    generation: that it made. at: when, as whoever ran it said. reads, waybills: removed. held: waybills that were first
    seen earlier and stayed because one of their reads is younger than the legal minimum. below_minimum: whether that
    minimum was set aside. rows: table → rows removed of the other tables. segments: the files of reads that went.
    """

    generation: int
    before: str
    who: str
    why: str
    at: str
    reads: int
    waybills: int
    held: int
    below_minimum: bool
    rows: Mapping[str, int] = field(default_factory=dict)
    segments: tuple[Segment, ...] = ()

    @property
    def day(self) -> int:
        """The day before which everything went, after 1970-01-01."""
        return parse_day(self.before)

    @staticmethod
    def of(content: Mapping[str, Any]) -> "PurgeEntry":
        """From JSON; TypeError or ValueError where it is none."""
        made = PurgeEntry(**{**content, "segments": tuple(Segment(**s) for s in content["segments"])})
        numbers = (*made.rows.values(), *(n for s in made.segments for n in (s.rows, s.day)))
        if type(made.below_minimum) is not bool or not all(type(n) is int for n in numbers):
            raise TypeError("purge")
        if made.before != date.fromisoformat(made.before).isoformat():
            raise ValueError("before")
        return made


def parse_day(text: str) -> int:
    """A day such as 2026-03-01 as days after 1970-01-01; ValueError where it is none."""
    return (date.fromisoformat(text) - _EPOCH).days


LAYOUT = 2
NAME = "manifest.json"
_FORMAT = "wayseal_ledger"
_MOST_PARTS = 1 << 16
_DIGEST = 1
"""The version of the spelling that the ledger's digest is made of."""
_SEAL = ("id", "secret", "commits", "size", "root")
"""Fields that are no part of the ledger's digest, which must not hang on chance."""


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
    mapping, offset: digest of the mapping ("" for none) and offset from UTC in seconds with which it was read.
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
    mapping: str
    offset: int

    def to_json(self) -> dict[str, Any]:
        """Its fields; `after` only where there is something to say, as in the spelling that the digest is made of."""
        content = _plain(self)
        return {k: v for k, v in content.items() if k != "after" or v}


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitEntry:
    """What one commit added to the tree: `pages` leaves over its reads, and behind them one leaf over this entry.

    parts: into how many ranges of keys its reads were cut. columns: those of its reads that are hashed beside the ones
    that every read has. sources: how many the ledger had after it. digest: the ledger's, after it.
    """

    generation: int
    parts: int
    columns: tuple[str, ...]
    pages: int
    sources: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A generation of a ledger. key_bits: kept bits of a key (64 outside of tests). counts: additive totals.

    id: drawn when the ledger was made. secret: by what the file of that name is known.
    size, root: of the tree. purges: what was removed, the oldest first.
    """

    generation: int = 0
    key_bits: int = 64
    files: tuple[FileEntry, ...] = ()
    sources: tuple[SourceEntry, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    id: str
    secret: str
    commits: tuple[CommitEntry, ...] = ()
    size: int = 0
    root: str = ""
    purges: tuple[PurgeEntry, ...] = ()

    def to_json(self) -> str:
        """Canonical spelling: keys sorted, no spaces."""
        return canonical({_FORMAT: LAYOUT, **self._fields()})

    def _content(self) -> str:
        """The spelling of what the sources made, which the digest is made of."""
        content = {k: v for k, v in self._fields().items() if k not in _SEAL}
        return canonical({_FORMAT: _DIGEST, **content})

    def _fields(self) -> dict[str, Any]:
        content = {
            **_plain(self),
            "files": [_plain(f) for f in self.files],
            "sources": [s.to_json() for s in self.sources],
            "commits": [_plain(c) for c in self.commits],
            "purges": [{**_plain(p), "segments": [_plain(s) for s in p.segments]} for p in self.purges],
        }
        return content if self.purges else {k: v for k, v in content.items() if k != "purges"}

    def rows(self, table: str) -> int:
        """How many rows of a table there are: what its sources brought, or after a purge what its files hold."""
        if not self.purges:
            return sum(s.rows for s in self.sources if s.table == table)
        kind = table if table == "accesses" else f"table:{table}"
        return sum(f.rows for f in self.files if f.kind == kind)

    @property
    def boundary(self) -> int | None:
        """The day (after 1970-01-01) before which nothing is taken in any more; None before the first purge."""
        return max((p.day for p in self.purges), default=None)

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of what the sources made, without what was drawn by chance."""
        return hashlib.sha256(self._content().encode()).hexdigest()

    @property
    def origin(self) -> str:
        """The name of the ledger's tree, as it stands in checkpoints."""
        return f"wayseal/{self.id}"


_Entry = Manifest | FileEntry | SourceEntry | CommitEntry | PurgeEntry


_TYPES: dict[type, tuple[tuple[str, Any], ...]] = {
    kind: tuple((f.name, f.type) for f in dataclasses.fields(kind))
    for kind in (Manifest, FileEntry, SourceEntry, CommitEntry, PurgeEntry)
}
"""The fields of what a manifest is made of, and their types."""


def _plain(entry: _Entry | Segment) -> dict[str, Any]:
    """Its fields as they are: `dataclasses.asdict` copies what is in them, which takes ten times as long."""
    return {name: getattr(entry, name) for name in entry.__slots__}


def canonical(content: Mapping[str, Any]) -> str:
    """JSON in one spelling: keys sorted, no spaces, ASCII."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


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
        if (ledger / MARKER).exists():
            raise LedgerError(
                "this copy is not complete yet: run the command that makes it again (no manifest)", file=path
            ) from None
        raise LedgerError("there is no ledger here (no manifest)", file=path) from None
    except OSError as error:
        raise LedgerError("can't be read ({reason})", file=path, reason=disk_says(error)) from error
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise LedgerError("the manifest is damaged", file=path) from error
    if layout != LAYOUT:
        raise LedgerVersionError(
            "layout version {layout!r:.20}; this version of Wayseal reads layout {known}",
            file=path,
            layout=layout,
            known=LAYOUT,
        )
    try:
        return _manifest(content)
    except (TypeError, ValueError, KeyError) as error:
        raise LedgerError("the manifest is damaged", file=path) from error


def parse_manifest(content: Mapping[str, Any]) -> Manifest:
    """A manifest out of the JSON that `Manifest.to_json` gives; ValueError if it is none."""
    try:
        rest = {k: v for k, v in content.items() if k != _FORMAT}
        made = _manifest(rest)
        if content[_FORMAT] != LAYOUT or canonical(content) != made.to_json():
            raise ValueError("spelling")
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("manifest") from error
    return made


def _manifest(content: dict[str, Any]) -> Manifest:
    files = tuple(FileEntry(**f) for f in content.pop("files"))
    sources = tuple(SourceEntry(**s) for s in content.pop("sources"))
    commits = tuple(CommitEntry(**{**c, "columns": tuple(c["columns"])}) for c in content.pop("commits"))
    purges = tuple(PurgeEntry.of(p) for p in content.pop("purges", ()))
    made = Manifest(files=files, sources=sources, commits=commits, purges=purges, **content)
    entries: tuple[_Entry, ...] = (made, *files, *sources, *commits, *purges)
    for entry in entries:
        _check_types(entry)
    if not all(_is_inside(f.path) for f in files) or len({f.path for f in files}) != len(files):
        raise ValueError("path")
    if not made.id:
        raise ValueError("id")
    if not all(0 < c.parts <= _MOST_PARTS and c.parts & (c.parts - 1) == 0 for c in commits):
        raise ValueError("parts")
    if not all(set(c.columns) <= set(OPTIONAL) for c in commits):
        raise ValueError("columns")
    reads = sum(f.rows for f in files if f.kind == "accesses") + sum(p.reads for p in purges)
    if sum(c.pages for c in commits) > reads:
        raise ValueError("pages")
    return made


def _check_types(entry: _Entry) -> None:
    """Raises TypeError where a field that is a number or a text is something else, or a number is below 0.

    Only an offset from UTC may be.
    """
    for name, wanted in _TYPES[type(entry)]:
        value = getattr(entry, name)
        if wanted is int and (type(value) is not int or (value < 0 and name != "offset")):
            raise TypeError("number")
        if wanted is str and not isinstance(value, str):
            raise TypeError("text")


def _is_inside(path: str) -> bool:
    parts = path.split("/")
    return not path.startswith("/") and ".." not in parts and any(part not in ("", ".") for part in parts)
