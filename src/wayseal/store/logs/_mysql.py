r"""The general query log of MySQL and MariaDB: `TIME\t   ID COMMAND\tARGUMENT`, an argument over several lines.

1. MySQL 5.7 and later write times in ISO 8601 with an offset; MariaDB and older ones `260304 11:02:31`, without one,
   and only where the second is a new one: a time stands for all lines down to the next.
2. Who asks is said when a connection begins (`Connect`, `Change user`) and holds for its number from there on.
3. A line that doesn't begin as a record does goes on with the last one.
4. `Query` and `Execute` read; `Prepare` is counted with what doesn't read, since its `Execute` is logged whole.
"""

import re
from collections.abc import Iterator
from itertools import accumulate, pairwise

from wayseal.store._text_file import TextBlock
from wayseal.store.logs._combined import Found, LineBlocks
from wayseal.store.logs._literals import pairs
from wayseal.store.logs._row_builder import MADE, NoRead, Outcome, Unreadable, Why
from wayseal.store.logs._statements import Statements
from wayseal.store.mapping import LogMapping
from wayseal.store.types import ReadOptions, Reason, SourceFile

COLUMNS = ("time", "user", "client_host", "database", "session_id", "command", "line_id")
COMMENT = "comment."
TIMES = ("iso", "%y%m%d %H:%M:%S")
_COMMANDS = (
    "Query|Execute|Prepare|Connect|Change user|Quit|Init DB|Close stmt|Reset stmt|Fetch|Long Data|Field List|Ping|"
    "Statistics|Set option|Create DB|Drop DB|Refresh|Shutdown|Processlist|Kill|Debug|Sleep|Time|Delayed insert|"
    "Binlog Dump|Binlog Dump GTID|Table Dump|Connect Out|Register Slave|Register Replica|Daemon|Error|"
    "Reset Connection|Bulk_execute|Clone"
)
ENTRY = re.compile(
    rb"^(?P<time>\d{6} +\d?\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d))?\t{1,2} *(?P<id>\d+) "
    rb"(?P<command>" + _COMMANDS.encode() + rb")(?:\t|$)",
    re.MULTILINE,
)
HEADER = re.compile(rb"(?m)^(?:.{,250}, Version: .{,250} started with:|Tcp port: .+|Time\s+Id Command\s+Argument)\s*$")
_ENTRY = re.compile(ENTRY.pattern.decode())
_WHO = re.compile(r"(?P<user>\S*?)@(?P<host>\S*)(?: as \S* )?(?: on(?: (?P<base>[^\s]*))?)?(?: using .*)?")
_LONGEST, _CONNECTIONS = 1 << 20, 1 << 18


def general_log_entries(data: bytes) -> list[tuple[str, str]]:
    """Commands of a general log and their arguments; none where a text is no such log."""
    starts = [*ENTRY.finditer(data)]
    first = len(HEADER.sub(b"", data[: starts[0].start()] if starts else b"").strip())
    ends = [*(m.start() for m in starts[1:]), len(data)]
    found = (
        [
            (m["command"].decode(), HEADER.sub(b"", data[m.end() : end]).decode("utf-8", "replace").strip())
            for m, end in zip(starts, ends, strict=True)
        ]
        if starts
        else []
    )
    return found if first * 2 <= len(data) else []


class MysqlBlocks(LineBlocks):
    """A general query log, opened: its reads as raw rows of `accesses` or `queries`."""

    def __init__(self, file: SourceFile, mapping: LogMapping, options: ReadOptions, keep_rejected: bool) -> None:
        super().__init__(file, mapping, options, keep_rejected)
        self._keys = sorted(c.removeprefix(COMMENT) for c in self.wanted if c.startswith(COMMENT))
        self.names = (*COLUMNS, *(COMMENT + k for k in self._keys), *MADE)
        self._statements = Statements(self.settings.tables, self.offset, dialect="mysql")
        self._who: dict[str, tuple[str, str, str]] = {}
        self._time = ""
        self._held = b""

    def whole(self, blocks: Iterator[TextBlock]) -> Iterator[TextBlock]:
        """The blocks, each up to its last record: what follows may go on (rule 3)."""
        held, valid, bytes_read = b"", True, 0
        for block in blocks:
            data, valid, bytes_read = held + block.data, valid and block.valid, block.bytes_read
            cut = max((m.start() for m in ENTRY.finditer(data)), default=0)
            cut = len(data) if len(data) - cut > _LONGEST else cut
            held = data[cut:]
            yield TextBlock(data=data[:cut], valid=valid, bytes_read=bytes_read)
            valid = block.valid
        if held:
            yield TextBlock(data=held, valid=valid, bytes_read=bytes_read)

    def split(self, block: TextBlock) -> list[tuple[int, str]]:
        """Commands; and what stands before the first one."""
        edges = sorted({0, *(m.start() for m in ENTRY.finditer(block.data)), len(block.data)})
        parts = [HEADER.sub(b"", block.data[a:b]).rstrip(b"\r\n") for a, b in pairwise(edges)]
        breaks = (block.data.count(b"\n", a, b) for a, b in pairwise(edges))
        lines = list(accumulate(breaks, initial=self.line))
        self.line = lines[-1]
        texts = zip(lines, self.decode(block.valid, parts, lines), strict=False)
        return [(line, text) for line, text in texts if text.strip()]

    def record(self, text: str, number: int, found: Found) -> Outcome:
        """A command of a connection."""
        entry = _ENTRY.match(text)
        connection = command = argument = ""
        if entry:
            self._time = entry["time"] or self._time
            connection, command, argument = entry["id"], entry["command"], text[entry.end() :]
        outcome, said = (
            self._outcome(connection, command, argument)
            if entry and "\0" not in argument
            else (Unreadable(column="", reason=self.reason(number, text, Reason.TOO_FEW_FIELDS)), {})
        )
        user, host, base = self._who.get(connection, ("", "", ""))
        line_id = f"{self._time}#{number}"
        values = dict(zip(COLUMNS, (self._time, user, host, base, connection, command, line_id), strict=True))
        for name, column in found.items():
            column.append((said.get(name.removeprefix(COMMENT)) if name.startswith(COMMENT) else values[name]) or None)
        return outcome

    def _outcome(self, connection: str, command: str, argument: str) -> tuple[Outcome, dict[str, str]]:
        if command in {"Connect", "Change user"}:
            self._connect(connection, argument)
        elif command == "Init DB" and not argument.startswith("Access denied") and connection in self._who:
            self._who[connection] = (*self._who[connection][:2], argument.strip())
        elif command == "Quit":
            self._who.pop(connection, None)
        if command == "Prepare":
            return NoRead(why=Why.NOT_A_READ), {}
        if command not in {"Query", "Execute"}:
            return NoRead(why=Why.OTHER_RECORD), {}
        parted = self._statements.part(argument)
        said = pairs(parted.comments) if parted and self._keys else {}
        return self._statements.outcome(parted, None, None), said

    def _connect(self, connection: str, argument: str) -> None:
        who = _WHO.fullmatch(argument.strip())
        self._who.pop(connection, None)
        if who:
            self._who[connection] = (who["user"], who["host"], who["base"] or "")
        if len(self._who) > _CONNECTIONS:
            del self._who[next(iter(self._who))]
