"""The market's weeks drawn, as pages and reports show them: offers by kind, prices by unit, freshness.

SVG, readable as it is and without a script; beside each picture stands a table. Colours are those of the page's
pictures.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from wayseal.market.log.views import Week
from wayseal.market.types import FLAGS
from wayseal.model.messages import N_
from wayseal.page.svg import el, pct, picture

Say = Callable[..., str]
Day = Callable[[int], str]
_TALL, _PRICES, _FOOT = 150.0, 74.0, 22.0
FRESH = ("realtime", "same_day", "history")
DRAWN_TEXTS: Mapping[str, str] = {
    "market.backs": N_("Come-backs"),
    "market.weeks": N_("The market's weeks"),
    "market.weeks_desc": N_("New offers of kinds that somebody is to look at, by week; the highest week has {top}."),
    "market.fresh_desc": N_("Of new offers that say it, by week, in shares."),
    "market.prices_desc": N_(
        "In yuan for one: the line is the median, the grey bar the middle half of what was asked."
    ),
    "market.freshness": N_("Freshness"),
    "market_kind.waybill": N_("Waybills"),
    "market_kind.personal": N_("Personal data"),
    "market_kind.insider": N_("Seeks insiders"),
    "market_kind.empty_parcels": N_("Empty parcels"),
    "market_unit.number": N_("A number"),
    "market_unit.label": N_("A label"),
    "market_unit.record": N_("A record"),
    "market_unit.parcel": N_("A parcel"),
    "market_unit.lookup": N_("A look-up"),
    "market_unit.none": N_("For something unsaid"),
    "market_fresh.realtime": N_("live"),
    "market_fresh.same_day": N_("same day"),
    "market_fresh.history": N_("old stock"),
}
"""What pictures say, under codes that pages and reports have as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Prices of a unit in a week. count: how many were said."""

    low: float
    middle: float
    high: float
    count: int


def spread(prices: Sequence[float]) -> Spread | None:
    """Median and quartiles of prices that are sorted; None: there are none."""
    if not prices:
        return None

    def at(share: float) -> float:
        place = share * (len(prices) - 1)
        below = math.floor(place)
        above = min(below + 1, len(prices) - 1)
        return prices[below] + (place - below) * (prices[above] - prices[below])

    return Spread(low=at(0.25), middle=at(0.5), high=at(0.75), count=len(prices))


def draw_weeks(weeks: Sequence[Week], day: Day, say: Say) -> Markup:
    """Offers of kinds that somebody is to look at, week by week, and sellers who were back."""
    top = max((sum(week.offers.get(kind, 0) for kind in FLAGS) for week in weeks), default=0) or 1
    wide = 1 / max(len(weeks), 1)
    parts: list[str] = [el("line", x1="0%", x2="100%", y1=_TALL, y2=_TALL, class_="base")]
    for place, week in enumerate(weeks):
        parts += _column(week, place * wide, wide, top, day, say)
        parts.append(_week_name(week, place, wide, day, _TALL + 16))
        if week.backs:
            tip = el("title", f"{day(week.at)} · {say('market.backs')} {week.backs}")
            parts.append(el("circle", tip, cx=pct((place + 0.5) * wide), cy=7, r=4.5, class_="back"))
    return picture("weeks", _TALL + _FOOT, say("market.weeks"), say("market.weeks_desc", top=f"{top:,}"), *parts)


def _column(week: Week, x: float, wide: float, top: int, day: Day, say: Say) -> list[str]:
    """A week's offers, kinds on top of one another, how many above."""
    room, y = _TALL - 34, _TALL
    parts: list[str] = []
    for kind in FLAGS:
        count = week.offers.get(kind, 0)
        if count:
            height = room * count / top
            y -= height
            tip = el("title", f"{day(week.at)} · {say(f'market_kind.{kind}')} {count:,}")
            parts.append(
                el("rect", tip, x=pct(x + 0.14 * wide), y=y, width=pct(0.72 * wide), height=height, class_=f"of {kind}")
            )
    total = sum(week.offers.get(kind, 0) for kind in FLAGS)
    if total:
        parts.append(el("text", f"{total:,}", x=pct(x + wide / 2), y=y - 5, class_="tick", text_anchor="middle"))
    return parts


def _week_name(week: Week, place: int, wide: float, day: Day, y: float) -> Markup:
    return el(
        "text", day(week.at), x=pct((place + 0.5) * wide), y=y, text_anchor="middle",
        class_="tick rare" if place % 3 else "tick",
    )  # fmt: skip


def units_of(weeks: Sequence[Week]) -> list[str]:
    """Units for which prices were said, those with the most first."""
    counts: dict[str, int] = {}
    for week in weeks:
        for unit, prices in week.prices.items():
            counts[unit] = counts.get(unit, 0) + len(prices)
    return sorted(counts, key=lambda unit: (-counts[unit], unit))


def routes_of(weeks: Sequence[Week]) -> list[tuple[tuple[str, str], int]]:
    """Routes that offers name, those that are named most first; "" where an end is left open."""
    counts: dict[str, int] = {}
    for week in weeks:
        for route, count in week.routes:
            counts[route] = counts.get(route, 0) + count
    best = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return [((route.partition("→")[0], route.partition("→")[2]), count) for route, count in best]


def draw_prices(weeks: Sequence[Week], unit: str, day: Day, say: Say) -> Markup:
    """Draw the prices of one of a unit, week by week: the median, and the quartiles around it."""
    found = [spread(week.prices.get(unit, ())) for week in weeks]
    top = max((one.high for one in found if one), default=1.0) * 1.05 or 1.0
    wide = 1 / max(len(weeks), 1)

    def height(yuan: float) -> float:
        return _PRICES - (_PRICES - 20) * yuan / top

    parts: list[str] = [el("line", x1="0%", x2="100%", y1=_PRICES, y2=_PRICES, class_="base")]
    dots: list[str] = []
    last: tuple[float, float] | None = None
    for place, one in enumerate(found):
        if one is None:
            last = None
            continue
        x, y = (place + 0.5) * wide, height(one.middle)
        tip = f"{day(weeks[place].at)} · {_price(one)} · n={one.count}"
        parts.append(_quartiles(x, wide, height(one.low), height(one.high), tip))
        if last is not None:
            dots.append(el("line", x1=pct(last[0]), y1=last[1], x2=pct(x), y2=y, class_="curve"))
        style = "tick" if place % 2 else "tick rare"
        dots.append(el("circle", cx=pct(x), cy=y, r=3, class_="dot lead"))
        dots.append(
            el("text", f"{one.middle:.3g}", x=pct(x), y=height(one.high) - 4, class_=style, text_anchor="middle")
        )
        last = (x, y)
    names = _third_names(weeks, wide, day, _PRICES + 16)
    title = say(f"market_unit.{unit or 'none'}")
    return picture(f"prices-{unit or 'none'}", _PRICES + _FOOT, title, say("market.prices_desc"), *parts, *dots, *names)


def _third_names(weeks: Sequence[Week], wide: float, day: Day, y: float) -> list[Markup]:
    """Each third week's name, where there is no room for all."""
    return [_week_name(weeks[place], place, wide, day, y) for place in range(0, len(weeks), 3)]


def draw_fresh(weeks: Sequence[Week], day: Day, say: Say) -> Markup | None:
    """How fresh goods are said to be, in shares of those offers that say it; None: none says it."""
    if not any(week.freshness for week in weeks):
        return None
    wide = 1 / len(weeks)
    parts: list[str] = [el("line", x1="0%", x2="100%", y1=_PRICES, y2=_PRICES, class_="base")]
    for place, week in enumerate(weeks):
        said, y = sum(week.freshness.values()), _PRICES
        for name in FRESH:
            share = week.freshness.get(name, 0) / said if said else 0.0
            if share:
                height = (_PRICES - 14) * share
                y -= height
                tip = el("title", f"{day(week.at)} · {say(f'market_fresh.{name}')} {share:.0%}")
                x, across = pct((place + 0.2) * wide), pct(0.6 * wide)
                parts.append(el("rect", tip, x=x, y=y, width=across, height=height, class_=f"fresh {name}"))
    names = _third_names(weeks, wide, day, _PRICES + 16)
    title, desc = say("market.freshness"), say("market.fresh_desc")
    return picture("freshness", _PRICES + _FOOT, title, desc, *parts, *names)


def _quartiles(x: float, wide: float, low: float, high: float, tip: str) -> Markup:
    across, tall = pct(0.4 * wide), max(low - high, 1.5)
    return el("rect", el("title", tip), x=pct(x - 0.2 * wide), y=high, width=across, height=tall, class_="half")


def _price(one: Spread) -> str:
    return f"¥{one.middle:.3g} ({one.low:.3g}–{one.high:.3g})"


def price_text(one: Spread | None) -> str:
    """Median and quartiles, for a table."""
    return "–" if one is None else _price(one)
