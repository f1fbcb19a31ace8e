"""Tables of a database's dump as text: `INSERT … VALUES` (mysqldump, pg_dump --inserts), `COPY … FROM stdin` (pg_dump).

1. Line n of a table's text is its row n - 1 in the dump, below the names of its columns; a line break inside a value
   becomes a space. NULL is empty.
2. The names stand with the rows, or in the table's CREATE TABLE; else a column is its number, from 1.
3. A row that can't be read is a line that a reader turns away, so that none is lost in silence. Behind it reading goes
   on where the next row or statement begins; a quote too many may have hidden where that is, so each such place counts.
4. A backslash is an escape, unless PostgreSQL wrote the dump (there in E'…' alone).
5. mysqldump writes TIMESTAMP in UTC, and says so: these values carry +00:00 here. DATETIME is as it was stored.
6. A statement ends outside of quotes; where not PostgreSQL wrote it, a damaged one ends before an INSERT, too.
7. Without a name the table called like the contract's is taken, else the first that has rows.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import chain
from pathlib import Path

from wayseal.model.rows import csv_writer
from wayseal.store._column_plan import describe
from wayseal.store._write_table import LaidOut
from wayseal.store.errors import StoreError

HEAD = re.compile(
    r"^(?:-- (?:MySQL|MariaDB|PostgreSQL database|phpMyAdmin SQL) dump|CREATE TABLE |INSERT INTO |COPY .* FROM stdin;)",
    re.MULTILINE | re.IGNORECASE,
)
"""What a dump says within its first lines."""
LONGEST_ROW, _PIECES = 16 << 20, 1000
Row = list[str | None]
Event = tuple[str, tuple[str, ...], Row | None]
_NAME = r'(?:`(?:[^`]|``)+`|"(?:[^"]|"")+"|[\w$]+)'
_FULL = rf"(?P<name>{_NAME}(?:\.{_NAME})?)"
_HEADS = re.compile(r"\s*(?:INSERT|REPLACE|COPY|CREATE)\s", re.IGNORECASE)
_INSERT = re.compile(
    rf"\s*(?:INSERT|REPLACE)\s+(?:(?:IGNORE|DELAYED|LOW_PRIORITY)\s+)*INTO\s+{_FULL}\s*"
    rf"(?:\((?P<columns>(?:{_NAME}|[^()])*+)\))?\s*(?:OVERRIDING\s+(?:SYSTEM|USER)\s+VALUE\s+)?VALUES?\s*",
    re.I,
)
_INTO, _OPENS = re.compile(r"\s*(?:INSERT|REPLACE)\s", re.I), re.compile(r"\bVALUES\b|\bVALUE\s*\(|;", re.I)
_COPY = re.compile(rf"COPY\s+{_FULL}\s*(?:\((?P<columns>[^()]*)\))?\s+FROM\s+stdin", re.IGNORECASE)
_CREATE = re.compile(rf"CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?{_FULL}\s*\(\s*$", re.IGNORECASE)
_COLUMN = re.compile(rf"\s+(?P<name>{_NAME})\s+(?P<type>\w+)")
_NO_COLUMN = re.compile(
    "PRIMARY|UNIQUE|KEY|INDEX|FULLTEXT|SPATIAL|CONSTRAINT|CHECK|FOREIGN|PERIOD|EXCLUDE|LIKE", re.IGNORECASE
)
_UTC = re.compile(r"SET\s+TIME_ZONE\s*=\s*'\+00:00'", re.IGNORECASE)
_POSTGRES = re.compile(r"-- PostgreSQL database dump|SET standard_conforming_strings = on", re.IGNORECASE)
_ESCAPES = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "f": "\f", "v": "\v"}
_BACKSLASH = re.compile(r"\\(x[0-9a-fA-F]{1,2}|[0-7]{3}|.)", re.DOTALL)
_BREAKS = re.compile(r"[\r\n\v\f\x85\u2028\u2029]+")
_SPACE = r"\s|--[^\n]{0,999}\n|/\*[^*]{0,999}\*/"
_BETWEEN = re.compile(rf"(?:,|{_SPACE})*+")
_NEXT = re.compile(rf"\)\s*,(?:{_SPACE})*+(?=\()|;[ \t\r]*\n(?=\s*(?:INSERT|REPLACE|COPY|CREATE)\s)", re.IGNORECASE)
_ENDS = re.compile(r";|(?:ON|AS|RETURNING)\s", re.IGNORECASE)
_QUOTED = {"": r"'(?:[^'\\]|\\.|'')*+'", "E": r"(?:[eE]'(?:[^'\\]|\\.|'')*+'|'(?:[^']|'')*+')"}
_VALUES = {
    k: re.compile(rf"\s*((?:_\w+\s+|[xXbBnN](?='))?{q}|[^'(),;\s][^'(),;]*+)\s*(?:,|$)", re.S)
    for k, q in _QUOTED.items()
}
_ROWS = {
    k: re.compile(rf"\(((?:\s*(?:(?:_\w+\s+|[xXbBnN](?='))?{q}|[^'(),;\s][^'(),;]*+)\s*(?:,|(?=\))))++)\)", re.S)
    for k, q in _QUOTED.items()
}
_CLOSED = {k: re.compile(q, re.DOTALL) for k, q in _QUOTED.items()}
_DAMAGED: Row = []


@dataclass(frozen=True, slots=True, kw_only=True)
class DumpedTable:
    """One table as text; others: names of the tables that were not asked for."""

    name: str
    text: LaidOut
    others: tuple[str, ...]


def tables_of(lines: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The tables of a dump that have rows, in its order, and their columns."""
    found: dict[str, dict[str, None]] = {}
    for name, columns, _ in events(lines, lambda _: False):
        found.setdefault(name, {}).update(dict.fromkeys(columns))
    return {name: tuple(columns) for name, columns in found.items()}


def lay_out_tables(
    lines: Callable[[], Iterator[str]], *, names: Sequence[str], table: str, origin: Path
) -> tuple[DumpedTable, ...]:
    """The tables of these names, or the one that rule 7 chooses, as text in CSV.

    Args:
        lines: The dump's lines, from the first one on at each call.
        names: Of tables, with or without their schema; empty: rule 7.
        table: The contract's table that they hold.
        origin: What the dump is called.

    Raises:
        StoreError: It has no rows, or no such table.
    """
    there = tables_of(lines())
    if not there:
        raise StoreError("holds no rows: neither INSERT … VALUES nor COPY … FROM stdin", file=origin)
    wanted = [_found(name, there, origin) for name in names] or [
        next((n for n in there if n.rpartition(".")[2].casefold() == table), next(iter(there)))
    ]
    others = tuple(n for n in there if n not in wanted)
    return tuple(
        DumpedTable(name=name, text=LaidOut(_csv(lines(), name, there[name]), origin=origin), others=others)
        for name in wanted
    )


def _found(name: str, there: dict[str, tuple[str, ...]], origin: Path) -> str:
    for one in there:
        if name in {one, one.rpartition(".")[2]}:
            return one
    raise StoreError(
        "there is no such table; the dump has {tables}", file=origin, key=name, tables=describe(tuple(there))
    )


def _csv(lines: Iterator[str], wanted: str, columns: Sequence[str]) -> Iterator[bytes]:
    write = csv_writer()
    yield write(columns).encode()
    for _, told, row in events(lines, lambda name: name == wanted):
        if row is None:
            continue
        if told != columns and len(row) == len(told):
            named = dict(zip(told, row, strict=True))
            row = [named.get(column) for column in columns]  # noqa: PLW2901
        cells = [v and _BREAKS.sub(" ", v) for v in row] or [""]
        line = '"x"x\n' if row is _DAMAGED else write(cells)
        yield line.encode("utf-8", "surrogateescape")


def events(lines: Iterable[str], wanted: Callable[[str], bool]) -> Iterator[Event]:
    """Yield what a dump holds: a table and its columns where its rows begin, and each row of those that are wanted."""
    made, kind, utc, stamps = dict[str, tuple[str, ...]](), "", False, dict[str, set[int]]()
    rest = _Lines(lines)
    for line in rest:
        kind = "E" if _POSTGRES.match(line) else kind
        utc = utc or bool(_UTC.search(line[:999]))
        if not _HEADS.match(line):
            continue
        while _INTO.match(line) and not _OPENS.search(line) and len(line) < 1 << 14:
            line += next(rest, ";")  # noqa: PLW2901
        if found := _CREATE.match(line.rstrip()):
            name = _plain(found["name"])
            body = list(_body(rest))
            made[name] = tuple(n for n, _ in body)
            stamps[name] = {at for at, (_, of) in enumerate(body) if of == "timestamp"} if utc and not kind else set()
        elif found := _COPY.match(line):
            name = _plain(found["name"])
            columns = _names(found["columns"]) or made.get(name, ())
            yield name, columns, None
            take = wanted(name)
            for row in _copied(rest):
                if take:
                    yield name, columns, row
        elif found := _INSERT.match(line):
            name = _plain(found["name"])
            names = _names(found["columns"])
            text = line[found.end() :]
            take = wanted(name) or not (names or name in made)
            quote = not take and _open_quote(text, kind)
            take = take or bool(kind and quote)
            while not take and text and (quote or not text.rstrip().endswith(";")):
                text, quote = _further(text if quote else "", rest, kind), ""
            rows = _inserted(text, rest, kind) if take else iter(())
            first = list[Row]()
            for row in rows:
                first.append(row)
                if row:
                    break
            columns = names or made.get(name) or tuple(str(n) for n in range(1, len(first[-1] if first else ()) + 1))
            made.setdefault(name, columns)
            yield name, columns, None
            marked = {columns.index(made[name][at]) for at in stamps.get(name, ()) if made[name][at] in columns}
            for row in chain(first, rows):
                for at in marked & set(range(len(row))):
                    row[at] = row[at] and f"{row[at]}+00:00"
                if wanted(name):
                    yield name, columns, row


def _plain(name: str) -> str:
    return ".".join(p.strip('`"').replace("``", "`") for p in re.findall(_NAME, name))


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(_plain(n) for n in re.findall(_NAME, text or ""))


def _body(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Columns of a CREATE TABLE and their types, up to the line that ends it."""
    for line in lines:
        if line.startswith(")"):
            return
        found = _COLUMN.match(line)
        if found and not _NO_COLUMN.fullmatch(found["name"]):
            yield _plain(found["name"]), found["type"].lower()


def _copied(lines: Iterator[str]) -> Iterator[Row]:
    for line in lines:
        text = line.rstrip("\r\n")
        if text == "\\.":
            return
        cells = text.split("\t")
        yield [None if c == r"\N" else _unescaped(c) if "\\" in c else c for c in cells]


class _Lines:
    """Lines, and those that are given back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines, self._back = iter(lines), list[str]()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return self._back.pop() if self._back else next(self._lines)

    def give_back(self, text: str) -> None:
        self._back.extend(reversed([*StringIO(text)]))


def _further(text: str, lines: _Lines, kind: str) -> str:
    """The lines that go on with a statement, up to one that ends outside of quotes (rule 6); "" where none does."""
    quote, held, size = _open_quote(text, kind), [text], len(text)
    for line in lines:
        if _HEADS.match(line) and (not quote or (not kind and held[-1].rstrip().endswith(";"))):
            lines.give_back(line)
            break
        held.append(line)
        quote, size = _open_quote(quote + line, kind), size + len(line)
        if not quote or size > LONGEST_ROW:
            break
    return "".join(held[1:])


def _open_quote(text: str, kind: str) -> str:
    """The quote that is open at the end of a text that begins outside of any; "" for none."""
    text = _CLOSED[kind].sub("", text) if "\\" in text else text
    quote = "E'" if kind and text[text.rfind("'") - 1 :][:1] in "eE" else "'"
    return quote if text.count("'") % 2 else ""


def _inserted(text: str, lines: _Lines, kind: str) -> Iterator[Row]:
    """The rows of one INSERT, over as many lines as it has (rule 3)."""
    at, pieces, stuck, row, value = 0, 0, False, _ROWS[kind], _VALUES[kind]
    while True:
        between = _BETWEEN.match(text, start := at)
        at = between.end() if between else at
        if found := row.match(text, at):
            at, pieces = found.end(), 0
            yield [_value(v, kind) for v in value.findall(found[1])]
            continue
        ended, gap = _ENDS.match(text, at), text[start:at]
        if ended or (text[at : at + 1] not in {"", "("} and "\n" in gap and "," not in gap):
            lines.give_back(text[ended.end() if ended else at :])
            return
        again = _NEXT.search(text, at)
        if again and (stuck or text[at] != "(" or not _open_quote(text[at : again.end()], kind)):
            at = again.end()
            yield _DAMAGED
            if again[0][0] == ";":
                lines.give_back(text[at:])
                return
            continue
        text, at, pieces = text[start:], 0, pieces + 1
        more = _further(text, lines, kind) if len(text) < LONGEST_ROW and pieces < _PIECES else ""
        text, stuck = text + more, not more
        if not more and not again:
            if text != gap:
                yield _DAMAGED
            return


def _value(text: str, kind: str) -> str | None:
    text = text.strip()
    if not text.endswith("'"):
        return None if text.upper() == "NULL" else text
    head, _, body = text.partition("'")
    if head in {"x", "X", "b", "B"}:
        return text
    body = body[:-1]
    body = body.replace("''", "'")
    return _unescaped(body) if "\\" in body and (not kind or head in {"e", "E"}) else body


def _unescaped(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        said = found[1]
        if said[0] == "x" and len(said) > 1:
            return chr(int(said[1:], 16))
        if said.isdecimal() and len(said) == 3:
            return chr(int(said, 8) & 0xFF)
        return _ESCAPES.get(said, said)

    return _BACKSLASH.sub(one, text)
