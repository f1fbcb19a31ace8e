"""Formats that are learnt from a courier's own numbers."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayseal.model.numbers import candidates, couriers_of, learn_formats, looks_like_waybill, rarity_of


def numbers(head: str, digits: int, count: int = 500, seed: int = 1) -> list[str]:
    rng = Random(seed)
    return [head + "".join(rng.choice("0123456789") for _ in range(digits)) for _ in range(count)]


@pytest.mark.parametrize(
    ("head", "digits", "rarity"), [("SD", 13, 10.3), ("KY", 10, 8.7), ("Q", 12, 8.2), ("88", 11, 2.0), ("26", 14, 2.0)]
)
def test_a_format_that_no_other_courier_has(head: str, digits: int, rarity: float) -> None:
    (learnt,) = learn_formats(numbers(head, digits))
    other = numbers(head, digits, 50, seed=2)
    assert learnt.rarity == pytest.approx(rarity, abs=0.1)
    assert all("own" in couriers_of(number, (learnt,)) for number in other)
    assert all(rarity_of(number, (learnt,)) == learnt.rarity for number in other)
    assert not any(couriers_of(number + "1", (learnt,)) for number in other if not couriers_of(number + "1"))
    assert "own" not in couriers_of(other[0]), "nothing is learnt for good"


def test_letters_inside() -> None:
    rng = Random(3)
    made = [n[:6] + rng.choice("ABCXYZ") + n[6:] for n in numbers("WB", 12)]
    (learnt,) = learn_formats(made)
    assert learnt.pattern.pattern == "WB[0-9][0-9][0-9][0-9][0-9A-Z]".replace("[0-9A-Z]", "[0-9A-Z]") + "[0-9]" * 8


def test_what_is_known_or_common_is_not_learnt() -> None:
    assert learn_formats(numbers("YT", 13)) == (), "FORMATS has it"
    assert learn_formats(numbers("", 13, 5000)) == (), "most numbers of thirteen digits say nothing"
    assert learn_formats(numbers("SD", 13, 10)) == (), "too few"
    few = learn_formats([*numbers("SD", 13, 3000), *numbers("ZZ", 13, 25)])
    assert [one.pattern.pattern[:2] for one in few] == ["SD"]


@pytest.mark.parametrize(("head", "digits"), [("13", 9), ("15", 9), ("86138", 8), ("110101199001", 6), ("400", 7)])
def test_what_could_be_a_phone_or_an_identity_card_is_never_learnt(head: str, digits: int) -> None:
    assert learn_formats(numbers(head, digits)) == ()


def test_several_at_once_the_most_common_first() -> None:
    some = learn_formats([*numbers("SD", 13, 300), *numbers("KY", 10, 600)])
    assert [one.pattern.pattern[:2] for one in some] == ["KY", "SD"]


@given(st.lists(st.text("0123456789ABCXYZ", max_size=20), max_size=60))
def test_any_numbers(some: list[str]) -> None:
    learnt = learn_formats(some * 25)
    for one in learnt:
        assert any(one.pattern.fullmatch(number) for number in some if looks_like_waybill(number))
    assert all(len(candidates(number, learnt)) >= len(candidates(number)) for number in some)
