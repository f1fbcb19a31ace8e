"""`wayseal market add`: a source is taken into a watch's folder."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import Lang, LangOption
from wayseal.cli._words.market import MARKET_TEXTS
from wayseal.cli.market._view import MarketArgument
from wayseal.market.crawling import SITES, SOURCES, source_text
from wayseal.market.fetching import Fetched, Fetcher
from wayseal.market.sources import parse_apart, parse_source
from wayseal.market.sources.source import MOST_BYTES
from wayseal.market.types import FailureReason, VisitStatus
from wayseal.model.messages import filled
from wayseal.page.visible import visible


def add(
    market: MarketArgument,
    what: Annotated[str, typer.Argument(help="A source's file (TOML), or the address of a feed.")],
    name: Annotated[str | None, typer.Option(help="An address's name here: small letters, digits, hyphens.")] = None,
    contact: Annotated[
        str | None, typer.Option(help="Mail or page of whoever looks; goes out with each request. An address needs it.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="A source of this name may be there already.")] = False,
    allow_inside: Annotated[
        bool, typer.Option("--allow-inside", help="The address may be one inside the house's own network.")
    ] = False,
    lang: LangOption = Lang.EN,
) -> None:
    """Take a source into the watch's folder, after a look at what is written of it.

    How a [source](market-sources.md) is written: pages, searches, feeds, JSON, exports of chats, folders of pictures.
    The address of a feed (RSS, Atom) is looked at once, with the manners of every look, and taken in as it is.

    \b
    wayseal market add market bazaar.toml
    wayseal market add market https://board.example/feed.rss --name board --contact mailto:watch@courier.example
    """
    if not what.startswith(("http://", "https://")):
        _take_in(market, _read(Path(what)), Path(what), lang, replace=replace)
        return
    if not name or not contact:
        raise WrongUsageError("an address needs --name and --contact", param_hint="--name")
    text = source_text({"name": name, "kind": "feed", "contact": contact, "start": what})
    text += "allow_inside = true\n" if allow_inside else ""
    source = parse_source(text)
    answer = Fetcher(market / SITES).fetch(source, what)
    if not isinstance(answer, Fetched) or answer.hindrance is not None:
        hindrance = answer.hindrance or FailureReason.ERROR_PAGE
        typer.echo(f"{visible(name)}: {MARKET_TEXTS[lang][f'hindrance_{hindrance}']}", err=True)
        raise typer.Exit(3)
    if parse_apart(source, answer.body, answer.media_type, answer.url).sight is not VisitStatus.SEEN:
        typer.echo(filled(MARKET_TEXTS[lang]["no_feed"], name=visible(name)), err=True)
        raise typer.Exit(3)
    _take_in(market, text.encode(), None, lang, replace=replace)


def _take_in(market: Path, text: bytes, file: Path | None, lang: Lang, *, replace: bool) -> None:
    source = parse_source(text, file)
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
