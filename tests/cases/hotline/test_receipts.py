"""Receipts: how they are written, and what comes of them (`wayseal.cases.hotline.receipts`)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases.hotline.making import CHEAP, letter, sealed
from tests.tables import each
from wayseal.cases.hotline.errors import SealedError
from wayseal.cases.hotline.letters import SealedLetter
from wayseal.cases.hotline.receipts import (
    SITE_SECRET,
    Derived,
    Receipt,
    SiteSecret,
    derive,
    new_receipt,
    parse_receipt,
)
from wayseal.cases.hotline.sealing import open_letter
from wayseal.service.argon2 import Cost

SITE = SiteSecret.of(bytes(range(SITE_SECRET)))
RECEIPT = Receipt("0123456789012345")
FULL = str.maketrans("0123456789", "０１２３４５６７８９")
FOUND = derive(RECEIPT, SITE, CHEAP)


def test_receipts_are_random_and_have_16_digits() -> None:
    made = {new_receipt().digits for _ in range(500)}
    assert len(made) == 500
    assert {len(one) for one in made} == {16}
    assert {one[0] for one in made} == set("0123456789")
    assert new_receipt(lambda _: 7).shown() == "0000 0000 0000 0007"
    asked: list[int] = []
    new_receipt(lambda below: asked.append(below) or 0)  # type: ignore[func-returns-value]
    assert asked == [10**16]


@given(
    st.integers(0, 10**16 - 1),
    st.lists(st.sampled_from(["", " ", "-", "\u3000", "\u2013", "\u00a0", "－", "\t", "\r\n", "\u200b"]), min_size=17),
    st.booleans(),
)
def test_it_is_read_in_any_spelling(number: int, between: list[str], full: bool) -> None:
    digits = f"{number:016}"
    typed = "".join(a + b for a, b in zip(between, [*digits, ""], strict=False))
    assert parse_receipt(typed.translate(FULL) if full else typed) == Receipt(digits)
    assert parse_receipt(Receipt(digits).shown()) == Receipt(digits)


@each(
    "typed",
    [
        "",
        "0123 4567 8901 234",
        "0123 4567 8901 23456",
        "O123 4567 8901 2345",
        "0123.4567.8901.2345",
        "+123456789012345",
        "٠١٢٣٤٥٦٧٨٩٠١٢٣٤٥",
        "一二三四五六七八九零一二三四五六",
        "²²²²²²²²²²²²²²²x",
        "\x00",
        "1" * 100_000,
    ],
)
def test_what_cant_be_one_is_none(typed: str) -> None:
    assert parse_receipt(typed) is None


@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_receipt_or_none(typed: str) -> None:
    found = parse_receipt(typed)
    assert found is None or (len(found.digits) == 16 and set(found.digits) <= set("0123456789"))


def own(found: Derived) -> SealedLetter:
    return sealed(letter(), reader=found.private)


def test_a_receipt_opens_its_own_letters() -> None:
    again = derive(Receipt(RECEIPT.digits), SITE, CHEAP)
    assert (again.lookup, again.public) == (FOUND.lookup, FOUND.public)
    assert open_letter(own(FOUND), again.keys) == letter()


def test_it_is_the_same_for_ever() -> None:
    """Written down: a change of version must not lock reporters out."""
    assert FOUND.lookup.hex() == "d834551a9fc33c7b72653b6345a81303"
    assert FOUND.public.hex() == "69b2d703d4e20f94324f678f64eb214233bd3ec497e119a10e80d5640e21366a"
    assert Cost() == Cost(memory=65_536, passes=3, lanes=1)


@each(
    "other",
    [
        derive(Receipt("0123456789012346"), SITE, CHEAP),
        derive(RECEIPT, SiteSecret(salt=SITE.salt, pepper=bytes(32)), CHEAP),
        derive(RECEIPT, SiteSecret(salt=bytes(16), pepper=SITE.pepper), CHEAP),
        derive(RECEIPT, SITE, Cost(memory=64, passes=2)),
    ],
)
def test_another_digit_pepper_salt_or_cost_finds_and_opens_nothing(other: Derived) -> None:
    assert other.lookup != FOUND.lookup
    with pytest.raises(SealedError):
        open_letter(own(FOUND), other.keys)
    # Not even where the id of the key is known, which the database has.
    with pytest.raises(SealedError):
        open_letter(own(FOUND), dict.fromkeys(FOUND.keys, other.private))


def test_a_secret_of_another_length_is_none() -> None:
    for secret in (b"", bytes(SITE_SECRET - 1), bytes(SITE_SECRET + 1)):
        with pytest.raises(ValueError, match="secret"):
            SiteSecret.of(secret)


def test_nothing_of_it_stands_in_a_repr() -> None:
    shown = repr((RECEIPT, SITE, FOUND))
    for secret in (RECEIPT.digits, RECEIPT.shown(), repr(SITE.pepper)[2:-1], repr(FOUND.lookup)[2:-1]):
        assert secret not in shown
        assert secret not in str(RECEIPT)
