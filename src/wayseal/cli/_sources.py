"""A file of sources: logs of several systems that a job takes in each night.

1. Each source is on its own: what is wrong with one stops no other, and what is wrong with a file no other file.
2. A file that was written to within `settle` waits for the next run: it may not be whole yet.
3. A source that has no file, or none as new as `newest` asks, is silent: that is an error, too.
4. A file is read in one way for a table: a second source's mapping would take the place of what the first brought.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import Annotated, Any, ClassVar

import typer

from wayseal.model.errors import WaysealError, disk_says
from wayseal.model.messages import N_, filled
from wayseal.model.schema import CLOSED, Name, Text, TomlText, one_or_more, parse_length, parsed_by
from wayseal.page.languages import ByLanguage, word
from wayseal.store import load_mapping
from wayseal.store.errors import StoreError

TEXTS = ByLanguage(
    {
        "source": N_("Source {name}: {files:,} {files:file|files}"),
        "waits": N_("; {waiting:,} may still be written to: read once untouched for {settle:,} seconds (`settle`)"),
        "failed": N_("{failed:,} of {all:,} {all:source|sources} failed: {names}"),
    }
)
_TWICE = N_(
    "is read as one table by {first} and {second}, and the second would take the place of what the first brought"
)
_Seen = dict[tuple[Path, str], tuple[str, tuple[str, str]]]
"""File and table → the source that reads it, and how: the digest of its mapping, and its offset."""
_Seconds = Annotated[int, parsed_by(parse_length)]


class BrokenFeedError(WaysealError):
    """Much of a file was rejected, or none came: the feed must be broken. What could be read is in the ledger."""

    exit_code: ClassVar[int] = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """A source. files: patterns of paths; settle, newest: seconds (rules 2 and 3)."""

    __pydantic_config__: ClassVar = CLOSED
    files: Annotated[tuple[Text, ...], one_or_more(tuple[Text, ...])]
    map: Text | None = None
    table: Text | None = None
    offset: Text | None = None
    settle: _Seconds = 600
    newest: _Seconds | None = None

    def find(self, folder: Path) -> tuple[list[Path], int]:
        """Its files that are whole, oldest first, and how many may not be yet. BrokenFeedError; OSError."""
        patterns = (str(folder / pattern) for pattern in self.files)
        found = {Path(name) for one in patterns for name in glob(one, recursive=True)}  # noqa: PTH207 (may be absolute)
        named = (path for path in found if path.is_file() and not path.name.startswith((".", "_", "~$")))
        times, now = sorted((path.stat().st_mtime, path) for path in named), time.time()
        if not times and self.newest != 0:
            raise BrokenFeedError("no file is there")
        if self.newest and times[-1][0] < now - self.newest:
            raise BrokenFeedError("the newest file is older than it may be", file=times[-1][1].name)
        whole = [path for at, path in times if at <= now - self.settle]
        return whole, len(times) - len(whole)


def take_sources(file: Path, take: Callable[..., None], lang: str) -> int:
    """Takes in all sources that a file names, and says what became of each; the exit code of the first that failed.

    take: takes files into the ledger, with their mapping, offset and table. StoreError: the file can't be read.
    """
    kind: Any = Mapping[Name, SourceSettings]
    sources = TomlText(file.read_bytes(), StoreError, file=file, example='files = "inbox/*.csv"').read(kind, version=1)
    if not sources:
        raise StoreError("needs at least one", file=file, key="[NAME]")
    failed: dict[str, int] = {}
    seen: _Seen = {}
    for name, source in sources.items():
        for wrong in _take_source(name, source, file.parent, take, lang, seen):
            failed.setdefault(name, wrong.exit_code)
            typer.echo(f"{name}: {word(wrong, lang)}", err=True)
    if failed:
        counts = {"failed": len(failed), "all": len(sources), "names": ", ".join(failed)}
        typer.echo(filled(TEXTS[lang]["failed"], **counts), err=True)
    return next(iter(failed.values()), 0)


def _take_source(
    name: str, source: SourceSettings, folder: Path, take: Callable[..., None], lang: str, seen: _Seen
) -> Iterator[WaysealError]:
    """Takes in what is whole of a source, together, or each by itself where one can't be read. Gives what is wrong.

    seen: the files of the sources before it, which is added to.
    """
    try:
        mapping = load_mapping(folder / source.map) if source.map else None
        files, waiting = source.find(folder)
        waits = filled(TEXTS[lang]["waits"], waiting=waiting, settle=source.settle) if waiting else ""
        typer.echo(filled(TEXTS[lang]["source"], name=name, files=len(files)) + waits, err=True)
        table, mine = source.table or (mapping.table if mapping else ""), f"{name} ({source.map or '-'})"
        way = (mapping.digest if mapping else "", source.offset or "")
        firsts = {path: seen.setdefault((path.resolve(), table), (mine, way)) for path in files}
        for path, (first, _) in ((path, one) for path, one in firsts.items() if one[1] != way):
            yield StoreError(_TWICE, file=path, first=first, second=mine)
        files = [path for path in files if firsts[path][1] == way]
        parts = [files] if files else []
        while parts:
            part = parts.pop(0)
            try:
                take(part, mapping, source.offset, source.table)
            except (StoreError, BrokenFeedError) as error:
                if len(part) == 1 or isinstance(error, BrokenFeedError):
                    yield error
                else:
                    parts = [[one] for one in part]
    except (StoreError, BrokenFeedError) as error:
        yield error
    except OSError as error:
        yield StoreError("can't be read ({reason})", file=error.filename, reason=disk_says(error))
