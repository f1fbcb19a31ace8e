"""Answers questions about reads, from many threads: what a state of the ledger needs is made once, beside the pages.

Whether a number is a canary is asked of the register, one number at a time: which numbers are canaries is kept from
those who are to meet them, so that nothing here lists any.
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from wayseal.cases import Pseudonyms, load_pseudonyms
from wayseal.cases.errors import CasebookError
from wayseal.console.reading._directory import Directory
from wayseal.console.reading._reviews import PARCELS, KeptParcels, Review, load_parcels, load_review, review_path
from wayseal.detect.explain import Template, load_templates
from wayseal.detect.facts import FILE as FACTS
from wayseal.detect.reasons import ListedRead, PairResult, World, explain_pair, list_waybill_reads, read_world
from wayseal.detect.timeline import CaseTimeline, load_timeline, timeline_path
from wayseal.ledger import LedgerError, Snapshot, open_ledger
from wayseal.model.errors import disk_says
from wayseal.model.runtime import Closing
from wayseal.trace.canary import CanaryError, read_state

Stamp = tuple[int, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """A canary. Times are microseconds since 1970.

    Attributes:
        waybill: Its number, clean.
        planned_at: When it was planned.
        accounts: Those that it was made for.
        answer: "hit": it came out; "silent": its wait was closed without; "": neither yet.
        answered_at: When that was; None: it wasn't.
    """

    waybill: str
    planned_at: int
    accounts: frozenset[str]
    answer: str = ""
    answered_at: int | None = None


class CanaryWatch:
    """A register of canaries, read again when it was written to."""

    def __init__(self, register: Path) -> None:
        """Of a file."""
        self._register = register
        self._lock = threading.Lock()
        self._kept: tuple[Stamp, dict[str, Canary]] | None = None

    def find(self, waybill: str) -> Canary | None:
        """A canary by its number.

        Args:
            waybill: A clean number.

        Returns:
            It; None: the number is none.

        Raises:
            CanaryError: The register can't be read, so that nobody can say.
        """
        try:
            about = self._register.stat()
            stamp = about.st_ino, about.st_mtime_ns, about.st_size
            with self._lock:
                if self._kept is None or self._kept[0] != stamp:
                    self._kept = stamp, self._read()
                return self._kept[1].get(waybill)
        except OSError as error:
            raise CanaryError(
                "the register of canaries can't be read ({reason})", file=self._register, reason=disk_says(error)
            ) from None

    def _read(self) -> dict[str, Canary]:
        watch = read_state(self._register).watch
        found = {}
        for one in watch.canaries:
            answer = watch.answer(one.id)
            found[one.waybill] = Canary(
                waybill=one.waybill,
                planned_at=one.planned_at,
                accounts=frozenset(one.pool),
                answer="" if answer is None else answer.kind,
                answered_at=None if answer is None else answer.at,
            )
        return found


_EVENTS = ("scans", "tickets", "changes")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaybillLife:
    """All that is known of a waybill. Times are microseconds since 1970.

    Attributes:
        waybill: Its number, clean.
        issued: Its row in `waybills`; None: there is none.
        scans: Rows of `scans`, by time.
        tickets: Rows of `tickets`, by time; `actor` under the name that may be shown.
        changes: Rows of `changes`, by time.
        reads: By time, without sessions, addresses and devices.
        missing: Tables that explanations are made of and the ledger lacks.
    """

    waybill: str
    issued: Row | None
    scans: Sequence[Row]
    tickets: Sequence[Row]
    changes: Sequence[Row]
    reads: tuple[ListedRead, ...]
    missing: tuple[str, ...]


def life_of(
    snapshot: Snapshot, waybill: str, templates: Sequence[Template], world: World, name: Callable[[str], str]
) -> WaybillLife | None:
    """The life of a waybill (a clean number); None: the ledger knows no such number. LedgerError."""
    keys = snapshot.keys([waybill])
    if not len(snapshot.find(keys)):
        return None
    listed = list_waybill_reads(snapshot, waybill, templates, name, kept_back=True, world=world)
    issued = _rows(snapshot.waybills(keys))
    events = {table: _rows(snapshot.table(table, keys)) for table in _EVENTS}
    return WaybillLife(
        waybill=waybill,
        issued=issued[0] if issued else None,
        scans=events["scans"],
        tickets=[{**row, "actor": name(row["actor"])} for row in events["tickets"]],
        changes=events["changes"],
        reads=listed.reads,
        missing=listed.missing,
    )


def _rows(table: pa.Table) -> list[Row]:
    """Rows of a table, times as microseconds."""
    for place, column in enumerate(table.schema):
        if pa.types.is_timestamp(column.type):
            table = table.set_column(place, column.name, table[column.name].cast(pa.int64()))
    rows: list[Row] = table.to_pylist()
    return rows


_MANIFEST = "manifest.json"
_SECRET = 32
_CASES = 16
"""Cases that are kept in memory."""
Name = Callable[[str], str]


@dataclass(slots=True, kw_only=True)
class _State:
    """A state of the ledger, made ready. readers: how many look at it; stale: a newer one took its place."""

    stamp: Stamp
    snapshot: Snapshot
    world: World
    directory: Directory
    readers: int = 0
    stale: bool = False


@dataclass(slots=True, kw_only=True)
class _Cached:
    """Cases read from the disk, the last asked last; reviews."""

    by_case: dict[str, tuple[Stamp, CaseTimeline]] = field(default_factory=dict)
    reviews: dict[str, tuple[Stamp, Any]] = field(default_factory=dict)


class CaseReader(Closing):
    """Looks beneath cases.

    A context manager; `close` lets go of the ledger.

    Attributes:
        pseudonyms: For accounts of a ledger without a casebook.
    """

    def __init__(self, ledger: Path, folder: Path, templates: Sequence[Template] | None = None) -> None:
        """Of a ledger.

        Args:
            ledger: Its folder.
            folder: Where detection keeps what it keeps.
            templates: Of work; None: the built-in ones.
        """
        self._ledger = ledger
        self._folder = folder
        self._templates = tuple(load_templates(None) if templates is None else templates)
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._state: _State | None = None
        self._renewal: threading.Thread | None = None
        self._kept = _Cached()
        self.pseudonyms = Pseudonyms(os.urandom(_SECRET))

    @property
    def templates(self) -> tuple[Template, ...]:
        """Of work."""
        return self._templates

    def settle(self) -> None:
        """Waits until a state that is being made ready is."""
        if self._renewal is not None:
            self._renewal.join()

    def close(self) -> None:
        """Lets go of the ledger; may be called again."""
        self.settle()
        with self._lock:
            state, self._state = self._state, None
            if state is not None:
                _retire(state)

    def timeline(self, case: str) -> CaseTimeline | None:
        """A case as it was laid out.

        Args:
            case: Its id.

        Returns:
            It; None: it isn't laid out.
        """
        path = timeline_path(self._folder, case)
        try:
            stamp = None if path is None else _stamp(path)
        except OSError:
            stamp = None
        if stamp is None:
            return None
        with self._lock:
            kept = self._kept.by_case.pop(case, None)
            if kept is not None and kept[0] == stamp:
                self._kept.by_case[case] = kept
                return kept[1]
        found = load_timeline(self._folder, case)
        if found is not None:
            with self._lock:
                self._kept.by_case[case] = stamp, found
                while len(self._kept.by_case) > _CASES:
                    self._kept.by_case.pop(next(iter(self._kept.by_case)))
        return found

    def review(self, name: str) -> Review | None:
        """Return what walked over the whole ledger, as it last came out.

        Args:
            name: What it is of.

        Returns:
            It; None: it was never made.
        """
        return self._newest(name, lambda: load_review(self._folder, name))

    def parcels(self) -> KeptParcels | None:
        """Shipments without a parcel, as they were found last; None: nobody has looked."""
        return self._newest(PARCELS, lambda: load_parcels(self._folder))

    def _newest(self, name: str, load: Callable[[], T | None]) -> T | None:
        """What lies in a review's file, read once for each of its states."""
        try:
            stamp = _stamp(review_path(self._folder, name))
        except OSError:
            return None
        with self._lock:
            kept = self._kept.reviews.get(name)
        if kept is not None and kept[0] == stamp:
            same: T = kept[1]
            return same
        found = load()
        if found is not None:
            with self._lock:
                self._kept.reviews[name] = stamp, found
        return found

    def explain(self, actor: str, waybill: str, name: Name) -> PairResult:
        """Why an account's reads of a waybill were work, or were not.

        Args:
            actor: Its id.
            waybill: A clean number.
            name: How an account may be called.

        Returns:
            All reads of the pair.

        Raises:
            NoSuchPairError: There is none.
            LedgerError: The ledger can't be read.
        """
        with self._look() as state:
            return explain_pair(state.snapshot, actor, waybill, self._templates, name, state.world)

    def life(self, waybill: str, name: Name) -> WaybillLife | None:
        """A waybill from its issue on.

        Args:
            waybill: A clean number.
            name: How an account may be called.

        Returns:
            Its life; None: the ledger knows no such number.

        Raises:
            LedgerError: The ledger can't be read.
        """
        with self._look() as state:
            return life_of(state.snapshot, waybill, self._templates, state.world, name)

    def knows(self, waybill: str) -> bool:
        """Tell whether the ledger knows a waybill (a clean number). LedgerError."""
        with self._look() as state:
            return len(state.snapshot.find(state.snapshot.keys([waybill]))) > 0

    def directory(self, pseudonyms: Pseudonyms | None = None) -> Directory:
        """Accounts, devices and outlets. pseudonyms: the casebook's; None: there is none. LedgerError."""
        wanted = pseudonyms or self.pseudonyms
        with self._look() as state:
            if state.directory.check != wanted.check:  # the casebook was made since
                with self._making:
                    if state.directory.check != wanted.check:
                        state.directory = self._directory(state.snapshot, wanted)
            return state.directory

    def warm(self) -> None:
        """Makes the ledger's state ready before anybody asks. What is wrong is told to whoever asks."""
        with self._lock:
            if self._renewal is None or not self._renewal.is_alive():
                self._renewal = threading.Thread(target=self._renew, name="reads", daemon=True)
                self._renewal.start()

    def _renew(self) -> None:
        try:
            self._make(self._now())
        except (LedgerError, OSError):
            return

    def _now(self) -> Stamp:
        """Of the ledger, and of what detection counted. OSError: there is no ledger."""
        ledger = _stamp(self._ledger / _MANIFEST)
        try:
            return *ledger, *_stamp(self._folder / FACTS)
        except OSError:
            return ledger

    @contextmanager
    def _look(self) -> Iterator[_State]:
        """Rule 2."""
        try:
            stamp = self._now()
        except OSError:
            raise LedgerError("the ledger can't be read") from None
        with self._lock:
            state = self._state
            if state is not None:
                state.readers += 1
        if state is None:
            self._make(stamp)
            with self._lock:
                state = self._state
                if state is None:
                    raise LedgerError("the ledger can't be read")
                state.readers += 1
        elif state.stamp != stamp:
            self.warm()
        try:
            yield state
        finally:
            with self._lock:
                state.readers -= 1
                if state.stale and not state.readers:
                    state.snapshot.close()

    def _make(self, stamp: Stamp) -> None:
        with self._making:
            if self._state is not None and self._state.stamp == stamp:
                return
            snapshot = open_ledger(self._ledger)
            try:
                world = read_world(snapshot)
                for key in snapshot.control(1):  # what is loaded when it is first needed is loaded now
                    life_of(snapshot, snapshot.names("waybill", [int(key)])[0], self._templates, world, str)
                directory = self._directory(snapshot, self._own_pseudonyms())
            except BaseException:
                snapshot.close()
                raise
            with self._lock:
                before, self._state = (
                    self._state,
                    _State(stamp=stamp, snapshot=snapshot, world=world, directory=directory),
                )
                if before is not None:
                    _retire(before)

    def _directory(self, snapshot: Snapshot, pseudonyms: Pseudonyms) -> Directory:
        before = None if self._state is None else self._state.directory
        return Directory(snapshot, self._folder, pseudonyms, before)

    def _own_pseudonyms(self) -> Pseudonyms:
        """The casebook's, where there is one yet."""
        try:
            return load_pseudonyms(self._folder)
        except (CasebookError, OSError):
            return self.pseudonyms


def _retire(state: _State) -> None:
    """Closed by its last reader. The lock is held."""
    state.stale = True
    if not state.readers:
        state.snapshot.close()


def _stamp(path: Path) -> Stamp:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size
