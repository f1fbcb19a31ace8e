"""Rules 1, 3 and 5: any acts, a crash at any moment, and what was acknowledged is there."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases.making import NOW, Do, acts, alert, folder, forgets, lines, run, secret, some
from wayseal.cases import open_cases, read_casebook, verify
from wayseal.cases.errors import CasebookError
from wayseal.cases.types import FILE

pytestmark = pytest.mark.once


@given(st.lists(st.one_of(acts, forgets), max_size=12), st.booleans())
def test_what_was_written_is_what_is_read(some_acts: list[Do], apart: bool) -> None:
    with folder() as path:
        for act in some_acts if apart else ():
            run(path, act)
        with open_cases(path, entropy=secret) as writer:
            for act in () if apart else some_acts:
                before = writer.book
                act(writer)
                there = read_casebook(path)
                assert there == writer.book
                assert [c.id for c in there.cases if c in before.cases] == [
                    c.id for c in before.cases if c in there.cases
                ]
            assert read_casebook(path) == writer.book
            assert all(writer.find(case.id) == case for case in writer.book.cases)
        found = verify(path)
        assert found.sound, found.faults
        assert found.head.lines == found.acts + 1


def test_a_crash_before_the_first_line_leaves_no_casebook(tmp_path: Path) -> None:
    path = tmp_path / "detect"
    path.mkdir()
    (path / FILE).touch()
    (path / "secret.new").write_bytes(b"half")
    assert read_casebook(path).cases == ()
    some(path)
    assert len(read_casebook(path).cases) == 2


KILLED = """
import sys
from pathlib import Path
from wayseal.cases import open_cases
with open_cases(Path(sys.argv[1])) as cases:
    n = 0
    while True:
        cases.open("c-1", "Li", f"look {n}", 1)
        print(n, flush=True)
        n += 1
"""


def test_whoever_is_killed_leaves_nothing_half_done(tmp_path: Path) -> None:
    path = tmp_path / "detect"
    some(path)
    before = len(lines(path))
    for turn in range(3):
        with subprocess.Popen([sys.executable, "-c", KILLED, path], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(0.02 * turn)
            writer.send_signal(signal.SIGKILL)
            told = 1 + len(writer.stdout.read().splitlines())
        found = verify(path)
        assert found.sound, "and the tables say what the lines say"
        added = found.head.lines - before
        assert told <= added <= told + 1, "what was acknowledged is there, once"
        before = found.head.lines


@pytest.mark.parametrize("mask", [0, 0o077, 0o022])
def test_folder_and_files_are_for_their_owner(tmp_path: Path, mask: int) -> None:
    path = tmp_path / "detect"
    before = os.umask(mask)
    try:
        some(path)
        with open_cases(path) as writer:
            writer.forget(NOW + 9, "Li", "rule", NOW)
            assert {p.stat().st_mode & 0o777 for p in path.iterdir()} == {0o600}
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
    found = [json.loads(line) for line in lines(path)]
    assert [line.get("act") for line in found] == [None, "case", "case", "opened", "unmasked", "heard", "verdict"]
    assert (found[0]["wayseal"], found[0]["version"]) == ("casebook", 2)
    assert all(list(line)[-2:] == ["before", "sum"] for line in found)


FULL = """
import resource, signal, sys
from pathlib import Path
from wayseal.cases import open_cases
from wayseal.cases.types import Alert
new = Alert(actors=("new",), alerted_at=1, score=0.5, detectors=(), parcels_a_day=100.0, worth=True)
with open_cases(Path(sys.argv[1])) as cases:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, limits[1]))
    try:
        cases.register([new], 1)
    except Exception as error:
        print(type(error).__name__, error.exit_code)
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    print(cases.register([new], 1))
"""


def test_a_disk_that_refuses_leaves_the_casebook(tmp_path: Path) -> None:
    path = tmp_path / "detect"
    some(path)
    ran = subprocess.run([sys.executable, "-c", FULL, path], capture_output=True, text=True, check=True)
    assert ran.stdout.split("\n")[:2] == ["CasebookDiskError 5", "('c-3',)"], ran.stderr
    assert verify(path).sound


def test_a_casebook_that_can_only_be_read(tmp_path: Path) -> None:
    path = tmp_path / "detect"
    some(path)
    (path / FILE).chmod(0o400)
    path.chmod(0o500)
    try:
        assert len(read_casebook(path).cases) == 2
        assert verify(path).sound
    finally:
        path.chmod(0o700)


def test_a_line_without_its_rows_is_taken_in(tmp_path: Path) -> None:
    """Tables of another version, or behind the lines, are made anew when the casebook is opened."""
    import sqlite3
    from contextlib import closing

    path = tmp_path / "detect"
    some(path)
    with closing(sqlite3.connect(path / FILE)) as db, db:
        db.execute("DELETE FROM casework_cases")
        db.execute("DELETE FROM casework_things")
    changes = ("", "UPDATE casework_state SET version = 0", "DELETE FROM casework_state")
    for change in changes:  # whatever the tables say of themselves, they are looked at
        with closing(sqlite3.connect(path / FILE)) as db, db:
            db.execute(change)
        assert [(fault.line, fault.code) for fault in verify(path).faults] == [(7, "tables")]
    with open_cases(path) as writer:
        assert writer.find("c-2") == read_casebook(path).case("c-2")
    assert verify(path).sound
    assert run(path, lambda w: w.register([alert("u-1077")], NOW)) == [("c-2",)]
    with closing(sqlite3.connect(path / FILE)) as db, db:  # as another version made them
        db.execute("ALTER TABLE casework_files DROP COLUMN sm3")
    assert [fault.code for fault in verify(path).faults] == ["tables"]
    with closing(sqlite3.connect(path / FILE)) as db, db:
        db.execute("UPDATE casework_state SET version = 1")
    assert verify(path).sound


def test_something_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"x" * 5000)
    with pytest.raises(CasebookError, match="this is no casebook"):
        read_casebook(tmp_path)
