"""Pictures of single numbers: what each leak points at, and how long after a read it was sold."""

import math
import statistics
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from wayseal.page.charts import LEFT
from wayseal.page.svg import el, label, pct, picture
from wayseal.page.visible import shorten, visible
from wayseal.page.words import Voice
from wayseal.trace._result import DelayPart, LeakRow, SourceRow
from wayseal.trace.report._charts import OTHERS, UNKNOWN, names_of
from wayseal.trace.report._story import usable

_MOST_ROWS = 60
"""So many leaks fit the picture; the table holds all."""

_SEEN = 0.005
"""Below half a percent a cell stays empty."""

_LIKELY = 0.6

_TICKS_H = (1 / 60, 1 / 6, 1.0, 6.0, 24.0, 168.0, 720.0, 8760.0)
_STRIP = 62.0
_CELL = 21.0


def delay_chart(
    sources: Sequence[SourceRow], letters: Mapping[str, str], delay: Sequence[DelayPart], voice: Voice
) -> Markup | None:
    """A strip for each leading source: one dot a number, over hours from read to sale on a logarithmic scale."""
    strips = [(row, _known(row)) for row in sources if row.source in letters and _known(row)]
    if not strips:
        return None
    hours = [h for _, known in strips for h in known]
    ticks = _axis(min(hours), max(hours), voice)
    low, high = math.log(ticks[0][0]), math.log(ticks[-1][0])
    height = _STRIP * len(strips) + 22
    bottom = _STRIP * len(strips)
    plot: list[str] = []
    for hour, text in ticks:
        x = pct((math.log(hour) - low) / (high - low))
        plot.append(el("line", x1=x, x2=x, y1=0, y2=bottom, class_="grid"))
        plot.append(el("text", text, x=x, y=height - 6, class_="tick", text_anchor="middle"))
    names: list[str] = []
    lines: list[str] = []
    for index, (row, known) in enumerate(strips):
        base = _STRIP * (index + 1) - 8
        places = [(math.log(h) - low) / (high - low) for h in known]
        plot.append(_hill(delay, low, high, base))
        plot.append(el("line", x1="0%", x2="100%", y1=base, y2=base, class_="base"))
        plot.extend(_dots(places, base, index == 0))
        letter, middle = letters[row.source], voice.hours(statistics.median(known))
        names.append(label(row.source, base - 24, letter=letter, class_="label strong" if not index else "label"))
        names.append(el("text", f"{voice.say('ui.median')} {middle}", x=0, y=base - 8, class_="tick"))
        lines.append(_line(row, known, voice))
    desc = voice.say("ui.figure_delay_desc", text=" ".join(lines))
    inner = el("svg", *plot, x=LEFT, y=0, width="66%", height=height, overflow="visible")
    return picture("delays", height, voice.say("ui.figure_delay"), desc, inner, *names)


def _known(row: SourceRow) -> list[float]:
    """The delays that are known, in hours, at least half a second (logarithms follow)."""
    return [max(h, 1e-4) for h in row.delays_h if math.isfinite(h)]


def _line(row: SourceRow, known: Sequence[float], voice: Voice) -> str:
    source, middle = shorten(visible(row.source), 60), statistics.median(known)
    return voice.say("ui.figure_delay_row", source=source, n=len(known), h=middle)


def _axis(least: float, most: float, voice: Voice) -> list[tuple[float, str]]:
    """The ticks (hours and their names) that hold all delays and the usual range of 10 minutes to 30 days."""
    named = list(zip(_TICKS_H, voice.say("unit.axis").split(","), strict=True))
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


def matrix_chart(rows: Sequence[LeakRow], letters: Mapping[str, str], voice: Voice) -> Markup | None:
    """Leaks by leading source and unknown, each cell shaded by the probability that it holds."""
    shown = rows[:_MOST_ROWS]
    if not shown:
        return None
    pointed = {s for row in shown for s, p in row.points_at if p >= _SEEN}
    names = names_of(letters, voice)
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
            cells.append(_empty(row, y, voice))
        else:
            cells.extend(_cells(row, columns, letters, y, voice))
    desc = voice.say("ui.figure_matrix_desc", n=len(rows))
    inner = el("svg", *heads, *cells, x=LEFT, y=0, width="70%", height=height, overflow="visible")
    found = picture("matrix", height, voice.say("ui.figure_matrix"), desc, inner, *labels)
    more = len(rows) - len(shown)
    return found + el("p", voice.say("ui.figure_matrix_more", n=more), class_="note") if more else found


def _head(key: str, name: str, x: float) -> Markup:
    own = key not in (OTHERS, UNKNOWN)
    tip = el("title", shorten(visible(name), 200))
    class_ = "letter" if own else "tick"
    return el("text", key if own else name, tip, x=pct(x), y=16, class_=class_, text_anchor="middle")


def _cells(row: LeakRow, columns: Sequence[str], letters: Mapping[str, str], y: float, voice: Voice) -> list[str]:
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


def _empty(row: LeakRow, y: float, voice: Voice) -> Markup:
    reason = voice.note(row.missing) if row.missing else voice.say("missing.not_in_ledger")
    return el("rect", x=0, y=y + 1, width="100%", height=_CELL - 2, class_="void") + el(
        "text", shorten(reason, 34), x=0, dx=8, y=y + 15, class_="tick"
    )
