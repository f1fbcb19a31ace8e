"""A backup is at any moment a whole copy of some generation, or says that it is none; only a restored one goes on."""

import fcntl
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.effort import DEEP
from tests.ledger.children import child, ended
from tests.ledger.helpers import content, load_manifest, put, read, save_manifest, write
from tests.ledger.sealed import BARE, EARLY, files, flipped, looked, make, note
from tests.ledger.test_crash import sound
from wayseal import ledger
from wayseal.ledger import LedgerError
from wayseal.ledger.errors import (
    BackupRefusedError,
    LedgerBusyError,
    LedgerChangedError,
    LedgerStorageError,
)
from wayseal.ledger.integrity import Code
from wayseal.ledger.retention import compact
from wayseal.ledger.upkeep import backup, restore
from wayseal.merkle.tiles import tiles

STEPS = ("marked", "part", "copied", "durable", "swapped", "cleaned")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger L, and O, which is L as it was before its last two commits."""
    folder = tmp_path_factory.mktemp("whole")
    make(folder)
    put(folder / "1", folder / "O", parts=4)
    backup(folder / "O", folder / "B")
    put(write(folder / "more", "accesses", BARE, "more"), folder / "O")
    return folder


def same_files(one: Path, other: Path) -> bool:
    """Whether two folders hold the same files, beside marks and locks."""
    names = set(files(one)) - {"backup.json"}
    return names == set(files(other)) - {"backup.json"} and all(
        (one / n).read_bytes() == (other / n).read_bytes() for n in names
    )


def assert_tidy(path: Path) -> None:
    """Nothing lies there that the manifest doesn't name, and the ledger is what its tree says."""
    manifest = load_manifest(path)
    named = {f.path for f in manifest.files} | {f"tree/{t.path}" for t in tiles(manifest.size)} | {"manifest.json"}
    assert set(files(path)) - {"backup.json", "secret"} == named
    assert sound(path)


def modes(folder: Path) -> set[int]:
    return {p.stat().st_mode & 0o777 for p in folder.rglob("*") if p.is_file()}


def test_a_backup_is_read_like_the_ledger(whole: Path, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made = backup(whole / "L", tmp_path / "a/B")
    finally:
        os.umask(before)
    assert same_files(whole / "L", tmp_path / "a/B")
    assert content(tmp_path / "a/B") == content(whole / "L")
    assert_tidy(tmp_path / "a/B")
    assert looked(tmp_path / "a/B", note(whole / "L")).findings == ()
    assert modes(tmp_path / "a/B") == {0o600}
    assert {p.stat().st_mode & 0o777 for p in (tmp_path / "a/B").rglob("*") if p.is_dir()} == {0o700}
    assert (tmp_path / "a/B").stat().st_mode & 0o777 == 0o700
    manifest = load_manifest(whole / "L")
    assert (made.copied, made.copied_bytes) == (made.files, made.bytes)
    assert (made.generation, made.digest, made.origin) == (manifest.generation, manifest.digest, manifest.origin)
    assert made.reads == sum(s.rows for s in manifest.sources if s.table == "accesses")


def test_the_second_time_only_what_is_new_is_copied(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole / "O", tmp_path / "L")
    shutil.copytree(whole / "B", tmp_path / "B")
    before = set(files(tmp_path / "B"))
    times = {n: (tmp_path / "B" / n).stat().st_mtime_ns for n in before}
    made = backup(tmp_path / "L", tmp_path / "B")
    assert 0 < made.copied < made.files
    assert made.copied_bytes < made.bytes
    assert same_files(tmp_path / "L", tmp_path / "B")
    kept = before & set(files(tmp_path / "L"))
    assert any(n.startswith("data/g000001") for n in kept)
    assert {n for n in kept if (tmp_path / "B" / n).stat().st_mtime_ns != times[n]} == {"manifest.json"}
    assert before - set(files(tmp_path / "B"))
    assert_tidy(tmp_path / "B")
    manifest = (tmp_path / "B/manifest.json").stat()
    assert backup(tmp_path / "L", tmp_path / "B").copied == 0
    assert (tmp_path / "B/manifest.json").stat() == manifest


def test_files_that_somebody_reads_in_a_backup_stay(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole / "B", tmp_path / "B")
    with ledger.open_ledger(tmp_path / "B") as snapshot:
        before = {f.path for f in snapshot.manifest.files}
        backup(whole / "O", tmp_path / "B")
        assert before <= set(files(tmp_path / "B"))
    backup(whole / "O", tmp_path / "B")
    assert_tidy(tmp_path / "B")


@pytest.mark.parametrize("name", ["data", "tree", "quarantine"])
def test_nothing_that_a_reader_needs_is_swept(whole: Path, tmp_path: Path, name: str) -> None:
    """Tiles and quarantine files as well: a copy that takes its time finds them."""
    shutil.copytree(whole / "L", tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L"):
        there = {p for p in (tmp_path / "L" / name).rglob("*") if p.is_file()}
        for n in range(9):
            put(write(tmp_path / str(n), "accesses", [read(n, "u", f"YT{n}")]), tmp_path / "L")
        assert {p for p in (tmp_path / "L" / name).rglob("*") if p.is_file()} > there or name == "quarantine"
        assert all(p.is_file() for p in there)


def test_writing_into_a_backup_is_refused(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole / "B", tmp_path / "B")
    path = write(tmp_path / "1", "accesses", BARE)
    for attempt in (lambda: put(path, tmp_path / "B"), lambda: compact(tmp_path / "B")):
        with pytest.raises(BackupRefusedError, match="wayseal ledger restore"):
            attempt()
    assert same_files(whole / "B", tmp_path / "B")
    (tmp_path / "B/backup.json").write_text("{}")
    with pytest.raises(BackupRefusedError):
        put(path, tmp_path / "B")
    assert BackupRefusedError("").exit_code == 3


def test_a_folder_that_becomes_a_backup_while_the_lock_is_awaited(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(whole / "O", tmp_path / "L")
    path = write(tmp_path / "1", "accesses", BARE)
    flock = fcntl.flock

    def late(handle: int, operation: int) -> None:
        (tmp_path / "L/backup.json").write_text("{}")
        flock(handle, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    with pytest.raises(BackupRefusedError, match="wayseal ledger restore"):
        put(path, tmp_path / "L")
    assert same_files(whole / "O", tmp_path / "L")


def foreign(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "B").mkdir()
    (tmp_path / "B/letter").write_text("dear")


def other(whole: Path, tmp_path: Path) -> None:
    put(write(tmp_path / "1", "accesses", BARE), tmp_path / "other")
    backup(tmp_path / "other", tmp_path / "B")


def later(whole: Path, tmp_path: Path) -> None:
    """The ledger was cut back, or is a copy that went another way."""
    shutil.copytree(whole / "O", tmp_path / "M")
    put(write(tmp_path / "1", "accesses", [read(1, "x", "YT1")]), tmp_path / "M")
    backup(tmp_path / "M", tmp_path / "B")


def a_ledger(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole / "O", tmp_path / "B")


def unreadable(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "B").mkdir()
    (tmp_path / "B/backup.json").mkdir()


def damaged(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "B").mkdir()
    (tmp_path / "B/backup.json").write_text('{"wayseal_backup":2,"id":""}')


def unversioned(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "B").mkdir()
    (tmp_path / "B/backup.json").write_text('{"id":"a","restoring":false}')


def half_restored(whole: Path, tmp_path: Path) -> None:
    def stop(step: str) -> None:
        if step == "durable":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(whole / "B", tmp_path / "B", on_step=stop)


REFUSED: list[tuple[Callable[[Path, Path], None], str]] = [
    (foreign, "not empty and no backup"),
    (other, "another ledger"),
    (later, "doesn't have"),
    (a_ledger, "a ledger and no backup"),
    (unreadable, "can't be read"),
    (unversioned, "damaged or of another version"),
    (damaged, "damaged or of another version"),
    (half_restored, "broken off"),
]


@pytest.mark.parametrize(("prepare", "message"), REFUSED, ids=[r[0].__name__ for r in REFUSED])
def test_folders_that_are_left_alone(
    whole: Path, tmp_path: Path, prepare: Callable[[Path, Path], None], message: str
) -> None:
    prepare(whole, tmp_path)
    before = {p: p.read_bytes() for p in (tmp_path / "B").rglob("*") if p.is_file()}
    with pytest.raises(LedgerError, match=message) as caught:
        backup(whole / "O", tmp_path / "B")
    assert str(tmp_path / "B") in str(caught.value)
    assert {p: p.read_bytes() for p in (tmp_path / "B").rglob("*") if p.is_file()} == before


def test_folders_that_lie_in_each_other(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole / "O", tmp_path / "a/L")
    (tmp_path / "link").symlink_to(tmp_path / "a/L")
    for dest, message in (
        ("a/L", "that is to be copied"),
        ("link", "that is to be copied"),
        ("a/L/backup", "inside"),
        ("link/data", "inside"),
        ("a", "holds the one"),
    ):
        with pytest.raises(BackupRefusedError, match=message):
            backup(tmp_path / "a/L", tmp_path / dest)
    assert same_files(whole / "O", tmp_path / "a/L")
    assert {p.name for p in (tmp_path / "a").iterdir()} == {"L"}
    (tmp_path / "file").touch()
    with pytest.raises(LedgerStorageError, match="the backup is as it was"):
        backup(tmp_path / "a/L", tmp_path / "file")


@pytest.mark.parametrize("change", [None, flipped(0.5, 1), lambda b: b[:-1]], ids=["gone", "flipped", "short"])
def test_a_damaged_ledger_is_named_and_not_swapped_in(
    whole: Path, tmp_path: Path, change: Callable[[bytes], bytes] | None
) -> None:
    shutil.copytree(whole / "O", tmp_path / "L")
    shutil.copytree(whole / "B", tmp_path / "B")
    manifest = (whole / "B/manifest.json").read_bytes()
    new = set(files(tmp_path / "L")) - set(files(tmp_path / "B"))
    assert {n.split("/")[0] for n in new} == {"data", "tree"}
    for name in sorted({*new, "secret"}):
        right = (tmp_path / "L" / name).read_bytes()
        if change is None:
            (tmp_path / "L" / name).unlink()
        else:
            (tmp_path / "L" / name).write_bytes(change(right))
        with pytest.raises(LedgerError) as caught:
            backup(tmp_path / "L", tmp_path / "B")
        assert caught.value.file in (tmp_path / "L" / name, tmp_path / "L"), name
        assert (tmp_path / "B/manifest.json").read_bytes() == manifest
        assert sound(tmp_path / "B")
        assert not (tmp_path / "B/tmp").exists()
        (tmp_path / "L" / name).write_bytes(right)
    backup(tmp_path / "L", tmp_path / "B")
    assert sound(tmp_path / "B")


def test_a_manifest_that_was_changed_is_not_copied(whole: Path, tmp_path: Path) -> None:
    for n, change in enumerate(({"generation": 9}, {"size": 5}, {"root": "0" * 64}, {"id": "0" * 32})):
        shutil.copytree(whole / "O", tmp_path / f"L{n}")
        save_manifest(tmp_path / f"L{n}", replace(load_manifest(whole / "O"), **change))  # type: ignore[arg-type]
        with pytest.raises(LedgerChangedError):
            backup(tmp_path / f"L{n}", tmp_path / "B")
        assert not (tmp_path / "B/manifest.json").exists()


def test_a_file_that_cannot_be_read(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole / "O", tmp_path / "L")
    path = tmp_path / "L" / load_manifest(whole / "O").files[0].path
    path.unlink()
    path.mkdir()
    with pytest.raises(LedgerError, match="can't be read") as caught:
        backup(tmp_path / "L", tmp_path / "B")
    assert caught.value.file == path


def test_bytes_that_a_backup_has_are_read_again_only_if_asked(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole / "B", tmp_path / "B")
    name = next(f.path for f in load_manifest(tmp_path / "B").files if f.kind == "catalogue")
    (tmp_path / "B" / name).write_bytes(flipped(0.5, 1)((tmp_path / "B" / name).read_bytes()))
    backup(whole / "O", tmp_path / "B")
    assert not sound(tmp_path / "B")
    assert backup(whole / "O", tmp_path / "B", check=True).copied == 1
    assert sound(tmp_path / "B")
    (tmp_path / "B" / name).write_bytes(b"")
    (tmp_path / "B/tree/0/000.p").rename(tmp_path / "B/tree/0/else")
    backup(whole / "O", tmp_path / "B")
    assert_tidy(tmp_path / "B")


@pytest.mark.parametrize("spoilt", [b"{", None])
def test_a_backup_whose_manifest_is_damaged(whole: Path, tmp_path: Path, spoilt: bytes | None) -> None:
    shutil.copytree(whole / "B", tmp_path / "B")
    right = (tmp_path / "B/manifest.json").read_bytes()
    root = load_manifest(whole / "B").root.encode()
    (tmp_path / "B/manifest.json").write_bytes(spoilt or right.replace(root, b"x" * len(root)))
    with pytest.raises(LedgerError, match="damaged"):
        backup(whole / "O", tmp_path / "B")
    if spoilt:
        backup(whole / "O", tmp_path / "B", check=True)
        assert_tidy(tmp_path / "B")


def test_one_name_with_two_contents(whole: Path, tmp_path: Path) -> None:
    """Wayseal gives no file a name again; whoever does must not spoil the backup that has the first."""
    shutil.copytree(whole / "B", tmp_path / "B")
    manifest = load_manifest(tmp_path / "B")
    first = replace(manifest.files[0], sha256="0" * 64)
    made = replace(manifest, files=(first, *manifest.files[1:]))
    save_manifest(tmp_path / "B", replace(made, commits=manifest.commits))
    with pytest.raises(BackupRefusedError, match="other bytes under this name"):
        backup(whole / "O", tmp_path / "B")


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from wayseal.ledger import upkeep
    what, source, into, step, turn = sys.argv[1:]
    left = int(turn)
    def on_step(name):
        global left
        if name == step:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
    getattr(upkeep, what)(Path(source), Path(into), on_step=on_step)
"""


def killed(what: str, source: Path, into: Path, step: str, turn: int = 0) -> None:
    process = ended(KILLED, what, source, into, step, turn)
    assert (process.err, process.code) == ("", -signal.SIGKILL)


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step(whole: Path, tmp_path: Path, step: str) -> None:
    shutil.copytree(whole / "B", tmp_path / "B")
    before = content(tmp_path / "B")
    killed("backup", whole / "O", tmp_path / "B", step)
    assert sound(tmp_path / "B")
    done = step in ("swapped", "cleaned")
    assert content(tmp_path / "B") == (content(whole / "O") if done else before)
    backup(whole / "O", tmp_path / "B")
    assert_tidy(tmp_path / "B")
    assert same_files(whole / "O", tmp_path / "B")


@pytest.mark.parametrize(("step", "turn"), [("marked", 0), ("copied", 4), ("durable", 0)])
def test_a_first_backup_that_was_killed_is_none_yet(whole: Path, tmp_path: Path, step: str, turn: int) -> None:
    killed("backup", whole / "O", tmp_path / "B", step, turn)
    with pytest.raises(LedgerError, match="not complete yet"):
        ledger.open_ledger(tmp_path / "B")
    with pytest.raises(LedgerError, match="not complete yet"):
        restore(tmp_path / "B", tmp_path / "R")
    with pytest.raises(BackupRefusedError):
        put(write(tmp_path / "1", "accesses", BARE), tmp_path / "B")
    made = backup(whole / "O", tmp_path / "B")
    assert made.copied == made.files - (made.files if step == "durable" else turn + (turn > 0))
    assert_tidy(tmp_path / "B")


LIMITED = """
    import resource, sys
    from pathlib import Path
    from wayseal.ledger.upkeep import backup
    from wayseal.model import WaysealError
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
    try:
        backup(Path(sys.argv[1]), Path(sys.argv[2]))
    except WaysealError as error:
        print(error)
        sys.exit(error.exit_code)
"""


@pytest.mark.parametrize("limit", [10, 3000])
def test_a_full_disk_leaves_the_backup_as_it_was(whole: Path, tmp_path: Path, limit: int) -> None:
    shutil.copytree(whole / "B", tmp_path / "B")
    manifest = (whole / "B/manifest.json").read_bytes()
    process = ended(LIMITED, whole / "O", tmp_path / "B", limit)
    assert (process.code, process.err) == (LedgerStorageError("").exit_code, "")
    assert "File too large" in process.out
    assert "the backup is as it was before" in process.out
    assert (tmp_path / "B/manifest.json").read_bytes() == manifest
    assert sound(tmp_path / "B")
    assert not (tmp_path / "B/tmp").exists()
    backup(whole / "O", tmp_path / "B")
    assert_tidy(tmp_path / "B")


def test_two_backups_at_once_into_one_folder(whole: Path, tmp_path: Path) -> None:
    told = []

    def meanwhile(step: str) -> None:
        if step == "marked":
            with pytest.raises(LedgerBusyError) as caught:
                backup(whole / "O", tmp_path / "B")
            told.append(str(caught.value))

    backup(whole / "O", tmp_path / "B", on_step=meanwhile)
    assert told == [f"{tmp_path / 'B'}: process {os.getpid()} is writing to it"]
    assert_tidy(tmp_path / "B")


INGESTS = """
    import sys
    from pathlib import Path
    from wayseal import ledger, store
    for source in sys.argv[2:]:
        ledger.ingest(store.open_source(Path(source)), Path(sys.argv[1]), options=ledger.IngestOptions(parts=4))
        print("done", flush=True)
"""


def test_backups_of_a_ledger_that_is_written_to(tmp_path: Path) -> None:
    """By another process all the while: each backup is whole, and of a generation that there was."""
    put(write(tmp_path / "0", "accesses", EARLY), tmp_path / "L")
    more = [
        write(
            tmp_path / "more", "accesses", [read(n / 7, f"u-{n % 9}", f"YT{n * k % 900}") for n in range(900)], str(k)
        )
        for k in range(1, 16 if DEEP else 9)
    ]
    process = child(INGESTS, tmp_path / "L", *more)
    seen = []
    assert process.stdout is not None
    process.stdout.readline()
    while process.poll() is None:
        seen.append(backup(tmp_path / "L", tmp_path / "B").generation)
        assert sound(tmp_path / "B")
    assert process.communicate()[1] == ""
    assert process.returncode == 0
    assert len(set(seen)) > 2
    assert seen == sorted(seen)
    backup(tmp_path / "L", tmp_path / "B")
    assert_tidy(tmp_path / "B")
    assert content(tmp_path / "B") == content(tmp_path / "L")


def test_a_backup_of_a_backup(whole: Path, tmp_path: Path) -> None:
    backup(whole / "B", tmp_path / "C")
    assert same_files(whole / "B", tmp_path / "C")
    backup(whole / "O", tmp_path / "C")


def test_a_restored_ledger_goes_on(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "R").mkdir(0o755)
    made = restore(whole / "B", tmp_path / "R")
    assert made.copied == made.files
    assert same_files(whole / "B", tmp_path / "R")
    assert not (tmp_path / "R/backup.json").exists()
    assert_tidy(tmp_path / "R")
    assert modes(tmp_path / "R") == {0o600}
    put(write(tmp_path / "1", "accesses", [read(3, "u-new", "YT3")]), tmp_path / "R")
    assert_tidy(tmp_path / "R")
    with pytest.raises(BackupRefusedError, match="a ledger and no backup"):
        restore(whole / "B", tmp_path / "R")


def test_a_newer_checkpoint_says_that_a_restored_ledger_was_cut_back(whole: Path, tmp_path: Path) -> None:
    """It holds again once the same files came in again as they did then."""
    newer = note(whole / "O")
    assert looked(whole / "O", newer).findings == ()
    older_one = note(whole / "B")
    restore(whole / "B", tmp_path / "R")
    assert looked(tmp_path / "R", older_one).findings == ()
    assert [f.code for f in looked(tmp_path / "R", newer).findings] == [Code.CHECKPOINT_AHEAD]
    shutil.copytree(tmp_path / "R", tmp_path / "S")
    put(whole / "more/accesses.more.parquet", tmp_path / "R")
    assert looked(tmp_path / "R", newer).findings == ()
    put(write(tmp_path / "1", "accesses", [read(3, "u-new", "YT3")]), tmp_path / "S")
    put(whole / "more/accesses.more.parquet", tmp_path / "S")
    assert [f.code for f in looked(tmp_path / "S", newer).findings] == [Code.CHECKPOINT_HISTORY]


def test_what_is_no_backup_is_not_restored(whole: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupRefusedError, match="no backup"):
        restore(whole / "L", tmp_path / "R")
    with pytest.raises(BackupRefusedError, match="inside"):
        restore(whole / "B", whole / "B/R")
    assert not (tmp_path / "R").exists()


def test_a_damaged_backup_is_named_and_not_restored(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole / "B", tmp_path / "B")
    name = load_manifest(tmp_path / "B").files[3].path
    (tmp_path / "B" / name).write_bytes(flipped(0.5, 1)((tmp_path / "B" / name).read_bytes()))
    with pytest.raises(LedgerChangedError) as caught:
        restore(tmp_path / "B", tmp_path / "R")
    assert caught.value.file == tmp_path / "B" / name
    with pytest.raises(LedgerError, match="not complete yet"):
        ledger.open_ledger(tmp_path / "R")


@pytest.mark.parametrize("step", ["marked", "copied", "durable", "swapped", "cleaned"])
def test_a_restoration_that_was_killed_is_no_ledger_and_goes_on(whole: Path, tmp_path: Path, step: str) -> None:
    killed("restore", whole / "B", tmp_path / "R", step)
    with pytest.raises(BackupRefusedError, match="wayseal ledger restore"):
        put(write(tmp_path / "1", "accesses", BARE), tmp_path / "R")
    with pytest.raises(BackupRefusedError, match="no backup"):
        restore(tmp_path / "R", tmp_path / "S")
    restore(whole / "B", tmp_path / "R")
    assert_tidy(tmp_path / "R")
    put(write(tmp_path / "1", "accesses", BARE), tmp_path / "R")
