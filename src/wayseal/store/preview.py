"""A preview of a log as it would be read: its first rows beside what they were, and nothing of it is kept.

1. What reads them is what reads a log that is taken in (`read_batches`); there is no second way.
2. Of a file a sample is read: its first `BYTES` of text, or `ROWS` rows. Of a line, however long, no more than any
   reader takes; a workbook is laid out whole, within the bounds of its reader.
3. A column that nothing of the contract is made of is known by its name alone.
4. Words are told of a column of words whose name says outright which one it is, short ones, and none that looks like
   a person's: of any other column they could be anybody's names.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from wayseal.store._batches import FirstBatch, read_first_batch
from wayseal.store._guess import is_list
from wayseal.store._headings import OUTRIGHT, name_score
from wayseal.store._sample import read_sample
from wayseal.store.errors import StoreError
from wayseal.store.logs import looks_personal
from wayseal.store.mapping import LogMapping
from wayseal.store.tables import TABLES, ColumnType
from wayseal.store.types import Batch, RawBlock, Source, SourceFile

BYTES, ROWS = 1 << 20, 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A value of a row: the column of the contract, the log's columns that it is from, and what stands in them."""

    column: str
    origin: tuple[str, ...]
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePreview:
    """A preview of a file: a sample of it, and the rows that this would become.

    Attributes:
        file: The file, and the table that it fills.
        batch: The rows of the sample, checked; what was rejected, and what was said of it.
        originals: For the first rows of `batch`, what they were.
        origins: Column of the contract → the log's columns that it is from.
        whole: The sample is all of the file.
    """

    file: SourceFile
    batch: Batch
    originals: tuple[tuple[Original, ...], ...] = field(repr=False)
    origins: Mapping[str, tuple[str, ...]]
    whole: bool

    def span(self) -> tuple[int, int] | None:
        """The first and the last moment of the sample (µs), by its first column of times; None: it has none."""
        table = TABLES[self.file.table]
        name = next((c.name for c in table.columns if c.type is ColumnType.TIME and c.required), None)
        found = [] if name is None else self.batch.rows[name].cast("int64").drop_null().to_pylist()
        return (min(found), max(found)) if found else None

    def faults(self) -> Mapping[tuple[str, str], Sequence[int]]:
        """Reason and column ("" for a whole row) → the lines that are rejected for it, the most frequent first."""
        many = Counter((one.reason.value, one.column) for one in self.batch.rejected)
        return {
            fault: [one.line for one in self.batch.rejected if (one.reason.value, one.column) == fault]
            for fault, _ in many.most_common()
        }


def preview_source(source: Source, *, rows: int = 10, most: int = BYTES) -> tuple[FilePreview, ...]:
    """Reads a sample of each of a log's files and tables.

    Args:
        source: The log.
        rows: So many rows are held beside what they were.
        most: Bytes of a file's text that are read.

    Returns:
        What each would become.

    Raises:
        StoreError: A file can't be read, or lacks a required column.
    """
    options = replace(source.options, block_bytes=most, batch_rows=ROWS)
    return tuple(_preview(read_first_batch(file, source.mapping, options), file, rows) for file in source.files)


def column_samples(source: Source) -> Mapping[str, Sequence[str | None]]:
    """The columns of a log as `propose_mapping` sees them, with their first values; empty where it is no table."""
    file = source.files[0]
    with suppress(StoreError):
        return read_sample(file.content if file.laid_out else file.path, file.table).columns
    return {}


LONGEST_WORD = 20
Words = Sequence[tuple[str, int, str]]
"""A word of a log, how many rows of a sample hold it, and what it is called in the contract; "": nothing is."""


def column_words(
    look: FilePreview, mapping: LogMapping | None, samples: Mapping[str, Sequence[str | None]]
) -> Mapping[str, Words]:
    """The words of a log that stand for words of the contract (rule 4).

    Args:
        look: At the log.
        mapping: It was read by this.
        samples: As `column_samples` has them.

    Returns:
        Column of the contract → its words, the most frequent first.
    """
    table, named = TABLES[look.file.table], dict[str, Mapping[str, str]]()
    if mapping is not None:
        named = {one.name: one.values for one in mapping.fields}
    found: dict[str, Words] = {}
    for column in (one for one in table.columns if one.type is ColumnType.ENUM):
        origin = look.origins.get(column.name, ())
        if len(origin) != 1 or name_score(column.name, origin[0], table.name) < OUTRIGHT:
            continue
        words = Counter(text for one in samples.get(origin[0], ()) if one and (text := one.strip()))
        if is_list(words) and not any(len(one) > LONGEST_WORD or looks_personal(one) for one in words):
            ours, known = named.get(column.name, {}), column.values
            found[column.name] = [
                (word, rows, ours.get(word, word.casefold() if word.casefold() in known else ""))
                for word, rows in words.most_common()
            ]
    return found


def _preview(first: FirstBatch, file: SourceFile, rows: int) -> FilePreview:
    block, places = first.block, dict[int, int]()
    for place, line in enumerate(block.line.tolist()):
        places.setdefault(line, place)
    originals = [
        tuple(
            Original(column=name, origin=origin, text=" ".join(_text(block, one, places[line]) for one in origin))
            for name, origin in first.origins.items()
            if any(one in block.columns for one in origin)
        )
        for line in first.batch.line[:rows].tolist()
    ]
    return FilePreview(
        file=file, batch=first.batch, originals=tuple(originals), origins=first.origins, whole=first.whole
    )


def _text(block: RawBlock, column: str, place: int) -> str:
    value = block.columns[column][place].as_py() if column in block.columns else None
    return "" if value is None else str(value)
