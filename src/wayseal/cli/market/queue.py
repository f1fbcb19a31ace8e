"""`wayseal market queue`: which looks are due when, and what holds them up."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import typer

from wayseal.cli._case_view import clock_time
from wayseal.cli._options import Lang, LangOption, OutputFormat, OutputFormatOption
from wayseal.cli._words.market import MARKET_TEXTS
from wayseal.cli.market._view import MarketArgument
from wayseal.market.crawling import SITES
from wayseal.market.fetching import paused_until
from wayseal.market.fetching.types import now_us
from wayseal.market.log import open_market
from wayseal.market.log.reads import Reads
from wayseal.model.messages import filled
from wayseal.page.languages import translator
from wayseal.page.visible import visible


def queue(market: MarketArgument, format: OutputFormatOption = OutputFormat.TEXT, lang: LangOption = Lang.EN) -> None:
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
    if format is OutputFormat.JSON:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        for line in _lines(row, now, lang):
            typer.echo(line)


def _lines(row: dict[str, Any], now: int, lang: Lang) -> Iterator[str]:
    words = MARKET_TEXTS[lang]
    due = words["queue_now" if (row["next_at"] or 0) <= now else "queue_due"]
    yield filled(due, source=visible(row["source"]), at=clock_time(row["next_at"] or now))
    if row["looked_at"] is not None:
        what = words[f"hindrance_{row['hindrance']}" if row["hindrance"] else f"sight_{row['sight']}"]
        yield filled(words["queue_last"], at=clock_time(row["looked_at"]), what=what)
    if row["failure"]:
        yield f"    {visible(row['failure'])}"
    for key, text in (("unseen_since", "queue_unseen"), ("paused_until", "queue_paused")):
        if row[key] is not None:
            yield filled(words[text], at=clock_time(row[key]))
    if row["shops_gone"]:
        yield filled(words["queue_gone"], translator(lang), shops=row["shops_gone"], due=row["shops_due"])
