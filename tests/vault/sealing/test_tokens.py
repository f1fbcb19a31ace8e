"""Tokens: one for each field of a number, by whoever has the key alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tables import each
from tests.vault.sealing.waybills import NUMBER, RING
from wayseal.model.fields import Field
from wayseal.vault.errors import KeyringError, SealError, VaultError
from wayseal.vault.keyring import KeyPurpose, Keyring
from wayseal.vault.sealing import read_token, token_of
from wayseal.vault.sealing.tokens import CODES, field_token

BASE = token_of(RING, NUMBER)
TOKEN = field_token(BASE, Field.RECIPIENT_PHONE)


@given(st.text(min_size=1, max_size=64), st.sampled_from(Field))
def test_round_trip(number: str, field: Field) -> None:
    token = field_token(token_of(RING, number), field)
    assert read_token(RING, token) == (number, field)
    assert token.isascii()
    assert not set(token) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_the_same_number_has_the_same_token() -> None:
    assert token_of(RING, NUMBER) == BASE
    assert len(TOKEN) < 50
    assert len({token_of(RING, f"YT{i:013d}") for i in range(1000)}) == 1000
    assert token_of(Keyring.new(0), NUMBER) != BASE
    assert set(CODES) == set(Field)
    assert len(set(CODES.values())) == len(Field)


def test_rotation() -> None:
    rotated = RING.rotate(KeyPurpose.TOKEN, 1)
    assert token_of(rotated, NUMBER) != BASE
    assert read_token(rotated, TOKEN) == (NUMBER, Field.RECIPIENT_PHONE)
    with pytest.raises(KeyringError, match="token 1 was retired"):
        read_token(rotated.retire(KeyPurpose.TOKEN, 1), TOKEN)
    with pytest.raises(KeyringError, match="token 2 is not in the keyring"):
        read_token(RING, field_token(token_of(rotated, NUMBER), Field.GOODS))


def test_any_changed_character_is_found() -> None:
    """But for the field's code, which is open: another code names another field of the same number."""
    for place in range(len(BASE)):
        for other in "Aa0-_=+/. \n\u00e9":
            if other != BASE[place]:
                with pytest.raises(VaultError):
                    read_token(RING, TOKEN[:place] + other + TOKEN[place + 1 :])


@each(
    "token",
    [
        *("", ".", "rp", BASE, TOKEN[1:], " " + TOKEN, TOKEN + "\n", "A" * 500 + ".rp", BASE[:20] + ".rp", BASE * 2),
        *(BASE + end for end in (".", ".xx", ".RP", ".rp ", "==.rp", "A.rp", "AA.rp")),
        BASE[:-1] + ".rp",
    ],
)
def test_forged(token: str) -> None:
    with pytest.raises(VaultError):
        read_token(RING, token)


def test_one_spelling() -> None:
    """Bits of the last character that base64 doesn't use."""
    token = field_token(token_of(RING, NUMBER + "0"), Field.GOODS)
    base = token.removesuffix(".g")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert len(base) % 4
    read = 0
    for last in alphabet:
        try:
            read_token(RING, f"{base[:-1]}{last}.g")
            read += 1
        except SealError:
            pass
    assert read == 1


def test_no_number_no_token() -> None:
    with pytest.raises(SealError):
        token_of(RING, "")
