"""Retention: what was kept long enough goes out of a watch's folder and out of its record.

1. A file of captures goes as a whole, once its source's retention is over, and a tombstone tells what it was.
2. What is evidence stays, and with it the file that holds it: captures of offers that a person kept, or that hold
   numbers of the courier's own, with their pictures; captures in which such numbers were found; captures that a request
   for removal names.
3. An offer goes with its capture, unless it is evidence, is what a request is about, or was seen within its source's
   retention. Its lines lose their text, and their leaves stay.
4. Exports and pictures that lie in the folder go with their capture, and aren't taken in again.
5. Files go before the record tells of it: who is cut off in between finds the rest the next time.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from wayseal.market.capture import is_purged, over, purge
from wayseal.market.crawling._folder import CAPTURES, IMPORTS, holding
from wayseal.market.log import Market, open_market
from wayseal.market.log.queries import Held, held, kept_files, kept_offers
from wayseal.model.times import SECOND_US, micros
from wayseal.store.durable import file_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeResult:
    """All that went, or would go.

    Attributes:
        files: Files of captures, as day and name.
        stay: Files whose time is over, and that hold evidence.
        captures: How many captures went.
        offers: How many offers went with them.
        lines: Lines of the record that lost their text; 0 where nothing was changed.
        imports: Files that were brought in, and went.
    """

    files: tuple[str, ...]
    stay: tuple[str, ...]
    captures: int
    offers: int
    lines: int = 0
    imports: int = 0


def purge_folder(folder: Path, now: int, *, before: str = "", dry: bool = False) -> PurgeResult:
    """Lets go of what was kept long enough (rules 1 to 5), while nobody looks.

    Args:
        folder: The watch's folder.
        now: The time (µs).
        before: A day (`2026-03-02`): what was captured before it goes whatever its source's retention is; "" for none.
        dry: Says what would go, and changes nothing.

    Returns:
        What went.

    Raises:
        RecordBusyError: Another process looks.
        MarketError: The record can't be read or written, or a file of captures isn't what its list says.
    """
    with holding(folder), open_market(folder) as market:
        return purge_market(market, folder, now, before=before, dry=dry)


def purge_market(market: Market, folder: Path, now: int, *, before: str = "", dry: bool = False) -> PurgeResult:
    """The same for who holds the folder's lock already."""
    captures = folder / CAPTURES
    needed = held(market)
    ended = over(captures, now, before)
    stay = frozenset(ended) & needed.files
    files = tuple(one for one in ended if one not in stay)
    if not dry:
        purge(captures, now, before, keep=stay)
    known = kept_files(market)
    went = {warc for warc in known if warc in files or is_purged(captures, warc)}
    gone = [capture for warc in went for capture in known[warc]]
    offers = _offers(market, needed, frozenset(gone), now, before)
    if dry:
        return PurgeResult(files=files, stay=tuple(sorted(stay)), captures=len(gone), offers=len(offers))
    imports = _imports(folder / IMPORTS, {sha256 for warc in went for sha256 in known[warc].values() if sha256})
    lines = market.purge(now, gone, offers) if gone or offers else 0
    return PurgeResult(
        files=files, stay=tuple(sorted(stay)), captures=len(gone), offers=len(offers), lines=lines, imports=imports
    )


def _offers(market: Market, needed: Held, gone: Collection[str], now: int, before: str) -> list[str]:
    """Offers that go (rule 3)."""
    least = micros(f"{before}T00:00Z") if before else 0
    return [
        one.offer
        for one in kept_offers(market)
        if (one.capture in gone or not one.there)
        and one.offer not in needed.offers
        and one.shop not in needed.targets
        and one.offer not in needed.targets
        and one.last_at < max(now - one.retention * SECOND_US, least)
    ]


def _imports(folder: Path, digests: Collection[str]) -> int:
    """Takes files that were brought in away (rule 4)."""
    if not digests or not folder.is_dir():
        return 0
    gone = [one for one in sorted(folder.rglob("*")) if one.is_file() and file_digest(one) in digests]
    for one in gone:
        one.unlink()
    return len(gone)
