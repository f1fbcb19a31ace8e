"""The manifest: the one file that says what the ledger consists of.

It is swapped as a whole, so that a reader sees one generation and a crash leaves the last one. It holds no clock time
but that of purges, so that without them its digest depends on the sources and their order alone.

The mark of a backup stands beside it: what has one is read, and never written to as a ledger. A copy that goes on by
itself would give reads salts that the original gives to other reads (decisions 14 and 17).
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path, PurePath
from typing import Annotated, Any, ClassVar

from pydantic import Field

from wayseal.ledger.errors import BackupRefusedError, LedgerError, LedgerVersionError
from wayseal.merkle.hashing import leaf_hash
from wayseal.model.errors import disk_says
from wayseal.model.schema import CLOSED, parse_json, plain, value_at
from wayseal.proofs.reads import COLUMNS
from wayseal.store.durable import replace_file

MARKER = "backup.json"
_MARKER_FORMAT = "wayseal_backup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """Of which ledger a folder is a copy (its id). restoring: it is to become a ledger, and isn't one yet."""

    __pydantic_config__: ClassVar = CLOSED
    version: Annotated[int, Field(alias=_MARKER_FORMAT, ge=1, le=1)] = 1
    id: str
    restoring: bool = False


def save_marker(folder: Path, marker: Marker) -> None:
    """Marks a folder, durably."""
    replace_file(folder / MARKER, json.dumps(plain(marker), sort_keys=True).encode() + b"\n")


def load_marker(folder: Path) -> Marker | None:
    """The folder's mark, None where it has none; LedgerError if it can't be read."""
    path = folder / MARKER
    try:
        content = path.read_bytes()
        if value_at(content, _MARKER_FORMAT) is None:
            raise ValueError(_MARKER_FORMAT)
        return parse_json(content, Marker)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LedgerError("can't be read ({reason})", file=path, reason=disk_says(error)) from error
    except ValueError as error:
        raise LedgerError("this mark of a backup is damaged or of another version", file=path) from error


def refuse_backup(folder: Path) -> None:
    """BackupRefusedError where the folder is marked, however the mark reads."""
    if (folder / MARKER).exists():
        raise BackupRefusedError(
            "this is a backup, which is only read: make a ledger of it with `wayseal ledger restore`", file=folder
        )


_EPOCH = date(1970, 1, 1)
DAY_US = 86_400_000_000
LAYOUT = 2
NAME = "manifest.json"
TOMBSTONES, GONE = "tombstones", "gone"
SHARDS, SHARD = "shards/", "shard"
"""Where the shards of a set lie (`sharding`), and the kind of file that is what the set keeps of a shard's manifest."""
REWRITTEN = (
    "catalogue",
    "numbers",
    "pairs:actor",
    "pairs:outlet",
    "table:waybills",
    "table:changes",
    "table:scans",
    "table:tickets",
    "table:partner_calls",
)
"""Kinds of files that a purge rewrites: those that hang on a waybill, but for reads, which go by whole segments."""
_FORMAT = "wayseal_ledger"
_MOST_PARTS = 1 << 16
_DIGEST = 1
"""The version of the spelling that the ledger's digest is made of."""
_COMMIT_HEAD = bytes((2, 1))
"""Before what is hashed of a commit: that it is one and no page, and the version of these bytes."""
_SHARD_HEAD = bytes((3, 1))
"""The same of the manifest of a shard."""
_NEWER = ("after", "emptied", "replaced", "withdrawn")
"""Fields of a source that older ledgers lack, and whose digests stay."""
_COMING = ("came_at", "came_by")
"""Fields of a source that are no part of the ledger's digest either: the same logs make the same ledger at any time."""
_SEAL = ("id", "secret", "commits", "size", "root")
"""Fields that are no part of the ledger's digest, which must not hang on chance."""
_Count = Annotated[int, Field(ge=0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One file of reads that a purge removed: the day of its bucket (after 1970-01-01), its rows and SHA-256."""

    __pydantic_config__: ClassVar = CLOSED
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

    __pydantic_config__: ClassVar = CLOSED
    generation: _Count
    before: str
    who: str
    why: str
    at: str
    reads: _Count
    waybills: _Count
    held: _Count
    below_minimum: bool
    rows: Mapping[str, int] = field(default_factory=dict)
    segments: tuple[Segment, ...] = ()

    @property
    def day(self) -> int:
        """The day before which everything went, after 1970-01-01."""
        return parse_day(self.before)


def parse_day(text: str) -> int:
    """A day such as 2026-03-01 as days after 1970-01-01; ValueError where it is none."""
    return (date.fromisoformat(text) - _EPOCH).days


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """One file: kind (what it holds), path below the ledger, day of its bucket (kind `accesses`), generation."""

    __pydantic_config__: ClassVar = CLOSED
    kind: str
    path: str
    generation: _Count
    rows: _Count
    bytes: _Count
    sha256: str
    day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEntry:
    """One file that was ingested: its table, name without folder, digest, size in bytes, and what became of its rows.

    rows: kept. rejected: reason → rows in quarantine. repeated: rows left out because their `access` id was known, or
    because they say of their id what the ledger says.
    dropped: rows that the mapping's filters left out. emptied: "column reason" → cells of kept rows that could not be
    read and are empty. replaced: rows that went when the file was read again; the other counts are then 0. after: lines
    at its start whose rows an earlier source brought.
    mapping, offset: digest of the mapping ("" for none) and offset from UTC in seconds with which it was read.
    first_at, last_at: least and greatest time of its rows, in microseconds, where the table has one.
    withdrawn: `at`, `who` and `why`, where its rows were taken out. came_at, came_by: when it came in (µs), and by
    whom, where that was said.
    """

    __pydantic_config__: ClassVar = CLOSED
    table: str
    name: str
    sha256: str
    bytes: _Count
    rows: _Count
    rejected: Mapping[str, int] = field(default_factory=dict)
    repeated: _Count = 0
    dropped: _Count = 0
    emptied: Mapping[str, int] = field(default_factory=dict)
    first_at: int | None = None
    last_at: int | None = None
    after: _Count = 0
    replaced: _Count = 0
    withdrawn: Mapping[str, str] = field(default_factory=dict)
    came_at: int | None = None
    came_by: str = ""
    mapping: str
    offset: int

    @property
    def seen(self) -> int:
        """Rows that were looked at, and count."""
        return self.rows + self.repeated + self.dropped + sum(self.rejected.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitEntry:
    """One commit's part of the tree: `pages` leaves over its reads, and behind them one leaf over this entry.

    parts: into how many ranges of keys its reads were cut. columns: those of its reads that are hashed beside the ones
    that every read has. sources: how many the ledger had after it. digest: the ledger's, after it.
    """

    __pydantic_config__: ClassVar = CLOSED
    generation: _Count
    parts: Annotated[int, Field(ge=1, le=_MOST_PARTS)]
    columns: tuple[str, ...]
    pages: _Count
    sources: _Count
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A generation of a ledger. key_bits: kept bits of a key (64 outside of tests). counts: additive totals.

    id: drawn when the ledger was made. secret: by what the file of that name is known.
    size, root: of the tree. purges: what was removed, the oldest first.
    """

    __pydantic_config__: ClassVar = CLOSED
    layout: Annotated[int, Field(alias=_FORMAT, ge=LAYOUT, le=LAYOUT)] = LAYOUT
    generation: _Count = 0
    key_bits: _Count = 64
    files: tuple[FileEntry, ...]
    sources: tuple[SourceEntry, ...]
    counts: Mapping[str, int] = field(default_factory=dict)
    id: Annotated[str, Field(min_length=1)]
    secret: str
    commits: tuple[CommitEntry, ...]
    size: _Count = 0
    root: str = ""
    purges: tuple[PurgeEntry, ...] = ()

    def to_json(self) -> str:
        """Canonical spelling: keys sorted, no spaces."""
        return canonical(self._fields())

    def _content(self) -> str:
        """The spelling of what the sources made, which the digest is made of."""
        content = {k: v for k, v in self._fields().items() if k not in _SEAL}
        content["sources"] = [{k: v for k, v in s.items() if k not in _COMING} for s in content["sources"]]
        content["files"] = [one for one in content["files"] if one["kind"] != SHARD]
        return canonical({**content, _FORMAT: _DIGEST})

    def _fields(self) -> dict[str, Any]:
        """As JSON; `purges` and what is newer in sources only where there is something to say."""
        content: dict[str, Any] = plain(self)
        content["sources"] = [
            {k: v for k, v in s.items() if k not in (*_NEWER, *_COMING) or v} for s in content["sources"]
        ]
        return content if self.purges else {k: v for k, v in content.items() if k != "purges"}

    def rows(self, table: str) -> int:
        """How many rows of a table there are: what its sources brought, or after a purge what its files hold."""
        if not self.purges:
            return sum(s.rows for s in self.sources if s.table == table)
        kind = table if table == "accesses" else f"table:{table}"
        return sum(f.rows for f in self.files if f.kind == kind)

    def leaf_ranges(self) -> Iterator[tuple[CommitEntry, int, int]]:
        """Yield each commit with the places in the tree of its first page and of its own leaf, which comes last."""
        first = 0
        for commit in self.commits:
            yield commit, first, first + commit.pages
            first += commit.pages + 1

    @property
    def shards(self) -> tuple[FileEntry, ...]:
        """The manifests of its shards, where it is that of a set."""
        return tuple(one for one in self.files if one.kind == SHARD)

    @property
    def gone_reads(self) -> int:
        """Reads that purges removed, or that went when their sources were read again."""
        again = sum(s.replaced for s in self.sources if s.table == "accesses")
        return again + sum(p.reads for p in self.purges)

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


def canonical(content: Mapping[str, Any]) -> str:
    """JSON in one spelling: keys sorted, no spaces, ASCII."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def hash_commit(manifest: Manifest, commit: CommitEntry) -> bytes:
    """The hash of a commit's leaf, which binds the ledger's digest, and under which id and secret it came to be."""
    content = {"id": manifest.id, "secret": manifest.secret, **asdict(commit)}
    return leaf_hash(_COMMIT_HEAD + canonical(content).encode())


def hash_shard(content: bytes) -> bytes:
    """The hash of the leaf of a shard, by the bytes of its manifest."""
    return leaf_hash(_SHARD_HEAD + content)


def shard_folder(place: int) -> str:
    """Where a shard lies below its set."""
    return f"{SHARDS}{place:04d}"


def refuse_set(ledger: Path, manifest: Manifest) -> None:
    """LedgerError where it is the manifest of a set, with which that can't be done."""
    if manifest.shards:
        raise LedgerError(
            "this is a set of shards: that is done with the one ledger that `wayseal ledger merge` makes of it",
            file=ledger,
        )


def refuse_shard(ledger: Path) -> None:
    """LedgerError where it is a shard of a set, to which that alone writes."""
    folder = ledger.resolve().parent
    if folder.name == SHARDS.rstrip("/") and (folder.parent / NAME).is_file():
        raise LedgerError("this is a shard: its set alone is written to", file=ledger)


def save_manifest(ledger: Path, manifest: Manifest) -> None:
    """Makes `manifest` the ledger's, at once or not at all."""
    replace_file(ledger / NAME, manifest.to_json().encode() + b"\n")


def load_manifest(ledger: Path) -> Manifest:
    """The ledger's manifest; LedgerError if it is missing, damaged or of another layout."""
    path = ledger / NAME
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        if (ledger / MARKER).exists():
            raise LedgerError(
                "this copy is not complete yet: run the command that makes it again (no manifest)", file=path
            ) from None
        raise LedgerError("there is no ledger here (no manifest)", file=path) from None
    except OSError as error:
        raise LedgerError("can't be read ({reason})", file=path, reason=disk_says(error)) from error
    return parse_manifest(content, path)


def load_kept(ledger: Path, entry: FileEntry) -> Manifest:
    """What a set keeps of a shard's manifest; LedgerError if it is missing or was changed."""
    return parse_manifest(read_kept(ledger, entry), ledger / entry.path)


def read_kept(ledger: Path, entry: FileEntry) -> bytes:
    """The same as it lies there."""
    path = ledger / entry.path
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LedgerError("can't be read ({reason})", file=path, reason=disk_says(error)) from error
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise LedgerError("this file of the ledger was changed", file=path)
    return content


def parse_manifest(content: bytes, path: Path) -> Manifest:
    """A manifest of a file's content; LedgerError if it is damaged or of another layout."""
    try:
        if f'"{_FORMAT}":'.encode() not in content:
            raise ValueError(_FORMAT)
        made = parse_json(content, Manifest)
        check_manifest(made)
    except ValueError as error:
        layout = value_at(content, _FORMAT)
        if layout in {None, LAYOUT}:
            raise LedgerError("the manifest is damaged", file=path) from error
        raise LedgerVersionError(
            "layout version {layout!r:.20}; this version of Wayseal reads layout {known}",
            file=path,
            layout=layout,
            known=LAYOUT,
        ) from None
    return made


def check_manifest(made: Manifest) -> None:
    """Raises ValueError where parts of a manifest can't be together, or can't be at all."""
    paths = [f.path for f in made.files]
    if not all(map(_is_inside, paths)) or len(set(paths)) != len(paths):
        raise ValueError("path")
    if any(c.parts & (c.parts - 1) or not set(c.columns) <= set(COLUMNS) for c in made.commits):
        raise ValueError("commits")
    if any(p.before != date.fromisoformat(p.before).isoformat() for p in made.purges):
        raise ValueError("before")
    reads = sum(f.rows for f in made.files if f.kind == "accesses") + made.gone_reads
    if not made.shards and sum(c.pages for c in made.commits) > reads:
        raise ValueError("pages")


def _is_inside(path: str) -> bool:
    inner = PurePath(path)
    return bool(inner.parts) and not inner.is_absolute() and ".." not in inner.parts
