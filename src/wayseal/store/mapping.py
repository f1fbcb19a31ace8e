"""A mapping: which column of a foreign log is which column of the contract.

Patterns in it are matched in time that grows with the text and with nothing else.

1. They are RE2's, which comes with Arrow, and Python's as well: neither looks ahead or behind, nor refers back to what
   it found, and a name stands in them once.
2. A pattern stands for a whole text. A bracket without a name only groups.
3. All that a mapping writes like that is bounded together (`MOST_LETTERS`), and how often something is repeated in it:
   RE2 writes repetitions out, and may walk through all of them with each letter.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc


class Format(StrEnum):
    """How a file is laid out."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    XLSX = "xlsx"
    PGAUDIT = "pgaudit-csvlog"
    COMBINED = "combined"
    OCSF = "ocsf"
    DUMP = "sql-dump"
    MYSQL = "mysql-general"
    REQUESTS = "json-requests"


LOGS = frozenset({Format.PGAUDIT, Format.COMBINED, Format.OCSF, Format.MYSQL, Format.REQUESTS})
"""Raw logs: one file of them fills `accesses` and `queries`."""
LAID_OUT = frozenset({Format.XLSX, Format.DUMP})
"""Several tables in one file, each of which is laid out as CSV before it is read."""
JSON_LINES = frozenset({Format.JSONL, Format.OCSF, Format.REQUESTS})
"""An object a line; a document that holds a list of them is laid out so."""


MOST_LETTERS = 4000
"""Letters of patterns, each as often as it is repeated."""
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{(?:[0-9]*,)?([0-9]{1,9})[0-9]*,?\}|.", re.DOTALL)
_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?!\?)", re.DOTALL)


def size_of(pattern: str) -> int:
    """How long a pattern is once its repetitions are written out (rule 3)."""
    groups, last = [0], 0
    for token in _TOKEN.finditer(pattern):
        if token[0] == "(":
            groups.append(0)
        elif token[0] == ")" and len(groups) > 1:
            last = groups.pop()
            groups[-1] += last
        elif token[1]:
            groups[-1] += last * max(0, int(token[1]) - 1)
            last *= int(token[1])
        else:
            last = 1
            groups[-1] += 1
    return sum(groups)


def names_of(pattern: str) -> tuple[str, ...]:
    """The names in a pattern. ValueError: it isn't one (rule 1)."""
    try:
        names = tuple(re.compile(pattern).groupindex)
        match_whole(pa.array([], pa.string()), pattern)
    except (re.error, RecursionError, OverflowError, pa.ArrowInvalid) as error:
        raise ValueError(str(error)) from None
    return names


def match_whole(texts: pa.Array, pattern: str) -> pa.StructArray:
    """Extract what each text holds under the names of a pattern; null where the pattern isn't all of it (rule 2)."""
    grouped = _PIECE.sub(lambda found: "(?:" if found[0] == "(" else found[0], pattern)
    return pc.extract_regex(texts, rf"\A(?:{grouped})\z")


# Microseconds in one unit.
EPOCHS: Mapping[str, float] = {
    "epoch_s": 1e6,
    "epoch_ms": 1e3,
    "epoch_us": 1.0,
    "epoch_ns": 1e-3,
}
JSON = "json"
_LATER = frozenset({"unwrap", "factor", "epoch", "times", "split", "matches"})
"""Keys that count in a digest only where they say something: those before them stay what they were."""


def path_pattern(text: str) -> str:
    """The regular expression of a path with names in braces; each stands for one piece between slashes."""
    parts = re.split(r"\{([a-z_]+)\}", text)
    return "".join(f"(?P<{p}>[^/]+)" if at % 2 else re.escape(p) for at, p in enumerate(parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMap:
    """Where one contract column comes from: file columns (joined by a space) or a constant.

    first: not joined; the first of the columns that isn't empty.

    formats: how a time is written, tried in order; "iso", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns" or a
    strptime-like format. values: what a word of the log is called in the contract; of a cell that holds a list, each
    item. factor: what a number of the log is to be multiplied by. split: what stands between the waybill numbers of a
    cell that holds several, `JSON` for a list. line: in the mapping file.
    """

    name: str
    columns: tuple[str, ...] = ()
    first: bool = False
    constant: str | None = None
    formats: tuple[str, ...] = ("iso",)
    values: Mapping[str, str] = field(default_factory=dict)
    factor: Decimal | None = None
    split: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFilter:
    """Rows whose `column` holds one of `equals`, or what `matches` stands for, go (or, with `keep`, all others do)."""

    column: str
    equals: frozenset[str]
    keep: bool = False
    matches: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumn:
    """A column of a database table: the condition it stands for, or `issued_at`; day: it holds dates.

    epoch: it counts time, in this of `EPOCHS`.
    """

    key: str
    day: bool = False
    epoch: str = ""

    @property
    def unit(self) -> str:
        """The unit of its whole numbers; "" where they are times."""
        return "day" if self.day else self.epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMap:
    """A table or view of the logged database, by the names of its columns in lower case.

    name: in lower case, with its schema if the mapping gives one. waybills: it holds waybills; else outlets, whose keys
    are `outlet`, `city` and `region`.
    """

    name: str
    columns: Mapping[str, TableColumn]
    waybills: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PathRule:
    """Requests whose whole path `pattern` stands for; its names and `query` say which condition is which.

    query: parameter → condition, or several parameters for one. ignore: parameters that select nothing. times: how
    times of issue are written, if not in ISO 8601.
    """

    pattern: str
    query: Mapping[str, str] = field(default_factory=dict)
    ignore: frozenset[str] = frozenset()
    action: str | None = None
    times: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """The settings of an adapter beside the columns.

    statuses: of HTTP answers that showed something, "200" or "2xx"; 304 says that the browser shows what it has.
    methods: of requests that read. resources: types of OCSF resources whose uid (or name) is a waybill number.
    request: of a JSON object, field of a request → names under which it stands. dialect: of statements in JSON.
    """

    tables: tuple[TableMap, ...] = ()
    paths: tuple[PathRule, ...] = ()
    statuses: tuple[str, ...] = ("2xx", "304")
    methods: frozenset[str] = frozenset({"GET", "POST"})
    resources: frozenset[str] = frozenset()
    request: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dialect: str = "postgres"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogMapping:
    """How to read a foreign log as one table of the contract; made by `load_mapping`.

    header: whether there are headings; a number: on which line they stand.

    sheet: names of the sheets of a workbook, or of tables of a dump, that hold the table. unwrap: the field of a JSON
    object in which each line of the log stands.

    logs: settings of an adapter, whose one file fills both `accesses` and `queries`; `fields` are then those of both.
    """

    path: Path
    table: str
    fields: tuple[FieldMap, ...]
    filters: tuple[RowFilter, ...] = ()
    format: Format | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header: bool | int = True
    sheet: tuple[str, ...] = ()
    offset: timedelta | None = None
    clean: bool = True
    unwrap: str = ""
    logs: LogSettings | None = None

    @property
    def digest(self) -> str:
        """SHA-256 in hex of what it says, the offset and the order of columns aside: equal mappings read alike."""
        said = asdict(self, dict_factory=lambda pairs: {k: v for k, v in pairs if v or k not in _LATER})
        del said["path"], said["offset"]
        said["fields"] = sorted(({**f, "line": 0} for f in said["fields"]), key=lambda f: str(f["name"]))
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=_plain).encode()).hexdigest()

    def fit(self, table: str, names: tuple[str, ...]) -> "LogMapping":
        """The mapping for one table with these columns of the two that an adapter fills; else itself."""
        if self.logs is None:
            return self
        return replace(self, table=table, fields=tuple(f for f in self.fields if f.name in names))


def _plain(value: object) -> object:
    """Make a set or a factor something that JSON can hold."""
    return str(value.normalize()) if isinstance(value, Decimal) else sorted(value)  # type: ignore[call-overload]
