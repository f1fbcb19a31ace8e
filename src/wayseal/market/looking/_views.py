"""Sources that are views of one site (a list, a feed, an API), and which of their shops are one.

1. Two shops of different sources of a site are one where an offer of both has one address; or one text, both are there
   now, and no other shop of either has it.
2. Where that showed that two sources give shops the same ids, an id is enough, and no text speaks against it; where
   they give the same names, a name of a shop that is there.
3. What an address says goes before what was learnt by others: who took a shop's text isn't that shop for long.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from wayseal.market.looking._said import shop_id
from wayseal.market.sources import Source
from wayseal.market.types import Listing
from wayseal.market.watch import NO_LONGER, ShopMemory

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
    """What was learnt of views. same: shops that are another one, by their ids in the record."""

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
