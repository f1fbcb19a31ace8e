"""`wayseal market read`: texts out of a file of whatever form, read by themselves, a JSON line each.

1. The form is told by the name's ending, else by the first line.
2. Lines are UTF-8, with or without byte order mark, or GB18030, each by itself: exports glue both together. UTF-16 is
   known by its mark.
3. What can't be read as a text is told by its line and never stops the rest; its content is never told.
4. A quoted field of a CSV may go over `MOST_LINES` lines; one that goes on longer was never closed, and only the line
   that opens it is lost. A field has at most `LONGEST` characters.
"""

import gc
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePath
from typing import IO, Annotated

import typer

from wayseal.cli._options import OutOption, QuietOption
from wayseal.cli._output import output_file, progress_bars
from wayseal.cli._texts import warn
from wayseal.market.errors import MarketError
from wayseal.market.reading import Reader, load_words
from wayseal.market.types import reading_json
from wayseal.model.messages import N_, Message
from wayseal.model.rows import LONGEST, json_line, read_csv, read_json_line
from wayseal.page.visible import visible

MOST_LINES = 1_000
_UTF8_MARK, _UTF16_MARKS = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")
_NO_UTF8 = Message(N_("is neither UTF-8 nor GB18030"))
_NO_OBJECT = Message(N_("is no JSON object with a text under `text`"))
_FIELDS = Message(N_("has another number of fields than the first line"))
_LONG = Message(N_("has a field of more than {most:,} characters"), {"most": LONGEST})
_BROKEN = Message(N_("is no row of a CSV"))
_OPEN = Message(N_("opens a quote that nothing closes"))


class Form(StrEnum):
    """How texts stand in a file."""

    CSV = "csv"
    JSON_LINES = "jsonl"
    LINES = "lines"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A text, or a line that is none.

    Attributes:
        row: Its number among the records, from 1: its line, or its row without the CSV's head.
        line: The line at which it begins.
        text: The text; None if it can't be read.
        name: What a column or key `id`, or else `row`, says of it; None without.
        wrong: Why it can't be read.
        done: Bytes read by then.
    """

    row: int
    line: int
    text: str | None
    name: str | None
    wrong: Message | None
    done: int


def read_texts(file: IO[bytes], name: str) -> Iterator[Found]:
    """The texts of a file (rules 1 to 4).

    Args:
        file: The file, open for reading.
        name: Its name; "-" for what comes without one.

    Raises:
        MarketError: A CSV has no column `text`.

    """
    lines = _Lines(file)
    first = lines.peek()
    form = _form_of(name, first)
    if form is Form.CSV:
        yield from _read_csv(lines, name)
        return
    for line, at, done in lines:
        if line is None:
            yield Found(row=at, line=at, text=None, name=None, wrong=_NO_UTF8, done=done)
        elif form is Form.LINES:
            yield Found(row=at, line=at, text=line, name=None, wrong=None, done=done)
        elif line.strip():
            yield _from_json(line, at, done)


class _Lines:
    """Lines as texts, with their number and the bytes read; None where a line can't be decoded (rule 2)."""

    def __init__(self, file: IO[bytes]) -> None:
        self._kept: deque[bytes] = deque()
        self._at = self._done = 0
        start = file.readline()
        if start.startswith(_UTF16_MARKS):
            whole = (start + file.read()).decode("utf-16", "replace").encode()
            self._rest: Iterator[bytes] = iter(whole.splitlines(keepends=True))
        else:
            self._rest = file
            if start:
                self._kept.append(start.removeprefix(_UTF8_MARK))

    def __iter__(self) -> Iterator[tuple[str | None, int, int]]:
        while (line := self.take()) is not None:
            yield decode(line), self._at, self._done

    def peek(self) -> str:
        """The first line; "" if there is none."""
        line = self.take()
        if line is None:
            return ""
        self.give_back([line])
        return decode(line) or ""

    def take(self) -> bytes | None:
        """The next line; None at the end."""
        line = self._kept.popleft() if self._kept else next(self._rest, None)
        if line is not None:
            self._at += 1
            self._done += len(line)
        return line

    def give_back(self, lines: Sequence[bytes]) -> None:
        """Lines that were taken come again."""
        self._kept.extendleft(reversed(lines))
        self._at -= len(lines)
        self._done -= sum(map(len, lines))

    @property
    def at(self) -> int:
        """The number of the line that was taken last."""
        return self._at

    @property
    def done(self) -> int:
        """Bytes taken."""
        return self._done


def decode(line: bytes) -> str | None:
    """A line without its end; None if it is in neither encoding."""
    line = line.removesuffix(b"\n").removesuffix(b"\r")
    for encoding in ("utf-8", "gb18030"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _form_of(name: str, first: str) -> Form:
    ending = PurePath(name).suffix.lower()
    if ending in {".csv", ".tsv"}:
        return Form.CSV
    if ending in {".jsonl", ".ndjson", ".json"} or first.lstrip().startswith("{"):
        return Form.JSON_LINES
    if ending != ".txt" and "text" in _head_of(first)[0]:
        return Form.CSV
    return Form.LINES


def _head_of(first: str) -> tuple[list[str], str]:
    """Names of columns, and what stands between them; none in a line that is no row."""
    between = "\t" if "\t" in first else ";" if ";" in first and "," not in first else ","
    fields, _ = _fields([first], between)
    return [name.strip().lower() for name in fields], between


def _fields(record: list[str], between: str) -> tuple[list[str], Message | None]:
    """The fields of a record, and what is wrong with it."""
    _, fields = next(read_csv(record, between=between), (1, []))
    if fields is None:
        return [], _LONG if sum(map(len, record)) > LONGEST else _BROKEN
    return fields, None


def _read_csv(lines: _Lines, name: str) -> Iterator[Found]:
    head, between = _head_of(decode(lines.take() or b"") or "")
    if "text" not in head:
        raise MarketError(N_("the CSV has no column `text`"), file=name, line=1)
    text = head.index("text")
    named = next((head.index(one) for one in ("id", "row") if one in head), None)
    row = 0
    while (taken := _take_record(lines)) is not None:
        begun, record, wrong = taken
        if record == [] and wrong is None:
            continue
        row += 1
        fields, wrong = ([], wrong) if wrong is not None else _fields(record, between)
        if wrong is None and len(fields) != len(head):
            wrong = _FIELDS
        yield Found(
            row=row,
            line=begun,
            text=None if wrong else fields[text],
            name=None if wrong or named is None else fields[named],
            wrong=wrong,
            done=lines.done,
        )


def _take_record(lines: _Lines) -> tuple[int, list[str], Message | None] | None:
    """The next record: the line at which it begins, its lines, what is wrong with it; no lines if it is empty."""
    first = lines.take()
    if first is None:
        return None
    begun, decoded = lines.at, decode(first)
    if decoded is None:
        return begun, [], _NO_UTF8
    if not decoded:
        return begun, [], None
    record, quotes = [decoded], decoded.count('"')
    taken: list[bytes] = []
    while quotes % 2:
        more = lines.take() if len(taken) < MOST_LINES else None
        part = None if more is None else decode(more)
        if more is not None:
            taken.append(more)
        if part is None:
            lines.give_back(taken)
            return begun, [], _OPEN
        record[-1] += "\n"
        record.append(part)
        quotes += part.count('"')
    return begun, record, None


def _from_json(line: str, at: int, done: int) -> Found:
    value = read_json_line(line) or {}
    text = value.get("text")
    if not isinstance(text, str):
        return Found(row=at, line=at, text=None, name=None, wrong=_NO_OBJECT, done=done)
    named = value.get("id", value.get("row"))
    name = str(named) if isinstance(named, str | int) else None
    return Found(row=at, line=at, text=text, name=name, wrong=None, done=done)


_AT_ONCE, _CHARACTERS = 2_000, 1_000_000
WordsOption = Annotated[
    Path | None,
    typer.Option(
        "--words",
        help="Words of the trade that were accepted, beside the built-in ones ([TOML](market.md#words-of-the-trade)).",
        dir_okay=False,
    ),
]


def market_read(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV with a column `text`, JSON Lines with a key `text`, or plain lines; `-`: standard input.",
            dir_okay=False,
        ),
    ],
    words: WordsOption = None,
    market: Annotated[
        Path | None,
        typer.Option(
            "--market",
            help="Folder of a [watch](market-watch.md#the-folder): read by the words accepted there and by what was "
            "[learnt](market.md#learning-from-decisions).",
            file_okay=False,
            exists=True,
        ),
    ] = None,
    out: OutOption = None,
    quiet: QuietOption = False,
) -> None:
    """Read texts, and print what each says as a line of JSON: its kind, why, and what stands in it.

    Kinds are `waybill`, `personal`, `insider`, `empty_parcels`, `logistics` and `other`; the first four are what
    somebody is to look at. [Reading](market.md#reading-the-market) says what they mean, how sure they are,
    and lists the keys.

    Lines are UTF-8 or GB18030. One that can't be read is told on standard error by its number, and the rest is read.

    \b
    wayseal market read export.csv > readings.jsonl
    wayseal market read chat.txt --words accepted.toml --out readings.jsonl
    cut -f 3 export.tsv | wayseal market read - | jq -c 'select(.probability > 0.9)'
    """
    reader = _reader(words, market)
    gc.freeze()  # what is loaded stays until the end; looking through it again and again costs a quarter of the time
    unread = 0
    with _open(file) as (source, size), output_file(out) as target, progress_bars(quiet) as progress:
        for some in _portions(read_texts(source, str(file))):
            for one in some:
                if one.wrong is not None:
                    unread += 1
                    warn("line {line} {why}", line=one.line, why=one.wrong)
            known = [one for one in some if one.text is not None]
            readings = reader.read_many([one.text or "" for one in known])
            for one, reading in zip(known, readings, strict=True):
                named = {} if one.name is None else {"id": one.name}
                line = json_line({"row": one.row, **named, **reading_json(reading)})
                target.write(line.encode("utf-8", "backslashreplace"))
            progress("read", some[-1].done, size)
    if unread and not quiet:
        warn("{lines:,} {lines:line was|lines were} left out; all others are read", lines=unread)
    if out is not None and not quiet:
        typer.echo(visible(str(out)), err=True)


def _reader(words: Path | None, market: Path | None) -> Reader:
    accepted = () if words is None else load_words(words)
    if market is None:
        return Reader(accepted)
    from wayseal.market.crawling.learning import reader_of
    from wayseal.market.log import open_market
    from wayseal.market.log.reads import Reads

    with open_market(market) as record:
        return reader_of(Reads(record), more=accepted)


@contextmanager
def _open(file: Path) -> Iterator[tuple[IO[bytes], int]]:
    """A file and its size; standard input, of which no size is known."""
    if str(file) == "-":
        yield sys.stdin.buffer, 0
        return
    with file.open("rb") as source:
        yield source, file.stat().st_size


def _portions(found: Iterator[Found]) -> Iterator[list[Found]]:
    some: list[Found] = []
    size = 0
    for one in found:
        some.append(one)
        size += len(one.text or "")
        if len(some) >= _AT_ONCE or size >= _CHARACTERS:
            yield some
            some, size = [], 0
    if some:
        yield some
