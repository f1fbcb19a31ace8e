"""What the watch knows while it runs: made of the record's tables at its start, and kept up with each look.

Sources that are views of one site (a list, a feed, an API), and which of their shops are one.

1. Two shops of different sources of a site are one where an offer of both has one address; or one text, both are there
   now, and no other shop of either has it.
2. Where that showed that two sources give shops the same ids, an id is enough, and no text speaks against it; where
   they give the same names, a name of a shop that is there.
3. What an address says goes before what was learnt by others: who took a shop's text isn't that shop for long.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from wayseal.market.crawling._lines import shop_id, to_link
from wayseal.market.log import Line, LineKind, Market
from wayseal.market.log.acts import line_of
from wayseal.market.log.reads import Reads
from wayseal.market.log.views import JudgedRow
from wayseal.market.reading import sound_out
from wayseal.market.sellers import Join, Link, Offer, Signal, Split, link_all
from wayseal.market.shops import AWAY, NO_LONGER, ShopMemory, ShopState, ask, first_seen, take_back
from wayseal.market.sources import Source
from wayseal.market.takedown import Removed, Request
from wayseal.market.types import FLAGGED, Listing, Reading, read_text
from wayseal.model.times import HOUR_US

_VIEWS = frozenset({"www", "api", "m", "mobile", "wap", "app", "feed", "feeds", "rss", "search", "shop", "static"})
_SHORT = 8
"""A shorter text says nothing."""
Mark = tuple[str, str, str]


@dataclass(slots=True, kw_only=True)
class KnownShop:
    """A shop. memory: its state; name: as it is shown; page: its newest offer's address; checked_at, next_at: looks;
    days: on which something new was seen of it."""  # noqa: D205, D209

    memory: ShopMemory
    source: str
    name: str
    page: str = ""
    checked_at: int = 0
    next_at: int | None = None
    offers: set[str] = field(default_factory=set)
    days: set[int] = field(default_factory=set)


class Views:
    """The known views of shops. same: shops that are another one, by their ids in the record."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self.same: dict[str, str] = {}
        sites = {name: site_of(source.start[0]) for name, source in sources.items() if source.on_the_web}
        shared = [site for site in sites.values() if list(sites.values()).count(site) > 1]
        self._sites = {name: site for name, site in sites.items() if site in shared}
        self._marked: defaultdict[Mark, set[tuple[str, str]]] = defaultdict(set)
        self._alike: set[tuple[str, str, str]] = set()

    def shop_of(self, listing: Listing) -> str:
        """The record's id of whoever offers it, in whichever view it is seen."""
        return self.same.get(shop_id(listing), shop_id(listing))

    def note(self, source: str, shop: str, url: str, said: str) -> None:
        """An offer of a shop was seen in a view."""
        for mark in self._marks(source, url, said):
            self._marked[mark].add((source, shop))

    def learn(self, source: str, seen: Iterable[Listing], shops: Mapping[str, KnownShop]) -> list[tuple[str, str]]:
        """Shops of a source that turn out to be others that are known (rules 1 to 3), with what they are."""
        by_shop: defaultdict[str, list[Listing]] = defaultdict(list)
        for one in seen if source in self._sites else ():
            by_shop[shop_id(one)].append(one)
        found = []
        for shop, listings in by_shop.items():
            before = self.same.get(shop)
            to = (
                self._by_offers("url", source, shop, listings) or before or self._by_less(source, shop, listings, shops)
            )
            if to not in {before, shop, None} and to in shops:
                self.join(shop, to, listings[0].shop_name, shops[to].name)
                found.append((shop, to))
        return found

    def join(self, shop: str, to: str, name: str, other: str) -> None:
        """Notes that a shop is another one, and what they have in common (rule 2)."""
        self.same[shop] = to
        (mine, own), (theirs, its) = shop.split("/", 1), to.split("/", 1)
        self._alike |= {
            (mine, theirs, what) for what, like in (("id", own == its), ("name", name == other != "")) if like
        }

    def _by_less(
        self, source: str, shop: str, listings: Iterable[Listing], shops: Mapping[str, KnownShop]
    ) -> str | None:
        others = [other for mine, other, what in self._alike if mine == source and what == "id"]
        same = [id_ for other in others if (id_ := f"{other}/{shop.split('/', 1)[1]}") in shops]
        if same or shop in shops:
            return same[0] if same else None
        to = self._by_offers("said", source, shop, listings)
        if to is None or to.split("/", 1)[0] in others:
            names = {one.shop_name for one in listings} - {""}
            views = {other for mine, other, what in self._alike if mine == source and what == "name"} - {*others}
            named = [id_ for id_, one in shops.items() if id_.split("/", 1)[0] in views and one.name in names]
            to = named[0] if len(named) == 1 else None
        return to if to is not None and to in shops and shops[to].memory.state not in NO_LONGER else None

    def _by_offers(self, what: str, source: str, shop: str, listings: Iterable[Listing]) -> str | None:
        """The one shop of other views that has an offer of these, if it is one, and no other of this view has it."""
        marks = [mark for one in listings for mark in self._marks(source, one.url, one.said) if mark[1] == what]
        found = {(view == source, name) for mark in marks for view, name in self._marked.get(mark, ())}
        others: Collection[str] = {name for own, name in found if not own}
        own = {name for own, name in found if own} - {shop, *others}
        return next(iter(others)) if len(others) == 1 and not own else None

    def _marks(self, source: str, url: str, said: str) -> Iterator[Mark]:
        site, text = self._sites.get(source), " ".join(said.split())
        if site is not None and url and site_of(url) == site:
            yield site, "url", url
        if site is not None and len(text) >= _SHORT:
            yield site, "said", text


def site_of(url: str) -> str:
    """The site of an address: its host without what only says which view it is; of a number, with its port."""
    parts = urlsplit(url.replace("{", "").replace("}", ""))
    host = parts.hostname or ""
    try:
        return f"{ip_address(host)}:{parts.port}"
    except ValueError:
        first, _, rest = host.partition(".")
        return rest if first in _VIEWS and "." in rest else host


_DAY = 24 * HOUR_US
RELINK = _DAY
_BINDING = frozenset({Signal.PERSON, Signal.SHOP, Signal.HANDLE, Signal.QR})
SURE = 0.5
"""From this mean probability on a seller is taken for one of the trade: it is likelier than not."""


@dataclass(slots=True, kw_only=True)
class KnownOffer:
    """An offer. digest: tells a change; flagged: how likely somebody is to look at it; gone: it isn't there."""

    digest: str
    version: int
    shop: str
    flagged: float
    last_at: int
    url: str = ""
    """Its own page."""
    seller: str | None = None
    gone: bool = False


class State:
    """Offers, shops, sellers, and who was told to be back.

    Attributes:
        asked_offers: What is remembered of offers that sites are asked to remove by themselves.
        shown_gone: Of what is gone, the capture of its own page that said so.
    """

    def __init__(self, market: Market, sources: Mapping[str, Source]) -> None:
        reads = Reads(market)
        self.views = Views(sources)
        self.offers: dict[str, KnownOffer] = {}
        self.shops: dict[str, KnownShop] = {}
        self.told: dict[str, int] = {}
        self._judged: tuple[JudgedRow, ...] = ()
        self._asked: dict[str, list[Request]] = {}
        self.asked_offers: dict[str, ShopMemory] = {}
        self.shown_gone: dict[str, str] = {}
        for back in reversed(reads.backs(limit=10**9)):
            self.told[back.shop] = back.at
        for shop, memory in reads.shops():
            known = KnownShop(memory=_memory(memory), source=shop.source, name=shop.name, next_at=shop.next_at)
            self.shops[shop.shop] = known
        for name in [name for name, shop in self.shops.items() if shop.memory.same_as]:
            gone = self.shops.pop(name)
            to = gone.memory.same_as
            self.views.join(name, to, gone.name, self.shops[to].name if to in self.shops else "")
        for row, body, versions in reads.all_offers():
            self.note_offer(row.offer, versions, body, row.last_at, seller=row.seller)
            self.offers[row.offer].gone = row.gone_at is not None
        self._asked_shops = [name for name, shop in self.shops.items() if shop.memory.asked_at is not None]
        for known in self.shops.values():
            if not known.page:  # its offers went by retention: nobody knows any more where it stood
                known.next_at = None
        self._versions: list[Offer] = list(_load_versions(market, self.views.same))
        self._words: list[Join | Split] = []
        self.relink(0)
        self.hear(reads)

    def relink(self, now: int) -> None:
        """Links all versions of all offers anew: what is common to many, and says nothing, is learnt again."""
        self.linked_at, self._linked = now, len(self._versions)
        seen = {f"{name}#{known.version}": known.last_at for name, known in self.offers.items()}
        self._versions = [replace(one, last_at=max(one.last_at, seen.get(one.id, 0))) for one in self._versions]
        ended = self._versions_of(name for name, shop in self.shops.items() if shop.memory.state in NO_LONGER)
        self.sellers = link_all(self._versions, self._words, sound_out, ended)

    def end(self, shops: Iterable[str]) -> tuple[Link, ...]:
        """Tells linking which of these shops are there no longer, and which are again; what it says to that."""
        moved = {name: self.shops[name].memory for name in shops}
        for version in self._versions_of(name for name, one in moved.items() if one.state not in NO_LONGER):
            self.sellers.see(version, 0)
        return self.sellers.end(self._versions_of(name for name, one in moved.items() if one.state in NO_LONGER))

    def _versions_of(self, shops: Iterable[str]) -> list[str]:
        """A version of an offer of each shop."""
        offers = (min(self.shops[name].offers, default=None) for name in shops)
        return [f"{offer}#{self.offers[offer].version}" for offer in offers if offer is not None]

    def see(self, offer: str, at: int) -> None:
        """An offer that says what it said was seen again."""
        known = self.offers[offer]
        known.last_at, known.gone = at, False
        self.sellers.see(f"{offer}#{known.version}", at)

    def miss(self, source: str, seen: Collection[str]) -> list[str]:
        """Offers of a source that are gone now: its whole list was without them, and they were there before."""
        prefix, out = f"{source}/", []
        for offer, known in self.offers.items():
            if not known.gone and offer.startswith(prefix) and offer not in seen:
                known.gone = True
                out.append(offer)
        return out

    def wants_relinking(self, now: int) -> bool:
        """Check if there are many new offers, or a day is over."""
        return now - self.linked_at >= RELINK or len(self._versions) > 1.25 * self._linked + 20

    def link(self, offer: str, body: Mapping[str, Any], at: int) -> tuple[Link, ...]:
        """Takes in a version of an offer; what it has in common with others."""
        version = to_link(offer, self.offers[offer].version, body, at, at)
        self._versions.append(version)
        return self.sellers.add(version)

    def note_offer(self, offer: str, version: int, body: Mapping[str, Any], at: int, *, seller: str | None) -> None:
        """An offer as it is now."""
        said = body["reading"].get("probabilities", {})
        self.offers[offer] = KnownOffer(
            digest=body["digest"] or "",
            version=version,
            shop=body["shop"],
            flagged=sum(said.get(kind.value, 0.0) for kind in FLAGGED),
            last_at=at,
            url=body["url"],
            seller=seller,
        )
        source, shop = offer.split("/", 1)[0], self.shops.get(body["shop"])
        self.views.note(source, body["shop"], body["url"], read_text(body["title"], body["text"]))
        if shop is not None:
            shop.offers.add(offer)
            shop.days.add(at // _DAY)
            shop.name = body["shop_name"] or shop.name
            shop.page = shop.page if shop.page and shop.source != source else body["url"] or shop.page
            if at > shop.memory.last_at:
                shop.memory = replace(shop.memory, last_at=at)

    def read(self, offer: str, reading: Reading) -> None:
        """Takes in how an offer reads by now."""
        self.offers[offer].flagged = sum(share for kind, share in reading.probabilities if kind in FLAGGED)

    def join_views(self, source: str, seen: Iterable[Listing], at: int) -> list[KnownShop]:
        """Makes shops one that turn out to be seen in several views; those that are others from now on."""
        found = []
        for shop, to in self.views.learn(source, seen, self.shops):
            known, other = self.shops.pop(shop, None), self.shops[to]
            if known is not None:
                mine, its = known.memory, other.memory
                first, last = min(mine.first_at, its.first_at), max(mine.last_at, its.last_at)
                other.memory = replace(its, first_at=first, last_at=last)
                other.offers |= known.offers
                other.days |= known.days
                for offer in known.offers:
                    self.offers[offer].shop = to
                self._versions = [replace(one, shop=to) if one.shop == shop else one for one in self._versions]
                self.linked_at = 0
                if told := [self.told[one] for one in (shop, to) if one in self.told]:
                    self.told[to] = max(told)
            name = next(one.shop_name for one in seen if shop_id(one) == shop)
            memory = known.memory if known is not None else first_seen(shop, at, own_page=False)
            found.append(KnownShop(memory=replace(memory, same_as=to), source=source, name=name))
        return found

    def hear(self, reads: Reads) -> bool:
        """Takes in what people said of sellers since; whether there was something."""
        judged = reads.judged()
        if judged == self._judged:
            return False
        self._judged = judged
        self._words = [word for row in judged if (word := self._word(row)) is not None]
        self.sellers.judge(self._words)
        return True

    def _word(self, row: JudgedRow) -> Join | Split | None:
        a, b = self.offers.get(row.a), self.offers.get(row.b)
        if a is None or b is None:
            return None
        ids = f"{row.a}#{a.version}", f"{row.b}#{b.version}"
        return Join(a=ids[0], b=ids[1]) if row.word == "joined" else Split(a=ids[0], b=ids[1])

    def hear_requests(self, reads: Reads, at: int) -> list[str]:
        """Takes in what sites are asked to remove; shops whose state changed by it."""
        self._asked = {}
        for one in reads.requests(open_only=True):
            self._asked.setdefault(self.views.same.get(one.asked.target, one.asked.target), []).append(one)
        changed = []
        for name in [*self._asked_shops, *(one for one in self._asked if one not in self._asked_shops)]:
            shop, of = self.shops.get(name), self._asked.get(name)
            if shop is None:
                continue
            before = shop.memory
            if of and before.asked_at is None:
                shop.memory = ask(before, of[-1].asked.at)
            elif not of and before.asked_at is not None:
                shop.memory = take_back(before, at)
            if shop.memory != before:
                changed.append(name)
        self._asked_shops = [one for one in self._asked if one in self.shops]
        offers = [name for name in self._asked if name not in self.shops and name in self.offers]
        self.asked_offers = {name: self.asked_offers.get(name) or self._asked_offer(name) for name in offers}
        return changed

    def _asked_offer(self, name: str) -> ShopMemory:
        """An offer in a shop that sites are asked to remove by itself; what was missed of it is learnt anew."""
        at = self.offers[name].last_at
        return ask(first_seen(name, at, own_page=True), self._asked[name][-1].asked.at)

    def settle(self, at: int) -> list[Line]:
        """Requests that are settled, as what they ask for was seen to be gone."""
        lines = []
        for target in list(self._asked):
            shop = self.shops.get(target)
            memory = self.asked_offers.get(target) if shop is None else shop.memory
            if memory is not None and memory.state in AWAY:
                shown = () if memory.shop not in self.shown_gone else (self.shown_gone[memory.shop],)
                lines += [line_of(Removed(request=one.id, at=at, captures=shown)) for one in self._asked.pop(target)]
        return lines

    def others_of(self, shop: str) -> list[ShopMemory]:
        """Other shops of a shop's seller."""
        offer = next(iter(self.shops[shop].offers), None)
        if offer is None:
            return []
        seller = self.sellers.seller_of(f"{offer}#{self.offers[offer].version}")
        return [self.shops[one].memory for one in seller.shops if one != shop and one in self.shops]

    def is_flagged(self, shop: str) -> bool:
        """Check if what its seller offers, here and elsewhere, is mostly of kinds that somebody is to look at."""
        mine = (shop, *(other.shop for other in self.others_of(shop)))
        found = [self.offers[offer].flagged for one in mine for offer in self.shops[one].offers]
        return bool(found) and sum(found) / len(found) >= SURE

    def bound_to(self, shop: str) -> set[str]:
        """Shops to which what only one seller has leads from a shop: not texts or pictures."""
        offer = next(iter(self.shops[shop].offers))
        beside: defaultdict[str, set[str]] = defaultdict(set)
        for link in self.sellers.seller_of(f"{offer}#{self.offers[offer].version}").links:
            if link.signal in _BINDING:
                a, b = self._shop_of(link.a), self._shop_of(link.b)
                beside[a].add(b)
                beside[b].add(a)
        reached, waiting = {shop}, [shop]
        while waiting:
            fresh = beside[waiting.pop()] - reached
            reached |= fresh
            waiting += sorted(fresh)
        return reached - {shop}

    def back_body(self, shop: str, was: str) -> dict[str, Any]:
        """The body of a `back` line."""
        offer, was_offer = (max(self.shops[one].offers, default="") for one in (shop, was))
        known = self.offers.get(offer)
        return {
            "shop": shop,
            "was": was,
            "seller": "" if known is None else known.seller or "",
            "weight": self.weight_of(shop, was),
            "offer": offer,
            "was_offer": was_offer,
        }

    def weight_of(self, shop: str, other: str) -> float:
        """Nats of the heaviest link between two shops of one seller; 0 where a third one joins them."""
        offer = next(iter(self.shops[shop].offers), None)
        if offer is None or shop == other:
            return 0.0
        links = self.sellers.seller_of(f"{offer}#{self.offers[offer].version}").links
        ends = {shop, other}
        found = (one.weight for one in links if {self._shop_of(one.a), self._shop_of(one.b)} == ends)
        return round(max(found, default=0.0), 3)

    def _shop_of(self, link_id: str) -> str:
        return self.offers[link_id.rpartition("#")[0]].shop

    def was_told(self, shop: str, since: int) -> bool:
        """Check if a come-back to it was told since then."""
        return self.told.get(shop, -1) >= since

    def regrouped(self, offers: Iterable[str]) -> dict[str, str]:
        """Offers whose seller is another one now: those given, and all of their sellers."""
        changed: dict[str, str] = {}
        done: set[str] = set()
        for offer in offers:
            version = f"{offer}#{self.offers[offer].version}"
            seller = self.sellers.id_of(version)
            if seller in done:
                continue
            done.add(seller)
            for one in {link_id.rpartition("#")[0] for link_id in self.sellers.seller_of(version).offers}:
                known = self.offers.get(one)
                if known is not None and known.seller != seller:
                    known.seller = changed[one] = seller
        return changed


def _load_versions(market: Market, same: Mapping[str, str]) -> Iterator[Offer]:
    versions: Counter[str] = Counter()
    for _, line in market.lines(LineKind.OFFERED):
        offer = line.body["offer"]
        versions[offer] += 1
        shop = line.body["shop"]
        yield to_link(offer, versions[offer], {**line.body, "shop": same.get(shop, shop)}, line.at, line.at)


def shop_line(shop: KnownShop, at: int) -> Line:
    """A shop as it is now."""
    memory = shop.memory
    told = ("shop", "state", "since", "first_at", "last_at", "gone_at")
    whole = {**asdict(memory), "state": memory.state.value}
    body = {**{name: whole[name] for name in told}, "source": shop.source, "name": shop.name, "next_at": shop.next_at}
    body["memory"] = whole
    return Line(kind=LineKind.SHOP, at=at, body=body)


def _memory(body: Mapping[str, Any]) -> ShopMemory:
    known = {one.name for one in fields(ShopMemory)}
    return ShopMemory(**{**{k: v for k, v in body.items() if k in known}, "state": ShopState(body["state"])})
