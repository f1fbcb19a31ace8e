r"""Statements: parted, parsed once a template, and bound to their values; the general query log of MySQL and MariaDB.

A record of that log is `TIME\t   ID COMMAND\tARGUMENT`, an argument over several lines:

1. MySQL 5.7 and later write times in ISO 8601 with an offset; MariaDB and older ones `260304 11:02:31`, without one,
   and only where the second is a new one: a time stands for all lines down to the next.
2. Who asks is said when a connection begins (`Connect`, `Change user`) and holds for its number from there on.
3. A line that doesn't begin as a record does goes on with the last one.
4. `Query` and `Execute` read; `Prepare` is counted with what doesn't read, since its `Execute` is logged whole.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate, count, pairwise

from wayseal.model.numbers import candidates
from wayseal.store._text_file import TextBlock
from wayseal.store.logs._bind_values import action_of, bind, plain_waybill, waybill_of
from wayseal.store.logs._literals import ParsedStatement, Parts, UnreadableError, pairs, part, words
from wayseal.store.logs._query_shape import QueryShape, Tables, bare
from wayseal.store.logs._row_builder import MADE, NoRead, Outcome, QueryMade, Unreadable, WaybillsRead, Why
from wayseal.store.logs._url_paths import Found, LineBlocks
from wayseal.store.mapping import LogMapping, TableMap
from wayseal.store.types import ReadOptions, Reason, SourceFile

_TEMPLATES, _OUTCOMES = 4096, 1 << 16
_LONGEST_KEPT = 16 << 10
_COPY_QUERY = re.compile(r"\s*COPY\s*\(", re.IGNORECASE)


class Statements:
    """Reads statements on mapped tables; remembers the shapes of templates, within bounds."""

    def __init__(self, tables: tuple[TableMap, ...], offset: timedelta, dialect: str = "postgres") -> None:
        self.tables = Tables(tables)
        self._dialect = dialect
        self._offset = offset
        self._parts = Parts(dialect == "mysql")
        self._shapes: dict[str, _Known] = {}
        self._numbers: dict[QueryShape, int] = {}
        self._count = count()
        self._outcomes: dict[tuple[object, ...], Outcome] = {}

    def part(self, statement: str) -> ParsedStatement | None:
        """The statement parted; None if it isn't whole."""
        try:
            return self._parts.part(statement)
        except UnreadableError:
            return None

    def outcome(
        self, parted: ParsedStatement | None, bound: Sequence[str] | None, rows: int | None, *, told: bool = False
    ) -> Outcome:
        """Return the outcome of a statement. told: the log says beside it that it touched a mapped table."""
        if parted is None:
            return unknown(Why.UNREADABLE, rows)
        known = self._shape(parted)
        if known.numbers and rows != 0:
            asked = [plain_waybill(parted.literals[at]) for at in known.numbers]
            numbers = {number for number in asked if number}
            if None not in asked and (rows is None or rows >= len(numbers)):
                return WaybillsRead(waybills=tuple(sorted(numbers)), action=known.action)
        shape = known.shape
        if shape.nothing is Why.OTHER_TABLE and told:
            shape = bare(Why.FORM)
        if known.values is None:
            return bind(shape, parted.literals, bound, rows, self._offset)
        key = (known.number, told, rows, *(parted.literals[at] for at in known.values))
        made = self._outcomes.get(key)
        if made is None:
            made = bind(shape, parted.literals, bound, rows, self._offset)
            if len(self._outcomes) >= _OUTCOMES:
                self._outcomes.clear()
            self._outcomes[key] = made
        return made

    def wraps(self, parted: ParsedStatement | None) -> bool:
        """True if a COPY stands around a query, which pgaudit logs by itself."""
        return parted is not None and _COPY_QUERY.match(parted.template) is not None

    def _shape(self, parted: ParsedStatement) -> "_Known":
        key = parted.template
        made = self._shapes.get(key)
        if made is not None:
            return made
        from wayseal.store.logs._analyse_query import analyse  # noqa: PLC0415 (the parser takes its time)

        shape = analyse(key, words(key), self.tables, self._dialect)
        self._numbers = self._numbers if len(self._numbers) <= _TEMPLATES else {}
        number = self._numbers.setdefault(shape, next(self._count))
        made = _Known.of(shape, len(parted.literals), number)
        if len(key) <= _LONGEST_KEPT:
            if len(self._shapes) >= _TEMPLATES:
                self._shapes.clear()
            self._shapes[key] = made
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A shape, and what is quickly said of it.

    number: one for each shape. numbers: the literals that are waybill numbers, where the shape asks for these and
    nothing else. values: the literals that its outcome hangs on; None where bound values count too.
    """

    shape: QueryShape
    number: int
    action: str
    numbers: tuple[int, ...]
    values: tuple[int, ...] | None

    @classmethod
    def of(cls, shape: QueryShape, literals: int, number: int) -> "_Known":
        operands = [o for c in shape.conditions for o in c.operands] + ([shape.limit] if shape.limit else [])
        places = tuple(dict.fromkeys(o.index for o in operands))
        free = any(o.bound for o in operands) or any(at >= literals for at in places)
        alone = shape == QueryShape(conditions=shape.conditions[:1], export=shape.export)
        simple = alone and [(c.key, c.sign) for c in shape.conditions] == [("waybill", "in")]
        simple = simple and not any(o.array for o in operands)
        return cls(
            shape=shape,
            number=number,
            action=action_of(shape),
            numbers=places if simple and not free else (),
            values=None if free else places,
        )


def unknown(why: Why, rows: int | None) -> Outcome:
    """A statement of which nothing can be said but that it touched waybills."""
    if rows == 0:
        return NoRead(why=Why.NO_ROWS)
    made = bare(why)
    return QueryMade(filter={"unknown": True}, rows=rows, wider=made.wider)


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


def number_shaped(text: str) -> bool:
    """True if a text has the format of a courier's number, or is of ten or more digits with few letters."""
    plain = waybill_of(text)
    if plain is None:
        return False
    return bool(candidates(plain)) or (sum(c.isdigit() for c in plain) >= 10 and len(plain) <= 24)


def pairs_of(statement: str) -> dict[str, str]:
    """The pairs in the comments of a statement."""
    try:
        return pairs(part(statement).comments)
    except UnreadableError:
        return {}


def named_columns(statements: Iterable[str], dialect: str = "postgres") -> dict[str, list[str]]:
    """Tables of simple statements and the columns that stand with them; without a schema only if none has one."""
    from wayseal.store.logs._analyse_query import columns_by_table  # noqa: PLC0415 (the parser takes its time)

    found: dict[str, dict[str, None]] = {}
    seen: set[str] = set()
    for statement in statements:
        try:
            template = part(statement, dialect == "mysql").template
        except UnreadableError:
            continue
        if template in seen or len(seen) > 2000:
            continue
        seen.add(template)
        for table, column in columns_by_table(template, dialect):
            found.setdefault(table, {})[column] = None
    for plain in [table for table in found if "." not in table]:
        if full := [table for table in found if table.endswith(f".{plain}")]:
            more = found.pop(plain)
            found |= {table: found[table] | more for table in full}
    return {table: list(columns) for table, columns in found.items()}
