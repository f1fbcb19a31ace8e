"""When a case is worth acting on: what a company has to decide, and what it gets without deciding."""

WORTH = 0.5
"""A score from which on a case is worth acting on, whatever is lost by it."""
FALSE_ALARM = 100.0
"""The cost of a false alarm unless policy says: as much as so many parcels lost a day."""
FALSE_ALARM_VARIABLE = "WAYSEAL_FALSE_ALARM"
"""Of the environment: what it costs by policy, for commands and console alike."""


def expected_loss(score: float, parcels_a_day: float) -> float:
    """Parcels a day that one has to expect are lost by a case: by this cases are in order.

    Args:
        score: Probability that it is right.
        parcels_a_day: Parcels a day lost by it if it is; 0 where nobody knows how many.

    Returns:
        score * parcels_a_day. Where nobody knows (a listing, a canary, a mandate) as if it were what a false alarm
        costs by default: then what is likelier than not is worth acting on, and nothing else.
    """
    return score * (parcels_a_day or FALSE_ALARM)


def is_worth(score: float, parcels_a_day: float, false_alarm: float) -> bool:
    """Tell if a case is worth acting on: more is expected to be lost by it than a false alarm costs, or it is likely.

    Args:
        score: Probability that it is right.
        parcels_a_day: Parcels a day lost by it if it is.
        false_alarm: What a false alarm costs, in parcels a day.

    Returns:
        Whether it is.
    """
    return round(score, 6) >= WORTH or score * parcels_a_day >= (1.0 - score) * false_alarm
