"""Numbers out of counters; keys and short codes."""

from pathlib import Path
from typing import Any

import pytest
from fastfpe import ff1
from hypothesis import given
from hypothesis import strategies as st

from tests.numbers.world import KEYS
from wayseal.model.base32 import ALPHABET
from wayseal.model.times import MINUTE_US
from wayseal.numbers import codes
from wayseal.numbers.codec import Codec, Series, damm_digit
from wayseal.numbers.errors import NumbersError, NumbersKeyError

YT = Codec(KEYS.codec, Series(prefix="YT"))
COUNTERS = st.integers(0, YT.series.capacity - 1)


def test_ff1_is_nists() -> None:
    """Samples 1, 2 and 7 of NIST's FF1samples.pdf for SP 800-38G."""
    key, digits = "2B7E151628AED2A6ABF7158809CF4F3C", "0123456789"
    assert ff1.encrypt(key, "", digits, digits) == "2433477484"
    assert ff1.encrypt(key, "39383736353433323130", digits, digits) == "6124200773"
    assert ff1.encrypt(key + "EF4359D8D580AA4F7F036D6F04FC6A94", "", digits, digits) == "6657667009"


@given(COUNTERS)
def test_a_counter_comes_back(counter: int) -> None:
    number = YT.encode(counter)
    assert len(number) == 15
    assert number.startswith("YT")
    assert YT.decode(number) == counter
    assert Codec(KEYS.codec, Series(prefix="YT", epoch=1)).encode(counter) != number


@given(COUNTERS, st.integers(2, 14), st.integers(1, 9))
def test_no_wrong_digit_and_no_swap_passes(counter: int, place: int, more: int) -> None:
    number = YT.encode(counter)
    other = f"{number[:place]}{(int(number[place]) + more) % 10}{number[place + 1 :]}"
    assert YT.decode(other) is None
    if place < 14 and number[place] != number[place + 1]:
        swapped = f"{number[:place]}{number[place + 1]}{number[place]}{number[place + 2 :]}"
        assert YT.decode(swapped) is None


def test_damms_digit_is_the_books() -> None:
    assert damm_digit("572") == "4"


@pytest.mark.parametrize("wrong", ["", "YT", "ZZ1234567890123", "YT123456789012", "YT12345678901२३", "YT123456789012A"])
def test_what_is_no_number_has_no_counter(wrong: str) -> None:
    assert YT.decode(wrong) is None


@pytest.mark.parametrize(("prefix", "digits"), [("", 13), ("yt", 13), ("Y1", 13), ("YT", 6), ("YT", 21)])
def test_a_series_that_cant_be_is_refused(prefix: str, digits: int) -> None:
    with pytest.raises(NumbersError):
        Series(prefix=prefix, digits=digits)


def test_keys_are_apart_and_hidden(tmp_path: Path) -> None:
    keys = codes.open_keys(tmp_path / "key", make=True)
    assert codes.open_keys(tmp_path / "key").secret == keys.secret
    assert len({getattr(keys, name) for name in type(keys).__slots__}) == 8
    assert keys.codec.hex() not in repr(keys)
    keys.gate_part().write(tmp_path / "gate.key")
    gate = codes.open_gate_keys(tmp_path / "gate.key")
    assert (gate.gate, gate.courier) == (keys.gate, keys.courier)
    with pytest.raises(NumbersKeyError):
        codes.open_keys(tmp_path / "gate.key")
    with pytest.raises(NumbersKeyError):
        codes.open_keys(tmp_path / "none")
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(NumbersKeyError):
        codes.open_keys(tmp_path / "key")


@given(COUNTERS)
def test_a_secret_is_forgiven_its_spelling_and_nothing_else(counter: int) -> None:
    number = YT.encode(counter)
    secret = codes.make_secret(KEYS.secret, number)
    assert set(secret) <= set(ALPHABET)
    verifier = codes.make_verifier(KEYS.gate, number, secret)
    typed = f" {secret[:5].lower()}-{secret[5:]}".replace("0", "o").replace("1", "l")
    assert codes.secret_fits(KEYS.gate, number, typed, verifier)
    other = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    for wrong in (other, secret[:-1], secret + "0", "U" * 10, ""):
        assert not codes.secret_fits(KEYS.gate, number, wrong, verifier)
    assert not codes.secret_fits(KEYS.secret, number, secret, verifier)


def test_codes_are_of_one_parcel_place_and_time() -> None:
    def of(*parts: Any) -> str:
        return codes.handover_code(KEYS.handover, *parts)

    first = of("YT1", "SH-1", "2026-03-02")
    assert len(first) == 6
    assert first.isdigit()
    assert first == of("YT1", "SH-1", "2026-03-02")
    others = {of("YT2", "SH-1", "2026-03-02"), of("YT1", "SH-2", "2026-03-02"), of("YT1", "SH-1", "2026-03-03")}
    others.add(codes.handover_code(KEYS.handover, "YT1", "SH-1", "2026-03-02", 1))
    assert first not in others
    assert codes.mac(b"k", "ab", "c") != codes.mac(b"k", "a", "bc")


def test_a_couriers_code_lasts_its_minute_and_those_beside() -> None:
    code = codes.courier_code(KEYS.courier, "YT1", 1000)
    at = 1000 * MINUTE_US
    assert all(codes.courier_code_fits(KEYS.courier, "YT1", code, at + n * MINUTE_US) for n in (-1, 0, 1))
    assert not codes.courier_code_fits(KEYS.courier, "YT1", code, at + 2 * MINUTE_US)
    assert not codes.courier_code_fits(KEYS.courier, "YT2", code, at)
    assert not codes.courier_code_fits(KEYS.courier, "YT1", "一二三四五六", at)
