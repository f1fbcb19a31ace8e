"""The room `market` as a watcher of the simulated market: its own parts but for sockets and the disk's flush.

1. Sources are those that `write_sources` writes; an operator mends one a day after a site's pages changed for good.
2. robots.txt is asked for once a day and site, and is waited for where it can't be had; its rules are the fetcher's.
3. Bodies aren't kept on the disk: what is kept and how fast is measured by `benchmarks.market.market_capture`.
"""

import hashlib
import json
import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from protego import Protego

from benchmarks.market._parse import body_of
from benchmarks.market._watch import DAY, Fetch, Outcome, Planned, Post, Told, Where
from wayseal.market.crawling import Parts, Watch
from wayseal.market.crawling import Planned as Look
from wayseal.market.fetching import Fetched, Missed, Validators
from wayseal.market.log import open_market
from wayseal.market.reading import Reader
from wayseal.market.sources import Source, load_sources
from wayseal.market.types import Capture, FailureReason
from wayseal_sim.market import write_sources
from wayseal_sim.market.parts import TERMS, MarketWorld, draw_label

MEND = DAY
_AGENT = "Wayseal-market-watch"
_CHATS = """wayseal = 1
name = "chats"
kind = "chat"
every = "1d"
format = "json"
files = "said/*.jsonl"
[fields]
key = "key"
shop = "author"
shop_name = "name"
text = "text"
posted_at = "at"
pictures = "picture"
"""


class Doors:
    """Asks the simulated sites, and keeps hashes of what they say."""

    def __init__(self) -> None:
        self.fetch_site: Fetch | None = None
        self.now = 0
        self._spent: Counter[tuple[str, int]] = Counter()
        self._robots: dict[tuple[str, int], Protego | None] = {}
        self._kept = 0

    def fetch(self, source: Source, url: str, known: Validators | None = None) -> Fetched | Missed:
        """See `market.crawling.Ask`."""
        del known
        for _ in range(6):
            parts = urlsplit(url)
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            missed = self._may(source, path)
            if missed is not None:
                return self._missed(url, missed)
            answer = self._get(source, path)
            if answer is None:
                return self._missed(url, FailureReason.BUDGET)
            if answer.cut or answer.endless or answer.delay_s > 30:
                return self._missed(url, FailureReason.TIMEOUT if answer.endless else FailureReason.UNREACHABLE)
            if answer.status not in (301, 302, 303, 307, 308):
                return self._fetched(url, answer)
            url = urljoin(url, answer.header("Location"))
        return self._missed(url, FailureReason.ERROR_PAGE)

    def keep(self, source: Source, fetched: Fetched, text: str = "") -> Capture:
        """See `market.crawling.Keep`."""
        del text
        return self._capture(source, fetched.url, fetched.status, fetched.body, fetched.media_type)

    def keep_file(self, source: Source, file: Path, name: str, at: int) -> Capture:
        """See `market.crawling.Keep`."""
        del at
        return self._capture(source, f"file:{name}", 0, file.read_bytes(), "application/json")

    def _may(self, source: Source, path: str) -> FailureReason | None:
        key = source.name, self.now // DAY
        if key not in self._robots:
            answer = self._get(source, "/robots.txt")
            if answer is None:
                return FailureReason.BUDGET
            if answer.status >= 500 or answer.cut or answer.endless:
                return FailureReason.ROBOTS
            text = body_of(answer).decode("utf-8", "replace") if answer.status == 200 else ""
            self._robots[key] = Protego.parse(text) if text else None
        rules = self._robots[key]
        return FailureReason.ROBOTS if rules is not None and not rules.can_fetch(path, _AGENT) else None

    def _get(self, source: Source, path: str) -> Any:
        if self._spent[source.name, self.now // DAY] >= source.budget or self.fetch_site is None:
            return None
        self._spent[source.name, self.now // DAY] += 1
        return self.fetch_site(source.name, path, {"Accept-Encoding": "gzip"})

    def _fetched(self, url: str, answer: Any) -> Fetched:
        body = body_of(answer)
        return Fetched(
            asked=url,
            url=url,
            at=self.now,
            seconds=0.0,
            status=answer.status,
            reason="",
            request=("", ()),
            headers=answer.headers,
            raw=answer.body,
            body=body,
            address="127.0.0.1",
        )

    def _missed(self, url: str, hindrance: FailureReason) -> Missed:
        return Missed(asked=url, url=url, at=self.now, hindrance=hindrance)

    def _capture(self, source: Source, url: str, status: int, body: bytes, media: str) -> Capture:
        self._kept += 1
        sha = hashlib.sha256(body).hexdigest()
        return Capture(
            id=hashlib.sha256(f"{self._kept} {sha}".encode()).hexdigest(),
            source=source.name,
            url=url,
            at=self.now,
            status=status,
            media_type=media.partition(";")[0],
            sha256=sha,
            size=len(body),
            warc="",
            offset=0,
            length=0,
        )


class Room:
    """See `Watcher`."""

    name = "wayseal"

    def __init__(self, world: MarketWorld) -> None:
        """Opens an empty record in a folder of its own, and takes in the sources as they are at the beginning."""
        self._world, self._stack = world, ExitStack()
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        (self._folder / "said" / "photos").mkdir(parents=True)
        self.doors = Doors()
        self.doors.now = world.plan.begins
        self._sources: dict[str, Source] = self._load(world.plan.begins)
        self._mended: dict[str, int] = dict(world.layouts)
        draw = random.Random(world.seed)
        self.watch = Watch(
            Parts(
                market=self._stack.enter_context(open_market(self._folder)),
                sources=self._sources,
                ask=self.doors,
                keep=self.doors,
                reader=Reader(),
                now=lambda: self.doors.now,
                draw=draw.random,
                read_lines=False,
            )
        )

    def plan(self, now: int) -> Sequence[Planned]:
        """See `Watcher`."""
        self.doors.now = now
        for site, at in list(self._mended.items()):
            if now >= at + MEND:
                self._sources[site] = self._load(now)[site]
                del self._mended[site]
        return [Planned(site=one.source, at=one.at, target=one.target) for one in self.watch.due()]

    def look(self, planned: Planned, fetch: Fetch, posts: Sequence[Post]) -> Outcome:
        """See `Watcher`."""
        self.doors.fetch_site = fetch
        if planned.site == "chats" and posts:
            self._write(posts)
        now = self.doors.now
        report = self.watch.visit(Look(source=planned.site, at=planned.at, target=planned.target))
        told = tuple(Told(at=now, before=_where(was), after=_where(shop)) for shop, was in report.backs)
        return Outcome(planned=planned, hindrance=report.hindrance.value if report.hindrance else "", told=told)

    def close(self) -> None:
        """Lets go of the record."""
        self._stack.close()

    def _load(self, at: int) -> dict[str, Source]:
        roots = {site: f"http://{site}.example" for site in TERMS}
        folder = self._folder / "sources"
        for file in write_sources(self._world, folder, roots, at):
            if file.stem.startswith(("chats", "purchases")):
                file.unlink()
        (folder / "chats.toml").write_text(_CHATS.replace("said/", "../said/"), "utf-8")
        return {source.name: source for source in load_sources(folder)}

    def _write(self, posts: Sequence[Post]) -> None:
        file = self._folder / "said" / f"{self.doors.now}.jsonl"
        rows = (
            {
                **asdict(post),
                "key": f"{self.doors.now}-{n}",
                "at": post.at // 1_000_000,
                "picture": next(map(self._draw, post.pictures), ""),
            }
            for n, post in enumerate(posts)
        )
        file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")

    def _draw(self, name: str) -> str:
        """A photo beside the export, as exports have it; its place there."""
        photo = self._folder / "said" / "photos" / name
        if not photo.exists():
            photo.write_bytes(draw_label(self._world.pictures[name]))
        return f"photos/{name}"


def _where(shop: str) -> Where:
    source, _, name = shop.partition("/")
    return source, name
