"""The algorithms are the published ones: vectors of RFC 8452, RFC 5297, RFC 4231 and RFC 5869."""

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV, AESSIV

from tests.tables import each
from wayseal.vault.keyring.keys import KINDS, IndexKey, Key
from wayseal.vault.sealing._fields import pad, unpad

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
