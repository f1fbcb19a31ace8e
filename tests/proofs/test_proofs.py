"""Proofs hold with `cryptography` alone, a stranger's verifier agrees, and nothing that was changed holds."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.proofs.real import LETTERS, Proof, changed, independent, make
from tests.server.witnessing import NAME, cosignature, witness_key
from tests.tables import each
from tests.vault.log.helpers import KEY
from wayseal import store
from wayseal.merkle import Checkpoint, SigningKey
from wayseal.model.errors import WaysealError
from wayseal.proofs import GrowthProof, verify
from wayseal.proofs.entries import KINDS
from wayseal.proofs.errors import ProofError
from wayseal.proofs.reads import ACTIONS, COLUMNS, KEYS, READ, SALT, text_key
from wayseal.vault.log import EntryKind

OTHER = SigningKey(name="other", seed=bytes(32))
LOADED = """
import sys
{start}
found = sorted({{name.partition(".")[0] for name in sys.modules}} - set(sys.stdlib_module_names) - set(before))
print("LOADED", *found)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("proofs")


@pytest.fixture(scope="module")
def proofs(folder: Path) -> dict[str, Proof]:
    made = make(folder)
    for name, proof in made.items():
        (folder / name).write_text(json.dumps(proof))
    (folder / "key.pub").write_text(f"{KEY.verify_key}\n")
    (folder / "other.bin").write_bytes(b"\xff")
    (folder / "other.pub").write_text(f"{OTHER.verify_key}\n")
    return made


def holds(content: bytes) -> bool:
    try:
        verify(content, [KEY.verify_key])
    except WaysealError as error:
        assert error.exit_code in (3, 7, 8, 9)  # noqa: PT017
        return False
    return True


@pytest.mark.needs("node")
def test_a_strangers_verifier_agrees(folder: Path, proofs: dict[str, Proof]) -> None:
    contents = [json.dumps(proof).encode() for proof in proofs.values()]
    assert all(map(holds, contents))
    said = independent(folder, "key.pub", contents)
    assert [line.split()[:2] for line in said] == [["holds:", name.split()[0]] for name in proofs]
    assert set(independent(folder, "other.pub", contents)) == {"refused: signed by others"}


@pytest.mark.needs("node")
def test_whatever_is_changed_is_refused_by_both(folder: Path, proofs: dict[str, Proof]) -> None:
    chosen = ["read 14", "read (0, 5)", "read (1, 1)", "entry 0", "entry 17", "growth 0 2", "growth 1 2"]
    chosen += ["report 0", "report 1"]
    wrong = [content for name in chosen for content in changed(proofs[name])]
    assert len(wrong) > 1000
    assert [content for content in wrong if holds(content)] == []
    said = independent(folder, "key.pub", wrong)
    assert [wrong[n] for n, line in enumerate(said) if not line.startswith("refused: ")] == []


@pytest.mark.needs("node")
def test_what_a_strange_signer_could_sign_is_refused_by_both(folder: Path, proofs: dict[str, Proof]) -> None:
    """Growth from nothing; a checkpoint whose lines aren't a checkpoint's; two logs."""
    new = KEY.sign(Checkpoint(origin="log", size=1, root=bytes(32)).to_text())
    root = new.split("\n")[2]
    empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    texts = (
        f"log\n0\n{empty}\n",
        f"log\n01\n{root}\n",
        "log\n1\nAAAA\n",
        f"\n1\n{root}\n",
        "log\n1\n",
        f"o\n1\n{root}\n",
    )
    wrong = [GrowthProof(old=KEY.sign(text), new=new, path=()).to_json().encode() for text in texts]
    assert not any(map(holds, wrong))
    assert all(line.startswith("refused: ") for line in independent(folder, "key.pub", wrong))
    right = GrowthProof(old=new, new=new, path=()).to_json().encode()
    assert holds(right)
    assert independent(folder, "key.pub", [right]) == ["holds: growth of log from 1 to 1"]


@pytest.mark.needs("node")
def test_a_witness_vouches_for_both(folder: Path) -> None:
    note = KEY.sign(Checkpoint(origin="log", size=1, root=bytes(32)).to_text())
    (folder / "witness.pub").write_text(f"{witness_key()}\n")
    ends = {
        True: [cosignature(note), cosignature(note, at=0), cosignature(note, at=(1 << 63) - 1)],
        False: ["", cosignature("log\n1\n\n"), cosignature(note, at=1 << 63), cosignature(note, bytes(range(32)))],
    }
    for right, lines in ends.items():
        contents = [GrowthProof(old=note + one, new=note + one, path=()).to_json().encode() for one in lines]
        said = independent(folder, "witness.pub", contents)
        for n, content in enumerate(contents):
            assert said[n].startswith("holds: ") is right
            if right:
                proven = verify(content, [witness_key()])
                assert proven.keys == (f"{NAME}+{witness_key().id}",)
            else:
                with pytest.raises(WaysealError):
                    verify(content, [witness_key()])


def run(folder: Path, start: str) -> tuple[set[str], list[str]]:
    """Packages that checking loads beside what Python itself starts with, and the lines before."""
    before = "import sys; before = {name.partition('.')[0] for name in sys.modules}\n"
    done = subprocess.run(
        [sys.executable, "-c", before + LOADED.format(start=start)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    *printed, last = done.stdout.splitlines()
    assert last.startswith("LOADED ")
    return set(last.split()[1:]), printed


def test_proofs_are_checked_with_cryptography_alone(folder: Path, proofs: dict[str, Proof]) -> None:
    """The room's own command, on a proof of each kind."""
    start = """
from wayseal.proofs.__main__ import main
for name in ("read 14", "entry 0", "growth 1 2", "report 1"):
    sys.argv = ["wayseal.proofs", name, "--key", "key.pub"]
    main()
"""
    found, printed = run(folder, start)
    assert found == {"wayseal", "cryptography", "_cffi_backend", "_openssl"}
    text, decoder, shown = "\n".join(printed), json.JSONDecoder(), []
    while text.strip():
        one, end = decoder.raw_decode(text.lstrip())
        shown.append(one)
        text = text.lstrip()[end:]
    read, entry, growth, report = shown
    assert read["read"] == proofs["read 14"]["read"]
    assert (entry["entry"], entry["index"]) == (proofs["entry 0"]["entry"], 0)
    assert (growth["old"]["size"], growth["new"]["size"]) == (128, 300)
    assert read["signed_by"] == entry["signed_by"] == [f"{KEY.name}+{KEY.verify_key.id}"]
    assert entry["checkpoint"]["more"] == ["at 1772323200000128"]
    assert report["letter"] == LETTERS[1]
    assert (report["entry"]["day"], report["checkpoint"]["more"]) == ("2026-12-01", ["day 2026-12-01"])


def test_the_commands_load_no_arrays_and_nothing_of_the_extra(folder: Path, proofs: dict[str, Proof]) -> None:
    start = """
from wayseal.cli import main
for words in (["ledger", "verify-proof", "read 14"], ["vault", "verify-proof", "entry 0"],
              ["vault", "verify-proof", "growth 1 2"], ["ledger", "verify-proof", "report 1"]):
    sys.argv = ["wayseal", *words, "--key", "key.pub"]
    try:
        main()
    except SystemExit as done:
        assert not done.code
"""
    found, printed = run(folder, start)
    allowed = {"wayseal", "cryptography", "_cffi_backend", "_openssl", "typer", "click", "shellingham", "annotated_doc"}
    of_pydantic = {"pydantic", "pydantic_core", "typing_extensions", "typing_inspection", "annotated_types"}
    assert {name for name in found if not name.startswith("_sysconfigdata")} <= allowed | of_pydantic
    assert sum(line.startswith("The proof holds") for line in printed) == 4


def test_what_the_command_prints(
    folder: Path, proofs: dict[str, Proof], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from wayseal.proofs import __main__ as command

    monkeypatch.chdir(folder)
    shown = {}
    for name in ("read 14", "entry 0", "growth 1 2"):
        monkeypatch.setattr(sys, "argv", ["proofs", name, "--key", "key.pub"])
        command.main()
        shown[name] = json.loads(capsys.readouterr().out)
    assert shown["read 14"]["read"] == proofs["read 14"]["read"]
    assert shown["entry 0"]["index"] == 0
    assert (shown["growth 1 2"]["old"]["size"], shown["growth 1 2"]["new"]["size"]) == (128, 300)


def test_keys_of_texts_are_published_ones() -> None:
    """XXH64, seed 0: of texts shorter and longer than a stripe of 32 bytes."""
    known = {
        "": 0xEF46DB3751D8E999,
        "a": 0xD24EC4F1A98C6E5B,
        "abc": 0x44BC2CF5AD770999,
        "Nobody inspects the spammish repetition": 0xFBCEA83C8A378BF1,
    }
    assert {text: text_key(text) for text in known} == known


COMMAND = (
    (["read 14", "--key", "other.pub"], 9, "read 14: signed by"),
    (["key.pub", "--key", "key.pub"], 3, "key.pub: this is no proof of a read"),
    (["read 14", "--key", "read 14"], 3, "read 14: this is no public key"),
    (["gone", "--key", "key.pub"], 5, "gone: No such file"),
    (["read 14", "--key", "other.bin"], 3, "other.bin: this is no key"),
)


@each(("words", "code", "said"), COMMAND)
def test_what_the_command_refuses(
    folder: Path, proofs: dict[str, Proof], words: list[str], code: int, said: str
) -> None:
    from wayseal.proofs import __main__ as command

    with pytest.MonkeyPatch.context() as patch:
        lines: list[str] = []
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["proofs", *words])
        patch.setattr(sys, "stderr", type("Lines", (), {"write": lambda _self, text: lines.append(text)})())
        with pytest.raises(SystemExit) as done:
            command.main()
    assert done.value.code == code
    assert "".join(lines).startswith(said)


def test_what_is_proven_is_what_the_rooms_write() -> None:
    """The bytes of a proof are defined here; whoever writes what they stand for has the same names."""
    accesses = store.TABLES["accesses"]
    assert tuple(KINDS) == tuple(EntryKind)
    assert accesses.column("action").values == ACTIONS
    others = {"at", "actor", "waybill", "action"}
    assert set(COLUMNS) == {column.name for column in accesses.columns} - others
    assert set(COLUMNS) >= KEYS
    assert READ.size == 2 + SALT + 32 + 8 + 4 + 8 + 1


WRONG: list[dict[str, Any]] = [{}, {"wayseal_proof": 1, "wayseal_growth_proof": 1}, {"wayseal_purge_proof": 1}]


@each("content", WRONG)
def test_what_is_of_no_kind(content: dict[str, Any]) -> None:
    with pytest.raises(ProofError, match="of a read, of an entry, of growth or of a report"):
        verify(json.dumps(content).encode(), [KEY.verify_key])
