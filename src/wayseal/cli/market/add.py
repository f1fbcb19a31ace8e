"""`wayseal market add`: a source is taken into a watch's folder, or one is drafted out of a page."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import Lang, LangOption
from wayseal.cli._words.market import MARKET_TEXTS
from wayseal.cli.market._view import MarketArgument
from wayseal.market.fetching import Fetched, Fetcher
from wayseal.market.looking import SITES, SOURCES, source_text
from wayseal.market.masks import mask_text
from wayseal.market.sources import Source, parse, parse_source
from wayseal.market.sources.draft import Draft, draft_source
from wayseal.market.sources.source import MOST_BYTES
from wayseal.market.types import Hindrance, Listing, Sight
from wayseal.model.messages import filled
from wayseal.page.languages import translator
from wayseal.page.visible import shorten, visible

DRAFTS = "drafts"
_ROWS, _CELL = 5, 36


def add(
    market: MarketArgument,
    what: Annotated[str, typer.Argument(help="A source's file (TOML), or the address of a feed or a page.")],
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
    An address is looked at once, with the manners of every look. A feed (RSS, Atom) is taken in as it is. Of a page a
    draft is written into `drafts/`, with its first offers as the draft reads them; nothing is watched before somebody
    corrected it and added the file.

    \b
    wayseal market add market bazaar.toml
    wayseal market add market https://board.example/feed.rss --name board --contact mailto:watch@courier.example
    wayseal market add market https://shop.example/list --name shop --contact mailto:watch@courier.example
    """
    if not what.startswith(("http://", "https://")):
        _take_in(market, _read(Path(what)), Path(what), lang, replace=replace)
        return
    if not name or not contact:
        raise WrongUsageError("an address needs --name and --contact", param_hint="--name")
    said = {"name": name, "kind": "feed", "contact": contact, "start": what}
    text = source_text(said) + ("allow_inside = true\n" if allow_inside else "")
    source = parse_source(text)
    answer = Fetcher(market / SITES).fetch(source, what)
    if not isinstance(answer, Fetched) or answer.hindrance is not None:
        hindrance = answer.hindrance or Hindrance.ERROR_PAGE
        typer.echo(f"{visible(name)}: {MARKET_TEXTS[lang][f'hindrance_{hindrance}']}", err=True)
        raise typer.Exit(3)
    if parse(source, answer.body, answer.media_type, answer.url).sight is Sight.SEEN:
        _take_in(market, text.encode(), None, lang, replace=replace)
        return
    draft = draft_source(answer.body, answer.media_type)
    if draft is None:
        typer.echo(filled(MARKET_TEXTS[lang]["no_draft"], name=visible(name)), err=True)
        raise typer.Exit(3)
    _write_draft(market, draft, {**said, "kind": "page"}, answer, lang, inside=allow_inside)


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


def _write_draft(
    market: Path, draft: Draft, said: Mapping[str, str], answer: Fetched, lang: Lang, *, inside: bool
) -> None:
    words = MARKET_TEXTS[lang]
    text = f"# {words['draft_head']}\n# {words['draft_do']}\n"
    text += source_text(said) + ("allow_inside = true\n" if inside else "")
    text += f"{source_text(draft.keys)}\n[fields]\n{source_text(draft.fields)}"
    source = parse_source(text)
    seen = parse(source, answer.body, answer.media_type, answer.url)
    folder = market / DRAFTS
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{source.name}.toml"
    path.write_text(text, "utf-8")
    for line in _rows(source, seen.listings, lang):
        typer.echo(line)
    told = filled(words["draft_reads"], translator(lang), offers=len(seen.listings), repeated=draft.offers)
    typer.echo(told)
    typer.echo(filled(words["drafted"], path=visible(str(path)), market=visible(str(market))))


def _rows(source: Source, listings: tuple[Listing, ...], lang: Lang) -> Iterator[str]:
    """The first offers as the draft reads them, what is personal masked."""
    words = MARKET_TEXTS[lang]
    for number, one in enumerate(listings[:_ROWS], 1):
        yield f"{number}."
        found = {name: getattr(one, name) for name in ("title", "text", "price", "shop_name", "url")}
        if "posted_at" in source.fields.said():
            found["posted_at"] = words["draft_time" if one.posted_at is not None else "draft_no_time"]
        for name, value in found.items():
            if value:
                cell = visible(shorten(mask_text(" ".join(str(value).split())), _CELL * 2))
                yield f"   {name:<10} {cell}"


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)
