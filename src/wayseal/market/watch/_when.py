"""When what is gone is looked at again (rule 3)."""

from wayseal.model.times import HOUR_US

DAY = 24 * HOUR_US
YEAR = 365 * DAY
_AFTER = tuple(HOUR_US * hours for hours in (1, 3, 6, 12, 24)) + tuple(DAY * days for days in (2, 3, 5, 7))
_WEEKLY_UNTIL, _WEEK, _MONTH = 56 * DAY, 7 * DAY, 30 * DAY
_JITTER = 0.1


def next_look(gone_at: int, now: int, drawn: float) -> int | None:
    """When to look again for what went.

    Args:
        gone_at: Since when it is gone (µs).
        now: The time (µs).
        drawn: Chance, from 0 to 1: looks come up to a tenth later.

    Returns:
        The time (µs); None: a year is over.
    """
    for after in (*_AFTER, *range(_AFTER[-1] + _WEEK, _WEEKLY_UNTIL, _WEEK), *range(_WEEKLY_UNTIL, YEAR + 1, _MONTH)):
        at = gone_at + int(after * (1 + _JITTER * drawn))
        if at > now:
            return at
    return None
