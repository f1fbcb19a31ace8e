"""Packs: made twice they are the same, and others' programs read them."""

import hashlib
import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import bagit
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases.evidence.packs import AT, ITEMS, LINES, PAGE, TOP, head, item, pack, written
from tests.docs.pages import blocks, read, sections
from tests.tables import each
from wayseal.cases.evidence import make_pack, read_sealed, take_in, verify_pack, write_pack
from wayseal.cases.evidence._bag import read_chain
from wayseal.cases.evidence._fingerprint import CHUNK, fingerprint, fingerprint_of, root_of
from wayseal.cases.evidence.errors import EvidenceError, ItemChangedError
from wayseal.cases.evidence.types import Custody, CustodyAct
from wayseal.merkle import Tree
from wayseal.merkle.bulk import stacked
from wayseal.merkle.hashing import leaf_hash
from wayseal.model.times import micros

ROUTE = next(blocks(sections(read("docs/how-to/evidence.md"))["How police check it"], "sh"))


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


def _plain_route(folder: Path) -> tuple[int, str]:
    """The commands of the page, up to the first that complains; how they end, and what they print."""
    done = subprocess.run(["sh", "-e", "-c", ROUTE], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def _replace_by_link(folder: Path) -> None:
    (folder / "data/one.txt").rename(folder.parent / "one.txt")
    (folder / "data/one.txt").symlink_to(folder.parent / "one.txt")


def _made_to_agree(folder: Path) -> None:
    """A file put in, and every manifest of SHA-256 made anew, as whoever has the whole folder can."""
    (folder / "data/added.txt").write_bytes(b"x")
    for file, manifest in pairwise(("data/added.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt")):
        value = hashlib.sha256((folder / file).read_bytes()).hexdigest()
        lines = [one for one in (folder / manifest).read_text().splitlines() if not one.endswith(f"  {file}")]
        (folder / manifest).write_text("".join(f"{one}\n" for one in sorted([*lines, f"{value}  {file}"])))


TAMPERED: dict[str, Callable[[Path], object]] = {
    "a file added": lambda folder: (folder / "data/added.txt").write_bytes(b"x"),
    "a file added beside data": lambda folder: (folder / "notes.txt").write_bytes(b""),
    "a hidden file added": lambda folder: (folder / "data/.added").write_bytes(b""),
    "a manifest added": lambda folder: (folder / "tagmanifest-md5.txt").write_bytes(b""),
    "an empty folder added": lambda folder: (folder / "data/the sum is wrong").mkdir(),
    "empty folders in each other": lambda folder: (folder / "a/b").mkdir(parents=True),
    "a folder added with a file": lambda folder: shutil.copytree(folder / "data", folder / "copy"),
    "two names in one": lambda folder: (folder / "data/one.txt\nf data").mkdir(),
    "a link added": lambda folder: (folder / "link").symlink_to("pack.json"),
    "a link for a file": _replace_by_link,
    "a file removed": lambda folder: (folder / "data/one.txt").unlink(),
    "a file altered": lambda folder: (folder / "data/noise.bin").write_bytes(b"x"),
    "a file renamed": lambda folder: (folder / "data/one.txt").rename(folder / "data/two.txt"),
    "a record altered": lambda folder: (folder / "custody.jsonl").write_bytes(b""),
    "a manifest that no other lists altered": lambda folder: (folder / "tagmanifest-sm3.txt").write_bytes(b""),
    "what lists a file altered": lambda folder: (folder / "manifest-sm3.txt").write_bytes(b""),
    "made to agree": _made_to_agree,
}


@pytest.mark.needs("sha256sum", "openssl")
def test_the_plain_route_of_the_page_ends_well_with_the_seal_alone(tmp_path: Path) -> None:
    content, seal = written(pack())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path)
    assert _plain_route(tmp_path / TOP) == (0, f"{seal}  tagmanifest-sha256.txt\n")
    assert next(blocks(sections(read("docs/how-to/evidence.zh.md"))["公安机关如何核验"], "sh")) == ROUTE


@pytest.mark.needs("sha256sum", "openssl")
@each("what", list(TAMPERED))
def test_the_plain_route_of_the_page_names_what_was_tampered_with(tmp_path: Path, what: str) -> None:
    content, _ = written(pack())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path / what)
    TAMPERED[what](tmp_path / what / TOP)
    code, said = _plain_route(tmp_path / what / TOP)
    assert code, said


@pytest.mark.needs("sha256sum", "openssl")
def test_only_the_seal_names_what_was_made_anew(tmp_path: Path) -> None:
    """The page says so: with all of the folder at hand everything in it can be made to agree."""
    (content, seal), (anew, other) = written(pack()), written(pack(why="another"))
    assert content != anew
    with zipfile.ZipFile(io.BytesIO(anew)) as archive:
        archive.extractall(tmp_path)
    code, said = _plain_route(tmp_path / TOP)
    assert (code, said.split()[0]) == (0, other)
    assert other != seal


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
    assert read_chain(chain.replace(b"review", b"revieW"))[1] == (2,)
    assert read_chain(chain[:-1])[1] == (3,)
    assert read_chain(b"nothing\n")[1] == (1,)


def test_the_index_says_what_the_pack_is_made_of() -> None:
    content = written(pack(settings={"seed": None}, command="wayseal …"))[0]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        index = json.loads(archive.read(f"{TOP}/pack.json"))
    assert (index["wayseal_pack"], index["case"], index["made_at"]) == (2, "c-1", "2026-03-16T08:00:01Z")
    assert [one["path"] for one in index["items"]] == list(ITEMS)
    assert index["settings"] == {"seed": None}
