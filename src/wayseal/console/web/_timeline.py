"""What happened when, drawn: cases, the same hours of others, a waybill's life, shops, and who is linked to whom.

SVG, readable as it is and without a script; beside each picture stands a table. Lanes are drawn one below the other,
each as wide as its place: positions are shares of the width, so that text keeps its size. All stand on the same time,
which `data-since` and `data-until` of the whole say to the script that zooms.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup

from wayseal.console.reading import ODD, WaybillLife, Window, is_odd
from wayseal.detect.timeline import CaseTimeline, HourProfile, TimelinePerson
from wayseal.market.drawn import Say
from wayseal.market.log.views import BackRow, LinkRow, ShopRow
from wayseal.page.charts import whole_ticks
from wayseal.page.svg import el, pct
from wayseal.page.visible import shorten, visible

BINS = 200
"""Columns of a lane at most."""
_DAY, _HOUR, _MINUTE = 86_400_000_000, 3_600_000_000, 60_000_000
_TALL, _LOW = 26.0, 12.0
_TICKS, _ROOM = 12, 0.07
_STEPS = (_HOUR, 2 * _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY, 28 * _DAY)
_COLUMNS = (
    *(n * _MINUTE for n in (1, 2, 5, 10, 15, 20, 30)),
    *(n * _HOUR for n in (1, 2, 3, 4, 6, 8, 12)),
    *(n * _DAY for n in (1, 2, 7, 28)),
)
"""Lengths of time that a column may stand for."""
_CHART, _MOST_MARKS, _DEVICE_ROWS = 150.0, 400, 4
Longs = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A lane. code: of its name; count: what is in it now; drawn: its picture; top: of its scale, 0 for none."""

    code: str
    count: int
    drawn: Markup
    top: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A stretch of the axis. at: µs at which it begins; until: the same of the next; words: what it is called."""

    at: int
    until: int
    place: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that was done with the case. at: µs; words: what."""

    at: int
    words: str


class Clock:
    """Says times as the pages' clock shows them."""

    def __init__(self, offset_hours: int) -> None:
        self._zone = timezone(timedelta(hours=offset_hours))
        self.offset = offset_hours * _HOUR

    def words(self, us: int, form: str = "%Y-%m-%d %H:%M") -> str:
        """A time."""
        return datetime.fromtimestamp(us / 1e6, UTC).astimezone(self._zone).strftime(form)


def draw_lanes(
    lanes: CaseTimeline,
    people: Sequence[TimelinePerson],
    reads: pa.Table,
    mine: pa.Table,
    window: Window,
    marks: Sequence[Mark],
    clock: Clock,
    sales: Sequence[Mark] = (),
) -> list[Lane]:
    """The lanes of some accounts of a case.

    reads: those that are wanted, at any time; mine: all of theirs; marks: acts of the case; sales: when its numbers
    were seen on sale.
    """
    at, odd = reads["at"].to_numpy(), is_odd(reads)
    scans = [(hour * _HOUR, n) for person in people for hour, n in person.scans]
    tickets = [(one.opened, one.closed, one.ticket) for person in people for one in person.tickets]
    duties = [(one.since, one.until, one.value) for person in people for one in person.duties]
    top = max(int(_bins(at[some], window, clock).max(initial=0)) for some in (odd, ~odd))
    out = [_columns(code, at[some], window, clock, top=top) for code, some in (("explained", ~odd), ("odd", odd))]
    if sales:
        out.append(_points("sales", sales, window, clock))
    if scans:
        times, counts = (np.array(column, np.int64) for column in zip(*scans, strict=True))
        out.append(_columns("scans", times, window, clock, weights=counts))
    if tickets:
        out.append(_spans("tickets", tickets, window, clock))
    if duties:
        out.append(_spans("duties", duties, window, clock))
    if pc.any(pc.not_equal(mine["session"], "")).as_py():
        out.append(_spans("sessions", _sessions(reads), window, clock))
    if pc.any(pc.not_equal(mine["device"], "")).as_py():
        out.append(_devices(reads, mine, window, clock))
    out.append(_points("acts", marks, window, clock))
    return out


def draw_life(
    life: WaybillLife, sales: Sequence[Mark], window: Window, clock: Clock, kinds: Mapping[str, str]
) -> list[Lane]:
    """A waybill's life. sales: when it was on sale; kinds: what happened → in words."""
    issued = [] if life.issued is None else [Mark(at=life.issued["issued_at"], words=kinds["issued"])]
    scans = [Mark(at=row["at"], words=f"{kinds[row['kind']]} · {row['outlet']}") for row in life.scans]
    changes = [Mark(at=row["at"], words=row["column"]) for row in life.changes]
    tickets = [(row["opened_at"], row["closed_at"], row["ticket"]) for row in life.tickets]
    reads = {
        "explained": [Mark(at=read.at, words=read.actor) for read in life.reads if read.verdict not in ODD],
        "odd": [Mark(at=read.at, words=read.actor) for read in life.reads if read.verdict in ODD],
    }
    out = [_points("life", [*issued, *scans], window, clock)]
    out += [_points("changes", changes, window, clock)] if changes else []
    out += [_spans("tickets", tickets, window, clock)] if tickets else []
    out += [_points(code, marks, window, clock) for code, marks in reads.items()]
    return [*out, _points("sales", sales, window, clock)] if sales else out


def axis(window: Window, clock: Clock) -> list[Tick]:
    """Where days, or hours, begin."""
    step = next((s for s in _STEPS if (window.until - window.since) / s <= _TICKS), _STEPS[-1])
    form = "%m-%d" if step >= _DAY else "%m-%d %H:%M" if window.until - window.since > _DAY else "%H:%M"
    first = -(-(window.since + clock.offset) // step) * step - clock.offset
    return [
        Tick(
            at=at,
            until=min(at + step, window.until),
            place=pct((at - window.since) / (window.until - window.since)),
            words=clock.words(at, form) if (window.until - at) / (window.until - window.since) > _ROOM else "",
        )
        for at in range(first, window.until, step)
    ]


def column_of(window: Window) -> int:
    """Microseconds that a column of a lane stands for."""
    return next((length for length in _COLUMNS if window.until - window.since <= length * BINS), _COLUMNS[-1])


def _bins(at: Longs, window: Window, clock: Clock, weights: Longs | None = None) -> Longs:
    """Counts in the columns of the window, which begin at whole times of the clock; the first may have begun before."""
    inside, length = (at >= window.since) & (at < window.until), column_of(window)
    first, last = ((us + clock.offset) // length for us in (window.since, window.until - 1))
    given = None if weights is None else weights[inside]
    place = (at[inside] + clock.offset) // length - first
    return np.bincount(place, given, minlength=last - first + 1).astype(np.int64)


def _columns(
    code: str, at: Longs, window: Window, clock: Clock, *, weights: Longs | None = None, top: int | None = None
) -> Lane:
    """How much there was when; heights by square roots, so that one read is seen beside hundreds."""
    counts, length = _bins(at, window, clock, weights), column_of(window)
    most = top or int(counts.max(initial=0))
    span = window.until - window.since
    start = (window.since + clock.offset) // length * length - clock.offset
    parts: list[str] = [*_grid(window, clock, _TALL), el("line", x1=0, x2="100%", y1=2, y2=2, class_="grid")]
    for place in np.flatnonzero(counts).tolist():
        count = int(counts[place])
        height = max(3.0, (_TALL - 2) * (count / most) ** 0.5)
        begin, end = (min(max(start + n * length, window.since), window.until) for n in (place, place + 1))
        tip = el("title", f"{clock.words(begin)} · {count:,}")
        x, wide = pct((begin - window.since) / span), pct(0.82 * (end - begin) / span)
        parts.append(el("rect", tip, x=x, y=_TALL - height, width=wide, height=height, class_="read"))
    return Lane(code=code, count=int(counts.sum()), drawn=_lane(code, _TALL, parts), top=most)


def _spans(code: str, rows: Sequence[tuple[int | None, int | None, str]], window: Window, clock: Clock) -> Lane:
    """Return what holds from one time to another; without bounds, as far as the lane goes."""
    span = window.until - window.since
    parts: list[str] = list(_grid(window, clock, _LOW + 6))
    there = [
        (max(since or window.since, window.since), min(window.until if until is None else until, window.until), words)
        for since, until, words in rows
        if (since or 0) < window.until and (until is None or until > window.since)
    ]
    for since, until, words in there[:_MOST_MARKS]:
        x, wide = (since - window.since) / span, max(until - since, span // 400) / span
        end = "" if until >= window.until else f" – {clock.words(until)}"
        tip = el("title", f"{words} · {clock.words(since)}{end}")
        parts.append(el("rect", tip, x=pct(x), y=3, width=pct(wide), height=_LOW, rx=3, class_="span"))
    return Lane(code=code, count=len(there), drawn=_lane(code, _LOW + 6, parts))


def _sessions(reads: pa.Table) -> list[tuple[int, int, str]]:
    """Sessions, each from the first of these reads to the last; called by their number here."""
    used = reads.filter(pc.not_equal(reads["session"], ""))
    codes = used["session"].combine_chunks().dictionary_encode().indices.to_numpy()
    at = used["at"].to_numpy()
    _, first = np.unique(codes, return_index=True)
    _, last = np.unique(codes[::-1], return_index=True)
    return [(a, b, str(n)) for n, (a, b) in enumerate(zip(at[first].tolist(), at[::-1][last].tolist(), strict=True), 1)]


def _devices(reads: pa.Table, mine: pa.Table, window: Window, clock: Clock) -> Lane:
    """Devices, a row each in the order of their first read; those that an account took up later stand out.

    reads: those that are wanted; mine: all of these accounts, by which a device is new or isn't.
    """
    used = mine.filter(pc.not_equal(mine["device"], ""))
    codes = used["device"].combine_chunks().dictionary_encode()
    at, who, many = used["at"].to_numpy(), used["person"].to_numpy().astype(np.int64), len(codes.dictionary)
    pairs, first = np.unique(who * many + codes.indices.to_numpy(), return_index=True)
    accounts, person = np.unique(who[first], return_inverse=True)
    start = np.full(len(accounts), np.iinfo(np.int64).max)
    np.minimum.at(start, person, at[first])
    new = at[first] - start[person] > _DAY
    shown = reads.filter(pc.not_equal(reads["device"], ""))
    at = shown["at"].to_numpy()
    inside = (at >= window.since) & (at < window.until)
    device = pc.index_in(shown["device"], codes.dictionary).to_numpy()[inside].astype(np.int64)
    pair = np.searchsorted(pairs, shown["person"].to_numpy()[inside].astype(np.int64) * many + device)
    place = (at[inside] - window.since) * BINS // (window.until - window.since)
    cells, which = np.unique(device * BINS + place, return_inverse=True)
    late = np.bincount(which, new[pair], minlength=len(cells)) > 0
    tall = 10.0 + 6 * max(min(len(codes.dictionary), _DEVICE_ROWS) - 1, 0)
    parts: list[str] = list(_grid(window, clock, tall))
    for cell, odd in zip(cells.tolist(), late.tolist(), strict=True):
        row, bin_ = divmod(cell, BINS)
        tip = el("title", f"{row + 1} · {clock.words(window.since + bin_ * (window.until - window.since) // BINS)}")
        y = 5.0 + 6 * min(row, _DEVICE_ROWS - 1)
        parts.append(el("circle", tip, cx=pct((bin_ + 0.5) / BINS), cy=y, r=2.4, class_="dot new" if odd else "dot"))
    return Lane(code="devices", count=len(np.unique(device)), drawn=_lane("devices", tall, parts))


def _points(code: str, marks: Sequence[Mark], window: Window, clock: Clock) -> Lane:
    parts: list[str] = list(_grid(window, clock, _LOW + 6))
    there = [mark for mark in marks if window.since <= mark.at < window.until]
    for mark in there[:_MOST_MARKS]:
        tip = el("title", f"{clock.words(mark.at)} · {mark.words}")
        x = pct((mark.at - window.since) / (window.until - window.since))
        parts.append(el("circle", tip, cx=x, cy=(_LOW + 6) / 2, r=4, class_="act"))
    return Lane(code=code, count=len(there), drawn=_lane(code, _LOW + 6, parts))


def _grid(window: Window, clock: Clock, tall: float) -> Iterator[Markup]:
    for tick in axis(window, clock):
        yield el("line", x1=tick.place, x2=tick.place, y1=0, y2=tall, class_="grid")


def _lane(code: str, tall: float, parts: Sequence[str]) -> Markup:
    return el("svg", *parts, class_=f"lane-picture {code}", width="100%", height=tall, aria_hidden="true")


def draw_hours(profile: HourProfile, say: Say) -> Markup:
    """Reads an hour of the day: the account's, the band of its peers, its own past."""
    rows = profile.now, profile.past, profile.high, profile.middle
    ticks = whole_ticks(max((max(row) for row in rows), default=0.0))
    top = ticks[-1]

    def points(values: Sequence[float]) -> str:
        return " ".join(f"{hour},{_CHART * (1 - value / top):.1f}" for hour, value in enumerate(values))

    band = points(profile.high) + " " + " ".join(reversed(points(profile.low).split(" ")))
    lines = [
        el("polygon", points=band, class_="band"),
        el("polyline", points=points(profile.middle), class_="line middle", vector_effect="non-scaling-stroke"),
        *(
            [el("polyline", points=points(profile.past), class_="line past", vector_effect="non-scaling-stroke")]
            if profile.past_days
            else []
        ),
        el("polyline", points=points(profile.now), class_="line now", vector_effect="non-scaling-stroke"),
    ]
    plot = el(
        "svg", *lines, x="0", y="6", width="100%", height=_CHART, viewBox=f"0 0 23 {_CHART:.0f}",
        preserveAspectRatio="none", overflow="visible",
    )  # fmt: skip
    parts: list[str] = []
    for tick in ticks:
        y = 6 + _CHART * (1 - tick / top)
        parts.append(el("line", x1="0%", x2="100%", y1=y, y2=y, class_="grid"))
        told = say("reads.hours_top", n=tick) if tick == top else f"{tick:,}"
        parts += [el("text", told, x="0%", y=y + 13, class_="tick")] if tick else []
    for hour in (0, 6, 12, 18, 23):
        end = "start" if hour == 0 else "end" if hour == 23 else "middle"
        parts.append(el("text", f"{hour}:00", x=pct(hour / 23), y=_CHART + 24, class_="tick", text_anchor=end))
    title, desc = el("title", say("reads.hours")), el("desc", say("reads.hours_desc", top=f"{max(profile.now):.3g}"))
    return el("svg", title, desc, *parts, plot, class_="hours", width="100%", height=_CHART + 30, role="img")


_LANE = 18.0
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
    """The links between two shops. a, b: the shops; link: the heaviest of it; weight: of all; count: how many."""

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
    """A seller's shops and links, to be drawn.

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
