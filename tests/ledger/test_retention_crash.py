"""A purge or a compaction that is killed, broken off or refused by the disk or another writer leaves a sound ledger."""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ledger.children import ended
from tests.ledger.kept import answers, day, ingested, iso, purged
from tests.ledger.test_crash import assert_tidy, sound
from wayseal import ledger
from wayseal.ledger.errors import LedgerBusyError
from wayseal.ledger.retention import Hooks, compact

STEPS = ("swept", "range", "written", "durable", "committed", "cleaned")
FOLDING = ("swept", "merged", "written", "durable", "committed", "cleaned")
WORK = """
    import os, resource, signal, sys
    from datetime import UTC, datetime
    from pathlib import Path
    from wayseal.ledger.retention import Hooks, PurgeOrder, compact, purge
    from wayseal.model import WaysealError
    what, path, step, limit = sys.argv[1:]
    def on_step(name):
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)
    if int(limit):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), resource.RLIM_INFINITY))
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    order = PurgeOrder(who="keeper", why="retention", at=at, before="2025-01-16", below_minimum=True)
    hooks = Hooks(on_step=on_step)
    try:
        purge(Path(path), order, hooks=hooks) if what == "purge" else compact(Path(path), hooks=hooks)
    except WaysealError as error:
        print(error)
        sys.exit(error.exit_code)
"""
Work = Callable[[Path], object]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger, and what it is after a purge and after a compaction."""
    folder = tmp_path_factory.mktemp("clean")
    rows = [
        {"at": day(n % 31), "actor": f"u{n % 3}", "waybill": f"YT{n % 40}", "access": f"a{n}", "session": f"s{n % 9}"}
        for n in range(300)
    ]
    for n in range(3):
        ingested(folder, str(n), {"accesses": rows[n * 100 : n * 100 + 100]}, folder / "L", parts=2)
    for name, work in (("purge", lambda p: purged(p, iso(15))), ("compact", compact)):
        shutil.copytree(folder / "L", folder / name)
        work(folder / name)
    return folder


CASES = [*(("purge", s) for s in STEPS), *(("compact", s) for s in FOLDING)]


def again(what: str, path: Path, on_step: Callable[[str], None] = lambda _name: None) -> None:
    if what == "purge":
        purged(path, iso(15), on_step=on_step)
    else:
        compact(path, hooks=Hooks(on_step=on_step))


@pytest.mark.parametrize(("what", "step"), CASES)
def test_killed_at_a_step(clean: Path, tmp_path: Path, what: str, step: str) -> None:
    shutil.copytree(clean / "L", tmp_path / "L")
    process = ended(WORK, what, tmp_path / "L", step, 0)
    assert (process.err, process.code) == ("", -signal.SIGKILL)
    done = step in ("committed", "cleaned")
    assert sound(tmp_path / "L")
    assert answers(tmp_path / "L") == answers(clean / (what if done else "L"))
    again(what, tmp_path / "L")
    assert answers(tmp_path / "L") == answers(clean / what)
    assert_tidy(tmp_path / "L")


@pytest.mark.parametrize(("what", "step"), CASES)
def test_broken_off_at_a_step(clean: Path, tmp_path: Path, what: str, step: str) -> None:
    """As by Ctrl-C: nothing half done is left."""

    def stop(name: str) -> None:
        if name == step:
            raise KeyboardInterrupt

    shutil.copytree(clean / "L", tmp_path / "L")
    with pytest.raises(KeyboardInterrupt):
        again(what, tmp_path / "L", stop)
    assert_tidy(tmp_path / "L")
    assert answers(tmp_path / "L") == answers(clean / (what if step in ("committed", "cleaned") else "L"))


@pytest.mark.parametrize("limit", [10, 1500])
@pytest.mark.parametrize("what", ["purge", "compact"])
def test_a_full_disk_is_said_and_changes_nothing(clean: Path, tmp_path: Path, what: str, limit: int) -> None:
    shutil.copytree(clean / "L", tmp_path / "L")
    process = ended(WORK, what, tmp_path / "L", "never", limit)
    assert (process.code, process.err) == (5, "")
    assert "the ledger is as it was before" in process.out
    assert answers(tmp_path / "L") == answers(clean / "L")
    assert_tidy(tmp_path / "L")


@pytest.mark.parametrize("what", ["purge", "compact"])
def test_readers_keep_what_goes_until_they_are_done(clean: Path, tmp_path: Path, what: str) -> None:
    path = tmp_path / "L"
    shutil.copytree(clean / "L", path)
    before = answers(path)["reads"]
    with ledger.open_ledger(path) as snapshot:
        report = purged(path, iso(15)) if what == "purge" else compact(path)
        assert report.left > 0
        rows = snapshot.reads(snapshot.control(1000)).drop_columns(["source", "row"]).to_pylist()
        assert sorted(rows, key=lambda r: (r["waybill"], r["at"], r["actor"], str(r))) == before
    assert sound(path)
    if what == "purge":
        compact(path)
    else:
        purged(path, iso(15))
    assert_tidy(path)


def test_one_writer(clean: Path, tmp_path: Path) -> None:
    told: list[str] = []

    def meanwhile(step: str) -> None:
        if step == "swept":
            for work in (compact, lambda p: purged(p, iso(15))):
                with pytest.raises(LedgerBusyError) as caught:
                    work(tmp_path / "L")
                told.append(str(caught.value))

    shutil.copytree(clean / "L", tmp_path / "L")
    purged(tmp_path / "L", iso(15), on_step=meanwhile)
    assert told == [f"{tmp_path / 'L'}: process {os.getpid()} is writing to it"] * 2
