"""What retention asks of the record: which captures are evidence, and what stands on which; a few statements."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from wayseal.database import Connection, query
from wayseal.market.log import _tables as t
from wayseal.market.log._market import Market
from wayseal.market.log.reads import Reads

_EVIDENCE = "(state='kept' OR ours>0)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The evidence. files: files of captures, as day and name; offers: ids; targets: what requests are about."""

    files: frozenset[str]
    offers: frozenset[str]
    targets: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptOffer:
    """An offer as retention sees it. there: whether its capture is still kept; retention: its source's (s)."""

    offer: str
    shop: str
    capture: str
    there: bool
    last_at: int
    retention: int


def held(market: Market) -> Held:
    """Find the evidence of decisions, cases and requests."""
    requests = Reads(market).requests()

    def work(c: Connection) -> Held:
        offers = query(c, f"SELECT offer, capture, pictures FROM {t.OFFERS.full_name} WHERE {_EVIDENCE}")
        wanted = {capture for _, capture, _ in offers}
        wanted |= {one["capture"] for *_, pictures in offers for one in json.loads(pictures)}
        wanted |= {capture for one in requests for capture in one.captures}
        wanted |= {row[0] for row in query(c, f"SELECT capture FROM {t.NUMBERS.full_name}")}
        files = query(c, f"SELECT capture, warc FROM {t.CAPTURES.full_name}")
        return Held(
            files=frozenset(warc for capture, warc in files if capture in wanted),
            offers=frozenset(row[0] for row in offers),
            targets=frozenset(one.asked.target for one in requests),
        )

    return market.read(work)


def kept_files(market: Market) -> Mapping[str, Mapping[str, str]]:
    """Captures by the file that holds them, each with the SHA-256 of the file that it is of; "" for an answer."""
    text = f"SELECT warc, capture, CASE WHEN status=0 THEN sha256 ELSE '' END FROM {t.CAPTURES.full_name}"
    found: dict[str, dict[str, str]] = {}
    for warc, capture, sha256 in market.read(lambda c: query(c, text)):
        found.setdefault(warc, {})[capture] = sha256
    return found


def kept_offers(market: Market) -> tuple[KeptOffer, ...]:
    """All offers."""
    text = (
        f"SELECT o.offer, o.shop, o.capture, c.capture IS NOT NULL, o.last_at, s.settings FROM {t.OFFERS.full_name} o "
        f"LEFT JOIN {t.CAPTURES.full_name} c ON c.capture=o.capture "
        f"LEFT JOIN {t.SOURCES.full_name} s ON s.source=o.source"
    )
    return tuple(
        KeptOffer(
            offer=offer,
            shop=shop,
            capture=capture,
            there=bool(there),
            last_at=last_at,
            retention=json.loads(settings or "{}").get("retention", 0),
        )
        for offer, shop, capture, there, last_at, settings in market.read(lambda c: query(c, text))
    )
