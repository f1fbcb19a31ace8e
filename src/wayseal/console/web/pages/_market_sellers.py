"""Sellers: who is taken for one, why, and what a person says to that.

1. Each link shows its signal, its weight, and both offers; nothing of it is taken on trust.
2. What a person joins or splits is a line of the record with its reason, and overrides what was weighed. Who is taken
   for one changes at the watch's next look, and the page says so.
3. What was said is taken back by a line of its own; both stay.
"""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

from starlette.responses import Response

from wayseal.cases.writing import one_line
from wayseal.console.errors import AccessError
from wayseal.console.roles import CASE_ROLES
from wayseal.console.web._ask import Ask, Pages
from wayseal.console.web._lists import Column, ListPage, with_query
from wayseal.console.web._market_view import (
    first_words,
    frame,
    in_a_line,
    named,
    on_record,
    on_record_alone,
    pairs_by_shop,
    pieces,
    shop_called,
    spot,
    stays,
    the_market,
)
from wayseal.console.web._render import translator_of
from wayseal.console.web._timeline import Clock, Edge, Graph, axis, draw_graph, draw_shops, edges_of, window_of
from wayseal.console.web.pages._casework import me, number_given
from wayseal.market.errors import NoSuchThingError
from wayseal.market.log import Line, LineKind, Market
from wayseal.market.log.queries import readings
from wayseal.market.log.reads import Reads
from wayseal.market.log.views import LinkRow, OfferRow, SellerRow, SellerView
from wayseal.market.masks import mask_text
from wayseal.model.times import clock_hours

PAGES = Pages(on_record)
_MOST_LINKS, _MOST_PAIRS, _MOST_OFFERS = 60, 12, 40
SORTS = ("last_at", "flagged", "shops", "ours")
_WORDS = {"join": LineKind.JOINED, "split": LineKind.SPLIT}
_COLUMNS = (
    ("seller", "seller", ""), ("offers", "offers", ""), ("flagged", "flagged", ""), ("shops", "shops", ""),
    ("sources", "sources", ""), ("first_seen", "first_at", "time"), ("last_seen", "last_at", "time"),
    ("own_numbers", "ours", ""), ("come_backs", "backs", ""),
)  # fmt: skip
LIST: ListPage[SellerRow] = ListPage(
    path="/market/sellers",
    roles=CASE_ROLES,
    query=lambda ask, wanted, most: Reads(the_market(ask)).sellers(after=wanted.after, limit=most, most=wanted.sort.by),
    columns=[Column(name=name, cell=attrgetter(of), kind=kind) for name, of, kind in _COLUMNS],
    sorts=SORTS,
    turns=False,
    template="market_sellers",
    values=lambda ask, _rows: frame(ask, "sellers"),
    around=on_record_alone,
)


PAGES += LIST.pages()


@PAGES.get("/market/sellers/{seller}", CASE_ROLES)
def show_seller(ask: Ask, market: Market, error: Any = None) -> Response:
    """One seller."""
    size, view = market.size(), Reads(market).seller(named(ask, "seller"))
    clock = Clock(clock_hours())
    window = window_of(view.shops, ask.access.now())
    return ask.page(
        "market_seller",
        error=error,
        size=size,
        view=view,
        row=view.row,
        lanes=draw_shops(view.shops, view.backs, window, clock),
        ticks=axis(window, clock),
        offers=[(row, first_words(row), shop_called(row)) for row in view.offers[:_MOST_OFFERS]],
        shop_names={one.shop: mask_text(one.name) or one.shop for one in view.shops},
        said=ask.query.get("said", ""),
        **_linked(ask, market, view),
        **frame(ask, "sellers"),
    )


def _linked(ask: Ask, market: Market, view: SellerView) -> Mapping[str, Any]:
    """Return what links a seller's shops: drawn, in a table, and the link that is looked at."""
    shop_of = pairs_by_shop(view.offers)
    offers = {row.offer: row for row in view.offers}
    here = f"/market/sellers/{spot(view.row.seller)}"
    edges, pair = edges_of(view.links, shop_of), _pair(ask, market, view, offers)

    def href(link: LinkRow) -> str:
        return f"{with_query(here, {'a': link.a, 'b': link.b})}#pair"

    def called(offer: str) -> str:
        row = offers.get(offer)
        return offer if row is None else first_words(row, 36)

    graph = Graph(nodes=_nodes(view), edges=edges, href=href, chosen=_chosen(edges, pair, shop_of))
    return {
        "path": here,
        "graph": draw_graph(graph, translator_of(ask.lang, html=False).say),
        "hidden_nodes": graph.hidden,
        "pairs_of_shops": [(one, href(one.link)) for one in edges[:_MOST_PAIRS]],
        "links": [(one, href(one)) for one in view.links[:_MOST_LINKS]],
        "more_links": max(0, len(view.links) - _MOST_LINKS),
        "pair": pair,
        "called": called,
    }


@PAGES.post("/market/sellers/{seller}", CASE_ROLES, again=show_seller)
def say_who(ask: Ask, market: Market) -> Response:
    """Joins two offers, splits two, or takes what was said back (rules 2 and 3)."""
    reads = Reads(market)
    view = reads.seller(named(ask, "seller"))
    why, act = one_line(ask.line("why"), "why"), ask.field("act")
    if act == "take_back":
        line = _taken_back(ask, view, why)
    elif act in _WORDS:
        a, b = ask.line("a"), _offer_of(reads, ask.line("b"))
        if a == b or _offer_of(reads, a) != a:
            raise AccessError("name two offers that differ", key="b")
        line = Line(kind=_WORDS[act], at=ask.access.now(), body={"a": a, "b": b}, who=me(ask), why=why)
    else:
        raise AccessError("choose what is to be done", key="act")
    market.append([line], seen=number_given(ask, "seen"))
    return ask.go(with_query(f"/market/sellers/{spot(view.row.seller)}", {"said": act}))


def _taken_back(ask: Ask, view: SellerView, why: str) -> Line:
    standing = {str(one.seq) for one in view.judged if one.undone_by is None}
    if ask.field("seq") not in standing:
        raise AccessError("this was taken back already", key="seq")
    body = {"seq": int(ask.field("seq"))}
    return Line(kind=LineKind.TAKEN_BACK, at=ask.access.now(), body=body, who=me(ask), why=why)


def _offer_of(reads: Reads, given: str) -> str:
    """An offer by its id, or the newest one of a seller. AccessError: there is neither."""
    try:
        return reads.offer(given).row.offer
    except NoSuchThingError:
        pass
    try:
        found = reads.seller(given).offers
    except NoSuchThingError:
        found = ()
    if not found:
        raise AccessError("there is no offer and no seller of this id", key="b")
    return found[0].offer


def _nodes(view: SellerView) -> list[tuple[str, str, str]]:
    """Shops, and offers of sources that know no shops, as the graph draws them."""
    back = {one.shop for one in view.backs}
    known = [
        (one.shop, mask_text(one.name) or one.shop, "back" if one.shop in back and one.gone_at is None else one.state)
        for one in view.shops
    ]
    there = {one[0] for one in known}
    rest = {row.shop or row.offer: (shop_called(row), "seen") for row in reversed(view.offers)}
    return known + [(id_, called, state) for id_, (called, state) in rest.items() if id_ not in there]


def _chosen(edges: Sequence[Edge], pair: Mapping[str, Any] | None, shop_of: Mapping[str, str]) -> Edge | None:
    if pair is None:
        return None
    shops = {shop_of.get(one, one) for one in (pair["a"], pair["b"])}
    return next((one for one in edges if {one.a, one.b} == shops), None)


def _pair(ask: Ask, market: Market, view: SellerView, offers: Mapping[str, OfferRow]) -> Mapping[str, Any] | None:
    """Two offers side by side, with all that links them; None: none are asked for, or they aren't here."""
    a, b = ask.query.get("a", "") or ask.field("a"), ask.query.get("b", "") or ask.field("b")
    links = [one for one in view.links if {one.a, one.b} == {a, b}]
    if not links or a not in offers or b not in offers:
        return None
    captures = {links[0].a: links[0].capture_a, links[0].b: links[0].capture_b}
    read = readings(market, [a, b])
    return {
        "a": a,
        "b": b,
        "links": links,
        "weight": sum(one.weight for one in links),
        "sides": [_side(ask, offers[one], read.get(one), captures[one]) for one in (a, b)],
    }


def _side(ask: Ask, row: OfferRow, reading: Mapping[str, Any] | None, capture: str) -> Mapping[str, Any]:
    given = reading or {}
    text = mask_text(row.said, stays(given, row.said))
    return {
        "row": row,
        "shop": shop_called(row),
        "text": pieces(text, given.get("reasons", ())),
        "why": in_a_line(ask, reading),
        "capture": capture,
    }
