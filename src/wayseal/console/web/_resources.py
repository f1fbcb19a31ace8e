"""What pages stand on beside the console's own database: the casebook, the market's record, the ledger.

The casebook is made by the first act that needs one, in a ledger that is there; a look makes no record of the market.

1. It is opened when a page first needs it; what keeps it from being opened is told, and tried again after a while.
2. What was moved away, or whose place another file took, is let go: nothing is written into what nobody can find.
3. A signature counts under the key that was given alone; a checkpoint of another key is as good as none.
4. What costs a walk is kept until the ledger changes.
5. A watch that said nothing for `STALE_US` stands still, whatever it said last.
"""

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from wayseal.cases import Cases, has_casebook, open_cases
from wayseal.cases.errors import CasebookDiskError, CasebookError, NoSuchCaseError
from wayseal.cases.training.courses import Account
from wayseal.cases.training.record import TrainingRecord, read_accounts
from wayseal.cases.types import FILE as CASEBOOK_FILE
from wayseal.ledger import LedgerError, Snapshot, Summary, open_ledger
from wayseal.ledger.integrity import check_history
from wayseal.live.blocks import Blocks, blocks_folder
from wayseal.live.errors import LiveError
from wayseal.live.notices import FILE as NOTICES_FILE
from wayseal.live.notices import NoticeRecord
from wayseal.live.types import Notice
from wayseal.live.watch import MOST_HOLES, read_status
from wayseal.market.errors import MarketError, RecordDiskError
from wayseal.market.log import FILE as MARKET_FILE
from wayseal.market.log import Market, open_market
from wayseal.merkle import Checkpoint, MerkleError, VerifyKey
from wayseal.model.times import SECOND_US, micros

T = TypeVar("T")
_LATEST_US = micros("9999-01-01T00:00:00Z")
AGAIN = 5.0
"""Seconds until it is tried again."""
_Mark = tuple[int, int] | None


class LazyResource(Generic[T]):
    """Holds what lies in a file, or in a database in its stead. wrong: what opening it raises."""

    def __init__(self, file: Path, wrong: type[Exception]) -> None:
        self._file, self._wrong = file, wrong
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._held: T | None = None
        self._mark: _Mark = None
        self._failed: tuple[float, Exception] | None = None

    def look(self) -> T | None:
        """Return what is held; None: there is none yet. Raises why it can't be opened."""
        return self._open(new=False)

    def close(self) -> None:
        """Lets it go."""
        with self._lock:
            self._let_go()

    def _enter(self, stack: ExitStack, *, new: bool) -> T | None:
        """Opens it, to be closed by the stack; None: there is none. new: it is made where there is none."""
        raise NotImplementedError

    def _open(self, *, new: bool) -> T | None:
        with self._lock:
            if self._held is not None and self._find_mark() != self._mark:
                self._let_go()
            if self._held is None and self._failed is not None and time.monotonic() < self._failed[0]:
                raise self._failed[1]
            if self._held is None:
                self._failed = None
                try:
                    self._held = self._enter(self._stack, new=new)
                except self._wrong as error:
                    self._failed = time.monotonic() + AGAIN, error
                    raise
                if self._held is not None:
                    self._mark = self._find_mark()
            return self._held

    def _let_go(self) -> None:
        self._held, self._mark, self._failed = None, None, None
        self._stack.close()

    def _find_mark(self) -> _Mark:
        """Which file it is; None: there is none, as where it lies in PostgreSQL."""
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


class CasebookResource(LazyResource[Cases]):
    """Holds the casebook of a ledger. folder: where it lies, or will."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / CASEBOOK_FILE, CasebookError)
        self.folder = folder

    def need(self) -> Cases:
        """The casebook, made where there is none. CasebookError."""
        made = self._open(new=True)
        if made is None:
            raise CasebookDiskError("the ledger isn't there", file=self.folder.parent)
        return made

    def _enter(self, stack: ExitStack, *, new: bool) -> Cases | None:
        try:
            if not self.folder.exists() and not (new and self.folder.parent.exists()):
                return None
            if not new and not has_casebook(self.folder):
                return None
            return stack.enter_context(open_cases(self.folder, new=new))
        except NoSuchCaseError:
            return None
        except OSError:
            raise CasebookDiskError("it can't be read or written", file=self.folder / CASEBOOK_FILE) from None


class MarketResource(LazyResource[Market]):
    """Holds the record of a folder, or of a database that has it instead. folder: where SQLite's file lies."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        super().__init__(folder / MARKET_FILE, MarketError)
        self.folder, self._url = folder, url

    def _enter(self, stack: ExitStack, *, new: bool) -> Market | None:
        del new
        try:
            if self._url is None and not (self.folder / MARKET_FILE).is_file():
                return None
        except OSError:
            raise RecordDiskError("it can't be read or written", file=self.folder / MARKET_FILE) from None
        return stack.enter_context(open_market(self.folder, self._url))


_ENDING = "*.checkpoint"


class Proof(StrEnum):
    """The word of the newest checkpoint on the ledger."""

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
        self.training = TrainingRecord(ledger)
        self._people: tuple[str, Mapping[str, Account]] = "", {}
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

    def outlets_of(self, accounts: Collection[str]) -> Mapping[str, str]:
        """Account → outlet, of those that have one; nothing where the ledger can't be read, which other pages say."""
        if not accounts:
            return {}
        try:
            with open_ledger(self._ledger) as snapshot:
                rows = snapshot.actors()
        except LedgerError:
            return {}
        if "outlet" not in rows.column_names:
            return {}
        found = rows.filter(pc.is_in(rows["actor"], pa.array(sorted(accounts), pa.string()))).select(
            ["actor", "outlet"]
        )
        return {row["actor"]: row["outlet"] for row in found.to_pylist() if row["outlet"]}

    def people(self) -> Mapping[str, Account]:
        """The people of the directory, by account, read once for a state of the ledger. CasebookDiskError."""
        try:
            with self._lock, open_ledger(self._ledger) as snapshot:
                if self._people[0] != snapshot.digest:
                    self._people = snapshot.digest, read_accounts(snapshot)
                return self._people[1]
        except LedgerError:
            raise CasebookDiskError("the ledger can't be read", file=self._ledger) from None

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
        """Rule 4."""
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


STALE_US = 10 * SECOND_US
_WIDE, _TALL = 120, 26
"""Of the line of events a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchView:
    """A watch as it spoke of itself.

    Attributes:
        at: When it did.
        running: It goes on (rule 5).
        ended: It came to its end in order.
        behind: Events that aren't in the ledger yet.
        moment: The stream's time; None: nothing came yet.
        newest: When the newest notice was made; None: there is none.
        limits: Version of the limits.
        limits_at: When the batch run was that they are of.
        line: Points of a line of events a second, over the last minutes.
        holes: Gateway → what its counts lack, from and to.
        waiting: Receiver → notices that it hasn't had.
    """

    at: int
    running: bool
    ended: bool
    source: str
    rate: float
    behind: int
    moment: int | None
    newest: int | None
    limits: str
    limits_at: int | None
    line: str
    rejected: Mapping[str, int]
    holes: Mapping[str, Sequence[tuple[int, int]]]
    waiting: Mapping[str, int]

    @property
    def more(self) -> bool:
        """Whether there may be more holes than are told."""
        return sum(map(len, self.holes.values())) >= MOST_HOLES

    @property
    def missing(self) -> int:
        """How many events gateways counted that never came."""
        return sum(last - first + 1 for some in self.holes.values() for first, last in some)


class LiveReader:
    """Looks at what is live of a ledger. blocks: its record, to act on as well."""

    def __init__(self, ledger: Path, clock: Callable[[], int]) -> None:
        self._ledger, self._clock = ledger, clock
        self.blocks = Blocks(blocks_folder(ledger), clock=clock)
        self._path = blocks_folder(ledger) / NOTICES_FILE
        self._record = NoticeRecord(self._path)
        self._lock = threading.Lock()

    def watch(self) -> WatchView | None:
        """What the watch says of itself; None: there was none. LiveError: it can't be read."""
        try:
            told = read_status(self._ledger)
            return None if told is None else _view(told, self._clock())
        except (ArithmeticError, ValueError, KeyError, TypeError, AttributeError, OSError):
            raise LiveError("what the watch says of itself can't be read", file=self._path.parent) from None

    def notices(self) -> Sequence[Notice]:
        """All notices, in their order. LiveError: the record was changed, or can't be read."""
        with self._lock:
            try:
                self._record.read()
            except OSError:
                raise LiveError("the record of notices can't be read", file=self._path) from None
            return tuple(self._record.notices.values())


def _view(told: Mapping[str, Any], now: int) -> WatchView:
    at, holes = _moment(told["at"]), dict[str, list[tuple[int, int]]]()
    for one in told["holes"]:
        holes.setdefault(one["gateway"], []).append((one["first"], one["last"]))
    return WatchView(
        at=at,
        running=bool(told["running"]) and now - at < STALE_US,
        ended=not told["running"],
        source=str(told["source"]),
        rate=round(10 * float(told["rate"])) / 10,
        behind=told["events"] - told["in_ledger"],
        moment=_moment(told["stream_time"]) if told["stream_time"] else None,
        newest=_moment(told["newest"]["at"]) if told["newest"] else None,
        limits=str(told["limits"] or ""),
        limits_at=_moment(told["limits_at"]) if told.get("limits_at") else None,
        line=_line(told.get("rates", ())),
        rejected={str(reason): int(n) for reason, n in told["rejected"].items()},
        holes=holes,
        waiting={name: n for name, n in told["waiting"].items() if n},
    )


def _moment(text: str) -> int:
    """A time that any clock can show; ValueError: it is none."""
    if not 0 < (found := micros(text)) < _LATEST_US:
        raise ValueError("time")
    return found


def _line(rates: Sequence[float]) -> str:
    """Points of a line from left to right; "" of less than two, or where nothing came."""
    top = max(rates, default=0)
    if len(rates) < 2 or not top:
        return ""
    step = _WIDE / (len(rates) - 1)
    return " ".join(f"{i * step:.1f},{_TALL - 1 - (_TALL - 2) * rate / top:.1f}" for i, rate in enumerate(rates))
