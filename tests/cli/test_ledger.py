"""`wayseal ledger` and `wayseal trace --verify`, as a person runs them."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.running import bought, inside, log, worded
from wayseal.ledger.integrity import FINDING_TEXTS, Code

pytestmark = pytest.mark.usefixtures("short")


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger whose reads have ids, a key and a checkpoint."""
    folder = tmp_path_factory.mktemp("sealed")
    rows = [f"2026-03-02T06:{n % 60:02d}:00Z,u-{n % 5},YT{n},a{n}" for n in range(300)]
    inside("ingest", folder / "L", log(folder / "accesses.csv", rows, "at,actor,waybill,access"), "-q")
    assert inside("ledger", "key", "new", "--out", folder / "k", "--name", "li").code == 0
    assert inside("ledger", "checkpoint", folder / "L", "--key", folder / "k", "--out", folder / "c").code == 0
    return folder


def test_every_finding_has_a_text() -> None:
    assert set(Code) <= FINDING_TEXTS.keys()


def test_a_key_is_for_its_owner_and_never_overwritten(sealed: Path) -> None:
    assert (sealed / "k").stat().st_mode & 0o777 == 0o600
    before = (sealed / "k").read_text()
    ran = inside("ledger", "key", "new", "--out", sealed / "k")
    assert (ran.code, (sealed / "k").read_text()) == (5, before)
    assert before.strip() not in ran.out + ran.err
    assert inside("ledger", "key", "new", "--out", sealed / "m", "--name", "two words").code == 3


def test_verify_names_what_was_changed_and_ends_with_its_code(sealed: Path, tmp_path: Path) -> None:
    shutil.copytree(sealed / "L", tmp_path / "L")
    segment = next((tmp_path / "L/data").rglob("accesses*"))
    segment.unlink()
    ran = inside("ledger", "verify", tmp_path / "L")
    assert ran.code == 7
    assert f"{segment}: is missing" in ran.out
    found = json.loads(inside("ledger", "verify", tmp_path / "L", "--format", "json").out)
    assert found["findings"] == [{"code": "file-missing", "file": str(segment)}]
    assert "缺失" in inside("ledger", "verify", tmp_path / "L", "--lang", "zh").out


def test_checkpoints_of_others_and_rotated_keys(sealed: Path, tmp_path: Path) -> None:
    inside("ingest", tmp_path / "L", log(tmp_path / "accesses.csv"), "-q")
    verify = ("ledger", "verify", tmp_path / "L", "--checkpoint", sealed / "c")
    foreign = inside(*verify, "--key", sealed / "k.pub")
    assert foreign.code == 8
    assert str(sealed / "c") in foreign.out
    assert "another ledger" in foreign.out
    inside("ledger", "key", "new", "--out", tmp_path / "new")
    rotated = inside("ledger", "verify", sealed / "L", "--checkpoint", sealed / "c", "--key", tmp_path / "new.pub")
    assert rotated.code == 9
    assert "li+" in rotated.out
    assert inside(*verify).code == 2
    assert inside(*verify, "--key", tmp_path / "none").code == 5
    for name, content in (("words", "some words"), ("bytes", "é")):
        (tmp_path / name).write_text(content)
        ran = inside(*verify, "--key", tmp_path / name)
        assert ran.code == 3
        assert str(tmp_path / name) in ran.err


def test_a_proof_from_start_to_end(sealed: Path, tmp_path: Path) -> None:
    made = inside(
        "ledger", "prove", sealed / "L", "--access", "a17", "--checkpoint", sealed / "c", "--out", tmp_path / "p"
    )
    assert made.code == 0
    ran = inside("ledger", "verify-proof", tmp_path / "p", "--key", sealed / "k.pub")
    assert ran.code == 0
    assert "YT17" in ran.out
    content = (tmp_path / "p").read_text()
    (tmp_path / "p").write_text(content.replace("YT17", "YT18"))
    ran = inside("ledger", "verify-proof", tmp_path / "p", "--key", sealed / "k.pub")
    assert (ran.code, str(tmp_path / "p") in ran.err) == (7, True)
    (tmp_path / "p").write_text("{}")
    ran = inside("ledger", "verify-proof", tmp_path / "p", "--key", sealed / "k.pub")
    assert (ran.code, str(tmp_path / "p") in ran.err) == (3, True)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_reads_of_a_waybill_and_the_proof_of_each(sealed: Path, tmp_path: Path, lang: str) -> None:
    said = inside("reads", sealed / "L", "--waybill", "yt17", "--lang", lang).out
    assert "0:19" in said
    assert "u-2" in said
    found = json.loads(inside("reads", sealed / "L", "--waybill", "YT17", "--format", "json").out)["reads"]
    assert [(r["read"], r["source"], r["row"], r["file"], r["actor"], r["has_access_id"]) for r in found] == [
        ("0:19", 0, 19, "accesses.csv", "u-2", True)
    ]
    assert found[0]["at"] == "2026-03-02T06:17:00Z"
    assert json.loads(inside("reads", sealed / "L", "--waybill", "no", "--format", "json").out)["reads"] == []
    prove = ("ledger", "prove", sealed / "L", "--checkpoint", sealed / "c", "--out", tmp_path / "p")
    assert inside(*prove, "--read", "0:19").code == 0
    ran = inside("ledger", "verify-proof", tmp_path / "p", "--key", sealed / "k.pub")
    assert ran.code == 0
    assert "YT17" in ran.out
    for more, code in (
        (("--read", "0:999"), 3),
        (("--read", "4"), 2),
        ((), 2),
        (("--read", "0:19", "--access", "a17"), 2),
        (("--read", "0:19", "--waybill", "YT18"), 3),
    ):
        assert inside(*prove, *more).code == code, more


def report(folder: Path, ledger: Path, leaks: Path, *more: object) -> Path:
    out = folder / "report.json"
    assert inside("trace", ledger, "--leaks", leaks, "--format", "json", "--out", out, "-q", *more).code == 0
    return out


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_report_is_reproduced(base: Path, tmp_path: Path, lang: str) -> None:
    made = report(tmp_path, base / "L", base / "leaks.csv", "--seed", 11, "--lang", "zh")
    point = json.loads(made.read_text())["checkpoint"]
    assert (point["origin"][:8], len(point["root"])) == ("wayseal/", 64)
    ran = inside("trace", base / "L", "--leaks", base / "leaks.csv", "--verify", made, "-q", "--lang", lang)
    assert ran.code == 0
    assert worded(lang, "Reproduced: the trace gives what the report says.") in ran.out


def test_reports_that_are_not_reproduced(base: Path, tmp_path: Path) -> None:
    made = report(tmp_path, base / "L", base / "leaks.csv")
    right = json.loads(made.read_text())
    verify = ("trace", base / "L", "--leaks", base / "leaks.csv", "-q", "--verify", tmp_path / "x")
    digest = {"ledger": "0" * 64, "leaks": right["inputs"]["leaks"]}
    for change, code, said in (
        ({"verdict": "named", "found": 5}, 10, "found"),
        ({"checkpoint": {**right["checkpoint"], "origin": "wayseal/0"}}, 8, "another ledger"),
        ({"checkpoint": {**right["checkpoint"], "root": "00"}}, 7, "rewritten"),
        ({"checkpoint": {**right["checkpoint"], "size": 99}}, 7, "cut back"),
        ({"inputs": digest}, 7, "report was changed"),
        ({"inputs": digest, "checkpoint": None}, 10, "no checkpoint"),
        ({"checkpoint": None}, 10, "Not verified"),
    ):
        (tmp_path / "x").write_text(json.dumps({**right, **change}))
        ran = inside(*verify)
        assert (ran.code, said in ran.out) == (code, True), (change, ran)
        assert ("as it is now" in ran.out) is False
        assert ran.out.startswith(f"{tmp_path / 'x'}: ") == (said in ("another ledger", "rewritten", "cut back"))
    cut = {key: value for key, value in right.items() if key != "checkpoint"}
    (tmp_path / "x").write_text(json.dumps(cut))
    ran = inside(*verify, "--lang", "zh")
    assert (
        ran.code,
        worded("zh", "Not verified: without …") in ran.out,
    ) == (10, True)
    for text in ("", "[]", "{}", json.dumps({**right, "seed": -1}), json.dumps({**right, "checkpoint": {"size": 1}})):
        (tmp_path / "x").write_text(text)
        ran = inside(*verify)
        assert (ran.code, "no JSON report" in ran.err) == (3, True), text
    other = bought(tmp_path / "other.csv", "2026-03-03T09:00:00Z")
    assert inside("trace", base / "L", "--leaks", other, "-q", "--verify", made).code == 10


def test_a_ledger_that_has_grown(tmp_path: Path) -> None:
    log(tmp_path / "accesses.csv")
    inside("ingest", tmp_path / "L", tmp_path / "accesses.csv", "-q")
    leaks = bought(tmp_path / "leaks.csv")
    made = report(tmp_path, tmp_path / "L", leaks)
    log(tmp_path / "more.csv", ["2026-03-02T07:00:00Z,late,YT2000000"])
    inside("ingest", tmp_path / "L", tmp_path / "more.csv", "-q")
    ran = inside("trace", tmp_path / "L", "--leaks", leaks, "-q", "--verify", made)
    assert "has grown since" in ran.out
    assert worded("en", "The trace was made …") in ran.out
    assert ran.code == 10
    assert "inputs.ledger" not in ran.out


@pytest.mark.parametrize("keep", [(), ("--keep-rejected",)])
def test_bytes_that_come_in_as_another_table_leave_the_first_quarantine_as_it_was(
    tmp_path: Path, keep: tuple[str, ...]
) -> None:
    source = log(tmp_path / "f.csv", ["2026-03-02T06:00:00Z,u-1,YT1", "2026-03-02T06:00:00Z,u-1,YT3", "never,u-2,YT2"])
    columns = '[columns]\nat = "at"\nwaybill = "waybill"\n'
    (tmp_path / "reads.toml").write_text(f'{columns}actor = "actor"\n', encoding="utf-8")
    scans = f'table = "scans"\n{columns}outlet = "actor"\nkind = {{ constant = "arrive" }}\n'
    (tmp_path / "scans.toml").write_text(scans, encoding="utf-8")
    for mapping in ("reads.toml", "scans.toml"):
        ran = inside("ingest", tmp_path / "L", source, "--map", tmp_path / mapping, "-q", *keep)
        assert (ran.code, ran.err) == (0, "")
    assert inside("ledger", "verify", tmp_path / "L", "-q").code == 0
    listed = [p for p in (tmp_path / "L" / "quarantine").iterdir() if not p.name.endswith(".raw.csv")]
    assert len(listed) == 2
    assert all(len(p.read_text("utf-8").splitlines()) == 2 for p in listed)
