"""A report's proof holds for its letter, its day and its hotline, and for no other."""

import json
import sys
from collections.abc import Mapping
from contextvars import Context
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.proofs.real import LETTERS, changed, independent, reports
from tests.tables import each
from tests.vault.log.helpers import KEY
from wayseal.cli.proofs import describe_proven
from wayseal.merkle import Checkpoint, MerkleError, SigningKey
from wayseal.merkle.bulk import stacked
from wayseal.merkle.errors import UnknownKeyError
from wayseal.merkle.tiles import Tree
from wayseal.model.errors import WaysealError
from wayseal.proofs import verify
from wayseal.proofs.entries import EntryProof, spell_entry, verify_entry
from wayseal.proofs.errors import ProofError, ProofFailsError
from wayseal.proofs.reports import (
    DECOY,
    KINDS,
    ProvenReport,
    ReportProof,
    checkpoint_of,
    leaf_of,
    make_entry,
    verify_report,
)

DAY = "2026-12-01"
OTHER = SigningKey(name=KEY.name, seed=bytes(32))
SALT = bytes(32)
PROOFS = reports()


def check(proof: ReportProof) -> ProvenReport:
    found = verify(proof.to_json().encode(), [KEY.verify_key])
    assert isinstance(found, ProvenReport)
    return found


def alone(entry: Mapping[str, Any], *, letter: bytes | None = None, unit: str = "x", **point: Any) -> ReportProof:
    """The proof of an entry in a log of one, signed as it stands. point: parts of the checkpoint that are others."""
    made = checkpoint_of(unit, str(entry.get("day")), 1, leaf_of(entry, SALT))
    note = KEY.sign(replace(made, **point).to_text())
    return ReportProof(content=spell_entry(entry), salt=SALT, index=0, path=(), note=note, letter=letter)


def test_every_letter_has_a_proof() -> None:
    assert [letter["kind"] for letter in LETTERS] == list(KINDS)
    for n, (proof, letter) in enumerate(zip(PROOFS, LETTERS, strict=True)):
        proven = check(proof)
        assert proven.entry == make_entry(letter["kind"], DAY, sha256(spell_entry(letter)).digest())
        assert proven.letter == (letter if n else None)
        assert (proven.index, proven.checkpoint.origin, proven.checkpoint.size) == (5 + n, "wayseal hotline 某快递", 12)
        assert check(replace(proof, letter=spell_entry(letter))).letter == letter
        assert check(replace(proof, letter=None)).letter is None
        assert ReportProof.from_json(proof.to_json().encode()) == proof


def test_whatever_is_changed_is_refused() -> None:
    wrong = [content for proof in PROOFS for content in changed(json.loads(proof.to_json()))]
    assert len(wrong) > 600
    for content in wrong:
        with pytest.raises(WaysealError) as refused:
            verify(content, [KEY.verify_key])
        assert refused.value.exit_code in (3, 7, 9)


def test_letters_of_others() -> None:
    for n, proof in enumerate(PROOFS):
        for other, letter in enumerate(LETTERS):
            if other != n:
                with pytest.raises(ProofFailsError, match="the letter that came along"):
                    check(replace(proof, letter=spell_entry(letter)))


def test_places_salts_and_entries_of_others() -> None:
    for one in PROOFS:
        for other in PROOFS:
            for part in ("content", "salt", "index", "path"):
                taken = replace(one, letter=None, **{part: getattr(other, part)})
                if getattr(one, part) != getattr(other, part):
                    with pytest.raises(ProofFailsError, match="not what stands in the log"):
                        check(taken)


@given(st.sampled_from(PROOFS), st.data())
def test_paths_that_are_cut_longer_or_in_another_order(proof: ReportProof, data: st.DataObject) -> None:
    hashes = st.sampled_from([*proof.path, bytes(32), leaf_of(json.loads(proof.content), proof.salt)])
    path = tuple(data.draw(st.lists(hashes, max_size=6)))
    with_path = replace(proof, path=path)
    if path == proof.path:
        check(with_path)
        return
    with pytest.raises(ProofFailsError):
        check(with_path)


def test_other_keys() -> None:
    content = PROOFS[1].to_json().encode()
    with pytest.raises(UnknownKeyError):
        verify(content, [OTHER.verify_key])
    with pytest.raises(MerkleError):
        check(replace(PROOFS[1], note=PROOFS[1].note.replace("12-01", "12-02")))
    (forged,) = (proof for proof in reports(key=OTHER) if proof.index == PROOFS[1].index)
    with pytest.raises(UnknownKeyError):
        check(forged)


def test_checkpoints_of_another_day() -> None:
    """The same entries under what was signed of the next day, and the other way round."""
    for one, other in zip(PROOFS, reports("2026-12-02"), strict=True):
        for content, note in ((one, other), (other, one)):
            with pytest.raises(ProofFailsError):
                check(replace(content, note=note.note))


ENTRY = make_entry("report", DAY, sha256(b"{}").digest())
POINTS: tuple[dict[str, Any], ...] = (
    {"more": ("day 2026-12-02",)},
    {"more": ()},
    {"more": (f"day {DAY}", "day 2026-12-02")},
    {"more": (f"at {DAY}",)},
    {"origin": "vault.example"},
    {"origin": "wayseal hotlin"},
)


@each("point", POINTS)
def test_checkpoints_that_a_hotline_doesnt_sign(point: dict[str, Any]) -> None:
    with pytest.raises(ProofFailsError, match="not a hotline's of the entry's day"):
        check(alone(ENTRY, **point))


ENTRIES: tuple[dict[str, Any], ...] = (
    make_entry(DECOY, DAY, bytes(32)),
    {**ENTRY, "v": 2},
    {**ENTRY, "v": True},
    {**ENTRY, "kind": "proof"},
    {**ENTRY, "kind": None},
    {**ENTRY, "kind": ["report"]},
    {**ENTRY, "digest": "00" * 31},
    {**ENTRY, "digest": "AA" * 32},
    {**ENTRY, "day": 20261201},
    {**ENTRY, "day": "20261201"},
    {**ENTRY, "day": "2026-W49-2"},
    {**ENTRY, "day": "2026-02-29"},
    {**ENTRY, "day": "0000-01-01"},
    {**ENTRY, "day": "2026-12-01T09:12"},
    {**ENTRY, "at": 1},
    {name: value for name, value in ENTRY.items() if name != "digest"},
    {},
)


@each("entry", ENTRIES)
def test_what_is_no_entry_of_a_letter(entry: dict[str, Any]) -> None:
    check(alone(ENTRY))
    with pytest.raises(ProofFailsError, match="no entry of a hotline's log"):
        check(alone(entry))


NO_REPORTS = (b"", b"{", b"[]", b"null", b"{}", b'{"kind":"message"}', b'{"kind":"report","kind":"report"}', b"\xff")


@each("letter", NO_REPORTS)
def test_letters_that_are_none_of_that_kind(letter: bytes) -> None:
    right = b'{"kind":"report"}'
    check(alone(make_entry("report", DAY, sha256(right).digest()), letter=right))
    with pytest.raises(ProofFailsError, match="the letter that came along"):
        check(alone(make_entry("report", DAY, sha256(letter).digest()), letter=letter))


@pytest.mark.needs("node")
def test_a_strangers_verifier_refuses_what_a_strange_signer_could_sign(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(str(KEY.verify_key))
    letters = [(make_entry("report", DAY, sha256(letter).digest()), letter) for letter in NO_REPORTS]
    wrong = [alone(ENTRY, **point) for point in POINTS] + [alone(entry) for entry in ENTRIES]
    wrong += [alone(entry, letter=letter) for entry, letter in letters]
    wrong += [replace(PROOFS[1], letter=spell_entry({**LETTERS[1], "text": "x"}))]
    said = independent(tmp_path, "key", [proof.to_json().encode() for proof in (*wrong, *PROOFS, alone(ENTRY))])
    assert [line for line in said[: len(wrong)] if not line.startswith("refused: ")] == []
    assert [line.split(",")[0] for line in said[len(wrong) :]] == [f"holds: report of {DAY}"] * (len(PROOFS) + 1)


def test_proofs_of_two_kinds_arent_taken_for_each_other() -> None:
    """An entry of a hotline is none of a vault, whatever the file says that it is."""
    proof = alone(ENTRY)
    entry = EntryProof(content=proof.content, salt=SALT, index=0, path=(), note=proof.note)
    with pytest.raises(ProofFailsError, match="no entry of the disclosure log"):
        verify(entry.to_json().encode(), [KEY.verify_key])
    with pytest.raises(ProofError):
        verify_entry(proof.to_json().encode(), [KEY.verify_key])
    with pytest.raises(ProofError):
        verify_report(entry.to_json().encode(), [KEY.verify_key])


def test_the_longest_letter_fits() -> None:
    letter = spell_entry({"kind": "report", "text": "\U0002000b" * 250_000})
    made = alone(make_entry("report", DAY, sha256(letter).digest()), letter=letter)
    assert check(made).letter == json.loads(letter)


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40), st.data())
def test_any_leaf_of_any_day_is_proven_at_its_place_alone(digests: list[bytes], data: st.DataObject) -> None:
    entries = [make_entry(data.draw(st.sampled_from(KINDS)), DAY, digest) for digest in digests]
    tree = Tree.of(stacked([leaf_of(entry, digest) for entry, digest in zip(entries, digests, strict=True)]))
    note = KEY.sign(checkpoint_of("x", DAY, tree.size, tree.root()).to_text())
    at, place = (data.draw(st.integers(0, tree.size - 1)) for _ in range(2))
    proof = ReportProof(
        content=spell_entry(entries[at]), salt=digests[at], index=place, path=tuple(tree.inclusion(at)), note=note
    )
    if place == at:
        assert check(proof).entry == entries[at]
        return
    with pytest.raises(ProofFailsError):
        check(proof)


def test_a_days_checkpoint_says_a_day_and_no_time() -> None:
    text = checkpoint_of("某快递", DAY, 8, bytes(32)).to_text()
    assert text.splitlines()[0::3] == ["wayseal hotline 某快递", f"day {DAY}"]
    point, _ = Checkpoint.open(KEY.sign(text).encode(), [KEY.verify_key])
    assert point.size == 8


def test_what_is_shown_steers_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    letter = spell_entry({"kind": "report", "text": "a\x1b[2J\n\x9b2J\u202e", "files": [{"sha256": "\x9bff"}, 1]})
    proof = alone(make_entry("report", DAY, sha256(letter).digest()), letter=letter)
    lines = Context().run(lambda: list(describe_proven(check(proof))))
    assert lines[0].startswith("The proof holds: this stood in wayseal hotline x on 2026-12-01, as entry 0 ")
    assert [line.split()[0] for line in lines[1:]] == ["day", "kind", "digest", "text", "files"]
    assert "a‹U+001B›[2J\n    ‹U+009B›2J‹U+202E›" in lines[4]
    from wayseal.proofs import __main__ as command

    (tmp_path / "p").write_text(proof.to_json())
    (tmp_path / "k").write_text(str(KEY.verify_key))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["proofs", str(tmp_path / "p"), "--key", str(tmp_path / "k")])
        command.main()
    printed = capsys.readouterr().out
    assert json.loads(printed)["letter"] == json.loads(letter)
    for shown in (*lines, printed):
        assert not {c for c in shown if not c.isprintable()} - {"\n"}


def test_letters_of_any_shape_are_described() -> None:
    shapes: list[dict[str, Any]] = [{}, {"text": 1, "files": 2}, {"text": None, "files": [None, {}]}]
    for more in shapes:
        letter = spell_entry({"kind": "answer", **more})
        proven = check(alone(make_entry("answer", DAY, sha256(letter).digest()), letter=letter))
        assert len(list(describe_proven(proven))) >= 4
