import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wayseal.ledger._dictionary import Dictionary
from wayseal.ledger._kernels import COLLISION
from wayseal.ledger._keys import UNPACKED, Keyer, pack_numbers, unpack_words, xxh64
from wayseal.ledger.errors import LedgerError

pytestmark = pytest.mark.kernels

M = 2**64 - 1
P = (11400714785074694791, 14029467366897019727, 1609587929392839161, 9650029242287828579, 2870177450012600261)


def rol(x: int, r: int) -> int:
    return ((x << r) | (x >> (64 - r))) & M


def plain_xxh64(data: bytes, seed: int) -> int:
    """XXH64 written down from its specification, with Python's whole numbers."""

    def turn(acc: int, lane: int) -> int:
        return rol((acc + lane * P[1]) & M, 31) * P[0] & M

    def word(i: int, n: int) -> int:
        return int.from_bytes(data[i : i + n], "little")

    i = 0
    if len(data) >= 32:
        v = [(seed + P[0] + P[1]) & M, (seed + P[1]) & M, seed, (seed - P[0]) & M]
        while i + 32 <= len(data):
            v = [turn(v[k], word(i + 8 * k, 8)) for k in range(4)]
            i += 32
        h = sum(rol(x, r) for x, r in zip(v, (1, 7, 12, 18), strict=True)) & M
        for x in v:
            h = ((h ^ turn(0, x)) * P[0] + P[3]) & M
    else:
        h = (seed + P[4]) & M
    h = (h + len(data)) & M
    while i + 8 <= len(data):
        h = (rol(h ^ turn(0, word(i, 8)), 27) * P[0] + P[3]) & M
        i += 8
    if i + 4 <= len(data):
        h = (rol(h ^ (word(i, 4) * P[0] & M), 23) * P[1] + P[2]) & M
        i += 4
    for byte in data[i:]:
        h = rol(h ^ (byte * P[4] & M), 11) * P[0] & M
    h = ((h ^ (h >> 33)) * P[1]) & M
    h = ((h ^ (h >> 29)) * P[2]) & M
    return h ^ (h >> 32)


def ours(data: bytes, seed: int) -> int:
    with np.errstate(over="ignore"):
        return int(xxh64(np.frombuffer(data, np.uint8), 0, len(data), np.uint64(seed)))


@pytest.mark.parametrize(
    ("data", "seed", "digest"),
    [
        (b"", 0, 0xEF46DB3751D8E999),
        (b"a", 0, 0xD24EC4F1A98C6E5B),
        (b"abc", 0, 0x44BC2CF5AD770999),
        (b"Nobody inspects the spammish repetition", 0, 0xFBCEA83C8A378BF1),
        (b"", 0x9E3779B1, 0xAC75FDA2929B17EF),
    ],
)
def test_published_vectors(data: bytes, seed: int, digest: int) -> None:
    assert ours(data, seed) == plain_xxh64(data, seed) == digest


@given(st.binary(max_size=100), st.sampled_from([0, 1, M]))
@example(bytes(range(64)), 7)
def test_agrees_with_the_specification(data: bytes, seed: int) -> None:
    assert ours(data, seed) == plain_xxh64(data, seed)


@given(st.lists(st.text(max_size=40) | st.none(), max_size=8), st.integers(0, 3))
def test_keys_of_arrays(texts: list[str | None], start: int) -> None:
    array = pa.array(texts, pa.string()).slice(min(start, len(texts)))
    made = Keyer().keys(array).tolist()
    assert made == [plain_xxh64(t.encode(), 0) if t else 0 for t in array.to_pylist()]


def test_a_key_is_never_zero_and_narrow_keys_are_the_top_bits() -> None:
    texts = [f"u-{n}" for n in range(64)]
    full, narrow = Keyer().of(texts), Keyer(3).of(texts)
    for a, b in zip(full.tolist(), narrow.tolist(), strict=True):
        assert b == ((a >> 61) << 61 or 1 << 61)


NUMBERS = st.one_of(
    st.from_regex(r"[0-9]{1,20}", fullmatch=True),
    st.from_regex(r"[A-Z]{1,3}[0-9]{0,18}", fullmatch=True),
    st.from_regex(r"[0-9A-Z]{1,24}", fullmatch=True),
    st.text(min_size=1, max_size=20),
)


@given(st.lists(NUMBERS, min_size=1, max_size=10))
@example(["0", "00", "9" * 18, "9" * 19, "A", "ZZ" + "9" * 16, "ZZ" + "9" * 17, "A" * 3, "A1B"])
def test_packed_numbers_come_back_and_differ(texts: list[str]) -> None:
    made, unpacked = pack_numbers(pa.array(texts, pa.string()))
    packed = made < UNPACKED
    back = unpack_words(made, packed).to_pylist()
    assert back == [t if p else None for t, p in zip(texts, packed, strict=True)]
    assert unpacked == sum(w >= UNPACKED for w in made)
    assert len(set(made.tolist())) == len(set(texts))


@pytest.mark.parametrize(
    ("text", "is_packed"),
    [("YT0123456789012", True), ("123456789012345678", True), ("1234567890123456789", False),
     ("JDX0001", False), ("EA123456789CN", False), ("SF1234567890123456", True), ("单1", False)],
)  # fmt: skip
def test_which_numbers_are_packed(text: str, is_packed: bool) -> None:
    made, unpacked = pack_numbers(pa.array([text]))
    assert bool(made[0] < UNPACKED) is is_packed is (unpacked == 0)


@given(st.lists(st.text(max_size=6) | st.none(), max_size=60))
def test_a_dictionary_gives_each_text_one_code(texts: list[str | None]) -> None:
    made = Dictionary("actor", Keyer())
    codes = [int(c) for part in (texts[:20], texts[20:]) for c in made.encode(pa.array(part, pa.string()))]
    order = list(dict.fromkeys(t for t in texts if t))
    assert codes == [order.index(t) + 1 if t else 0 for t in texts]
    assert made.added()["text"].to_pylist() == order
    assert made.keys_of(np.array(codes, np.uint32)).tolist() == Keyer().keys(pa.array(texts, pa.string())).tolist()
    assert made.codes_of(made.keys).tolist() == list(range(1, len(order) + 1))
    again = Dictionary("actor", Keyer(), made.added())
    assert len(again.added()) == 0
    assert again.encode(pa.array(order, pa.string())).tolist() == list(range(1, len(order) + 1))


def test_a_dictionary_grows_and_has_an_end() -> None:
    made = Dictionary("session", Keyer(), most=100)
    made.encode(pa.array(["x" * n for n in range(1, 90)]))
    assert len(made) == 89
    made.settle()
    assert made.added().num_rows == 0
    with pytest.raises(LedgerError, match="100 different ids of kind session"):
        made.encode(pa.array([f"s{n}" for n in range(100)]))


def test_a_text_with_anothers_key_is_told_apart() -> None:
    made = Dictionary("actor", Keyer(1))
    texts = [f"u-{n}" for n in range(8)]
    codes = made.encode(pa.array(texts)).tolist()
    keys = Keyer(1).of(texts).tolist()
    for n, code in enumerate(codes):
        assert (code == COLLISION) == (keys.index(keys[n]) != n)
    assert made.codes_of(np.array([12345], np.uint64)).tolist() == [0]
