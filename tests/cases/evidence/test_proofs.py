"""Proofs in a pack: each holds with the public key, leads to the pack's checkpoint, and is of a read that it lists."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.cases.evidence.packs import AT, head, item, written
from tests.ledger.helpers import put, read, write
from tests.tables import each
from wayseal.cases.evidence import _verify, make_pack, take_in, verify_pack
from wayseal.cases.evidence.findings import PackVerification
from wayseal.cases.evidence.types import Role
from wayseal.ledger import open_ledger
from wayseal.ledger.integrity import prove
from wayseal.merkle import SigningKey

KEY, OTHER = (SigningKey(name=name, seed=bytes([n]) * 32) for n, name in enumerate(("keeper", "other")))
Made = dict[str, Any]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A proof under an earlier checkpoint, the read as a pack lists it, and both checkpoints."""
    folder = tmp_path_factory.mktemp("proofs")
    put(write(folder / "1", "accesses", [read(n, f"u-{n % 5}", f"YT{n}") for n in range(40)]), folder / "L")
    notes = [_signed(folder)]
    put(write(folder / "2", "accesses", [read(99, "u-1", "YT900")]), folder / "L")
    notes.append(_signed(folder))
    proof = prove(folder / "L", None, "YT7", notes[0], place=(0, 8))
    columns = ("at", "waybill", "actor", "source", "row", "action")
    listed = {"read": "0:8", **{name: proof.read[name] for name in columns}, "session": None}
    return {"proof": proof.to_json().encode(), "listed": listed, "notes": notes}


def _signed(folder: Path) -> bytes:
    with open_ledger(folder / "L") as snapshot:
        return KEY.sign(snapshot.checkpoint.to_text()).encode()


def found_in(made: Made, **more: bytes) -> PackVerification:
    """What is found in a pack with this proof, with other files than the right ones."""
    files = {
        "proofs/p.json": (Role.PROOF, more.get("proof", made["proof"])),
        "reads.jsonl": (Role.READS, more.get("reads", json.dumps(made["listed"]).encode())),
        "note.txt": (Role.CHECKPOINT, more.get("note", made["notes"][0])),
        "key.pub": (Role.KEY, more.get("key", str(KEY.verify_key).encode())),
    }
    items = [replace(item(f"data/{path}", content), role=role) for path, (role, content) in files.items()]
    pack = make_pack(head(), [take_in(one, AT) for one in items])
    return verify_pack(io.BytesIO(written(pack)[0]))


def test_a_proof_that_holds_is_counted(made: Made) -> None:
    found = found_in(made)
    assert (found.findings, found.proofs, found.own_key) == ((), 1, True)
    assert found.keys[0].startswith("keeper+")
    assert found_in(made, note=b"no checkpoint").proofs == 1


@each(
    ("name", "content", "code"),
    [
        ("proof", b"{}", "proof"),
        ("reads", b"", "proof-read"),
        ("reads", b"no JSON\n[]\n{}", "proof-read"),
        ("key", b"no key", "checkpoint-key"),
        ("key", b"\xff", "checkpoint-key"),
        ("key", str(OTHER.verify_key).encode(), "checkpoint-key"),
    ],
)
def test_what_is_wrong_with_a_proof(made: Made, name: str, content: bytes, code: str) -> None:
    found = found_in(made, **{name: content})
    assert [(f.code.value, f.where) for f in found.findings] == [(code, "data/proofs/p.json")]
    assert found.proofs == 0


@each(
    ("name", "value"),
    [
        ("actor", "u-9"), ("waybill", "YT8"), ("at", "2026-03-01T00:00:00Z"), ("at", "soon"), ("read", "0:9"),
        ("action", "export"), ("session", "s-1"), ("row", 9),
    ],
)  # fmt: skip
def test_a_read_that_is_listed_otherwise(made: Made, name: str, value: str) -> None:
    other, own = (json.dumps(one).encode() + b"\n" for one in ({**made["listed"], name: value}, made["listed"]))
    assert [f.code.value for f in found_in(made, reads=other).findings] == ["proof-read"]
    twice = [] if name == "read" else ["proof-read"]
    assert [f.code.value for f in found_in(made, reads=other + own).findings] == twice


def test_a_long_list_of_reads_is_read_to_its_end(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_verify, "MOST_RECORD", 20_000)
    odd = b"[" * 5000 + b"\n" + b"x" * (2 << 20) + b"\n"
    found = found_in(made, reads=odd + json.dumps(made["listed"]).encode())
    assert (found.findings, found.proofs) == ((), 1)


def test_another_checkpoint_than_the_packs(made: Made) -> None:
    assert [f.code.value for f in found_in(made, note=made["notes"][1]).findings] == ["proof-point"]


def test_a_proof_that_was_changed(made: Made) -> None:
    altered = made["proof"].replace(b'"u-2"', b'"u-3"')
    assert altered != made["proof"]
    assert [f.code.value for f in found_in(made, proof=altered).findings] == ["proof"]
