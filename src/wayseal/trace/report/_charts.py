"""Pictures that compare sources: who saw how many, where the leaks come from, how much the prior matters."""

import itertools
import math
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from wayseal.page import numbers
from wayseal.page.charts import LEFT, legend
from wayseal.page.svg import el, label, pct, picture
from wayseal.page.visible import shorten, visible
from wayseal.page.words import Voice
from wayseal.trace._result import LeakRow, SawRow

_ROW = 25.0
_MOST_BARS = 15


def saw_chart(
    rows: Sequence[SawRow], n: int, letters: Mapping[str, str], leads: frozenset[str], voice: Voice
) -> Markup | None:
    """Bars of what was seen, ticks of what was expected; the sources that saw most come first."""
    top = sorted((row for row in rows if row.saw > 0), key=lambda r: (-r.saw, r.expected, r.source))
    top = top[:_MOST_BARS]
    if not top or n < 1:
        return None
    scale = max([n, *(row.saw for row in top)])
    height = _ROW * len(top) + 22
    bottom = _ROW * len(top)
    plot: list[str] = []
    for tick in _ticks(scale):
        x = pct(tick / scale)
        plot.append(el("line", x1=x, x2=x, y1=0, y2=bottom, class_="grid"))
        plot.append(el("text", str(tick), x=x, y=height - 6, class_="tick", text_anchor="middle"))
    names: list[str] = []
    for index, row in enumerate(top):
        y = _ROW * index
        plot.append(_bar(row, y, scale, row.source in leads, voice))
        strong = "label strong" if row.source in leads else "label"
        names.append(label(row.source, y + 16, letter=letters.get(row.source, ""), class_=strong))
        amount = el("tspan", str(row.saw), class_="strong")
        chance = el("tspan", f" · {numbers.expected(row.expected)}", class_="soft")
        names.append(el("text", amount, chance, x="100%", y=y + 16, class_="amount", text_anchor="end"))
    first = top[0]
    desc = voice.say(
        "ui.figure_saw_desc",
        source=shorten(visible(first.source), 80),
        saw=first.saw,
        n=n,
        expected=first.expected,
    )
    inner = el("svg", *plot, x=LEFT, y=0, width="52%", height=height, overflow="visible")
    heads = (el("span", voice.say(f"ui.{key}")) for key in ("source", "saw_expected"))
    over = el("p", *heads, class_="columns-head", aria_hidden="true")
    return over + picture("saw", height, voice.say("ui.figure_saw"), desc, inner, *names)


def _bar(row: SawRow, y: float, scale: int, lead: bool, voice: Voice) -> Markup:
    counts = f"{row.saw} · {numbers.expected(row.expected)}"
    tip = f"{shorten(visible(row.source), 200)}{voice.say('unit.colon')}{counts}"
    parts = [
        el("title", tip),
        el("rect", x=0, y=y + 6, width="100%", height=13, class_="track"),
        el("rect", x=0, y=y + 6, width=pct(row.saw / scale), height=13, class_="bar lead" if lead else "bar"),
    ]
    if math.isfinite(row.expected):
        x = pct(row.expected / scale)
        parts.append(el("line", x1=x, x2=x, y1=y + 2, y2=y + 23, class_="halo"))
        parts.append(el("line", x1=x, x2=x, y1=y + 2, y2=y + 23, class_="expect"))
    return el("g", *parts)


def _ticks(top: int) -> list[int]:
    """Up to six whole numbers from 0 to `top`, on a step that people count in."""
    steps = (step * 10**power for power in range(20) for step in (1, 2, 5))
    return list(range(0, top + 1, next(step for step in steps if top <= 5 * step)))


UNKNOWN = "unknown"
OTHERS = "others"
"""Names beside the letters of the leading sources as a column or a part."""


def parts(leak_rows: Sequence[LeakRow], unknown: float, letters: Mapping[str, str]) -> list[tuple[str, float]]:
    """Expected share of the usable leaks by letter, then of OTHERS and UNKNOWN."""
    known = 1 - min(max(unknown, 0.0), 1.0) if math.isfinite(unknown) else 0.0
    weights: dict[str, float] = {}
    for row in leak_rows:
        for source, probability in row.points_at:
            if 0 < probability < math.inf:
                key = letters.get(source, OTHERS)
                weights[key] = weights.get(key, 0.0) + probability
    total = sum(weights.values())
    if not 0 < total < math.inf:
        weights, total = {OTHERS: 1.0} if known > 0 else {}, 1.0
    order = [*letters.values(), OTHERS]
    shares = [(key, known * weights[key] / total) for key in order if key in weights]
    return [*shares, (UNKNOWN, 1 - known)]


def names_of(letters: Mapping[str, str], voice: Voice) -> dict[str, str]:
    """Names of the letters, OTHERS and UNKNOWN."""
    fixed = {OTHERS: voice.say("ui.others"), UNKNOWN: voice.say("ui.unknown")}
    return {letter: source for source, letter in letters.items()} | fixed


def unknown_chart(
    shares: Sequence[tuple[str, float]],
    unknown: float,
    names: Mapping[str, str],
    shown: Mapping[str, str],
    voice: Voice,
) -> Markup:
    """One bar, cut into sources and the unknown. names: of the letters, OTHERS and UNKNOWN; shown: in the legend."""
    hatch = el(
        "pattern",
        el("rect", width=7, height=7, class_="hatch-ground"),
        el("line", x1=0, y1=0, x2=0, y2=7, class_="hatch-line"),
        id="hatch",
        width=7,
        height=7,
        patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )
    left = 0.0
    pieces: list[str] = [el("defs", hatch)]
    rows: list[tuple[str, str | None, str, str]] = []
    for order, (key, part) in enumerate(shares):
        class_ = key if key in (OTHERS, UNKNOWN) else f"part p{min(order, 5)}"
        fill = "url(#hatch)" if key == UNKNOWN else None
        rows.append((class_, fill, shown.get(key, names[key]), numbers.share(part)))
        tip = f"{shorten(visible(names[key]), 200)} {numbers.share(part)}"
        width = pct(part)
        pieces.append(el("rect", el("title", tip), x=pct(left), y=2, width=width, height=34, class_=class_, fill=fill))
        left += part
        if left < 0.9999:
            pieces.append(el("line", x1=pct(left), x2=pct(left), y1=2, y2=36, class_="cut"))
    desc = voice.say("ui.figure_unknown_desc", share=unknown)
    return picture("unknown-share", 38, voice.say("ui.figure_unknown"), desc, *pieces) + legend(rows)


_LEVELS = (0.01, 0.1, 0.5, 0.9, 0.99, 0.999)


def _height_of(probability: float) -> float:
    """Where a probability stands between .005 (0) and .9998 (1), in log odds."""
    p = min(max(probability, 0.005), 0.9998)
    low, high = math.log(0.005 / 0.995), math.log(0.9998 / 0.0002)
    return (math.log(p / (1 - p)) - low) / (high - low)


def kappa_chart(sensitivity: Sequence[tuple[float, float]], kappa: float, voice: Voice) -> Markup | None:
    """The probability of the leading source over the prior κ, both axes so that odds are even."""
    points = sorted((k, p) for k, p in sensitivity if 0 < k < math.inf and math.isfinite(p))
    if not points:
        return None
    tall, foot = 170.0, 24.0
    low, high = math.log(points[0][0]), math.log(points[-1][0])

    def place(k: float) -> float:
        return 0.03 + 0.94 * ((math.log(k) - low) / (high - low) if high > low else 0.5)

    def level(p: float) -> float:
        return 6 + (tall - 12) * (1 - _height_of(p))

    plot: list[str] = []
    for p in _LEVELS:
        y = level(p)
        class_ = "grid goal" if p == 0.99 else "grid"
        plot.append(el("line", x1="0%", x2="100%", y1=y, y2=y, class_=class_))
        text = numbers.share(p)
        plot.append(el("text", text, x="0%", dx=-8, y=y + 4, class_="tick", text_anchor="end"))
    for (k1, p1), (k2, p2) in itertools.pairwise(points):
        x1, x2 = pct(place(k1)), pct(place(k2))
        plot.append(el("line", x1=x1, x2=x2, y1=level(p1), y2=level(p2), class_="curve"))
    for k, p in points:
        x, here = pct(place(k)), math.isclose(k, kappa)
        tip = el("title", voice.say("ui.figure_kappa_row", kappa=k, p=p))
        if here:
            plot.append(el("circle", cx=x, cy=level(p), r=8, class_="ring"))
        plot.append(el("circle", tip, cx=x, cy=level(p), r=4, class_="dot lead"))
        text = f"{k:g}"
        plot.append(
            el("text", text, x=x, y=tall + foot - 8, class_="tick strong" if here else "tick", text_anchor="middle")
        )
    rows = voice.all_of(str(voice.say("ui.figure_kappa_row", kappa=k, p=p)) for k, p in points)
    desc = voice.say("ui.figure_kappa_desc", text=rows)
    axis = el("text", "κ", x="0%", dx=-8, y=tall + foot - 8, class_="tick strong", text_anchor="end")
    inner = el("svg", *plot, axis, x=52, y=0, width="84%", height=tall + foot, overflow="visible")
    return picture("kappa", tall + foot, voice.say("ui.figure_kappa"), desc, inner)
