"""What commands of the market share: their folder, the courier's own numbers, and lines for people."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wayseal.cli._output import clock_time
from wayseal.cli._texts import _, echo
from wayseal.market.log.views import OfferRow
from wayseal.market.masks import mask_text
from wayseal.model.messages import N_
from wayseal.page import numbers
from wayseal.page.visible import shorten, visible

if TYPE_CHECKING:
    from wayseal.market.crawling import Report, Watch
    from wayseal.market.crawling.retention import PurgeResult

SIGHTS = {
    "seen": N_("seen"),
    "gone": N_("gone"),
    "unseen": N_("can't be seen"),
}
HINDRANCES = {
    "login": N_("can't be seen: it asks for a login"),
    "captcha": N_("can't be seen: it shows a captcha"),
    "error_page": N_("can't be seen: an error page"),
    "changed": N_("can't be seen: its pages have another shape; mend the source"),
    "robots": N_("can't be seen: robots.txt forbids it, or can't be had"),
    "budget": N_("can't be seen: today's requests are used up"),
    "unreachable": N_("can't be seen: the site can't be reached"),
    "timeout": N_("can't be seen: the site takes too long"),
    "too_big": N_("can't be seen: an answer is too large"),
    "refused": N_("can't be seen: the site refuses, or asks to come later"),
    "forbidden_address": N_("can't be seen: it leads to an inside address"),
    "unreadable": N_("can't be seen: an answer can't be read"),
    "failed": N_("can't be seen: looking at it failed; others are looked at meanwhile"),
}
KINDS = {
    "waybill": N_("waybills"),
    "personal": N_("personal data"),
    "insider": N_("seeks insiders"),
    "empty_parcels": N_("empty parcels"),
    "logistics": N_("honest logistics"),
    "other": N_("other"),
}
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
    """A watch, with the numbers of a ledger and of a register of canaries; says if what was learnt isn't used."""
    from wayseal.cases.ledger.market import watching_for
    from wayseal.market.crawling.learning import is_outdated
    from wayseal.market.log import open_market
    from wayseal.market.log.reads import Reads

    with watching_for(folder, ledger, register, sleep=sleep) as watched:
        with open_market(folder) as record:
            if is_outdated(Reads(record).learnt()):
                typer.echo(
                    _(
                        "  What decisions taught isn't used: it was learnt beside the model of another version. "
                        "`market learn` learns it again, or takes it back."
                    ).strip(),
                    err=True,
                )
        yield watched


def queue_finds(market: Path, ledger: Path | None, report: "Report") -> None:
    """Puts what a look found of ours, and who is back, into the queue of the ledger's casebook, once each."""
    from wayseal.cases.ledger.market import queue_found

    made = queue_found(market, ledger, report)
    if made:
        echo("  {items:,} {items:thing|things} in the queue of cases", items=made)


def report_lines(report: "Report") -> Iterator[str]:
    """Describe the result of a look."""
    what = _(SIGHTS[report.sight])
    if report.hindrance is not None:
        what = _(HINDRANCES[report.hindrance])
    source = report.planned.source if not report.planned.target else report.planned.target
    yield _(
        "{source}: {what}; {seen:,} {seen:offer|offers} there, {new:,} new, {changed:,} changed",
        source=visible(source),
        what=what,
        seen=report.seen,
        new=report.new,
        changed=report.changed,
    )
    if report.failure:
        yield f"  {visible(report.failure)}"
    for shop, was in report.backs:
        yield _(
            "  back: {shop} is open again" if shop == was else "  back: {shop}, whose seller had {was}, which is gone",
            shop=visible(shop),
            was=visible(was),
        )
    if report.ours:
        yield _(
            "  {ours:,} {ours:number|numbers} of ours on offer, {canaries:,} of them canaries",
            ours=report.ours,
            canaries=report.canaries,
        )


def purge_lines(gone: "PurgeResult", *, dry: bool = False) -> Iterator[str]:
    """List what went by retention, or would go; nothing where nothing did."""
    if gone.files or gone.captures or gone.offers:
        yield _(
            "Would go (nothing was changed): {files:,} {files:file|files} with {captures:,} "
            "{captures:capture|captures}, and {offers:,} {offers:offer|offers}"
            if dry
            else "Kept long enough: {files:,} {files:file|files} with {captures:,} {captures:capture|captures} went, "
            "and {offers:,} {offers:offer|offers}; {lines:,} {lines:line|lines} of the record lost their text",
            files=len(gone.files),
            captures=gone.captures,
            offers=gone.offers,
            lines=gone.lines,
        )
    for one in gone.files if dry else ():
        yield f"  {one}"
    if gone.imports:
        yield _("  {files:,} {files:file|files} that were brought in went as well", files=gone.imports)
    if gone.stay:
        yield _(
            "  {files:,} {files:file stays|files stay} though their time is over: they hold evidence",
            files=len(gone.stay),
        )


def offer_line(row: OfferRow) -> str:
    """An offer in a line; what isn't the seller's of what is personal in it is masked."""
    said = " ".join((row.title or row.text).split())
    return _(
        "{at}  {kind} {probability}  {offer}  {shop}: {text}",
        at=clock_time(row.first_at),
        offer=visible(row.offer),
        kind=_(KINDS[row.kind]),
        probability=numbers.percent(row.probability),
        shop=visible(row.shop_name or row.shop),
        text=visible(shorten(mask_text(said), SHORT)),
    )


def told_offer(row: dict[str, object]) -> dict[str, object]:
    """An offer for programs, with what is masked for people masked as well."""
    masked = {name: mask_text(str(row[name])) for name in ("title", "text")}
    return {**row, **masked}
