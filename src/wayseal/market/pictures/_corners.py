"""Where QR codes lie: three corners, each a dark square in a light ring in a dark ring.

1. A corner is looked for by what it is as a whole, not by runs along single lines: the squares' and rings' contrast,
   as a share of all contrast there. So blur, fading and dead dots of a printing head
   weaken it and don't break it.
2. Three corners belong together if they have one size and stand at the ends of a right angle's even arms.
3. Each is then laid under the pattern anew with its own two sides, so that a bag that isn't flat may bend each its way.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FINDER = np.pad(
    np.pad(np.pad(np.full((3, 3), -1.0), 1, constant_values=1), 1, constant_values=-1), 1, constant_values=1
)
"""A corner's nine modules a side with the light ring around it: 1 is light, -1 dark."""
_SIZES = (2.4, 3.0, 3.8, 4.6)
"""Pixels a module on each level of the pyramid, whose levels halve."""
_LEAST = 0.42
_FITTING = 0.55
"""Shares of contrast; other parts of labels have up to .5."""
_MOST = 24
_TRIED = 6
_GIVEN = 2
_FINE = 3
_AT = (np.arange(9 * _FINE) + 0.5) / _FINE - 4.5


class Corner(NamedTuple):
    """A place in pixels, and a module's steps along the code's two sides."""

    x: float
    y: float
    along: tuple[float, float]
    down: tuple[float, float]


class _Spot(NamedTuple):
    fit: float
    x: float
    y: float
    module: float


def find_corners(grey: Floats) -> list[tuple[Corner, Corner, Corner]]:
    """Where codes may lie, likeliest first.

    Args:
        grey: Shape (height, width).

    Returns:
        Upper left, upper right and lower left corner of each, as the code itself stands.
    """
    found: list[tuple[float, tuple[Corner, Corner, Corner]]] = []
    for spots in _triples(_spots(grey)):
        middle, right, below = (np.array([spot.x, spot.y]) for spot in spots)
        module = float(np.mean([spot.module for spot in spots]))
        along, down = ((to - middle) / np.hypot(*(to - middle)) * module for to in (right, below))
        fitted = [_fit(grey, np.array([spot.x, spot.y, *along, *down])) for spot in spots]
        if (worst := min(fit for fit, _ in fitted)) >= _FITTING:
            first, second, third = (Corner(p[0], p[1], (p[2], p[3]), (p[4], p[5])) for _, p in fitted)
            found.append((worst, (first, second, third)))
    return [corners for _, corners in sorted(found, key=lambda one: one[0], reverse=True)[:_GIVEN]]


def look_up(grey: Floats, x: Floats, y: Floats) -> Floats:
    """Brightness at places in pixels, between pixels as their neighbours say."""
    x = np.clip(x - 0.5, 0, grey.shape[1] - 1.001)
    y = np.clip(y - 0.5, 0, grey.shape[0] - 1.001)
    row, column = y.astype(np.intp), x.astype(np.intp)
    dy, dx = y - row, x - column
    upper = grey[row, column] * (1 - dx) + grey[row, column + 1] * dx
    lower = grey[row + 1, column] * (1 - dx) + grey[row + 1, column + 1] * dx
    return upper * (1 - dy) + lower * dy


def _spots(grey: Floats) -> list[_Spot]:
    """Places that look like a corner (rule 1), the best of those that overlap."""
    seen: list[_Spot] = []
    for level in (1, 2, 4):
        height, width = grey.shape[0] // level, grey.shape[1] // level
        if min(height, width) < 40:
            break
        small = grey[: height * level, : width * level].reshape(height, level, width, level).mean((1, 3))
        sums, squares = _sums(small), _sums(small**2)
        for module in _SIZES:
            seen += [_Spot(f, x * level, y * level, module * level) for f, x, y in _likely(sums, squares, module)]
    kept: list[_Spot] = []
    for spot in sorted(seen, reverse=True):
        if not any(_overlap(spot, other) for other in kept):
            kept.append(spot)
        if len(kept) == _MOST:
            break
    return kept


def _overlap(one: _Spot, other: _Spot) -> bool:
    larger, smaller = max(one.module, other.module), min(one.module, other.module)
    return larger < 1.3 * smaller and float(np.hypot(one.x - other.x, one.y - other.y)) < 3 * larger


def _sums(values: Floats) -> Floats:
    return np.pad(values.cumsum(0).cumsum(1), ((1, 0), (1, 0)))


def _likely(sums: Floats, squares: Floats, module: float) -> list[tuple[float, float, float]]:
    """(fit, x, y) of the best place of each small block, where it fits at all."""
    reach = [round((k + 0.5) * module - 0.5) for k in (1, 2, 3, 4)]
    edge = reach[-1]
    if min(sums.shape) < 2 * edge + 2 + 2 * module:
        return []
    core, light, ring, whole = (_box(sums, r, edge) for r in reach)
    areas = [(2 * r + 1) ** 2 for r in reach]
    dark, darks = core + ring - light, areas[0] + areas[2] - areas[1]
    lights = areas[3] - darks
    apart = (whole - dark) / lights - dark / darks
    spread = _box(squares, edge, edge) - whole**2 / areas[3]
    fit = apart * np.sqrt(darks * lights / areas[3]) / np.sqrt(np.maximum(spread, 4 * areas[3]))
    step = int(module)
    rows, columns = fit.shape[0] // step, fit.shape[1] // step
    blocks = fit[: rows * step, : columns * step].reshape(rows, step, columns, step).swapaxes(1, 2)
    flat = blocks.reshape(rows, columns, step * step)
    best = flat.max(2)
    at = flat.argmax(2)
    return [
        (
            float(best[r, c]),
            2.0 * (c * step + at[r, c] % step) + edge + 0.5,
            2.0 * (r * step + at[r, c] // step) + edge + 0.5,
        )
        for r, c in zip(*np.nonzero(best > _LEAST), strict=True)
    ]


def _box(sums: Floats, reach: int, edge: int) -> Floats:
    """Sums over squares around every second pixel that is at least `edge` from all sides."""
    height, width = sums.shape[0] - 1, sums.shape[1] - 1
    upper, lower = slice(edge - reach, height - edge - reach, 2), slice(edge + reach + 1, height - edge + reach + 1, 2)
    left, right = slice(edge - reach, width - edge - reach, 2), slice(edge + reach + 1, width - edge + reach + 1, 2)
    total: Floats = sums[lower, right] - sums[upper, right] - sums[lower, left] + sums[upper, left]
    return total


def _triples(spots: list[_Spot]) -> list[tuple[_Spot, _Spot, _Spot]]:
    """Corners that can be of one code (rule 2), best first."""
    if len(spots) < 3:
        return []
    fit, x, y, size = np.array(spots).T
    a, b, c = np.indices((len(spots),) * 3).reshape(3, -1)
    ax, ay, bx, by = x[b] - x[a], y[b] - y[a], x[c] - x[a], y[c] - y[a]
    one, other = np.hypot(ax, ay) + 1e-6, np.hypot(bx, by) + 1e-6
    slant = np.abs(ax * bx + ay * by) / (one * other)
    arms = np.abs(np.log(one / other))
    sizes = np.log(np.max([size[a], size[b], size[c]], 0) / np.min([size[a], size[b], size[c]], 0))
    modules = 1.5 * (one + other) / (size[a] + size[b] + size[c])
    right = (ax * by > ay * bx) & (slant <= 0.42) & (arms < 0.37) & (sizes < 0.5) & (modules > 11) & (modules < 60)
    worth = np.where(right, fit[a] + fit[b] + fit[c] - 0.8 * slant - 0.8 * arms - 0.3 * sizes, -1)
    best = np.argsort(-worth)[: min(_TRIED, int(right.sum()))]
    return [(spots[a[n]], spots[b[n]], spots[c[n]]) for n in best]


def _fit(grey: Floats, place: Floats) -> tuple[float, Floats]:
    """Moves a corner and its two sides until the pattern fits best (rule 3)."""
    steps = np.array([1, 1, 0.22, 0.22, 0.22, 0.22]) * float(np.hypot(*place[2:4]))
    best = _fits(grey, place)
    for size in (0.5, 0.25, 0.12):
        for _ in range(4):
            before = best
            for part, way in ((part, way) for part in range(6) for way in (1, -1)):
                moved = place.copy()
                moved[part] += way * size * steps[part]
                if (fit := _fits(grey, moved)) > best:
                    best, place = fit, moved
            if best - before < 0.003:
                break
    return best, place


def _fits(grey: Floats, place: Floats) -> float:
    x = place[0] + _AT[None, :] * place[2] + _AT[:, None] * place[4]
    y = place[1] + _AT[None, :] * place[3] + _AT[:, None] * place[5]
    seen = look_up(grey, x, y)
    seen -= seen.mean()
    return float((seen * _PATTERN).sum() / max(float(np.linalg.norm(seen)), 1e-6))


def _unit(pattern: Floats) -> Floats:
    pattern = pattern - pattern.mean()
    return pattern / np.linalg.norm(pattern)


_PATTERN = _unit(np.kron(FINDER, np.ones((_FINE, _FINE))))
