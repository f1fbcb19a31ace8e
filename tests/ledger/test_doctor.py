"""A doctor names every fault, and mends what can be proven to be right, and nothing else."""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.effort import examples
from tests.ledger.children import ended
from tests.ledger.helpers import at, content, load_manifest, put, read, save_manifest, write
from tests.ledger.sealed import files, flipped, in_turn, looked, make
from tests.ledger.test_backup import assert_tidy
from tests.ledger.test_crash import LIMITED
from wayseal import ledger
from wayseal.ledger import LedgerError, upkeep
from wayseal.ledger._lock import writer_lock
from wayseal.ledger._manifest import Manifest
from wayseal.ledger._sweep import sweep
from wayseal.ledger._tree import append_commit
from wayseal.ledger.errors import BackupRefusedError, LedgerBusyError
from wayseal.ledger.upkeep import Diagnosis, Examination, Fault, Remedy, Severity, backup, examine
from wayseal.store.durable import file_digest

CHANGES: dict[str, Callable[[bytes], bytes] | None] = {
    "missing": None,
    "short": lambda b: b[: len(b) * 2 // 3],
    "flipped": flipped(0.5, 0),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger L and its backup B."""
    folder = tmp_path_factory.mktemp("whole")
    make(folder)
    backup(folder / "L", folder / "B")
    return folder


@pytest.fixture(autouse=True)
def private() -> Iterator[None]:
    """Files that a test makes are for their owner alone, as those of a ledger are."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole / "L", tmp_path / "L")
    return tmp_path / "L"


def faults(found: Examination) -> set[Fault]:
    return {d.fault for d in found.diagnoses}


def only(found: Examination) -> Diagnosis:
    [diagnosis] = found.diagnoses
    return diagnosis


def spoil(path: Path, change: Callable[[bytes], bytes] | None) -> None:
    if change is None:
        path.unlink()
    else:
        path.write_bytes(change(path.read_bytes()))


def test_a_healthy_ledger(whole: Path) -> None:
    for source in (None, whole / "B"):
        found = examine(whole / "L", source=source, deep=True)
        assert (found.diagnoses, found.acts, found.exit_code) == ((), (), 0)
    manifest = load_manifest(whole / "L")
    assert (found.files, found.bytes) == (len(manifest.files), sum(f.bytes for f in manifest.files))
    assert found.free > 0
    assert examine(whole / "B").exit_code == 0
    assert examine(whole / "L", repair=True).acts == ()


@pytest.mark.parametrize("fault", CHANGES)
def test_every_file_in_turn(whole: Path, copy: Path, fault: str) -> None:
    """Named; and after a repair with a backup the ledger is what it was."""
    for name in in_turn(whole / "L", list(CHANGES).index(fault), len(CHANGES)):
        right = (copy / name).read_bytes()
        spoil(copy / name, CHANGES[fault])
        found = examine(copy)
        assert [d.where for d in found.diagnoses if d.severity is Severity.ERROR] == [copy / name], name
        assert found.exit_code == 11
        beside = examine(copy, source=whole / "B")
        wanted = Remedy.TREE if name.startswith("tree/") else Remedy.BACKUP
        assert [d.remedy for d in beside.diagnoses if d.severity is Severity.ERROR] == [wanted], name
        assert (copy / name).read_bytes() != right if (copy / name).exists() else True
        mended = examine(copy, source=whole / "B", repair=True)
        assert (mended.diagnoses, mended.exit_code) == ((), 0), name
        assert copy / name in {a.where for a in mended.acts}
        assert (copy / name).read_bytes() == right
        assert (copy / name).stat().st_mode & 0o777 == 0o600
    assert_tidy(copy)
    assert looked(copy).findings == ()


@examples(12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_faults_at_once_are_mended_from_a_backup(whole: Path, data: st.DataObject) -> None:
    """As long as the manifest is there: each is named, each is mended, and the ledger is what it was."""
    names = [n for n in files(whole / "L") if n != "manifest.json"]
    some = data.draw(st.dictionaries(st.sampled_from(names), st.sampled_from(sorted(CHANGES)), min_size=1))
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "L"
        shutil.copytree(whole / "L", copy)
        for name, fault in some.items():
            spoil(copy / name, CHANGES[fault])
        found = examine(copy, source=whole / "B")
        assert {d.where.relative_to(copy).as_posix() for d in found.diagnoses} == set(some)
        alone = {d.where.relative_to(copy).as_posix() for d in examine(copy).diagnoses}
        assert alone - set(some) <= {"tree"}
        assert {n for n in some if n[:5] != "tree/"} == {n for n in alone if n[:4] != "tree"}
        assert examine(copy, source=whole / "B", repair=True).exit_code == 0
        assert all((copy / n).read_bytes() == (whole / "L" / n).read_bytes() for n in names)


def test_what_hangs_on_a_file(whole: Path, copy: Path) -> None:
    manifest = load_manifest(whole / "L")
    for entry in manifest.files:
        (copy / entry.path).unlink()
    found = {d.where.relative_to(copy).as_posix(): d.affected for d in examine(copy).diagnoses}
    for entry in manifest.files:
        affected = found[entry.path]
        assert affected is not None
        assert (affected.kind, affected.day, affected.rows) == (entry.kind, entry.day, entry.rows)
        assert affected.sources
        assert set(affected.sources) <= {s.name for s in manifest.sources}
        if entry.kind == "table:scans":
            assert affected.sources == ("scans.parquet",)
        if entry.kind == "quarantine":
            assert affected.sources == ("accesses.csv",)
        if entry.kind == "accesses":
            assert set(affected.sources) <= {s.name for s in manifest.sources if s.table == "accesses"}


def test_all_tiles_are_made_again_from_the_reads(copy: Path) -> None:
    before = {p: (copy / p).read_bytes() for p in files(copy) if p.startswith("tree/")}
    shutil.rmtree(copy / "tree")
    found = examine(copy)
    assert faults(found) == {Fault.TILE}
    assert {d.remedy for d in found.diagnoses} == {Remedy.TREE}
    assert examine(copy, repair=True).exit_code == 0
    assert {p: (copy / p).read_bytes() for p in before} == before
    assert_tidy(copy)


def test_tiles_and_reads_that_are_both_lost(whole: Path, copy: Path, tmp_path: Path) -> None:
    """Without a backup nothing is made up; an older backup helps with the reads, and the reads with the tiles."""
    shutil.rmtree(copy / "tree")
    (copy / "secret").unlink()
    found = examine(copy, repair=True)
    assert found.acts == ()
    assert {d.remedy for d in found.diagnoses} == {Remedy.GIVE}
    shutil.copytree(whole / "B", tmp_path / "B")
    shutil.rmtree(tmp_path / "B/tree")
    (tmp_path / "B/manifest.json").unlink()
    reads = [f for f in load_manifest(copy).files if f.kind == "accesses"]
    (copy / reads[0].path).write_bytes(b"")
    (copy / reads[1].path).unlink()
    (tmp_path / "B" / reads[1].path).unlink()
    found = examine(copy, source=tmp_path / "B", repair=True)
    assert {a.where for a in found.acts} == {copy / "secret", copy / reads[0].path}
    assert {d.remedy for d in found.diagnoses} == {Remedy.LOST}
    found = examine(copy, source=whole / "B", repair=True)
    assert found.diagnoses == ()
    assert_tidy(copy)


def test_which_tile_is_wrong_is_said_when_it_can_be(copy: Path) -> None:
    """Not while the secret is lost: then only the tree as a whole is named."""
    secret = (copy / "secret").read_bytes()
    for name in (n for n in files(copy) if n.startswith("tree/0/")):
        right = (copy / name).read_bytes()
        (copy / name).write_bytes(flipped(0.5, 1)(right))
        assert only(examine(copy)).where == copy / name
        (copy / "secret").unlink()
        found = examine(copy, repair=True)
        assert {(d.fault, d.where) for d in found.diagnoses} == {
            (Fault.SECRET, copy / "secret"),
            (Fault.TREE, copy / "tree"),
        }
        assert found.acts == ()
        (copy / "secret").write_bytes(secret)
        assert examine(copy, repair=True).exit_code == 0
        assert (copy / name).read_bytes() == right


def test_a_manifest_is_never_made_up(whole: Path, copy: Path, tmp_path: Path) -> None:
    """Nor taken from a backup that is older, or that isn't the tree's."""
    put(write(tmp_path / "1", "accesses", [read(7, "u", "YT7")]), copy)
    right = (copy / "manifest.json").read_bytes()
    for spoilt in (None, b"{}", right.replace(b'"generation":1,', b'"generation":2,')):
        spoil(copy / "manifest.json", None if spoilt is None else (lambda _, s=spoilt: s))  # type: ignore[misc]
        found = examine(copy, source=whole / "B", repair=True)
        assert (found.acts, found.exit_code) == ((), 11)
        assert {d.fault for d in found.diagnoses} & {Fault.MANIFEST_MISSING, Fault.MANIFEST_CHANGED}
        assert found.diagnoses[0].remedy is Remedy.LOST
        (copy / "manifest.json").write_bytes(right)
    assert_tidy(copy)
    for n, made in enumerate((b"{", b'{"wayseal_ledger":1}')):
        (tmp_path / f"B{n}").mkdir()
        (tmp_path / f"B{n}/manifest.json").write_bytes(made)
        (copy / "manifest.json").write_bytes(b"")
        assert examine(copy, source=tmp_path / f"B{n}", repair=True).acts == ()


def test_a_backup_whose_manifest_was_changed_proves_nothing(whole: Path, copy: Path, tmp_path: Path) -> None:
    shutil.copytree(whole / "B", tmp_path / "B")
    save_manifest(tmp_path / "B", replace(load_manifest(whole / "B"), commits=()))
    (copy / "manifest.json").unlink()
    found = examine(copy, source=tmp_path / "B", repair=True)
    assert (found.acts, only(found).fault, only(found).remedy) == ((), Fault.MANIFEST_MISSING, Remedy.LOST)


def test_a_backup_that_has_the_bytes_under_another_name(whole: Path, copy: Path, tmp_path: Path) -> None:
    """As its manifest says, whatever lies under the name that the ledger uses."""
    shutil.copytree(whole / "B", tmp_path / "B")
    manifest = load_manifest(whole / "B")
    lost = max(manifest.files, key=lambda f: f.bytes)
    moved = replace(lost, path=f"{lost.path[: -len('.parquet')]}-moved.parquet")
    (tmp_path / "B" / lost.path).rename(tmp_path / "B" / moved.path)
    save_manifest(tmp_path / "B", replace(manifest, files=tuple(moved if f is lost else f for f in manifest.files)))
    (tmp_path / "B" / lost.path).write_bytes(b"something else")
    (copy / lost.path).unlink()
    assert examine(copy, source=tmp_path / "B", repair=True).exit_code == 0
    assert (copy / lost.path).read_bytes() == (whole / "L" / lost.path).read_bytes()


def test_a_longer_file_that_cannot_be_read_again(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It isn't cut, since nobody knows what its beginning says."""
    [path] = [p for p in (copy / "quarantine").iterdir() if ".raw" not in p.name]
    path.write_bytes(path.read_bytes() + b"more\n")
    opened = Path.open

    def refuse(self: Path, *args: object, **more: object) -> object:
        if self == path:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(self))
        return opened(self, *args, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    found = examine(copy)
    assert (only(found).fault, only(found).remedy) == (Fault.FILE_CHANGED, Remedy.GIVE)


def test_manifests_that_were_changed_with_care(whole: Path, copy: Path) -> None:
    def commit(m: Manifest, n: int, **values: object) -> Manifest:
        made = [replace(c, **values) if k == n else c for k, c in enumerate(m.commits)]  # type: ignore[arg-type]
        return replace(m, commits=tuple(made))

    right = load_manifest(copy)
    for change in (
        replace(right, root="0" * 64),
        replace(right, size=right.size - 1),
        replace(right, commits=()),
        replace(right, id="0" * 32),
        replace(right, secret="0" * 64),
        replace(right, generation=1),
        commit(right, 1, parts=8),
        commit(right, 1, digest="0"),
        commit(right, 4, sources=1),
    ):
        save_manifest(copy, change)
        found = examine(copy)
        assert Fault.MANIFEST_CHANGED in faults(found), change.commits
        assert examine(copy, repair=True).acts == ()
        mended = examine(copy, source=whole / "B", repair=True)
        assert ([a.where for a in mended.acts], mended.exit_code) == ([copy / "manifest.json"], 0)
        assert load_manifest(copy) == right


def test_leavings_are_named_and_removed(whole: Path, copy: Path) -> None:
    for name in ("data/g000009/x.parquet", "tree/0/zzz", "quarantine/none.csv", "tmp/a/b", "secret.new", "mine.txt"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(b"12345")
        (copy / name).chmod(0o600)
        (copy / name).parent.chmod(0o700)
    found = examine(copy)
    assert {d.where.relative_to(copy).as_posix() for d in found.diagnoses} == {
        "data/g000009", "tree/0", "quarantine", "tmp/a", ".",
    }  # fmt: skip
    assert {(d.fault, d.remedy, d.values["files"], d.values["bytes"]) for d in found.diagnoses} == {
        (Fault.LEAVINGS, Remedy.REMOVE, 1, 5)
    }
    assert found.exit_code == 11
    mended = examine(copy, repair=True)
    assert (mended.diagnoses, len(mended.acts)) == ((), 5)
    assert (copy / "mine.txt").read_bytes() == b"12345"
    (copy / "mine.txt").unlink()
    assert_tidy(copy)


def test_leavings_that_somebody_may_read_stay(copy: Path) -> None:
    (copy / "data/g000001/x.parquet").write_bytes(b"")
    (copy / "data/g000001/x.parquet").chmod(0o600)
    with ledger.open_ledger(copy):
        found = examine(copy, repair=True)
    assert (found.acts, only(found).fault) == ((), Fault.LEAVINGS)
    assert examine(copy, repair=True).exit_code == 0


def test_modes(whole: Path, copy: Path) -> None:
    for name in ("manifest.json", "secret", "lock", "data", "."):
        (copy / name).chmod(0o755)
    found = examine(copy)
    assert (only(found).fault, only(found).severity, only(found).values["files"]) == (Fault.MODES, Severity.WARNING, 5)
    mended = examine(copy, repair=True)
    assert (mended.exit_code, [a.fault for a in mended.acts]) == (0, [Fault.MODES])
    assert (copy / "data").stat().st_mode & 0o777 == 0o700
    assert (copy / "secret").stat().st_mode & 0o777 == 0o600


def test_a_file_system_without_modes(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (copy / "data").chmod(0o755)
    monkeypatch.setattr(Path, "chmod", lambda _path, _mode: None)
    found = examine(copy, repair=True)
    assert (found.acts, only(found).fault) == ((), Fault.MODES)


def test_a_repair_ends(whole: Path, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the disk does: it looks and mends so often, and then says what is left."""
    monkeypatch.setattr(upkeep, "_MOST_ROUNDS", 1)
    (copy / "secret").unlink()
    assert examine(copy, repair=True, source=whole / "B").exit_code == 0


def test_files_are_not_mended_by_a_manifest_that_is_in_doubt(whole: Path, copy: Path, tmp_path: Path) -> None:
    put(write(tmp_path / "1", "accesses", [read(7, "u", "YT7")]), copy)
    manifest = load_manifest(copy)
    kept = {f.path for f in load_manifest(whole / "B").files}
    (copy / next(f.path for f in manifest.files if f.path in kept)).unlink()
    save_manifest(copy, replace(manifest, generation=77))
    found = examine(copy, source=whole / "B", repair=True)
    assert ([d.remedy for d in found.diagnoses], found.acts) == ([Remedy.LOST, Remedy.BACKUP], ())


def test_a_ledger_that_is_written_to(copy: Path) -> None:
    """Its writer is named, and what he has lying about is his business."""
    (copy / "tmp").mkdir(0o700)
    (copy / "tmp/part").write_bytes(b"")
    with writer_lock(copy):
        found = examine(copy)
        assert (only(found).fault, only(found).values["process"]) == (Fault.LOCKED, str(os.getpid()))
        assert found.exit_code == 0
        with pytest.raises(LedgerBusyError):
            examine(copy, repair=True)
        (copy / "lock").write_text("")
        assert only(examine(copy)).values["process"] == "unknown"
    (copy / "lock").unlink()
    assert only(examine(copy)).fault is Fault.LEAVINGS


def test_a_commit_during_the_look(copy: Path, tmp_path: Path) -> None:
    """Files of the new generation are no leavings."""
    done: list[object] = []

    def meanwhile(_stage: str, at: int, total: int) -> None:
        if not done and at < total:
            done.append(put(write(tmp_path / "1", "accesses", [read(1, "u", "YT1")]), copy))

    assert examine(copy, progress=meanwhile).diagnoses == ()
    assert done


def test_disk_and_many_small_files(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = examine(copy, free=lambda _: 100)
    assert (only(found).fault, only(found).remedy, found.exit_code) == (Fault.DISK, Remedy.ROOM, 11)
    monkeypatch.setattr("wayseal.ledger._examine.MANY", 3)
    found = examine(copy)
    assert (only(found).fault, only(found).remedy, found.exit_code) == (Fault.SMALL_FILES, Remedy.COMPACT, 0)


def test_what_is_no_ledger(copy: Path, tmp_path: Path) -> None:
    for repair in (False, True):
        with pytest.raises(LedgerError, match="no ledger here"):
            examine(tmp_path / "none", repair=repair)
    (tmp_path / "foreign").mkdir()
    with pytest.raises(LedgerError, match="no ledger here"):
        examine(tmp_path / "foreign")
    with pytest.raises(LedgerError, match="no backup here"):
        examine(copy, source=tmp_path / "none")
    spoil(copy / "manifest.json", lambda b: b.replace(b'"wayseal_ledger":2', b'"wayseal_ledger":3'))
    with pytest.raises(LedgerError, match="layout version 3"):
        examine(copy)


def test_a_backup_is_looked_at_and_not_mended(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole / "B", tmp_path / "B")
    name = load_manifest(whole / "B").files[0].path
    (tmp_path / "B" / name).unlink()
    assert only(examine(tmp_path / "B")).where == tmp_path / "B" / name
    with pytest.raises(BackupRefusedError):
        examine(tmp_path / "B", repair=True, source=whole / "L")


def test_a_disk_that_refuses_a_repair(whole: Path, copy: Path) -> None:
    name = max(load_manifest(copy).files, key=lambda f: f.bytes).path
    (copy / name).unlink()
    code = LIMITED.replace(
        "ledger.ingest(store.open_source(Path(sys.argv[1])), Path(sys.argv[2]))",
        "upkeep.examine(Path(sys.argv[2]), source=Path(sys.argv[1]), repair=True)",
    ).replace("ledger, store", "ledger\n    from wayseal.ledger import upkeep")
    process = ended(code, whole / "B", copy, 100)
    assert (process.code, process.err, "File too large" in process.out) == (5, "", True)
    assert examine(copy, source=whole / "B", repair=True).exit_code == 0


def test_a_commit_that_was_broken_off_while_it_appended(copy: Path) -> None:
    [path] = [p for p in (copy / "quarantine").iterdir() if ".raw" not in p.name]
    right = path.read_bytes()
    path.write_bytes(right + b"accesses.csv,20,at,not-a-time\n")
    assert (only(examine(copy)).fault, only(examine(copy)).remedy) == (Fault.QUARANTINE_LONGER, Remedy.CUT)
    assert examine(copy, repair=True).exit_code == 0
    assert path.read_bytes() == right


def resealed(path: Path, kind: str, change: Callable[[pa.Table], pa.Table]) -> None:
    """Changes a file of the ledger and makes the manifest agree with it, as a fault in the program would."""
    manifest = load_manifest(path)
    entry = [f for f in manifest.files if f.kind == kind][-1]
    table = pq.read_table(path / entry.path)
    made = change(table)
    pq.write_table(made.cast(table.schema), path / entry.path, store_schema=False)
    size = (path / entry.path).stat().st_size
    new = replace(entry, sha256=file_digest(path / entry.path), bytes=size, rows=made.num_rows)
    files_ = tuple(new if f is entry else f for f in manifest.files)
    made_ = replace(manifest, files=files_, generation=manifest.generation + 1)
    made_ = append_commit(path, made_, [], 1, ())
    save_manifest(path, made_)
    sweep(path, made_)


def plus_one(column: str) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        return table.set_column(table.schema.get_field_index(column), column, pc.add(table[column], 1))

    return change


def inverted(table: pa.Table) -> pa.Table:
    return table.set_column(table.schema.get_field_index("first"), "first", pc.invert(table["first"]))


DERIVED: list[tuple[str, Callable[[pa.Table], pa.Table], set[str]]] = [
    ("accesses", inverted, {"accesses"}),
    ("catalogue", plus_one("day"), {"catalogue"}),
    ("catalogue", lambda t: t.slice(3), {"catalogue"}),
    ("pairs:actor", lambda t: t.slice(2), {"pairs:actor"}),
    ("pairs:actor", lambda t: pa.concat_tables([t.slice(0, 1), t]), {"pairs:actor"}),
    ("pairs:outlet", lambda t: t.slice(2), {"pairs:outlet", "counts:outlets"}),
    ("counts:volumes", plus_one("reads"), {"counts:volumes"}),
    ("counts:sessions", plus_one("first"), {"counts:sessions"}),
    ("counts:hours", lambda t: t.slice(1), {"counts:hours"}),
    ("counts:channels", plus_one("waybills"), {"counts:channels"}),
    ("counts:outlets", plus_one("waybills"), {"counts:outlets"}),
]


@pytest.mark.parametrize(("kind", "change", "wanted"), DERIVED)
def test_derived_files_that_do_not_agree_with_the_reads(
    copy: Path, kind: str, change: Callable[[pa.Table], pa.Table], wanted: set[str]
) -> None:
    resealed(copy, kind, change)
    assert examine(copy).diagnoses == ()
    found = examine(copy, deep=True, repair=True)
    assert {d.values["kind"] for d in found.diagnoses} >= wanted
    assert {d.values["kind"] for d in found.diagnoses} - wanted <= {"accesses"}
    assert (faults(found), found.acts, found.exit_code) == ({Fault.DERIVED}, (), 11)
    assert all(int(d.values["rows"]) > 0 for d in found.diagnoses)


def test_derived_files_are_compared_in_ranges_of_any_size(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "_RANGE_ROWS", 100)
    assert examine(whole / "L", deep=True).diagnoses == ()


def test_derived_files_are_not_looked_at_beside_other_faults(whole: Path, copy: Path) -> None:
    (copy / "secret").unlink()
    assert not examine(copy, deep=True).deep
    assert examine(whole / "L", deep=True).deep


def test_other_ledgers_agree_with_themselves(tmp_path: Path) -> None:
    """Rows that replace others, tickets, queries, waybills without a channel's row; and an empty ledger."""
    rows = [read(n, f"u-{n % 3}", f"YT{n % 7}") for n in range(30)]
    put(write(tmp_path / "1", "accesses", rows), tmp_path / "L")
    for n in range(3):
        way = [
            {"waybill": f"YT{k}", "issued_at": at(k), "channel": f"c{n}", "origin_outlet": f"o{k % (n + 1)}"}
            | {"destination_outlet": "o9"}
            for k in range(n, 9)
        ]
        put(write(tmp_path / f"w{n}", "waybills", way), tmp_path / "L")
        tickets = [{"ticket": f"t{n}", "waybill": f"YT{n + 50}", "opened_at": rows[n]["at"], "actor": "u-1"}]
        put(write(tmp_path / f"t{n}", "tickets", tickets), tmp_path / "L")
        put(write(tmp_path / f"r{n}", "accesses", [read(-n, "u-1", "YT3")]), tmp_path / "L")
    assert examine(tmp_path / "L", deep=True).diagnoses == ()
    put(write(tmp_path / "e", "outlets", []), tmp_path / "E")
    assert examine(tmp_path / "E", deep=True).diagnoses == ()
    assert content(tmp_path / "L")


def test_a_report_is_data(copy: Path) -> None:
    (copy / "secret").unlink()
    assert json.dumps(only(examine(copy)).values) == "{}"
