"""The demo's market and casework: sites that sell what the leaker sold, and what the demo leaves for its console.

1. The market is looked at over HTTP, on loopback, by the parts that look at real sites; only the clock is its
   own.
2. Where packages of the extra `market` are missing, that is said, and the rest of the demo stands.
"""

import importlib.util
import shlex
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wayseal.cases import open_cases
from wayseal.cases.types import Observable, ObservableKind, Source, TaskContent, TaskState
from wayseal.cli.commands import MARKET, SETUP, Lang, ProgressCallback, _, current_lang
from wayseal.model.times import micros
from wayseal.store.types import Leaks

if TYPE_CHECKING:
    from wayseal.ledger import Snapshot
    from wayseal.market.log.reads import Reads

_WHO = "demo"
_DAY = 86_400_000_000
_SHOPS, _LOOKS = 40, 6
_ASKED, _AFTER = 8, 2
"""So many sites' shops are asked for, after so many looks."""
_NEEDED = ("selectolax", "feedparser", "warcio", "protego", "ijson", "PIL", "zxingcpp")
"""Of the extra, what nothing else brings."""


def watch_market(out: Path, snapshot: "Snapshot", seed: int, progress: ProgressCallback) -> Iterator[str]:
    """Makes a market, looks at it, puts what it finds into the queue; and says what was found.

    Args:
        out: The demo's folder, with what `simulate` wrote.
        snapshot: Its ledger.
        seed: Draws the market.
        progress: Is told how far it is.

    Returns:
        Lines for people.
    """
    if not all(importlib.util.find_spec(name) for name in _NEEDED):
        bring = _how_to_install("market")
        yield _("The market's part of the demo needs packages that are not installed: {command}", command=bring)
        return
    _look(out, snapshot, seed, progress)
    from wayseal.market.log import open_market
    from wayseal.market.log.reads import Reads

    with open_market(out / MARKET) as record:
        reads = Reads(record)
        totals = reads.totals()
        items = _queue(out, reads)
        flagged = sum(row.flagged for row in reads.sellers(limit=200).rows)
        numbers = len({one.waybill for one in reads.numbers()})
        requests = reads.requests()
    yield _("The market: what is on sale, looked at {looks} times on five simulated sites", looks=_LOOKS)
    yield _(
        "  {offers:,} {offers:offer|offers}, {flagged:,} of them to look at, by {sellers:,} sellers",
        offers=totals.offers,
        flagged=flagged,
        sellers=totals.sellers,
    )
    yield _("  {ours:,} {ours:number|numbers} of this courier's own among them, ready for a trace", ours=numbers)
    yield _("  {backs:,} {backs:seller|sellers} back after a shop was closed", backs=totals.backs)
    removed = sum(one.outcome == "removed" for one in requests)
    yield _(
        "  {asked:,} {asked:shop|shops} asked for, {removed:,} of them seen to be gone since",
        asked=len(requests),
        removed=removed,
    )
    yield _("  {items:,} {items:thing|things} put into the queue of cases", items=items)
    yield _("  More: {command}", command=f"wayseal market offers {out / MARKET} --ours")


def _look(out: Path, snapshot: "Snapshot", seed: int, progress: ProgressCallback) -> None:
    """Looks at every site, days apart, while numbers are sold (rule 1)."""
    from wayseal.market.crawling import SOURCES, Planned, opened_watch
    from wayseal.market.numbers import own_of_ledger
    from wayseal_sim.market import Clock, MarketPlan, generate_market, serve_market, write_sources
    from wayseal_sim.market.parts import known_numbers

    sold = known_numbers(out)
    begins = (min(one.sold_at for one in sold) // _DAY - 1) * _DAY
    ends = max(one.sold_at for one in sold) + _DAY // 12
    days = max(2, (ends - begins) // _DAY + 2)
    plan = MarketPlan(shops=_SHOPS, days=days, begins=begins, life_days=12.0, spells=0.0, layouts=())
    world, clock = generate_market(plan, seed, sold), Clock(begins)
    with serve_market(world, clock, patience=0.0) as served:
        for file in write_sources(world, out / MARKET / SOURCES, served.roots, begins):
            if file.stem.startswith(("chats", "purchases")):
                file.unlink()
        opened = opened_watch(
            out / MARKET, own=own_of_ledger(snapshot), now=clock.now, sleep=clock.advance, read_lines=False
        )
        with opened as watch:
            steps = _LOOKS * len(watch.sources)
            for step in range(steps):
                name = sorted(watch.sources)[step % len(watch.sources)]
                moment = begins + (ends - begins) * (step // len(watch.sources) + 1) // _LOOKS
                clock.set(max(moment, clock.now()))
                if step == _AFTER * len(watch.sources):
                    _ask(out, clock.now())
                watch.visit(Planned(source=name, at=clock.now()))
                progress("market", step + 1, steps)


def _ask(out: Path, at: int) -> None:
    """Records that sites are asked to remove shops that are there."""
    from wayseal.market.log import open_market
    from wayseal.market.log.reads import Reads
    from wayseal.market.log.requests import begin_request, find_target

    with open_market(out / MARKET) as record:
        rows = Reads(record).offers(flagged=True, limit=200).rows
        shops = {row.shop: row.source for row in reversed(rows) if not find_target(record, row.shop).gone}
        for shop, source in list(shops.items())[:_ASKED]:
            begin_request(
                record,
                target=shop,
                rule="express",
                address=f"abuse@{source}.example",
                lang=current_lang().value,
                who=_WHO,
                why=_("sells numbers of this courier"),
                at=at,
            )


def _queue(out: Path, reads: "Reads") -> int:
    from wayseal.cases import open_cases
    from wayseal.cases.ledger.arrivals import WHO, market_leads
    from wayseal.cases.ledger.casebook import writable_casebook
    from wayseal.cli.commands import now_us

    with open_cases(writable_casebook(out / "ledger")) as cases:
        return len(cases.enqueue_once(market_leads(reads), WHO, now_us()))


_SELLERS, _NUMBERS = 2, 5
_CONSOLE_NEEDED = ("starlette", "pyotp", "segno", "sqlalchemy")
"""Of the console's extra, what nothing else brings."""


def begin_casework(folder: Path, cases: tuple[str, ...], leaks: Leaks) -> None:
    """Puts what was bought into the queue, and begins work on the first case.

    Args:
        folder: Of the casebook.
        cases: The ids of the cases, the one to begin with first.
        leaks: What was bought.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    at = micros(now.isoformat())
    with open_cases(folder) as book:
        for seller, rows in _by_seller(leaks):
            things = [Observable(kind=ObservableKind.SELLER, value=seller)]
            things += [Observable(kind=ObservableKind.NUMBER, value=row["waybill"]) for row in rows[:_NUMBERS]]
            since = min(micros(row["seen_at"].isoformat()) for row in rows)
            reason = _("{n} {n:number|numbers} bought from one shop; the listing was seen by hand", n=len(rows))
            book.enqueue(Source.LISTING, things, reason, _WHO, at, since=min(since, at))
        for case in cases[:1]:
            book.add_note(
                case,
                _("Begin with the busiest day, and ask the outlet which shifts there were. Nobody was heard yet."),
                _WHO,
                at,
            )
            due = (now + timedelta(days=3)).date().isoformat()
            book.add_task(
                case,
                TaskContent(text=_("Ask the outlet for its shift plan of that week"), state=TaskState.TO_DO, due=due),
                _WHO,
                at,
            )


def how_to_open_console(out: Path) -> str:
    """The line that names the command of the demo's console, and what has to be installed before.

    Args:
        out: The demo's folder, as it was named.

    Returns:
        The line.
    """
    program = "wayseal" if shutil.which("wayseal") else sys.argv[0]
    folder = shlex.quote(str(out / "console"))
    spoken = "" if current_lang() is Lang.EN else f" --lang {current_lang().value}"
    command = f"{program} serve console {shlex.quote(str(out / 'ledger'))} --folder {folder} --demo{spoken}"
    line = _("Open the console on it, in a browser: {command}", command=command)
    if all(importlib.util.find_spec(name) for name in _CONSOLE_NEEDED):
        return line
    return f"{line}\n  ({_('first: {command}', command=_how_to_install('console'))})"


def _how_to_install(extra: str) -> str:
    return f"make {SETUP[extra]}" if Path("Makefile").exists() else f"pip install 'WHEEL[{extra}]'"


def _by_seller(leaks: Leaks) -> list[tuple[str, list[dict[str, Any]]]]:
    """The busiest sellers, each with the rows that were bought there."""
    rows = [row for row in leaks.rows.to_pylist() if row.get("seller")]
    busiest = Counter(row["seller"] for row in rows).most_common(_SELLERS)
    return [(seller, [row for row in rows if row["seller"] == seller]) for seller, _ in busiest]
