"""Texts read: kinds with probabilities and reasons, and what stands in them.

1. A text is read by itself: the same text gives the same reading, whatever is read beside it.
2. A text longer than `STRETCH` is judged in stretches that overlap; the stretch that speaks most for being looked at
   decides, and reasons are places in it. What is extracted comes from all of it.
3. Reasons are the heaviest stretches; with the model's bias and what is too light to be told they add up to the score.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

import numpy as np

from wayseal.market.reading import _amounts, _handles, _places
from wayseal.market.reading._amounts import find_prices, find_quantities
from wayseal.market.reading._analysis import Analysis, analyse
from wayseal.market.reading._fold import Folded, fold
from wayseal.market.reading._handles import ADDRESSED, find_handles
from wayseal.market.reading._hints import (
    AMOUNT,
    COURIER,
    FRESH,
    NUMBER,
    PLACE,
    HintTables,
    find_hints,
    lay_out_hints,
)
from wayseal.market.reading._model import SIDES, Floats, Model, built_in, directions, find_reasons, judge
from wayseal.market.reading._numbers import find_numbers
from wayseal.market.reading._places import find_couriers, find_freshness, find_routes
from wayseal.market.reading._tables import Ints
from wayseal.market.reading._view import View, view
from wayseal.market.reading._words import Word, WordIndex, index_words, load_words
from wayseal.market.types import Handle, Kind, NumberCandidate, Price, Quantity, Reading, Reason, Route
from wayseal.model.collector import collector_paused
from wayseal.model.numbers import Formats

STRETCH, STEP = 2_000, 1_500
_AT_ONCE = 200_000
_KINDS: tuple[Kind, ...] = SIDES[0] + SIDES[1]
_AT = {kind: at for at, kind in enumerate(_KINDS)}
Verdict = tuple[Kind, Sequence[float], tuple[Reason, ...]]


class Reader:
    """Reads texts. Its data is loaded once; it keeps nothing of what it reads."""

    def __init__(self, words: Iterable[Word] = (), *, model: Model | None = None, own: Formats = ()) -> None:
        """Takes what it reads by.

        Args:
            words: Words that a person accepted, beside the built-in dictionary.
            model: Another model than the built-in one.
            own: Formats of numbers that were learnt, beside those of couriers.
        """
        self._own = own
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
            with collector_paused():
                readings += self._read_some(some)
            if progress is not None:
                progress(len(readings))
        return readings

    def _read_some(self, texts: Sequence[str]) -> list[Reading]:
        if len(texts) == 1 and len(texts[0]) > STRETCH:
            return _gather(texts, fold(texts), [self._judge_long(texts[0])], self._own)
        found = analyse(texts, self._words, self._model.rows)
        return _gather(texts, found.folded, self._judge(texts, found), self._own)

    def _judge(self, texts: Sequence[str], found: Analysis) -> list[Verdict]:
        judged = judge(self._model, found.rows, found.bounds)
        spans, weights, numbers = find_reasons(
            self._model,
            (found.rows, found.starts, found.lengths, found.bounds),
            found.tokens.bounds,
            directions(judged),
        )
        told = _tell_reasons(texts, found, spans, weights, numbers)
        ends = np.cumsum(numbers).tolist()
        return [
            (_KINDS[kind], row, tuple(told[end - number : end]))
            for kind, row, end, number in zip(
                judged.kinds.tolist(), judged.probabilities.tolist(), ends, numbers.tolist(), strict=True
            )
        ]

    def _judge_long(self, text: str) -> Verdict:
        """The verdict on the stretch that speaks most for being looked at (rule 2)."""
        best = find_loudest(text, self._words, self._model)
        part = text[best : best + STRETCH]
        kind, probabilities, reasons = self._judge([part], analyse([part], self._words, self._model.rows))[0]
        moved = tuple(
            Reason(text=one.text, at=(one.at[0] + best, one.at[1] + best), weight=one.weight) for one in reasons
        )
        return kind, probabilities, moved


def find_loudest(text: str, words: WordIndex, model: Model) -> int:
    """Where the stretch of a text begins that speaks most for being looked at (rule 2)."""
    best, top = 0, -np.inf
    starts = range(0, max(1, len(text) - STRETCH + STEP), STEP)
    for first in range(0, len(starts), 100):
        some = starts[first : first + 100]
        found = analyse([text[at : at + STRETCH] for at in some], words, model.rows)
        scores = judge(model, found.rows, found.bounds).flags
        at = int(scores.argmax())
        if scores[at] > top:
            best, top = some[at], float(scores[at])
    return best


def _tell_reasons(texts: Sequence[str], found: Analysis, spans: Ints, weights: Floats, numbers: Ints) -> list[Reason]:
    """The heaviest stretches of all texts, one text after the other, as they were seen."""
    is_told = np.arange(spans.shape[1]) < numbers[:, None]
    first, after = spans[is_told].T
    begins = found.folded.begins[found.tokens.first[first]].tolist()
    ends = found.folded.ends[found.tokens.last[after - 1]].tolist()
    of = np.repeat(np.arange(len(texts)), numbers).tolist()
    return [
        Reason(text=texts[text][start:end], at=(start, end), weight=weight)
        for text, start, end, weight in zip(of, begins, ends, weights[is_told].tolist(), strict=True)
    ]


@cache
def _hint_tables() -> HintTables:
    return lay_out_hints((*_amounts.NEEDS, *_handles.NEEDS, *_places.needs()))


def _gather(texts: Sequence[str], folded: Folded, verdicts: Sequence[Verdict], own: Formats) -> list[Reading]:
    """Readings out of what the model says and what stands in the texts."""
    hints = find_hints(folded, _hint_tables())
    return [
        _extract(view(raw, text, hint, folded, at), verdict, own) if hint else _reading(verdict)
        for at, (raw, text, hint, verdict) in enumerate(zip(texts, folded.texts(), hints, verdicts, strict=True))
    ]


def _extract(seen: View, verdict: Verdict, own: Formats) -> Reading:
    """A reading of a text in which something may stand."""
    kind, hints = verdict[0], seen.hints
    handles = find_handles(seen) if hints & ADDRESSED else []
    prices = find_prices(seen, kind) if hints & AMOUNT else ()
    return _reading(
        verdict,
        numbers=tuple(find_numbers(seen, handles, own)) if hints & NUMBER else (),
        handles=tuple(handles),
        prices=tuple(prices),
        quantities=tuple(find_quantities(seen, kind, prices)) if hints & AMOUNT else (),
        routes=tuple(find_routes(seen)) if hints & PLACE else (),
        couriers=tuple(find_couriers(seen, kind)) if hints & COURIER else (),
        freshness=find_freshness(seen) if hints & FRESH else "",
    )


def _reading(
    verdict: Verdict,
    *,
    numbers: tuple[NumberCandidate, ...] = (),
    handles: tuple[Handle, ...] = (),
    prices: tuple[Price, ...] = (),
    quantities: tuple[Quantity, ...] = (),
    routes: tuple[Route, ...] = (),
    couriers: tuple[str, ...] = (),
    freshness: str = "",
) -> Reading:
    kind, probabilities, reasons = verdict
    return Reading(
        kind=kind,
        probability=probabilities[_AT[kind]],
        probabilities=tuple(zip(_KINDS, probabilities, strict=True)),
        numbers=numbers,
        handles=handles,
        prices=prices,
        quantities=quantities,
        routes=routes,
        couriers=couriers,
        freshness=freshness,
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
