"""String columns: trimming, emptiness, control characters and waybill numbers, whole columns at once.

Most columns hold nothing but visible ASCII. One look at the smallest and the largest byte says so, and then neither
trimming nor a search for control characters is needed.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.model.numbers import clean_waybill

MOST_BYTES = 512
NOTHING = pa.array(["-", "--", "—", "——", "－", "\\N"])


def as_text(array: pa.Array) -> pa.Array:
    """The column as plain strings; ArrowInvalid or ArrowNotImplementedError where that can't be."""
    return array if array.type == pa.string() else pc.cast(array, pa.string())


def byte_range(texts: pa.Array) -> tuple[int, int]:
    """The smallest and the largest byte of a string column; (255, 0) when it holds none."""
    data = _bytes(texts)
    return (int(data.min()), int(data.max())) if data.size else (255, 0)


def _bytes(texts: pa.Array) -> npt.NDArray[np.uint8]:
    _, offsets, data = texts.buffers()
    if data is None or offsets is None or len(texts) == 0:
        return np.empty(0, np.uint8)
    ends = np.frombuffer(offsets, np.int32, len(texts) + 1, texts.offset * 4)
    return np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]


def trimmed(texts: pa.Array) -> pa.Array:
    """Without white space at either end; what is empty then is null."""
    low, high = byte_range(texts)
    if low <= 0x20 or high >= 0x7F:
        texts = pc.utf8_trim_whitespace(texts)
    return empty_to_null(texts)


def empty_to_null(texts: pa.Array) -> pa.Array:
    """An empty string is no value."""
    lengths = pc.binary_length(texts)
    if len(texts) == 0 or (pc.min(lengths).as_py() or 0) > 0:
        return texts
    return pc.if_else(pc.equal(lengths, 0), pa.scalar(None, pa.string()), texts)


def without_signs(texts: pa.Array) -> pa.Array:
    """Signs that say "nothing" are no value; words are left, since they could be somebody's."""
    found = pc.is_in(as_text(texts), value_set=NOTHING)
    return pc.if_else(found, pa.scalar(None, texts.type), texts) if pc.any(found).as_py() else texts


def mask_of(matches: pa.Array) -> npt.NDArray[np.bool_]:
    """A boolean column as a NumPy mask; null is False."""
    filled = matches.fill_null(False) if matches.null_count else matches
    out: npt.NDArray[np.bool_] = filled.to_numpy(zero_copy_only=False)
    return out


def control_mask(texts: pa.Array) -> npt.NDArray[np.bool_] | None:
    """Where a control character stands inside; None if nowhere."""
    low, high = byte_range(texts)
    if low >= 0x20 and high < 0x7F:
        return None
    found = mask_of(pc.match_substring_regex(texts, r"[\x00-\x1f\x7f\x{80}-\x{9f}]"))
    return found if found.any() else None


def nul_mask(texts: pa.Array) -> npt.NDArray[np.bool_] | None:
    """Where a NUL stands inside; None if nowhere."""
    if byte_range(texts)[0] > 0:
        return None
    found = mask_of(pc.match_substring(texts, "\x00"))
    return found if found.any() else None


def long_mask(texts: pa.Array) -> npt.NDArray[np.bool_] | None:
    """Where a value is longer than `MOST_BYTES` bytes; None if nowhere."""
    lengths = pc.binary_length(texts)
    if (pc.max(lengths).as_py() or 0) <= MOST_BYTES:
        return None
    return mask_of(pc.greater(lengths, MOST_BYTES))


def cleaned(texts: pa.Array) -> pa.Array:
    """Every number in its clean spelling (`clean_waybill`); null where nothing remains."""
    if byte_range(texts)[1] < 0x80:
        bare = pc.replace_substring_regex(pc.ascii_upper(texts), r"[ \-._\t\n\v\f\r\x1c-\x1f]+", "")
        return empty_to_null(bare)
    coded = texts.dictionary_encode()
    words = [None if w is None else clean_waybill(w) for w in coded.dictionary.to_pylist()]
    return empty_to_null(pa.array(words, pa.string()).take(coded.indices))


def is_clean(texts: pa.Array) -> bool:
    """True if every number is ASCII letters and digits in upper case already: then it need not be built anew."""
    low, high = byte_range(texts)
    if low < 0x30 or high > 0x5A:
        return low == 255
    data = _bytes(texts)
    return not bool(((data > 0x39) & (data < 0x41)).any())
