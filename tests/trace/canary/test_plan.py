"""Canaries: whom to show the next one (`_planner`), its number (`_plan`), and the register of all."""

import json
import threading
from collections.abc import Sequence
from math import log2
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayseal.model.numbers import s10_is_valid
from wayseal.trace._planner import CanaryOdds, bits_of, capacity, one_leaker, plan_round, update_belief
from wayseal.trace.canary import CanaryError, read_state, record
from wayseal.trace.canary._plan import Dealer, join, split
from wayseal.trace.canary._register import HEADER, PlannedCanary, Round, Row, bytes_of, line_of, parse, writing
from wayseal.trace.errors import RegisterBusyError


def canaries_needed(accounts: int, canary: CanaryOdds) -> float:
    """The bound of rule 3, for an error of .01."""
    return 0.99 * log2(accounts) / capacity(canary)[0]


def mass_of(belief: np.ndarray, pool: np.ndarray) -> float:
    return float(belief[pool].sum())


@pytest.mark.parametrize(
    ("sensitivity", "mass", "least"),
    [(0.98, 0.49, 15.4), (0.8, 0.44, 23.3), (0.5, 0.41, 45.4), (0.2, 0.39, 134.5), (0.1, 0.39, None)],
)
def test_the_best_mass_and_the_bound_are_the_known_ones(sensitivity: float, mass: float, least: float | None) -> None:
    """Rules 2 and 3, at 20,000 accounts."""
    canary = CanaryOdds(sensitivity=sensitivity)
    assert capacity(canary)[1] == pytest.approx(mass, abs=0.006)
    if least is not None:
        assert canaries_needed(20_000, canary) == pytest.approx(least, abs=0.06)


@given(s=st.floats(0.05, 1.0), false_hit=st.floats(0.0, 0.04), mass=st.floats(0.0, 1.0))
def test_no_pool_tells_more_than_the_capacity(s: float, false_hit: float, mass: float) -> None:
    canary = CanaryOdds(sensitivity=s, false_hit=false_hit)
    most, best = capacity(canary)
    assert 0 <= float(bits_of(mass, canary)) <= most + 1e-9
    assert float(bits_of(best, canary)) == most
    assert float(bits_of(0.0, canary)) == pytest.approx(0, abs=1e-9)
    assert float(bits_of(1.0, canary)) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("s", "e"), [(0.1, 0.1), (0.1, 0.2), (1.1, 0.0), (0.5, -0.1)])
def test_a_canary_that_tells_nothing_is_refused(s: float, e: float) -> None:
    with pytest.raises(ValueError, match="canary"):
        CanaryOdds(sensitivity=s, false_hit=e)


def test_bayes() -> None:
    """Rule 6: .3 and .2 listed, .5 somebody else."""
    canary = CanaryOdds(sensitivity=0.8, false_hit=0.01)
    belief = np.array([0.3, 0.2])
    hit = update_belief(belief, np.array([0], np.int32), True, canary)
    assert hit == pytest.approx(np.array([0.24, 0.002]) / (0.24 + 0.002 + 0.005))
    silent = update_belief(belief, np.array([0], np.int32), False, canary)
    assert silent == pytest.approx(np.array([0.06, 0.198]) / (0.06 + 0.198 + 0.495))


def test_the_impossible_changes_nothing() -> None:
    belief = np.array([1.0])
    sure = CanaryOdds(sensitivity=1.0, false_hit=0.0)
    assert update_belief(belief, np.array([0], np.int32), False, sure).tolist() == [1.0]


@pytest.mark.parametrize("sensitivity", [0.98, 0.5, 0.2])
def test_a_pool_of_equals_holds_the_best_mass(sensitivity: float) -> None:
    canary, belief = CanaryOdds(sensitivity=sensitivity), np.full(2000, 1 / 2000)
    planned = plan_round(belief, canary, 1, rng=np.random.default_rng(1))
    most, _ = capacity(canary)
    assert planned.bits[0] >= 0.99 * most
    assert float(bits_of(mass_of(belief, planned.pools[0]), canary)) >= 0.99 * most


def test_a_round_splits_what_earlier_pools_leave_together() -> None:
    """Rule 4: each pool takes about the same part inside and outside of every other."""
    canary, belief = CanaryOdds(sensitivity=0.98), np.full(4000, 1 / 4000)
    pools = plan_round(belief, canary, 5, rng=np.random.default_rng(1)).pools
    assert len(pools) == 5
    member = np.stack([np.isin(np.arange(4000), pool) for pool in pools])
    for a in range(5):
        for b in range(a):
            assert member[b, member[a]].mean() == pytest.approx(member[b, ~member[a]].mean(), abs=0.03)


def test_a_round_ends_where_the_next_canary_would_tell_little() -> None:
    """Rule 5: two suspects and a good canary need one, not ten."""
    planned = plan_round(np.array([0.5, 0.5]), CanaryOdds(sensitivity=0.98), 10, rng=np.random.default_rng(1))
    assert len(planned.pools) == 1
    assert planned.pools[0].tolist() in ([0], [1])


def test_nobody_to_doubt_needs_no_canary() -> None:
    assert plan_round(np.array([0.0, 0.0]), CanaryOdds(sensitivity=0.5), 3, rng=np.random.default_rng(1)).pools == ()


@given(seed=st.integers(0, 10_000), n=st.integers(1, 12), s=st.floats(0.1, 1.0))
def test_of_few_accounts_no_other_pool_tells_more(seed: int, n: int, s: float) -> None:
    """Rules 1 and 2: up to seven accounts are tried in all ways, more come close; somebody else may be it."""
    rng = np.random.default_rng(seed)
    belief = rng.dirichlet(np.full(n + 1, 0.7))[:n]
    canary = CanaryOdds(sensitivity=s)
    told = plan_round(belief, canary, 1, rng=rng).bits
    subsets = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    best = float(bits_of(subsets @ belief, canary).max())
    assert (told[0] if told else 0.0) >= (1.0 if n <= 7 else 0.85) * best - 1e-8


def test_the_same_seed_plans_the_same_round() -> None:
    belief = np.random.default_rng(3).dirichlet(np.full(500, 0.3))
    first, again = (
        plan_round(belief, CanaryOdds(sensitivity=0.5), 6, rng=np.random.default_rng(9)).pools for _ in range(2)
    )
    assert [p.tolist() for p in first] == [p.tolist() for p in again]


def test_campaigns_come_near_the_bound() -> None:
    canary, tests = CanaryOdds(sensitivity=0.8), []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        belief, leaker, count = np.full(300, 1 / 300), int(rng.integers(300)), 0
        while belief.max() < 0.99:
            for pool in plan_round(belief, canary, 10, rng=rng).pools:
                hit = rng.random() < (canary.sensitivity if leaker in pool else canary.false_hit)
                belief, count = update_belief(belief, pool, bool(hit), canary), count + 1
        tests.append(count)
    assert float(np.mean(tests)) < 1.35 * canaries_needed(300, canary)


def test_probabilities_become_a_belief_in_one_leaker() -> None:
    """Rule 1: two that hold .99 each share what there is; a sum below 1 leaves somebody else."""
    assert one_leaker([0.99, 0.99], 1.0) == pytest.approx([0.4995, 0.4995])
    assert one_leaker([0.4, 0.1], 0.9).tolist() == [0.4, 0.1]
    assert one_leaker([], 0.3).tolist() == []


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


HERE = Path("r")


def planned(number: int, pool: tuple[str, ...], sensitivity: float = 0.5) -> PlannedCanary:
    return PlannedCanary(
        waybill=f"YT{number}", issued_at=5, channel="app", origin_outlet="O", destination_outlet="D", weight_g=number,
        id=f"c{number}", pool=pool, sensitivity=sensitivity, planned_at=1_000_000, round=1,
    )  # fmt: skip


@pytest.fixture
def register(tmp_path: Path) -> Path:
    path = tmp_path / "r.jsonl"
    with writing(path, new=True) as writer:
        belief = {"a": 0.4995, "b": 0.4995}
        writer.add([Round(round=1, at=1, belief=belief), planned(1, ("a",)), planned(2, ("b",))])
    return path


def test_it_is_for_its_owner_and_says_what_was_written(register: Path) -> None:
    assert register.stat().st_mode & 0o777 == 0o600
    state = read_state(register)
    assert state.watch.canaries == (planned(1, ("a",)), planned(2, ("b",)))
    assert (state.waiting, state.named, state.watch.rounds) == (2, None, 1)


def test_a_hit_counts_once_and_silence_only_when_closed(register: Path) -> None:
    before = read_state(register).belief
    closed = record(register, "YT2", 2_000_000, silent=True)
    assert closed.belief["b"] == pytest.approx(0.4995 * 0.5 / (0.4995 * 0.5 + 0.5005 * 0.998))
    assert closed.belief["b"] < before["b"]
    after = record(register, "yt 1", 2_000_000, silent=False)
    size = register.stat().st_size
    again = record(register, "YT1", 3_000_000, silent=False)
    assert (after.already_answered, again.already_answered, register.stat().st_size) == (False, True, size)
    assert again.belief == after.belief
    assert again.named == "a"
    assert list(again.belief) == ["a", "b"]
    late = record(register, "YT2", 4_000_000, silent=False)
    assert late.belief["b"] == pytest.approx(0.4995, abs=0.01), "a hit counts, whatever was closed before"


def test_what_cannot_be_recorded(register: Path) -> None:
    record(register, "YT1", 2_000_000, silent=False)
    size = register.stat().st_size
    for number, at, silent in (("YT9", 2_000_000, False), ("YT2", 999_999, False), ("YT1", 2_000_000, True)):
        with pytest.raises(CanaryError) as caught:
            record(register, number, at, silent=silent)
        assert caught.value.exit_code == 3
        assert number not in str(caught.value)
    assert register.stat().st_size == size


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_line_that_was_cut_is_told_and_the_others_count(register: Path, cut: int) -> None:
    whole = register.read_bytes()
    register.write_bytes(whole[:-cut])
    state = read_state(register)
    assert state.watch.unread == (() if cut == 1 else (4,))
    assert len(state.watch.canaries) == (2 if cut == 1 else 1)
    after = record(register, "YT1", 2_000_000, silent=False)
    assert after.watch.unread == state.watch.unread
    assert after.watch.answers[0].id == "c1"


def test_one_writer(register: Path) -> None:
    with writing(register, new=False), pytest.raises(RegisterBusyError) as caught, writing(register, new=False):
        pass
    assert caught.value.exit_code == 4
    assert read_state(register).waiting == 2


def test_nothing_written_leaves_no_file(tmp_path: Path) -> None:
    with writing(tmp_path / "n", new=True):
        pass
    assert not (tmp_path / "n").exists()


@pytest.mark.parametrize("content", [b"", b"{}\n", b"waybill,seen_at\n", b"\xff\n", b"[" * 100_000])
def test_something_else_is_no_register(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(CanaryError, match="no register"):
        read_state(path)
    with pytest.raises(CanaryError, match="no register"):
        record(path, "YT1", 1, silent=False)
    assert path.read_bytes() == content


def test_a_folder_is_no_register(tmp_path: Path) -> None:
    with pytest.raises(CanaryError, match="no register"):
        read_state(tmp_path)


LINE = line_of(planned(1, ("a",)))


@pytest.mark.parametrize(
    "line",
    [
        [],
        {"kind": "other", "id": "c1", "at": "2026-01-01T00:00Z"},
        {"kind": "hit", "id": "c7", "at": "2026-01-01T00:00Z"},
        {"kind": "round", "round": 1, "belief": {"a": 2}},
        {"kind": "round", "round": 1, "belief": []} | {"belief": 3},
        LINE | {"pool": "a"},
        LINE | {"sensitivity": 0},
        LINE | {"planned_at": "2026-01-01T00:00"},
        LINE | {"channel": 7},
    ],
)
def test_a_line_of_something_else_is_named(line: object) -> None:
    content = bytes_of([HEADER]) + json.dumps(line).encode() + b"\n"
    with pytest.raises(CanaryError, match=r"^r:2: "):
        parse(content, HERE)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(junk: bytes) -> None:
    for content in (junk, bytes_of([HEADER]) + junk, bytes_of([HEADER, LINE]) + junk):
        try:
            parse(content, HERE)
        except CanaryError as error:
            assert str(error).startswith("r:")  # noqa: PT017


def test_writers_at_once_lose_nothing(register: Path) -> None:
    def work(number: str) -> None:
        while True:
            try:
                record(register, number, 2_000_000, silent=False)
            except RegisterBusyError:
                continue
            return

    threads = [threading.Thread(target=work, args=(n,)) for n in ("YT1", "YT2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read_state(register).waiting == 0


def write_register(path: Path, at: int, canaries: Sequence[tuple[str, tuple[str, ...]]]) -> Path:
    """A register in which numbers were planned at a moment, each for some accounts."""
    made = [
        PlannedCanary(
            id=f"c{n}", waybill=number, issued_at=at, channel="app", origin_outlet="o-1", destination_outlet="o-2",
            pool=pool, sensitivity=0.5, planned_at=at, round=1,
        )
        for n, (number, pool) in enumerate(canaries, 1)
    ]  # fmt: skip
    with writing(path, new=True) as writer:
        writer.add([Round(round=1, at=at, belief={"a": 1.0}), *made])
    return path
