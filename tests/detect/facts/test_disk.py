"""The state on disk: what was written comes back or nothing does, whatever happens to the files."""

import fcntl
import itertools
import json
import multiprocessing
import os
import random
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.detect.making import STAFF, commit, facts, same
from tests.effort import DEEP
from tests.ledger.helpers import at, read
from wayseal.detect.facts import Facts, _facts
from wayseal.detect.facts._facts import SavedFacts, load_state, save_state
from wayseal.store import durable

READS = [
    read(n * 7, f"u-{n % 3}", f"YT{n}", device=f"d-{n % 2}", ip="i", session="s", action="view", fields=["name"])
    for n in range(20)
]


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> tuple[SavedFacts, SavedFacts]:
    """Two states that differ."""
    folder = tmp_path_factory.mktemp("states")
    scan = {"waybill": "YT1", "at": at(300), "kind": "pickup", "outlet": "o-2"}
    commit(folder, folder / "L", {**STAFF, "accesses": READS[:15], "scans": [scan]}, "A")
    one = SavedFacts(facts=facts(folder / "L"), sources=("a", "b"), basis="g")
    commit(folder, folder / "L", {"accesses": READS[15:]}, "B")
    return one, SavedFacts(facts=facts(folder / "L"), sources=("a", "b", "c"), basis="g")


def equal(left: SavedFacts | None, right: SavedFacts) -> bool:
    if left is None or (left.sources, left.basis) != (right.sources, right.basis):
        return False
    same(left.facts, right.facts)
    return True


def test_round_trip(tmp_path: Path, states: tuple[SavedFacts, SavedFacts]) -> None:
    one, two = states
    assert load_state(tmp_path / "S") is None
    for state in (one, two, SavedFacts(facts=Facts.empty(0), sources=(), basis="")):
        save_state(tmp_path / "S", state)
        assert equal(load_state(tmp_path / "S"), state)
        assert len(list((tmp_path / "S").iterdir())) == 2


def test_nobody_else_reads_it(tmp_path: Path, states: tuple[SavedFacts, SavedFacts]) -> None:
    before = os.umask(0)
    try:
        save_state(tmp_path / "S", states[0])
    finally:
        os.umask(before)
    for path in [tmp_path / "S", *(tmp_path / "S").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_no_byte_may_change(tmp_path: Path, states: tuple[SavedFacts, SavedFacts]) -> None:
    """Every byte of the small file, many of the large ones; what spells the same thing is the same state."""
    save_state(tmp_path, states[0])
    chance = random.Random(5)
    for path in sorted(p for p in tmp_path.rglob("*") if p.is_file()):
        content = path.read_bytes()
        small = path.name == "facts.json"
        places = range(len(content)) if small else sorted(chance.sample(range(len(content)), 60))
        for place in places:
            bit = 1 << chance.randrange(8)
            path.write_bytes(content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :])
            assert load_state(tmp_path) is None, (path.name, place, bit)
        for length in (0, 1, len(content) // 2, len(content) - 1):
            path.write_bytes(content[:length])
            assert load_state(tmp_path) is None, (path.name, length)
        path.unlink()
        assert load_state(tmp_path) is None
        path.write_bytes(content)
    assert equal(load_state(tmp_path), states[0])


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "5",
        "null",
        '"text"',
        "{}",
        '{"version": 1}',
        '{"version": 1, "sha256": 5, "state": []}',
        "{{",
        "\udcff",
    ],
)
def test_nonsense(tmp_path: Path, content: str) -> None:
    (tmp_path / "facts.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    assert load_state(tmp_path) is None


def test_another_version(
    tmp_path: Path, states: tuple[SavedFacts, SavedFacts], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(_facts, "VERSION", _facts.VERSION + 1)
        save_state(tmp_path, states[0])
    assert load_state(tmp_path) is None


def test_a_table_of_another_shape(
    tmp_path: Path, states: tuple[SavedFacts, SavedFacts], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Well signed, but not what this version keeps."""
    with monkeypatch.context() as patch:
        patch.setattr(
            _facts, "_write", lambda path, _table: _written(path, states[0].facts.hours.drop_columns(["first"]))
        )
        save_state(tmp_path, states[0])
    assert load_state(tmp_path) is None


_written = _facts._write


class DiedError(Exception):
    """Stands for a process that dies."""


STEPS = ["_next", "_write", "sync_folder", "write_file", "replace", "rmtree"]


@pytest.mark.parametrize("nth", range(1, 6))
@pytest.mark.parametrize("step", STEPS)
def test_a_crash_leaves_one_state_or_the_other(
    tmp_path: Path, states: tuple[SavedFacts, SavedFacts], step: str, nth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nth call of a step is the last thing that happens: nothing of it, or all, is done (`rule 2`)."""
    one, two = states
    save_state(tmp_path, one)
    owner: Any = {"replace": Path, "rmtree": shutil, "sync_folder": durable, "write_file": durable}.get(step, _facts)
    real = getattr(owner, step)
    for done in (False, True):
        turns = itertools.count(1)

        def dies(*args: Any, done: bool = done, turns: Iterator[int] = turns, **more: Any) -> Any:
            turn = next(turns)
            if turn == nth and not done:
                raise DiedError
            out = real(*args, **more)
            if turn == nth:
                raise DiedError
            return out

        with monkeypatch.context() as patch:
            patch.setattr(owner, step, dies)
            try:
                save_state(tmp_path, two)
            except DiedError:
                pass
            else:
                assert next(turns) <= nth
        found = load_state(tmp_path)
        assert found is not None
        assert equal(found, one if found.sources == one.sources else two)
    save_state(tmp_path, one)
    assert equal(load_state(tmp_path), one)
    assert len(list(tmp_path.glob("facts-*"))) == 1


def _saves(folder: Path, source: Path, turns: int) -> None:
    state = load_state(source)
    assert state is not None
    for _ in range(turns):
        save_state(folder, state)


def test_processes_take_turns(tmp_path: Path, states: tuple[SavedFacts, SavedFacts]) -> None:
    """Two write and one reads: whoever comes finds a whole state (`rule 4`)."""
    for name, state in zip("ab", states, strict=True):
        save_state(tmp_path / name, state)
    save_state(tmp_path / "S", states[0])
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=_saves, args=(tmp_path / "S", tmp_path / name, 20 if DEEP else 6)) for name in "ab"
    ]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        found = load_state(tmp_path / "S")
        assert found is not None
        assert equal(found, states[len(found.sources) - 2])
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert load_state(tmp_path / "S") is not None
    assert len(list((tmp_path / "S").glob("facts-*"))) == 1


def test_the_lock_goes_with_its_holder(tmp_path: Path, states: tuple[SavedFacts, SavedFacts]) -> None:
    save_state(tmp_path, states[0])
    with _facts._held(tmp_path, fcntl.LOCK_SH):
        assert equal(load_state(tmp_path), states[0])
    save_state(tmp_path, states[1])
    assert equal(load_state(tmp_path), states[1])


def test_a_place_that_is_no_folder(tmp_path: Path, states: tuple[SavedFacts, SavedFacts]) -> None:
    (tmp_path / "S").write_text("")
    assert load_state(tmp_path / "S") is None
    with pytest.raises(OSError, match="exists"):
        save_state(tmp_path / "S", states[0])


def test_names_nobody(tmp_path: Path, states: tuple[SavedFacts, SavedFacts]) -> None:
    save_state(tmp_path, states[0])
    about = json.loads((tmp_path / "facts.json").read_text())
    assert set(about) == {"version", "sha256", "state"}
    assert set(about["state"]) == {"folder", "sha256", "offset", "sources", "ground"}
