"""What a folded text is made of, for the model: Han characters, known words of letters, and classes of all else.

1. A Han character is a token, and so is its reading, in a second row that homophones share.
2. Letters are a token of their own only as one of `LATIN_WORDS`, or as one letter or two; other words, digits, handles
   and links are told by their class and length alone. So no handle and no number is in what a model learns of, nor can
   be read out of it.
3. A word of letters that falls into syllables of pinyin is told as these, in both rows: mian单 sounds as 面单 does. One
   with a digit, a line or @ beside it is a name, and isn't.
4. Symbols and spaces are no tokens.

Runs of one to three tokens, hashed, and words of the trade: what the model weighs.

5. A run's place in the model is a hash of its tokens and of the row that they are of (characters or readings), so that
   a model holds no text. Two runs may share a place.
6. A run counts once a text, where it stands first.
7. Each row has a half of the places of its own.
8. Beside them, words of the trade: one, two, three or more of a kind, by characters and by readings, each have a place.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from wayseal.market.reading._fold import DIGIT, FIRST_HAN, HAN, LATIN, LETTER, Bounds, Folded, tables
from wayseal.model.arrays import Codes, Ints
from wayseal.model.runtime import kernel

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
    """Check if a row wasn't met in this text; from now on it was (rule 6)."""
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
    """The place of a run in its half of the model (rule 5)."""
    return int(((hashed ^ (hashed >> np.uint64(31))) * _MIX) >> np.uint64(64 - BITS))


LATIN_WORDS = tuple(
    """
    api app cod cpa cpc csv cvv dpi ems erp excel gps ids imei line mdm oms p2p pdd pos sdk seo sfz sms sql tiktok tms
    usdt vip vps web whatsapp wms
""".split()
)
_OTHER = 0x110000
AT, INVITE, CHAT, LINK = _OTHER + 1, _OTHER + 2, _OTHER + 3, _OTHER + 4
_LATIN_OF_LENGTH, _DIGITS_OF_LENGTH, _WORD, _SYLLABLE = _OTHER + 16, _OTHER + 48, _OTHER + 0x1000, _OTHER + 0x100000
_SHORT, _LONGEST_SYLLABLE, _LONGEST_PINYIN = _OTHER + 0x2000, 6, 30
_PLUS, _SLASH, _DOT, _AT_SIGN, _COLON, _UNDERLINE = (ord(c) for c in "+/.@:_")
_TME = np.array([ord(c) for c in "t.me/"], np.uint32)
_JOIN = np.array([ord(c) for c in "joinchat"], np.uint32)
_HTTP = np.array([ord(c) for c in "http"], np.uint32)
_HASH = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tokens:
    """Tokens of texts, one text after the other.

    Attributes:
        chars: Tokens (rules 1 and 2).
        sounds: The same, with readings in the place of Han characters.
        first: Where each begins in the folded characters.
        last: Its last folded character.
        bounds: Where each text begins, and the end of the last.
    """

    chars: Codes
    sounds: Codes
    first: Ints
    last: Ints
    bounds: Bounds


def tokenize(folded: Folded) -> Tokens:
    """The tokens of folded texts."""
    known = tables()
    size = len(folded.codes)
    chars, sounds = np.empty(size, np.uint32), np.empty(size, np.uint32)
    first, last = np.empty(size, np.int32), np.empty(size, np.int32)
    bounds = _tokenize(
        folded.codes, folded.bounds, known.sorts, known.syllables, _WORDS, *_spelled(), chars, sounds, first, last
    )
    end = bounds[-1]
    return Tokens(chars=chars[:end], sounds=sounds[:end], first=first[:end], last=last[:end], bounds=bounds)


@kernel
def _tokenize(
    codes: Codes,
    bounds: Bounds,
    sorts: npt.NDArray[np.uint8],
    syllables: npt.NDArray[np.uint16],
    words: npt.NDArray[np.uint64],
    spelled: npt.NDArray[np.uint64],
    syllable_of: Ints,
    chars: Codes,
    sounds: Codes,
    first: Ints,
    last: Ints,
) -> Bounds:
    """Fills the last four; gives where each text begins in them."""
    placed = np.zeros(len(bounds), np.int64)
    size = 0
    for text in range(len(bounds) - 1):
        at, end = bounds[text], bounds[text + 1]
        while at < end:
            code = codes[at]
            sort = sorts[code]
            after = at + 1
            token, sound = code, code
            if sort == HAN:
                syllable = syllables[code - FIRST_HAN] if FIRST_HAN <= code < FIRST_HAN + len(syllables) else 0
                sound = np.uint32(_SYLLABLE + int(syllable)) if syllable else code
            elif sort == LATIN or sort == DIGIT or code == _AT_SIGN:
                after, token = _read_word(codes, at, end, sorts, words)
                if _LATIN_OF_LENGTH < token < _DIGITS_OF_LENGTH and not _is_named(
                    codes, at, after, bounds[text], end, sorts
                ):
                    before = size
                    while at < after:
                        step, syllable = _spell(codes, at, after, spelled, syllable_of)
                        if step == 0:
                            break
                        chars[size], sounds[size], first[size], last[size] = syllable, syllable, at, at + step - 1
                        at, size = at + step, size + 1
                    if size > before:
                        continue
                    if after - at < 3:
                        token = np.uint32(_SHORT + 0x100 * codes[at] + codes[after - 1])
                sound = token
            elif sort != LETTER:
                token = np.uint32(0)
            if token:
                chars[size], sounds[size], first[size], last[size] = token, sound, at, after - 1
                size += 1
            at = after
        placed[text + 1] = size
    return placed


@kernel
def _read_word(
    codes: Codes, at: int, end: int, sorts: npt.NDArray[np.uint8], words: npt.NDArray[np.uint64]
) -> tuple[int, np.uint32]:
    """The end and the token of a word of letters, a run of digits, a handle or a link that begins here."""
    after = at
    if codes[at] == _AT_SIGN:
        after = at + 1
        while after < end and _is_name(codes[after], sorts):
            after += 1
        return after, np.uint32(AT if after - at > 2 else 0)
    if _begins(codes, at, end, _HTTP) or _begins(codes, at, end, _TME):
        return _read_link(codes, at, end, sorts)
    sort = sorts[codes[at]]
    while after < end and sorts[codes[after]] == sort:
        after += 1
    length = min(after - at, 12)
    if sort == DIGIT:
        return after, np.uint32(_DIGITS_OF_LENGTH + length)
    place = _find_word(codes, at, after, words)
    if place >= 0:
        return after, np.uint32(_WORD + place)
    if sort == LATIN and after - at == 6:  # two known words of three letters, run together
        left, right = _find_word(codes, at, at + 3, words), _find_word(codes, at + 3, after, words)
        if left >= 0 and right >= 0:
            return at + 3, np.uint32(_WORD + left)
    return after, np.uint32(_LATIN_OF_LENGTH + min(length, 6))


@kernel
def _is_named(codes: Codes, at: int, after: int, start: int, end: int, sorts: npt.NDArray[np.uint8]) -> bool:
    """Check if a word of letters is a piece of a name (rule 3)."""
    if at > start and _is_joined(codes[at - 1], sorts):
        return True
    return bool(after < end and _is_joined(codes[after], sorts))


@kernel
def _is_joined(code: np.uint32, sorts: npt.NDArray[np.uint8]) -> bool:
    return bool(sorts[code] == DIGIT or code == _UNDERLINE or code == _AT_SIGN)


@kernel
def _spell(
    codes: Codes, at: int, after: int, spelled: npt.NDArray[np.uint64], syllable_of: Ints
) -> tuple[int, np.uint32]:
    """The length and the token of the syllable with which these letters begin, if all of them are syllables; else 0."""
    size = after - at
    best, token = np.zeros(_LONGEST_PINYIN + 1, np.int64), np.uint32(0)
    if size > _LONGEST_PINYIN:
        return 0, token
    for begin in range(size - 1, -1, -1):
        value = np.uint64(1)
        for length in range(1, min(_LONGEST_SYLLABLE, size - begin) + 1):
            value = (value ^ np.uint64(codes[at + begin + length - 1])) * _HASH
            if begin + length == size or best[begin + length] > 0:
                place = np.searchsorted(spelled, value)
                if place < len(spelled) and spelled[place] == value:
                    best[begin] = length
                    token = np.uint32(_SYLLABLE + syllable_of[place])
    return int(best[0]), token if best[0] else np.uint32(0)


@kernel
def _find_word(codes: Codes, at: int, end: int, words: npt.NDArray[np.uint64]) -> int:
    """Where in the known words these letters are; −1: nowhere."""
    value = np.uint64(1)
    for step in range(at, end):
        value = (value ^ np.uint64(codes[step])) * _HASH
    place = np.searchsorted(words, value)
    return int(place) if place < len(words) and words[place] == value else -1


@kernel
def _read_link(codes: Codes, at: int, end: int, sorts: npt.NDArray[np.uint8]) -> tuple[int, np.uint32]:
    """The end and the token of a link."""
    token, after = LINK, at
    while after < end and (
        _is_name(codes[after], sorts)
        or codes[after] == _SLASH
        or codes[after] == _DOT
        or codes[after] == _COLON
        or codes[after] == _PLUS
    ):
        if _begins(codes, after, end, _TME):
            token = CHAT
            if after > at + 12 or (after > at and codes[after - 1] != _SLASH):
                break
            place = after + 5
            if (place < end and codes[place] == _PLUS) or _begins(codes, place, end, _JOIN):
                token = INVITE
        after += 1
    return max(after, at + 1), np.uint32(token)


@kernel
def _is_name(code: np.uint32, sorts: npt.NDArray[np.uint8]) -> bool:
    return bool(sorts[code] == LATIN or sorts[code] == DIGIT or code == _UNDERLINE)


@kernel
def _begins(codes: Codes, at: int, end: int, word: Codes) -> bool:
    if at + len(word) > end:
        return False
    same = True
    for step in range(len(word)):
        same = same and bool(codes[at + step] == word[step])
    return same


def initial_of(sound: int) -> int:
    """The token of the letter with which a reading begins, standing alone."""
    code = ord(tables().names[sound - _SYLLABLE][0])
    return _SHORT + 0x100 * code + code


def _hash(word: str) -> int:
    value = 1
    for char in word:
        value = ((value ^ ord(char)) * int(_HASH)) & 0xFFFFFFFFFFFFFFFF
    return value


@cache
def _spelled() -> tuple[npt.NDArray[np.uint64], Ints]:
    """Hashes of syllables of two letters or more, sorted, and their numbers."""
    known = sorted(
        (_hash(name), at) for at, name in enumerate(tables().names) if len(name) > 1 and set(name) & set("aeiouv")
    )
    return np.array([value for value, _ in known], np.uint64), np.array([at for _, at in known], np.int32)


_WORDS = np.array(sorted(map(_hash, LATIN_WORDS)), np.uint64)
