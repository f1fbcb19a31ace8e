"""Rules of `proofs`: they hold with a public key and nothing else, and in one form only."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tables import each
from tests.vault.log.helpers import KEY, KINDS, MARKS, ORIGIN, START, database, entry, filled, signed
from wayseal.database import Connection, Database
from wayseal.merkle import Checkpoint, MerkleError, SigningKey
from wayseal.merkle.errors import OtherOriginError, UnknownKeyError
from wayseal.merkle.hashing import leaf_hash
from wayseal.model.errors import WaysealError
from wayseal.proofs import EntryProof, GrowthProof, verify
from wayseal.proofs.entries import spell_entry, verify_entry
from wayseal.proofs.errors import ProofError, ProofFailsError
from wayseal.proofs.growth import verify_growth
from wayseal.vault import tables as t
from wayseal.vault.errors import LogChangedError, VaultError
from wayseal.vault.log import EntryKind, erase_entries
from wayseal.vault.log.entries import decode
from wayseal.vault.log.proofs import prove, prove_growth

KEYS = [KEY.verify_key]


@pytest.fixture(scope="module", params=KINDS)
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with database(request.param, tmp_path_factory.mktemp("log")) as made:
        filled(made, 700)
        made.write(erase_entries, MARKS, [12], entry(2, EntryKind.ADMIN))
        yield made


@pytest.fixture(scope="module")
def note(log: Database) -> bytes:
    return signed(log)


def test_entries_are_proved_with_a_public_key(log: Database, note: bytes) -> None:
    for seq in (0, 255, 256, 511, 699):
        proof = log.read(prove, MARKS, seq, note)
        shown = proof.to_json().encode()
        assert EntryProof.from_json(shown) == proof
        proven = verify_entry(shown, KEYS)
        assert (decode(spell_entry(proven.entry)), proven.index, proven.checkpoint.size) == (entry(seq), seq, 701)
        assert proven.keys == (f"{KEY.name}+{KEY.verify_key.id}",)


def test_no_byte_of_a_proof_can_be_another_one(log: Database, note: bytes) -> None:
    proof = log.read(prove, MARKS, 300, note)
    shown, same = proof.to_json().encode(), verify_entry(proof.to_json().encode(), KEYS)
    for place in range(0, len(shown), 1 if log.dialect == "sqlite" else 40):
        changed = shown[:place] + bytes([shown[place] ^ 1]) + shown[place + 1 :]
        try:
            found = verify_entry(changed, KEYS)
        except WaysealError:
            continue
        assert found == same, "only how the file is laid out may differ"
        assert json.loads(changed) == json.loads(shown)


WRONG: list[dict[str, Any]] = [
    {"index": -1}, {"index": True}, {"index": "3"}, {"salt": ""}, {"salt": "AB" * 32}, {"salt": 7}, {"path": ["00"]},
    {"path": [7]}, {"path": "00"}, {"entry": []}, {"entry": "{}"}, {"entry": {"a": float("inf")}}, {"more": 1},
    {"wayseal_disclosure_proof": 2}, {"wayseal_disclosure_proof": True}, {"wayseal_disclosure_proof": None},
    {"entry": {"a": "\ud800"}}, {"checkpoint": None}, {"checkpoint": "nothing"},
]  # fmt: skip


@each("change", WRONG)
def test_case_table_of_what_is_no_proof(log: Database, note: bytes, change: dict[str, Any]) -> None:
    shown = {**json.loads(log.read(prove, MARKS, 3, note).to_json()), **change}
    with pytest.raises((ProofError, MerkleError)):
        verify_entry(json.dumps(shown).encode(), KEYS)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"7", b"\xff", b"[" * 100_000])
def test_what_is_no_proof_at_all(content: bytes) -> None:
    for check in (verify_entry, verify_growth, verify):
        with pytest.raises(ProofError):
            check(content, KEYS)


@pytest.mark.parametrize("change", [{"index": 4}, {"salt": "00" * 32}, {"path": []}, {"entry": {"a": 1}}])
def test_a_proof_of_something_else_fails(log: Database, note: bytes, change: dict[str, Any]) -> None:
    shown = {**json.loads(log.read(prove, MARKS, 3, note).to_json()), **change}
    with pytest.raises(ProofFailsError, match="doesn't hold"):
        verify_entry(json.dumps(shown).encode(), KEYS)


def test_a_leaf_that_is_no_entry_proves_nothing() -> None:
    root = leaf_hash(bytes(32) + b'{"a":1}')
    made = KEY.sign(Checkpoint(origin=ORIGIN, size=1, root=root).to_text())
    proof = EntryProof(content=b'{"a":1}', salt=bytes(32), index=0, path=(), note=made)
    with pytest.raises(ProofFailsError, match="no entry"):
        verify_entry(proof.to_json().encode(), KEYS)


def test_others_signatures_prove_nothing(log: Database, note: bytes) -> None:
    shown = log.read(prove, MARKS, 3, note).to_json().encode()
    with pytest.raises(UnknownKeyError):
        verify_entry(shown, [SigningKey(name="other", seed=bytes(32)).verify_key])


@pytest.mark.parametrize(
    ("seq", "words"), [(-1, "no entry"), (1 << 40, "no entry"), (12, "erased")]
)  # fmt: skip
def test_what_can_not_be_proved(log: Database, note: bytes, seq: int, words: str) -> None:
    with pytest.raises(VaultError, match=words):
        log.read(prove, MARKS, seq, note)


@pytest.mark.parametrize("kind", KINDS)
def test_growth_and_what_came_later(kind: str, tmp_path: Path) -> None:
    with database(kind, tmp_path) as made:
        notes = [signed(made)]
        for count in (100, 156, 200):
            filled(made, count, first=count)
            notes.append(signed(made, START + count))
        for old, new in ((1, 2), (2, 3), (3, 3)):
            proof = made.read(prove_growth, notes[old], notes[new])
            shown = proof.to_json().encode()
            assert GrowthProof.from_json(shown) == proof
            grown = verify_growth(shown, KEYS)
            assert [grown.old.size, grown.new.size] == [[0, 100, 256, 456][n] for n in (old, new)]
        with pytest.raises(VaultError, match="newer"):
            made.read(prove_growth, notes[2], notes[1])
        with pytest.raises(VaultError, match="empty log"):
            made.read(prove_growth, notes[0], notes[1])
        from_nothing = GrowthProof(old=notes[0].decode(), new=notes[1].decode(), path=())
        with pytest.raises(ProofFailsError, match="doesn't hold"):
            verify_growth(from_nothing.to_json().encode(), KEYS)
        with pytest.raises(VaultError, match="after the checkpoint"):
            made.read(prove, MARKS, 300, notes[1])
        swapped = {**json.loads(made.read(prove_growth, notes[1], notes[2]).to_json()), "old": notes[2].decode()}
        with pytest.raises(ProofFailsError, match="doesn't hold"):
            verify_growth(json.dumps(swapped).encode(), KEYS)
        _of_another_log(made, notes)


def _of_another_log(made: Database, notes: list[bytes]) -> None:
    old = Checkpoint.claimed(notes[1])
    other = KEY.sign(Checkpoint(origin="other", size=old.size, root=old.root).to_text())
    with pytest.raises(OtherOriginError):
        made.read(prove_growth, other.encode(), notes[2])
    shown = {**json.loads(made.read(prove_growth, notes[1], notes[2]).to_json()), "old": other}
    with pytest.raises(OtherOriginError):
        verify_growth(json.dumps(shown).encode(), KEYS)
    wrong = KEY.sign(Checkpoint(origin=ORIGIN, size=3, root=bytes(32)).to_text())
    with pytest.raises(LogChangedError, match="checkpoint says"):
        made.read(prove, MARKS, 0, wrong.encode())


def test_nothing_is_proved_of_what_was_changed(tmp_path: Path) -> None:
    with database("sqlite", tmp_path) as made:
        filled(made, 300)
        note = signed(made)
        made.write(lambda c: c.execute(t.entries.update().where(t.entries.c.seq == 5).values(entry=b"{}")))
        with pytest.raises(LogChangedError, match="this entry isn't what was written"):
            made.read(prove, MARKS, 5, note)
        odd = MARKS.marked(t.entries, {"seq": 7, "salt": b"", "entry": b"x", "leaf": leaf_hash(b"x")})
        made.write(lambda c: c.execute(t.entries.update().where(t.entries.c.seq == 7).values(odd)))
        with pytest.raises(LogChangedError, match="this entry isn't what was written"):
            made.read(prove, MARKS, 7, note)
        made.write(_copied)
        with pytest.raises(LogChangedError, match="tree says"):
            made.read(prove, MARKS, 9, note)
        made.write(lambda c: c.execute(t.entries.update().where(t.entries.c.seq == 11).values(mark=bytes(18))))
        with pytest.raises(LogChangedError, match="this entry isn't what was written"):
            made.read(prove, MARKS, 11, note)


def _copied(connection: Connection) -> None:
    rows = connection.execute(t.entries.select().where(t.entries.c.seq == 8)).one()
    values = MARKS.marked(t.entries, {"seq": 9, "leaf": rows.leaf, "salt": rows.salt, "entry": rows.entry})
    connection.execute(t.entries.update().where(t.entries.c.seq == 9).values(values))
