"""The proof of a purge holds without the ledger, and nothing that was changed in it, or beside it, holds."""

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.ledger.helpers import load_manifest, put, read, save_manifest, write
from tests.ledger.kept import day, ingested, iso, purged
from tests.ledger.sealed import KEY, changed_copy, files, flipped, looked, names, note
from tests.ledger.test_integrity import codes
from wayseal.ledger import LedgerError
from wayseal.ledger._manifest import FileEntry, Manifest
from wayseal.ledger._tree import append_commit
from wayseal.ledger.errors import LedgerChangedError
from wayseal.ledger.integrity import Code
from wayseal.ledger.retention import check_checkpoint, compact, is_purge_proof, prove_purge, verify_purge
from wayseal.ledger.retention._purge_proof import PurgeProof, _check_difference
from wayseal.merkle import MerkleError, SigningKey
from wayseal.merkle.errors import OtherOriginError, UnknownKeyError
from wayseal.store.durable import file_digest


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger that was purged, with checkpoints c0 to c3 (two before, right after, later) and the proof."""
    folder = tmp_path_factory.mktemp("made")
    rows = [{"at": day(n / 40), "actor": "u", "waybill": f"YT{n // 2}", "access": f"a{n}"} for n in range(1600)]
    tables = {"accesses": rows[:800], "waybills": [
        {"waybill": f"YT{n}", "issued_at": day(n / 20), "channel": "c", "origin_outlet": "o", "destination_outlet": "o"}
        for n in range(300)]}  # fmt: skip
    ingested(folder, "1", tables, folder / "L")
    (folder / "c0").write_bytes(note(folder / "L"))
    ingested(folder, "2", {"accesses": [*rows[800:], {"at": day(1), "actor": "v", "waybill": "YT700"}]}, folder / "L")
    (folder / "c1").write_bytes(note(folder / "L"))
    report = purged(folder / "L", iso(15))
    assert report.manifests is not None
    (folder / "c2").write_bytes(note(folder / "L"))
    for n in (0, 1):
        signed = [(folder / f"c{k}").read_text() for k in (n, 2)]
        (folder / f"proof{n}").write_text(prove_purge(folder / "L", report.manifests, signed).to_json())
    (folder / "unsigned").write_text(prove_purge(folder / "L", report.manifests, signed[:1]).to_json())
    put(write(folder / "3", "accesses", [read(1, "u", "YT1")]), folder / "L")
    (folder / "c3").write_bytes(note(folder / "L"))
    return folder


def keys() -> list[Any]:
    return [KEY.verify_key]


def test_a_proof_holds(made: Path) -> None:
    for n in (0, 1):
        content = (made / f"proof{n}").read_bytes()
        assert is_purge_proof(content)
        found = verify_purge(content, keys())
        assert (found.purge.before, found.purge.who, found.purge.why) == (iso(15), "keeper", "retention")
        assert (found.purge.reads, found.purge.waybills, found.purge.rows) == (603, 301, {"waybills": 300})
        assert found.earlier.size < found.later.size
        assert found.keys == (f"keeper+{KEY.verify_key.id}",)
    assert "secret" in content.decode()
    assert (made / "L/secret").read_bytes().hex() not in content.decode()


def test_it_is_checked_without_arrays_or_the_compiler(made: Path) -> None:
    code = """
import sys
from pathlib import Path
from wayseal.ledger.retention import is_purge_proof, verify_purge
from wayseal.merkle import VerifyKey
content = Path("proof0").read_bytes()
assert is_purge_proof(content)
assert verify_purge(content, [VerifyKey.parse(sys.argv[1])]).purge.reads == 603
print(*{"numpy", "pyarrow", "numba", "sqlalchemy", "cedarpy", "jinja2"} & set(sys.modules))
"""
    command = [sys.executable, "-c", code, str(KEY.verify_key)]
    assert subprocess.run(command, cwd=made, capture_output=True, text=True, check=True).stdout == "\n"


def test_the_checkpoint_after_it_may_come_later(made: Path) -> None:
    content = (made / "unsigned").read_bytes()
    assert verify_purge(content, keys(), [(made / "c2").read_bytes()]).purge.reads == 603
    for notes in ([], [(made / "c3").read_bytes()], [(made / "c1").read_bytes()]):
        with pytest.raises(MerkleError, match="--checkpoint"):
            verify_purge(content, keys(), notes)
    with pytest.raises(UnknownKeyError):
        verify_purge(content, [SigningKey(name="x", seed=bytes(32)).verify_key], [(made / "c2").read_bytes()])


def test_any_changed_byte_is_found(made: Path) -> None:
    content = (made / "proof0").read_bytes()
    lot = random.Random(2)
    for place in lot.sample(range(len(content)), 400):
        changed = bytearray(content)
        changed[place] ^= 1 << lot.randrange(8)
        with pytest.raises((MerkleError, LedgerError)):
            verify_purge(bytes(changed), keys())
    for changed_ in (b"", b"{}", b"[]", content[:-1], content + b"\n", content.replace(b'_proof": 1', b'_proof": 2')):
        with pytest.raises(MerkleError):
            verify_purge(changed_, keys())


def test_checkpoints_that_do_not_fit(made: Path, tmp_path: Path) -> None:
    put(write(tmp_path / "1", "accesses", [read(1, "u", "YT1")]), tmp_path / "M")
    foreign = note(tmp_path / "M")
    with pytest.raises(OtherOriginError):
        verify_purge((made / "unsigned").read_bytes(), keys(), [foreign])
    with pytest.raises(OtherOriginError):
        check_checkpoint(made / "L", foreign)
    assert check_checkpoint(made / "L", (made / "c0").read_bytes()).size > 0
    shutil.copytree(made / "L", tmp_path / "L")
    put(write(tmp_path / "2", "accesses", [read(2, "u", "YT1")]), tmp_path / "L")
    with pytest.raises(LedgerChangedError, match="go on"):
        check_checkpoint(made / "L", note(tmp_path / "L"))


def edited(made: Path, change: Callable[[dict[str, Any]], None], which: str = "proof0") -> bytes:
    """A proof with something changed, spelled rightly."""
    content = json.loads((made / which).read_bytes())
    change(content)
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def test_what_is_changed_with_care(made: Path) -> None:
    def later_first(c: dict[str, Any]) -> None:
        c["checkpoints"] = c["checkpoints"][::-1]

    def other_root(c: dict[str, Any]) -> None:
        c["before"]["root"] = "0" * 64

    def other_pages(c: dict[str, Any]) -> None:
        c["after"]["commits"][0]["pages"] = 1

    def other_who(c: dict[str, Any]) -> None:
        c["after"]["purges"][0]["who"] = "somebody"

    def short(c: dict[str, Any]) -> None:
        c["grown"] = c["grown"][:-1]

    def swapped(c: dict[str, Any]) -> None:
        c["leaves"] = c["leaves"][::-1]

    for change in (later_first, other_root, other_pages, other_who, short, swapped):
        with pytest.raises(LedgerChangedError, match="doesn't hold"):
            verify_purge(edited(made, change), keys())

    def half_a_hash(c: dict[str, Any]) -> None:
        c["grown"][0] = c["grown"][0][:-2]

    def two_commits(c: dict[str, Any]) -> None:
        c["after"]["commits"] *= 2

    def no_layout(c: dict[str, Any]) -> None:
        del c["after"]["wayseal_ledger"]

    for change in (half_a_hash, two_commits, no_layout):
        with pytest.raises(MerkleError):
            verify_purge(edited(made, change), keys())


def proof_of(made: Path) -> PurgeProof:
    from wayseal.ledger.retention._purge_proof import _parsed

    return _parsed((made / "proof0").read_bytes())


def test_a_purge_that_did_more_than_it_says(made: Path) -> None:
    """Each manifest is what a tampered purge would have signed into the tree: the difference shows it."""
    proof = proof_of(made)
    before, after = proof.before, proof.after
    assert _check_difference(before, after).reads == 603
    entry = after.purges[-1]
    young = next(f for f in after.files if f.kind == "accesses" and f.day is not None and f.day > entry.day)

    def other(m: Manifest, **values: Any) -> Manifest:
        return replace(m, purges=(replace(entry, **values),))

    def without(f: FileEntry) -> Manifest:
        return replace(after, files=tuple(x for x in after.files if x != f))

    actors = FileEntry(kind="table:actors", path="data/x", generation=after.generation, rows=1, bytes=1, sha256="")
    reads = FileEntry(kind="accesses", path="data/y", generation=after.generation, rows=1, bytes=1, sha256="", day=1)
    strange = {
        "no purge": replace(after, purges=()),
        "a source": replace(after, sources=after.sources[:1]),
        "a segment": without(young),
        "another file": replace(after, files=(*after.files, actors)),
        "an old file": replace(after, files=(*after.files, replace(actors, generation=1))),
        "reads": replace(after, files=(*after.files, reads)),
        "a count": other(after, reads=602),
        "rows": other(after, rows={"scans": 3}),
        "fewer waybills": other(after, rows={"waybills": 301}),
        "the day": other(after, before=iso(3)),
        "the generation": other(after, generation=1),
    }
    passed = []
    for name, manifest in strange.items():
        try:
            _check_difference(before, manifest)
        except LedgerChangedError:
            continue
        passed.append(name)
    assert passed == []


def test_a_changed_bit_in_any_file_of_a_purged_ledger_is_named(made: Path, tmp_path: Path) -> None:
    lot = random.Random(7)
    for n, name in enumerate(files(made / "L")):
        copy = changed_copy(made / "L", tmp_path / str(n), name, flipped(lot.random(), lot.randrange(8)))
        try:
            found = looked(copy, (made / "c1").read_bytes())
        except LedgerError as error:
            assert (name, error.file) == ("manifest.json", copy / name)  # noqa: PT017
        else:
            inside = [f for f in found.findings if Path(f.where).is_relative_to(copy)]
            assert name in names(inside, copy), name
            assert found.exit_code == 7
        shutil.rmtree(copy)


@pytest.mark.parametrize(
    "change", [None, lambda b: b[:-32], lambda b: bytes(32) + b[32:]], ids=["gone", "short", "other"]
)
def test_tiles_of_a_purged_ledger(made: Path, tmp_path: Path, change: Callable[[bytes], bytes] | None) -> None:
    for n, name in enumerate(name for name in files(made / "L") if name.startswith("tree")):
        copy = changed_copy(made / "L", tmp_path / str(n), name, change)
        found = looked(copy)
        assert names(found.findings, copy) == {name}


def tampered(copy: Path, kind: str, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
    """Rows of one kind changed, and everything mended that can be: the file's digest, and a commit behind it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    manifest = load_manifest(copy)
    entry = next(f for f in manifest.files if f.kind == kind)
    path = copy / entry.path
    table = pq.read_table(path)
    pq.write_table(pa.Table.from_pylist(change(table.to_pylist()), table.schema), path, store_schema=False)
    made = replace(entry, sha256=file_digest(path), bytes=path.stat().st_size)
    manifest = replace(manifest, files=tuple(made if f == entry else f for f in manifest.files))
    save_manifest(copy, append_commit(copy, manifest, [], 1, ()))


def test_tombstones_that_were_changed_with_everything_mended(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "L", tmp_path / "one")

    def other_hash(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**rows[0], "hash": bytes(32)}, *rows[1:]]

    tampered(tmp_path / "one", "tombstones", other_hash)
    assert codes(looked(tmp_path / "one", (made / "c3").read_bytes())) == {Code.PAGE}
    shutil.copytree(made / "L", tmp_path / "two")
    tampered(tmp_path / "two", "tombstones", lambda rows: rows[1:])
    assert codes(looked(tmp_path / "two")) >= {Code.PAGE, Code.TOMBSTONES}
    shutil.copytree(made / "L", tmp_path / "three")

    def further(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [*rows[:-1], {**rows[-1], "place": rows[-1]["place"] + 9000}]

    tampered(tmp_path / "three", "tombstones", further)
    assert codes(looked(tmp_path / "three")) == {Code.TOMBSTONES}


def test_gone_pages_that_were_changed_with_everything_mended(made: Path, tmp_path: Path) -> None:
    """More pages called gone than went, or others; leaves that are not theirs."""

    def with_(n: int, **values: Any) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
        return lambda rows: [{**r, **{k: v(r[k]) for k, v in values.items()}} if k_ == n else r
                             for k_, r in enumerate(rows)]  # fmt: skip

    shutil.copytree(made / "L", tmp_path / "L")
    purged(tmp_path / "L", iso(20))
    compact(tmp_path / "L")
    changes = {
        "pages": with_(0, pages=lambda n: n + 1),
        "page": with_(0, page=lambda n: n + 1),
        "reads": with_(0, reads=lambda n: n + 1),
        "hash": with_(0, hash=lambda _: bytes(32)),
        "far": with_(0, page=lambda n: n + 500),
        "none": lambda _rows: [],
    }
    for name, change in changes.items():
        shutil.copytree(tmp_path / "L", tmp_path / name)
        tampered(tmp_path / name, "gone", change)
        assert looked(tmp_path / name).findings, name


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A purged ledger of more leaves than a tile has, nearly all of pages that are gone."""
    folder = tmp_path_factory.mktemp("long")
    old = [{"at": day(n / 10000), "actor": "u", "waybill": f"YT{n}"} for n in range(70_000)]
    ingested(folder, "1", {"accesses": old}, folder / "L", parts=1)
    ingested(folder, "2", {"accesses": [{"at": day(40), "actor": "u", "waybill": "YT1"}]}, folder / "L")
    ingested(folder, "3", {"accesses": [{"at": day(41), "actor": "u", "waybill": "ZT1"}]}, folder / "L")
    purged(folder / "L", iso(20))
    return folder / "L"


def test_tiles_of_gone_pages_are_named_one_by_one(long: Path, tmp_path: Path) -> None:
    """A stretch of gone pages lies in two tiles: what the level above says tells which of them was changed."""
    assert looked(long).findings == ()
    tiles = [name for name in files(long) if name.startswith("tree")]
    assert any(name.startswith("tree/0/000") for name in tiles)

    def other(content: bytes) -> bytes:
        at = min(64, len(content) - 32)
        return content[:at] + bytes(32) + content[at + 32 :]

    for n, name in enumerate(tiles):
        copy = changed_copy(long, tmp_path / str(n), name, other)
        inside = {Path(f.where).relative_to(copy).as_posix() for f in looked(copy).findings}
        assert name in inside
        assert inside - {name} <= {"manifest.json"}
    copy = changed_copy(long, tmp_path / "two", "tree/0/000", other)
    above = next(name for name in tiles if name.startswith("tree/1"))
    (copy / above).unlink()
    assert {"tree/0/000", above} <= names(looked(copy).findings, copy)


def test_a_manifest_whose_purges_are_damaged(made: Path, tmp_path: Path) -> None:
    def changed(**values: Any) -> Callable[[bytes], bytes]:
        def change(content: bytes) -> bytes:
            manifest = json.loads(content)
            manifest["purges"][0] |= values
            return json.dumps(manifest).encode()

        return change

    wrong: tuple[dict[str, Any], ...] = (
        {"below_minimum": 1},
        {"rows": {"scans": "3"}},
        {"before": "20250116"},
        {"who": 3},
        {"reads": -1},
    )
    more: tuple[dict[str, Any], ...] = ({"segments": [{}]}, {"before": "soon"})
    for n, values in enumerate((*wrong, *more)):
        copy = changed_copy(made / "L", tmp_path / str(n), "manifest.json", changed(**values))
        with pytest.raises(LedgerError, match="damaged"):
            load_manifest(copy)


def test_a_proof_with_another_spelling_of_a_manifest(made: Path) -> None:
    def unsealed(c: dict[str, Any]) -> None:
        c["before"]["id"] = ""

    def more(c: dict[str, Any]) -> None:
        c["before"]["more"] = 1

    def older(c: dict[str, Any]) -> None:
        c["before"]["wayseal_ledger"] = 1

    for change in (unsealed, more, older):
        with pytest.raises(MerkleError, match="no proof"):
            verify_purge(edited(made, change), keys())
