"""Where bars lie: strips of a picture whose brightness changes along one direction alone, each as one line across.

1. A strip is looked for by what it is as a whole: blocks whose gradients agree in direction, side by side. It goes on
   as far as there is print, so that what a scratch crosses belongs to it.
2. Lines across it are laid over one another before their mean is taken: each is moved, differently from end to end,
   until it fits those before it. So a strip may be seen askew, and lie on a bag that isn't flat.
3. Darkness is told against the paper around. What differs from most lines at a place, as a scratch does, counts little.
4. Either half of the lines has a mean of its own, by which a reading can be confirmed that has no check.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wayseal.market.pictures._corners import Floats, look_up

STEP = 0.5
"""Pixels between a line's samples."""
_BLOCK = 8
"""Pixels a side of the blocks whose gradients are summed; directions are told of three by three of them."""
_AGREED = 0.62
"""Share of the gradients that lies in one direction."""
_STRONG, _FAINT = 2.5, 0.1
"""Steps of brightness a pixel that count as print, and the share of the strongest print's."""
_APART = 0.22
"""Radians between neighbours' directions that are still one strip's."""
_FEWEST = 8
"""Blocks of a strip."""
_ACROSS, _ALONG = 70.0, 9.0
"""Pixels across and along the bars of the least strip that can be read."""
_MOST = 6
_EMPTY = 0.12
"""Share of a strip's own gradients below which there is paper."""
_BANDS = 24
_PAPER = 60
"""Pixels to either side within which there is paper somewhere."""
_STEPS = 3

Steps = NDArray[np.complex128]


class Strip(NamedTuple):
    """A rectangle in pixels: its middle, the unit step across its bars, and half its sides across and along them.

    seen: pixels in which gradients agree.
    """

    x: float
    y: float
    across: tuple[float, float]
    reach: float
    high: float
    seen: float

    @property
    def margin(self) -> float:
        """Samples that its line has beyond either end."""
        return (14 + 0.07 * self.reach) / STEP


class Lines(NamedTuple):
    """How dark it is across a strip, `STEP` pixels apart: about 0 on paper, 1 where it is black."""

    whole: Floats
    halves: tuple[Floats, Floats]


def find_strips(grey: Floats) -> list[Strip]:
    """Where bars may lie, likeliest first (rule 1).

    Args:
        grey: Shape (height, width), evenly lit, 0 is black and 255 white.

    Returns:
        At most `_MOST`, each another one.
    """
    strips = []
    for level in (1, 2):
        height, width = grey.shape[0] // level, grey.shape[1] // level
        if min(height, width) >= 4 * _BLOCK:
            small = grey[: height * level, : width * level].reshape(height, level, width, level).mean((1, 3))
            found = _find_on_level(small)
            strips += [
                Strip(s.x * level, s.y * level, s.across, s.reach * level, s.high * level, s.seen * level**2)
                for s in found
            ]
    large = [strip for strip in strips if 2 * strip.reach >= _ACROSS and 2 * strip.high >= _ALONG]
    kept: list[Strip] = []
    for strip in sorted(large, key=_rank, reverse=True):
        if not any(_is_like(strip, other) for other in kept):
            kept.append(strip)
    return kept[:_MOST]


def _find_on_level(grey: Floats) -> list[Strip]:
    """Strips whose bars are neither much narrower nor much wider than blocks."""
    steps, strength = _sum_gradients(grey)
    clear = strength - float(np.median(strength - np.abs(steps)))
    strong = max(_STRONG**2, _FAINT * float(np.quantile(clear, 0.95)))
    seen = (clear > strong) & (np.abs(steps) > _AGREED * clear)
    strips = [_enclose(part, steps) for part in _connect(seen, np.angle(steps) / 2)]
    return [_lengthen(strip, strength) for strip in strips if 3 * strip.reach > _ACROSS]


def read_lines_across(grey: Floats, strip: Strip) -> Lines:
    """The mean of all lines across a strip's bars (rules 2 to 4).

    Args:
        grey: As for `find_strips`.
        strip: Where.

    Returns:
        The lines, `Strip.margin` longer at either end.
    """
    laid = _lay_over(_tell_darkness(_cut_out(grey, strip)))
    half = len(laid) // 2
    return Lines(_mean(laid), (_mean(laid[:half]), _mean(laid[half:])))


def _sum_gradients(grey: Floats) -> tuple[Steps, Floats]:
    """Of each block: gradients summed as complex numbers at twice their angle, so that both sides of a bar agree."""
    soft = grey[1:-1, 1:-1] * 0.5 + 0.125 * (grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:])
    right, down = (soft[1:-1, 2:] - soft[1:-1, :-2]) / 2, (soft[2:, 1:-1] - soft[:-2, 1:-1]) / 2
    rows, columns = right.shape[0] // _BLOCK, right.shape[1] // _BLOCK

    def total(values: Floats) -> Floats:
        cut = values[: rows * _BLOCK, : columns * _BLOCK]
        means = np.pad(cut.reshape(rows, _BLOCK, columns, _BLOCK).mean((1, 3)), 1, mode="edge")
        means = means[:-2] + means[1:-1] + means[2:]
        around: Floats = (means[:, :-2] + means[:, 1:-1] + means[:, 2:]) / 9
        return around

    across, along, both = total(right * right), total(down * down), total(right * down)
    return across - along + 2j * both, across + along


def _connect(seen: NDArray[np.bool_], angles: Floats) -> list[NDArray[np.intp]]:
    """Blocks (row, column) that hang together and whose directions change little from one to the next."""
    height, width = seen.shape
    left, turns = seen.ravel().tolist(), angles.ravel().tolist()
    parts = []
    for start in np.flatnonzero(seen).tolist():
        if not left[start]:
            continue
        left[start], part, done = False, [start], 0
        while done < len(part):
            here = part[done]
            done += 1
            column = here % width
            for there, inside in (
                (here - width, here >= width),
                (here + width, here < (height - 1) * width),
                (here - 1, column > 0),
                (here + 1, column < width - 1),
            ):
                if inside and left[there]:
                    turn = (turns[there] - turns[here] + np.pi / 2) % np.pi - np.pi / 2
                    if abs(turn) < _APART:
                        left[there] = False
                        part.append(there)
        if len(part) >= _FEWEST:
            parts.append(np.stack(np.divmod(np.array(part), width), 1))
    return parts


def _enclose(part: NDArray[np.intp], steps: Steps) -> Strip:
    """The rectangle around blocks, as most of their gradients point."""
    turn = float(np.angle(steps[part[:, 0], part[:, 1]].sum())) / 2
    across = np.array([np.cos(turn), np.sin(turn)])
    along = np.array([-across[1], across[0]])
    places = (part[:, ::-1] + 0.5) * _BLOCK + 2
    (u0, u1), (v0, v1) = np.quantile(places @ across, [0.005, 0.995]), np.quantile(places @ along, [0.04, 0.96])
    x, y = (u0 + u1) / 2 * across + (v0 + v1) / 2 * along
    reach, high = (u1 - u0) / 2 + _BLOCK / 2, (v1 - v0) / 2 + _BLOCK / 2
    return Strip(
        float(x),
        float(y),
        (float(across[0]), float(across[1])),
        float(reach),
        float(high),
        float(len(part) * _BLOCK**2),
    )


def _lengthen(strip: Strip, strength: Floats) -> Strip:
    """As far as there is print along it."""
    (cx, cy), high = strip.across, max(strip.high - _BLOCK, 1.0)
    v = np.linspace(-high, high, max(int(2 * high / _BLOCK), 2))
    height, width = strength.shape

    def tell_print(u: Floats) -> Floats:
        columns = np.floor((strip.x + u[:, None] * cx - v * cy) / _BLOCK).astype(np.intp)
        rows = np.floor((strip.y + u[:, None] * cy + v * cx) / _BLOCK).astype(np.intp)
        inside = (rows >= 0) & (columns >= 0) & (rows < height) & (columns < width)
        there = strength[rows.clip(0, height - 1), columns.clip(0, width - 1)]
        return np.median(np.where(inside, there, 0), 1)

    least = _EMPTY * float(np.median(tell_print(np.arange(-strip.reach, strip.reach, _BLOCK / 2))))
    beyond = strip.reach - _BLOCK + np.arange(0, 4 * strip.reach, _BLOCK / 2)
    before, behind = (
        float(beyond[empty[0]]) if len(empty := np.flatnonzero(tell_print(way * beyond) < least)) else strip.reach
        for way in (-1, 1)
    )
    off = (behind - before) / 2
    return strip._replace(x=strip.x + off * cx, y=strip.y + off * cy, reach=(before + behind) / 2)


def _rank(strip: Strip) -> float:
    """Long ones first, and of those the fuller."""
    return strip.reach * min(strip.high, 30.0) * min(strip.seen / (4 * strip.reach * strip.high), 1.0)


def _is_like(strip: Strip, other: Strip) -> bool:
    """Whether a strip is another once more, or a piece of it."""
    (cx, cy), dx, dy = other.across, strip.x - other.x, strip.y - other.y
    along, beside = abs(dx * cx + dy * cy), abs(dy * cx - dx * cy)
    turned = abs(strip.across[0] * cx + strip.across[1] * cy) > 0.95
    high = 0.5 * other.high < strip.high < 1.6 * other.high
    return turned and high and along + 0.8 * strip.reach < other.reach and beside < 0.7 * other.high


def _cut_out(grey: Floats, strip: Strip) -> Floats:
    """Lines across a strip, each the mean of those next to it, from one end of its bars to the other."""
    half, high = strip.reach + strip.margin * STEP, max(strip.high - 3, 2.0)
    count = int(min(_BANDS, max(high, 4)))
    each = max(round(2 * high / count), 1)
    u = np.arange(-half, half, STEP)
    v = ((np.arange(count * each) + 0.5) / (count * each) * 2 * high - high)[:, None]
    (cx, cy) = strip.across
    seen = look_up(grey, strip.x + u * cx - v * cy, strip.y + u * cy + v * cx)
    lines: Floats = seen.reshape(count, each, -1).mean(1)
    return lines


def _tell_darkness(lines: Floats) -> Floats:
    """What is missing to the brightness of the paper around, as a share of it."""
    reach, every = int(_PAPER / STEP), 8
    padded = np.pad(lines, ((0, 0), (reach, reach)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded[:, ::every], 2 * reach // every + 1, 1)
    bright = np.quantile(windows, 0.92, axis=2)
    soft = np.pad(bright, ((0, 0), (reach // every, reach // every)), mode="edge")
    soft = np.lib.stride_tricks.sliding_window_view(soft, 2 * (reach // every) + 1, 1).mean(2)
    at = np.arange(lines.shape[1]) / every
    paper = np.array([np.interp(at, np.arange(soft.shape[1]), row) for row in soft])
    dark: Floats = 1 - lines / np.maximum(paper, 8)
    return dark


def _lay_over(lines: Floats) -> Floats:
    """Lines, each moved to where it fits those before it, from the middle outwards (rule 2)."""
    count, length = lines.shape
    at = np.arange(length, dtype=np.float64)
    knots = np.linspace(0, length - 1, 5)
    hats = np.array([np.interp(at, knots, row) for row in np.eye(len(knots))])
    middle = count // 2
    laid = lines.copy()
    for order in (range(middle + 1, count), range(middle - 1, -1, -1)):
        off, trend = np.zeros(len(knots)), np.zeros(len(knots))
        mean = lines[middle]
        for n in order:
            before, off = off, _fit_line(lines[n], mean, hats, off + trend)
            trend = 0.5 * (trend + off - before)
            laid[n] = np.interp(at + off @ hats, at, lines[n])
            # Of lines far away less is known of how they lie: those nearby count most.
            share = max(1 / (abs(n - middle) + 1), 0.1)
            mean = (1 - share) * mean + share * laid[n]
    return laid


def _fit_line(line: Floats, goal: Floats, hats: Floats, start: Floats) -> Floats:
    """How far a line lies off, at some points of it, in samples."""
    at = np.arange(len(line), dtype=np.float64)
    rows = hats * np.gradient(goal)
    held = 0.045 * float((rows**2).sum()) / len(hats) * np.eye(len(hats))
    turned = np.linalg.inv(rows @ rows.T + held)
    middle = goal - goal.mean()
    strong = max(float(middle @ middle), 1e-9)
    off = start
    for _ in range(_STEPS):
        moved = np.interp(at + off @ hats, at, line)
        contrast = max(float(middle @ moved) / strong, 0.2)
        more = (moved - moved.mean()) / contrast - middle
        off = off - np.clip(turned @ (rows @ more + held @ (off - start)), -3, 3)
    return off


def _mean(lines: Floats) -> Floats:
    """Of each sample what most lines say (rule 3)."""
    far = np.abs(lines - np.median(lines, 0))
    weights = 1 / (1 + (far / (2.5 * np.median(far, 0) + 0.04)) ** 4)
    mean: Floats = (lines * weights).sum(0) / weights.sum(0)
    return mean
