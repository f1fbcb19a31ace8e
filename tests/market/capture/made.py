"""Captures that tests look at."""

import gzip
from pathlib import Path

from wayseal.market.capture import Captures
from wayseal.market.fetching import Fetched
from wayseal.market.fetching.types import Hop
from wayseal.market.sources import Source, parse_source
from wayseal.market.types import Capture
from wayseal.merkle.checkpoint import SigningKey
from wayseal.model.times import SECOND_US, micros

AT = micros("2026-03-02T08:00:00.000001Z")
DAY_US = 86_400 * SECOND_US
KEY = SigningKey(name="captures.example", seed=bytes(range(32)))
OTHER = SigningKey(name="captures.example", seed=bytes(32))


def source(retention: str = "180d") -> Source:
    return parse_source(
        'name = "market-a"\nkind = "feed"\ncontact = "a@courier.example"\nstart = "https://market-a.example/new"\n'
        f'retention = "{retention}"\n'
    )


def fetched(number: int = 1, *, at: int = AT, body: bytes | None = None, packed: bool = False) -> Fetched:
    body = f"<p>一手面单 {number}".encode() if body is None else body
    raw = gzip.compress(body, mtime=0) if packed else body
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Transfer-Encoding", "chunked"), ("X-Odd", "\xe9")]
    return Fetched(
        asked=f"https://market-a.example/{number}",
        url=f"https://market-a.example/o/{number}",
        at=at,
        seconds=0.25,
        status=200,
        reason="OK",
        request=(f"/o/{number}", (("Host", "market-a.example"), ("User-Agent", "x"))),
        headers=(*headers, *((("Content-Encoding", "gzip"),) if packed else ())),
        raw=raw,
        body=body,
        address="8.8.8.8",
        hops=(Hop(url=f"https://market-a.example/{number}", status=301, location=f"/o/{number}"),),
    )


def fill(folder: Path, count: int, *, at: int = AT, key: SigningKey | None = KEY) -> list[Capture]:
    """So many captures in a folder, closed."""
    with Captures(folder, key=key, label=lambda: "made") as captures:
        return [captures.keep(source(), fetched(n, at=at, packed=n % 2 == 1), f"文字 {n}") for n in range(count)]


def warcs(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.warc.gz"))
