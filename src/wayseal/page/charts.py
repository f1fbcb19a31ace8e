"""Pictures of counts over time, of estimates with their intervals, and of reasons that add up."""

import itertools
import math
from collections.abc import Callable, Sequence

from markupsafe import Markup

from wayseal.page._blocks import Table
from wayseal.page.numbers import percent
from wayseal.page.numbers import share as as_share
from wayseal.page.svg import el, label, pct, picture, plain
from wayseal.page.visible import shorten, visible

_TALL, _FOOT, _ROW = 130.0, 24.0, 30.0
_MOST_LABELS = 8
_STEP, _BAR = 40.0, 12.0
_WIDE, _NARROW = 80, 38

LEFT = "30%"
"""Where the plot begins; names stand left of it."""


def nothing(text: str) -> Markup:
    """Draw what stands where a picture would have nothing to show."""
    return el("p", text, class_="empty")


def legend(rows: Sequence[tuple[str, str | None, str, str]]) -> Markup:
    """A legend below a picture. rows: (style of the colour, its pattern if it has one, name, amount)."""
    lines = []
    for style, fill, text, amount in rows:
        colour = el("rect", width=11, height=11, rx=2, class_=style, fill=fill)
        swatch = el("svg", colour, aria_hidden="true")
        lines.append(el("li", swatch, el("span", text), el("span", amount, class_="amount")))
    return el("ul", *lines, class_="legend")


def columns_chart(name: str, title: str, desc: str, rows: Sequence[tuple[str, int]]) -> Markup | None:
    """Columns from left to right, the highest one's value at the top. rows: (label, value at least 0), one or more."""
    top = max((value for _, value in rows), default=0)
    if top <= 0:
        return None
    width = 1 / len(rows)
    every = max(1, math.ceil(len(rows) / _MOST_LABELS))
    parts: list[str] = [el("line", x1="0%", x2="100%", y1=_TALL, y2=_TALL, class_="base")]
    for index, (text, value) in enumerate(rows):
        height = (_TALL - 18) * value / top
        tip = el("title", f"{text}: {value:,}")
        x, wide = pct((index + 0.1) * width), pct(0.8 * width)
        class_ = "bar lead" if value == top else "bar"
        parts.append(el("rect", tip, x=x, y=_TALL - height, width=wide, height=height, class_=class_))
        if index % every == 0:
            middle = pct((index + 0.5) * width)
            parts.append(el("text", text, x=middle, y=_TALL + 16, class_="tick", text_anchor="middle"))
    peak = max(range(len(rows)), key=lambda index: rows[index][1])
    middle = pct(min(max((peak + 0.5) * width, 0.03), 0.97))
    parts.append(el("text", f"{top:,}", x=middle, y=11, class_="amount", text_anchor="middle"))
    return picture(name, _TALL + _FOOT, title, desc, *parts)


def pairs_chart(
    name: str, title: str, desc: str, rows: Sequence[tuple[str, float, float]], told: Callable[[float], str]
) -> Markup | None:
    """Two columns side by side for each of some times, on one scale from 0, whose top and middle are named.

    rows: (label, first, second), values at least 0, one or more; told: how a value is written. None where all are 0.
    """
    top = max((value for _, *some in rows for value in some), default=0.0)
    if top <= 0:
        return None
    width, tall = 1 / len(rows), _TALL - 18
    every = max(1, math.ceil(len(rows) / _MOST_LABELS))
    parts: list[str] = []
    for part in (1.0, 0.5, 0.0):
        y = _TALL - tall * part
        parts.append(el("line", x1="0%", x2="100%", y1=y, y2=y, class_="grid" if part else "base"))
        if part:
            parts.append(el("text", told(top * part), x="0%", y=y - 4, class_="tick"))
    for index, (text, *some) in enumerate(rows):
        for number, value in enumerate(some):
            x, height = (index + 0.14 + 0.37 * number) * width, tall * value / top
            tip, class_ = el("title", f"{text}: {told(value)}"), "bar lead" if number else "bar"
            wide = pct(0.35 * width)
            parts.append(el("rect", tip, x=pct(x), y=_TALL - height, width=wide, height=height, class_=class_))
        if index % every == 0:
            middle = pct((index + 0.5) * width)
            parts.append(el("text", text, x=middle, y=_TALL + 16, class_="tick", text_anchor="middle"))
    return picture(name, _TALL + _FOOT, title, desc, *parts)


def course_chart(name: str, title: str, desc: str, rows: Sequence[tuple[str, float]]) -> Markup:
    """How a share moved, as a small line from left to right. rows: (moment, share from 0 to 1), two or more."""
    tall, top = 48.0, 18.0

    def place(index: int) -> tuple[float, float]:
        return index / (len(rows) - 1), top + tall * (1 - rows[index][1])

    parts: list[str] = [el("line", x1="0%", x2="100%", y1=top + tall, y2=top + tall, class_="base")]
    for (x1, y1), (x2, y2) in itertools.pairwise(map(place, range(len(rows)))):
        parts.append(el("line", x1=pct(x1), x2=pct(x2), y1=y1, y2=y2, class_="curve"))
    for index, (text, share) in enumerate(rows):
        (x, y), tip = place(index), el("title", f"{text}: {percent(share)}")
        parts.append(el("circle", tip, cx=pct(x), cy=y, r=3, class_="dot lead"))
    for index, anchor in ((0, "start"), (len(rows) - 1, "end")):
        x, y = place(index)
        parts.append(el("text", percent(rows[index][1]), x=pct(x), y=y - 7, class_="amount", text_anchor=anchor))
        parts.append(el("text", rows[index][0], x=pct(x), y=top + tall + 16, class_="tick", text_anchor=anchor))
    return picture(name, top + tall + _FOOT, title, desc, *parts)


def intervals_chart(
    name: str, title: str, desc: str, rows: Sequence[tuple[str, float, float, float]], known: float
) -> Markup | None:
    """Estimates with intervals on a logarithmic axis. rows: (label, low, estimate, high); inf: no upper limit.

    known: what was seen, as a dashed line. None without rows.
    """
    if not rows or known <= 0:
        return None
    ends = [x for _, *row in rows for x in row if math.isfinite(x) and x > 0] + [known]
    least, most = math.log(min(ends)) - 0.1, math.log(max(ends)) + 0.35

    def place(x: float) -> str:
        return pct(1.0 if not math.isfinite(x) else (math.log(max(x, min(ends))) - least) / (most - least))

    tall = _ROW * len(rows)
    plot: list[str] = [el("line", x1=place(known), x2=place(known), y1=0, y2=tall, class_="grid goal")]
    names: list[str] = []
    for index, (text, low, middle, high) in enumerate(rows):
        y = _ROW * index + _ROW / 2
        plot.append(el("line", x1=place(low), x2=place(high), y1=y, y2=y, class_="curve"))
        if math.isfinite(middle):
            plot.append(el("circle", cx=place(middle), cy=y, r=4.5, class_="dot lead"))
        if not math.isfinite(high):
            plot.append(el("text", "→", x="100%", y=y + 4, class_="tick strong", text_anchor="end"))
        names.append(label(text, y + 4, class_="label", wide=30))
    plot.append(el("text", f"{known:,.0f}", x=place(known), y=tall + 16, class_="tick", text_anchor="middle"))
    inner = el("svg", *plot, x=LEFT, y=0, width="66%", height=tall + _FOOT, overflow="visible")
    return picture(name, tall + _FOOT, title, desc, inner, *names)


def waterfall_chart(
    name: str,
    title: str,
    desc: str,
    rows: Sequence[tuple[str, float]],
    *,
    told: Callable[[float], str],
    total: str = "Σ",
) -> Markup | None:
    """Reasons one below the other: each bar begins where the one above it ends, and the last one is the sum.

    rows: (reason, weight of either sign). total: the name of the sum. told: how a weight is written. None where no
    weight differs from 0, or one is no finite number.
    """
    sums = [0.0, *itertools.accumulate(weight for _, weight in rows)]
    low, high = min(sums), max(sums)
    if not all(map(math.isfinite, sums)) or not 0 < high - low < math.inf:
        return None

    def place(x: float) -> str:
        return pct((x - low) / (high - low))

    tall = _STEP * (len(rows) + 1)
    parts: list[str] = []
    for index, ((text, weight), (before, after)) in enumerate(zip(rows, itertools.pairwise(sums), strict=True)):
        y = _STEP * index
        bar = "part p1" if weight > 0 else "bar"
        parts.append(el("line", x1=place(after), x2=place(after), y1=y + 20, y2=y + _STEP + 32, class_="grid"))
        width = place(min(before, after)), pct(abs(weight) / (high - low))
        parts += _step(text, told(weight), y, width, bar, "")
        if before == 0:  # where a bar begins elsewhere, a line at 0 would look like a bar itself
            parts.append(el("line", x1=place(0), x2=place(0), y1=y + 17, y2=y + 35, class_="base"))
    end, y = sums[-1], _STEP * len(rows)
    span = (place(min(end, 0.0)), pct(abs(end) / (high - low)))
    parts += _step(total, told(end), y, span, "bar lead" if end > 0 else "bar", "strong")
    parts.append(el("line", x1=place(0), x2=place(0), y1=y + 17, y2=y + 35, class_="base"))
    return picture(name, tall, title, desc, *parts)


def _step(text: str, weight: str, y: float, span: tuple[str, str], bar: str, words: str) -> list[Markup]:
    """One row of a waterfall: words and weight in a line, and its bar below. span: place and width of the bar."""
    amount = plain(weight)
    tip = el("title", f"{shorten(visible(plain(text)), 200)} {amount}")
    return [
        label(text, y + 14, class_=f"reason {words}".rstrip(), wide=_WIDE, narrow=_NARROW),
        el("text", amount, x="100%", y=y + 14, class_=f"amount {words}".rstrip(), text_anchor="end"),
        el("rect", tip, x=span[0], y=y + 20, width=span[1], height=_BAR, class_=bar),
    ]


def waterfall_table(
    head: tuple[str, str],
    rows: Sequence[tuple[str, float]],
    *,
    told: Callable[[float], str],
    total: str = "Σ",
) -> Table:
    """The same as a table: a row for each reason and one for the sum; in text a bar for the size of each weight."""
    shown = [*rows, (total, sum(weight for _, weight in rows))]
    top = max((abs(weight) for _, weight in shown if math.isfinite(weight)), default=0.0)
    return Table(
        head=head,
        rows=tuple((visible(plain(text)), plain(told(weight))) for text, weight in shown),
        numbers=frozenset({1}),
        bars=tuple(abs(weight) / top if top > 0 and math.isfinite(weight) else 0.0 for _, weight in shown),
    )


def strength_chart(
    name: str,
    title: str,
    desc: str,
    rows: Sequence[tuple[str, float, str]],
    bands: Sequence[tuple[float, str, str]],
) -> Markup | None:
    """How strong evidence is, on a logarithmic scale. rows: (whose, nats, how it is told).

    bands: (nats from which on, word, tick), the weakest first, from 0 on; the last goes a hundred times further. A word
    may be "". None without rows, or where one is no finite number.
    """
    if not rows or not all(math.isfinite(nats) for _, nats, _ in rows):
        return None
    end = bands[-1][0] + math.log(100)
    tall = _STEP * len(rows) + 4
    parts: list[str] = []
    for index, ((low, word, tick), high) in enumerate(zip(bands, [*(one[0] for one in bands[1:]), end], strict=True)):
        x, wide = pct(low / end), pct((high - low) / end)
        parts.append(el("rect", x=x, y=0, width=wide, height=tall, class_=f"band b{min(index, 3)}"))
        parts.append(el("line", x1=x, x2=x, y1=0, y2=tall + 5, class_="grid"))
        rare = "tick wide" if index % 2 else "tick"
        parts.append(el("text", tick, x=x, y=tall + 17, class_=rare, text_anchor="middle" if low else "start"))
        parts.append(
            el("text", word, x=pct((low + high) / 2 / end), y=tall + 34, class_="band-name", text_anchor="middle")
        )
    for index, (text, nats, told) in enumerate(rows):
        parts += _step(text, told, _STEP * index, (pct(0), pct(max(nats, 0.0) / end)), "bar lead", "")
    return picture(name, tall + 38, title, desc, *parts)


def whole_ticks(top: float, most: int = 4) -> list[int]:
    """Whole numbers from 0 to the first that is no less than the top, in steps of 1, 2 or 5 times a power of ten."""
    step = next(s for power in itertools.count() for s in (10**power, 2 * 10**power, 5 * 10**power) if top <= most * s)
    return list(range(0, max(math.ceil(top / step), 1) * step + 1, step))


def funnel_chart(
    name: str, title: str, desc: str, rows: Sequence[tuple[float, float, str]],
    limits: Sequence[tuple[float, Sequence[float]]],
) -> Markup | None:  # fmt: skip
    """Ratios over what was expected, on a logarithmic axis, between curves of limits. None without limits.

    rows: (expected, ratio, style of the dot). limits: (expected, ratio of each curve), from left to right, two or more.
    """
    if len(limits) < 2:
        return None
    left, right = limits[0][0], limits[-1][0]
    tall, top = 1.6 * _TALL, min(max(2.5, *(ratio for _, ratio, _ in rows)), 6.0)

    def place(expected: float, ratio: float) -> tuple[str, float]:
        return pct(math.log(max(expected, left) / left) / math.log(right / left)), tall - tall * min(ratio, top) / top

    one = place(left, 1.0)[1]
    parts: list[str] = [el("line", x1="0%", x2="100%", y1=one, y2=one, class_="base")]
    for (start, before), (end, after) in itertools.pairwise(limits):
        for number, (low, high) in enumerate(zip(before, after, strict=True)):
            (x1, y1), (x2, y2) = place(start, low), place(end, high)
            parts.append(el("line", x1=x1, x2=x2, y1=y1, y2=y2, class_="base" if number > 1 else "grid goal"))
    for expected, ratio, style in rows:
        x, y = place(expected, ratio)
        parts.append(el("circle", cx=x, cy=y, r=5 if style else 2.5, class_=f"dot {style}".rstrip()))
    ticks = whole_ticks(math.floor(top))
    parts += (el("text", f"×{n}", x="0%", y=place(left, n)[1] - 3, class_="tick") for n in ticks)
    for index, anchor in ((0, "start"), (len(limits) // 2, "middle"), (-1, "end")):
        x = place(limits[index][0], 0.0)[0]
        parts.append(el("text", f"{limits[index][0]:,.0f}", x=x, y=tall + 16, class_="tick", text_anchor=anchor))
    return picture(name, tall + _FOOT, title, desc, *parts)


def shares_chart(
    name: str, title: str, desc: str, heads: Sequence[str], rows: Sequence[tuple[str, Sequence[float | None]]],
    low: float,
) -> Markup | None:  # fmt: skip
    """Shares by row and column as cells: the less, the darker, and below `low` in the colour of what matters.

    rows: (label, a share from 0 to 1 of each column, None: there is none). None without rows.
    """
    if not rows:
        return None
    step, wide, every = 18.0, 1 / len(heads), math.ceil(len(heads) / _MOST_LABELS)
    tall, names, parts = step * len(rows), list[str](), list[str]()
    for index, (text, shares) in enumerate(rows):
        names.append(label(text, step * index + 13, wide=20))
        for column, part in enumerate(shares):
            if part is None:
                continue
            tip, faint = el("title", f"{text} {heads[column]}: {as_share(part)}"), max(0.08, min(1.0, 8 * (1 - part)))
            x, y, style = pct(column * wide), step * index, "bar lead" if part < low else "bar"
            parts.append(
                el("rect", tip, x=x, y=y, width=pct(0.94 * wide), height=step - 2, class_=style, fill_opacity=faint)
            )
    for column in range(0, len(heads), every):
        parts.append(el("text", heads[column], x=pct(column * wide), y=tall + 15, class_="tick"))
    inner = el("svg", *parts, x=LEFT, y=0, width="70%", height=tall + _FOOT, overflow="visible")
    return picture(name, tall + _FOOT, title, desc, inner, *names)
