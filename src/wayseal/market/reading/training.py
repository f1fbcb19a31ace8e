"""For whoever trains a model, or measures one: places of texts, models made of weights, what a model says of texts."""

from collections.abc import Sequence

import numpy as np

from wayseal.market.reading._analysis import analyse
from wayseal.market.reading._fold import Bounds, fold
from wayseal.market.reading._grams import HASHED, PLACES
from wayseal.market.reading._model import COLUMNS, FLAG, LOGISTICS, SIDES, WIDE, Judged, Model, judge, make_model
from wayseal.market.reading._tables import Ints, Tables
from wayseal.market.reading._tables import tables as folding_tables
from wayseal.market.reading._words import index_words, load_words

__all__ = [
    "COLUMNS",
    "FLAG",
    "HASHED",
    "LOGISTICS",
    "PLACES",
    "SIDES",
    "WIDE",
    "Judged",
    "Model",
    "Tables",
    "fold_texts",
    "folding_tables",
    "judge_texts",
    "list_text_places",
    "make_model",
]
_AT_ONCE = 4096


def fold_texts(texts: Sequence[str]) -> list[str]:
    """Folded copies of texts."""
    folded = fold(texts)
    return [folded.text(at) for at in range(len(texts))]


def list_text_places(texts: Sequence[str]) -> tuple[Ints, Bounds]:
    """The places of texts in a model, one text after the other, and where each begins."""
    words = index_words(load_words())
    places, sizes = [np.empty(0, np.int32)], [np.zeros(1, np.int64)]
    for at in range(0, len(texts), _AT_ONCE):
        found = analyse(texts[at : at + _AT_ONCE], words)
        places.append(found.places.copy())
        sizes.append(np.diff(found.bounds))
    return np.concatenate(places), np.cumsum(np.concatenate(sizes))


def judge_texts(model: Model, texts: Sequence[str]) -> Judged:
    """What a model says of texts."""
    places, bounds = list_text_places(texts)
    return judge(model, places, bounds)
