"""Texts read: kinds with probabilities and reasons, and what stands in them.

1. A text is read by itself: the same text gives the same reading, whatever is read beside it.
2. A text longer than `STRETCH` is judged in stretches that overlap; the stretch that speaks most for being looked at
   decides, and reasons are places in it. What is extracted comes from all of it.
3. Reasons are the heaviest stretches; with the model's bias and what is too light to be told they add up to the score.

The linear model: what kind a text is of, how probable that is, and which stretches say so.

4. Linear all through: the score of a column is its bias and the weights of the places that a text has, over √(places +
   damping). So a score falls apart into the text's tokens without rest, and a short text says less than a long one.
5. Columns: `FLAG` and `WIDE`, whether somebody is to look at it, in nats, as learnt from adverts and as learnt from
   many other ways to word them: the larger one counts; the four kinds that are looked at, against each other; honest
   logistics against all else, in nats.
6. P(kind) = P(its side) × P(kind | side). The kind that is told is the likeliest of the likelier side.
7. Weights are data (`data/model.npz`): hashed places, of which each was in several texts of different origin; no text
   can be read out of them, and nothing in the file is run.
8. A reason's weight is in nats of: for its side, and on its side for the kind against the nearest other one. A run's
   weight is shared out among its tokens; neighbours of one sign make a stretch.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from wayseal.market.reading._extract import (
    ADDRESSED,
    AMOUNT_NEEDS,
    HANDLE_NEEDS,
    find_handles,
    find_numbers,
    find_prices,
    find_quantities,
)
from wayseal.market.reading._fold import Bounds, Folded, fold
from wayseal.market.reading._hints import (
    AMOUNT,
    COURIER,
    FRESH,
    NUMBER,
    PLACE,
    HintTables,
    View,
    find_couriers,
    find_freshness,
    find_hints,
    find_routes,
    lay_out_hints,
    needs,
    view,
)
from wayseal.market.reading._tokens import PLACES
from wayseal.market.reading._words import Analysis, Word, WordIndex, analyse, index_words, load_words
from wayseal.market.types import Handle, Kind, NumberCandidate, Price, Quantity, Reading, Reason, Route
from wayseal.model.arrays import Floats, Ints
from wayseal.model.numbers import Formats
from wayseal.model.runtime import collector_paused, kernel

SIDES = (
    (Kind.WAYBILL, Kind.PERSONAL, Kind.INSIDER, Kind.EMPTY_PARCELS),
    (Kind.LOGISTICS, Kind.OTHER),
)
"""Kinds that somebody is to look at, and the others."""
COLUMNS = 7
FLAG, LOGISTICS, WIDE = 0, 5, 6
SELLS, SELLS_BIAS, LOGISTICS_MOST, OWN = {FLAG: 0.052, WIDE: 0.254, LOGISTICS: -0.448}, 2.89, 5.0, 3.4
"""Nats for a text to sell in which a number of the courier's stands: who names one and is no customer or finder
sells it, in words that alone would say little. By column, as the benchmark `market_mentions` learns them, where being
about logistics counts for no more than so much; or those for being looked at and `OWN`, whichever are more."""
MOST_REASONS = 8
_WEAKEST = 0.12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """Weights.

    Attributes:
        places: What it knows; each has a row.
        rows: By place, its row; −1: the model doesn't know it.
        weights: By row and column.
        bias: By column.
        damping: What is added to the number of known places (rule 4).
    """

    places: Ints
    rows: Ints
    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float64]
    damping: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """A model's judgement of texts.

    Attributes:
        scores: By text and column.
        probabilities: By text and kind, in the order of `SIDES`.
        kinds: The kind of each, as a place in that order.
    """

    scores: Floats
    probabilities: Floats
    kinds: npt.NDArray[np.int64]

    @property
    def flags(self) -> Floats:
        """By text, the nats for somebody to look at it (rule 5)."""
        return np.maximum(self.scores[:, FLAG], self.scores[:, WIDE])

    @property
    def sells(self) -> Floats:
        """By text, how likely it sells, where a number of the courier's own stands in it."""
        return _sigmoid(
            np.maximum(SELLS_BIAS + np.sum(sells_facts(self) * list(SELLS.values()), axis=1), self.flags + OWN)
        )


def sells_facts(judged: Judged) -> Floats:
    """Of texts, what is weighed to say whether they sell, in the order of `SELLS`."""
    made = judged.scores[:, list(SELLS)]
    made[:, -1] = np.clip(made[:, -1], -LOGISTICS_MOST, LOGISTICS_MOST)
    return made


@cache
def built_in() -> Model:
    """The model that comes with Wayseal."""
    place = resources.files(__package__).joinpath("data").joinpath("model.npz")
    with resources.as_file(place) as path, np.load(path, allow_pickle=False) as file:
        return make_model(file["places"], file["weights"], file["bias"], float(file["damping"]))


@cache
def built_in_digest() -> str:
    """Digest the model that comes with Wayseal: the SHA-256 of its file, in hex."""
    whole = resources.files(__package__).joinpath("data").joinpath("model.npz").read_bytes()
    return hashlib.sha256(whole).hexdigest()


def make_model(
    places: npt.NDArray[np.int32], weights: npt.NDArray[np.floating], bias: npt.NDArray[np.floating], damping: float
) -> Model:
    """A model from the places that it knows, and their weights by column."""
    rows = np.full(PLACES, -1, np.int32)
    rows[places] = np.arange(len(places), dtype=np.int32)
    return Model(
        places=places, rows=rows, weights=weights.astype(np.float32), bias=bias.astype(np.float64), damping=damping
    )


def judge(model: Model, rows: Ints, bounds: Bounds) -> Judged:
    """Judge texts by a model, from the rows of what it knows of them, text after text, and where each begins."""
    scores = np.empty((len(bounds) - 1, COLUMNS), np.float64)
    _score(rows, bounds, model.weights, model.bias, model.damping, scores)
    flagged = _sigmoid(np.maximum(scores[:, FLAG], scores[:, WIDE]))
    inner = np.exp(scores[:, 1:LOGISTICS] - scores[:, 1:LOGISTICS].max(axis=1, keepdims=True, initial=0.0))
    inner /= inner.sum(axis=1, keepdims=True)
    honest = _sigmoid(scores[:, LOGISTICS])
    others = np.stack([honest, 1 - honest], axis=1)
    probabilities = np.concatenate([flagged[:, None] * inner, (1 - flagged)[:, None] * others], axis=1)
    kinds = np.where(flagged >= 0.5, inner.argmax(axis=1), len(SIDES[0]) + others.argmax(axis=1))
    return Judged(scores=scores, probabilities=probabilities, kinds=kinds)


def directions(judged: Judged) -> Floats:
    """For each text, what a nat for its kind is made of, by column (rule 8)."""
    count = len(judged.kinds)
    made = np.zeros((count, COLUMNS))
    inner = judged.scores[:, 1:LOGISTICS].copy()
    rows = np.arange(count)
    flagged = judged.kinds < len(SIDES[0])
    made[rows, np.where(judged.scores[:, WIDE] > judged.scores[:, FLAG], WIDE, FLAG)] = np.where(flagged, 1.0, -1.0)
    chosen = np.where(flagged, judged.kinds, 0)
    inner[rows, chosen] = -np.inf
    made[rows, 1 + inner.argmax(axis=1)] -= flagged
    made[rows, 1 + chosen] += flagged
    made[:, LOGISTICS] = np.where(flagged, 0.0, np.where(judged.kinds == len(SIDES[0]), 1.0, -1.0))
    return made


def find_reasons(
    model: Model,
    grams: tuple[Ints, Ints, npt.NDArray[np.int8], Bounds],
    token_bounds: Bounds,
    wanted: Floats,
) -> tuple[Ints, Floats, Ints]:
    """The heaviest stretches of tokens of each text (rule 8).

    Args:
        model: The model.
        grams: Rows, the tokens at which they begin, numbers of tokens, and where each text begins in them.
        token_bounds: Where each text begins in the tokens, and the end of the last.
        wanted: `directions`.

    Returns:
        First token and the one after the last, weights, and number of stretches, by text and then from the heaviest.
    """
    count = len(token_bounds) - 1
    spans = np.zeros((count, MOST_REASONS, 2), np.int32)
    weights = np.zeros((count, MOST_REASONS))
    numbers = np.zeros(count, np.int32)
    _weigh(*grams, token_bounds, model.weights, model.damping, wanted, spans, weights, numbers)
    return spans, weights, numbers


def _sigmoid(scores: Floats) -> Floats:
    made: Floats = 1 / (1 + np.exp(-np.clip(scores, -500, 500)))
    return made


@kernel
def _score(
    rows: Ints, bounds: Bounds, weights: npt.NDArray[np.float32], bias: Floats, damping: float, scores: Floats
) -> None:
    """Fills the last one."""
    for text in range(len(bounds) - 1):
        scores[text] = 0.0
        for at in range(bounds[text], bounds[text + 1]):
            for column in range(COLUMNS):
                scores[text, column] += weights[rows[at], column]
        over = np.sqrt(bounds[text + 1] - bounds[text] + damping)
        for column in range(COLUMNS):
            scores[text, column] = bias[column] + scores[text, column] / over


@kernel
def _weigh(
    rows: Ints,
    starts: Ints,
    lengths: npt.NDArray[np.int8],
    bounds: Bounds,
    token_bounds: Bounds,
    weights: npt.NDArray[np.float32],
    damping: float,
    wanted: Floats,
    spans: npt.NDArray[np.int32],
    heaviest: Floats,
    numbers: Ints,
) -> None:
    """Fills the last three."""
    shares = np.zeros(token_bounds[-1] + 1)
    for text in range(len(bounds) - 1):
        over = 1 / np.sqrt(bounds[text + 1] - bounds[text] + damping)
        columns = np.flatnonzero(wanted[text])
        for at in range(bounds[text], bounds[text + 1]):
            weight = 0.0
            for column in columns:
                weight += wanted[text, column] * weights[rows[at], column]
            share = weight * over / lengths[at]
            for step in range(lengths[at]):
                shares[starts[at] + step] += share
        numbers[text] = _join(shares, token_bounds[text], token_bounds[text + 1], spans[text], heaviest[text])


@kernel
def _join(shares: Floats, start: int, end: int, spans: npt.NDArray[np.int32], heaviest: Floats) -> int:
    """The heaviest stretches of tokens of one sign; how many. Tokens that weigh next to nothing belong to none."""
    top, size, at = 0.0, 0, start
    for place in range(start, end):
        top = max(top, abs(shares[place]))
    least = top * _WEAKEST
    while at < end:
        if abs(shares[at]) <= least:
            at += 1
            continue
        after, sign, weight = at, shares[at] > 0, 0.0
        while after < end and abs(shares[after]) > least and (shares[after] > 0) == sign:
            weight += shares[after]
            after += 1
        size = _insert(spans, heaviest, size, at, after, weight)
        at = after
    return size


@kernel
def _insert(spans: npt.NDArray[np.int32], heaviest: Floats, size: int, start: int, end: int, weight: float) -> int:
    """Puts a stretch where it belongs among the heaviest, if it does; how many there are then."""
    place = size
    while place > 0 and abs(heaviest[place - 1]) < abs(weight):
        place -= 1
    if place >= len(heaviest):
        return size
    size = min(size + 1, len(heaviest))
    for at in range(size - 1, place, -1):
        heaviest[at] = heaviest[at - 1]
        spans[at, 0], spans[at, 1] = spans[at - 1, 0], spans[at - 1, 1]
    heaviest[place], spans[place, 0], spans[place, 1] = weight, start, end
    return size


STRETCH, STEP = 2_000, 1_500
_AT_ONCE = 200_000
_KINDS: tuple[Kind, ...] = SIDES[0] + SIDES[1]
_AT = {kind: at for at, kind in enumerate(_KINDS)}
Verdict = tuple[Kind, Sequence[float], tuple[Reason, ...], float]


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
            (_KINDS[kind], row, tuple(told[end - number : end]), sells)
            for kind, row, end, number, sells in zip(
                judged.kinds.tolist(),
                judged.probabilities.tolist(),
                ends,
                numbers.tolist(),
                judged.sells.tolist(),
                strict=True,
            )
        ]

    def _judge_long(self, text: str) -> Verdict:
        """The verdict on the stretch that speaks most for being looked at (rule 2)."""
        best = find_loudest(text, self._words, self._model)
        part = text[best : best + STRETCH]
        kind, probabilities, reasons, sells = self._judge([part], analyse([part], self._words, self._model.rows))[0]
        moved = tuple(
            Reason(text=one.text, at=(one.at[0] + best, one.at[1] + best), weight=one.weight) for one in reasons
        )
        return kind, probabilities, moved, sells


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
    return lay_out_hints((*AMOUNT_NEEDS, *HANDLE_NEEDS, *needs()))


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
    kind, probabilities, reasons, sells = verdict
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
        sells=sells,
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
