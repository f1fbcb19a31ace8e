"""Chao's lower bound: how many numbers there are at least, whatever their chances of being caught.

1. From how many were caught by exactly one list (f₁) and by exactly two (f₂) of t: n + (t−1)/t · f₁(f₁−1) / 2(f₂+1),
   the bias-corrected form (Chao 1987, 2005). Where chances differ it falls short on average, never long.
2. It is a bound also where lists depend on each other positively; where they avoid each other it may overstate.
"""

from wayseal.trace.extent._estimate import Estimate, log_normal


def chao(seen: int, once: int, twice: int, lists: int) -> Estimate:
    """The bound and its log-normal interval (variance: Colwell's, as in EstimateS). lists: t, at least 2."""
    a = (lists - 1) / lists
    f1, f2 = float(once), float(twice)
    value = seen + a * f1 * (f1 - 1) / (2 * (f2 + 1))
    if twice:
        variance = (
            a * f1 * (f1 - 1) / (2 * (f2 + 1))
            + a**2 * f1 * (2 * f1 - 1) ** 2 / (4 * (f2 + 1) ** 2)
            + a**2 * f1**2 * f2 * (f1 - 1) ** 2 / (4 * (f2 + 1) ** 4)
        )
    else:
        variance = a * f1 * (f1 - 1) / 2 + a**2 * f1 * (2 * f1 - 1) ** 2 / 4 - a**2 * f1**4 / (4 * max(value, 1.0))
    return log_normal(seen, value, max(variance, 0.0))
