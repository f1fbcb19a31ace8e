"""What must hold when things go wrong: killed at any moment, two writers, a full disk, damaged files."""

import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.effort import DEEP
from tests.leaks import open_files
from tests.ledger.children import child, ended
from tests.ledger.helpers import content, put, read, reads_of, write
from wayseal import ledger, store
from wayseal.ledger import LedgerError
from wayseal.ledger.errors import LedgerBusyError, LedgerStorageError
from wayseal.ledger.integrity import verify
from wayseal.merkle.tiles import tiles
from wayseal.store.durable import file_digest

EARLY = [read(n, f"u-{n % 5}", f"YT{n % 11}", session=f"s{n % 3}") for n in range(20, 60)]
LATE = [read(n / 2, f"u-{n % 5}", f"YT{n % 13}", access=f"a{n}") for n in range(60)]
STEPS = ("swept", "batch", "read", "part", "written", "durable", "committed", "cleaned")


def sound(path: Path) -> bool:
    """Whether the ledger is what its tree says."""
    return not verify(path, [], [], lambda _stage, _done, _total: None).findings


def assert_tidy(path: Path) -> None:
    """Nothing lies there that the manifest doesn't name."""
    with ledger.open_ledger(path) as snapshot:
        manifest = snapshot.manifest
    named = {f.path for f in manifest.files}
    assert {p.relative_to(path).as_posix() for p in (path / "data").rglob("*.parquet")} == named
    kept = {p.relative_to(path).as_posix() for p in (path / "tree").rglob("*") if p.is_file()}
    assert kept == {f"tree/{t.path}" for t in tiles(manifest.size)}
    assert sound(path)
    assert not (path / "tmp").exists()


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from wayseal import ledger, store
    source, into, step, turn = sys.argv[1:]
    left = int(turn)
    def on_step(name):
        global left
        if name == step:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
    options = ledger.IngestOptions(parts=2, memory=1, on_step=on_step)
    ledger.ingest(store.open_source(Path(source)), Path(into), options=options)
"""


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with both logs, and the logs."""
    folder = tmp_path_factory.mktemp("clean")
    put(write(folder / "1", "accesses", EARLY), folder / "E")
    shutil.copytree(folder / "E", folder / "L")
    put(write(folder / "2", "accesses", LATE), folder / "L")
    return folder


@pytest.fixture
def early(clean: Path, tmp_path: Path) -> Path:
    """A ledger of the first log alone, to be spoilt."""
    shutil.copytree(clean / "E", tmp_path / "L")
    return tmp_path / "L"


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.usefixtures("early")
def test_killed_at_a_step(tmp_path: Path, clean: Path, step: str) -> None:
    before = content(tmp_path / "L")
    process = ended(KILLED, clean / "2/accesses.parquet", tmp_path / "L", step, 0)
    assert (process.err, process.code) == ("", -signal.SIGKILL)
    done = step in ("committed", "cleaned")
    assert sound(tmp_path / "L")
    assert content(tmp_path / "L") == (content(clean / "L") if done else before)
    report = put(clean / "2/accesses.parquet", tmp_path / "L")
    assert len(report.skipped) == int(done)
    assert content(tmp_path / "L") == content(clean / "L")
    assert_tidy(tmp_path / "L")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.usefixtures("early")
def test_broken_off_at_a_step(tmp_path: Path, clean: Path, step: str) -> None:
    """As by Ctrl-C: nothing half done is left, and nothing that was committed is lost."""

    def stop(name: str) -> None:
        if name == step:
            raise KeyboardInterrupt

    before = content(tmp_path / "L")
    with pytest.raises(KeyboardInterrupt):
        put(clean / "2/accesses.parquet", tmp_path / "L", on_step=stop)
    assert_tidy(tmp_path / "L")
    assert content(tmp_path / "L") == (content(clean / "L") if step in ("committed", "cleaned") else before)


def test_killed_at_any_moment(tmp_path: Path, clean: Path) -> None:
    """The first ingest of a ledger, too: what is left is a ledger or nothing."""
    seconds = random.Random(5)
    for _ in range(6 if DEEP else 2):
        process = child(KILLED, clean / "1/accesses.parquet", tmp_path / "L", "never", 0)
        try:
            process.wait(seconds.uniform(0.3, 3.0))
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()
    put(clean / "1/accesses.parquet", tmp_path / "L")
    put(clean / "2/accesses.parquet", tmp_path / "L")
    assert content(tmp_path / "L") == content(clean / "L")
    assert_tidy(tmp_path / "L")


def test_a_second_writer_is_told_who_writes(tmp_path: Path, clean: Path) -> None:
    told: list[str] = []

    def meanwhile(step: str) -> None:
        if step == "read":
            with pytest.raises(LedgerBusyError) as caught:
                put(clean / "2/accesses.parquet", tmp_path / "L")
            told.append(str(caught.value))

    put(clean / "1/accesses.parquet", tmp_path / "L", on_step=meanwhile)
    assert told == [f"{tmp_path / 'L'}: process {os.getpid()} is writing to it"]
    assert LedgerBusyError("").exit_code == 4


def test_readers_keep_their_generation(tmp_path: Path) -> None:
    rows = [read(100, "u-1", "YT1")]
    put(write(tmp_path / "1", "accesses", rows), tmp_path / "L")
    late = [read(1, "u-1", "YT1")]
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        put(write(tmp_path / "2", "accesses", late), tmp_path / "L")
        assert snapshot.reads(snapshot.keys(["YT1"])).num_rows == 1
        assert len(list((tmp_path / "L/data").rglob("accesses*"))) > 1
    snapshot.close()
    put(write(tmp_path / "3", "accesses", [read(2, "u-2", "YT3")]), tmp_path / "L")
    assert not list((tmp_path / "L/data/g000001").glob("accesses*"))
    assert [r[3] for r in reads_of(tmp_path / "L", ["YT1"])] == [True, False]


LIMITED = """
    import resource, sys
    from pathlib import Path
    from wayseal import ledger, store
    from wayseal.model import WaysealError
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
    try:
        ledger.ingest(store.open_source(Path(sys.argv[1])), Path(sys.argv[2]))
    except WaysealError as error:
        print(error)
        sys.exit(error.exit_code)
"""


@pytest.mark.parametrize("limit", [10, 300, 2500])
@pytest.mark.usefixtures("early")
def test_a_full_disk_is_said_and_changes_nothing(tmp_path: Path, clean: Path, limit: int) -> None:
    before = content(tmp_path / "L")
    process = ended(LIMITED, clean / "2/accesses.parquet", tmp_path / "L", limit)
    assert (process.code, process.err) == (LedgerStorageError("").exit_code, "")
    assert "File too large" in process.out
    assert "as it was before" in process.out
    assert content(tmp_path / "L") == before
    assert_tidy(tmp_path / "L")
    put(clean / "2/accesses.parquet", tmp_path / "L")
    assert content(tmp_path / "L") == content(clean / "L")


def test_a_quarantine_that_cannot_be_written(tmp_path: Path) -> None:
    lines = "".join(f"never,u,YT{n}\n" for n in range(3000))
    (tmp_path / "accesses.csv").write_text("at,actor,waybill\n" + lines)
    put(write(tmp_path / "1", "accesses", EARLY), tmp_path / "L")
    process = ended(LIMITED, tmp_path / "accesses.csv", tmp_path / "L", 20_000)
    assert (process.code, process.err) == (5, "")


def test_a_quarantine_that_is_in_the_way(tmp_path: Path) -> None:
    path = tmp_path / "accesses.csv"
    path.write_text("at,actor,waybill\nnever,u,YT1\n")

    def block(step: str) -> None:
        if step == "swept":
            (tmp_path / "L/quarantine" / f"{file_digest(path)[:16]}.csv").mkdir(parents=True)

    with pytest.raises(LedgerStorageError, match="Is a directory"):
        put(path, tmp_path / "L", on_step=block)
    assert put(path, tmp_path / "L").rejected == {"not-a-time": 1}


def test_a_place_that_refuses(tmp_path: Path, clean: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerStorageError, match="can't be written"):
        put(clean / "1/accesses.parquet", tmp_path / "file/L")


def damage(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


MANIFESTS: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("empty", lambda _: b"", "damaged"),
    ("cut", lambda b: b[: len(b) // 2], "damaged"),
    ("not an object", lambda _: b"[]", "damaged"),
    ("no mark", lambda _: b"{}", "damaged"),
    ("no files", lambda _: b'{"wayseal_ledger":1}', "damaged"),
    ("not text", lambda _: b"\xff\xfe", "damaged"),
    ("unknown key", lambda b: b.replace(b'"generation"', b'"generatiom"', 1), "damaged"),
    ("wrong type", lambda b: b.replace(b'"key_bits":64', b'"key_bits":"x"'), "damaged"),
    ("number below 0", lambda b: b.replace(b'"key_bits":64', b'"key_bits":-4'), "damaged"),
    ("no text", lambda b: b.replace(b'"kind":"catalogue"', b'"kind":7'), "damaged"),
    ("no id", lambda b: re.sub(b'"id":"[^"]*"', b'"id":""', b), "damaged"),
    ("parts", lambda b: b.replace(b'"parts":1,', b'"parts":3,'), "damaged"),
    ("columns", lambda b: b.replace(b'"columns":["session"]', b'"columns":["shoe"]'), "damaged"),
    ("pages", lambda b: b.replace(b'"pages":1,', b'"pages":99999999999,'), "damaged"),
    ("path outside", lambda b: b.replace(b'"data/', b'"../a/'), "damaged"),
    ("path absolute", lambda b: b.replace(b'"data/', b'"/data/'), "damaged"),
    ("later layout", lambda b: b.replace(b'"wayseal_ledger":2', b'"wayseal_ledger":3'), "layout version 3"),
]


@pytest.mark.parametrize(("change", "message"), [m[1:] for m in MANIFESTS], ids=[m[0] for m in MANIFESTS])
def test_a_damaged_manifest(clean: Path, early: Path, change: Callable[[bytes], bytes], message: str) -> None:
    damage(early / "manifest.json", change)
    for attempt in (lambda: ledger.open_ledger(early), lambda: put(clean / "1/accesses.parquet", early)):
        with pytest.raises(LedgerError, match=message) as caught:
            attempt()
        assert "manifest.json" in str(caught.value)


def test_a_snapshot_holds_no_file_but_its_lock_and_that_until_it_is_closed(early: Path) -> None:
    with ledger.open_ledger(early) as snapshot:
        assert snapshot.reads(snapshot.keys(["YT1"])).num_rows
        assert [Path(name).name for name in open_files(early)] == ["readers.lock"]
    assert open_files(early) == []


def test_no_ledger_and_one_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="no ledger here"):
        ledger.open_ledger(tmp_path / "nothing")
    put(write(tmp_path, "accesses", EARLY), tmp_path / "L")
    (tmp_path / "L/manifest.json").unlink()
    (tmp_path / "L/manifest.json").mkdir()
    with pytest.raises(LedgerError, match="can't be read"):
        ledger.open_ledger(tmp_path / "L")


def test_a_copy_without_its_lock_can_be_read(tmp_path: Path) -> None:
    put(write(tmp_path, "accesses", EARLY), tmp_path / "L")
    (tmp_path / "L/readers.lock").unlink()
    assert reads_of(tmp_path / "L", ["YT1"])
    damage(tmp_path / "L/manifest.json", lambda _: b"")
    with pytest.raises(LedgerError):
        ledger.open_ledger(tmp_path / "L")


def spoil_pages(content: bytes) -> bytes:
    """Same length, same footer, other pages."""
    size = int.from_bytes(content[-8:-4], "little") + 8
    return content[:4] + bytes(len(content) - size - 4) + content[-size:]


SEGMENTS: list[tuple[str, Callable[[Path], None], str]] = [
    ("missing", Path.unlink, "missing"),
    ("cut short", lambda p: damage(p, lambda b: b[:-10]), "cut short or changed"),
    ("no footer", lambda p: damage(p, lambda b: b[:-10] + bytes(10)), "damaged"),
    ("other pages", lambda p: damage(p, spoil_pages), "damaged"),
]


@pytest.mark.parametrize(("spoil", "message"), [s[1:] for s in SEGMENTS], ids=[s[0] for s in SEGMENTS])
def test_a_damaged_segment_is_named(early: Path, spoil: Callable[[Path], None], message: str) -> None:
    [segment] = (early / "data").rglob("accesses-*.parquet")
    spoil(segment)
    with ledger.open_ledger(early) as snapshot:
        keys = snapshot.keys(["YT1"])
        with pytest.raises(LedgerError, match=message) as caught:
            snapshot.reads(keys)
    assert caught.value.file == segment
    assert "YT" not in str(caught.value)


def test_the_manifest_says_what_lies_there(tmp_path: Path, clean: Path) -> None:
    made = json.loads((clean / "L/manifest.json").read_text())
    assert made["wayseal_ledger"] == 2
    for entry in made["files"]:
        path = clean / "L" / entry["path"]
        assert (path.stat().st_size, file_digest(path)) == (entry["bytes"], entry["sha256"])


def test_limits_of_this_machine_are_not_touched() -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    assert store.TABLES
