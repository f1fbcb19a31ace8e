"""Runs of one to three tokens, hashed, and words of the trade: what the model weighs.

1. A run's place in the model is a hash of its tokens and of the row that they are of (characters or readings), so that
   a model holds no text. Two runs may share a place.
2. A run counts once a text, where it stands first.
3. Each row has a half of the places of its own.
4. Beside them, words of the trade: one, two, three or more of a kind, by characters and by readings, each have a place.
"""

import numpy as np
import numpy.typing as npt

from wayseal.market.reading._fold import Bounds
from wayseal.market.reading._tables import Codes
from wayseal.model.jit import kernel

BITS = 18
HASHED = 1 << BITS
LONGEST, LONGEST_WORD = 3, 6
MOST_WORDS, WORD_KINDS = 3, 12
"""Kinds of words by characters, then by readings."""
PLACES = 2 * HASHED + MOST_WORDS * WORD_KINDS
ROWS = np.array([0x243F6A8885A308D3, 0x13198A2E03707344], np.uint64)
_MIX = np.uint64(0x9E3779B97F4A7C15)


@kernel
def mix(row: np.uint64, tokens: Codes) -> np.uint64:
    """The hash of a run."""
    hashed = row
    for token in tokens:
        hashed = _add(hashed, token)
    return hashed


@kernel
def list_places(
    chars: Codes,
    sounds: Codes,
    bounds: Bounds,
    word_keys: npt.NDArray[np.uint64],
    word_kinds: npt.NDArray[np.int8],
    places: npt.NDArray[np.int32],
    starts: npt.NDArray[np.int32],
    lengths: npt.NDArray[np.int8],
) -> Bounds:
    """The distinct places of the runs and words of each text, one text after the other.

    Args:
        chars: Tokens.
        sounds: Tokens, with readings.
        bounds: Where each text begins in them, and the end of the last.
        word_keys: Hashes of words, sorted.
        word_kinds: Their kinds.
        places: Is filled; has room for 2 × LONGEST_WORD + 1 a token.
        starts: Is filled with the token at which each begins.
        lengths: Is filled with the number of its tokens.

    Returns:
        Where each text begins in `places`, and the end of the last.
    """
    seen = np.full(PLACES, -1, np.int64)
    word_seen = np.full(len(word_keys), -1, np.int64)
    begins = np.zeros(len(bounds), np.int64)
    counts = np.zeros(WORD_KINDS, np.int64)
    size = 0
    for text in range(len(bounds) - 1):
        counts[:] = 0
        for row in range(2):
            tokens = chars if row == 0 else sounds
            for at in range(bounds[text], bounds[text + 1]):
                hashed = ROWS[row]
                for step in range(min(LONGEST_WORD, bounds[text + 1] - at)):
                    hashed = _add(hashed, tokens[at + step])
                    place = -1
                    if step < LONGEST:
                        place = row * HASHED + _place_of(hashed)
                        if seen[place] != text:
                            seen[place] = text
                            places[size], starts[size], lengths[size] = place, at, step + 1
                            size += 1
                    word = np.searchsorted(word_keys, hashed)
                    if word < len(word_keys) and word_keys[word] == hashed and word_seen[word] != text:
                        word_seen[word] = text
                        kind = int(word_kinds[word])
                        if counts[kind] < MOST_WORDS:
                            places[size] = 2 * HASHED + MOST_WORDS * kind + counts[kind]
                            starts[size], lengths[size] = at, step + 1
                            size += 1
                            counts[kind] += 1
        begins[text + 1] = size
    return begins


@kernel
def _add(hashed: np.uint64, token: np.uint32) -> np.uint64:
    return (hashed ^ np.uint64(token)) * _MIX


@kernel
def _place_of(hashed: np.uint64) -> int:
    """The place of a run in its half of the model (rule 1)."""
    return int(((hashed ^ (hashed >> np.uint64(31))) * _MIX) >> np.uint64(64 - BITS))
