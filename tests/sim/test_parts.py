"""Numbers, text, the spool, and words: those of the rooms that read the tables."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from wayseal.detect.rights import load_map
from wayseal.model.numbers import candidates, clean_waybill
from wayseal.vault.policy import Policy, default_texts
from wayseal_sim._numbers import KEYS, Numbers, render
from wayseal_sim._spool import Spool, merge
from wayseal_sim._staff import Role
from wayseal_sim._tables import _RIGHTS
from wayseal_sim.text import coded, fixed_width, hexes, mix
from wayseal_sim.types import Ints


def texts(number: Ints) -> list[str]:
    out: list[str] = fixed_width(render(number)).to_pylist()
    return out


@given(st.integers(0, 2**40), st.lists(st.lists(st.integers(0, KEYS - 1), max_size=60), max_size=5))
def test_no_number_is_dealt_twice(seed: int, keys: list[list[int]]) -> None:
    numbers = Numbers(seed)
    dealt = [n for run in keys for n in numbers.deal(np.array(run, np.int64)).tolist()]
    assert len(set(dealt)) == len(dealt)
    assert all(10**12 <= n < 10**13 for n in dealt)


def test_a_sender_gets_numbers_in_a_row_and_then_a_new_block() -> None:
    dealt = Numbers(5).deal(np.full(1_200, 7))
    steps = np.diff(dealt)
    assert (steps == 1).sum() == 1_197
    assert (np.abs(steps[steps != 1]) > 1_000).all()


def test_numbers_are_written_as_couriers_write_them() -> None:
    number = np.array([1_000_000_000_007, 9_876_543_210_123])
    assert texts(number) == ["YT1000000000007", "YT9876543210123"]
    for text in texts(Numbers(1).deal(np.arange(50))):
        assert clean_waybill(text) == text
        assert candidates(text)


@given(st.lists(st.integers(0, 2**62), unique=True, max_size=50), st.integers(0, 2**62))
def test_mixing_is_one_to_one(values: list[int], salt: int) -> None:
    mixed = mix(np.array(values, np.int64), salt)
    assert len(set(mixed.tolist())) == len(values)
    words = hexes("s-", mixed).to_pylist()
    assert all(len(w) == 14 and w.startswith("s-") for w in words)


def test_negative_codes_are_null() -> None:
    words = pa.array(["a", "b"])
    assert coded(np.array([1, -1, 0]), words).to_pylist() == ["b", None, "a"]
    assert coded(np.array([0, 0]), words).null_count == 0
    twice = coded(np.array([0, 2, -1, 1]), pa.array(["a", "b", "a"]))
    assert (twice.to_pylist(), twice.dictionary.to_pylist()) == (["a", "a", None, "b"], ["a", "b"])


runs = st.lists(st.lists(st.integers(-20, 130), max_size=20), max_size=6)


@given(runs, st.integers(1, 40))
def test_the_spool_gives_back_every_row_inside_the_log_once_and_in_order(runs: list[list[int]], width: int) -> None:
    end = 100 // width * width or width
    spool, out, serial = Spool(0, end, width), [], 0
    for run in runs:
        place = np.arange(serial, serial + len(run))
        spool.add((np.array(run, np.int64), place))
        serial += len(run)
    for until in (end // 2, end):
        for start, parts in spool.ready(until):
            at, (places,) = merge(start, parts)
            out += list(zip(at.tolist(), places.tolist(), strict=True))
    flat = [(t, k) for k, t in enumerate(t for run in runs for t in run) if 0 <= t < end]
    assert out == sorted(flat)


def test_rights_are_in_the_built_in_map() -> None:
    assert {name for row in _RIGHTS for name in row} <= load_map(None).keys()


def test_roles_are_those_of_the_default_policy() -> None:
    assert {role.name.lower() for role in Role} <= set(Policy.parse(*default_texts(), 1).roles)
