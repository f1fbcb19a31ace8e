"""How long sites take, drawn: the share that is still there, day by day, and each site's median with its interval.

SVG, readable as it is and without a script; the same stands in the table beside it.
"""

from collections.abc import Callable, Sequence

from markupsafe import Markup

from wayseal.market.removals import TimesToRemoval
from wayseal.page.svg import el, pct, picture

Say = Callable[..., str]
_TALL, _ROOM, _FOOT = 132.0, 10.0, 22.0
_TICKS = (1, 2, 5, 7, 14, 28, 56, 91, 182, 364, 728)
_MOST_TICKS = 7
_LANE = 18.0


def draw_left(times: TimesToRemoval, say: Say) -> Markup:
    """The share of all requests that is still there, by days since it was asked for, with its 95 % band."""
    end = max(times.watched, 1.0)
    parts: list[str] = []
    at, left, low, high = 0.0, 1.0, 1.0, 1.0
    line: list[str] = []
    for step in (*times.steps, None):
        until = end if step is None else step.days
        x, wide = pct(at / end), pct((until - at) / end)
        if high > low:
            tall = _height(low) - _height(high)
            parts.append(el("rect", x=x, y=_height(high), width=wide, height=tall, class_="band"))
        tip = el("title", say("market.left_tip", share=f"{left:.0%}", days=f"{at:.1f}"))
        line.append(el("line", tip, x1=x, x2=pct(until / end), y1=_height(left), y2=_height(left), class_="still"))
        if step is not None:
            down = pct(until / end)
            line.append(el("line", x1=down, x2=down, y1=_height(left), y2=_height(step.left), class_="still"))
            at, left, low, high = step.days, step.left, min(step.low, step.left), step.high
    for share in (1.0, 0.5, 0.0):
        y, half = _height(share), share == 0.5
        parts.append(el("line", x1="0%", x2="100%", y1=y, y2=y, class_="half" if half else "base"))
        above = y + 13 if share == 1.0 else y - 4
        parts.append(el("text", f"{share:.0%}", x="100%", y=above, class_="tick", text_anchor="end"))
    parts += line
    if times.median is not None:
        tip = el("title", say("market.median_tip", days=f"{times.median:.1f}"))
        parts.append(el("circle", tip, cx=pct(times.median / end), cy=_height(0.5), r=4.5, class_="middle"))
    parts += _days(end, _height(0.0) + 16, say)
    return picture("left", _TALL + _ROOM + _FOOT, say("market.left"), say("market.left_desc"), *parts)


def _height(share: float) -> float:
    return _ROOM + _TALL * (1.0 - share)


def _days(end: float, y: float, say: Say) -> list[str]:
    """Names of days along the foot, as many as have room."""
    step = next((one for one in _TICKS if end / one <= _MOST_TICKS), _TICKS[-1])
    names: list[str] = [el("text", say("market.day_0"), x="0%", y=y, class_="tick")]
    for day in range(step, int(end) + 1, step):
        if day / end < 0.97:
            odd = " rare" if (day // step) % 2 else ""
            names.append(el("text", f"{day}", x=pct(day / end), y=y, class_=f"tick{odd}", text_anchor="middle"))
    return names


def longest(sites: Sequence[TimesToRemoval]) -> float:
    """Days that lanes of sites reach to."""
    ends = [one.high if one.high is not None else one.watched for one in sites]
    return max((*ends, 1.0))


def draw_span(times: TimesToRemoval, end: float) -> Markup:
    """A site's median, and its interval; dotted where it has no end yet."""
    parts: list[str] = [el("line", x1="0%", x2="100%", y1=_LANE - 1, y2=_LANE - 1, class_="grid")]
    if times.low is not None:
        x1 = pct(times.low / end)
        until = "100%" if times.high is None else pct(times.high / end)
        parts.append(el("line", x1=x1, x2=until, y1=9, y2=9, class_="open-end" if times.high is None else "span"))
    if times.median is not None:
        parts.append(el("circle", cx=pct(times.median / end), cy=9, r=4.5, class_="middle"))
    return el("svg", *parts, class_="lane-picture removal", width="100%", height=_LANE, aria_hidden="true")
