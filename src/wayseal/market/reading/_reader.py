"""Texts read: kinds with probabilities and reasons, and what stands in them.

1. A text is read by itself: the same text gives the same reading, whatever is read beside it.
2. A text longer than `STRETCH` is judged in stretches that overlap; the stretch that speaks most for being looked at
   decides, and reasons are places in it. What is extracted comes from all of it.
3. Reasons are the heaviest stretches; with the model's bias and what is too light to be told they add up to the score.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from wayseal.market.reading._amounts import find_prices, find_quantities
from wayseal.market.reading._analysis import Analysis, analyse
from wayseal.market.reading._fold import fold
from wayseal.market.reading._handles import find_handles
from wayseal.market.reading._model import SIDES, Model, built_in, directions, find_reasons, judge
from wayseal.market.reading._numbers import find_numbers
from wayseal.market.reading._places import find_couriers, find_freshness, find_routes
from wayseal.market.reading._view import View, view
from wayseal.market.reading._words import Word, index_words, load_words
from wayseal.market.types import Kind, Reading, Reason

STRETCH, STEP = 2_000, 1_500
_AT_ONCE = 200_000
_KINDS: tuple[Kind, ...] = SIDES[0] + SIDES[1]
Verdict = tuple[Kind, tuple[float, ...], tuple[Reason, ...]]


class Reader:
    """Reads texts. Its data is loaded once; it keeps nothing of what it reads."""

    def __init__(self, words: Iterable[Word] = (), *, model: Model | None = None) -> None:
        """Takes what it reads by.

        Args:
            words: Words that a person accepted, beside the built-in dictionary.
            model: Another model than the built-in one.
        """
        self._words = index_words([*load_words(), *words])
        self._model = built_in() if model is None else model

    def read(self, text: str) -> Reading:
        """Reads a text."""
        return self.read_many([text])[0]

    def read_many(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> list[Reading]:
        """Reads texts, much faster than one by one.

        Args:
            texts: The texts.
            progress: Is told how many are read.

        Returns:
            A reading each, in their order.
        """
        readings: list[Reading] = []
        for some in _batches(texts):
            readings += self._read_some(some)
            if progress is not None:
                progress(len(readings))
        return readings

    def _read_some(self, texts: Sequence[str]) -> list[Reading]:
        if len(texts) == 1 and len(texts[0]) > STRETCH:
            verdict = self._judge_long(texts[0])
            return [_gather(view(texts[0], fold(texts), 0), verdict)]
        found = analyse(texts, self._words)
        verdicts = self._judge(texts, found)
        return [
            _gather(view(text, found.folded, at), verdict)
            for at, (text, verdict) in enumerate(zip(texts, verdicts, strict=True))
        ]

    def _judge(self, texts: Sequence[str], found: Analysis) -> list[Verdict]:
        judged = judge(self._model, found.places, found.bounds)
        spans, weights, numbers = find_reasons(
            self._model,
            (found.places, found.starts, found.lengths, found.bounds),
            found.tokens.bounds,
            directions(judged),
        )
        begins, ends = _places_of(found, spans)
        kinds, rows = judged.kinds.tolist(), judged.probabilities.tolist()
        weighed, counts = weights.tolist(), numbers.tolist()
        return [
            (
                _KINDS[kinds[at]],
                tuple(rows[at]),
                tuple(
                    Reason(text=text[start:end], at=(start, end), weight=weight)
                    for start, end, weight in zip(
                        begins[at][: counts[at]], ends[at][: counts[at]], weighed[at], strict=False
                    )
                ),
            )
            for at, text in enumerate(texts)
        ]

    def _judge_long(self, text: str) -> Verdict:
        """The verdict on the stretch that speaks most for being looked at (rule 2)."""
        best, top = 0, -np.inf
        starts = range(0, max(1, len(text) - STRETCH + STEP), STEP)
        for first in range(0, len(starts), 100):
            some = starts[first : first + 100]
            found = analyse([text[at : at + STRETCH] for at in some], self._words)
            scores = judge(self._model, found.places, found.bounds).flags
            at = int(scores.argmax())
            if scores[at] > top:
                best, top = some[at], float(scores[at])
        part = text[best : best + STRETCH]
        kind, probabilities, reasons = self._judge([part], analyse([part], self._words))[0]
        moved = tuple(
            Reason(text=one.text, at=(one.at[0] + best, one.at[1] + best), weight=one.weight) for one in reasons
        )
        return kind, probabilities, moved


def _places_of(found: Analysis, spans: np.ndarray) -> tuple[list[list[int]], list[list[int]]]:
    """Where stretches of tokens begin and end in the texts as they were seen."""
    tokens, folded = found.tokens, found.folded
    if not len(tokens.first):
        empty: list[list[int]] = [[] for _ in spans]
        return empty, empty
    first = np.minimum(spans[:, :, 0], len(tokens.first) - 1)
    last = np.clip(spans[:, :, 1] - 1, 0, len(tokens.last) - 1)
    begins: list[list[int]] = folded.begins[tokens.first[first]].tolist()
    ends: list[list[int]] = folded.ends[tokens.last[last]].tolist()
    return begins, ends


def _gather(seen: View, verdict: Verdict) -> Reading:
    """A reading out of what the model says and what stands in the text."""
    kind, probabilities, reasons = verdict
    handles = find_handles(seen)
    prices = find_prices(seen, kind)
    return Reading(
        kind=kind,
        probability=probabilities[_KINDS.index(kind)],
        probabilities=tuple(zip(_KINDS, probabilities, strict=True)),
        numbers=tuple(find_numbers(seen, handles)),
        handles=tuple(handles),
        prices=tuple(prices),
        quantities=tuple(find_quantities(seen, kind, prices)),
        routes=tuple(find_routes(seen)),
        couriers=tuple(find_couriers(seen)),
        freshness=find_freshness(seen),
        reasons=reasons,
    )


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Texts in portions that fit in memory; a long one by itself."""
    some: list[str] = []
    size = 0
    for text in texts:
        if some and (size + len(text) > _AT_ONCE or len(text) > STRETCH):
            yield some
            some, size = [], 0
        some.append(text)
        size += len(text)
        if len(text) > STRETCH:
            yield some
            some, size = [], 0
    if some:
        yield some
