"""`wayseal market read`: texts read by themselves, a JSON line each."""

import gc
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated

import typer

from wayseal.cli._options import Lang, LangOption, OutOption, QuietOption
from wayseal.cli._output import output_file
from wayseal.cli._progress import progress_bars
from wayseal.cli._words.market import MARKET_TEXTS
from wayseal.cli.market._texts import Found, read_texts
from wayseal.market.reading import Reader, load_words
from wayseal.market.types import reading_json
from wayseal.model.messages import filled
from wayseal.page.languages import translator
from wayseal.page.visible import visible

_AT_ONCE, _CHARACTERS = 2_000, 1_000_000

WordsOption = Annotated[
    Path | None,
    typer.Option(
        "--words",
        help="Words of the trade that were accepted, beside the built-in ones "
        "([TOML](market-reading.md#words-of-the-trade)).",
        dir_okay=False,
    ),
]


def read(
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
            "[learnt](market-reading.md#learning-from-decisions).",
            file_okay=False,
            exists=True,
        ),
    ] = None,
    out: OutOption = None,
    lang: LangOption = Lang.EN,
    quiet: QuietOption = False,
) -> None:
    """Read texts, and print what each says as a line of JSON: its kind, why, and what stands in it.

    Kinds are `waybill`, `personal`, `insider`, `empty_parcels`, `logistics` and `other`; the first four are what
    somebody is to look at. [Reading](market-reading.md) says what they mean, how sure they are, and lists the keys.

    Lines are UTF-8 or GB18030. One that can't be read is told on standard error by its number, and the rest is read.

    \b
    wayseal market read export.csv > readings.jsonl
    wayseal market read chat.txt --words accepted.toml --out readings.jsonl
    cut -f 3 export.tsv | wayseal market read - | jq -c 'select(.probability > 0.9)'
    """
    reader, encode = _reader(words, market), json.JSONEncoder(ensure_ascii=False).encode
    gc.freeze()  # what is loaded stays until the end; looking through it again and again costs a quarter of the time
    translate, said = translator(lang), MARKET_TEXTS[lang]
    unread = 0
    with _open(file) as (source, size), output_file(out) as target, progress_bars(quiet) as progress:
        for some in _portions(read_texts(source, str(file))):
            for one in some:
                if one.wrong is not None:
                    unread += 1
                    typer.echo(filled(said["unread"], translate, line=one.line, why=one.wrong), err=True)
            known = [one for one in some if one.text is not None]
            readings = reader.read_many([one.text or "" for one in known])
            for one, reading in zip(known, readings, strict=True):
                named = {} if one.name is None else {"id": one.name}
                line = encode({"row": one.row, **named, **reading_json(reading)})
                target.write(line.encode("utf-8", "backslashreplace") + b"\n")
            progress("read", some[-1].done, size)
    if unread and not quiet:
        typer.echo(filled(said["left_out"], translate, lines=unread), err=True)
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
