"""What jobs found, as it is kept beside them and shown: a file, and its SHA-256 in what the job tells.

A look at a log holds no name of a person, and nothing of the ledger; words of the trade stand with their places,
masked.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from wayseal.console.errors import JobError
from wayseal.console.jobs.types import from_text, to_text
from wayseal.ledger.repeats import Repeats
from wayseal.model.messages import Message
from wayseal.store.durable import replace_file

T = TypeVar("T")


class ResultFile(Generic[T]):
    """A file beside a job with what it found.

    Args:
        name: Of it, and of its SHA-256 in what the job tells.
        form: Of what it holds.
    """

    def __init__(self, name: str, form: type[T]) -> None:
        self._name, self._form = name, TypeAdapter(form)

    def keep(self, folder: Path, found: T) -> dict[str, str]:
        """Writes down what was found; what the job has to know of it."""
        text = self._form.dump_json(found)
        replace_file(folder / f"{self._name}.json", text)
        return {f"{self._name}_sha256": hashlib.sha256(text).hexdigest()}

    def load(self, folder: Path, result: Mapping[str, str]) -> T:
        """Return what was found again. JobError: it isn't there any more, or isn't what was written."""
        try:
            content = (folder / f"{self._name}.json").read_bytes()
        except OSError:
            raise JobError("what this found isn't kept any more: look again") from None
        if hashlib.sha256(content).hexdigest() != result.get(f"{self._name}_sha256"):
            raise JobError("what this found isn't what was written: look again")
        try:
            return self._form.validate_json(content)
        except ValidationError:
            raise JobError("another version of Wayseal made this: look again") from None


MOST_MAPPING = 65_536
"""Characters of a mapping that is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSeen:
    """A column of a log: its name, the shapes of its first values, and how many different ones the sample has."""

    name: str
    shapes: tuple[str, ...]
    different: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultSeen:
    """Rows that would be rejected.

    Attributes:
        reason: Why.
        column: At fault, of the contract; "" for whole rows.
        made_of: Those of the log.
        rows: So many.
        lines: Their first lines.
    """

    reason: str
    column: str
    made_of: tuple[str, ...]
    rows: int
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellSeen:
    """A value in the log, and what it becomes; at: of a time, µs."""

    was: str
    becomes: str
    at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSeen:
    """A sample of a log as a table of the contract.

    Attributes:
        name: Of the file, or of a workbook's sheet.
        table: Of the contract.
        rows: So many would be taken in, of those in the sample.
        rejected: So many wouldn't.
        dropped: So many the mapping leaves out.
        whole: The sample is all of the file.
        first: The first moment in it (µs); None: it has no times.
        last: The last one.
        notices: What is said of it, as messages' JSON.
        faults: Why rows would be rejected, the most frequent first.
        columns: Columns of the contract, and those of the log that they are made of.
        lines: The first rows by their line, a cell for each of `columns`.
        words: Columns of words, and of each its words, the rows that hold them, and what they are called.
        there: How much of it is in the ledger already; None: nothing was compared.
    """

    name: str
    table: str
    rows: int
    rejected: int
    dropped: int
    whole: bool
    first: int | None
    last: int | None
    notices: tuple[str, ...]
    faults: tuple[FaultSeen, ...]
    columns: tuple[tuple[str, tuple[str, ...]], ...]
    lines: tuple[tuple[int, tuple[CellSeen, ...]], ...]
    words: tuple[tuple[str, tuple[tuple[str, int, str], ...]], ...]
    there: Repeats | None

    def messages(self) -> tuple[Message, ...]:
        """Return what is said of it."""
        return tuple(message for one in self.notices if (message := from_text(one)) is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The findings of a look at a log.

    Attributes:
        name: Of the file.
        size: Its bytes.
        table: What it was looked at as.
        encoding: As it was read.
        offset: From UTC, of times without one; empty: all have theirs.
        assumed: Nobody said that offset.
        mapping: TOML; empty: the columns are the contract's own.
        origin: Where that comes from: own, proposed, chosen, file, sent.
        columns: Of the log; none where it is no table.
        chosen: Column of the contract → place of the log's column, where it is one alone.
        wrong: Why it can't be read like that, as a message's JSON; empty: it can.
        wrong_at: The column of the contract that this is about; empty: none.
        tables: What it would become.
    """

    name: str
    size: int
    table: str
    encoding: str
    offset: str
    assumed: bool
    mapping: str
    origin: str
    columns: tuple[ColumnSeen, ...]
    chosen: Mapping[str, int]
    wrong: str
    wrong_at: str
    tables: tuple[TableSeen, ...]

    @property
    def rows(self) -> int:
        """So many rows of the sample would be taken in."""
        return sum(one.rows for one in self.tables)

    @property
    def rejected(self) -> int:
        """So many wouldn't."""
        return sum(one.rejected for one in self.tables)

    @property
    def twice(self) -> bool:
        """Most of it would count twice."""
        return any(one.there is not None and one.there.most for one in self.tables)

    def why_not(self) -> Message | None:
        """Why it can't be read like that; None: it can."""
        return from_text(self.wrong or None)


LOOK = ResultFile("look", Look)


def told(message: Message) -> str:
    """A message as a look keeps it."""
    return to_text(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSeen:
    """A file that may be brought in.

    Attributes:
        name: Of it.
        offers: So many are in it.
        first: The first time one was posted; None: none says.
        last: The last one.
        rows: Of the first: when, by whom, and how it begins, masked.
        columns: Of a table, its headings.
        fields: Field of an offer → place among these.
    """

    name: str
    offers: int
    first: int | None
    last: int | None
    rows: tuple[tuple[int | None, str, str], ...] = field(repr=False)
    columns: tuple[str, ...] = ()
    fields: Mapping[str, int] = field(default_factory=dict)


IMPORT = ResultFile("import", tuple[ImportSeen, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class WordSeen:
    """A word that may be one of the trade.

    Attributes:
        word: It.
        kind: What the known words near it speak for.
        texts: In how many texts it stands near one.
        elsewhere: In how many it stands without.
        near: These known words.
        places: Ids of offers, and what stands around the word there.
    """

    word: str
    kind: str
    texts: int
    elsewhere: int
    near: tuple[str, ...]
    places: tuple[tuple[str, str], ...] = field(repr=False)


WORDS = ResultFile("words", tuple[WordSeen, ...])
