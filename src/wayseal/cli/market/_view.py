"""What commands of the market share: their folder, the courier's own numbers, and lines for people."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wayseal.cli._case_view import clock_time
from wayseal.cli._options import Lang
from wayseal.cli._words.market import MARKET_TEXTS
from wayseal.market.log.views import OfferRow
from wayseal.market.masks import mask_text
from wayseal.model.messages import filled
from wayseal.page import numbers
from wayseal.page.languages import translator
from wayseal.page.visible import shorten, visible

if TYPE_CHECKING:
    from wayseal.market.crawling import Report, Watch
    from wayseal.market.crawling.retention import PurgeResult

MarketArgument = Annotated[
    Path,
    typer.Argument(help="Folder of the [watch](market-watch.md#the-folder).", metavar="MARKET", file_okay=False),
]
OwnOption = Annotated[
    Path | None,
    typer.Option("--own", help="A ledger: numbers on offer are looked up among the courier's own.", file_okay=False),
]
CanariesOption = Annotated[
    Path | None,
    typer.Option(
        "--canaries", help="Register of [canaries](scope-and-extent.md), to tell one that is on offer.", dir_okay=False
    ),
]
SHORT = 60


@contextmanager
def watching(
    folder: Path, ledger: Path | None, register: Path | None, sleep: Callable[[float], None], lang: Lang
) -> Iterator["Watch"]:
    """A watch, with the numbers of a ledger and of a register of canaries; says if what was learnt isn't used."""
    from wayseal.cases.ledger.market import watching_for
    from wayseal.market.crawling.learning import is_outdated
    from wayseal.market.log import open_market
    from wayseal.market.log.reads import Reads

    with watching_for(folder, ledger, register, sleep=sleep) as watched:
        with open_market(folder) as record:
            if is_outdated(Reads(record).learnt()):
                typer.echo(MARKET_TEXTS[lang]["learn_outdated"].strip(), err=True)
        yield watched


def queue_finds(market: Path, ledger: Path | None, report: "Report", lang: Lang) -> None:
    """Puts what a look found of ours, and who is back, into the queue of the ledger's casebook, once each."""
    from wayseal.cases.ledger.market import queue_found

    made = queue_found(market, ledger, report)
    if made:
        typer.echo(filled(MARKET_TEXTS[lang]["queued"], translator(lang), items=made))


def report_lines(report: "Report", lang: Lang) -> Iterator[str]:
    """What came of a look."""
    words = MARKET_TEXTS[lang]
    what = words[f"sight_{report.sight}"]
    if report.hindrance is not None:
        what = words[f"hindrance_{report.hindrance}"]
    source = report.planned.source if not report.planned.target else report.planned.target
    yield filled(
        words["looked"],
        translator(lang),
        source=visible(source),
        what=what,
        seen=report.seen,
        new=report.new,
        changed=report.changed,
    )
    if report.failure:
        yield f"  {visible(report.failure)}"
    for shop, was in report.backs:
        text = words["reopened"] if shop == was else words["back"]
        yield filled(text, shop=visible(shop), was=visible(was))
    if report.ours:
        yield filled(words["ours"], translator(lang), ours=report.ours, canaries=report.canaries)


def purge_lines(gone: "PurgeResult", lang: Lang, *, dry: bool = False) -> Iterator[str]:
    """What went by retention, or would go; nothing where nothing did."""
    words, translate = MARKET_TEXTS[lang], translator(lang)
    if gone.files or gone.captures or gone.offers:
        yield filled(
            words["would_go" if dry else "went"],
            translate,
            files=len(gone.files),
            captures=gone.captures,
            offers=gone.offers,
            lines=gone.lines,
        )
    for one in gone.files if dry else ():
        yield f"  {one}"
    if gone.imports:
        yield filled(words["imports_went"], translate, files=gone.imports)
    if gone.stay:
        yield filled(words["evidence"], translate, files=len(gone.stay))


def offer_line(row: OfferRow, lang: Lang) -> str:
    """An offer in a line; what isn't the seller's of what is personal in it is masked."""
    words = MARKET_TEXTS[lang]
    said = " ".join((row.title or row.text).split())
    return filled(
        words["offer"],
        at=clock_time(row.first_at),
        offer=visible(row.offer),
        kind=words[f"kind_{row.kind}"],
        probability=numbers.percent(row.probability),
        shop=visible(row.shop_name or row.shop),
        text=visible(shorten(mask_text(said), SHORT)),
    )


def told_offer(row: dict[str, object]) -> dict[str, object]:
    """An offer for programs, with what is masked for people masked as well."""
    masked = {name: mask_text(str(row[name])) for name in ("title", "text")}
    return {**row, **masked}
