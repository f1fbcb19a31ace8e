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
from wayseal.market.reading._tables import Codes, Ints
from wayseal.model.jit import kernel

BITS = 18
HASHED = 1 << BITS
LONGEST, LONGEST_WORD = 3, 6
MOST_WORDS, WORD_KINDS = 3, 12
"""Kinds of words by characters, then by readings."""
PLACES = 2 * HASHED + MOST_WORDS * WORD_KINDS
ROWS = np.array([0x243F6A8885A308D3, 0x13198A2E03707344], np.uint64)
_MIX, _FILTERED = np.uint64(0x9E3779B97F4A7C15), np.uint64(64 - 15)


@kernel
def mix(row: np.uint64, tokens: Codes) -> np.uint64:
    """The hash of a run."""
    hashed = row
    for token in tokens:
        hashed = _add(hashed, token)
    return hashed


@kernel
def list_grams(
    chars: Codes,
    sounds: Codes,
    bounds: Bounds,
    rows: Ints,
    word_keys: npt.NDArray[np.uint64],
    word_kinds: npt.NDArray[np.int8],
    word_filter: npt.NDArray[np.bool_],
    found: Ints,
    starts: Ints,
    lengths: npt.NDArray[np.int8],
) -> Bounds:
    """The distinct runs and words of each text that a model knows, one text after the other.

    Args:
        chars: Tokens.
        sounds: Tokens, with readings.
        bounds: Where each text begins in them, and the end of the last.
        rows: By place, the model's row; −1: it knows none.
        word_keys: Hashes of words, sorted.
        word_kinds: Their kinds.
        word_filter: `filter_words` of them.
        found: Is filled with rows; has room for 2 × (LONGEST + LONGEST_WORD) a token.
        starts: Is filled with the token at which each begins.
        lengths: Is filled with the number of its tokens.

    Returns:
        Where each text begins in `found`, and the end of the last.
    """
    begins, counts = np.zeros(len(bounds), np.int64), np.zeros(WORD_KINDS, np.int64)
    word_seen = np.full(len(word_keys), -1, np.int64)
    seen = np.empty(_room_for(bounds), np.int32)
    size = 0
    for text in range(len(bounds) - 1):
        start, end = bounds[text], bounds[text + 1]
        counts[:] = 0
        shift = _shift_for(end - start)
        seen[: 1 << (64 - shift)] = -1
        for row in range(2):
            tokens = chars if row == 0 else sounds
            for at in range(start, end):
                hashed = ROWS[row]
                for step in range(min(LONGEST_WORD, end - at)):
                    hashed = _add(hashed, tokens[at + step])
                    if step < LONGEST:
                        known = rows[row * HASHED + _place_of(hashed)]
                        if known >= 0 and _is_new(seen, shift, known):
                            found[size], starts[size], lengths[size] = known, at, step + 1
                            size += 1
                    word = _look_up(hashed, word_keys, word_filter)
                    if word >= 0 and word_seen[word] != text:
                        word_seen[word] = text
                        kind = int(word_kinds[word])
                        known = rows[2 * HASHED + MOST_WORDS * kind + min(counts[kind], MOST_WORDS - 1)]
                        if counts[kind] < MOST_WORDS and known >= 0:
                            found[size], starts[size], lengths[size] = known, at, step + 1
                            size += 1
                        counts[kind] += 1
        begins[text + 1] = size
    return begins


def filter_words(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """By the first bits of a hash, whether a word has them: few runs are looked for among the words."""
    made = np.zeros(1 << (64 - int(_FILTERED)), np.bool_)
    made[keys >> _FILTERED] = True
    return made


@kernel
def _look_up(hashed: np.uint64, keys: npt.NDArray[np.uint64], known: npt.NDArray[np.bool_]) -> int:
    """Where among the words a run is; −1: nowhere."""
    if not known[hashed >> _FILTERED]:
        return -1
    word = np.searchsorted(keys, hashed)
    return int(word) if word < len(keys) and keys[word] == hashed else -1


@kernel
def _room_for(bounds: Bounds) -> int:
    """The room that remembering the runs of the longest text takes."""
    longest = 0
    for text in range(len(bounds) - 1):
        longest = max(longest, bounds[text + 1] - bounds[text])
    return 1 << (64 - _shift_for(longest))


@kernel
def _shift_for(tokens: int) -> int:
    """By how much hashes are shifted for a table at most half full with the runs of so many tokens."""
    shift = 60
    while 1 << (64 - shift) < 4 * LONGEST * tokens:
        shift -= 1
    return shift


@kernel
def _is_new(seen: Ints, shift: int, row: int) -> bool:
    """Whether a row wasn't met in this text; from now on it was (rule 2)."""
    last = (1 << (64 - shift)) - 1
    at = np.int64((np.uint64(row) * _MIX) >> np.uint64(shift))
    while seen[at] >= 0:
        if seen[at] == row:
            return False
        at = (at + 1) & last
    seen[at] = row
    return True


@kernel
def _add(hashed: np.uint64, token: np.uint32) -> np.uint64:
    return (hashed ^ np.uint64(token)) * _MIX


@kernel
def _place_of(hashed: np.uint64) -> int:
    """The place of a run in its half of the model (rule 1)."""
    return int(((hashed ^ (hashed >> np.uint64(31))) * _MIX) >> np.uint64(64 - BITS))
