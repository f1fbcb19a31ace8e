"""A vault's memory of its log, kept where whoever administers the database has no hand.

1. Remembered are how many entries the log had and the leaf of the last one, size and root of what was signed last, and
   how many entries a witness cosigned. A log that ends before, or goes another way there, gets nothing more: nothing is
   appended, shown or signed.
2. A process remembers every entry that it committed. The file, beside the keyring, is as old as the last `save`; where
   several processes share it, the one that has seen most counts. It is read before a signature is made, and saved
   before that can be read: of several processes, and after a crash, none signs another log of a size that was signed.
3. Whoever restores an older backup says so, and the file is forgotten.
"""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, ClassVar, Concatenate, ParamSpec, TypeVar

from pydantic import Field as Limits

from wayseal.database import Connection, Database, raw
from wayseal.merkle import Checkpoint, MerkleError
from wayseal.model.errors import disk_says
from wayseal.model.schema import CLOSED, parse_json
from wayseal.store.durable import lock_folder, replace_file
from wayseal.vault.errors import LogChangedError, VaultError
from wayseal.vault.log import tiles
from wayseal.vault.log.tiles import read_last

P = ParamSpec("P")
T = TypeVar("T")
_Size = Annotated[int, Limits(ge=0, lt=1 << 63)]
_Hash = Annotated[str, Limits(pattern=r"^([0-9a-f]{64})?$")]
_LEAF = {"sqlite": "SELECT leaf FROM entries WHERE seq = ?", "postgresql": "SELECT leaf FROM entries WHERE seq = $1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLog:
    """How much of a log was seen. leaf: of its last entry; signed_root: of its first `signed_size` ones; both hex.

    cosigned_size: how many entries a witness cosigned last.
    """

    __pydantic_config__: ClassVar = CLOSED
    origin: str = ""
    size: _Size = 0
    leaf: _Hash = ""
    signed_size: _Size = 0
    signed_root: _Hash = ""
    cosigned_size: _Size = 0


class LogMemory:
    """Remembers one log. Thread-safe.

    path: its file, None: it has none. seen: what is remembered. trouble: why it couldn't be saved, None if all is well.
    """

    def __init__(self, path: Path | None) -> None:
        """Load the memory from a file (None: it lasts as long as the process lives). VaultError: it can't be read."""
        self.path = path
        self.trouble: str | None = None
        self._lock = threading.Lock()
        self.seen = SeenLog() if path is None else _load(path)

    def check(self, connection: Connection) -> None:
        """LogChangedError where the log ends before what was seen of it, or is another there (rule 1)."""
        seen = self.seen
        if not seen.size:
            return
        found = raw.fetch(connection, _LEAF[connection.dialect.name], [seen.size - 1])
        if not found or found[0][0] != bytes.fromhex(seen.leaf):
            raise LogChangedError(
                "the log ends before entry {seq}, or is another there than this vault has seen: verify it",
                seq=seen.size - 1,
            )

    def check_signed(self, connection: Connection) -> None:
        """LogChangedError where the log doesn't go on from what was signed last (rule 1)."""
        seen = self.seen
        if not seen.signed_size:
            return
        try:
            now = tiles.tree(connection)
            same = seen.signed_size <= now.size and now.root(seen.signed_size).hex() == seen.signed_root
        except (MerkleError, LogChangedError):
            same = False
        if not same:
            raise LogChangedError(
                "the log isn't the one whose first {size} entries this vault has signed: verify it",
                size=seen.signed_size,
            )

    def learn(self, size: int, leaf: bytes) -> None:
        """Remembers that so many entries are durable, and the leaf of the last one."""
        with self._lock:
            if size > self.seen.size:
                self.seen = _replaced(self.seen, size=size, leaf=leaf.hex())

    def reread(self) -> None:
        """Learns what other processes put into the file (rule 2). VaultError: it can't be read."""
        if self.path is not None:
            found = _load(self.path)
            with self._lock:
                self.seen = _longer(self.seen, found)

    def keep_signed(self, note: str) -> None:
        """Remembers what was signed, in the file too (rule 2)."""
        point = Checkpoint.claimed(note.encode())
        with self._lock:
            if point.size <= self.seen.signed_size:
                return
            self.seen = _replaced(self.seen, origin=point.origin, signed_size=point.size, signed_root=point.root.hex())
        self.save()

    def learn_cosigned(self, size: int) -> None:
        """Remembers that a witness cosigned so many entries."""
        with self._lock:
            self.seen = _replaced(self.seen, cosigned_size=size)

    def save(self) -> None:
        """Puts it into its file, unless another process has seen more (rule 2). `trouble` says whether it is there."""
        if self.path is None or not (self.seen.size or self.seen.signed_size):
            return
        try:
            with lock_folder(self.path.parent), self._lock:
                self.seen = _longer(self.seen, _load(self.path))
                replace_file(self.path, json.dumps(asdict(self.seen), indent=1).encode() + b"\n")
        except OSError as error:
            self.trouble = str(disk_says(error))
        else:
            self.trouble = None

    def forget(self) -> None:
        """Forgets all, in the file too (rule 3). OSError where that can't be."""
        with self._lock:
            self.seen = SeenLog()
            if self.path is not None:
                self.path.unlink(missing_ok=True)


def _replaced(seen: SeenLog, **changes: int | str) -> SeenLog:
    return replace(seen, **changes)  # type: ignore[arg-type]


def _longer(one: SeenLog, other: SeenLog) -> SeenLog:
    entries = max(one, other, key=lambda seen: seen.size)
    signed = max(one, other, key=lambda seen: seen.signed_size)
    cosigned = max(one.cosigned_size, other.cosigned_size)
    return _replaced(signed, size=entries.size, leaf=entries.leaf, cosigned_size=cosigned)


def _load(path: Path) -> SeenLog:
    try:
        return parse_json(path.read_bytes(), SeenLog)
    except FileNotFoundError:
        return SeenLog()
    except OSError as error:
        raise VaultError(
            "what was seen of the log can't be read: {reason}", file=path, reason=disk_says(error)
        ) from None
    except ValueError as error:
        raise VaultError(
            "this is no record of what was seen of a log ({member})", file=path, member=str(error)
        ) from None


class WatchedDatabase:
    """A vault's main database, whose every write goes on from what was seen of the log, and is seen."""

    def __init__(self, database: Database, memory: LogMemory) -> None:
        self._database, self._memory = database, memory

    def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `Database`."""
        return self._database.read(work, *args, **kwargs)

    def write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `Database`. LogChangedError where the log isn't the one that was seen: nothing was done."""

        @wraps(work)
        def watched(connection: Connection) -> tuple[T, Sequence[Any] | None]:
            self._memory.check(connection)
            made = work(connection, *args, **kwargs)
            return made, read_last(connection)

        made, last = self._database.write(watched)
        if last is not None:
            self._memory.learn(last[0] + 1, last[1])
        return made
