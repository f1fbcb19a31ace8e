"""The chart of what stages cost: bars of seconds on a scale of powers of ten, one row a stage, one bar a size."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from wayseal.page.svg import el

INGEST_STAGES = ("digest", "read", "settle", "merge", "commit", "clean")
_COLOURS = ("#9ecae1", "#4292c6", "#08519c")
_LEFT, _WIDTH, _BAR, _GAP = 130, 560, 11, 10
_LEAST, _MOST = 0.01, 10_000.0


@dataclass(slots=True, kw_only=True)
class Size:
    """What was measured at one size.

    ingest: seconds by stage (`wall`, `cpu`), `accesses`, `bytes` on disk, `peak` GB. stages: of a trace, median
    seconds. trace, semi_join: (seconds, peak GB) of each run.
    """

    ingest: dict[str, Any]
    stages: dict[str, float] = field(default_factory=dict)
    trace: list[tuple[float, float]] = field(default_factory=list)
    semi_join: list[tuple[float, float]] = field(default_factory=list)


def middle(runs: Sequence[tuple[float, float]]) -> float:
    """Median of the runs' seconds."""
    return statistics.median(wall for wall, _ in runs)


def draw(sizes: Mapping[int, Size]) -> str:
    """One SVG; sizes by accesses, at most three."""
    order = sorted(sizes)
    of = [sizes[n] for n in order]
    rows: list[tuple[str, list[float | None]]] = [
        (f"ingest: {name}, CPU", [s.ingest["cpu"].get(name, 0.0) if s.ingest["cpu"] else None for s in of])
        for name in INGEST_STAGES
    ]
    rows += [(f"trace: {name}", [s.stages[name] for s in of]) for name in of[0].stages]
    rows += [("whole trace", [middle(s.trace) for s in of]), ("bare semi-join", [middle(s.semi_join) for s in of])]
    return _picture(order, rows)


def _picture(sizes: Sequence[int], rows: Sequence[tuple[str, Sequence[float | None]]]) -> str:
    body, y = [], 44.0
    for name, costs in rows:
        body.append(el("text", name, x=_LEFT - 8, y=y + _BAR * len(sizes) / 2 + 4, text_anchor="end"))
        for colour, cost in zip(_COLOURS, costs, strict=False):
            width, said = (0.0, "not measured") if cost is None else (_place(cost), _said(cost))
            body.append(el("rect", x=_LEFT, y=y, width=width, height=_BAR - 2, fill=colour))
            body.append(el("text", said, x=_LEFT + width + 4, y=y + _BAR - 3, font_size=9))
            y += _BAR
        y += _GAP
    return str(
        el(
            "svg",
            el("title", "Seconds by stage of an ingest and a trace"),
            el("rect", width=_LEFT + _WIDTH + 60, height=y + 10, fill="#ffffff"),
            *_head(sizes, y),
            *body,
            xmlns="http://www.w3.org/2000/svg", width=_LEFT + _WIDTH + 60, height=y + 10,
            font_family="sans-serif", font_size=12,
        )
    ) + "\n"  # fmt: skip


def _head(sizes: Sequence[int], height: float) -> list[Markup]:
    """Legend and lines of the scale."""
    out = []
    for n, (size, colour) in enumerate(zip(sizes, _COLOURS, strict=False)):
        out.append(el("rect", x=_LEFT + 170 * n, y=8, width=12, height=12, fill=colour))
        out.append(el("text", f"{size:,} reads", x=_LEFT + 170 * n + 17, y=18))
    for power in range(round(math.log10(_LEAST)), round(math.log10(_MOST)) + 1):
        x = _LEFT + _place(10.0**power)
        out.append(el("line", x1=x, x2=x, y1=38, y2=height - 4, stroke="#dddddd"))
        out.append(el("text", f"{10.0**power:g} s", x=x, y=36, font_size=9, text_anchor="middle"))
    return out


def _place(seconds: float) -> float:
    part = math.log(max(seconds, _LEAST) / _LEAST) / math.log(_MOST / _LEAST)
    return _WIDTH * min(part, 1.0)


def _said(seconds: float) -> str:
    return "0" if seconds < _LEAST else f"{seconds:,.0f} s" if seconds >= 100 else f"{seconds:.3g} s"
