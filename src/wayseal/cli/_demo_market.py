"""The demo's market: sites that sell what the simulated courier's leaker sold, looked at a few times as they would be.

1. It is looked at over HTTP, on loopback, by the parts that look at real sites; only the clock is the market's own.
2. Where packages of the extra `market` are missing, that is said, and the rest of the demo stands.
"""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from wayseal.cli._loading import SETUP
from wayseal.cli._options import Lang
from wayseal.cli._progress import ProgressCallback
from wayseal.model.messages import N_, filled
from wayseal.page.languages import ByLanguage, translator

if TYPE_CHECKING:
    from wayseal.ledger import Snapshot
    from wayseal.market.log.reads import Reads

FOLDER = "market"
_WHO = "demo"
_DAY = 86_400_000_000
_SHOPS, _LOOKS = 40, 6
_ASKED, _AFTER = 8, 2
"""So many sites' shops are asked for, after so many looks."""
_NEEDED = ("selectolax", "feedparser", "warcio", "protego", "ijson", "PIL", "zxingcpp")
"""Of the extra, what nothing else brings."""
TEXTS = ByLanguage(
    {
        "market": N_("The market: what is on sale, looked at {looks} times on five simulated sites"),
        "offers": N_("  {offers:,} {offers:offer|offers}, {flagged:,} of them to look at, by {sellers:,} sellers"),
        "ours": N_("  {ours:,} {ours:number|numbers} of this courier's own among them, ready for a trace"),
        "back": N_("  {backs:,} {backs:seller|sellers} back after a shop was closed"),
        "asked": N_("  {asked:,} {asked:shop|shops} asked for, {removed:,} of them seen to be gone since"),
        "why": N_("sells numbers of this courier"),
        "queued": N_("  {items:,} {items:thing|things} put into the queue of cases"),
        "more": N_("  More: {command}"),
        "missing": N_("The market's part of the demo needs packages that are not installed: {command}"),
    }
)


def watch_market(out: Path, snapshot: "Snapshot", seed: int, lang: Lang, progress: ProgressCallback) -> Iterator[str]:
    """Makes a market, looks at it, puts what it finds into the queue; and says what was found.

    Args:
        out: The demo's folder, with what `simulate` wrote.
        snapshot: Its ledger.
        seed: Draws the market.
        lang: The language.
        progress: Is told how far it is.

    Returns:
        Lines for people.
    """
    words, translate = TEXTS[lang], translator(lang)
    if not all(importlib.util.find_spec(name) for name in _NEEDED):
        bring = f"make {SETUP['market']}" if Path("Makefile").exists() else "pip install 'wayseal[market]'"
        yield filled(words["missing"], command=bring)
        return
    _look(out, snapshot, seed, lang, progress)
    from wayseal.market.log import open_market
    from wayseal.market.log.reads import Reads

    with open_market(out / FOLDER) as record:
        reads = Reads(record)
        totals = reads.totals()
        items = _queue(out, reads)
        flagged = sum(row.flagged for row in reads.sellers(limit=200).rows)
        numbers = len({one.waybill for one in reads.numbers()})
        requests = reads.requests()
    yield filled(words["market"], looks=_LOOKS)
    yield filled(words["offers"], translate, offers=totals.offers, flagged=flagged, sellers=totals.sellers)
    yield filled(words["ours"], translate, ours=numbers)
    yield filled(words["back"], translate, backs=totals.backs)
    removed = sum(one.outcome == "removed" for one in requests)
    yield filled(words["asked"], translate, asked=len(requests), removed=removed)
    yield filled(words["queued"], translate, items=items)
    yield filled(words["more"], command=f"wayseal market offers {out / FOLDER} --ours")


def _look(out: Path, snapshot: "Snapshot", seed: int, lang: Lang, progress: ProgressCallback) -> None:
    """Looks at every site, days apart, while numbers are sold (rule 1)."""
    from wayseal.market.crawling import SOURCES, Planned, opened_watch
    from wayseal.market.numbers import own_of_ledger
    from wayseal.simulate.market import Clock, MarketPlan, generate_market, serve_market, write_sources
    from wayseal.simulate.market.parts import known_numbers

    sold = known_numbers(out)
    begins = (min(one.sold_at for one in sold) // _DAY - 1) * _DAY
    ends = max(one.sold_at for one in sold) + _DAY // 12
    days = max(2, (ends - begins) // _DAY + 2)
    plan = MarketPlan(shops=_SHOPS, days=days, begins=begins, life_days=12.0, spells=0.0, layouts=())
    world, clock = generate_market(plan, seed, sold), Clock(begins)
    with serve_market(world, clock, patience=0.0) as served:
        for file in write_sources(world, out / FOLDER / SOURCES, served.roots, begins):
            if file.stem.startswith(("chats", "purchases")):
                file.unlink()
        opened = opened_watch(
            out / FOLDER, own=own_of_ledger(snapshot), now=clock.now, sleep=clock.advance, read_lines=False
        )
        with opened as watch:
            steps = _LOOKS * len(watch.sources)
            for step in range(steps):
                name = sorted(watch.sources)[step % len(watch.sources)]
                moment = begins + (ends - begins) * (step // len(watch.sources) + 1) // _LOOKS
                clock.set(max(moment, clock.now()))
                if step == _AFTER * len(watch.sources):
                    _ask(out, lang, clock.now())
                watch.look(Planned(source=name, at=clock.now()))
                progress("market", step + 1, steps)


def _ask(out: Path, lang: Lang, at: int) -> None:
    """Records that sites are asked to remove shops that are there."""
    from wayseal.market.log import open_market
    from wayseal.market.log.reads import Reads
    from wayseal.market.log.requests import begin_request, find_target

    with open_market(out / FOLDER) as record:
        rows = Reads(record).offers(flagged=True, limit=200).rows
        shops = {row.shop: row.source for row in reversed(rows) if not find_target(record, row.shop).gone}
        for shop, source in list(shops.items())[:_ASKED]:
            begin_request(
                record,
                target=shop,
                rule="express",
                address=f"abuse@{source}.example",
                lang=lang.value,
                who=_WHO,
                why=TEXTS[lang]["why"],
                at=at,
            )


def _queue(out: Path, reads: "Reads") -> int:
    from wayseal.cases import open_cases
    from wayseal.cases.ledger.arrivals import WHO, market_leads
    from wayseal.cases.ledger.casebook import writable_casebook
    from wayseal.cli._case_view import now_us

    with open_cases(writable_casebook(out / "ledger")) as cases:
        return len(cases.enqueue_once(market_leads(reads), WHO, now_us()))
