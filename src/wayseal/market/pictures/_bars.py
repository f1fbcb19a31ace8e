"""Code 128 that is too small, soft or pale for single bars, read out of one line across a strip.

1. Where a code begins and ends is told by start and stop, each with the paper before or behind it, at every width of
   modules and under some blurs; whole numbers of characters have to fit between.
2. What a reading says is printed in mind, and compared with what is seen: that tells how it was blurred (whatever the
   blur's form), how far ink has run, where modules lie, and how bright paper and ink are from end to end. Then it is
   read again.
3. A reading counts if its check is right, if it explains the line, and if it is sure (`_code128.py`); else there is
   none.
"""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wayseal.market.pictures._code128 import (
    CHARACTERS,
    FINE,
    REACH,
    STOP,
    STOP_MODULES,
    Blurred,
    draw_characters,
    grow,
    passes_check,
    spell,
)
from wayseal.market.pictures._corners import Floats

SURE = 8.0
"""Log odds from which a reading counts."""
MOST_PLACES = 24
"""Places on a line at which a code is looked for."""
_UNEXPLAINED = 0.2
"""Share of a line's variance that a reading may leave."""
_HOPELESS, _POOR = 0.45, 0.25
"""The same before it was compared with what is seen, and once it was twice."""
_BLURS = (0.45, 0.8, 1.15, 1.5)
"""Standard deviations in modules under which starts and stops are looked for."""
_COARSE = 2
"""Samples a module there."""
_QUIET = 4
"""Modules of paper that belong to a start or stop."""
_SHORTEST, _LONGEST = 6, 40
"""Characters before the stop."""
_LIKE = 0.6
_BOTH_LIKE = 1.55
"""Correlation that makes a start or stop, and of both together."""
_WIDER = 1.03
_ENDS = 64
_TOGETHER, _REFINED = 6, 3
"""Places that are read at a time, and of these so many closely."""
_GROWS = (0.0, -0.015, 0.015)
_ROUNDS = 5
_WIDEST_GAIN = 1.6
"""Samples by which bars may be wider or narrower on either side."""
_CHANGES = 14
"""Changes between light and dark of the line that may be a code, soft as it may be."""


class _Place(NamedTuple):
    """Where a code may lie: its first and last edge in samples of a line, and how its modules grow between."""

    worth: float
    first: float
    last: float
    grows: float
    characters: int
    blur: float

    def samples(self) -> Floats:
        """Where the samples of modules lie, `FINE` each."""
        whole = (11 * self.characters + STOP_MODULES) * FINE
        along = (np.arange(-REACH, whole + REACH) + 0.5) / whole
        return self.first + (self.last - self.first) * (along + self.grows * along * (along - 1))


class _Reading(NamedTuple):
    unexplained: float
    values: list[int]
    line: Floats
    blurred: Blurred
    at: Floats


class _Ends(NamedTuple):
    """Likely starts or stops: correlation, place of the code's edge, width of modules, blur."""

    like: Floats
    edge: Floats
    module: Floats
    blur: Floats


def read_bars(line: Floats, margin: float, places: int = MOST_PLACES) -> str | None:
    """What a line across a strip says.

    Args:
        line: How dark it is, about 0 where there is paper.
        margin: Samples at either end that lie outside the strip.
        places: How many places a code is looked for at, at most.

    Returns:
        The text of a Code 128; None if there is none that is sure (rule 3).
    """
    if len(line) < 2 * margin + 8 or _count_changes(line) < _CHANGES:
        return None
    found = sorted(
        ((place, seen) for seen in (line, line[::-1]) for place in _find_places(seen, len(line) - 2 * margin)),
        key=lambda one: -one[0].worth,
    )
    for first in range(0, min(places, len(found)), _TOGETHER):
        readings = [(_read_first(seen, place), seen) for place, seen in found[first : first + _TOGETHER]]
        # More characters explain anything better: each has to be worth what it takes to say it.
        cost = 8 * np.log(len(CHARACTERS)) / len(line)
        readings.sort(key=lambda one: np.log(max(one[0].unexplained, 1e-6)) + cost * len(one[0].values))
        for reading, seen in readings[:_REFINED]:
            if (sure := _refine(seen, reading)) is not None:
                return spell(sure.values)
    return None


def _count_changes(line: Floats) -> int:
    """How often it turns from lighter to darker or back by a good part of its contrast."""
    low, high = np.quantile(line, [0.05, 0.95])
    step, turns, edge, rising = 0.12 * float(high - low), 0, float(line[0]), True
    for value in line.tolist():
        if (value > edge) == rising:
            edge = value
        elif abs(value - edge) > step:
            turns, edge, rising = turns + 1, value, not rising
    return turns


@cache
def _blurred(deviation: float) -> Blurred:
    return Blurred(_soften(deviation))


def _soften(deviation: float) -> Floats:
    at = np.arange(-REACH, REACH + 1) / FINE
    blur = np.exp(-0.5 * (at / deviation) ** 2)
    soft: Floats = blur / blur.sum()
    return soft


@cache
def _patterns(*, stop: bool) -> Floats:
    """Starts, or the stop, with paper and what is known beyond, under each blur; mean 0, norm 1."""
    paper = np.zeros(_QUIET)
    plain = [np.concatenate([paper, start, [1.0]]) for start in CHARACTERS[103:]]
    if stop:
        plain = [np.concatenate([[0.0], STOP, paper])]
    made = []
    for blur in _BLURS:
        for modules in plain:
            wide = np.repeat(np.pad(modules, 6, mode="edge"), FINE)
            soft = np.convolve(wide, _soften(blur), "same")[6 * FINE : -6 * FINE]
            soft = soft.reshape(-1, FINE // _COARSE).mean(1)
            made.append((soft - soft.mean()) / np.linalg.norm(soft - soft.mean()))
    return np.array(made)


def _find_places(line: Floats, wide: float) -> Iterator[_Place]:
    """Where codes may lie that are read from left to right (rule 1)."""
    least = max(wide / (11 * _LONGEST), 2.2)
    modules = np.exp(np.arange(np.log(least), np.log(max(wide / 60, least * 1.1)), np.log(_WIDER)))
    starts, stops = (_find_ends(line, wide, modules, stop=stop) for stop in (False, True))
    one, other = (part.ravel() for part in np.indices((len(starts.like), len(stops.like))))
    m0, m1 = starts.module[one], stops.module[other]
    long = stops.edge[other] - starts.edge[one]
    exact = (2 * long / (m0 + m1) - STOP_MODULES) / 11
    found: list[_Place] = []
    for count in (np.floor(exact), np.ceil(exact)):
        off = np.abs(np.log(np.maximum(exact * 11 + STOP_MODULES, 1) / np.maximum(count * 11 + STOP_MODULES, 1)))
        uneven = np.abs(np.log(m0 / m1))
        unlike = np.abs(starts.blur[one] - stops.blur[other])
        worth = starts.like[one] + stops.like[other] - 4 * off - 0.5 * uneven - 0.1 * unlike
        fits = (count >= _SHORTEST) & (count <= _LONGEST) & (off < 0.05) & (uneven < 0.25) & (worth > _BOTH_LIKE)
        for n in np.flatnonzero(fits)[np.argsort(-worth[fits])][: 2 * MOST_PLACES]:
            grows = float((m1[n] - m0[n]) / (m0[n] + m1[n]))
            ends = float(starts.edge[one[n]]), float(stops.edge[other[n]])
            blur = float(starts.blur[one[n]] + stops.blur[other[n]]) / 2
            found.append(_Place(float(worth[n]), *ends, grows, int(count[n]), blur))
    kept: list[_Place] = []
    for place in sorted(found, reverse=True):
        if not any(_is_near(place, other) for other in kept):
            kept.append(place)
    yield from kept[:MOST_PLACES]


def _is_near(one: _Place, other: _Place) -> bool:
    module = (one.last - one.first) / (11 * one.characters + STOP_MODULES)
    far = max(abs(one.first - other.first), abs(one.last - other.last))
    return one.characters == other.characters and far < module and abs(one.grows - other.grows) < 0.02


def _find_ends(line: Floats, wide: float, modules: Floats, *, stop: bool) -> _Ends:
    """Likely starts in the first half of a line, or stops in the last."""
    patterns = _patterns(stop=stop)
    long, kinds = patterns.shape[1], len(patterns) // len(_BLURS)
    margin = (len(line) - wide) / 2
    beside = long / _COARSE - _QUIET if stop else _QUIET
    rows = []
    for module in modules:
        step = module / _COARSE
        seen = _sample(line, np.arange(0.5 * step, len(line) - 1, step))
        if len(seen) < long + 4:
            continue
        windows = np.lib.stride_tricks.sliding_window_view(seen, long)
        keep = int(len(windows) * 0.45) + 1
        begin = len(windows) - keep if stop else 0
        windows = windows[begin : begin + keep]
        norms = np.sqrt(long * np.maximum(windows.var(1), 3e-4))
        like = windows @ patterns.T / norms[:, None]
        best = like.max(1)
        peaks = np.flatnonzero((best >= np.roll(best, 1)) & (best >= np.roll(best, -1)) & (best > _LIKE))
        blurs = np.array(_BLURS)[like[peaks].argmax(1) // kinds]
        edges = (peaks + begin) * step + beside * module
        # A strip ends where print ends: what looks like a start within it mostly is none.
        inside = np.abs(edges - (margin + wide if stop else margin)) / wide
        rows.append(np.array([best[peaks] - 0.5 * inside, edges, 0 * peaks + module, blurs]))
    if not rows:
        return _Ends(*np.zeros((4, 0)))
    found = np.concatenate(rows, 1)
    return _Ends(*found[:, np.argsort(-found[0])[:_ENDS]])


def _read_first(line: Floats, place: _Place) -> _Reading:
    """The best reading at a place, for some ways in which modules may grow."""
    blurred = _blurred(min(_BLURS, key=lambda blur: abs(blur - place.blur)))
    readings = []
    for more in _GROWS:
        at = place._replace(grows=place.grows + more).samples()
        seen = _sample(line, at)
        low, high = np.quantile(seen, [0.03, 0.95])
        readings.append(_read(blurred, (seen - low) / max(high - low, 1e-3), at, place.characters))
    return min(readings, key=lambda reading: reading.unexplained)


def _read(blurred: Blurred, seen: Floats, at: Floats, count: int) -> _Reading:
    left, values = blurred.read(seen, count)
    return _Reading(left / max(float(((seen - seen.mean()) ** 2).sum()), 1e-6), values, seen, blurred, at)


def _refine(line: Floats, reading: _Reading) -> _Reading | None:
    """What is read once blur, places and brightness are known from a first reading (rules 2 and 3)."""
    if reading.unexplained > _HOPELESS:
        return None
    best, now = reading, reading
    for done in range(_ROUNDS):
        now = _compare(line, now)
        if done > 0 and now.unexplained > _POOR:
            return None
        same = now.values == best.values
        if now.unexplained < best.unexplained:
            best = now
        if same and passes_check(best.values) and _is_sure(best):
            return best
    return best if _is_sure(best) else None


def _is_sure(reading: _Reading) -> bool:
    if reading.unexplained > _UNEXPLAINED or not passes_check(reading.values):
        return False
    error = reading.unexplained * float(reading.line.var())
    # Another reading whose check is right differs in two characters at least.
    gap = float(np.sort(reading.blurred.find_gaps(reading.line, len(reading.values)))[:2].sum())
    return gap / FINE > 2 * error * SURE


def _compare(line: Floats, reading: _Reading) -> _Reading:
    """Reads anew after what was read is held against what is seen (rule 2)."""
    ink, gain = draw_characters(reading.values), reading.blurred.gain
    hats = _hats(len(ink), 45 * FINE)
    seen = _sample(line, reading.at)
    expected = np.convolve(grow(ink, gain), reading.blurred.blur, "same")
    blur = _find_blur(_level(seen, expected, hats), grow(ink, gain))
    expected = np.convolve(grow(ink, gain), blur, "same")
    gain += _find_gain(_level(seen, expected, hats), expected, np.convolve(grow(ink, 1) - ink, blur, "same"))
    gain = float(np.clip(gain, -_WIDEST_GAIN, _WIDEST_GAIN))
    expected = np.convolve(grow(ink, gain), blur, "same")
    at = _follow(reading.at, _level(seen, expected, hats), expected)
    return _read(Blurred(blur, gain), _level(_sample(line, at), expected, hats), at, len(reading.values))


def _find_gain(seen: Floats, expected: Floats, edges: Floats) -> float:
    """By how much more edges have moved outwards, in samples."""
    edges = edges - edges.mean()
    return float(edges @ (seen - expected)) / (1.05 * float(edges @ edges) + 1e-9)


def _level(seen: Floats, expected: Floats, hats: Floats) -> Floats:
    """Brightness so changed, slowly from end to end, that paper is 0 and ink is 1."""
    rows = np.concatenate([hats, hats * expected])
    contrast, paper = np.polyfit(expected, seen, 1)
    goal = np.repeat([paper, contrast], len(hats))
    held = 0.02 * len(seen) / len(hats) * np.eye(len(rows))
    solved = np.linalg.solve(rows @ rows.T + held, rows @ seen + held @ goal)
    papers, contrasts = solved[: len(hats)] @ hats, solved[len(hats) :] @ hats
    return (seen - papers) / np.maximum(contrasts, 0.3 * max(float(contrast), 0.02))


def _find_blur(seen: Floats, ink: Floats) -> Floats:
    """What becomes of a point, if ink looks as it is seen: of any form, and small far away."""
    lags = np.arange(2 - REACH, REACH - 1, 2)
    tent = np.array([0.25, 0.5, 0.25])
    soft = np.convolve(ink, tent, "same")
    rows = np.array([np.roll(soft, lag) for lag in lags])
    held = np.diag(0.002 * len(seen) * (0.2 + (np.abs(lags) / 8) ** 2))
    weights = np.linalg.solve(rows @ rows.T + held, rows @ seen)
    points = np.zeros(2 * REACH + 1)
    points[lags + REACH] = weights
    blur = np.convolve(points, tent, "same")
    total = float(blur.sum())
    return blur / total if total > 0.2 else _soften(_BLURS[1])


def _follow(at: Floats, seen: Floats, expected: Floats) -> Floats:
    """Places moved, smoothly from end to end, to where what is expected is seen."""
    knots = _hats(len(at), 22 * FINE)
    rows = knots * np.gradient(expected)
    strong = float((rows**2).sum()) / len(knots)
    bent = np.diff(np.eye(len(knots)), 2, axis=0)
    held = 0.5 * strong * bent.T @ bent + 0.02 * strong * np.eye(len(knots))
    late = np.clip(np.linalg.solve(rows @ rows.T + held, rows @ (seen - expected)) @ knots, -FINE, FINE)
    index = np.arange(len(at), dtype=np.float64)
    return np.interp(index - late, index, at)


def _hats(length: int, apart: float) -> Floats:
    """Weights by which values at points of a line, about so far apart, give those between in straight lines."""
    count = max(round(length / apart), 1) + 1
    at = np.linspace(0, count - 1, length)
    weights: Floats = np.maximum(0, 1 - np.abs(at - np.arange(count)[:, None]))
    return weights


def _sample(line: Floats, at: Floats) -> NDArray[np.float64]:
    return np.interp(at, np.arange(len(line)) + 0.5, line)
