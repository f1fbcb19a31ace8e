"""Opening a dataset, files, or standard input: which of them hold which table.

JSON as exports have it, laid out as JSON Lines: a list of records, or an object around one.

D1. A record is an object of the list, in its order; line n of the text is record n. Objects one after another, each
   over several lines, are records, too.
D2. An object is taken for what stands around a list where it holds nothing else (`{"Records": […]}`), or where the list
   is called as exports call theirs and scalars alone stand beside it. A list that lies deeper is named by a mapping.
D3. Where the file is no JSON from some record on, it is refused, and the error says which record and line that is.
"""

import gzip
import json
import re
import zlib
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from wayseal.model.errors import disk_says
from wayseal.model.messages import Message
from wayseal.model.schema import readable
from wayseal.store._column_plan import describe
from wayseal.store._dump import HEAD, DumpedTable, lay_out_tables
from wayseal.store._text_file import TextFile, wrapping_of
from wayseal.store._times import parse_offset
from wayseal.store._workbook import Sheet, lay_out_sheets
from wayseal.store._write_table import LaidOut
from wayseal.store.errors import StoreError
from wayseal.store.mapping import JSON_LINES, LAID_OUT, LOGS, Format, LogMapping
from wayseal.store.tables import TABLES, VERSION
from wayseal.store.types import Notice, NoticeCode, ReadOptions, Source, SourceFile

LONGEST = 16 << 20
_KNOWN = frozenset(["records", "events", "logs", "entries", "results", "hits", "value", "loglist", "logevents"])
_TEXT, _SPACE = r'"(?:[^"\\]|\\.)*+"', re.compile(r"\s*")
_SCALAR = rf"(?:{_TEXT}|true|false|null|-?[0-9][0-9.eE+-]*)"
_AROUND = re.compile(
    rf"\s*\{{\s*(?P<before>(?:{_TEXT}\s*:\s*{_SCALAR}\s*,\s*)*+)(?P<name>{_TEXT})\s*:\s*\[\s*(?=[{{\]])"
)
_BEFORE = rf"\{{\s*(?:{_TEXT}\s*:\s*(?:{_SCALAR}|[\[{{](?:{_TEXT}|[^\"\[\]{{}}])*+[\]}}])\s*,\s*)*+"
_OPEN = re.compile(rf"\s*(?:\[\s*\{{|\[\s*\]\s*\Z|\{{[ \t\r]*\n\s*{_TEXT}\s*:|\{{[^\n]*[\[{{,][ \t\r]*\n[ \t]+\S)")
_scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]


def _around(path: str) -> re.Pattern[str]:
    """Find what stands around a list of records, that of a dotted path or any."""
    names = (rf"{_BEFORE}{re.escape(json.dumps(name, ensure_ascii=False))}\s*:\s*" for name in path.split("."))
    return re.compile(rf"\s*{''.join(names)}\[\s*(?=[{{\]])") if path else _AROUND


def is_document(head: str, path: str = "") -> bool:
    """True if a text begins like such an export, and not with an object a line. head: its first line, and more.

    path: of the list, if a mapping names it.
    """
    if path:
        return _around(path).match(head) is not None
    if _OPEN.match(head):
        return True
    found = _AROUND.match(head)
    if found is None:
        return False
    try:
        whole = json.loads(head.lstrip().split("\n", 1)[0])
    except (ValueError, RecursionError):
        whole = None
    return _known(found) if whole is None else len(whole) == 1


def _known(found: re.Match[str]) -> bool:
    return found["name"].strip('"').lower() in _KNOWN


def records(blocks: Iterable[bytes], file: Path, path: str = "") -> Iterator[bytes]:
    """The records, a line each. blocks: the text in UTF-8, in pieces that end anywhere. StoreError (rule D3)."""
    return _Reader(blocks, file, path).lines()


class _Reader:
    def __init__(self, blocks: Iterable[bytes], file: Path, path: str) -> None:
        self._blocks, self._file, self._path, self._around = iter(blocks), file, path, _around(path)
        self._text, self._at, self._line, self._number = "", 0, 1, 0

    def lines(self) -> Iterator[bytes]:
        """The records of one value after another."""
        while self._next():
            around = self._match_around()
            if self._text[self._at] == "[":
                self._at += 1
                yield from self._listed()
            elif around is not None:
                self._at = around.end()
                yield from self._listed()
                self._close(around)
            else:
                yield self._record()

    def _match_around(self) -> "re.Match[str] | None":
        """Match what stands around a list, if that is how the value begins."""
        while (found := self._around.match(self._text, self._at)) is None and len(self._text) - self._at < 1 << 16:
            if not self._more():
                break
        return found if found and (self._path or not found["before"] or _known(found)) else None

    def _listed(self) -> Iterator[bytes]:
        while self._next() != "]":
            yield self._record()
            if self._next() == ",":
                self._at += 1
            elif self._text[self._at : self._at + 1] != "]":
                raise self._damaged()
        self._at += 1

    def _close(self, around: "re.Match[str]") -> None:
        """Check what follows the list in the objects around it: scalars, or nothing (rule D2)."""
        for _ in self._path.split("."):
            if self._next() == ",":
                self._text, self._at = "{" + self._text[self._at + 1 :], 0
                beside = json.loads(self._value()).values()
                if not self._path and (not _known(around) or any(isinstance(value, dict | list) for value in beside)):
                    raise StoreError("holds more than one list of records; save the one that is meant as JSON Lines",
                                     file=self._file, line=self._line)  # fmt: skip
            elif self._next() == "}":
                self._at += 1
            else:
                raise self._damaged()

    def _record(self) -> bytes:
        self._number += 1
        text = self._value()
        return text.replace("\n", " ").replace("\r", " ").encode("utf-8", "surrogateescape") + b"\n"

    def _value(self) -> str:
        self._next()
        while True:
            try:
                _, end = _scan(self._text, self._at)
                if end < len(self._text) or not self._more():
                    break
            except (StopIteration, ValueError):
                if len(self._text) - self._at > LONGEST or not self._more():
                    raise self._damaged() from None
            except RecursionError:
                raise self._damaged() from None
        found, self._at = self._text[self._at : end], end
        self._line += found.count("\n")
        return found

    def _next(self) -> str:
        """The next sign that is no space; "" at the end."""
        while True:
            found = _SPACE.match(self._text, self._at)
            end = found.end() if found else self._at
            self._line += self._text.count("\n", self._at, end)
            self._at = end
            if end < len(self._text) or not self._more():
                return self._text[end : end + 1]

    def _more(self) -> bool:
        block = next(self._blocks, b"")
        self._text, self._at = self._text[self._at :] + block.decode("utf-8", "surrogateescape"), 0
        return bool(block)

    def _damaged(self) -> StoreError:
        return StoreError("is no JSON, or cut short, from record {record} on", file=self._file, line=self._line,
                          record=self._number)  # fmt: skip


_SUFFIXES = {
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".parquet": Format.PARQUET,
    ".xlsx": Format.XLSX,
    ".xlsm": Format.XLSX,
    ".sql": Format.DUMP,
}
STDIN = Path("-")
"""What standard input is called."""
_GZIP = b"\x1f\x8b"
_CHUNK, _HEAD = 4 << 20, 4096
LOG_TABLES = ("accesses", "queries")
_Files = tuple[SourceFile, ...]
_Notices = tuple[Notice, ...]
_Found = tuple[_Files, _Notices]


def open_source(
    path: Path,
    *more: Path,
    mapping: LogMapping | None = None,
    offset: timedelta | str | None = None,
    table: str | None = None,
) -> Source:
    """Opens dataset folders, folders of logs (with a mapping), files, or standard input.

    Args:
        path: The folder or file; `-` for standard input.
        *more: Others, read in the same way.
        mapping: Which column is what; None: the contract's names.
        offset: From UTC, of times without one: "+08:00" or a timedelta; goes before the mapping's.
        table: What the files are; None: what the mapping says, else what each is named after, else `accesses`.

    Returns:
        What is to be read.

    Raises:
        StoreError: There is nothing to read.
    """
    try:
        offset = parse_offset(offset) if isinstance(offset, str) else offset
    except StoreError as error:
        raise StoreError(error.message, key="offset") from error
    if mapping is not None:
        if table not in {None, mapping.table}:
            raise StoreError(
                "the mapping is for the table {table}", file=mapping.path, key="table", table=mapping.table
            )
        table = mapping.table
    if table is not None and table not in TABLES:
        raise StoreError("no table of the contract; one of {known}", key=table, known=list(TABLES))
    paths = [Path(path), *map(Path, more)]
    if paths.count(STDIN) > 1:
        raise StoreError("standard input can be read once", file=STDIN)
    found = [_find(p, mapping, table) for p in paths]
    return Source(
        path=paths[0],
        files=tuple(file for files, _ in found for file in files),
        mapping=mapping,
        options=ReadOptions(offset=offset),
        notices=tuple(notice for _, notices in found for notice in notices),
    )


def _find(path: Path, mapping: LogMapping | None, table: str | None) -> _Found:
    """Find the files under one name. table: None without a mapping, where none is named."""
    if path != STDIN and not path.exists():
        raise StoreError("there is no such file or folder", file=path)
    if path != STDIN and not path.is_dir() and not path.is_file():  # a pipe is read once, and this looks twice
        raise StoreError("this is no file", file=path)
    try:
        if path != STDIN and path.is_dir():
            return _dataset(path) if table is None else _folder(path, table, mapping)
        stem = path.name.split(".")[0]
        laid_out = LaidOut.of_input() if path == STDIN else None
        form = (mapping.format if mapping else None) or format_of(path, laid_out)
        return _source_files(path, table or (stem if stem in TABLES else "accesses"), form, mapping, laid_out)
    except (OSError, EOFError, zlib.error) as error:
        reason = disk_says(error) if isinstance(error, OSError) and error.errno else Message("damaged")
        raise StoreError("can't be read ({reason})", file=path, reason=reason) from error


def _source_files(
    path: Path, table: str, form: Format, mapping: LogMapping | None, laid_out: LaidOut | None = None
) -> _Found:
    """One file: a raw log stands there once a table that it fills; of a workbook each sheet stands for itself."""
    if mapping is not None and mapping.sheet and form not in LAID_OUT:
        raise StoreError("is no workbook and no dump of a database, and the mapping names a sheet", file=path)
    gzipped = _head(laid_out.path).startswith(_GZIP) if laid_out else path.suffix.lower() == ".gz"
    if gzipped and form in {Format.PARQUET, Format.XLSX}:
        raise StoreError("a file of this format is compressed inside; unpack it", file=path)
    file = SourceFile(path=path, table=table, format=form, size=0, gzipped=gzipped, laid_out=laid_out)
    if form in LAID_OUT:
        return _sheets(file, mapping)
    if form is not Format.PARQUET:
        head = _first_line(file)
        file = replace(file, wrapped=(mapping.unwrap if mapping else "") or wrapping_of(head.split("\n", 1)[0]))
    if form in JSON_LINES and is_document(head, file.wrapped):
        inner, file = file.wrapped, replace(file, wrapped="")
        text = TextFile(file, mapping.encoding if mapping else None, _CHUNK, ends=b"},")
        laid_out = LaidOut(records((b.data for b in text.blocks()), path, inner), path)
        file = replace(file, gzipped=False, laid_out=laid_out)
    file = replace(file, size=file.content.stat().st_size)
    return (tuple(replace(file, table=t) for t in LOG_TABLES) if form in LOGS else (file,)), ()


def _sheets(file: SourceFile, mapping: LogMapping | None) -> _Found:
    """The sheets of a workbook, or tables of a dump, that are asked for."""
    path, table = file.path, file.table
    wanted, headed = (mapping.sheet, bool(mapping.header)) if mapping else ((), True)
    sheets: Sequence[Sheet | DumpedTable]
    if file.format is Format.XLSX:
        sheets = lay_out_sheets(file.content, names=wanted, table=table, headed=headed, origin=path)
    else:
        sheets = lay_out_tables(dumped_lines(file, mapping), names=wanted, table=table, origin=path)
    files = tuple(
        SourceFile(
            path=path.with_name(f"{path.name}#{readable(sheet.name).replace('/', '_')}"),
            table=table,
            format=file.format,
            size=sheet.text.path.stat().st_size,
            laid_out=sheet.text,
        )
        for sheet in sheets
    )
    others = sheets[0].others
    if wanted or not others:
        return files, ()
    values: dict[str, str | int] = {"sheet": sheets[0].name, "names": describe(others)}
    return files, (Notice(code=NoticeCode.OTHER_SHEETS, file=path, values=values),)


def dumped_lines(file: SourceFile, mapping: LogMapping | None = None) -> Callable[[], Iterator[str]]:
    """The lines of a dump, each time from the first; undecodable bytes stay as they are."""

    def lines() -> Iterator[str]:
        for block in TextFile(file, mapping.encoding if mapping else None, _CHUNK).blocks():
            yield from (f"{line}\n" for line in block.data.decode("utf-8", "surrogateescape")[:-1].split("\n"))

    return lines


def _first_line(file: SourceFile) -> str:
    """The first line of a file that holds more than spaces, or much of it, and a little more."""
    with gzip.open(file.content) if file.gzipped else file.content.open("rb") as disk:
        head = next((line for _ in range(100) if (line := disk.readline(_CHUNK)).strip() or not line), b"")
        return (head + disk.read(_HEAD)).removeprefix(BOM_UTF8).decode("utf-8", "replace")


def _suffix(path: Path) -> Format | None:
    suffixes = [s.lower() for s in path.suffixes if s.lower() != ".gz"]
    return _SUFFIXES.get(suffixes[-1]) if suffixes else None


def format_of(path: Path, laid_out: LaidOut | None = None) -> Format:
    """The format by a file's name, else by its first bytes. OSError as it comes."""
    if (named := _suffix(path)) is not None:
        return named
    content = laid_out.path if laid_out else path
    head = _head(content)
    if head.startswith(b"PAR1"):
        return Format.PARQUET
    if head.startswith(b"PK\x03\x04"):
        return Format.XLSX
    if head.startswith(_GZIP):
        if laid_out is None and path.suffix.lower() != ".gz":
            raise StoreError("is compressed; let its name end in .gz", file=path)
        with gzip.open(content) as packed:
            head = packed.read(_HEAD)
    if HEAD.search(head.decode("utf-8", "replace")):
        return Format.DUMP
    return (
        Format.JSONL if head.removeprefix(BOM_UTF8).lstrip().startswith((b"{", b"[{", b"[\n", b"[\r")) else Format.CSV
    )


def _head(path: Path) -> bytes:
    with path.open("rb") as disk:
        return disk.read(_HEAD)


def _folder(path: Path, table: str, mapping: LogMapping | None) -> tuple[_Files, _Notices]:
    """All files of a folder as one table: those of the mapping's format, or whose name tells theirs."""
    files: list[SourceFile] = []
    notices: list[Notice] = []
    others = 0
    for entry in _inside(path):
        form = _suffix(entry)
        raw = mapping is not None and mapping.format in LOGS
        if mapping is not None and mapping.format is not None and (raw or form in {None, mapping.format}):
            form = mapping.format
        if form is None or (mapping is not None and mapping.format not in {None, form}):
            others += 1
        else:
            made, said = _source_files(entry, table, form, mapping)
            files.extend(made)
            notices += said
    if not files:
        raise StoreError("no .csv, .jsonl, .parquet or .xlsx file is in this folder", file=path)
    return tuple(files), (*notices, *_others(path, others))


def _dataset(path: Path) -> tuple[_Files, _Notices]:
    _check_version(path / "dataset.json")
    files: list[SourceFile] = []
    notices: list[Notice] = []
    others = 0
    seen: set[str] = set()
    for entry in sorted(path.iterdir()):
        table = entry.name.split(".")[0]
        form = _suffix(entry)
        if table not in TABLES or (entry.is_file() and form is None):
            others += entry.name != "dataset.json" and not entry.name.startswith((".", "_", "~$"))
            continue
        if table in seen:
            raise StoreError("the table stands here twice; put its files into one folder", file=path, key=table)
        seen.add(table)
        if form is None or entry.is_dir():
            found, said = _folder(entry, table, None)
        else:
            found, said = _source_files(entry, table, form, None)
        files.extend(found)
        others += sum(int(n.values["files"]) for n in said if n.code is NoticeCode.OTHER_FILES)
        notices += [n for n in said if n.code is not NoticeCode.OTHER_FILES]
    if not files:
        raise StoreError("no table of the contract is in this folder", file=path)
    return tuple(files), (*notices, *_others(path, others))


def _inside(folder: Path) -> list[Path]:
    found = (p for p in folder.rglob("*") if p.is_file())
    return sorted(p for p in found if not p.name.startswith((".", "_", "~$")) and p.name != "dataset.json")


def _others(path: Path, count: int) -> _Notices:
    said = Notice(code=NoticeCode.OTHER_FILES, file=path, values={"files": count})
    return (said,) if count else ()


def _check_version(path: Path) -> None:
    if not path.is_file():
        return
    try:
        about = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise StoreError("not JSON", file=path) from error
    version = about.get("wayseal") if isinstance(about, dict) else None
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise StoreError("needs a version number", file=path, key="wayseal")
    if version > VERSION:
        raise StoreError(
            "dataset version {version} is newer than version {newest}, which this Wayseal reads; update Wayseal",
            file=path,
            key="wayseal",
            version=version,
            newest=VERSION,
        )
