"""Numbers, shares, lengths of time and moments as people write them. All functions are total: nothing raises."""

import math
from datetime import UTC, datetime, timedelta

from wayseal.model import times

DASH = "–"


def percent(probability: float, *, keep: bool = False) -> str:
    """A probability in percent. Never 100 % or 0 %: a sampler can't know either. keep: see `share`."""
    if not math.isfinite(probability):
        return DASH
    if probability >= 0.9995:
        return ">99.9%"
    return "<0.1%" if probability < 0.0005 else share(probability, keep=keep)


def share(value: float, *, keep: bool = False) -> str:
    """A share in percent with one decimal; .0 is dropped unless `keep` asks for columns that align."""
    if not math.isfinite(value):
        return DASH
    if 0 < value < 0.0005:
        return "<0.1%"
    text = f"{100 * value:.1f}"
    return (text if keep else text.removesuffix(".0")) + "%"


def expected(value: float) -> str:
    """An expected count: the smaller, the more digits, down to <0.01."""
    if not math.isfinite(value):
        return DASH
    if value >= 9.95:
        return f"{value:,.0f}"
    if value >= 0.095 or value <= 0:
        return f"{max(value, 0.0):.1f}".removesuffix(".0")
    return f"{value:.2f}" if value >= 0.01 else "<0.01"


def p_value(value: float) -> str:
    """A p-value with two digits that matter."""
    if not math.isfinite(value):
        return DASH
    if value < 0.0001:
        return "<0.0001"
    return f"{value:.2g}" if value < 0.1 else f"{value:.2f}"


def two_digits(value: float) -> str:
    """`value` ≥ 0 with two digits that matter and no exponent."""
    if value >= 9.95:
        return f"{float(f'{value:.2g}'):,.0f}"
    return f"{value:.1f}".removesuffix(".0")


def ratio(log10: float, scales: list[str]) -> str:
    """A likelihood ratio in words, from its logarithm: 6.8 → "6.3 million" or "630 万".

    scales: four names for thousands (10³, 10⁶, 10⁹, 10¹²) or three for Chinese myriads (10⁴, 10⁸, 10¹²).
    """
    if not math.isfinite(log10):
        return DASH
    step, gap = (3, "") if len(scales) == 4 else (4, " ")
    if log10 < 0:
        return (f"{10**log10:.2g}" if log10 >= -2 else "<0.01") + gap
    power = min(int(log10 + 0.01) // step, len(scales))
    text = two_digits(10.0 ** min(log10 - step * power, 6))
    if power:
        return f"{text} {scales[power - 1]}"
    return text + gap


def parse(moment: str) -> datetime | None:
    """A moment of ISO 8601, taken as UTC where it has no offset; None if it isn't one."""
    try:
        found = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def clock(moment: datetime, *, seconds: bool = False) -> str:
    """A moment on the clock of people, to the minute or the second."""
    try:
        return moment.astimezone(times.clock()).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")
    except (OverflowError, ValueError):
        return DASH


def before(moment: datetime | None, hours: float) -> datetime | None:
    """The moment `hours` earlier; None where that can't be said."""
    if moment is None or not math.isfinite(hours):
        return None
    try:
        return moment - timedelta(hours=hours)
    except OverflowError:
        return None
