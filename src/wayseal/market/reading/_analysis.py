"""A text on its way to the model: folded, cut into tokens, its runs and words found."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wayseal.market.reading._fold import Bounds, Folded, fold
from wayseal.market.reading._grams import LONGEST, LONGEST_WORD, list_grams
from wayseal.market.reading._tables import Ints
from wayseal.market.reading._tokens import Tokens, tokenize
from wayseal.market.reading._words import WordIndex


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Analysis:
    """Texts on their way to the model.

    Attributes:
        folded: Their folded copies.
        tokens: Their tokens.
        rows: The model's rows of their runs and words, text after text.
        starts: The token at which each begins.
        lengths: The number of its tokens.
        bounds: Where each text begins in `rows`, and the end of the last.
    """

    folded: Folded
    tokens: Tokens
    rows: Ints
    starts: Ints
    lengths: npt.NDArray[np.int8]
    bounds: Bounds


def analyse(texts: Sequence[str], words: WordIndex, rows: Ints) -> Analysis:
    """Finds what a model weighs in texts. rows: by place, its row in the model; −1: the model doesn't know it."""
    folded = fold(texts)
    tokens = tokenize(folded)
    room = len(tokens.chars) * 2 * (LONGEST + LONGEST_WORD) + 1
    found, starts, lengths = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int8)
    bounds = list_grams(
        tokens.chars, tokens.sounds, tokens.bounds, rows, words.keys, words.kinds, words.filter, found, starts, lengths
    )
    end = bounds[-1]
    return Analysis(
        folded=folded,
        tokens=tokens,
        rows=found[:end],
        starts=starts[:end],
        lengths=lengths[:end],
        bounds=bounds,
    )
