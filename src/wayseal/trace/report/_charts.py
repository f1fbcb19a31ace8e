"""Pictures that compare sources: who saw how many, where the leaks come from, how much the prior matters."""

import itertools
import math
import statistics
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from wayseal.page import numbers
from wayseal.page.charts import LEFT, legend
from wayseal.page.svg import el, label, pct, picture
from wayseal.page.visible import shorten, visible
from wayseal.page.words import Translator
from wayseal.trace._result import DelayPart, LeakRow, SawRow, SourceRow
from wayseal.trace.report._story import usable

_ROW = 25.0
_MOST_BARS = 15
_UNIT = 16.0
"""Room below an axis for what it counts."""


def saw_chart(
    rows: Sequence[SawRow], n: int, letters: Mapping[str, str], leads: frozenset[str], translator: Translator
) -> Markup | None:
    """Bars of what was seen, ticks of what was expected; the sources that saw most come first."""
    top = sorted((row for row in rows if row.saw > 0), key=lambda r: (-r.saw, r.expected, r.source))
    top = top[:_MOST_BARS]
    if not top or n < 1:
        return None
    scale = max([n, *(row.saw for row in top)])
    height = _ROW * len(top) + 22 + _UNIT
    bottom = _ROW * len(top)
    plot: list[str] = [_unit("saw", height, translator)]
    for tick in _ticks(scale):
        x = pct(tick / scale)
        plot.append(el("line", x1=x, x2=x, y1=0, y2=bottom, class_="grid"))
        plot.append(el("text", str(tick), x=x, y=height - _UNIT - 6, class_="tick", text_anchor="middle"))
    names: list[str] = []
    for index, row in enumerate(top):
        y = _ROW * index
        plot.append(_bar(row, y, scale, row.source in leads, translator))
        strong = "label strong" if row.source in leads else "label"
        names.append(label(row.source, y + 16, letter=letters.get(row.source, ""), class_=strong))
        amount = el("tspan", str(row.saw), class_="strong")
        chance = el("tspan", f" · {numbers.expected(row.expected)}", class_="soft")
        names.append(el("text", amount, chance, x="100%", y=y + 16, class_="amount", text_anchor="end"))
    first = top[0]
    desc = translator.say(
        "ui.figure_saw_desc",
        source=shorten(visible(first.source), 80),
        saw=first.saw,
        n=n,
        expected=first.expected,
    )
    inner = el("svg", *plot, x=LEFT, y=0, width="52%", height=height, overflow="visible")
    heads = (el("span", translator.say(f"ui.{key}")) for key in ("source", "saw_expected"))
    over = el("p", *heads, class_="columns-head", aria_hidden="true")
    return over + picture("saw", height, translator.say("ui.figure_saw"), desc, inner, *names)


def _bar(row: SawRow, y: float, scale: int, lead: bool, translator: Translator) -> Markup:
    counts = f"{row.saw} · {numbers.expected(row.expected)}"
    tip = f"{shorten(visible(row.source), 200)}{translator.say('unit.colon')}{counts}"
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


def _unit(name: str, height: float, translator: Translator) -> Markup:
    """What an axis counts, below it."""
    return el("text", translator.say(f"ui.axis_{name}"), x="50%", y=height - 5, class_="tick", text_anchor="middle")


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


def names_of(letters: Mapping[str, str], translator: Translator) -> dict[str, str]:
    """Names of the letters, OTHERS and UNKNOWN."""
    fixed = {OTHERS: translator.say("ui.others"), UNKNOWN: translator.say("ui.unknown")}
    return {letter: source for source, letter in letters.items()} | fixed


def unknown_chart(
    shares: Sequence[tuple[str, float]],
    unknown: float,
    names: Mapping[str, str],
    shown: Mapping[str, str],
    translator: Translator,
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
    desc = translator.say("ui.figure_unknown_desc", share=unknown)
    return picture("unknown-share", 38, translator.say("ui.figure_unknown"), desc, *pieces) + legend(rows)


_LEVELS = (0.01, 0.1, 0.5, 0.9, 0.99, 0.999)


def _height_of(probability: float) -> float:
    """Where a probability stands between .005 (0) and .9998 (1), in log odds."""
    p = min(max(probability, 0.005), 0.9998)
    low, high = math.log(0.005 / 0.995), math.log(0.9998 / 0.0002)
    return (math.log(p / (1 - p)) - low) / (high - low)


def kappa_chart(sensitivity: Sequence[tuple[float, float]], kappa: float, translator: Translator) -> Markup | None:
    """The probability of the leading source over the prior κ, both axes so that odds are even."""
    points = sorted((k, p) for k, p in sensitivity if 0 < k < math.inf and math.isfinite(p))
    if not points:
        return None
    tall, foot = 170.0, 24.0 + _UNIT
    low, high = math.log(points[0][0]), math.log(points[-1][0])

    def place(k: float) -> float:
        return 0.03 + 0.94 * ((math.log(k) - low) / (high - low) if high > low else 0.5)

    def level(p: float) -> float:
        return 6 + (tall - 12) * (1 - _height_of(p))

    plot: list[str] = [_unit("kappa", tall + foot, translator)]
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
        tip = el("title", translator.say("ui.figure_kappa_row", kappa=k, p=p))
        if here:
            plot.append(el("circle", cx=x, cy=level(p), r=8, class_="ring"))
        plot.append(el("circle", tip, cx=x, cy=level(p), r=4, class_="dot lead"))
        text = f"{k:g}"
        plot.append(el("text", text, x=x, y=tall + 16, class_="tick strong" if here else "tick", text_anchor="middle"))
    rows = translator.all_of(str(translator.say("ui.figure_kappa_row", kappa=k, p=p)) for k, p in points)
    desc = translator.say("ui.figure_kappa_desc", text=rows)
    axis = el("text", "κ", x="0%", dx=-8, y=tall + 16, class_="tick strong", text_anchor="end")
    inner = el("svg", *plot, axis, x=52, y=0, width="84%", height=tall + foot, overflow="visible")
    return picture("kappa", tall + foot, translator.say("ui.figure_kappa"), desc, inner)


_MOST_ROWS = 60
"""So many leaks fit the picture; the table holds all."""

_SEEN = 0.005
"""Below half a percent a cell stays empty."""

_LIKELY = 0.6

_TICKS_H = (1 / 60, 1 / 6, 1.0, 6.0, 24.0, 168.0, 720.0, 8760.0)
_STRIP = 62.0
_CELL = 21.0


def delay_chart(
    sources: Sequence[SourceRow], letters: Mapping[str, str], delay: Sequence[DelayPart], translator: Translator
) -> Markup | None:
    """A strip for each leading source: one dot a number, over hours from read to sale on a logarithmic scale."""
    strips = [(row, _known(row)) for row in sources if row.source in letters and _known(row)]
    if not strips:
        return None
    hours = [h for _, known in strips for h in known]
    ticks = _axis(min(hours), max(hours), translator)
    low, high = math.log(ticks[0][0]), math.log(ticks[-1][0])
    height = _STRIP * len(strips) + 22 + _UNIT
    bottom = _STRIP * len(strips)
    plot: list[str] = [_unit("delay", height, translator)]
    for hour, text in ticks:
        x = pct((math.log(hour) - low) / (high - low))
        plot.append(el("line", x1=x, x2=x, y1=0, y2=bottom, class_="grid"))
        plot.append(el("text", text, x=x, y=height - _UNIT - 6, class_="tick", text_anchor="middle"))
    names: list[str] = []
    lines: list[str] = []
    for index, (row, known) in enumerate(strips):
        base = _STRIP * (index + 1) - 8
        places = [(math.log(h) - low) / (high - low) for h in known]
        plot.append(_hill(delay, low, high, base))
        plot.append(el("line", x1="0%", x2="100%", y1=base, y2=base, class_="base"))
        plot.extend(_dots(places, base, index == 0))
        letter, middle = letters[row.source], translator.hours(statistics.median(known))
        names.append(label(row.source, base - 24, letter=letter, class_="label strong" if not index else "label"))
        names.append(el("text", f"{translator.say('ui.median')} {middle}", x=0, y=base - 8, class_="tick"))
        lines.append(_line(row, known, translator))
    desc = translator.say("ui.figure_delay_desc", text=" ".join(lines))
    inner = el("svg", *plot, x=LEFT, y=0, width="66%", height=height, overflow="visible")
    return picture("delays", height, translator.say("ui.figure_delay"), desc, inner, *names)


def _known(row: SourceRow) -> list[float]:
    """The delays that are known, in hours, at least half a second (logarithms follow)."""
    return [max(h, 1e-4) for h in row.delays_h if math.isfinite(h)]


def _line(row: SourceRow, known: Sequence[float], translator: Translator) -> str:
    source, middle = shorten(visible(row.source), 60), statistics.median(known)
    return translator.say("ui.figure_delay_row", source=source, n=len(known), h=middle)


def _axis(least: float, most: float, translator: Translator) -> list[tuple[float, str]]:
    """The ticks (hours and their names) that hold all delays and the usual range of 10 minutes to 30 days."""
    named = list(zip(_TICKS_H, translator.say("unit.axis").split(","), strict=True))
    first = max((i for i, h in enumerate(_TICKS_H) if h <= min(least, 1 / 6)), default=0)
    last = min((i for i, h in enumerate(_TICKS_H) if h >= max(most, 168.0)), default=len(named) - 1)
    return named[first : last + 1]


def _dots(places: Sequence[float], base: float, lead: bool) -> list[str]:
    """Dots that would overlap are stacked; a stack taller than the strip is pressed together."""
    bins: dict[int, int] = {}
    tallest = max(_counts(places).values())
    step = min(7.0, (_STRIP - 20) / tallest)
    found: list[str] = []
    for place in sorted(places):
        key = round(place * 42)
        bins[key] = bins.get(key, 0) + 1
        y = base - 5 - step * (bins[key] - 1)
        found.append(el("circle", cx=pct(key / 42), cy=y, r=3.6, class_="dot lead" if lead else "dot"))
    return found


def _counts(places: Sequence[float]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for place in places:
        counts[round(place * 42)] = counts.get(round(place * 42), 0) + 1
    return counts


def _hill(delay: Sequence[DelayPart], low: float, high: float, base: float) -> Markup:
    """The assumed density over the logarithm of hours, filling most of a strip."""
    good = [p for p in delay if p.weight > 0 and p.sigma > 0 and 0 < p.median_h < math.inf]
    if not good:
        return Markup("")
    xs = [low + (high - low) * i / 60 for i in range(61)]
    ys = [sum(_bell(x, part) for part in good) for x in xs]
    top = max(ys)
    if not 0 < top < math.inf:
        return Markup("")
    tall = _STRIP - 18
    points = " ".join(f"{100 * i / 60:.2f},{tall * (1 - y / top):.2f}" for i, y in enumerate(ys))
    shape = el("polygon", points=f"0,{tall} {points} 100,{tall}", class_="hill")
    return el(
        "svg",
        shape,
        x=0,
        y=base - tall,
        width="100%",
        height=tall,
        viewBox=f"0 0 100 {tall:g}",
        preserveAspectRatio="none",
    )


def _bell(x: float, part: DelayPart) -> float:
    z = min(abs(x - math.log(part.median_h)) / part.sigma, 40.0)
    return part.weight / part.sigma * math.exp(-z * z / 2)


def matrix_chart(rows: Sequence[LeakRow], letters: Mapping[str, str], translator: Translator) -> Markup | None:
    """Leaks by leading source and unknown, each cell shaded by the probability that it holds."""
    shown = rows[:_MOST_ROWS]
    if not shown:
        return None
    pointed = {s for row in shown for s, p in row.points_at if p >= _SEEN}
    names = names_of(letters, translator)
    columns = [*(letter for s, letter in letters.items() if s in pointed)]
    columns += [OTHERS, UNKNOWN] if pointed - letters.keys() else [UNKNOWN]
    width = 1 / len(columns)
    height = _CELL * len(shown) + 26
    heads = [_head(key, names[key], (index + 0.5) * width) for index, key in enumerate(columns)]
    cells: list[str] = []
    labels: list[str] = []
    for index, row in enumerate(shown):
        y = 26 + _CELL * index
        text = f"{row.line} "
        labels.append(label(row.waybill, y + 15, letter=text, class_="label number"))
        if not usable(row):
            cells.append(_empty(row, y, translator))
        else:
            cells.extend(_cells(row, columns, letters, y, translator))
    desc = translator.say("ui.figure_matrix_desc", n=len(rows))
    inner = el("svg", *heads, *cells, x=LEFT, y=0, width="70%", height=height, overflow="visible")
    found = picture("matrix", height, translator.say("ui.figure_matrix"), desc, inner, *labels)
    more = len(rows) - len(shown)
    return found + el("p", translator.say("ui.figure_matrix_more", n=more), class_="note") if more else found


def _head(key: str, name: str, x: float) -> Markup:
    own = key not in (OTHERS, UNKNOWN)
    tip = el("title", shorten(visible(name), 200))
    class_ = "letter" if own else "tick"
    return el("text", key if own else name, tip, x=pct(x), y=16, class_=class_, text_anchor="middle")


def _cells(
    row: LeakRow, columns: Sequence[str], letters: Mapping[str, str], y: float, translator: Translator
) -> list[str]:
    values: dict[str, float] = {UNKNOWN: row.unknown}
    for source, probability in row.points_at:
        key = letters.get(source, OTHERS)
        values[key] = values.get(key, 0.0) + probability
    width = 1 / len(columns)
    found: list[str] = []
    for index, key in enumerate(columns):
        value = values.get(key, 0.0)
        value = min(max(value, 0.0), 1.0) if math.isfinite(value) else 0.0
        x = pct(index * width)
        class_ = "shade other" if key == UNKNOWN else "shade"
        for name, opacity in (("ground", None), (class_, _opacity(value, own=key != UNKNOWN))):
            place = el("rect", x=x, y=y + 1, width=pct(width), height=_CELL - 2, class_=name, fill_opacity=opacity)
            found.append(place)
        if value >= _SEEN:
            ink = "value on" if value > _LIKELY and key != UNKNOWN else "value"
            found.append(
                el(
                    "text",
                    f"{100 * value:.0f}",
                    x=pct((index + 0.5) * width),
                    y=y + 15,
                    class_=ink,
                    text_anchor="middle",
                )
            )
    return found


def _opacity(value: float, *, own: bool) -> float:
    """How dark a cell is: grows with the value, and leaves out the middle, where no text colour is readable."""
    if not own:
        return 0.55 * value
    return 0.75 * value if value <= _LIKELY else 0.82 + 0.18 * (value - _LIKELY) / (1 - _LIKELY)


def _empty(row: LeakRow, y: float, translator: Translator) -> Markup:
    reason = translator.note(row.missing) if row.missing else translator.say("missing.not_in_ledger")
    return el("rect", x=0, y=y + 1, width="100%", height=_CELL - 2, class_="void") + el(
        "text", shorten(reason, 34), x=0, dx=8, y=y + 15, class_="tick"
    )
