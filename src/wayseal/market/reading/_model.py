"""The linear model: what kind a text is of, how probable that is, and which stretches say so.

1. Linear all through: the score of a column is its bias and the weights of the places that a text has, over √(places +
   damping). So a score falls apart into the text's tokens without rest, and a short text says less than a long one.
2. Columns: `FLAG` and `WIDE`, whether somebody is to look at it, in nats, as learnt from adverts and as learnt from
   many other ways to word them: the larger one counts; the four kinds that are looked at, against each other; honest
   logistics against all else, in nats.
3. P(kind) = P(its side) × P(kind | side). The kind that is told is the likeliest of the likelier side.
4. Weights are data (`data/model.npz`): hashed places, of which each was in several texts of different origin; no text
   can be read out of them, and nothing in the file is run.
5. A reason's weight is in nats of: for its side, and on its side for the kind against the nearest other one. A run's
   weight is shared out among its tokens; neighbours of one sign make a stretch.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from wayseal.market.reading._fold import Bounds
from wayseal.market.reading._grams import PLACES
from wayseal.market.reading._tables import Ints
from wayseal.market.types import Kind
from wayseal.model.jit import kernel

SIDES = (
    (Kind.WAYBILL, Kind.PERSONAL, Kind.INSIDER, Kind.EMPTY_PARCELS),
    (Kind.LOGISTICS, Kind.OTHER),
)
"""Kinds that somebody is to look at, and the others."""
COLUMNS = 7
FLAG, LOGISTICS, WIDE = 0, 5, 6
MOST_REASONS = 8
_WEAKEST = 0.12
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """Weights.

    Attributes:
        places: What it knows; each has a row.
        rows: By place, its row; −1: the model doesn't know it.
        weights: By row and column.
        bias: By column.
        damping: What is added to the number of known places (rule 1).
    """

    places: Ints
    rows: Ints
    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float64]
    damping: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """What a model says of texts.

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
        """By text, the nats for somebody to look at it (rule 2)."""
        return np.maximum(self.scores[:, FLAG], self.scores[:, WIDE])


@cache
def built_in() -> Model:
    """The model that comes with Wayseal."""
    place = resources.files(__package__).joinpath("data").joinpath("model.npz")
    with resources.as_file(place) as path, np.load(path, allow_pickle=False) as file:
        return make_model(file["places"], file["weights"], file["bias"], float(file["damping"]))


@cache
def built_in_digest() -> str:
    """What the model that comes with Wayseal is known by: the SHA-256 of its file, in hex."""
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
    """What a model says of texts, by the rows of what it knows of them, text after text, and where each begins."""
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
    """For each text, what a nat for its kind is made of, by column (rule 5)."""
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
    """The heaviest stretches of tokens of each text (rule 5).

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
