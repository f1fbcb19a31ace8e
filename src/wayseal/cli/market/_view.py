"""What commands of the market share: their folder, the courier's own numbers, and lines for people."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wayseal.cli._case_view import clock_time
from wayseal.cli._options import Lang
from wayseal.cli._words.market import MARKET_TEXTS
from wayseal.market.log import open_market
from wayseal.market.log.reads import Reads
from wayseal.market.log.views import OfferRow
from wayseal.market.masks import mask_text
from wayseal.model.messages import filled
from wayseal.page import numbers
from wayseal.page.languages import translator
from wayseal.page.visible import shorten, visible

if TYPE_CHECKING:
    from wayseal.market.looking import Report, Watch
    from wayseal.market.looking.retention import LetGo

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
    folder: Path, ledger: Path | None, register: Path | None, sleep: Callable[[float], None]
) -> Iterator["Watch"]:
    """A watch, with the numbers of a ledger and of a register of canaries."""
    from wayseal.ledger import open_ledger
    from wayseal.market.looking import opened_watch
    from wayseal.market.numbers import own_of_ledger

    with ExitStack() as stack:
        own = None if ledger is None else own_of_ledger(stack.enter_context(open_ledger(ledger)))
        watch = opened_watch(folder, own=own, canaries=_canaries(register), sleep=sleep)
        yield stack.enter_context(watch)


def _canaries(register: Path | None) -> Collection[str]:
    if register is None:
        return ()
    from wayseal.trace.canary import read_state

    return frozenset(canary.waybill for canary in read_state(register).watch.canaries)


def queue_finds(market: Path, ledger: Path | None, report: "Report", lang: Lang) -> None:
    """Puts what a look found of ours, and who is back, into the queue of the ledger's casebook, once each."""
    if ledger is None or not (report.ours or report.backs):
        return
    from wayseal.cases import open_cases
    from wayseal.cases.ledger.arrivals import WHO, market_leads
    from wayseal.cases.ledger.casebook import writable_casebook

    with open_market(market) as record:
        leads = market_leads(Reads(record), report.at)
    with open_cases(writable_casebook(ledger)) as cases:
        made = cases.enqueue_once(leads, WHO, report.at)
    if made:
        typer.echo(filled(MARKET_TEXTS[lang]["queued"], translator(lang), items=len(made)))


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
    for shop, was in report.backs:
        text = words["reopened"] if shop == was else words["back"]
        yield filled(text, shop=visible(shop), was=visible(was))
    if report.ours:
        yield filled(words["ours"], translator(lang), ours=report.ours, canaries=report.canaries)


def purge_lines(gone: "LetGo", lang: Lang, *, dry: bool = False) -> Iterator[str]:
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


def source_text(said: Mapping[str, str]) -> str:
    """A source as TOML: a string of JSON is one of TOML as well."""
    return "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in said.items())
