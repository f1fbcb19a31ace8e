"""Rules 11 to 13 and 8 to 10 of `_plan`."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayseal.model.numbers import s10_is_valid
from wayseal.trace.canary._plan import Dealer, join, split
from wayseal.trace.canary._register import Row


def row(number: str, issued_at: int = 0, customer: str = "c") -> Row:
    return Row(
        waybill=number, issued_at=issued_at, channel="app", origin_outlet="O", destination_outlet="D", customer=customer
    )


@given(st.text(max_size=20) | st.from_regex(r"[A-Z]{0,3}[0-9]{1,16}[A-Z]{0,2}", fullmatch=True))
def test_a_number_is_made_again_from_its_serial(number: str) -> None:
    found = split(number)
    if found is None:
        assert not number.isascii() or not any(c in "0123456789" for c in number)
    else:
        assert join(*found) == number


@given(st.integers(0, 10**8 - 1))
def test_the_check_digit_of_s10_follows(serial: int) -> None:
    found = split("RR473124829CN")
    assert found is not None
    assert found[0].checked
    number = join(found[0], serial)
    assert number is not None
    assert s10_is_valid(number)


def test_a_serial_that_is_too_long_makes_no_number() -> None:
    found = split("YT99")
    assert found is not None
    assert join(found[0], 100) is None
    assert join(found[0], -1) is None


def dealt(numbers: Sequence[str], like: Row, more: Sequence[str] = ()) -> str | None:
    taken = {*numbers, *more}
    rows = [like, *(row(n, customer="other") for n in numbers)]
    return Dealer(rows=rows, known=taken.intersection).deal(like, np.random.default_rng(7))


def test_behind_the_run_of_the_sender() -> None:
    run = [f"YT{5000000000000 + n}" for n in range(40)]
    far = [f"YT{7000000000000 + n}" for n in range(40)]
    assert dealt([*run, *far], row(run[3])) == "YT5000000000040"
    assert dealt([*run, *far], row(run[3]), ["YT5000000000040"]) == "YT5000000000041"


def test_distances_are_those_of_real_numbers() -> None:
    numbers = [f"YT{5000000000000 + 1000 * n}" for n in range(50)]
    found = dealt(numbers, row(numbers[9]))
    assert found not in numbers
    assert found is not None
    assert min(abs(int(found[2:]) - int(n[2:])) for n in numbers) == 1, "a thousand fits nowhere between them"
    uneven = [f"YT{5000000000000 + s}" for n in range(30) for s in (5000 * n, 5000 * n + 100)]
    found = dealt(uneven, row(uneven[8]))
    assert found is not None
    assert min(abs(int(found[2:]) - int(n[2:])) for n in uneven) == 100


def test_no_number_where_none_is_free() -> None:
    full = [f"A{n}" for n in range(10)]
    assert dealt(full, row("A3")) is None
    assert dealt(["none"], row("none")) is None


def test_a_number_keeps_the_couriers_of_its_neighbours() -> None:
    run = [f"5{10**12 - 3 + n:012d}" for n in range(3)]
    assert dealt(run, row(run[0])) is None, "the next one begins with 6"


@pytest.mark.parametrize("seed", range(3))
def test_s10_numbers_are_dealt_valid(seed: int) -> None:
    found = split("RR473124829CN")
    assert found is not None
    real = [n for s in range(40000000, 40000020) if (n := join(found[0], s)) is not None]
    dealer = Dealer(rows=[row(n) for n in real], known=set(real).intersection)
    number = dealer.deal(row(real[seed]), np.random.default_rng(seed))
    assert number is not None
    assert s10_is_valid(number)
    assert number not in real
