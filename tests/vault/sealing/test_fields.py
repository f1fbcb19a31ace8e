"""Sealed fields: round trips of any text, a record that is pinned, and every change of one.

The algorithms are the published ones: vectors of RFC 8452, RFC 5297, RFC 4231 and RFC 5869.
"""

import hashlib
import hmac
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV, AESSIV
from hypothesis import given
from hypothesis import strategies as st

from tests.tables import each
from tests.vault.sealing.waybills import NUMBER, VALUES
from wayseal.model.fields import Field
from wayseal.vault.errors import SealError
from wayseal.vault.keyring.keys import KINDS, IndexKey, Key
from wayseal.vault.sealing import open_fields, seal_fields
from wayseal.vault.sealing._fields import CODES, HEAD, NONCE, pad, unpad

KEY = bytes(range(32))
NONCES = bytes(range(100, 111))
SEALED = seal_fields(NUMBER, VALUES, KEY, 3, NONCES)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
HEADER = len(HEAD) + 4 + NONCE + 1


@given(st.dictionaries(st.sampled_from(Field), TEXTS, min_size=1), st.text(min_size=1, max_size=70), st.data())
def test_round_trip(values: dict[Field, str], number: str, data: st.DataObject) -> None:
    key = os.urandom(32)
    revision = data.draw(st.integers(0, 0xFFFF_FFFF))
    sealed = seal_fields(number, values, key, revision)
    assert open_fields(number, sealed, key) == values
    assert open_fields(number, sealed, key, revision=revision) == values
    wanted = data.draw(st.sets(st.sampled_from(Field)))
    assert open_fields(number, sealed, key, wanted) == {f: v for f, v in values.items() if f in wanted}
    for value in values.values():
        assert len(value.encode()) < 6 or value.encode() not in sealed


def test_the_order_of_the_values_changes_nothing() -> None:
    turned = dict(reversed(VALUES.items()))
    assert seal_fields(NUMBER, turned, KEY, 3, NONCES) == SEALED
    assert list(open_fields(NUMBER, SEALED, KEY)) == list(Field)


def test_every_field_has_a_code_of_its_own() -> None:
    assert set(CODES) == set(Field)
    assert sorted(CODES.values()) == list(range(len(Field)))


def test_lengths_tell_little() -> None:
    sizes = {len(seal_fields(NUMBER, {Field.GOODS: "x" * n}, KEY, 1)) for n in range(16)}
    assert len(sizes) == 1
    assert len(seal_fields(NUMBER, {Field.GOODS: "x" * 16}, KEY, 1)) == sizes.pop() + 16


def test_the_same_values_are_never_sealed_alike() -> None:
    assert len({seal_fields(NUMBER, VALUES, KEY, 1) for _ in range(100)}) == 100
    twice = seal_fields(NUMBER, {Field.SENDER_NAME: "王", Field.RECIPIENT_NAME: "王"}, KEY, 1)
    assert twice[-64:-32] != twice[-32:]


def refused(sealed: bytes, number: str = NUMBER, key: bytes = KEY, revision: int | None = None) -> None:
    with pytest.raises(SealError) as caught:
        open_fields(number, sealed, key, revision=revision)
    assert caught.value.__context__ is None
    assert not any(value in str(caught.value) for value in (*VALUES.values(), NUMBER))


def parts() -> tuple[bytes, list[bytes], list[bytes]]:
    """The fixed header, lengths and sealed fields of the record."""
    lengths = [SEALED[HEADER + 2 * i : HEADER + 2 * i + 2] for i in range(len(Field))]
    out, place = [], HEADER + 2 * len(Field)
    for length in lengths:
        end = place + int.from_bytes(length, "big") * 16 + 16
        out.append(SEALED[place:end])
        place = end
    assert place == len(SEALED)
    return SEALED[:HEADER], lengths, out


def test_any_changed_bit_is_found() -> None:
    for place in range(len(SEALED)):
        for bit in range(8):
            changed = bytearray(SEALED)
            changed[place] ^= 1 << bit
            refused(bytes(changed))


@pytest.mark.parametrize("field", Field)
def test_a_changed_header_is_found_by_whatever_is_opened(field: Field) -> None:
    for place in range(HEADER + 2 * len(Field)):
        changed = bytearray(SEALED)
        changed[place] ^= 1
        with pytest.raises(SealError):
            open_fields(NUMBER, bytes(changed), KEY, [field])


def test_cut_or_longer() -> None:
    for end in range(len(SEALED)):
        refused(SEALED[:end])
    for more in (b"\0", bytes(16), SEALED):
        refused(SEALED + more)
        refused(more + SEALED)


def swapped() -> Iterator[bytes]:
    """Two fields (and their lengths) in each other's place."""
    head, lengths, fields = parts()
    for i in range(len(fields)):
        for j in range(i):
            order = list(range(len(fields)))
            order[i], order[j] = j, i
            yield head + b"".join(lengths[k] for k in order) + b"".join(fields[k] for k in order)
            yield head + b"".join(lengths) + b"".join(fields[k] for k in order)


def removed() -> Iterator[bytes]:
    """A record without one of its fields, with and without a trace of it in the header."""
    head, lengths, fields = parts()
    for i in range(len(fields)):
        fewer = b"".join(f for k, f in enumerate(fields) if k != i)
        shorter = b"".join(f for k, f in enumerate(lengths) if k != i)
        yield head[:-1] + bytes([head[-1] & ~(1 << i)]) + shorter + fewer
        yield head + b"".join(lengths) + fewer
        yield head + shorter + fewer


def mixed() -> Iterator[bytes]:
    """A field from another sealing of the same number with the same key."""
    head, lengths, fields = parts()
    start = HEADER + 2 * len(Field)
    for nonces, revision in ((bytes(NONCE), 3), (NONCES, 4)):
        other = seal_fields(NUMBER, VALUES, KEY, revision, nonces)
        yield head + other[HEADER:]
        yield other[:start] + SEALED[start:]
        yield head + b"".join(lengths) + other[start : start + len(fields[0])] + b"".join(fields[1:])


CHANGES: dict[str, Callable[[], Iterator[bytes]]] = {"swapped": swapped, "removed": removed, "mixed": mixed}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_put_together_anew_is_found(change: str) -> None:
    made = [sealed for sealed in CHANGES[change]() if sealed != SEALED]
    assert len(made) > 5
    for sealed in made:
        refused(sealed)


def test_a_removed_field_is_missed_even_where_it_alone_is_asked_for() -> None:
    for sealed, field in zip(list(removed())[::3], Field, strict=True):
        with pytest.raises(SealError):
            open_fields(NUMBER, sealed, KEY, [field])


def test_a_field_that_was_never_there() -> None:
    sealed = seal_fields(NUMBER, {Field.GOODS: "x", Field.SENDER_NAME: "y"}, KEY, 1)
    assert open_fields(NUMBER, sealed, KEY, [Field.SENDER_PHONE]) == {}
    with pytest.raises(SealError):
        open_fields(NUMBER, sealed, bytes(32), [Field.SENDER_PHONE])


@pytest.mark.parametrize("number", ["", "YT8812345678902", NUMBER + "0", NUMBER[:-1], NUMBER.lower(), "\ud800"])
def test_another_number(number: str) -> None:
    refused(SEALED, number=number)


def test_another_key_or_revision() -> None:
    refused(SEALED, key=bytes(32))
    for revision in (0, 2, 4):
        refused(SEALED, revision=revision)
    assert open_fields(NUMBER, SEALED, KEY, revision=3) == VALUES


@pytest.mark.parametrize("head", [b"WSF\x02\x01", b"WSF\x01\x02", b"WSR\x01\x01"])
def test_another_format(head: bytes) -> None:
    with pytest.raises(SealError, match="a format or an algorithm"):
        open_fields(NUMBER, head + SEALED[5:], KEY)


def test_what_can_not_be_sealed() -> None:
    unknown: dict[Any, str] = {**VALUES, "else": "x"}
    nothing: dict[Field, str] = {}
    for number, values in ((NUMBER, nothing), ("", VALUES), (NUMBER, unknown)):
        with pytest.raises(SealError, match="nothing to seal"):
            seal_fields(number, values, KEY, 1)
    for key, revision, nonces in (
        (KEY[1:], 1, NONCES),
        (KEY, -1, NONCES),
        (KEY, 1 << 32, NONCES),
        (KEY, 1, bytes(12)),
    ):
        with pytest.raises(SealError, match="a data key has 32 bytes"):
            seal_fields(NUMBER, VALUES, key, revision, nonces)
    with pytest.raises(SealError, match="longer than a megabyte"):
        seal_fields(NUMBER, {Field.GOODS: "x" * (1 << 20)}, KEY, 1)
    with pytest.raises(SealError, match="UTF-8") as caught:
        seal_fields(NUMBER, {Field.GOODS: "secret\ud800"}, KEY, 1)
    assert caught.value.__context__ is None


def test_a_record_opens_by_what_the_format_says() -> None:
    """Without any of our code."""
    _, _, fields = parts()
    number = NUMBER.encode()
    header = SEALED[: HEADER + 2 * len(Field)]
    assert header[: HEADER - 1] == b"WSF\x01\x01" + (3).to_bytes(4, "big") + NONCES
    for code, (field, sealed) in enumerate(zip(Field, fields, strict=True)):
        raw = AESGCMSIV(KEY).decrypt(NONCES + bytes([code]), sealed, header + number + bytes([code]))
        assert raw.rstrip(b"\0")[:-1].decode() == VALUES[field]


ZERO = "00" * 32
ONE = "01" + "00" * 31
THREE = "03" + "00" * 11


@pytest.mark.parametrize(
    ("key", "nonce", "plain", "data", "sealed"),
    [
        (ONE, THREE, "01" + "00" * 7, "", "c2ef328e5c71c83b843122130f7364b761e0b97427e3df28"),
        (ONE, THREE, "01" + "00" * 11, "", "9aab2aeb3faa0a34aea8e2b18ca50da9ae6559e48fd10f6e5c9ca17e"),
        (ONE, THREE, "01" + "00" * 15, "", "85a01b63025ba19b7fd3ddfc033b3e76c9eac6fa700942702e90862383c6c366"),
        (ONE, THREE, "02" + "00" * 7, "01", "1de22967237a813291213f267e3b452f02d01ae33e4ec854"),
        # Appendix C.3: the counter wraps.
        (
            ZERO,
            "00" * 12,
            "000000000000000000000000000000004db923dc793ee6497c76dcc03a98e108",
            "",
            "f3f80f2cf0cb2dd9c5984fcda908456cc537703b5ba70324a6793a7bf218d3eaffffffff000000000000000000000000",
        ),
    ],
)
def test_aes_256_gcm_siv(key: str, nonce: str, plain: str, data: str, sealed: str) -> None:
    """RFC 8452, appendices C.2 and C.3."""
    cipher = AESGCMSIV(bytes.fromhex(key))
    made = cipher.encrypt(bytes.fromhex(nonce), bytes.fromhex(plain), bytes.fromhex(data))
    assert made.hex() == sealed
    assert cipher.decrypt(bytes.fromhex(nonce), made, bytes.fromhex(data)).hex() == plain


def test_aes_siv() -> None:
    """RFC 5297, appendix A.1."""
    cipher = AESSIV(bytes.fromhex("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"))
    data = bytes.fromhex("101112131415161718191a1b1c1d1e1f2021222324252627")
    made = cipher.encrypt(bytes.fromhex("112233445566778899aabbccddee"), [data])
    assert made.hex() == "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c"


def plain_hkdf(secret: bytes, info: bytes, size: int) -> bytes:
    """RFC 5869, written out."""
    key, out, last, place = hmac.digest(bytes(32), secret, "sha256"), b"", b"", 1
    while len(out) < size:
        last = hmac.digest(key, last + info + bytes([place]), "sha256")
        out, place = out + last, place + 1
    return out[:size]


@pytest.mark.parametrize("kind", KINDS.values())
def test_what_a_key_computes_with(kind: type[Key]) -> None:
    info = f"wayseal/{kind.purpose}/{kind.algorithm}".encode()
    for size in (32, 64):
        assert kind(1, 0, bytes(range(32)))._derived(size) == plain_hkdf(bytes(range(32)), info, size)


@pytest.mark.parametrize("data", [b"", b"phone\x0013812345678", bytes(1000)])
def test_a_tag_is_a_keyed_hash(data: bytes) -> None:
    inner = plain_hkdf(bytes(32), b"wayseal/index/HMAC-SHA256", 32)
    key = IndexKey(1, 0, bytes(32))
    assert key.tag(data) == hmac.new(inner, data, hashlib.sha256).digest()[:16] == key.tag(data)


@each("size", range(40))
def test_filling(size: int) -> None:
    for text in ("x" * size, "\0" * size, "\x80" * size):
        raw = pad(text)
        assert len(raw) % 16 == 0
        assert 0 < len(raw) - len(text.encode()) <= 16
        assert unpad(raw) == text


@pytest.mark.parametrize(
    "raw", [b"", bytes(16), b"x" * 16, b"\x80" + bytes(16), b"\x80" + bytes(14) + b"\1", b"\xff\x80"]
)
def test_no_filling(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"no filling|utf-8|codec"):
        unpad(raw)
