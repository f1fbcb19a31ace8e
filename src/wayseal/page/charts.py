"""Pictures of counts over time and of estimates with their intervals."""

import math
from collections.abc import Sequence

from markupsafe import Markup

from wayseal.page.svg import el, label, pct, picture

_TALL, _FOOT, _ROW = 130.0, 24.0, 30.0
_MOST_LABELS = 8

LEFT = "30%"
"""Where the plot begins; names stand left of it."""


def columns_chart(name: str, title: str, desc: str, rows: Sequence[tuple[str, int]]) -> Markup | None:
    """Columns from left to right, the highest one's value at the top. rows: (label, value at least 0), one or more."""
    top = max((value for _, value in rows), default=0)
    if top <= 0:
        return None
    width = 1 / len(rows)
    every = max(1, math.ceil(len(rows) / _MOST_LABELS))
    parts: list[str] = [el("line", x1="0%", x2="100%", y1=_TALL, y2=_TALL, class_="base")]
    for at, (text, value) in enumerate(rows):
        height = (_TALL - 18) * value / top
        tip = el("title", f"{text}: {value:,}")
        x, wide = pct((at + 0.1) * width), pct(0.8 * width)
        class_ = "bar lead" if value == top else "bar"
        parts.append(el("rect", tip, x=x, y=_TALL - height, width=wide, height=height, class_=class_))
        if at % every == 0:
            middle = pct((at + 0.5) * width)
            parts.append(el("text", text, x=middle, y=_TALL + 16, class_="tick", text_anchor="middle"))
    peak = max(range(len(rows)), key=lambda at: rows[at][1])
    middle = pct(min(max((peak + 0.5) * width, 0.03), 0.97))
    parts.append(el("text", f"{top:,}", x=middle, y=11, class_="amount", text_anchor="middle"))
    return picture(name, _TALL + _FOOT, title, desc, *parts)


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
    for at, (text, low, middle, high) in enumerate(rows):
        y = _ROW * at + _ROW / 2
        plot.append(el("line", x1=place(low), x2=place(high), y1=y, y2=y, class_="curve"))
        if math.isfinite(middle):
            plot.append(el("circle", cx=place(middle), cy=y, r=4.5, class_="dot lead"))
        if not math.isfinite(high):
            plot.append(el("text", "→", x="100%", y=y + 4, class_="tick strong", text_anchor="end"))
        names.append(label(text, y + 4, class_="label", wide=30))
    plot.append(el("text", f"{known:,.0f}", x=place(known), y=tall + 16, class_="tick", text_anchor="middle"))
    inner = el("svg", *plot, x=LEFT, y=0, width="66%", height=tall + _FOOT, overflow="visible")
    return picture(name, tall + _FOOT, title, desc, inner, *names)
