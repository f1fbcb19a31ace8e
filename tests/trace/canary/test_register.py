"""Rules of the register of canaries."""

import json
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayseal.trace.canary import CanaryError, read_state, record
from wayseal.trace.canary._register import HEADER, PlannedCanary, Round, bytes_of, line_of, parse, writing
from wayseal.trace.errors import RegisterBusyError

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
