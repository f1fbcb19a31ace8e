"""Signed notes: known ones, round trips, and every byte changed."""

import base64
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.server.witnessing import cosignature, witness_key
from wayseal.merkle import Checkpoint, MerkleError, SigningKey, VerifyKey
from wayseal.merkle.checkpoint import add_cosignature
from wayseal.merkle.errors import UnknownKeyError

KEY = SigningKey(name="keeper", seed=bytes(range(32)))
OTHER = SigningKey(name="other", seed=bytes(32))
POINT = Checkpoint(origin="wayseal/1f", size=12, root=bytes(range(32)), more=("commit 3",))
NOTE = KEY.sign(POINT.to_text()).encode()

# The example of the signed notes of Go's checksum database.
KNOWN_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
KNOWN_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
KNOWN_SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="


def test_a_known_note() -> None:
    key = VerifyKey.parse(KNOWN_KEY)
    raw = base64.b64decode(KNOWN_SIGNATURE)
    assert (key.id, str(key)) == (raw[:4].hex(), KNOWN_KEY)
    assert key.signed(KNOWN_TEXT.encode(), raw[4:])
    with pytest.raises(MerkleError, match="no checkpoint"):
        Checkpoint.open(f"{KNOWN_TEXT}\n\u2014 PeterNeumann {KNOWN_SIGNATURE}\n".encode(), [key])


def test_round_trip() -> None:
    assert Checkpoint.open(NOTE, [OTHER.verify_key, KEY.verify_key]) == (POINT, (KEY.verify_key,))
    assert NOTE.decode().splitlines()[:3] == ["wayseal/1f", "12", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="]
    assert SigningKey.parse(KEY.to_text() + "\n") == KEY
    assert VerifyKey.parse(f"{KEY.verify_key}\n") == KEY.verify_key
    assert KEY.to_text().split("+")[-1] not in repr(KEY)


def test_any_changed_byte_is_found() -> None:
    for place in range(len(NOTE)):
        for bit in range(8):
            changed = bytearray(NOTE)
            changed[place] ^= 1 << bit
            with pytest.raises(MerkleError):
                Checkpoint.open(bytes(changed), [KEY.verify_key])


def test_keys_that_were_not_given() -> None:
    with pytest.raises(UnknownKeyError, match=rf"keeper\+{KEY.verify_key.id}") as caught:
        Checkpoint.open(NOTE, [OTHER.verify_key])
    assert caught.value.exit_code == 9
    both = NOTE.decode() + OTHER.sign(POINT.to_text()).split("\n\n")[1]
    assert Checkpoint.open(both.encode(), [OTHER.verify_key])[1] == (OTHER.verify_key,)
    wrong = NOTE.decode() + OTHER.sign("something else\n").split("\n\n")[1]
    assert Checkpoint.open(wrong.encode(), [KEY.verify_key])[0] == POINT
    with pytest.raises(MerkleError, match="not over this text"):
        Checkpoint.open(wrong.encode(), [KEY.verify_key, OTHER.verify_key])


ROOT = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
NO_CHECKPOINTS = (
    "a\n1\n",
    f"\n1\n{ROOT}\n",
    f"a\n01\n{ROOT}\n",
    "a\n1\nAAEC\n",
    "a\n1\n!\n",
    f"a\n1\n{ROOT[:-2]}9=\n",
    f"a\n1\n{ROOT}\n\nmore\n",
)
NO_NOTES = (b"", b"\xff", b"a\n", b"a\n\n\xe2\x80\x94 x", b"a\n\nx\n", b"a\r\n\n\xe2\x80\x94 k AAAA\n")


@pytest.mark.parametrize("text", NO_CHECKPOINTS)
def test_signed_but_no_checkpoint(text: str) -> None:
    with pytest.raises(MerkleError):
        Checkpoint.open(KEY.sign(text).encode(), [KEY.verify_key])


@pytest.mark.parametrize(
    "note", [b"", b"\xff", b"a\n", b"a\n\n\xe2\x80\x94 x", b"a\n\nx\n", b"a\r\n\n\xe2\x80\x94 k AAAA\n"]
)
def test_no_notes(note: bytes) -> None:
    with pytest.raises(MerkleError):
        Checkpoint.open(note, [KEY.verify_key])


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_any_bytes_are_read_or_refused(note: bytes) -> None:
    with pytest.raises(MerkleError):
        Checkpoint.open(note, [KEY.verify_key])


@given(st.text(max_size=80))
def test_any_text_is_no_key(text: str) -> None:
    for parse in (VerifyKey.parse, SigningKey.parse):
        with pytest.raises(MerkleError):
            parse(text)


def test_keys_that_were_changed() -> None:
    private, public = KEY.to_text(), str(KEY.verify_key)
    lot = random.Random(1)
    for _ in range(300):
        for text, parse in ((private, SigningKey.parse), (public, VerifyKey.parse)):
            place = lot.randrange(len(text))
            changed = text[:place] + chr(lot.randrange(33, 127)) + text[place + 1 :]
            if changed != text:
                with pytest.raises(MerkleError) as caught:
                    parse(changed)
                assert private.split("+")[-1][:20] not in str(caught.value)


# What a public witness cosigned of a log of certificates, by its key as its operator publishes it.
PUBLIC_WITNESS = "witness.navigli.sunlight.geomys.org+a3e00fe2+BNy/co4C1Hn1p+INwJrfUlgz7W55dSZReusH/GhUhJ/G"
PUBLIC_NOTE = (
    "coachandhorses2026h1.staging.certificate.transparency.goog\n185550722\n"
    "YXAM0VmnrfvLaBCOOYSJhCaE5F10oGBOo+hkbDa1kng=\n\n"
    "\u2014 coachandhorses2026h1.staging.certificate.transparency.goog MpXgsHy8ZwxXnO+WjtVrPxAzL49Rs1gWTkNVNeEa//5p"
    "eAzaocRCB3qt3EaibjzY5GILLtGgBP7dBhgcSHy+JQh0OAc=\n"
    "\u2014 witness.navigli.sunlight.geomys.org o+AP4gAAAABqb7DzNrGFRJnQ9vrJ8xpnwZytnr/ZYczDIsvwvouiSjwOjn7a72ccxBk+"
    "lKnZ7dKqkYKER1s/KxLTaVwQD7lJZTC/CQ==\n"
).encode()


def test_a_known_cosignature() -> None:
    key = VerifyKey.parse(PUBLIC_WITNESS)
    assert (key.id, key.witness, str(key)) == ("a3e00fe2", True, PUBLIC_WITNESS)
    point, by = Checkpoint.open(PUBLIC_NOTE, [key])
    assert (point.size, by) == (185550722, (key,))
    # The same bytes as a key that signs logs are another key, and sign nothing here.
    with pytest.raises(UnknownKeyError):
        Checkpoint.open(PUBLIC_NOTE, [VerifyKey(name=key.name, public=key.public)])
    text, place = PUBLIC_NOTE.partition(b"\n\n")[0] + b"\n", PUBLIC_NOTE.rindex(b" ") + 1
    raw = base64.b64decode(PUBLIC_NOTE[place:])[4:]
    assert key.signed(text, raw)
    for changed in (b"", raw[:7], raw[:8], raw[8:], raw[:-1], raw + b"x", b"\x80" + raw[1:]):
        assert not key.signed(text, changed)
    for at in range(len(raw)):
        assert not key.signed(text, raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])


def test_what_a_witness_adds() -> None:
    note, key = cosigned_note(), witness_key()
    own, line = NOTE, note[len(NOTE) :]
    other = cosignature(NOTE.decode(), bytes(range(32)), "w2").encode()
    for lines in (line, other + line, line + other, line + line):
        assert add_cosignature(own, lines, key) == note
    assert Checkpoint.open(note, [KEY.verify_key, key]) == (POINT, (KEY.verify_key, key))
    with pytest.raises(UnknownKeyError, match=r"w2\+"):
        add_cosignature(own, other, key)
    wrong = cosignature(OTHER.sign("o\n1\nAAAA\n")).encode()
    for lines in (b"", b"\n", b"x\n", line[:-1], b"\n\n" + line, b"\xff\n", wrong, line[:-9] + b"AAAAAAA=\n"):
        with pytest.raises(MerkleError):
            add_cosignature(own, lines, key)


def cosigned_note() -> bytes:
    return NOTE + cosignature(NOTE.decode()).encode()


def test_any_changed_byte_of_a_cosigned_note_is_found() -> None:
    """It fails, or, where the name or the id of a key was changed, holds by one of the two alone, as it was."""
    note = cosigned_note()
    for place in range(len(note)):
        changed = bytearray(note)
        changed[place] ^= 1
        try:
            point, by = Checkpoint.open(bytes(changed), [KEY.verify_key, witness_key()])
        except MerkleError:
            continue
        assert (point, len(by)) == (POINT, 1), place


def test_keys_of_other_kinds() -> None:
    raw = base64.b64encode(b"\x02" + bytes(32)).decode()
    with pytest.raises(MerkleError, match="kind"):
        VerifyKey.parse(f"a+00000000+{raw}")
    seed = base64.b64encode(b"\x04" + bytes(32)).decode()
    with pytest.raises(MerkleError, match="private key is of a kind"):
        SigningKey.parse(f"PRIVATE+KEY+a+00000000+{seed}")
    with pytest.raises(MerkleError, match="name"):
        SigningKey(name="two words", seed=bytes(32))
