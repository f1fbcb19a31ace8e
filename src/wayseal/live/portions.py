"""From the arrival log into the ledger: closed segments come in as ordinary sources, in one commit.

1. Names of the sources say of which log and segment they are. So the manifest that brings the rows says how far the
   ledger is, and after a crash anywhere a segment is in it once, or not at all.
2. A segment's lines go by their table into one file each. What has no table that we know, or is no JSON object, goes
   to `accesses` in a form that ingest turns away, so that its quarantine names each; no line can spoil another's.
3. No two such files begin alike: the first line is indented by spaces and tabs that spell log and segment. Equal rows
   of two segments count twice, as they do within one file, and no file is taken for another one that has grown.
4. The rows may be brought in by a process of its own (`IngestProcess`), which ends with whoever made it; while it may
   still be at work nobody else begins.
5. A segment is removed once the ledger has it, and nobody who reads the log needs it any more.
6. A ledger that lacks what was removed, or has what the log hasn't, is another one or an older copy: refused.
7. A row of a table whose rows have no key is left out where the same line came before under a gateway's number. The
   number alone says too little: a gateway may begin its count anew, and whoever invents numbers could hide what comes
   under them. Digests of such lines stand beside the log as they were behind a segment, written before it comes in, so
   that who does it again leaves out the same rows; of more than KNOWN the oldest go.
"""

import hashlib
import json
import os
import re
import shutil
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, replace
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.ledger import IngestOptions, IngestReport, ingest, open_ledger
from wayseal.ledger.codes import find_rows
from wayseal.ledger.reserved import LIVE
from wayseal.live.errors import LiveError, SpoolError
from wayseal.live.spool import Segment, Spool
from wayseal.live.types import Position
from wayseal.model.arrays import UInts
from wayseal.model.rows import read_json_line
from wayseal.model.runtime import Closing
from wayseal.store.durable import lock_folder, replace_file
from wayseal.store.mapping import Format
from wayseal.store.plain_lines import read_plain
from wayseal.store.tables import TABLES
from wayseal.store.types import Source, SourceFile

_SCRATCH = "portion"
_NICE = 15
"""How far a process that brings rows in stands behind what has to be told of at once."""
_READS = "accesses"
_KEY = b'"table"'
_SPELLED = b"\\u006", b"\\u007"
"""How letters of the key begin where they are escaped."""
_SAMPLE = 1000
"""Lines by which a reader of JSON Lines knows a file's columns."""
_UNREADABLE = b"\xff"
"""No encoding of text that is guessed has this byte there, so that a line which isn't UTF-8 spoils no other."""
_KEYLESS = frozenset({"queries", "partner_calls"})
_NUMBERED = "gateway", "epoch", "count"
KNOWN = 1 << 20
"""Lines of earlier segments that are known again, the last ones (rule 7)."""


def committed(ledger: Path, spool: Spool) -> int:
    """How far the ledger is.

    Args:
        ledger: Its folder; there may be none yet.
        spool: The arrival log.

    Returns:
        The number of the event up to which it has everything.

    Raises:
        LiveError: It lacks segments that were removed, or has some that the log doesn't have.
        LedgerError: It is damaged.
    """
    index = 0
    if (ledger / "manifest.json").exists():
        name = re.compile(rf"{LIVE}{spool.id}-(\d+)\.jsonl")
        with open_ledger(ledger) as snapshot:
            found = (name.fullmatch(source.name) for source in snapshot.manifest.sources)
            index = max((int(one[1]) for one in found if one), default=0)
    ends = {spool.first - 1: spool.removed} | {one.index: one.until for one in spool.segments}
    if index not in ends:
        raise LiveError(
            "has segments up to {last} of the arrival log {folder}, which has {first} to {open}: this is another "
            "ledger, or an older copy of one of them",
            file=ledger, last=index, folder=spool.folder, first=spool.first, open=max(ends) + 1,
        )  # fmt: skip
    return ends[index]


def is_anew(ledger: Path, spool: Spool) -> bool:
    """Whether nothing is in the arrival log, and the ledger has what an earlier one brought."""
    if spool.number or not (ledger / "manifest.json").exists():
        return False
    with open_ledger(ledger) as snapshot:
        return any(source.name.startswith(LIVE) for source in snapshot.manifest.sources)


def ingest_here(spool: Spool, new: Sequence[Segment], ledger: Path, options: IngestOptions) -> IngestReport:
    """Ingests segments, in this process. LedgerError, SpoolError, OSError."""
    scratch = spool.folder / _SCRATCH
    scratch.mkdir(0o700)
    position = new[-1].position and json.dumps(asdict(new[-1].position), separators=(",", ":"))
    with lock_folder(scratch):
        known = _KnownLines(spool, new[0].index - 1)
        files = tuple(file for segment in new for file in _split(spool, segment, scratch, known))
        known.keep(new[-1].index)
        made = replace(
            options,
            who=f"{options.who} {position or ''}".strip(),
            projection=True,
            commit_bytes=1 + sum(file.size for file in files),
        )
        return ingest(Source(path=scratch, files=files), ledger, options=made)


Ingest: TypeAlias = Callable[[Spool, Sequence[Segment], Path, IngestOptions], IngestReport]


class IngestProcess(Closing):
    """Ingests in a process of its own (rule 4), made when it is first asked; one thread at a time asks it."""

    def __init__(self) -> None:
        self._line: Connection | None = None
        self._process: BaseProcess | None = None

    def ingest(self, spool: Spool, new: Sequence[Segment], ledger: Path, options: IngestOptions) -> IngestReport:
        """Raises what ingest raises; LiveError: the process ended by itself."""
        if self._line is None:
            context = get_context("spawn")
            self._line, theirs = context.Pipe()
            with theirs:
                self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
                self._process.start()
        try:
            self._line.send((spool, new, ledger, options))
            found: IngestReport | Exception = self._line.recv()
        except (EOFError, ConnectionError):
            self.close()
            raise LiveError("the process that brings in what arrived ended by itself", file=ledger) from None
        if isinstance(found, Exception):
            raise found
        return found

    def close(self) -> None:
        """Ends it, after what it is at."""
        if self._line is not None and self._process is not None:
            self._line.close()
            self._process.join()
            self._line = self._process = None


def _serve(line: Connection) -> None:
    """Ingests what comes until the line is cut. A signal to the group is its parent's matter."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(OSError):  # a service may be kept from it
        os.nice(_NICE)
    with suppress(EOFError):
        while True:
            given = line.recv()
            try:
                line.send(ingest_here(*given))
            except Exception as error:
                line.send(error)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def bring_in(
    spool: Spool,
    ledger: Path,
    *,
    by: Ingest = ingest_here,
    needed_after: int | None = None,
    release: Callable[[Position], None] = lambda _position: None,
    options: IngestOptions | None = None,
) -> IngestReport | None:
    """Brings the closed segments that the ledger lacks into it, and removes what nobody needs any more.

    Args:
        spool: The arrival log.
        ledger: Folder of the ledger, made if need be.
        by: Who brings them in.
        needed_after: Events behind this number are still read from the arrival log; None: none are.
        release: Is told the position up to which the ledger has everything.
        options: Who brings it in, and when; the position is put behind the name.

    Returns:
        What the ingest did; None where there was nothing to bring in.

    Raises:
        LiveError: As of `committed`.
        SpoolError: The arrival log is damaged.
        LedgerError: The ledger can't be written; nothing was brought in or removed.
        OSError: There is no room for the segments' rows beside the arrival log; the same.
    """
    scratch = spool.folder / _SCRATCH
    if scratch.exists():
        with lock_folder(scratch):  # what a killed watch left behind may not know yet that it is to end
            shutil.rmtree(scratch, ignore_errors=True)
    done = committed(ledger, spool)
    new = [one for one in spool.segments if one.until > done]
    try:
        report = by(spool, new, ledger, options or IngestOptions()) if new else None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if new:
        done = new[-1].until
        _KnownLines.remove_others(spool.folder, new[-1].index)
    behind = [one.position for one in spool.segments if one.until <= done and one.position]
    spool.remove(done if needed_after is None else min(done, needed_after))
    if behind:
        release(behind[-1])
    return report


class _KnownLines:
    """Digests of lines that gateways numbered (rule 7). SpoolError: those of before aren't what was written."""

    def __init__(self, spool: Spool, index: int) -> None:
        """As they were behind a segment."""
        self._folder, self._key = spool.folder, bytes.fromhex(spool.id)
        self._before: UInts = np.zeros(0, np.uint64)
        self._since: dict[int, None] = {}
        path = _known_path(self._folder, index)
        if path.exists():
            content = path.read_bytes()
            if hashlib.sha256(content[32:]).digest() != content[:32]:
                raise SpoolError("isn't what the watch wrote", file=path)
            self._before = np.frombuffer(content[32:], np.uint64)
        self._sorted = np.sort(self._before)

    def leave_out(self, lines: bytes) -> bytes:
        """The lines but those that are known; they are, from now on."""
        if b'"gateway"' not in lines:
            return lines
        return b"".join(line + b"\n" for line in lines.split(b"\n")[:-1] if self._is_new(line))

    def _is_new(self, line: bytes) -> bool:
        row = read_json_line(line)
        if row is None or None in map(row.get, _NUMBERED):
            return True
        made = np.frombuffer(hashlib.blake2b(line, digest_size=8, key=self._key).digest(), np.uint64)
        digest = int(made[0])
        if digest in self._since or find_rows(self._sorted, made)[0] >= 0:
            return False
        self._since[digest] = None
        return True

    def keep(self, index: int) -> None:
        """Writes them down as they are behind a segment."""
        every = np.append(self._before, np.fromiter(self._since, np.uint64, len(self._since)))[-KNOWN:].tobytes()
        if every:
            replace_file(_known_path(self._folder, index), hashlib.sha256(every).digest() + every)

    @staticmethod
    def remove_others(folder: Path, index: int) -> None:
        """Removes what was written down behind other segments."""
        for path in set(folder.glob("known-*")) - {_known_path(folder, index)}:
            path.unlink()


def _known_path(folder: Path, index: int) -> Path:
    return folder / f"known-{index:08}.bin"


def _split(spool: Spool, segment: Segment, scratch: Path, known: _KnownLines) -> Iterator[SourceFile]:
    """The files of a segment, one a table (rules 2, 3 and 7)."""
    written: dict[str, _TableFile] = {}
    with ExitStack() as opened:
        for _, lines in spool.read(segment.after, segment.until):
            for table, some in _by_table(lines):
                if table not in written:
                    path = scratch / table / f"{LIVE}{spool.id}-{segment.index:08}.jsonl"
                    path.parent.mkdir(exist_ok=True)
                    file = opened.enter_context(path.open("xb"))
                    file.write(f"{int(spool.id, 16):064b}{segment.index:032b}".translate({48: " ", 49: "\t"}).encode())
                    written[table] = _TableFile(table, path, file)
                written[table].write(known.leave_out(some) if table in _KEYLESS else some)
    for one in written.values():
        yield SourceFile(path=one.path, table=one.table, format=Format.JSONL, size=one.path.stat().st_size)


class _TableFile:
    """Lines of one table. Objects among the first name all that the table needs, or a reader would refuse the file."""

    def __init__(self, table: str, path: Path, file: BinaryIO) -> None:
        self.table = table
        self.path = path
        self._file = file
        self._sampled = _SAMPLE

    def write(self, lines: bytes) -> None:
        while self._sampled and lines:
            line, _, lines = lines.partition(b"\n")
            self._file.write(_with_columns(line, self.table) + b"\n")
            self._sampled -= 1
        self._file.write(lines)


def _with_columns(line: bytes, table: str) -> bytes:
    row = read_json_line(line)
    missing = {} if row is None else dict.fromkeys(name for name in TABLES[table].required if name not in row)
    if not missing:
        return line
    nulls = json.dumps(missing, separators=(",", ":")).encode()[1:-1]
    return b"{" + nulls + (b"," if row else b"") + line.strip()[1:]


def _by_table(lines: bytes) -> Iterator[tuple[str, bytes]]:
    """Lines, each with its newline, and their table."""
    if _KEY not in lines and b"\0" not in lines and _is_text(lines):
        yield _READS, lines
        return
    found = _by_table_quickly(lines)
    if found is not None:
        yield from found
        return
    for line in lines.split(b"\n")[:-1]:
        table, row = _table_of(line)
        yield table, row + b"\n"


def _by_table_quickly(lines: bytes) -> list[tuple[str, bytes]] | None:
    """The same by Arrow's parser; None where a line is more than an object of a table that we know."""
    data = np.frombuffer(lines, np.uint8)
    ends = np.flatnonzero(data == ord("\n"))
    if b"\0" in lines or any(one in lines for one in _SPELLED):
        return None
    found = read_plain(lines, len(ends), {"table": pa.string()}, others="ignore")
    if found is None:
        return None
    tables = pc.fill_null(found["table"], _READS)
    names = pc.unique(tables)
    if not TABLES.keys() >= set(names.to_pylist()):
        return None
    of = np.repeat(pc.index_in(tables, value_set=names).to_numpy(), np.diff(ends, prepend=-1))
    return [(name, data[of == k].tobytes()) for k, name in enumerate(names.to_pylist())]


def _table_of(line: bytes) -> tuple[str, bytes]:
    """The table of one line, and the line; what has none in a form that is turned away (rule 2)."""
    if b"\0" in line or not _is_text(line):
        return _READS, _UNREADABLE + line.replace(b"\0", b"\\0")
    row = read_json_line(line) if _KEY in line else None
    table = (row or {}).get("table")
    if table is None:
        return _READS, line
    return (table, line) if isinstance(table, str) and table in TABLES else (_READS, b"[" + line + b"]")


def _is_text(lines: bytes) -> bool:
    try:
        lines.decode()
    except UnicodeDecodeError:
        return False
    return True
