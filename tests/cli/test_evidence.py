"""`wayseal evidence`: a case as a pack, what a stranger finds in it, and what is recorded."""

import csv
import io
import json
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cases.evidence.packs import fixed, need_font
from tests.cli.running import Ran, inside
from tests.proofs import tsa
from tests.tables import each
from wayseal.cases import load_pseudonyms, open_cases, read_casebook
from wayseal.cases.book import RecordedCase
from wayseal.cases.evidence.errors import DocumentError
from wayseal.cases.evidence.typesetting import Typesetter
from wayseal.cases.types import NamesShown, ReadMark, Unmasking
from wayseal.merkle import VerifyKey
from wayseal.proofs import ProvenRead
from wayseal.proofs import verify as verify_proof

BY = ("--who", "Li, audit", "--why", "notice 7")
STATEMENT = "I helped out\nat the hub."


@pytest.fixture(scope="module")
def made(ready: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a ledger whose cases are registered, its signed checkpoint, and the key."""
    folder = tmp_path_factory.mktemp("evidence")
    shutil.copytree(ready, folder / "L")
    assert inside("detect", folder / "L", "-q", "--format", "json").code == 0
    assert inside("ledger", "key", "new", "--out", folder / "k").code == 0
    assert inside("ledger", "checkpoint", folder / "L", "--key", folder / "k", "--out", folder / "note").code == 0
    case = first_case(folder)
    person = ("--actor", case.actors[0])
    assert inside("case", "hear", folder / "L", case.id, "--who", "Wu", "--statement", STATEMENT, *person).code == 0
    (folder / "report.html").write_text("<p>trace</p>", encoding="utf-8")
    return folder


def first_case(folder: Path) -> RecordedCase:
    book = read_casebook(folder / "L" / "detect")
    return next(case for case in book.cases if "unexplained_first_reads" in case.detectors)


def export(folder: Path, out: Path, *more: object) -> Ran:
    return inside("evidence", "export", folder / "L", first_case(folder).id, "--out", out, *BY, "-q", *more)


@pytest.fixture(scope="module")
def pack(made: Path) -> Path:
    """A pack with proofs and a further file."""
    signed = ("--checkpoint", made / "note", "--key", made / "k.pub", "--proofs", 15)
    ran = export(made, made / "c.zip", *signed, "--attach", made / "report.html", "--unit", "某快递")
    assert ran.code == 0, ran.err
    return made / "c.zip"


@pytest.fixture(scope="module")
def files(pack: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(pack) as archive:
        return {one.filename.partition("/")[2]: archive.read(one) for one in archive.infolist()}


def verified(pack: Path, *more: object) -> tuple[int, dict[str, Any]]:
    ran = inside("evidence", "verify", pack, "--format", "json", *more)
    return ran.code, json.loads(ran.out)


def test_a_stranger_finds_it_sound(made: Path, pack: Path) -> None:
    code, found = verified(pack, "--key", made / "k.pub")
    assert (code, found["findings"], found["proofs"], found["as_written"]) == (0, [], 15, True)
    assert not found["key_of_the_pack"]
    assert verified(pack)[1]["key_of_the_pack"]
    assert inside("evidence", "verify", pack, "--seal", found["seal"]).code == 0
    ran = inside("evidence", "verify", pack, "--seal", "0" * 64, "--lang", "zh")
    assert ran.code == 7
    assert "封签值与所提供的不同" in ran.out


def test_each_proof_holds_with_the_public_key_alone(made: Path, files: dict[str, bytes]) -> None:
    key = VerifyKey.parse((made / "k.pub").read_text(encoding="ascii"))
    reads = {one["read"]: one for one in map(json.loads, files["data/reads/reads.jsonl"].splitlines())}
    proofs = [content for path, content in files.items() if path.startswith("data/proofs/")]
    assert len(proofs) == 15
    for content in proofs:
        proven = verify_proof(content, [key])
        assert isinstance(proven, ProvenRead)
        listed = reads[f"{proven.read['source']}:{proven.read['row']}"]
        assert (proven.read["waybill"], proven.read["actor"]) == (listed["waybill"], listed["actor"])


def test_the_pack_says_what_was_done_and_what_makes_it_again(made: Path, files: dict[str, bytes]) -> None:
    case = first_case(made)
    index = json.loads(files["pack.json"])
    assert index["settings"]["ledger_digest"]
    assert index["settings"]["casebook_head"].partition(":")[0].isdigit()
    assert index["command"].startswith(f"wayseal evidence export LEDGER {case.id} ")
    assert str(made) not in files["pack.json"].decode()
    acts = json.loads(files["data/casebook/acts.json"])["cases"][0]["acts"]
    assert [act["act"] for act in acts][:2] == ["heard", "reads"]
    assert STATEMENT.encode() in files["data/statements/001.txt"]
    assert files["data/files/report.html"] == b"<p>trace</p>"
    for lang in ("en", "zh"):
        told = json.loads(files[f"data/report/case.{lang}.json"])
        assert [one["case"] for one in told["cases"]] == [case.id]
        assert set(told["cases"][0]["actors"]) <= set(case.actors)
        assert b"<html" in files[f"data/report/case.{lang}.html"]
    rows = list(csv.DictReader(io.StringIO(files["data/reads/reads.zh.csv"].decode("utf-8-sig"), newline="")))
    assert [row["证明用编号"] for row in rows] == [
        json.loads(line)["read"] for line in files["data/reads/reads.jsonl"].splitlines()
    ]


def test_papers_are_pdf_a_in_both_languages(files: dict[str, bytes]) -> None:
    need_font()
    for lang in ("en", "zh"):
        for name in (f"data/report/case.{lang}.pdf", f"documents/handover.{lang}.pdf"):
            assert files[name].startswith(b"%PDF-1.7")
            assert b"pdfaid:part" in files[name]


def test_exporting_is_recorded_and_opens_the_case(made: Path, pack: Path) -> None:
    assert pack.exists()
    act = next(act for act in first_case(made).acts if isinstance(act, NamesShown))
    assert (act.look, act.who, act.why) == (Unmasking.READS, "Li, audit", "notice 7")


def test_names_of_others_stay_pseudonyms(made: Path, files: dict[str, bytes]) -> None:
    book = read_casebook(made / "L" / "detect")
    hidden = {actor for case in book.cases for actor in case.actors} - book.opened_actors
    assert hidden
    told = b"".join(content for path, content in files.items() if not path.endswith((".pdf", ".bin")))
    words = set(told.decode("utf-8", "replace").replace('"', " ").replace(",", " ").split())
    assert not words & hidden
    assert load_pseudonyms(made / "L" / "detect").of(first_case(made).actors[0]).encode() not in told


def test_a_proof_of_something_else_is_named(made: Path, pack: Path, tmp_path: Path) -> None:
    content = pack.read_bytes()
    with zipfile.ZipFile(pack) as archive:
        names = [one.filename for one in archive.infolist() if "/proofs/" in one.filename]
        proof = archive.read(names[0])
    at = content.find(proof) + proof.find(b'"waybill": "') + 15
    altered = tmp_path / "altered.zip"
    altered.write_bytes(fixed(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]))
    (tmp_path / "proof").write_bytes(proof)
    code, found = verified(altered, "--key", made / "k.pub", "--against", pack)
    assert code == 7
    place = names[0].partition("/")[2]
    assert [(f["code"], f["file"]) for f in found["findings"]] == [
        (name, place) for name in ("changed", "chunks", "proof", "bytes")
    ]
    assert found["proofs"] == 14
    assert inside("ledger", "key", "new", "--out", tmp_path / "other").code == 0
    code, found = verified(pack, "--key", tmp_path / "other.pub")
    assert code == 9
    assert {f["code"] for f in found["findings"]} == {"checkpoint-key"}


def test_without_a_signature_or_a_font_the_pack_says_so(
    made: Path, files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import typst

    monkeypatch.setattr(
        typst, "Fonts", type("None_", (), {"__init__": lambda *_, **__: None, "families": lambda _: []})
    )
    read = json.loads(files["data/reads/reads.jsonl"].splitlines()[1])
    mark = ReadMark(starred=True, comment="bought")
    with open_cases(made / "L" / "detect") as cases:
        cases.mark_read(first_case(made).id, read["read"], read["waybill"], None, mark, "Wu", 1_780_000_000_000_000)
    ran = export(made, tmp_path / "plain.zip")
    assert ran.code == 0
    assert "apt install fonts-noto-cjk" in ran.err
    code, found = verified(tmp_path / "plain.zip")
    assert (code, found["proofs"]) == (0, 0)
    said = inside("evidence", "verify", tmp_path / "plain.zip").out
    assert "No signed checkpoint of the ledger was given" in said
    assert "Neither list nor statement" in said
    with zipfile.ZipFile(tmp_path / "plain.zip") as archive:
        assert not [name for name in archive.namelist() if name.endswith(".pdf")]
        [name] = [name for name in archive.namelist() if name.endswith("reads.jsonl")]
        marked = [one for one in map(json.loads, archive.read(name).splitlines()) if "starred" in one]
    assert marked == [read | {"starred": True, "comment": "bought"}]
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(DocumentError, match=r"pip install 'WHEEL\[console\]'"):
        Typesetter()


@each(
    ("words", "code"),
    [
        (("--who", ""), 2),
        (("--why", "a\nb"), 2),
        (("--checkpoint", "note"), 2),
        (("--key", "k.pub"), 2),
        (("--checkpoint", "report.html", "--key", "k.pub"), 3),
        (("--stamp-url", "file:///x"), 3),
        (("--unit", "\x1b"), 2),
        (("--attach", "missing"), 5),
    ],
)  # fmt: skip
def test_what_is_refused_leaves_no_pack(made: Path, pack: Path, words: tuple[str, ...], code: int) -> None:
    before = len(first_case(made).acts)
    out = made / "refused.zip"
    paths = [str(made / word) if (made / word).is_file() or word == "missing" else word for word in words]
    ran = export(made, out, *paths)
    assert ran.code == code, ran.err
    assert not out.exists()
    assert len(first_case(made).acts) == before
    assert pack.exists()


def test_no_such_case_and_no_pack(made: Path, tmp_path: Path) -> None:
    assert inside("evidence", "export", made / "L", "c-9999", "--out", tmp_path / "x.zip", *BY).code == 3
    (tmp_path / "x.zip").write_bytes(b"nothing")
    ran = inside("evidence", "verify", tmp_path / "x.zip")
    assert (ran.code, ran.err) == (3, f"wayseal: {tmp_path / 'x.zip'}: this is no zip archive\n")
    assert inside("evidence", "verify", tmp_path / "missing.zip").code == 5
    assert inside("evidence", "verify", made / "note", "--seal", "3f").code == 2
    assert inside("evidence", "stamp", tmp_path / "x.zip").code == 2


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tsa.Service]:
    folder = tmp_path_factory.mktemp("service")
    tsa.make(folder)
    with tsa.serving(folder) as running:
        yield running


@pytest.mark.needs("openssl")
def test_a_stamp_that_waited_is_had_later_and_holds(pack: Path, service: tsa.Service, tmp_path: Path) -> None:
    mine = tmp_path / "mine.zip"
    shutil.copy(pack, mine)
    assert inside("evidence", "stamp", mine, "--stamp-url", "http://127.0.0.1:9/").code == 3
    ran = inside("evidence", "stamp", mine, "--stamp-url", service.url)
    assert (ran.code, "Test TSA" in ran.out) == (0, True)
    ran = inside("evidence", "verify", mine, "--stamp-ca", service.root)
    assert ran.code == 0
    assert "by Test TSA" in ran.out
    assert "made it anew" not in ran.out
    assert "was not checked" in inside("evidence", "verify", mine).out
    code, found = verified(mine, "--stamp-ca", service.other)
    assert (code, [f["code"] for f in found["findings"]]) == (7, ["stamp"])


@pytest.mark.needs("openssl")
def test_a_service_that_is_away_stops_no_export(made: Path, service: tsa.Service, tmp_path: Path) -> None:
    out = tmp_path / "c.zip"
    ran = export(made, out, "--stamp-url", "http://127.0.0.1:9/", "--proofs", 0)
    assert ran.code == 0
    assert "wayseal evidence stamp" in ran.err
    wish = tmp_path / "c.zip.stamp.json"
    wish.write_text(wish.read_text(encoding="utf-8").replace("http://127.0.0.1:9/", service.url), encoding="utf-8")
    assert inside("evidence", "stamp", out).code == 0
    assert not wish.exists()
    assert verified(out, "--stamp-ca", service.root)[1]["stamped"]["by"] == "Test TSA"


def test_stamps_need_their_packages(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    ran = inside("evidence", "stamp", pack, "--stamp-url", "http://127.0.0.1:9/")
    assert (ran.code, "pip install 'WHEEL[console]'" in ran.err) == (2, True)
    assert inside("evidence", "verify", pack).code == 0
