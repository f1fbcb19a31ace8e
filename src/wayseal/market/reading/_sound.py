"""Texts by their sound: what two spellings of one text have in common, whatever characters stand for its syllables."""

from collections.abc import Sequence

import numpy as np

from wayseal.market.reading._fold import fold
from wayseal.market.reading._tables import FIRST_HAN, tables

_FIRST_SYLLABLE = 0x4E00


def sound_out(texts: Sequence[str]) -> list[str]:
    """Folded texts in which each Han character stands for its reading.

    Two texts that differ in homophones, marks, symbols and traditional characters alone sound the same.

    Args:
        texts: As they were seen.

    Returns:
        For each, its folded text; a Han character with a known reading is the one at U+4E00 and the reading's number.
    """
    folded, syllables = fold(texts), tables().syllables
    codes = np.array(folded.codes, np.uint32)
    place = codes.astype(np.int64) - FIRST_HAN
    known = (place >= 0) & (place < len(syllables))
    syllable = np.zeros(len(codes), np.uint32)
    syllable[known] = syllables[place[known]]
    sounded = np.where(syllable > 0, _FIRST_SYLLABLE + syllable, codes).astype(np.uint32)
    bounds = folded.bounds
    return [
        sounded[int(bounds[n]) : int(bounds[n + 1])].tobytes().decode("utf-32-le", "surrogatepass")
        for n in range(len(texts))
    ]
