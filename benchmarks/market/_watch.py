"""What watches the simulated market in a benchmark: the protocol, the frame that runs it, and two simple watchers.

1. A watcher sees answers and exports, and nothing else of the market; it gets no truth and no clock but `now`.
2. The frame knows all requests, whoever makes them: load is counted where it arrives.
3. A look that was planned has an outcome: what it saw, or by name why it couldn't see.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Protocol

from benchmarks.market._parse import Parsed, Row, parse
from wayseal_sim.market import Sites
from wayseal_sim.market.parts import CLASSES, GROUPS, TERMS, Answer, MarketWorld, messages

SECOND = 1_000_000
HOUR, DAY = 3_600 * SECOND, 86_400 * SECOND
Where = tuple[str, str]
"""A shop as it is seen: site, and the site's id of it (of an offer, where the site names no shops)."""
Fetch = Callable[[str, str, Mapping[str, str]], Answer]


CHAT_HOUR = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A look that is due. site: `chats` for exports; target: a shop or offer that is looked for, "" for all."""

    site: str
    at: int
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A notice: a shop that was gone is back as another, or as itself. at: when; the frame puts the look's end in."""

    at: int
    before: Where
    after: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a look. hindrance: "" if it saw all it looked for; else why not, by name."""

    planned: Planned
    hindrance: str
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A message of an exported chat. pictures: at `/img/NAME` of the site `chats`."""

    at: int
    author: str
    name: str
    text: str
    pictures: tuple[str, ...]


class Watcher(Protocol):
    """Whatever watches."""

    name: str

    def plan(self, now: int) -> Sequence[Planned]:
        """Looks that are due by now and weren't made."""

    def look(self, planned: Planned, fetch: Fetch, posts: Sequence[Post]) -> Outcome:
        """Makes one; asks sites through `fetch` alone; of chats it gets what was said since the last look."""


@dataclass(slots=True, kw_only=True)
class Run:
    """What came of watching: outcomes, notices, requests by site and day, the least pause at each site (seconds)."""

    outcomes: list[Outcome] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    least_pause: dict[str, float] = field(default_factory=dict)
    forbidden: int = 0


def watch(world: MarketWorld, watcher: Watcher, *, step: int = HOUR) -> Run:
    """Runs a watcher from the first day to the last.

    Each site has a time of its own within a step: a request comes when the one before has been answered and the
    source's pause is over.
    """
    sites, run, line = Sites(world), Run(), _Lines(world)
    posts = _Posts(world)
    for now in range(world.plan.begins + step, world.plan.ends, step):
        line.now = now
        for planned in watcher.plan(now):
            said = posts.until(now) if planned.site == "chats" else ()
            outcome = watcher.look(planned, lambda *asked: line.fetch(sites, run, *asked), said)
            run.outcomes.append(outcome)
            at = line.last(planned)
            run.told.extend(replace(told, at=at) for told in outcome.told)
    run.forbidden = sum(sites.forbidden.values())
    return run


class _Lines:
    """When each site is asked next; and what is counted of it."""

    def __init__(self, world: MarketWorld) -> None:
        self.now = world.plan.begins
        self._begins = world.plan.begins
        self._last: dict[str, int] = {}

    def last(self, planned: Planned) -> int:
        """When a look that was just made was over."""
        return max(planned.at, self._last.get(planned.site, 0))

    def fetch(self, sites: Sites, run: Run, site: str, path: str, headers: Mapping[str, str]) -> Answer:
        """Asks a site as soon as its pause is over."""
        if site not in TERMS:
            return sites.answer(site, path, headers, self.now)
        pause = int(TERMS[site].pause_s * SECOND)
        at = max(self.now, self._last.get(site, -DAY) + pause)
        if site in self._last:
            gap = (at - self._last[site]) / SECOND
            run.least_pause[site] = min(gap, run.least_pause.get(site, gap))
        self._last[site] = at
        run.requests[site, (at - self._begins) // DAY] += 1
        return sites.answer(site, path, headers, at)


class _Posts:
    """What is said in chats, a stretch of time after the other."""

    def __init__(self, world: MarketWorld) -> None:
        self._world, self._upto = world, world.plan.begins

    def until(self, now: int) -> tuple[Post, ...]:
        """All that was said since the last time this was asked."""
        begins = self._world.plan.begins
        days = range((self._upto - begins) // DAY, min(self._world.plan.days, (now - begins) // DAY + 1))
        said = [m for day in days for group in range(len(GROUPS)) for m in messages(self._world, group, day)]
        out = [m for m in said if self._upto <= m.at < now]
        self._upto = now
        return tuple(
            Post(
                at=m.at,
                author=m.author,
                name=m.name,
                text=m.text,
                pictures=m.face.pictures[:1] if m.face else (),
            )
            for m in out
        )


@dataclass(slots=True)
class _Known:
    """A shop as a simple watcher knows it."""

    where: Where
    path: str
    keys: frozenset[str] = frozenset()
    misses: int = 0
    gone: bool = False
    read_at: int = -DAY


class SimpleWatcher:
    """Looks at lists, reads new shops in full, and takes for the same seller whoever has a key in common.

    A shop is gone when it was missed twice, each time in the list and on its own page. What is a key is the subclass's.
    """

    name = ""
    _REREAD, _CHAT_SILENCE, _MISSES = 2 * DAY, 2 * DAY, 2

    def __init__(self, begins: int, classes: Callable[[str, int], Mapping[str, str]]) -> None:
        """Takes when it begins, and the classes of a site's pages as the operator has them at a time."""
        self._classes = classes
        self._due = dict.fromkeys((*TERMS, "chats"), begins)
        self._shops: dict[Where, _Known] = {}
        self._spent: Counter[tuple[str, int]] = Counter()
        self._holders: dict[str, set[Where]] = {}

    def keys_of(self, text: str) -> frozenset[str]:
        """What of a text its seller is known by."""
        raise NotImplementedError

    def plan(self, now: int) -> Sequence[Planned]:
        """Each site by its interval."""
        due = [Planned(site=site, at=at) for site, at in self._due.items() if at <= now]
        for planned in due:
            hours = TERMS[planned.site].interval_h if planned.site in TERMS else CHAT_HOUR
            self._due[planned.site] = planned.at + int(hours * HOUR)
        return due

    def look(self, planned: Planned, fetch: Fetch, posts: Sequence[Post]) -> Outcome:
        """A list and what is new on it, or what was said in chats."""
        if planned.site == "chats":
            return Outcome(planned=planned, hindrance="", told=tuple(self._heard(planned, posts)))
        site, now = planned.site, planned.at
        rows, hindrance = self._listed(site, fetch, now)
        told: list[Told] = []
        if not hindrance:
            there: dict[Where, list[Row]] = {}
            for row in rows:
                there.setdefault((site, id_in(row.shop)), []).append(row)
            for where, group in there.items():
                told += self._present(where, group[0].shop, fetch, now, [r.text for r in group])
            self._missing(site, set(there), fetch, now)
        return Outcome(planned=planned, hindrance=hindrance, told=tuple(told))

    def _listed(self, site: str, fetch: Fetch, now: int) -> tuple[list[Row], str]:
        rows: dict[str, Row] = {}
        path = TERMS[site].start.replace("{query}", "快递").replace("{page}", "1")
        for _ in range(TERMS[site].pages):
            parsed = self._ask(site, path, fetch, now)
            if parsed.hindrance or not parsed.rows:
                return [], parsed.hindrance or "changed"
            if all(row.key in rows for row in parsed.rows):
                break
            rows |= {row.key: row for row in parsed.rows}
            if not parsed.following:
                break
            path = parsed.following
        return list(rows.values()), ""

    def _ask(self, site: str, path: str, fetch: Fetch, now: int) -> Parsed:
        if self._spent[site, now // DAY] >= TERMS[site].budget:
            return Parsed(hindrance="budget")
        self._spent[site, now // DAY] += 1
        return parse(site, fetch(site, path, {"Accept-Encoding": "gzip"}), self._classes(site, now))

    def _present(self, where: Where, path: str, fetch: Fetch, now: int, texts: list[str]) -> Iterator[Told]:
        known = self._shops.get(where)
        fresh = known is None or known.gone
        if known is None:
            known = self._shops[where] = _Known(where, path)
        if fresh or now - known.read_at >= self._REREAD:
            if where[0] in ("bazaar", "forum"):  # the other lists hold texts in full
                parsed = self._ask(where[0], path, fetch, now)
                texts = [row.text for row in parsed.rows] or texts
            yield from self._read(known, "\n".join(texts), now, fresh=fresh)
        known.misses = 0

    def _read(self, known: _Known, text: str, now: int, *, fresh: bool) -> Iterator[Told]:
        """Takes in what a shop says; tells if it is one that was gone, or one of somebody who was."""
        was_gone, known.gone, known.read_at = known.gone, False, now
        keys = self.keys_of(text)
        if was_gone:
            yield Told(at=now, before=known.where, after=known.where)
        elif fresh:
            others = {w for key in keys for w in self._holders.get(key, ()) if self._shops[w].gone}
            yield from (Told(at=now, before=min(others), after=known.where) for _ in range(bool(others)))
        for key in keys - known.keys:
            self._holders.setdefault(key, set()).add(known.where)
        known.keys |= keys

    def _missing(self, site: str, there: set[Where], fetch: Fetch, now: int) -> None:
        for known in [k for k in self._shops.values() if k.where[0] == site and not k.gone and k.where not in there]:
            parsed = self._ask(site, known.path, fetch, now)
            known.misses = known.misses + 1 if parsed.gone else 0 if parsed.rows else known.misses
            known.gone = known.misses >= self._MISSES

    def _heard(self, planned: Planned, posts: Sequence[Post]) -> Iterator[Told]:
        now, said = planned.at, dict[str, list[str]]()
        for post in posts:
            said.setdefault(post.author, []).append(post.text)
        for author, texts in said.items():
            known = self._shops.get(("chats", author))
            fresh = known is None or known.gone
            if known is None:
                known = self._shops["chats", author] = _Known(("chats", author), "")
            yield from self._read(known, "\n".join(texts), now, fresh=fresh)
        for known in self._shops.values():
            if known.where[0] == "chats" and now - known.read_at > self._CHAT_SILENCE:
                known.gone = True


_HANDLES = re.compile(
    r"t\.me/\+[A-Za-z0-9_]{8,}|@[A-Za-z0-9_]{5,}|[\w.]+@[\w.]+\.\w+|(?<![\w])[a-z]{1,6}[a-z0-9_]{8,}|(?<!\d)\d{9,11}(?!\d)",
    re.ASCII,
)
_HAN = re.compile(r"[一-鿿]+")


class ExactHandles(SimpleWatcher):
    """A seller is known by addresses as they are written."""

    name = "exact handles"

    def keys_of(self, text: str) -> frozenset[str]:
        """Addresses, as a plain pattern finds them."""
        return frozenset(match.lstrip("@") for match in _HANDLES.findall(text))


class TextHashes(SimpleWatcher):
    """A seller is known by a hash of the Chinese characters of their text, whatever stands between them."""

    name = "text hashes"
    _LEAST = 8

    def keys_of(self, text: str) -> frozenset[str]:
        """One hash of the whole text."""
        han = "".join(_HAN.findall(text))
        return frozenset({blake2b(han.encode(), digest_size=8).hexdigest()} if len(han) >= self._LEAST else ())


def classes_at(world: MarketWorld, lag: int = DAY) -> Callable[[str, int], Mapping[str, str]]:
    """Classes of a site's pages as an operator has them who mends a source a day after its pages changed."""

    def classes(site: str, now: int) -> Mapping[str, str]:
        if site not in CLASSES:
            return {"item": "ad", "title": "ad-title", "shop": "ad-author", "text": "ad-text"}
        return CLASSES[site][int(now >= world.layouts.get(site, now + 1) + lag)]

    return classes


def id_in(path: str) -> str:
    """The site's id in a path; an id itself stays."""
    return path.rsplit("/", 1)[-1].removeprefix("store-").removesuffix(".htm").removesuffix(".html")
