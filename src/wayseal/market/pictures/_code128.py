"""Code 128 by what its characters look like: which of them explain a line best, and by how much.

1. A line is explained as a whole. A character is weighed by its eleven modules as blur leaves them, together with its
   neighbours, into which it spreads; no bar is told from paper by itself.
2. Only what can stand in a code is weighed: a start, characters of the set that holds there, a check, the stop.
3. The check is not used to find a reading. So that it holds says something, and a reading whose check fails is none.
4. How sure a reading is follows from how much worse the next one is that could pass the check, in units of what the
   reading itself leaves unexplained.

Source: ISO/IEC 15417:2007, tables 1 and 2.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wayseal.market.pictures._corners import Floats

FINE = 4
"""Samples a module."""
REACH = 22
"""Samples to either side over which blur may spread: five and a half modules, so that neighbours alone meet."""
STOP_MODULES = 13
_MODULES = 11
_LONG = _MODULES * FINE
_STARTS = {"A": 103, "B": 104, "C": 105}
_CHECKS = 103
_WIDTHS = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 "
    "123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 "
    "232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 "
    "313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 "
    "111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 "
    "111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 "
    "114311 411113 411311 113141 114131 311141 411131 211412 211214 211232"
)
"""Widths of bars and spaces of each character, the starts last."""


def _draw(widths: str) -> Floats:
    return np.concatenate([np.full(int(width), 1.0 - n % 2) for n, width in enumerate(widths)])


CHARACTERS = np.array([_draw(widths) for widths in _WIDTHS.split()])
"""Modules of each character: shape (106, 11), 1 is ink."""
STOP = _draw("2331112")


class _Grammar(NamedTuple):
    """Characters with the set in which they stand, and by set: those in it, and those after which it holds."""

    values: NDArray[np.intp]
    inside: dict[str, NDArray[np.intp]]
    before: dict[str, NDArray[np.intp]]


def _list_states() -> _Grammar:
    # 102 is FNC1; shifts, FNC2 to 4 and control characters stand in no number of a courier.
    states = [("A", v, "A") for v in (*range(64), 102)] + [("A", 99, "C")]
    states += [("B", v, "B") for v in (*range(95), 102)] + [("B", 99, "C")]
    states += [("C", v, "C") for v in (*range(100), 102)] + [("C", 100, "B"), ("C", 101, "A")]
    return _Grammar(
        values=np.array([value for _, value, _ in states]),
        inside={own: np.array([n for n, state in enumerate(states) if state[0] == own]) for own in _STARTS},
        before={own: np.array([n for n, state in enumerate(states) if state[2] == own]) for own in _STARTS},
    )


_STATES = _list_states()


class Blurred:
    """What every character looks like under a blur, and how neighbours overlap (rule 1).

    Args:
        blur: What becomes of a point: 2 `REACH` + 1 samples with sum 1.
        gain: Samples by which each bar is wider than it should be, on either side: ink runs, and light eats into it.
    """

    def __init__(self, blur: Floats, gain: float = 0.0) -> None:
        self.blur, self.gain = blur, gain
        around = np.pad(blur, 2 * _LONG)
        # Row n of this matrix is what becomes of ink in sample n alone.
        spread = np.array([around[2 * _LONG + REACH - n :][: 2 * _LONG] for n in range(2 * _LONG)])
        self._shapes = (np.array([grow(_pad(row), gain) for row in CHARACTERS]) @ spread).astype(np.float32)
        self._stop = np.convolve(grow(_pad(STOP), gain), blur, "same").astype(np.float32)
        self._own = (self._shapes**2).sum(1)
        self._pairs = 2 * self._shapes[:, _LONG:] @ self._shapes[:, :_LONG].T
        self._to_stop = 2 * self._shapes[:, _LONG:] @ self._stop[:_LONG]
        values = _STATES.values
        self._into = {
            own: self._pairs[np.ix_(values[_STATES.before[own]], values[_STATES.inside[own]])] for own in _STARTS
        }
        self._into_check = self._pairs[values][:, :_CHECKS]

    def read(self, line: Floats, count: int) -> tuple[float, list[int]]:
        """The characters that explain a line best.

        Args:
            line: Ink, `FINE` samples a module, from `REACH` samples before the first bar to as many behind the last.
            count: Characters before the stop: start, data, check; at least four.

        Returns:
            What is left unexplained (sum of squares), and the characters' values.
        """
        alone, rest = self._weigh(line, count)
        best, back = self._begin(alone), np.zeros((count, len(_STATES.values)), np.intp)
        for n in range(2, count - 1):
            worth = np.full(len(best), np.inf, np.float32)
            for own, pairs in self._into.items():
                cost = best[_STATES.before[own], None] + pairs
                at = cost.argmin(0)
                inside = _STATES.inside[own]
                worth[inside] = cost[at, np.arange(len(at))] + alone[n, _STATES.values[inside]]
                back[n, inside] = _STATES.before[own][at]
            best = worth
        cost = best[:, None] + self._into_check
        at = cost.argmin(0)
        ends = cost[at, np.arange(_CHECKS)] + alone[count - 1, :_CHECKS] + self._to_stop[:_CHECKS]
        check = int(ends.argmin())
        states = [int(at[check])]
        for n in range(count - 2, 1, -1):
            states.append(int(back[n, states[-1]]))
        start = next(value for own, value in _STARTS.items() if states[-1] in _STATES.inside[own])
        return float(ends[check]) + rest, [start, *(int(_STATES.values[n]) for n in reversed(states)), check]

    def find_gaps(self, line: Floats, count: int) -> Floats:
        """By how much more is left unexplained if a character is another one.

        Args:
            line: As for `read`.
            count: As for `read`.

        Returns:
            Of each character behind the start.
        """
        alone, _ = self._weigh(line, count)
        values = _STATES.values
        ahead = [self._begin(alone)]
        for n in range(2, count - 1):
            worth = np.full(len(values), np.inf, np.float32)
            for own, pairs in self._into.items():
                inside = _STATES.inside[own]
                worth[inside] = (ahead[-1][_STATES.before[own], None] + pairs).min(0) + alone[n, values[inside]]
            ahead.append(worth)
        last = alone[count - 1, :_CHECKS] + self._to_stop[:_CHECKS]
        behind = [(self._into_check + last).min(1)]
        for n in range(count - 2, 1, -1):
            worth = np.full(len(values), np.inf, np.float32)
            for own, pairs in self._into.items():
                inside = _STATES.inside[own]
                worth[_STATES.before[own]] = (pairs + alone[n, values[inside]] + behind[-1][inside]).min(1)
            behind.append(worth)
        gaps = []
        for one, other in zip(ahead, reversed(behind), strict=True):
            by_value = np.full(_CHECKS, np.inf)
            np.minimum.at(by_value, values, one + other)
            gaps.append(by_value)
        gaps.append((ahead[-1][:, None] + self._into_check).min(0) + last)
        least: Floats = np.partition(np.array(gaps), 1, axis=1)[:, :2]
        return least[:, 1] - least[:, 0]

    def _weigh(self, line: Floats, count: int) -> tuple[NDArray[np.float32], float]:
        """What each character at each place alone adds to what is unexplained, and what the rest of the line does."""
        seen = line.astype(np.float32)
        parts = np.lib.stride_tricks.sliding_window_view(seen, 2 * _LONG)[: count * _LONG : _LONG]
        tail = seen[count * _LONG : count * _LONG + len(self._stop)]
        rest = float((line**2).sum()) + float((self._stop**2).sum()) - 2 * float(tail @ self._stop)
        return self._own - 2 * parts @ self._shapes.T, rest

    def _begin(self, alone: NDArray[np.float32]) -> NDArray[np.float32]:
        best = np.full(len(_STATES.values), np.inf, np.float32)
        for own, start in _STARTS.items():
            first = _STATES.values[_STATES.inside[own]]
            best[_STATES.inside[own]] = alone[0, start] + self._pairs[start, first] + alone[1, first]
        return best


def grow(ink: Floats, gain: float) -> Floats:
    """Ink whose edges have moved outwards.

    Args:
        ink: In samples.
        gain: Samples.

    Returns:
        As long as before; where an edge moves by a part of a sample, so much more.
    """
    edges = np.abs(np.diff(ink)) * gain / 2
    return ink + np.pad(edges, (1, 0)) + np.pad(edges, (0, 1))


def _pad(modules: Floats) -> Floats:
    return np.pad(np.repeat(modules, FINE), REACH)


def draw_characters(values: Sequence[int]) -> Floats:
    """A code as it was printed.

    Args:
        values: Start, data, check.

    Returns:
        Ink, `FINE` samples a module, with paper around it, as `Blurred.read` takes it.
    """
    return _pad(np.concatenate([*(CHARACTERS[value] for value in values), STOP]))


def passes_check(values: Sequence[int]) -> bool:
    """Whether the check is that of the characters before it (rule 3)."""
    return (values[0] + sum(n * value for n, value in enumerate(values[1:-1], 1))) % _CHECKS == values[-1]


def spell(values: Sequence[int]) -> str:
    """What characters say.

    Args:
        values: Start, data, check.

    Returns:
        The text, without FNC1.
    """
    own = next(name for name, start in _STARTS.items() if start == values[0])
    said = []
    for value in values[1:-1]:
        if own == "C" and value < 100:
            said.append(f"{value:02}")
        elif own != "C" and value < 95:
            said.append(chr(32 + value))
        else:
            own = {99: "C", 100: "B", 101: "A"}.get(value, own)
    return "".join(said)
