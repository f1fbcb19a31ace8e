"""Proofs of single reads: they hold without the ledger, and nothing that was changed in them holds."""

import base64
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ledger.helpers import load_manifest, put, read, save_manifest, write
from tests.ledger.sealed import KEY, files, looked, make, note
from tests.ledger.test_integrity import rewritten, segment
from wayseal.ledger import integrity, open_ledger
from wayseal.ledger.errors import LedgerChangedError, NoSuchReadError
from wayseal.merkle import Checkpoint, MerkleError, SigningKey
from wayseal.merkle.errors import OtherOriginError, UnknownKeyError
from wayseal.proofs import ProvenRead
from wayseal.proofs.errors import ProofError
from wayseal.proofs.reads import verify_read


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    for n, content in enumerate(make(folder)):
        (folder / f"note{n}").write_bytes(content)
    return folder


def proof(whole: Path, access: str, waybill: str | None = None, which: int = 1) -> dict[str, Any]:
    made = integrity.prove(whole / "L", access, waybill, (whole / f"note{which}").read_bytes())
    found: dict[str, Any] = json.loads(made.to_json())
    return found


def holds(content: dict[str, Any]) -> ProvenRead:
    return verify_read(json.dumps(content).encode(), [KEY.verify_key])


@pytest.mark.parametrize(
    ("access", "waybill", "wanted"),
    [
        ("a899", "YT199", {"waybill": "YT199", "actor": "u-4", "session": "s89", "via": "if-1", "action": None}),
        ("a699", "YT299", {"actor": "u-6", "ip": "10.0.0.1", "action": "view", "fields": "phone\x1fname"}),
        ("a14", "x-14 q", {"waybill": "X-14Q", "actor": "u-4", "session": "s14"}),
        ("a18", "X-18Q", {"waybill": "X18Q", "actor": "u-4"}),
    ],
)
def test_a_proof_holds_without_the_ledger(whole: Path, access: str, waybill: str, wanted: dict[str, Any]) -> None:
    from wayseal.model import clean_waybill

    found = holds(proof(whole, access, waybill))
    shown = dict(found.read)
    assert shown["access"] == access
    for name, value in wanted.items():
        assert shown[name] == (clean_waybill(str(value)) if name == "waybill" else value)
    assert found.keys == (f"keeper+{KEY.verify_key.id}",)
    assert found.checkpoint.origin == load_manifest(whole / "L").origin


@pytest.mark.parametrize("waybill", ["YT199", "X18Q", "YT3"])
def test_a_read_is_named_by_its_source_and_row_too(whole: Path, waybill: str) -> None:
    """With an `access` id and without, in every commit that has it."""
    with open_ledger(whole / "L") as snapshot:
        found = snapshot.reads(snapshot.keys([waybill])).select(["source", "row", "access"]).to_pylist()
    assert found
    for row in found:
        place = (row["source"], row["row"])
        for number in (None, waybill):
            made = integrity.prove(whole / "L", None, number, (whole / "note1").read_bytes(), place=place)
            shown = holds(json.loads(made.to_json())).read
            assert (shown["waybill"], shown["source"], shown["row"]) == (waybill, *place)
            assert int(str(shown.get("access_key", "0")), 16) == (row["access"] or 0)
    with pytest.raises(NoSuchReadError, match="no such read"):
        integrity.prove(whole / "L", None, None, (whole / "note1").read_bytes(), place=(0, 99_999))


def test_a_proof_tells_nothing_of_other_reads(whole: Path) -> None:
    text = json.dumps(proof(whole, "a899", "YT199"))
    assert '"a898"' not in text, "in quotes: four such digits stand in a hash now and then"
    manifest = load_manifest(whole / "L")
    secret = (whole / "L/secret").read_bytes()
    assert secret.hex() not in text
    assert base64.b64encode(secret).decode() not in text
    assert manifest.secret not in text


def test_an_id_that_nobody_or_several_have(whole: Path) -> None:
    with pytest.raises(NoSuchReadError, match="no read"):
        proof(whole, "b1")
    with pytest.raises(NoSuchReadError, match="no read"):
        proof(whole, "a899", "YT1")
    with pytest.raises(NoSuchReadError, match="no read"):
        proof(whole, "", None)
    with pytest.raises(NoSuchReadError, match="several") as caught:
        proof(whole, "a450")
    assert caught.value.exit_code == 3
    assert holds(proof(whole, "a899")).read["waybill"] == "YT199"


def test_checkpoints_that_do_not_fit(whole: Path, tmp_path: Path) -> None:
    early = KEY.sign(Checkpoint(origin=load_manifest(whole / "L").origin, size=1, root=bytes(32)).to_text())
    with pytest.raises(LedgerChangedError, match="go on"):
        integrity.prove(whole / "L", "a899", None, early.encode())
    put(write(tmp_path / "1", "accesses", [read(1, "u", "YT1", access="z1")]), tmp_path / "L")
    with pytest.raises(OtherOriginError) as caught:
        integrity.prove(whole / "L", "a899", None, note(tmp_path / "L"))
    assert caught.value.exit_code == 8
    before = note(tmp_path / "L")
    put(write(tmp_path / "2", "accesses", [read(2, "u", "YT2", access="z2")]), tmp_path / "L")
    assert integrity.prove(tmp_path / "L", "z1", None, before)
    with pytest.raises(LedgerChangedError, match="after the checkpoint"):
        integrity.prove(tmp_path / "L", "z2", None, before)
    with pytest.raises(MerkleError):
        integrity.prove(tmp_path / "L", "z2", None, b"nothing")


def test_a_read_that_was_changed_is_not_proven(whole: Path, tmp_path: Path) -> None:
    copy = tmp_path / "L"
    shutil.copytree(whole / "L", copy)
    manifest = load_manifest(copy)
    save_manifest(copy, rewritten(copy, manifest, segment(manifest)))
    with pytest.raises(LedgerChangedError, match="wayseal ledger verify"):
        integrity.prove(copy, "a10", "YT10", (whole / "note1").read_bytes())


def test_a_read_that_was_moved_is_not_proven(whole: Path, tmp_path: Path) -> None:
    """Its key says that it lies elsewhere in the file."""
    copy = tmp_path / "L"
    shutil.copytree(whole / "L", copy)
    manifest = load_manifest(copy)
    save_manifest(copy, rewritten(copy, manifest, segment(manifest), column="waybill", value=(1 << 64) - 2))
    with pytest.raises(LedgerChangedError, match="where its key says"):
        integrity.prove(copy, "a10", None, (whole / "note1").read_bytes())


def test_keys_that_did_not_sign(whole: Path) -> None:
    content = json.dumps(proof(whole, "a899")).encode()
    other = SigningKey(name="other", seed=bytes(32))
    with pytest.raises(UnknownKeyError):
        verify_read(content, [other.verify_key])


def leaves_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [p for k, v in value.items() for p in leaves_of(v, (*path, k))]
    if isinstance(value, list):
        return [p for k, v in enumerate(value) for p in leaves_of(v, (*path, k))]
    return [path]


def other_value(value: Any) -> list[Any]:
    """Values near another one, of its type and of none that fits."""
    if isinstance(value, int):
        return [value + 1, -1, str(value), None, True, 1 << 40]
    if value is None:
        return ["view", 1, ""]
    changed = value[:-1] + ("0" if value[-1:] != "0" else "1")
    return [changed, value[1:], "", None, 1, [value]]


@pytest.mark.parametrize(("access", "waybill"), [("a899", "YT199"), ("a699", "YT299"), ("a18", "X-18Q")])
def test_whatever_is_changed_in_a_proof_is_found(whole: Path, access: str, waybill: str) -> None:
    right = proof(whole, access, waybill)
    assert holds(right)
    for path in leaves_of(right):
        value: Any = right
        for step in path:
            value = value[step]
        for wrong in other_value(value):
            made = json.loads(json.dumps(right))
            at = made
            for step in path[:-1]:
                at = at[step]
            at[path[-1]] = wrong
            try:
                holds(made)
            except (MerkleError, ProofError) as error:
                assert error.exit_code in (3, 7, 9), path  # noqa: PT017
            else:
                pytest.fail(f"{path}: {value!r} → {wrong!r}")
    for name in right["read"]:
        made = json.loads(json.dumps(right))
        del made["read"][name]
        with pytest.raises((MerkleError, ProofError)):
            holds(made)
    with pytest.raises(ProofError):
        holds({**right, "others": "AB=="})
    for name, value in (("device", "d"), ("stranger", "x"), ("access_key", "0" * 16)):
        made = json.loads(json.dumps(right))
        made["read"][name] = value
        with pytest.raises((MerkleError, ProofError)):
            holds(made)


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_bytes_are_no_proof(content: bytes) -> None:
    with pytest.raises(ProofError):
        verify_read(content, [KEY.verify_key])


plain_values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
json_values = st.one_of(
    plain_values,
    st.lists(plain_values | st.lists(plain_values), max_size=4),
    st.dictionaries(st.text(max_size=8), plain_values | st.lists(plain_values), max_size=4),
)


@given(st.data())
def test_any_json_is_no_proof(choose: st.DataObject) -> None:
    content = {
        "wayseal_proof": 1, "read": {"waybill": "YT1", "at": "2026-03-01T00:00:00.000000Z", "source": 0, "row": 1,
        "action": None, "actor": "u"}, "salt": "00" * 16, "page": {"generation": 1, "part": 0, "page": 0, "place": 0},
        "others": "", "leaf": 0, "path": [], "checkpoint": note_of_nothing(),
    }  # fmt: skip
    key = choose.draw(st.sampled_from(sorted(content)))
    content[key] = choose.draw(json_values)
    with pytest.raises((MerkleError, ProofError)):
        holds(content)


def test_a_proof_without_a_part_is_none(whole: Path) -> None:
    """Rule 2: the version, too, which is the one that is read where it is left out elsewhere."""
    made = proof(whole, "a899", "YT199")
    assert holds(made)
    for key in made:
        with pytest.raises(ProofError, match="no proof"):
            holds({name: value for name, value in made.items() if name != key})


def note_of_nothing() -> str:
    return KEY.sign(Checkpoint(origin="wayseal/0", size=1, root=bytes(32)).to_text())


def test_a_tile_that_cannot_be_read(whole: Path, tmp_path: Path) -> None:
    copy = tmp_path / "L"
    shutil.copytree(whole / "L", copy)
    name = next(n for n in files(copy) if n.startswith("tree/0"))
    (copy / name).unlink()
    (copy / name).mkdir()
    assert [Path(f.where) for f in looked(copy).findings] == [copy / name]


def test_what_a_report_quotes(whole: Path) -> None:
    from wayseal.ledger.integrity import check_history

    manifest = load_manifest(whole / "L")
    points = [Checkpoint.claimed((whole / f"note{n}").read_bytes()) for n in range(2)]
    early, late = (check_history(whole / "L", manifest, p) for p in points)
    assert (early.code, early.digest, late.digest) == (None, manifest.commits[2].digest, manifest.commits[-1].digest)
    assert early.proof
    assert not late.proof
    for point, code in (
        (replace(points[0], origin="x"), integrity.Code.CHECKPOINT_ORIGIN),
        (replace(points[0], size=manifest.size + 1), integrity.Code.CHECKPOINT_AHEAD),
        (replace(points[0], root=bytes(32)), integrity.Code.CHECKPOINT_HISTORY),
    ):
        assert check_history(whole / "L", manifest, point).code is code


def test_many_proofs_are_those_of_each(whole: Path) -> None:
    note = (whole / "note1").read_bytes()
    with open_ledger(whole / "L") as snapshot:
        numbers = snapshot.keys(["X18Q", *(f"YT{n}" for n in range(40))])
        rows = snapshot.reads(numbers)
        waybills = snapshot.names("waybill", rows["waybill"].to_numpy())
        places = list(zip(waybills, rows["source"].to_pylist(), rows["row"].to_pylist(), strict=True))
    assert places
    made = {(p.read["source"], p.read["row"]): p.to_json() for p in integrity.prove_many(whole / "L", places, note)}
    assert made == {
        (source, row): integrity.prove(whole / "L", None, waybill, note, place=(source, row)).to_json()
        for waybill, source, row in places
    }
    assert list(integrity.prove_many(whole / "L", [], note)) == []
    with pytest.raises(NoSuchReadError):
        list(integrity.prove_many(whole / "L", [(places[0][0], 0, 99_999)], note))
