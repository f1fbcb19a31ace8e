"""Whatever is changed in a ledger is found and named."""

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.effort import DEEP
from tests.ledger.helpers import load_manifest, put, read, save_manifest, write
from tests.ledger.sealed import (
    KEY,
    changed_copy,
    files,
    flipped,
    in_turn,
    looked,
    make,
    names,
    note,
)
from wayseal import ledger
from wayseal.ledger import LedgerError, _recount, integrity
from wayseal.ledger._manifest import CommitEntry, FileEntry, Manifest, PurgeEntry, SourceEntry, canonical
from wayseal.ledger._recount import recount
from wayseal.ledger._salts import Salts, load_salts, make_secret
from wayseal.ledger._tree import append_commit, open_tree
from wayseal.ledger.errors import LedgerChangedError
from wayseal.ledger.integrity import Code
from wayseal.ledger.retention import compact
from wayseal.ledger.upkeep import backup, examine
from wayseal.merkle import SigningKey
from wayseal.merkle.bulk import stacked
from wayseal.proofs.reads import COLUMNS, verify_read
from wayseal.store.durable import file_digest


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    for n, content_ in enumerate(make(folder)):
        (folder / f"note{n}").write_bytes(content_)
    return folder


def notes(whole: Path) -> list[bytes]:
    return [(whole / f"note{n}").read_bytes() for n in range(2)]


def codes(found: integrity.Verification) -> set[StrEnum]:
    return {f.code for f in found.findings}


def test_an_unchanged_ledger(whole: Path) -> None:
    found = looked(whole / "L", *notes(whole))
    assert (found.findings, found.exit_code) == ((), 0)
    assert [k.size for k in found.checkpoints][1] == found.size
    assert found.checkpoints[0].keys == (f"keeper+{KEY.verify_key.id}",)
    assert found.rows == sum(s.rows for s in load_manifest(whole / "L").sources if s.table == "accesses")
    with ledger.open_ledger(whole / "L") as snapshot:
        assert snapshot.checkpoint is not None
        assert (found.origin, found.size) == (snapshot.checkpoint.origin, snapshot.checkpoint.size)


def test_reads_are_counted_again_in_ranges_of_any_size(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that lies in two ranges of keys is the same; so is a proof that is made out of several."""
    monkeypatch.setattr(_recount, "_MOST", 1)
    manifest = load_manifest(whole / "L")
    segments = _recount.Segments(whole / "L", manifest, manifest.commits)
    assert len(list(segments.key_ranges())) > 2
    assert list(segments.key_ranges(0, 0)) == []
    assert looked(whole / "L").findings == ()
    for access, waybill in (("a899", "YT199"), ("a699", "YT299")):
        made = integrity.prove(whole / "L", access, waybill, notes(whole)[1]).to_json()
        assert verify_read(made.encode(), [KEY.verify_key]).read["waybill"] == waybill


def test_there_is_something_of_everything(whole: Path) -> None:
    manifest = load_manifest(whole / "L")
    kinds = {f.kind for f in manifest.files}
    assert {"accesses", "catalogue", "numbers", "quarantine", "table:waybills", "table:scans"} < kinds
    assert {"dictionary:actor", "counts:volumes", "pairs:actor"} < kinds
    assert any("-merged" in f.path for f in manifest.files)
    assert [c.parts for c in manifest.commits][:3] == [1, 512, 2]
    assert all(c.pages for c in manifest.commits[1:4])


@pytest.mark.parametrize("seed", range(3 if DEEP else 1))
def test_a_changed_bit_in_any_file_is_named(whole: Path, tmp_path: Path, seed: int) -> None:
    lot = random.Random(seed)
    for n, name in enumerate(files(whole / "L")):
        copy = changed_copy(whole / "L", tmp_path / str(n), name, flipped(lot.random(), lot.randrange(8)))
        try:
            found = looked(copy, *notes(whole))
        except LedgerError as error:
            assert (name, error.file) == ("manifest.json", copy / name)  # noqa: PT017
            continue
        assert name in names(found.findings, copy), name
        assert found.exit_code == 7
        if name != "manifest.json":
            assert len(found.findings) == 1
        shutil.rmtree(copy)


def test_any_changed_byte_of_the_manifest_is_found(whole: Path, tmp_path: Path) -> None:
    size = (whole / "L/manifest.json").stat().st_size
    copy = tmp_path / "L"
    shutil.copytree(whole / "L", copy)
    right = (copy / "manifest.json").read_bytes()
    lot = random.Random(4)
    for place in lot.sample(range(size), 60 if DEEP else 30):
        (copy / "manifest.json").write_bytes(flipped(place / size, lot.randrange(7))(right))
        try:
            found = looked(copy)
        except LedgerError as error:
            assert error.file == copy / "manifest.json"  # noqa: PT017 - either way is right
        else:
            assert "manifest.json" in names(found.findings, copy)


LENGTHS: list[Callable[[bytes], bytes] | None] = [None, lambda b: b"", lambda b: b[:-1], lambda b: b + b"\0"]


@pytest.mark.parametrize("turn", range(4), ids=["gone", "empty", "shorter", "longer"])
def test_files_that_are_gone_or_of_another_length(whole: Path, tmp_path: Path, turn: int) -> None:
    change = LENGTHS[turn]
    for n, name in enumerate(in_turn(whole / "L", turn, 4)):
        copy = changed_copy(whole / "L", tmp_path / str(n), name, change)
        if name == "manifest.json" and (change is None or change(b"{}\n") != b"{}\n\0"):
            try:
                found = looked(copy)
            except LedgerError as error:
                assert error.file == copy / name  # noqa: PT017
                continue
            assert names(found.findings, copy) == {name}
        elif name != "manifest.json":
            found = looked(copy)
            assert names(found.findings, copy) == {name}
            assert (Code.FILE_MISSING in codes(found)) == (change is None and name[:4] in ("data", "quar"))
        shutil.rmtree(copy)


def test_files_that_were_swapped(whole: Path, tmp_path: Path) -> None:
    copy = tmp_path / "L"
    shutil.copytree(whole / "L", copy)
    one, other = [n for n in files(copy) if "counts-" in n][:2]
    (copy / "x").write_bytes((copy / one).read_bytes())
    (copy / one).write_bytes((copy / other).read_bytes())
    (copy / other).write_bytes((copy / "x").read_bytes())
    assert names(looked(copy).findings, copy) == {one, other}


def rewritten(
    path: Path, manifest: Manifest, name: str, row: int = 0, column: str = "actor", value: int | None = None
) -> Manifest:
    """The manifest after one read in a segment was given another actor, and the segment's new digest put in."""
    table = pq.read_table(path / name)
    values = table[column].to_pylist()
    values[row] = next(v for v in values if v != values[row]) if value is None else value
    place = table.column_names.index(column)
    made = table.set_column(place, table.schema.field(place), pa.array(values, pa.uint64()))
    pq.write_table(made, path / name, store_schema=False)
    entries = [
        replace(f, sha256=file_digest(path / name), bytes=(path / name).stat().st_size) if f.path == name else f
        for f in manifest.files
    ]
    return replace(manifest, files=tuple(entries))


def segment(manifest: Manifest) -> str:
    return next(f.path for f in manifest.files if f.kind == "accesses")


def test_a_read_that_was_rewritten_with_its_manifest(whole: Path, tmp_path: Path) -> None:
    """Step by step: whatever the writer mends, the next check finds."""
    copy = tmp_path / "L"
    shutil.copytree(whole / "L", copy)
    manifest = load_manifest(copy)
    manifest = rewritten(copy, manifest, segment(manifest))
    save_manifest(copy, manifest)
    assert codes(looked(copy)) == {Code.MANIFEST_DIGEST}
    last = replace(manifest.commits[-1], digest=manifest.digest)
    manifest = replace(manifest, commits=(*manifest.commits[:-1], last))
    save_manifest(copy, manifest)
    found = looked(copy)
    assert codes(found) == {Code.PAGE, Code.COMMIT}
    assert {Path(f.where) for f in found.findings} == {copy / "data", copy / "manifest.json"}
    # Pages are left as they were, and a commit is made behind what is there: older checkpoints hold, the page is found.
    manifest = append_commit(copy, load_manifest(whole / "L"), [], 1, ())
    manifest = rewritten(copy, manifest, segment(manifest), row=1)
    manifest = replace(manifest, commits=manifest.commits[:-1], size=load_manifest(whole / "L").size)
    manifest = append_commit(copy, manifest, [], 1, ())
    save_manifest(copy, manifest)
    found = looked(copy, *notes(whole))
    assert codes(found) == {Code.PAGE}
    assert len(found.checkpoints) == 2


def test_a_history_that_was_rewritten_from_start_to_end(whole: Path, tmp_path: Path) -> None:
    """Without a checkpoint that somebody else keeps nothing shows; with one it does."""
    copy = tmp_path / "L"
    shutil.copytree(whole / "L", copy)
    manifest = load_manifest(copy)
    manifest = rewritten(copy, manifest, segment(manifest))
    bare = replace(manifest, commits=(), size=0, root="")
    shutil.rmtree(copy / "tree")
    columns = tuple(c for c in COLUMNS if any(c in commit.columns for commit in manifest.commits))
    one = replace(manifest.commits[-1], parts=1, columns=columns)
    made = recount(copy, bare, [one], load_salts(copy, bare.secret), lambda _stage, _done, _total: None)
    save_manifest(copy, append_commit(copy, bare, made.pages[0].leaves, 1, columns))
    assert looked(copy).findings == ()
    found = looked(copy, *notes(whole))
    assert codes(found) <= {Code.CHECKPOINT_HISTORY, Code.CHECKPOINT_AHEAD}
    assert (len(found.findings), found.exit_code) == (2, 7)


def test_a_ledger_that_was_cut_back(whole: Path, tmp_path: Path) -> None:
    put(whole / "1", tmp_path / "L", parts=4, entropy=bytes)
    short = tmp_path / "short"
    shutil.copytree(tmp_path / "L", short)
    put(whole / "2", tmp_path / "L", parts=2)
    later = note(tmp_path / "L")
    assert looked(tmp_path / "L", note(short), later).findings == ()
    assert codes(looked(short, later)) == {Code.CHECKPOINT_AHEAD}


def test_checkpoints_of_others(whole: Path, tmp_path: Path) -> None:
    put(write(tmp_path / "1", "accesses", [read(1, "u", "YT1")]), tmp_path / "L")
    mine, foreign = note(whole / "L"), note(tmp_path / "L")
    found = looked(whole / "L", mine, foreign)
    assert (codes(found), found.exit_code) == ({Code.CHECKPOINT_ORIGIN}, 8)
    assert [Path(f.where) for f in found.findings] == [Path("/c1")]
    assert len(found.checkpoints) == 1
    rotated = note(whole / "L", SigningKey(name="keeper", seed=bytes(32)))
    found = looked(whole / "L", mine, rotated)
    assert (codes(found), found.exit_code) == ({Code.CHECKPOINT_KEY}, 9)
    assert "keeper+" in str(found.findings[0].values["keys"])
    assert looked(whole / "L", mine, rotated, keys=(KEY, SigningKey(name="keeper", seed=bytes(32)))).findings == ()
    found = looked(whole / "L", mine[:-9] + b"AAAAAAA=\n", foreign, rotated)
    assert (Code.CHECKPOINT_UNREADABLE in codes(found), found.exit_code) == (True, 7)
    forged = KEY.sign(mine.decode().split("\n\n")[0].replace("\n", "\n", 1) + "\n").encode()
    assert looked(whole / "L", forged).findings == ()


def edited(path: Path, change: Callable[[Manifest], Manifest]) -> integrity.Verification:
    """A verification after the manifest was changed and spelled rightly."""
    save_manifest(path, change(load_manifest(path)))
    return looked(path)


def test_manifests_that_were_changed_with_care(whole: Path, tmp_path: Path) -> None:
    def commit(n: int, **values: object) -> Callable[[Manifest], Manifest]:
        def change(m: Manifest) -> Manifest:
            made = [replace(c, **values) if k == n else c for k, c in enumerate(m.commits)]  # type: ignore[arg-type]
            return replace(m, commits=tuple(made))

        return change

    changes = {
        "root": (lambda m: replace(m, root="0" * 64), {Code.MANIFEST_TREE}),
        "size": (lambda m: replace(m, size=m.size - 1), {Code.MANIFEST_TREE}),
        "no commits": (lambda m: replace(m, commits=()), {Code.MANIFEST_DIGEST, Code.MANIFEST_TREE}),
        "id": (lambda m: replace(m, id="0" * 32), {Code.COMMIT}),
        "parts": (commit(1, parts=8), {Code.COMMIT, Code.PAGE}),
        "columns": (commit(1, columns=("access",)), {Code.COMMIT, Code.PAGE, Code.COLUMNS}),
        "sources": (commit(1, sources=1), {Code.COMMIT, Code.PAGE, Code.COLUMNS}),
        "sources of the last": (commit(4, sources=1), {Code.MANIFEST_DIGEST, Code.COMMIT}),
        "digest": (commit(1, digest="0"), {Code.COMMIT}),
    }
    for name, (change, wanted) in changes.items():
        shutil.copytree(whole / "L", tmp_path / name)
        found = edited(tmp_path / name, change)
        assert (name, codes(found) >= wanted) == (name, True), (name, codes(found))
        assert "manifest.json" in names(found.findings, tmp_path / name)


def test_reads_of_a_source_that_nobody_brought(whole: Path, tmp_path: Path) -> None:
    """A segment with one read too many, whose source no commit knows; all digests mended."""
    copy = tmp_path / "L"
    shutil.copytree(whole / "L", copy)
    manifest = load_manifest(copy)
    name = segment(manifest)
    rows = pq.read_table(copy / name).to_pylist()
    made = pq.read_schema(copy / name)
    more = pa.Table.from_pylist([*rows, {**rows[-1], "source": 99}], schema=made)
    pq.write_table(more, copy / name, store_schema=False)
    size = (copy / name).stat().st_size
    entries = [replace(f, sha256=file_digest(copy / name), bytes=size) if f.path == name else f for f in manifest.files]
    manifest = replace(manifest, files=tuple(entries))
    last = replace(manifest.commits[-1], digest=manifest.digest)
    save_manifest(copy, replace(manifest, commits=(*manifest.commits[:-1], last)))
    found = looked(copy)
    assert codes(found) == {Code.ROWS, Code.COMMIT}


def test_two_faults_at_once(whole: Path, tmp_path: Path) -> None:
    copy = changed_copy(whole / "L", tmp_path / "L", next(n for n in files(whole / "L") if n[:4] == "tree"), None)
    found = edited(copy, lambda m: replace(m, root="0" * 64))
    assert {Code.TILE, Code.MANIFEST_TREE} <= codes(found)
    shutil.copytree(whole / "L", tmp_path / "M")
    save_manifest(tmp_path / "M", replace(load_manifest(tmp_path / "M"), root="0" * 64))
    with pytest.raises(LedgerChangedError, match="don't agree"):
        integrity.present_checkpoint(tmp_path / "M")


def test_leaves_are_only_added(whole: Path) -> None:
    manifest = load_manifest(whole / "L")
    tree = open_tree(whole / "L", manifest.size)
    assert tree.root().hex() == manifest.root
    assert len(stacked([tree.leaf(n) for n in range(manifest.size)])) == manifest.size
    assert integrity.present_checkpoint(whole / "L").root == tree.root()


def test_a_ledger_of_another_layout_is_refused(whole: Path, tmp_path: Path) -> None:
    """There is one layout; what an older version left is named for what it is, by whatever opens it."""
    old = tmp_path / "L"
    shutil.copytree(whole / "L", old)
    content_ = json.loads((old / "manifest.json").read_text())
    bare = {k: v for k, v in content_.items() if k not in ("id", "secret", "commits", "size", "root")}
    (old / "manifest.json").write_text(canonical({**bare, "wayseal_ledger": 1}) + "\n")
    for attempt in (
        lambda: ledger.open_ledger(old),
        lambda: put(write(tmp_path / "1", "accesses", [read(1, "u", "YT1")]), old),
        lambda: looked(old),
        lambda: integrity.present_checkpoint(old),
        lambda: integrity.prove(old, "a1", None, notes(whole)[0]),
        lambda: compact(old),
        lambda: backup(old, tmp_path / "B"),
        lambda: examine(old),
    ):
        with pytest.raises(LedgerError, match="layout version 1; this version of Wayseal reads layout 2"):
            attempt()
    unversioned = {k: v for k, v in content_.items() if k != "wayseal_ledger"}
    for damaged in ({**bare, "wayseal_ledger": 2}, unversioned):
        (old / "manifest.json").write_text(canonical(damaged) + "\n")
        with pytest.raises(LedgerError, match="the manifest is damaged"):
            ledger.open_ledger(old)


def test_an_empty_ledger(tmp_path: Path) -> None:
    put(write(tmp_path / "1", "outlets", []), tmp_path / "L")
    found = looked(tmp_path / "L", note(tmp_path / "L"))
    assert (found.findings, found.rows) == ((), 0)
    assert (tmp_path / "L/secret").stat().st_mode & 0o777 == 0o600


def test_the_digest_of_the_same_sources_stays_what_it_is() -> None:
    """Reports and checkpoints quote it: it hangs on this spelling."""
    file = FileEntry(kind="accesses", path="data/a", generation=1, rows=2, bytes=3, sha256="22" * 32, day=4)
    sources = tuple(
        SourceEntry(
            table="accesses", name="a.csv", sha256="33" * 32, bytes=5, rows=2, rejected={"bad_time": 1}, after=after,
            mapping="", offset=-18_000,
        )
        for after in (0, 7)
    )  # fmt: skip
    commit = CommitEntry(generation=1, parts=1, columns=(), pages=1, sources=2, digest="55" * 32)
    made = Manifest(
        generation=3, id="00" * 16, secret="11" * 32, files=(file,), sources=sources, counts={"actors": 1},
        commits=(commit,), size=2, root="44" * 32,
    )  # fmt: skip
    assert made.digest == "153e7bcf6f13bbde81f3baa314fab1cc75399054fcb8e36cc3a45adc399df85c"
    assert replace(made, id="66" * 16, secret="77" * 32, commits=(), size=0, root="").digest == made.digest
    purge = PurgeEntry(
        generation=3, before="2026-03-01", who="a", why="b", at="c", reads=1, waybills=1, held=0, below_minimum=False
    )
    assert replace(made, purges=(purge,)).digest == "1d4d23aafd9bc38cc8ea27bf6f747dd54575076271f2a9afb2c5bbc3cf0f2613"


def test_a_secret_that_is_not_the_ledgers(tmp_path: Path) -> None:
    salts = make_secret(tmp_path, bytes(32))
    assert repr(salts) == "Salts()"
    assert load_salts(tmp_path, salts.check).check == salts.check
    for check, content in ((Salts(b"x" * 32).check, bytes(32)), (Salts(b"short").check, b"short")):
        (tmp_path / "secret").write_bytes(content)
        with pytest.raises(LedgerError, match="not the ledger's secret"):
            load_salts(tmp_path, check)
    (tmp_path / "secret").unlink()
    with pytest.raises(LedgerError, match="missing"):
        load_salts(tmp_path, salts.check)
    (tmp_path / "secret").mkdir()
    with pytest.raises(LedgerError, match="can't be read"):
        load_salts(tmp_path, salts.check)
