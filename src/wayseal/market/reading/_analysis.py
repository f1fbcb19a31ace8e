"""A text on its way to the model: folded, cut into tokens, its runs and words found."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wayseal.market.reading._fold import Bounds, Folded, fold
from wayseal.market.reading._grams import LONGEST, LONGEST_WORD, list_places
from wayseal.market.reading._tables import Ints
from wayseal.market.reading._tokens import Tokens, tokenize

WordIndex = tuple[npt.NDArray[np.uint64], npt.NDArray[np.int8]]
"""Hashes of words, sorted, and their kinds."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Analysis:
    """Texts on their way to the model.

    Attributes:
        folded: Their folded copies.
        tokens: Their tokens.
        places: Places in the model, text after text.
        starts: The token at which each begins.
        lengths: The number of its tokens.
        bounds: Where each text begins in `places`, and the end of the last.
    """

    folded: Folded
    tokens: Tokens
    places: Ints
    starts: Ints
    lengths: npt.NDArray[np.int8]
    bounds: Bounds


def analyse(texts: Sequence[str], words: WordIndex) -> Analysis:
    """Finds what the model weighs in texts."""
    folded = fold(texts)
    tokens = tokenize(folded)
    room = len(tokens.chars) * 2 * (LONGEST + LONGEST_WORD) + 1
    places, starts, lengths = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int8)
    bounds = list_places(tokens.chars, tokens.sounds, tokens.bounds, *words, places, starts, lengths)
    end = bounds[-1]
    return Analysis(
        folded=folded,
        tokens=tokens,
        places=places[:end],
        starts=starts[:end],
        lengths=lengths[:end],
        bounds=bounds,
    )
