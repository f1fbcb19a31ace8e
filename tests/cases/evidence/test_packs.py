"""Packs: made twice they are the same, and others' programs read them."""

import hashlib
import io
import json
import subprocess
import zipfile
from pathlib import Path

import bagit
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases.evidence.packs import AT, ITEMS, LINES, PAGE, TOP, head, item, pack, written
from tests.tables import each
from wayseal.cases.evidence import make_pack, read_sealed, take_in, verify_pack, write_pack
from wayseal.cases.evidence._chain import read_chain
from wayseal.cases.evidence._fingerprint import CHUNK, fingerprint, fingerprint_of, root_of
from wayseal.cases.evidence.errors import EvidenceError, ItemChangedError
from wayseal.cases.evidence.types import Custody, CustodyAct
from wayseal.merkle import Tree
from wayseal.merkle.bulk import stacked
from wayseal.merkle.hashing import leaf_hash
from wayseal.model.times import micros


def test_the_same_pack_has_the_same_bytes_and_another_time_gives_others() -> None:
    content, seal = written(pack())
    assert written(pack()) == (content, seal)
    later, other = written(pack(at=AT + 2_000_000))
    assert later != content
    assert other != seal


def test_a_pack_is_what_was_written() -> None:
    content, seal = written(pack())
    found = verify_pack(io.BytesIO(content), seal=seal)
    assert found.sound
    assert found.as_written
    assert (found.exit_code, found.seal, found.case, found.files) == (0, seal, "c-1", len(ITEMS) + 9)
    assert hashlib.sha256(read_sealed(io.BytesIO(content))).hexdigest() == seal


@pytest.mark.needs("sha256sum")
@pytest.mark.filterwarnings("ignore:'count' is passed as positional argument:DeprecationWarning")  # bagit's own
def test_police_check_it_with_their_own_tools(tmp_path: Path) -> None:
    content, _ = written(pack())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        command = ["sha256sum", "--strict", "-c", manifest]
        done = subprocess.run(command, cwd=tmp_path / TOP, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
    bag = bagit.Bag(str(tmp_path / TOP))
    assert bag.validate()
    assert bag.info["Payload-Oxum"] == f"{sum(len(c) for c, _ in ITEMS.values())}.{len(ITEMS)}"
    assert bag.info["Contact-Name"] == "Li, 审计"
    (tmp_path / TOP / "data/noise.bin").write_bytes(b"x")
    assert not bag.is_valid()


def test_sm3_is_that_of_openssl() -> None:
    assert fingerprint_of(b"abc").sm3 == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


@given(st.lists(st.binary(max_size=3 * CHUNK), max_size=5))
def test_parts_of_any_size_give_the_hashes_of_the_whole(parts: list[bytes]) -> None:
    whole = b"".join(parts)
    found = fingerprint(parts)
    leaves = [leaf_hash(whole[at : at + CHUNK]) for at in range(0, len(whole), CHUNK)]
    assert found == fingerprint_of(whole)
    assert (found.leaves, found.chunks) == (b"".join(leaves), len(leaves))
    assert bytes.fromhex(found.root) == root_of(leaves)
    assert root_of(leaves) == Tree.of(stacked(leaves)).root()


def test_hashes_of_pieces_are_less_than_a_hundredth() -> None:
    assert len(fingerprint_of(bytes(1 << 20)).leaves) < (1 << 20) / 100


def test_a_file_is_hashed_where_it_lies_and_held_to_it(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_bytes(LINES)
    taken = take_in(item("data/log.csv", file), AT)
    made = make_pack(head(), [taken])
    assert taken.print == fingerprint_of(LINES)
    assert verify_pack(io.BytesIO(written(made)[0])).sound
    file.write_bytes(LINES[:-1])
    with pytest.raises(ItemChangedError, match=r"data/log\.csv"):
        write_pack(made, io.BytesIO())


@each(
    "path",
    [
        "log.csv", "../log.csv", "data/../log.csv", "data//a", "data/./a", "/data/a", "data/a\\b", "data/con.txt",
        "data/a.", "data/a ", "data/ a", "data/a\nb", "data/\u202ea", "data/e\u0301", "data/a:b", "data/a%0a",
        "data/" + "x" * 201,
    ],
)  # fmt: skip
def test_names_that_lead_elsewhere_are_no_items(path: str) -> None:
    with pytest.raises(EvidenceError):
        take_in(item(path, b""), AT)


@each("paths", [("data/a", "data/A"), ("data/a", "data/a"), ("data/ß", "data/ss"), ("data/a", "data/a/b")])
def test_two_items_never_share_a_name(paths: tuple[str, str]) -> None:
    with pytest.raises(EvidenceError):
        make_pack(head(), [take_in(item(path, b""), AT) for path in paths])


@each(
    "more",
    [
        {"who": ""}, {"why": "a\nb"}, {"who": "x" * 501}, {"name": "a/b"}, {"name": ".."},
        {"at": micros("1979-01-01T00:00Z")},
    ],
)  # fmt: skip
def test_a_pack_says_who_and_why_in_a_line(more: dict[str, object]) -> None:
    with pytest.raises(EvidenceError):
        written(make_pack(head(**more), []))


def test_custody_is_a_chain_from_intake_to_export() -> None:
    viewed = CustodyAct(act=Custody.VIEWED, item=PAGE, at=AT, who="Wu", why="review", before="a", after="a")
    made = make_pack(head(), [take_in(item(PAGE, LINES), AT)], [viewed])
    content = written(made)[0]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        chain = archive.read(f"{TOP}/custody.jsonl")
        manifest = archive.read(f"{TOP}/manifest-sha256.txt")
    acts, faults = read_chain(chain)
    assert faults == ()
    assert [act.act for act in acts] == [Custody.RECEIVED, Custody.VIEWED, Custody.EXPORTED]
    assert (acts[0].before, acts[0].after) == ("", hashlib.sha256(LINES).hexdigest())
    assert acts[2].after == hashlib.sha256(manifest).hexdigest()
    lines = chain.splitlines(keepends=True)
    assert read_chain(lines[0] + lines[2])[1] == (2,)
    assert read_chain(lines[1] + lines[0] + lines[2])[1] == (1, 2, 3)
    assert read_chain(chain.replace(b"review", b"revieW"))[1] == (2, 3)
    assert read_chain(chain[:-1])[1] == (3,)
    assert read_chain(b"nothing\n")[1] == (1,)


def test_the_index_says_what_the_pack_is_made_of() -> None:
    content = written(pack(settings={"seed": None}, command="wayseal …"))[0]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        index = json.loads(archive.read(f"{TOP}/pack.json"))
    assert (index["wayseal_pack"], index["case"], index["made_at"]) == (1, "c-1", "2026-03-16T08:00:01Z")
    assert [one["path"] for one in index["items"]] == list(ITEMS)
    assert index["settings"] == {"seed": None}
