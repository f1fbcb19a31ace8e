"""Rules 1, 3, 4, 5: any acts, a crash at any byte, and what was acknowledged is there."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.detect.casebook.making import NOW, Do, acts, alert, folder, forgets, run, secret, some
from wayseal.detect.casebook import read_casebook, verify, writing
from wayseal.detect.casebook._read import load_content
from wayseal.detect.casebook.types import FILE, Act


def kept(path: Path) -> list[Act]:
    return [act for _, act in load_content((path / FILE).read_bytes(), path / FILE).acts]


@given(st.lists(st.one_of(acts, forgets), max_size=12), st.booleans())
def test_what_was_written_is_what_is_read(some_acts: list[Do], apart: bool) -> None:
    with folder() as path:
        for act in some_acts if apart else ():
            run(path, act)
        with writing(path, entropy=secret) as writer:
            for act in () if apart else some_acts:
                before = writer.book
                act(writer)
                there = read_casebook(path)
                assert there == writer.book
                assert [c.id for c in there.cases if c in before.cases] == [
                    c.id for c in before.cases if c in there.cases
                ]
            assert read_casebook(path) == writer.book
        if (path / FILE).exists():
            found = verify(path)
            assert (found.sound, found.unread, found.head.lines) == (True, (), found.acts + 1)


@given(st.lists(acts, min_size=1, max_size=8), st.data())
def test_a_crash_at_any_byte_swallows_nothing(some_acts: list[Do], data: st.DataObject) -> None:
    with folder() as path:
        run(path, lambda w: w.register([alert("u-1042")], NOW))
        file = path / FILE
        wanted, cuts = kept(path), 0
        for act in some_acts:
            before = file.stat().st_size
            run(path, act)
            whole, after = file.read_bytes(), kept(path)
            end = data.draw(st.integers(before, len(whole)))
            file.write_bytes(whole[:end])
            left, book = kept(path), read_casebook(path)
            assert left[: len(wanted)] == wanted, "what was acknowledged"
            assert left == after[: len(left)], "and nothing that nobody did"
            assert left == after or end < len(whole) - 1
            cuts += len(book.unread) > cuts
            assert len(book.unread) == cuts, "each cut is told, once and for good"
            wanted = left
        run(path, lambda w: w.register([alert("nobody")], NOW))
        assert kept(path)[:-1] == wanted
        found = verify(path)
        assert (found.sound, len(found.unread)) == (True, cuts)
        assert found.head.lines == 1 + found.acts + cuts


@pytest.mark.parametrize("cut", range(1, 8))
def test_a_crash_while_a_cut_line_is_closed(tmp_path: Path, cut: int) -> None:
    """`#cut` and a line break stand before the next line; each of their bytes may be the last one written."""
    path = tmp_path / "detect"
    some(path)
    file = path / FILE
    whole = file.read_bytes()
    file.write_bytes(whole[:-30])
    wanted = kept(path)
    run(path, lambda w: w.open("c-2", "Li", "why", NOW))
    file.write_bytes(file.read_bytes()[: len(whole) - 30 + cut])
    assert kept(path) == wanted
    assert read_casebook(path).unread[0] == len(wanted) + 2
    run(path, lambda w: w.open("c-2", "Li", "why", NOW))
    assert len(kept(path)) == len(wanted) + 1
    assert verify(path).sound


def test_a_crash_before_the_first_line_leaves_no_casebook(tmp_path: Path) -> None:
    path = tmp_path / "detect"
    path.mkdir()
    (path / FILE).touch()
    (path / f"{FILE}.new").write_bytes(b'{"wayseal":"caseb')
    (path / "secret.new").write_bytes(b"half")
    assert read_casebook(path).cases == ()
    some(path)
    assert len(read_casebook(path).cases) == 2


@pytest.mark.parametrize("mask", [0, 0o077, 0o022])
def test_folder_and_files_are_for_their_owner(tmp_path: Path, mask: int) -> None:
    path = tmp_path / "detect"
    before = os.umask(mask)
    try:
        some(path)
        run(path, lambda w: w.forget(NOW + 9, "Li", "rule", NOW))
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o700
    assert {p.name: p.stat().st_mode & 0o777 for p in path.iterdir()} == {FILE: 0o600, "secret": 0o600}
    path.chmod(0o755)
    run(path, lambda w: w.open("c-2", "Li", "why", NOW))
    assert path.stat().st_mode & 0o777 == 0o700


def test_every_line_is_json_and_names_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "detect"
    some(path)
    lines = [json.loads(line) for line in (path / FILE).read_text("ascii").splitlines()]
    assert [line.get("act") for line in lines] == [None, "case", "case", "opened", "unmasked", "heard", "verdict"]
    assert (lines[0]["wayseal"], lines[0]["version"]) == ("casebook", 1)
    assert all(list(line)[-2:] == ["before", "sum"] for line in lines)


@pytest.mark.parametrize("first", [True, False])
def test_a_disk_that_refuses_leaves_the_casebook(tmp_path: Path, first: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "detect"
    if not first:
        some(path)
    before = (path / FILE).read_bytes() if not first else b""
    with writing(path, entropy=secret) as writer:
        book = writer.book

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            writer.register([alert("new")], NOW)
        monkeypatch.undo()
        assert writer.book == book
        assert (path / FILE).read_bytes() == before
        assert writer.register([alert("new")], NOW) == ("c-1" if first else "c-3",)
    assert verify(path).sound
