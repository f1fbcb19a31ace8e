"""Opening a dataset: which files hold which table."""

import gzip
import json
import zlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from wayseal.model.errors import disk_says
from wayseal.model.messages import Message
from wayseal.store._times import parse_offset
from wayseal.store.errors import StoreError
from wayseal.store.formats import LOGS, Format
from wayseal.store.mapping import LogMapping
from wayseal.store.tables import TABLES, VERSION
from wayseal.store.types import Notice, NoticeCode, ReadOptions, Source, SourceFile

_SUFFIXES = {
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".parquet": Format.PARQUET,
}
LOG_TABLES = ("accesses", "queries")
_Files = tuple[SourceFile, ...]
_Notices = tuple[Notice, ...]


def open_source(
    path: Path,
    *,
    mapping: LogMapping | None = None,
    offset: timedelta | str | None = None,
    table: str | None = None,
) -> Source:
    """Opens a dataset folder, a folder of logs (with a mapping) or one file.

    Args:
        path: The folder or file.
        mapping: Which column is what; None: the contract's names.
        offset: From UTC, of times without one: "+08:00" or a timedelta; goes before the mapping's.
        table: What a single file is; None: what the mapping says, else what it is named after, else `accesses`.

    Returns:
        What is to be read.

    Raises:
        StoreError: There is nothing to read.
    """
    path = Path(path)
    if isinstance(offset, str):
        offset = parse_offset(offset)
    if not path.exists():
        raise StoreError("there is no such file or folder", file=path)
    try:
        files, notices = _find(path, mapping, table)
    except (OSError, EOFError, zlib.error) as error:
        reason = disk_says(error) if isinstance(error, OSError) and error.errno else Message("damaged")
        raise StoreError("can't be read ({reason})", file=path, reason=reason) from error
    options = ReadOptions(offset=offset)
    return Source(path=path, files=files, mapping=mapping, options=options, notices=notices)


def _find(path: Path, mapping: LogMapping | None, table: str | None) -> tuple[_Files, _Notices]:
    if mapping is not None:
        table = mapping.table
    if path.is_dir():
        return _dataset(path) if table is None else _folder(path, table, mapping)
    stem = path.name.split(".")[0]
    named = stem if stem in TABLES else "accesses"
    form = (mapping.format if mapping else None) or _suffix(path) or _sniff(path)
    return _as_tables(_source_file(path, table or named, form)), ()


def _as_tables(file: SourceFile) -> _Files:
    """A raw log is read twice, once a table that it fills."""
    return tuple(replace(file, table=t) for t in LOG_TABLES) if file.format in LOGS else (file,)


def _source_file(path: Path, table: str, form: Format) -> SourceFile:
    gzipped = path.suffix.lower() == ".gz"
    if gzipped and form is Format.PARQUET:
        raise StoreError("a Parquet file is compressed inside; unpack it", file=path)
    return SourceFile(path=path, table=table, format=form, size=path.stat().st_size, gzipped=gzipped)


def _suffix(path: Path) -> Format | None:
    suffixes = [s.lower() for s in path.suffixes if s.lower() != ".gz"]
    return _SUFFIXES.get(suffixes[-1]) if suffixes else None


def _sniff(path: Path) -> Format:
    """The format by a file's first bytes, where its name doesn't say."""
    with path.open("rb") as disk:
        head = disk.read(4096)
    if head.startswith(b"PAR1"):
        return Format.PARQUET
    if head.startswith(b"\x1f\x8b"):
        if path.suffix.lower() != ".gz":
            raise StoreError("is compressed; let its name end in .gz", file=path)
        with gzip.open(path) as packed:
            head = packed.read(4096)
    return Format.JSONL if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{") else Format.CSV


def _folder(path: Path, table: str, mapping: LogMapping | None) -> tuple[_Files, _Notices]:
    """All files of a folder as one table: those of the mapping's format, or whose name tells theirs."""
    files: list[SourceFile] = []
    others = 0
    for entry in _inside(path):
        form = _suffix(entry)
        raw = mapping is not None and mapping.format in LOGS
        if mapping is not None and mapping.format is not None and (raw or form in {None, mapping.format}):
            form = mapping.format
        if form is None or (mapping is not None and mapping.format not in {None, form}):
            others += 1
        else:
            files.extend(_as_tables(_source_file(entry, table, form)))
    if not files:
        raise StoreError("no .csv, .jsonl or .parquet file is in this folder", file=path)
    return tuple(files), _others(path, others)


def _dataset(path: Path) -> tuple[_Files, _Notices]:
    _check_version(path / "dataset.json")
    files: list[SourceFile] = []
    others = 0
    seen: set[str] = set()
    for entry in sorted(path.iterdir()):
        table = entry.name.split(".")[0]
        form = _suffix(entry)
        if table not in TABLES or (entry.is_file() and form is None):
            others += entry.name != "dataset.json" and not entry.name.startswith((".", "_"))
            continue
        if table in seen:
            raise StoreError("the table stands here twice; put its files into one folder", file=path, key=table)
        seen.add(table)
        if form is None or entry.is_dir():
            found, said = _folder(entry, table, None)
            files.extend(found)
            others += sum(int(n.values["files"]) for n in said)
        else:
            files.append(_source_file(entry, table, form))
    if not files:
        raise StoreError("no table of the contract is in this folder", file=path)
    return tuple(files), _others(path, others)


def _inside(folder: Path) -> list[Path]:
    found = (p for p in folder.rglob("*") if p.is_file())
    return sorted(p for p in found if not p.name.startswith((".", "_")) and p.name != "dataset.json")


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
