"""The market drawn: shops over time, and who is linked to whom.

SVG, readable as it is and without a script; beside each picture stands a table.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from wayseal.console.reading import Window
from wayseal.console.web._lanes_view import Clock, axis
from wayseal.market.drawn import Say
from wayseal.market.log.views import BackRow, LinkRow, ShopRow
from wayseal.page.svg import el, pct
from wayseal.page.visible import shorten, visible

_LANE = 18.0
_DAY = 86_400_000_000
_WIDE, _HIGH, _ROUND = 620.0, 380.0, 140.0
_SHIFTS = (0.3, 0.62, 0.24, 0.7, 0.36)
MOST_NODES = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopLane:
    """A shop over time. drawn: its picture."""

    row: ShopRow
    drawn: Markup


def window_of(shops: Sequence[ShopRow], now: int) -> Window:
    """From the first time that one of the shops was seen until now, with some room."""
    first = min((one.first_at for one in shops), default=now - 7 * _DAY)
    since = min(first, now - _DAY)
    return Window(since=since - (now - since) // 30, until=now + (now - since) // 40)


def draw_shops(shops: Sequence[ShopRow], backs: Sequence[BackRow], window: Window, clock: Clock) -> list[ShopLane]:
    """When each shop was open; a ring where its seller was back in it."""
    span = window.until - window.since
    out = []
    for one in shops:
        parts: list[str] = [
            el("line", x1=tick.place, x2=tick.place, y1=0, y2=_LANE, class_="grid") for tick in axis(window, clock)
        ]
        end = one.gone_at or max(one.last_at, one.first_at)
        tip = el("title", f"{clock.words(one.first_at)} – {clock.words(end)}")
        x, wide = (one.first_at - window.since) / span, max(end - one.first_at, span // 150) / span
        parts.append(el("rect", tip, x=pct(x), y=3, width=pct(wide), height=12, rx=3, class_="span"))
        if one.gone_at is not None:
            gone = (one.gone_at - window.since) / span
            parts.append(el("line", x1=pct(gone), x2="100%", y1=9, y2=9, class_="away"))
            parts.append(el("circle", el("title", clock.words(one.gone_at)), cx=pct(gone), cy=9, r=4, class_="closed"))
        for back in backs:
            if back.shop == one.shop:
                place = pct((back.at - window.since) / span)
                parts.append(el("circle", el("title", clock.words(back.at)), cx=place, cy=9, r=5, class_="back"))
        drawn = el("svg", *parts, class_="lane-picture shop", width="100%", height=_LANE, aria_hidden="true")
        out.append(ShopLane(row=one, drawn=drawn))
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What links two shops. a, b: the shops; link: the heaviest of it; weight: of all; count: how many."""

    a: str
    b: str
    link: LinkRow
    weight: float
    count: int


def edges_of(links: Sequence[LinkRow], shop_of: Mapping[str, str]) -> list[Edge]:
    """Links between offers as links between shops: of each pair of shops the best link of each signal adds up."""
    best: dict[tuple[str, str], dict[str, LinkRow]] = {}
    for link in links:
        a, b = (shop_of.get(one, one) for one in (link.a, link.b))
        if a == b:
            continue
        of = best.setdefault((min(a, b), max(a, b)), {})
        if link.signal not in of or of[link.signal].weight < link.weight:
            of[link.signal] = link
    made = [
        Edge(
            a=a,
            b=b,
            link=max(of.values(), key=lambda one: one.weight),
            weight=sum(one.weight for one in of.values()),
            count=len(of),
        )
        for (a, b), of in best.items()
    ]
    return sorted(made, key=lambda one: (-one.weight, one.a, one.b))


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """What is drawn of a seller.

    Attributes:
        nodes: Shops as (id, what it is called, state), in the order in which they opened.
        edges: What links them.
        href: Where a link is looked at.
        chosen: The link that is looked at now.
    """

    nodes: Sequence[tuple[str, str, str]]
    edges: Sequence[Edge]
    href: Callable[[LinkRow], str]
    chosen: Edge | None

    @property
    def hidden(self) -> int:
        """How many shops have no place in the picture."""
        return max(0, len(self.nodes) - MOST_NODES)


def draw_graph(graph: Graph, say: Say) -> Markup | None:
    """Shops on a circle, and what links them; None where there is nothing to link."""
    shown = graph.nodes[:MOST_NODES]
    if len(shown) < 2:
        return None
    places = {node[0]: _around(place, len(shown)) for place, node in enumerate(shown)}
    between = [one for one in graph.edges if one.a in places and one.b in places]
    top = max((one.weight for one in between), default=1.0)
    parts: list[str] = [_edge(one, places, top, graph, say) for one in reversed(between)]
    for node in shown:
        parts += _node(node, places[node[0]])
    title, desc = el("title", say("market.graph")), el("desc", say("market.graph_desc"))
    box = f"0 0 {_WIDE:.0f} {_HIGH:.0f}"
    return el("svg", title, desc, *parts, class_="shop-graph", role="group", viewBox=box, width=_WIDE, height=_HIGH)


def _around(place: int, count: int) -> tuple[float, float]:
    turn = 2 * math.pi * place / count - math.pi / 2
    return _WIDE / 2 + 1.25 * _ROUND * math.cos(turn), _HIGH / 2 + _ROUND * math.sin(turn)


def _edge(one: Edge, places: Mapping[str, tuple[float, float]], top: float, graph: Graph, say: Say) -> Markup:
    (x1, y1), (x2, y2) = places[one.a], places[one.b]
    line = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
    told = say("market.link_told", signal=say(f"market_signal.{one.link.signal}"), weight=one.weight)
    shift = _SHIFTS[graph.edges.index(one) % len(_SHIFTS)]  # so that weights of lines that cross stand apart
    x, y = x1 + shift * (x2 - x1), y1 + shift * (y2 - y1) + 4
    return el(
        "a",
        el("title", told),
        el("line", **line, class_="reach"),
        el("line", **line, class_="tie", stroke_width=1.2 + 3.2 * one.weight / top),
        el("text", say("unit.times", nats=one.weight), x=x, y=y, text_anchor="middle", class_="weight"),
        href=graph.href(one.link),
        class_="edge chosen" if one is graph.chosen else "edge",
        aria_label=told,
    )


def _node(node: tuple[str, str, str], place: tuple[float, float]) -> list[str]:
    id_, called, state = node
    x, y = place
    left, middle = x < _WIDE / 2 - 20, abs(x - _WIDE / 2) <= 20
    anchor = "middle" if middle else "end" if left else "start"
    shift = 0 if middle else -13 if left else 13
    down = -14 if middle and y < _HIGH / 2 else 24 if middle else 4
    name = visible(called)
    return [
        el("circle", el("title", f"{name} · {visible(id_)}"), cx=x, cy=y, r=8, class_=f"node {state}"),
        el("text", shorten(name, 20), x=x + shift, y=y + down, text_anchor=anchor, class_="name"),
    ]
