"""Opening a dataset: which files hold which table."""

from datetime import timedelta
from pathlib import Path

from wayseal.store._mapping import LogMapping
from wayseal.store._times import parse_offset
from wayseal.store.types import Format, Notice, NoticeCode, ReadOptions, Source, SourceFile
from wayseal.store.errors import StoreError
from wayseal.store.tables import TABLES

_SUFFIXES = {
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".parquet": Format.PARQUET,
}


def open_source(
    path: Path,
    *,
    mapping: LogMapping | None = None,
    offset: timedelta | str | None = None,
    table: str | None = None,
) -> Source:
    """A dataset folder, a folder of logs (with a mapping) or one file, opened.

    A single file is the table that `table` or the mapping says, else the one it is named after, else `accesses`. offset: from UTC, for times
    without one; "+08:00" or a timedelta. StoreError if there is nothing to read.
    """
    path = Path(path)
    if isinstance(offset, str):
        try:
            offset = parse_offset(offset)
        except ValueError as error:
            raise StoreError(str(error)) from error
    if not path.exists():
        raise StoreError("there is no such file or folder", file=path)
    notices: tuple[Notice, ...] = ()
    if path.is_file():
        files = [_file(path, mapping, table)]
    else:
        files, notices = _folder(path)
    return Source(
        path=path,
        files=tuple(files),
        mapping=mapping,
        options=ReadOptions(offset=offset),
        notices=notices,
    )


def _file(path: Path, mapping: LogMapping | None, table: str | None) -> SourceFile:
    stem = path.name.split(".")[0]
    named = stem if stem in TABLES else "accesses"
    made = _source_file(path, table or (mapping.table if mapping else named))
    if made is None:
        raise StoreError("neither .csv, .jsonl nor .parquet", file=path)
    return made


def _source_file(path: Path, table: str) -> SourceFile | None:
    suffixes = [s.lower() for s in path.suffixes]
    gzipped = bool(suffixes) and suffixes[-1] == ".gz"
    if gzipped:
        suffixes.pop()
    form = _SUFFIXES.get(suffixes[-1]) if suffixes else None
    if form is None:
        return None
    size = path.stat().st_size
    return SourceFile(path=path, table=table, format=form, size=size, gzipped=gzipped)


def _folder(path: Path) -> tuple[list[SourceFile], tuple[Notice, ...]]:
    files: list[SourceFile] = []
    others = 0
    for entry in sorted(path.iterdir()):
        table = entry.name.split(".")[0]
        if table not in TABLES:
            others += entry.name != "dataset.json"
            continue
        inside = sorted(p for p in entry.rglob("*") if p.is_file()) if entry.is_dir() else [entry]
        made = [_source_file(p, table) for p in inside]
        files.extend(m for m in made if m is not None)
    if not files:
        raise StoreError("no table of the contract is in this folder", file=path)
    said = (Notice(code=NoticeCode.OTHER_FILES, file=path, values={"files": others}),)
    return files, said if others else ()
