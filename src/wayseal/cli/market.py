"""`wayseal market`: what is on offer, who sells it, and what decisions teach."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._market_view import KINDS, SHORT, MarketArgument, offer_line, told_offer
from wayseal.cli._options import OutOption, OutputFormat, OutputFormatOption, QuietOption, ReportFormat
from wayseal.cli._output import clock_time, print_result, progress_bars, write_report
from wayseal.cli._texts import _, current_lang, echo
from wayseal.market.crawling.learning import Change, Taught, put_in_force, take_back, teach
from wayseal.market.log import open_market
from wayseal.market.log.reads import Reads
from wayseal.market.log.views import LearntRow, OfferRow, SellerRow, SellerView
from wayseal.market.masks import mask_text
from wayseal.market.numbers import leaks_of_record
from wayseal.market.reading.learning import Figures
from wayseal.market.report import gather_week, render_week
from wayseal.market.types import FLAGGED, Kind
from wayseal.model.messages import N_
from wayseal.model.times import now_us
from wayseal.page import numbers
from wayseal.page.languages import translator
from wayseal.page.visible import shorten, visible
from wayseal.page.words import times
from wayseal.store import write_table
from wayseal.store.mapping import Format

_STATES = {
    "seen": N_("there"),
    "asked": N_("there, asked to be removed"),
    "missed": N_("missed once"),
    "gone": N_("gone"),
    "removed": N_("removed"),
    "quiet": N_("quiet"),
}
_SIGNALS = {
    "person": N_("a person says so"),
    "shop": N_("the same shop"),
    "handle": N_("the same address"),
    "qr": N_("the same QR code"),
    "link": N_("the same link"),
    "picture": N_("a near-same picture"),
    "mirror": N_("a picture, mirrored"),
    "text": N_("a near-same text"),
    "style": N_("the way it is written"),
    "rhythm": N_("when it is offered"),
}
LimitOption = Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")]


def market_offers(
    market: MarketArgument,
    kind: Annotated[
        Kind | None, typer.Option(help="Only of this kind.", show_default="all that somebody is to look at")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Harmless ones as well.")] = False,
    ours: Annotated[bool, typer.Option("--ours", help="Only with numbers of the courier's own.")] = False,
    source: Annotated[str | None, typer.Option(help="Only of this source.", show_default="all")] = None,
    limit: LimitOption = 100,
    format: OutputFormatOption = OutputFormat.TEXT,
) -> None:
    """Offers that were seen, newest first.

    What is personal in a text and isn't the seller's address is masked.

    \b
    wayseal market offers market --ours
    wayseal market offers market --kind waybill --format json | jq -r '.[].seller'
    """
    rows: list[OfferRow] = []
    after: str | None = None
    with open_market(market) as record:
        reads = Reads(record)
        while len(rows) < limit:
            page = reads.offers(
                kind=kind, source=source, ours=ours, flagged=kind is None and not all_, after=after, limit=limit
            )
            rows += page.rows
            after = page.after
            if after is None:
                break
    told = [told_offer(asdict(row)) for row in rows[:limit]]
    print_result(format, told, map(offer_line, rows[:limit]) if rows else [_("No offer fits.")])


def market_sellers(
    market: MarketArgument,
    seller: Annotated[
        str | None, typer.Argument(help="One of them, with shops and links.", show_default="a list")
    ] = None,
    limit: LimitOption = 50,
    format: OutputFormatOption = OutputFormat.TEXT,
) -> None:
    """Sellers: shops and accounts that are taken for one, with what speaks for it.

    That shops are one seller's is what signals say together, and a person may say otherwise
    ([linking](market-sellers.md)). No value of an address stands in a link.

    \b
    wayseal market sellers market
    wayseal market sellers market seller-0123456789ab
    """
    with open_market(market) as record:
        reads = Reads(record)
        if seller is not None:
            view = reads.seller(seller)
            offers = [told_offer(asdict(one)) for one in view.offers]
            print_result(format, {**asdict(view), "offers": offers}, _seller_lines(view))
            return
        rows = reads.sellers(limit=limit).rows
    print_result(format, [asdict(row) for row in rows], map(_line, rows) if rows else [_("No seller yet.")])


def _line(row: SellerRow) -> str:
    return _(
        "{seller}  {offers:,} {offers:offer|offers} in {shops:,} {shops:shop|shops}, last seen {last}, back {backs:,} "
        "{backs:time|times}, numbers of ours in {ours:,}",
        seller=row.seller,
        offers=row.flagged,
        shops=row.shops,
        last=clock_time(row.last_at),
        backs=row.backs,
        ours=row.ours,
    )


def _seller_lines(view: SellerView) -> Iterator[str]:
    yield _line(view.row)
    for shop in view.shops:
        state = _(_STATES[shop.state])
        yield _("  {shop}: {state} since {since}", shop=visible(shop.shop), state=state, since=clock_time(shop.since))
    for link in view.links:
        yield _(
            "  {a} – {b}: {signal}, {times} times as likely one seller",
            a=visible(link.a),
            b=visible(link.b),
            signal=_(_SIGNALS[link.signal]),
            times=times(link.weight, current_lang().value),
        )


def market_leaks(
    market: MarketArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder that gets `leaks.csv`.", file_okay=False)] = Path(),
    seller: Annotated[
        str | None, typer.Option(help="Only numbers that this seller offered.", show_default="all")
    ] = None,
) -> None:
    """Write numbers of the courier's own that were on offer as leaks, ready for a trace.

    What stands in a row of leaks, [the data contract](data-contract.md#leaks) says.

    \b
    wayseal market leaks market --out found
    wayseal trace ledger --leaks found/leaks.csv
    """
    with open_market(market) as record:
        table = leaks_of_record(Reads(record), seller)
    path = write_table(out, "leaks", [table], form=Format.CSV)
    numbers = len(table["waybill"].unique())
    echo("{numbers:,} {numbers:number|numbers} of ours: {path}", numbers=numbers, path=visible(str(path)))


_BY_ENDING = {".html": ReportFormat.HTML, ".htm": ReportFormat.HTML, ".json": ReportFormat.JSON}


def market_report(
    market: MarketArgument,
    weeks: Annotated[int, typer.Option(min=1, max=104, help="So many weeks are drawn, the last one among them.")] = 12,
    format: Annotated[
        ReportFormat | None,
        typer.Option(
            "--format",
            help="`text` for the screen, `json` for programs, `html` for a file or a printer.",
            show_default="by the file's ending, else `text`",
        ),
    ] = None,
    out: OutOption = None,
    quiet: QuietOption = False,
) -> None:
    """Report a week of the market: offers by kind, sellers who stand out, who is back, and what couldn't be seen.

    It counts, and names sellers and shops by their ids alone: no text of an offer, no address and no waybill number
    stands in [the report](market-watch.md#a-weeks-report). Where the watch stopped more than a week ago it tells the
    week that ended with its last look. It may be made while the watch runs.

    \b
    wayseal market report market --out week.html
    wayseal market report market --lang zh --weeks 26 --out week.html
    wayseal market report market --format json | jq '.own'
    """
    form = format or _form_of(out)
    with open_market(market) as record:
        result = gather_week(record, now_us(), weeks)
    write_report(partial(render_week, result), form, out, quiet=quiet)


def _form_of(out: Path | None) -> ReportFormat:
    return ReportFormat.TEXT if out is None else _BY_ENDING.get(out.suffix.lower(), ReportFormat.TEXT)


_MOST = 50
_MARK = 12
"""Of a digest, as it is told."""


def market_learn(
    market: MarketArgument,
    apply: Annotated[bool, typer.Option("--apply", help="Put it in force for looks from now on, on record.")] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take back what is in force, on record: what was before it holds again.")
    ] = False,
    who: Annotated[
        str | None,
        typer.Option(
            "--who",
            help="Who does it: a line of up to 200 characters that stays in the record.",
            show_default="needed with `--apply` and `--undo`",
        ),
    ] = None,
    why: Annotated[
        str | None,
        typer.Option("--why", help="Why, in the same way.", show_default="needed with `--apply` and `--undo`"),
    ] = None,
    format: OutputFormatOption = OutputFormat.TEXT,
    quiet: QuietOption = False,
) -> None:
    """Learn from what people kept and dismissed, and show what the reading would do otherwise.

    Nothing is changed without `--apply`. What is learnt is judged on sellers that it wasn't learnt from, and refused
    unless it is better ([how](market-reading.md#learning-from-decisions)). Offers that were read stay as they were
    read.

    \b
    wayseal market learn market
    wayseal market learn market --apply --who li --why "dismissed many of one printing house"
    wayseal market learn market --undo --who li --why "misses look-ups"
    """
    if apply and undo:
        raise WrongUsageError("--apply and --undo can't go together", param_hint="--undo")
    said = {"who": (who or "").strip(), "why": (why or "").strip()}
    for name, given in said.items():
        if (apply or undo) and not given:
            raise WrongUsageError("this is needed with --apply and --undo", param_hint=f"--{name}")
    with open_market(market) as record:
        if undo:
            _print_undone(*take_back(record, **said, at=now_us()), format)
            return
        with progress_bars(quiet) as progress:
            taught = teach(record, progress)
        print_result(format, _json(taught), _lines(taught))
        if apply:
            put_in_force(record, taught, **said, at=now_us())
        if format is OutputFormat.TEXT and taught.refused is None:
            echo(
                "It is in force from the next look on; `--undo` takes it back."
                if apply
                else "Nothing was changed; `--apply` puts it in force."
            )


def _print_undone(was: LearntRow, now: LearntRow | None, format: OutputFormat) -> None:
    if format is OutputFormat.JSON:
        typer.echo(json.dumps({"taken_back": _standing(was), "in_force": _standing(now)}, ensure_ascii=False))
        return
    echo(
        "Taken back: what {decisions:,} {decisions:decision|decisions} taught, in force since {at} by {who} ({digest})",
        **_told(was),
    )
    typer.echo(_in_force(now))


def _lines(taught: Taught) -> Iterator[str]:
    lesson = taught.lesson
    counts = {"kept": lesson.kept, "dismissed": lesson.dismissed, "sellers": lesson.groups, "words": taught.words}
    yield _(
        "{kept:,} {kept:offer|offers} kept and {dismissed:,} dismissed, of {sellers:,} {sellers:seller|sellers}; "
        "{words:,} {words:word|words} accepted",
        **counts,
    )
    if lesson.contradicting:
        ids = ", ".join(map(visible, lesson.contradicting[:_MOST]))
        more = " …" if len(lesson.contradicting) > _MOST else ""
        yield _(
            "  {offers:,} {offers:is|are} left out, as the same text was kept and dismissed: {ids}",
            offers=len(lesson.contradicting),
            ids=ids + more,
        )
    if taught.gone:
        yield _("  {offers:,} {offers:is|are} left out, as the text went by retention", offers=taught.gone)
    if lesson.before is not None and lesson.after is not None:
        yield _("Judged on sellers that weren't learnt from, each counting once:")
        yield _(
            "  the model alone: F1 {f1:.3f}, precision {precision:.3f}, recall {recall:.3f}, {harmless:.1%} of what "
            "was dismissed flagged, {loss:.3f} nats lost",
            **asdict(lesson.before),
        )
        yield _(
            "  with what was learnt: F1 {f1:.3f}, precision {precision:.3f}, recall {recall:.3f}, {harmless:.1%} of "
            "what was dismissed flagged, {loss:.3f} nats lost",
            **asdict(lesson.after),
        )
    yield _in_force(taught.in_force)
    if taught.outdated:
        yield _(
            "  What decisions taught isn't used: it was learnt beside the model of another version. `market learn` "
            "learns it again, or takes it back."
        )
    if lesson.correction is not None:
        more_seen = sum(_up(one) for one in taught.changes)
        less = len(taught.changes) - more_seen
        yield _(
            "Of {offers:,} {offers:offer|offers} on record {more:,} more would be looked at, and {less:,} no longer:",
            offers=taught.offers,
            more=more_seen,
            less=less,
        )
    for change in taught.changes[:_MOST]:
        yield _change(change)
    if len(taught.changes) > _MOST:
        yield _("  … and {offers:,} more; `--format json` has all", offers=len(taught.changes) - _MOST)
    if taught.refused is not None:
        yield _("Not to be put in force: {why}", why=taught.refused)


def _up(change: Change) -> bool:
    """Check if an offer would be looked at that isn't now."""
    return change.after.kind in FLAGGED


def _change(change: Change) -> str:
    row = change.offer
    return _(
        "  {offer}: {before} {was} → {after} {will}: {text}",
        offer=visible(row.offer),
        before=_(KINDS[change.before.kind]),
        was=numbers.percent(change.before.probability),
        after=_(KINDS[change.after.kind]),
        will=numbers.percent(change.after.probability),
        text=visible(shorten(mask_text(" ".join(row.said.split())), SHORT)),
    )


def _in_force(row: LearntRow | None) -> str:
    return (
        _("In force: the model alone")
        if row is None
        else _(
            "In force: what {decisions:,} {decisions:decision|decisions} taught, since {at}, by {who} ({digest})",
            **_told(row),
        )
    )


def _told(row: LearntRow) -> dict[str, Any]:
    return {
        "at": clock_time(row.at),
        "who": visible(row.who),
        "decisions": row.body["kept"] + row.body["dismissed"],
        "digest": row.body["digest"][:_MARK],
    }


def _standing(row: LearntRow | None) -> dict[str, Any] | None:
    """Write the lesson in force for programs, without its weights."""
    if row is None:
        return None
    names = ("digest", "base", "kept", "dismissed", "sellers", "f1")
    return {"line": row.seq, "at": row.at, "who": row.who, "why": row.why, **{name: row.body[name] for name in names}}


def _figures(figures: Figures | None) -> dict[str, float] | None:
    return None if figures is None else {name: round(value, 4) for name, value in asdict(figures).items()}


def _json(taught: Taught) -> dict[str, Any]:
    lesson = taught.lesson
    return {
        "decisions": {"kept": lesson.kept, "dismissed": lesson.dismissed, "sellers": lesson.groups},
        "left_out": {"contradicting": lesson.contradicting, "gone": taught.gone},
        "words": taught.words,
        "before": _figures(lesson.before),
        "after": _figures(lesson.after),
        "digest": None if lesson.correction is None else lesson.correction.digest,
        "refused": None if taught.refused is None else taught.refused.fill(translator(current_lang())),
        "in_force": _standing(taught.in_force),
        "outdated": taught.outdated,
        "offers": taught.offers,
        "changes": [
            {
                "offer": one.offer.offer,
                "text": mask_text(one.offer.said),
                **{
                    name: {"kind": said.kind.value, "probability": round(said.probability, 4)}
                    for name, said in (("before", one.before), ("after", one.after))
                },
            }
            for one in taught.changes
        ],
    }
