"""A Poisson regression of a few dozen cells: Newton's method, that is, iteratively reweighted least squares."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEPS = 60
_CLOSE = 1e-9
_SMALL = 1e-8


def fit_poisson(design: Floats, count: Floats, start: Floats | None = None) -> Floats | None:
    """Coefficients of log μ = design · β; None where the likelihood has no finite maximum.

    design: [cells, p] of full rank; count: [cells], not negative, not all 0, whole or not. start: where to begin.
    """
    total = float(count.sum())
    if total <= 0:
        return None
    beta = np.asarray(
        np.linalg.lstsq(design, np.log(count + 0.5), rcond=None)[0] if start is None else start, np.float64
    )
    before = -np.inf
    for _ in range(STEPS):
        eta = np.clip(design @ beta, -40.0, 40.0)
        mu = np.exp(eta)
        here = float(count @ eta - mu.sum())
        gradient = design.T @ (count - mu)
        if abs(here - before) <= _CLOSE * (1.0 + abs(here)) and np.abs(gradient).max() <= 1e-5 * (1.0 + total):
            return beta if _inside(design, mu) else None
        before = here
        beta = _step(design, count, mu, beta, gradient, here)
    return None


def _step(design: Floats, count: Floats, mu: Floats, beta: Floats, gradient: Floats, here: float) -> Floats:
    """One Newton step, halved until the likelihood doesn't fall."""
    weighted = design * mu[:, None]
    direction = np.linalg.lstsq(design.T @ weighted, gradient, rcond=None)[0]
    size = 1.0
    while size > _SMALL:
        ahead = beta + size * direction
        eta = design @ ahead
        if eta.max() < 40.0 and float(count @ eta - np.exp(eta).sum()) >= here - 1e-12 * abs(here):
            return np.asarray(ahead, np.float64)
        size /= 2
    return beta


def _inside(design: Floats, mu: Floats) -> bool:
    """Whether the maximum is in the open: no direction in which the likelihood is flat."""
    information = design.T @ (design * mu[:, None])
    scale = np.sqrt(np.maximum(np.diag(information), 1e-300))
    least = np.linalg.eigvalsh(information / np.outer(scale, scale))[0]
    return bool(least > 1e-7 and scale.min() > 1e-2)
