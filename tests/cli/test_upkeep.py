"""`wayseal ledger backup`, `restore` and `doctor`, as a person runs them."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.running import inside, log, worded
from wayseal.cli import ledger_upkeep
from wayseal.ledger.upkeep import SAFE, Fault, Remedy, Severity


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger L and its backup B."""
    folder = tmp_path_factory.mktemp("kept")
    rows = [f"2026-03-02T06:{n % 60:02d}:00Z,u-{n % 5},YT{n}" for n in range(300)]
    inside("ingest", folder / "L", log(folder / "accesses.csv", [*rows, "never,u-1,YT1"]), "-q")
    assert inside("ledger", "backup", folder / "L", folder / "B", "-q").code == 0
    return folder


def test_every_fault_and_cure_has_a_text() -> None:
    assert set(Fault) == ledger_upkeep._FAULTS.keys()
    assert set(Severity) == ledger_upkeep._SEVERITIES.keys()
    assert set(Remedy) <= ledger_upkeep._CURES.keys()
    assert set(SAFE) <= ledger_upkeep._ACTS.keys()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_there_and_back(kept: Path, tmp_path: Path, lang: str) -> None:
    first = inside("ledger", "backup", kept / "L", tmp_path / "B", "--lang", lang)
    assert (first.code, first.err) == (0, "")
    assert str(tmp_path / "B") in first.out
    assert "300" in first.out
    again = inside("ledger", "backup", kept / "L", tmp_path / "B", "--lang", lang, "--check")
    assert ("up to date" in again.out, "已是最新" in again.out) == (lang == "en", lang == "zh")
    assert inside("show", tmp_path / "B").out.splitlines()[1:] == inside("show", kept / "L").out.splitlines()[1:]
    assert inside("ledger", "verify", tmp_path / "B").code == 0
    refused = inside("ingest", tmp_path / "B", kept / "accesses.csv")
    assert (refused.code, "wayseal ledger restore" in refused.err) == (3, True)
    assert inside("ledger", "compact", tmp_path / "B").code == 3
    back = inside("ledger", "restore", tmp_path / "B", tmp_path / "R", "--lang", lang)
    assert (back.code, back.err) == (0, "")
    assert worded(lang, "Go on with this one …") in back.out
    assert inside("ledger", "verify", tmp_path / "R").code == 0
    (tmp_path / "B/mine").touch()
    assert inside("ledger", "restore", tmp_path / "B", tmp_path / "B").code == 3
    assert inside("ledger", "backup", kept / "L", kept / "L/B").code == 3
    assert inside("ledger", "backup", kept / "none", tmp_path / "C").code == 6


def test_as_json(kept: Path, tmp_path: Path) -> None:
    made = json.loads(inside("ledger", "backup", kept / "L", tmp_path / "B", "--format", "json").out)
    assert (made["reads"], made["copied"], made["dest"]) == (300, made["files"], str(tmp_path / "B"))
    back = json.loads(inside("ledger", "restore", tmp_path / "B", tmp_path / "R", "--format", "json").out)
    assert (back["digest"], back["origin"]) == (made["digest"], made["origin"])


def test_a_full_disk(kept: Path, tmp_path: Path) -> None:
    ran = inside("ledger", "backup", kept / "L", tmp_path / "B", cwd=tmp_path, limit=500)
    assert (ran.code, "the backup is as it was before" in ran.err) == (5, True)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_visit_to_the_doctor(kept: Path, tmp_path: Path, lang: str) -> None:
    shutil.copytree(kept / "L", tmp_path / "L")
    doctor = ("ledger", "doctor", tmp_path / "L", "--lang", lang, "-q")
    assert worded(lang, "Healthy: nothing was found. …") in inside(*doctor).out
    assert worded(lang, "Healthy: nothing was found; …") in inside(*doctor, "--deep").out
    segment = next((tmp_path / "L/data").rglob("accesses*"))
    segment.write_bytes(segment.read_bytes()[:-1])
    (tmp_path / "L/secret").chmod(0o640)
    ran = inside(*doctor)
    assert ran.code == 11
    assert (
        worded(
            lang,
            "{severity}: {where}: {said}",
            severity=worded(lang, ledger_upkeep._SEVERITIES[Severity.ERROR]),
            where=segment,
            said=worded(lang, ledger_upkeep._FAULTS[Fault.FILE_SHORT]),
        )
        in ran.out
    )
    assert "accesses.csv" in ran.out
    assert "2026-03-02" in ran.out
    assert worded(lang, "give a backup with …") in ran.out
    assert worded(lang, "the backup has it, …") in inside(*doctor, "--from", kept / "B").out
    ran = inside(*doctor, "--from", kept / "B", "--repair")
    assert ran.code == 0
    assert worded(lang, "Mended {where}: taken from the backup, checked", where=segment) in ran.out
    assert worded(lang, "Healthy: nothing was found. …") in ran.out
    assert inside("ledger", "verify", tmp_path / "L").code == 0
    assert inside(*doctor, "--from", kept / "none").code == 6
    assert inside("ledger", "doctor", kept / "none").code == 6


def test_a_visit_as_json(kept: Path, tmp_path: Path) -> None:
    shutil.copytree(kept / "L", tmp_path / "L")
    found = json.loads(inside("ledger", "doctor", tmp_path / "L", "--format", "json", "--deep").out)
    assert (found["diagnoses"], found["acts"], found["deep"]) == ([], [], True)
    for tile in (tmp_path / "L/tree").rglob("*"):
        if tile.is_file():
            tile.write_bytes(b"")
    found = json.loads(inside("ledger", "doctor", tmp_path / "L", "--format", "json", "--repair").out)
    assert {(a["ill"], a["cure"]) for a in found["acts"]} == {("tile", "tree")}
    (tmp_path / "L/quarantine").joinpath("x").write_bytes(b"1")
    (tmp_path / "L/quarantine/x").chmod(0o600)
    ran = inside("ledger", "doctor", tmp_path / "L", "--format", "json")
    [leavings] = json.loads(ran.out)["diagnoses"]
    assert (ran.code, leavings["severity"], leavings["cure"], leavings["bytes"]) == (11, "warning", "remove", 1)


def test_many_sources_are_cut_short(tmp_path: Path) -> None:
    for n in range(8):
        path = log(tmp_path / f"log-{n}.csv", [f"2026-03-02T06:0{n}:00Z,u-1,YT{n}"])
        assert inside("ingest", tmp_path / "L", path, "-q").code == 0
    log(tmp_path / "late.csv", ["2026-03-02T05:00:00Z,u-1,YT0"])
    assert inside("ingest", tmp_path / "L", tmp_path / "late.csv", "-q").code == 0
    segment = next((tmp_path / "L/data").rglob("accesses*-merged*"))
    segment.unlink()
    ran = inside("ledger", "doctor", tmp_path / "L")
    assert "log-0.csv, log-1.csv" in ran.out
    assert "and 4 more" in ran.out
