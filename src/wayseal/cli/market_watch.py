"""`wayseal market`: sources, looks at them, and what was brought in."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._market_view import (
    HINDRANCES,
    SIGHTS,
    CanariesOption,
    MarketArgument,
    OwnOption,
    purge_lines,
    queue_finds,
    report_lines,
    watching,
)
from wayseal.cli._options import OutputFormat, OutputFormatOption, QuietOption
from wayseal.cli._output import clock_time, print_lines, print_result, progress_bars
from wayseal.cli._texts import _, echo, warn
from wayseal.market.crawling import SITES, Planned
from wayseal.market.crawling.imports import (
    ImportForm,
    Named,
    bring_in,
    check_files,
    place_files,
    read_feed,
    write_source,
)
from wayseal.market.fetching import paused_until
from wayseal.market.log import open_market
from wayseal.market.log.reads import Reads
from wayseal.market.types import FailureReason
from wayseal.model.messages import N_
from wayseal.model.times import now_us
from wayseal.page.visible import visible
from wayseal.service.process import handle_signals


def market_add(
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
) -> None:
    """Take a source into the watch's folder, after a look at what is written of it.

    How a [source](market-sources.md) is written: pages, searches, feeds, JSON, exports of chats, folders of pictures.
    The address of a feed (RSS, Atom) is looked at once, with the manners of every look, and taken in as it is.

    \b
    wayseal market add market bazaar.toml
    wayseal market add market https://board.example/feed.rss --name board --contact mailto:watch@courier.example
    """
    if not what.startswith(("http://", "https://")):
        _take_in(market, Path(what).read_bytes(), Path(what), replace=replace)
        return
    if not name or not contact:
        raise WrongUsageError("an address needs --name and --contact", param_hint="--name")
    text, hindrance = read_feed(market, what, name=name, contact=contact, allow_inside=allow_inside)
    if hindrance is FailureReason.CHANGED:
        warn(
            "{name}: what stands there is no feed, so nothing was written: write its source into a file.",
            name=visible(name),
        )
    elif hindrance is not None:
        typer.echo(f"{visible(name)}: {_(HINDRANCES[hindrance])}", err=True)
    if hindrance is not None:
        raise typer.Exit(3)
    _take_in(market, text, None, replace=replace)


def _take_in(market: Path, text: str | bytes, file: Path | None, *, replace: bool) -> None:
    path = write_source(market, text, file, replace=replace)
    if path is None:
        raise WrongUsageError("a source of this name is there already; --replace takes its place", param_hint="WHAT")
    echo("{name} is watched from now on: {path}", name=path.stem, path=visible(str(path)))


def market_look(
    market: MarketArgument,
    source: str | None = typer.Argument(None, help="Name of the source.", show_default="each"),
    own: OwnOption = None,
    canaries: CanariesOption = None,
    quiet: QuietOption = False,
) -> None:
    """Look at a source once, now, and record what is seen.

    Sites are asked slowly, and within their budgets ([manners](market-sources.md)): a long list takes its time. What
    can't be seen is told with its reason, and is never taken for gone. With a ledger, numbers of ours that are on
    offer, canaries and come-backs come into the [queue of cases](casework.md).

    \b
    wayseal market look market
    wayseal market look market bazaar --own ledger --canaries canaries.jsonl
    """
    with watching(market, own, canaries, time.sleep) as watch, progress_bars(quiet) as progress:
        names = sorted(watch.sources) if source is None else [source]
        if source is not None and source not in watch.sources:
            raise WrongUsageError("there is no source of this name in the folder", param_hint="SOURCE")
        reports = []
        for done, name in enumerate(names):
            progress("look", done, len(names))
            reports.append(watch.visit(Planned(source=name, at=now_us())))
        progress("look", len(names), len(names))
    for report in reports:
        print_lines(report_lines(report))
        queue_finds(market, own, report)


_AT_MOST = 60.0


class _Stopped(BaseException):
    """It was told to stop while it waited; nothing in between catches it."""


def market_watch(
    market: MarketArgument,
    own: OwnOption = None,
    canaries: CanariesOption = None,
    until_idle: Annotated[
        bool, typer.Option("--once", help="End when nothing is due, instead of waiting for what comes.")
    ] = False,
    purge: Annotated[
        bool,
        typer.Option(help="Once a day, let go of what was kept for as long as its source says, as `market purge`."),
    ] = True,
) -> None:
    """Watch the market: look at every source when it is due, and again at what went, until told to stop.

    Each look is a line, with come-backs and numbers of the courier's own beneath it; with a ledger they come into the
    [queue of cases](casework.md) as well. It stops within a second at
    Ctrl-C or SIGTERM; what was looked at is recorded, and a look in the middle is made again.

    \b
    wayseal market watch market --own ledger --canaries canaries.jsonl
    """
    stopped = threading.Event()

    def sleep(seconds: float) -> None:
        if stopped.wait(seconds):
            raise _Stopped

    with handle_signals(stopped.set), watching(market, own, canaries, sleep) as watched:
        warn("Watching {count} sources; Ctrl-C ends it.", count=len(watched.sources))
        try:
            purged_on = -1
            while not stopped.is_set():
                if purge and (today := int(time.time() // 86_400)) != purged_on:
                    purged_on = today
                    print_lines(purge_lines(watched.purge(market)))
                due = watched.due()
                for planned in due[:1]:
                    report = watched.visit(planned)
                    print_lines(report_lines(report))
                    queue_finds(market, own, report)
                if not due:
                    if until_idle:
                        return
                    sleep(min(_AT_MOST, max(0.5, watched.next_at / 1e6 - time.time())))
        except _Stopped:
            return


def market_queue(market: MarketArgument, format: OutputFormatOption = OutputFormat.TEXT) -> None:
    """The queue of looks: when each source is due, what its last look came to, and what holds it up.

    A source whose looks fail comes later each time, for a day at most; one whose site asks to come later is left alone
    until then. Shops that went are looked for besides, by times of their own.

    \b
    wayseal market queue market
    wayseal market queue market --format json | jq -r '.[] | select(.failure) | .source'
    """
    now = now_us()
    with open_market(market) as record:
        reads = Reads(record)
        due = [(shop.source, shop.next_at) for shop, _ in reads.shops() if shop.next_at is not None]
        sources = sorted(reads.sources(), key=lambda one: (one.next_at or 0, one.source))
    gone, waiting = Counter(name for name, _ in due), Counter(name for name, at in due if at <= now)
    paused = paused_until(market / SITES, {one.source: one.settings["start"] for one in sources})
    rows = [
        {
            **asdict(one),
            "paused_until": until if (until := paused[one.source]) > now else None,
            "shops_gone": gone[one.source],
            "shops_due": waiting[one.source],
        }
        for one in sources
    ]
    print_result(format, rows, (line for row in rows for line in _lines(row, now)))


def _lines(row: dict[str, Any], now: int) -> Iterator[str]:
    at, due_now = clock_time(row["next_at"] or now), (row["next_at"] or 0) <= now
    yield _("{source}: due now, since {at}" if due_now else "{source}: due {at}", source=visible(row["source"]), at=at)
    if row["looked_at"] is not None:
        what = _(HINDRANCES[row["hindrance"]] if row["hindrance"] else SIGHTS[row["sight"]])
        yield _("    last look {at}: {what}", at=clock_time(row["looked_at"]), what=what)
    if row["failure"]:
        yield f"    {visible(row['failure'])}"
    if row["unseen_since"] is not None:
        yield _("    not seen since {at}", at=clock_time(row["unseen_since"]))
    if row["paused_until"] is not None:
        yield _("    its site wants to be left alone until {at}", at=clock_time(row["paused_until"]))
    if row["shops_gone"]:
        yield _(
            "    {shops:,} {shops:shop|shops} that went, {due:,} to be looked for now",
            shops=row["shops_gone"],
            due=row["shops_due"],
        )


def market_import(
    market: MarketArgument,
    files: Annotated[list[Path], typer.Argument(help="Files, or a folder.", exists=True)],
    form: Annotated[
        ImportForm,
        typer.Option(
            "--as",
            help="`chat`: of WeChat, QQ or Telegram; `telegram`: an export of Telegram Desktop (JSON); `csv` and "
            "`json`: records with the fields of offers; `pictures`: screenshots and pictures, each with a text of its "
            "name where there is one.",
        ),
    ],
    name: Annotated[str, typer.Option(help="What it is called here: small letters, digits, hyphens.")],
    own: OwnOption = None,
    canaries: CanariesOption = None,
    quiet: QuietOption = False,
) -> None:
    """Take in what was brought: exports of chats, screenshots, pictures of purchases and of the hotline.

    Each file is read first: what can't be is said by its name and left out. The others are copied into the watch's
    folder, kept as captures, and read; the same file twice changes nothing. Give the folder of an export, and the
    pictures beside it are read as well.

    \b
    wayseal market import market result.json --as telegram --name group-7 --own ledger
    wayseal market import market bought/ --as pictures --name purchase-12 --own ledger
    """
    placed, other = place_files(form, [one for path in files for one in _find_files(path)])

    def say(text: str, **values: object) -> None:
        plain = {key: visible(value) if isinstance(value, str) else value for key, value in values.items()}
        warn(text, **plain)

    for name_ in other:
        say(N_("{name} is no such export; left out"), name=name_)
    with progress_bars(quiet) as progress:
        good = check_files(form, placed, say, partial(progress, "check"))
    bring_in(market, name, form, good)
    with watching(market, own, canaries, time.sleep) as watch:
        report = watch.visit(Planned(source=name, at=now_us()))
    print_lines(report_lines(report))
    queue_finds(market, own, report)


def _find_files(path: Path) -> list[Named]:
    """A file, or those of a folder, without hidden ones and what is linked from elsewhere."""
    if not path.is_dir():
        return [(path.name, path)]
    found = ((one.relative_to(path), one) for one in sorted(path.rglob("*")))
    return [
        (name.as_posix(), one)
        for name, one in found
        if one.is_file() and not one.is_symlink() and not any(part.startswith(".") for part in name.parts)
    ]
