"""`wayseal market add`: a source is taken into a watch's folder."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import Lang, LangOption
from wayseal.cli._words.market import MARKET_TEXTS
from wayseal.cli.market._view import MarketArgument
from wayseal.market.looking import SOURCES, source_text
from wayseal.market.sources import parse_source
from wayseal.market.sources.source import MOST_BYTES
from wayseal.model.messages import filled
from wayseal.page.visible import visible


def add(
    market: MarketArgument,
    what: Annotated[str, typer.Argument(help="A source's file (TOML), or the address of a feed (RSS, Atom).")],
    name: Annotated[str | None, typer.Option(help="A feed's name here: small letters, digits, hyphens.")] = None,
    contact: Annotated[
        str | None, typer.Option(help="Mail or page of whoever looks; goes out with each request. A feed needs it.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="A source of this name may be there already.")] = False,
    lang: LangOption = Lang.EN,
) -> None:
    """Take a source into the watch's folder, after a look at what is written of it.

    How a [source](market-sources.md) is written: pages, searches, feeds, JSON, exports of chats, folders of pictures.

    \b
    wayseal market add market bazaar.toml
    wayseal market add market https://board.example/feed.rss --name board --contact mailto:watch@courier.example
    """
    if what.startswith(("http://", "https://")):
        if not name or not contact:
            raise WrongUsageError("a feed needs --name and --contact", param_hint="--name")
        text = source_text({"name": name, "kind": "feed", "contact": contact, "start": what}).encode()
    else:
        text = _read(Path(what))
    source = parse_source(text, None if what.startswith("http") else Path(what))
    folder = market / SOURCES
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{source.name}.toml"
    if path.exists() and not replace:
        raise WrongUsageError("a source of this name is there already; --replace takes its place", param_hint="WHAT")
    beside = path.with_suffix(".new")
    beside.write_bytes(text)
    shutil.move(beside, path)
    typer.echo(filled(MARKET_TEXTS[lang]["added"], name=source.name, path=visible(str(path))))


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)
