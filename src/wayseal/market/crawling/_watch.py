"""One look after the other: what is due, what it brings, and the lines that tell of it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from wayseal.market.crawling._lines import (
    Pictured,
    digest_of,
    failure_of,
    matched_lines,
    offer_id,
    offered_body,
    once,
    problems_of,
    settings_of,
)
from wayseal.market.crawling._state import KnownShop, State, shop_line
from wayseal.market.crawling._visit import (
    Gathered,
    OnePage,
    Parts,
    Planned,
    Report,
    due_visits,
    first_visit,
    gather,
    gather_files,
    visit_after,
    visit_page,
)
from wayseal.market.crawling.learning import read_again
from wayseal.market.crawling.retention import PurgeResult, purge_market
from wayseal.market.errors import FetchError, MarketError, PictureError, RecordError
from wayseal.market.fetching import Fetched
from wayseal.market.log import Line, LineKind
from wayseal.market.log.reads import Reads
from wayseal.market.pictures import read_picture
from wayseal.market.sellers import Link
from wayseal.market.shops import AWAY, Evidence, advance, fall_quiet, find_reappearances, first_seen, next_visit
from wayseal.market.sources import Source, picture_of
from wayseal.market.sources.source import SourceKind
from wayseal.market.types import Capture, FailureReason, Handle, Listing, VisitStatus
from wayseal.model.errors import WaysealError
from wayseal.model.times import HOUR_US

MOST_PICTURES = 40
"""New pictures that one look fetches and reads; of files all are."""
MOST_PAGES_OF_SHOPS = 60
"""Own pages of shops that one look asks for where its list isn't whole."""
REREAD = 48 * HOUR_US
"""An offer of which the list shows only a beginning is read in full again after so long."""
RECHECK = 12 * HOUR_US
_NO_ANSWER = frozenset({FailureReason.BUDGET, FailureReason.REFUSED, FailureReason.ROBOTS, FailureReason.UNREACHABLE})
"""After one of these nothing more is asked of a source in this look."""


@dataclass(slots=True, kw_only=True)
class _Visit:
    """A look while it is made. at: when it was made; fresh: offers that are new or changed, with their bodies."""

    planned: Planned
    source: Source
    at: int
    captures: list[Capture] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    fresh: dict[str, dict[str, Any]] = field(default_factory=dict)
    new: int = 0
    shops: dict[str, None] = field(default_factory=dict)
    moved: dict[str, None] = field(default_factory=dict)
    pictures: int = 0
    silent: bool = False
    failure: str = ""
    failed_since: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Full:
    """An offer as its own page had it. beginning: digest of what its list showed then."""

    beginning: str
    at: int
    listing: Listing
    capture: str


class Watch:
    """Looks at sources and records what was seen. One at a time writes a record's looks: see `holding`."""

    def __init__(self, parts: Parts) -> None:
        """Takes its parts, and reads from the record where things stand.

        Raises:
            MarketError: The record can't be read or written.
        """
        self._parts = parts
        self._reads = Reads(parts.market)
        self._take_in_sources()
        self._state = State(parts.market, parts.sources)
        self._files = self._reads.file_digests()
        self._full: dict[str, _Full] = {}
        self._pictured: dict[tuple[str, str], Pictured] = {}

    @property
    def sources(self) -> Mapping[str, Source]:
        """The watched sources, by name."""
        return self._parts.sources

    @property
    def next_at(self) -> int:
        """When something is due next (µs)."""
        shops = (one.next_at for one in self._state.shops.values() if one.next_at is not None)
        return min((*self._next.values(), *shops), default=self._parts.now())

    def due(self) -> tuple[Planned, ...]:
        """Looks that are due, the longest overdue first."""
        shops = [(s.source, name, s.next_at) for name, s in self._state.shops.items() if s.next_at is not None]
        return due_visits(self._parts.sources, self._next, shops, self._parts.now())

    def visit(self, planned: Planned) -> Report:
        """Makes a look and records it (rules 1 to 3 of the folder).

        Args:
            planned: Which; one that isn't due is made all the same.

        Returns:
            What came of it.

        Raises:
            MarketError: The record can't be written, or the source isn't known.
        """
        source = self._parts.sources.get(planned.source)
        if source is None:
            raise MarketError("there is no source of this name", key="source")
        try:
            self._hear()
            return self._look_for(source, planned) if planned.target else self._look_at(source, planned)
        except Exception as error:
            if isinstance(error, WaysealError) and not isinstance(error, FetchError | RecordError):
                raise
            return self._record_failure(source, planned, failure_of(error))

    def purge(self, folder: Path) -> PurgeResult:
        """Lets go of what was kept long enough; see `retention`.

        Args:
            folder: The watch's.

        Returns:
            What went.

        Raises:
            MarketError: The record can't be written, or a file of captures isn't what its list says.
        """
        found = purge_market(self._parts.market, folder, self._parts.now())
        if found.lines:
            self._state = State(self._parts.market, self._parts.sources)
            self._full = {offer: full for offer, full in self._full.items() if offer in self._state.offers}
        return found

    def _hear(self) -> None:
        """Take in what people decided since."""
        self._state.hear(self._reads)
        self._heard = self._state.hear_requests(self._reads, self._parts.now())
        read = read_again(self._parts.market, self._parts.reader, self._parts.now())
        for offer, reading in read.items():
            self._state.read(offer, reading)
        self._reread = len(read)

    def _take_in_sources(self) -> None:
        """Tells the record of sources that are new or changed."""
        known = {row.source: row for row in self._reads.sources()}
        now = self._parts.now()
        lines, self._next = [], {}
        for name, source in self._parts.sources.items():
            settings = settings_of(source)
            row = known.get(name)
            at = row.next_at if row is not None and row.next_at is not None else None
            self._next[name] = first_visit(source, now, self._parts.draw()) if at is None else at
            if row is None or row.settings != settings:
                body = {"source": name, "kind": source.kind.value, "settings": settings, "next_at": self._next[name]}
                lines.append(Line(kind=LineKind.SOURCE, at=now, body=body))
        self._parts.market.append(lines)

    def _look_at(self, source: Source, planned: Planned) -> Report:
        if source.on_the_web:
            gathered = gather(source, self._parts.ask, self._parts.keep, self._parts.pages)
        else:
            gathered = gather_files(source, self._parts.keep, self._parts.now(), self._files)
        look = _Visit(planned=planned, source=source, at=self._parts.now(), captures=gathered.captures)
        look.unchanged += gathered.unchanged
        self._files |= {one.sha256 for one in gathered.captures if not one.status}
        self._take_offers(look, gathered.found)
        if gathered.hindrance is None:
            self._look_for_missing(look, gathered)
            self._look_for_asked(look, gathered)
        return self._record(look, gathered.sight, gathered.hindrance, gathered)

    def _look_for(self, source: Source, planned: Planned) -> Report:
        """A look for one shop that was gone."""
        shop = self._state.shops[planned.target]
        look = _Visit(planned=planned, source=source, at=self._parts.now())
        page = self._page(look, shop.page)
        if page.seen.sight is VisitStatus.SEEN and page.capture is not None and page.seen.listings:
            self._take_offers(look, [(one, page.capture.id) for one in page.seen.listings])
        if planned.target not in look.shops and page.seen.sight is not VisitStatus.UNSEEN:
            shop.memory = advance(shop.memory, Evidence.MISSED_BOTH, look.at)
        shop.next_at = next_visit(shop.memory.gone_at or look.at, look.at, self._parts.draw())
        look.moved[planned.target] = None
        return self._record(look, page.seen.sight, page.seen.hindrance, None)

    def _record_failure(self, source: Source, planned: Planned, failure: str) -> Report:
        """Records that a look raised something, and lets go of what it had taken in (rule 4)."""
        self._state, self._files = State(self._parts.market, self._parts.sources), self._reads.file_digests()
        self._full, self._pictured = {}, {}
        if self._parts.pages is not None:
            self._parts.pages.forget(source)
        self._hear()
        look = _Visit(planned=planned, source=source, at=self._parts.now(), failure=failure)
        before = next(row.unseen_since for row in self._reads.sources() if row.source == source.name)
        look.failed_since = before or look.at
        shop = self._state.shops.get(planned.target)
        if shop is not None:
            shop.next_at = next_visit(shop.memory.gone_at or look.at, look.at, self._parts.draw())
            look.moved[planned.target] = None
        return self._record(
            look, VisitStatus.UNSEEN, FailureReason.FAILED, None if planned.target else Gathered(complete=False)
        )

    def _take_offers(self, look: _Visit, found: Sequence[tuple[Listing, str]]) -> None:
        """Offers that were seen: shops move, and what is new or changed is read."""
        wanted: list[tuple[Listing, str]] = []
        for other in self._state.join_views(look.source.name, [one for one, _ in found], look.at):
            look.lines.append(shop_line(other, look.at))
            look.moved[other.memory.same_as] = None
        for short, from_list in found:
            listing, capture = self._in_full(look, short, from_list)
            offer = offer_id(listing)
            known = self._state.offers.get(offer)
            look.seen.append(offer)
            look.new += known is None
            self._see_shop(look, listing)
            if known is None or known.digest != digest_of(listing):
                wanted.append((listing, capture))
            else:
                self._state.see(offer, look.at)
        readings = self._parts.reader.read_many([listing.said for listing, _ in wanted]) if wanted else []
        for (listing, capture), reading in zip(wanted, readings, strict=True):
            shop, pictures = self._state.views.shop_of(listing), self._pictures(look, listing, capture)
            body = offered_body(listing, shop, capture, reading, pictures)
            offer = offer_id(listing)
            version = self._state.offers[offer].version + 1 if offer in self._state.offers else 1
            seller = self._state.offers[offer].seller if version > 1 else None
            self._state.note_offer(offer, version, body, look.at, seller=seller)
            look.fresh[offer] = body

    def _in_full(self, look: _Visit, short: Listing, from_list: str) -> tuple[Listing, str]:
        """The offer as its own page has it, where the list shows only a beginning."""
        if not look.source.details or not short.url or look.planned.target:
            return short, from_list
        offer, beginning = offer_id(short), digest_of(short)
        before = self._full.get(offer)
        if before is not None and (look.silent or (before.beginning == beginning and look.at - before.at < REREAD)):
            return before.listing, before.capture
        page = None if look.silent else self._page(look, short.url)
        listings = () if page is None else page.seen.listings
        whole = next((one for one in listings if one.key == short.key), None)
        if whole is None or page is None or page.capture is None:
            return (before.listing, before.capture) if before is not None else (short, from_list)
        self._full[offer] = _Full(beginning=beginning, at=look.at, listing=whole, capture=page.capture.id)
        return whole, page.capture.id

    def _page(self, look: _Visit, url: str) -> OnePage:
        """One more address of the source."""
        page = visit_page(look.source, url, self._parts.ask, self._parts.keep, self._parts.pages)
        if page.unchanged and page.capture is not None:
            look.unchanged.append(page.capture.id)
        elif page.capture is not None:
            look.captures.append(page.capture)
        look.silent = look.silent or page.seen.hindrance in _NO_ANSWER
        return page

    def _pictures(self, look: _Visit, listing: Listing, capture: str) -> list[Pictured]:
        """Pictures of an offer that are new or were read before."""
        out = []
        for name in listing.pictures:
            place = look.source.name, name
            known = self._pictured.get(place)
            fetched = look.source.on_the_web
            if known is None and not look.silent and (look.pictures < MOST_PICTURES or not fetched):
                look.pictures += 1
                known = self._picture(look, name)
                if known is not None:
                    self._pictured[place] = known
            if known is not None:
                out.append(known)
        return out

    def _picture(self, look: _Visit, name: str) -> Pictured | None:
        """A picture, kept and read; None: it can't be had or read."""
        if look.source.on_the_web:
            answer = self._parts.ask.fetch(look.source, name)
            if not isinstance(answer, Fetched) or answer.status != 200:
                return None
            data, kept = answer.body, self._parts.keep.keep(look.source, answer)
        else:
            try:
                file = picture_of(look.source, name)
                data = file.read_bytes()
                there = [one for one in look.captures if one.sha256 == hashlib.sha256(data).hexdigest()]
                kept = there[0] if there else self._parts.keep.keep_file(look.source, file, name, look.at)
            except OSError:
                return None
        look.captures.append(kept)
        try:
            own = self._parts.own.formats if self._parts.own else ()
            read = read_picture(data, text=self._parts.read_lines, find_handles=self._find_handles, own=own)
        except PictureError:
            return None
        return Pictured(name=name, sha256=kept.sha256, capture=kept.id, read=read)

    def _find_handles(self, text: str) -> Sequence[Handle]:
        return self._parts.reader.read(text).handles

    def _see_shop(self, look: _Visit, listing: Listing) -> None:
        """A shop, or an offer by itself, is there."""
        name = self._state.views.shop_of(listing)
        if look.source.kind is SourceKind.FOLDER:
            return
        known = self._state.shops.get(name)
        if known is None:
            memory = first_seen(name, look.at, own_page=bool(listing.url))
            offer = self._state.offers.get(offer_id(listing))
            old = None if offer is None else self._state.shops.get(offer.shop)
            if old is not None:  # the same offer under another name: a shop that was renamed began with the old one
                memory = replace(memory, first_at=old.memory.first_at)
            known = self._state.shops[name] = KnownShop(memory=memory, source=look.source.name, name=listing.shop_name)
            look.moved[name] = None
        first = self._parts.sources.get(known.source, look.source)
        if first.kind is SourceKind.FEED and look.source.kind is not SourceKind.FEED:  # none shows that it is gone
            known.source, known.page, look.moved[name] = look.source.name, listing.url, None
        before = known.memory
        known.memory = advance(before, Evidence.LISTED, look.at, heard=len(known.days))
        known.page = (listing.url or known.page) if known.source == look.source.name else known.page or listing.url
        if (known.memory.state, known.memory.gone_at) != (before.state, before.gone_at):
            look.moved[name], known.next_at = None, None
        look.shops[name] = None

    def _look_for_missing(self, look: _Visit, gathered: Gathered) -> None:
        """Shops of the source that its list was without: their own pages say whether they are gone."""
        missing = [
            (name, shop)
            for name, shop in self._state.shops.items()
            if shop.source == look.source.name and name not in look.shops and shop.memory.state not in AWAY
        ]
        whole = gathered.complete and look.source.kind is not SourceKind.FEED
        missing.sort(key=lambda one: (one[1].checked_at, one[0]))
        asked = 0
        for name, shop in missing:
            before = shop.memory
            if not shop.page or not look.source.on_the_web:
                shop.memory = fall_quiet(before, look.at)
            elif whole or (look.at - shop.checked_at >= RECHECK and asked < MOST_PAGES_OF_SHOPS):
                if look.silent:
                    break
                asked += 1
                self._check(look, shop)
            if shop.memory.state is not before.state or shop.memory.misses != before.misses:
                look.moved[name] = None

    def _check(self, look: _Visit, shop: KnownShop) -> None:
        page = self._page(look, shop.page)
        shop.checked_at = look.at
        if page.seen.sight is VisitStatus.GONE:
            shop.memory = advance(shop.memory, Evidence.MISSED_BOTH, look.at)
            self._note_gone(shop.memory.shop, page)
            if shop.memory.state in AWAY:
                shop.next_at = next_visit(shop.memory.gone_at or look.at, look.at, self._parts.draw())
        elif page.seen.sight is VisitStatus.SEEN:
            shop.memory = advance(shop.memory, Evidence.LISTED, look.at)

    def _look_for_asked(self, look: _Visit, gathered: Gathered) -> None:
        """Offers that were asked for by themselves, in a shop that stays: their own pages say it, as those of shops."""
        for name, memory in self._state.asked_offers.items():
            offer = self._state.offers[name]
            if name in look.seen:
                self._state.asked_offers[name] = advance(memory, Evidence.LISTED, look.at)
            elif name.startswith(f"{look.source.name}/") and gathered.complete and offer.url and not look.silent:
                page = self._page(look, offer.url)
                if page.seen.sight is VisitStatus.GONE:
                    self._state.asked_offers[name] = advance(memory, Evidence.MISSED_BOTH, look.at)
                    self._note_gone(name, page)

    def _note_gone(self, name: str, page: OnePage) -> None:
        if page.capture is not None:
            self._state.shown_gone[name] = page.capture.id

    def _record(
        self, look: _Visit, sight: VisitStatus, hindrance: FailureReason | None, gathered: Gathered | None
    ) -> Report:
        """All that the look brought, in one go."""
        state, source = self._state, look.source
        links = self._link(look)
        young = dict.fromkeys(look.shops)
        for name in look.moved:
            young |= dict.fromkeys(other.shop for other in state.others_of(name))
        memories = (state.shops[name].memory for name in young if name in state.shops and state.is_flagged(name))
        backs = find_reappearances(memories, state.others_of, state.was_told, state.bound_to, look.at)
        matched = matched_lines(look.fresh, self._parts.own, self._parts.canaries, look.at)
        if gathered is not None:
            self._next[source.name] = visit_after(source, look.planned.at, look.at, look.failed_since)
        body = {
            "source": source.name,
            "target": look.planned.target,
            "planned_at": look.planned.at,
            "made": sight is not VisitStatus.UNSEEN,
            "sight": sight.value,
            "hindrance": None if hindrance is None else hindrance.value,
            "failure": look.failure or None,
            "captures": [one.id for one in once(look.captures)],
            "unchanged": list(dict.fromkeys(look.unchanged)),
            "offers": look.seen,
            "gone": self._gone(look) if gathered is not None and gathered.complete else [],
            "problems": [] if gathered is None else problems_of(gathered),
            "next_at": self._next[source.name],
        }
        lines = [Line(kind=LineKind.CAPTURED, at=one.at, body=asdict(one)) for one in once(look.captures)]
        lines += [Line(kind=LineKind.OFFERED, at=look.at, body=one) for one in look.fresh.values()]
        lines.append(Line(kind=LineKind.LOOKED, at=look.at, body=body))
        lines += look.lines
        lines += links
        look.moved |= dict.fromkeys(self._heard)
        lines += [shop_line(state.shops[name], look.at) for name in look.moved]
        lines += state.settle(look.at)
        lines += matched
        state.told |= dict.fromkeys((back.shop for back in backs), look.at)
        lines += [Line(kind=LineKind.BACK, at=look.at, body=state.back_body(one.shop, one.was)) for one in backs]
        self._parts.market.append(lines)
        if self._parts.pages is not None:
            self._parts.pages.save(source)
        ours = {one["number"]: one["canary"] for line in matched for one in line.body["ours"]}
        return Report(
            planned=look.planned,
            at=look.at,
            sight=sight,
            hindrance=hindrance,
            failure=look.failure,
            seen=len(look.seen),
            new=look.new,
            changed=len(look.fresh) - look.new,
            backs=tuple((one.shop, one.was) for one in backs),
            numbers=frozenset(ours),
            canaries=sum(ours.values()),
            reread=self._reread,
        )

    def _link(self, look: _Visit) -> list[Line]:
        """Find what new and changed offers have in common with others, and whose all are now."""
        state = self._state
        found: dict[Link, None] = {}
        for offer, body in look.fresh.items():
            found |= dict.fromkeys(state.link(offer, body, look.at))
        found |= dict.fromkeys(state.end(look.moved))
        if state.wants_relinking(look.at):
            state.relink(look.at)
            changed = state.regrouped(state.offers)
            groups = {state.offers[offer].seller for offer in changed}
            found |= dict.fromkeys(link for one in state.sellers.all() if one.id in groups for link in one.links)
        else:
            changed = state.regrouped(look.fresh)
        if not found and not changed:
            return []
        links = [
            {
                "a": one.a.rpartition("#")[0],
                "b": one.b.rpartition("#")[0],
                "signal": one.signal.value,
                "detail": one.detail,
                "weight": round(one.weight, 3),
                "captures": list(one.captures),
            }
            for one in found
        ]
        return [Line(kind=LineKind.LINKED, at=look.at, body={"links": links, "sellers": changed})]

    def _gone(self, look: _Visit) -> list[str]:
        """Offers of the source that a whole list was without, for the first time since they were there."""
        if look.source.kind is SourceKind.FEED or not look.source.on_the_web:
            return []
        return self._state.miss(look.source.name, set(look.seen))
