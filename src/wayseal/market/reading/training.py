"""For whoever trains a model, or measures one: places of texts, models made of weights, what a model says of texts."""

from collections.abc import Sequence

import numpy as np

from wayseal.market.reading._fold import Bounds, Ints, Tables, fold
from wayseal.market.reading._fold import tables as folding_tables
from wayseal.market.reading._reader import COLUMNS, FLAG, LOGISTICS, SIDES, WIDE, Judged, Model, judge, make_model
from wayseal.market.reading._tokens import HASHED, PLACES
from wayseal.market.reading._words import analyse, index_words, load_words

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
    return fold(texts).texts()


def list_text_places(texts: Sequence[str]) -> tuple[Ints, Bounds]:
    """The places of texts in a model, one text after the other, and where each begins."""
    return _list_rows(texts, np.arange(PLACES, dtype=np.int32))


def judge_texts(model: Model, texts: Sequence[str]) -> Judged:
    """Judge texts by a model."""
    return judge(model, *_list_rows(texts, model.rows))


def _list_rows(texts: Sequence[str], rows: Ints) -> tuple[Ints, Bounds]:
    words = index_words(load_words())
    found, sizes = [np.empty(0, np.int32)], [np.zeros(1, np.int64)]
    for at in range(0, len(texts), _AT_ONCE):
        some = analyse(texts[at : at + _AT_ONCE], words, rows)
        found.append(some.rows.copy())
        sizes.append(np.diff(some.bounds))
    return np.concatenate(found), np.cumsum(np.concatenate(sizes))
