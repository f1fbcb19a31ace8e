"""`wayseal canary`, as a person runs it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import inside, worded
from wayseal.ledger import open_ledger

AT = "2026-03-12T08:00+08:00"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("canary")
    assert inside("simulate", folder / "world", "--scenario", "tiny", "-q").code == 0
    assert inside("ingest", folder / "L", folder / "world/dataset", "-q").code == 0
    sources = [{"source": f"u-{n:04d}", "kind": "actor", "probability": 0.1} for n in range(4, 13)]
    sources.append({"source": "app", "kind": "channel", "probability": 0.5})
    (folder / "report.json").write_text(json.dumps({"sources": sources}))
    return folder


def plan(world: Path, register: Path, *words: object) -> str:
    ran = inside("canary", "plan", world / "L", "--register", register, "--at", AT, *words)
    assert ran.code == 0, ran.err
    return ran.out


def listed(register: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(inside("canary", "list", register, "--format", "json").out)
    return found


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_from_a_report_to_a_name(world: Path, tmp_path: Path, lang: str) -> None:
    register = tmp_path / "r"
    out = plan(world, register, "--report", world / "report.json", "--count", 3, "--lang", lang)
    canaries = listed(register)["canaries"]
    assert len(canaries) == 3
    assert register.stat().st_mode & 0o777 == 0o600
    with open_ledger(world / "L") as snapshot:
        assert len(snapshot.find(snapshot.keys([c["waybill"] for c in canaries]))) == 0
    for canary in canaries:
        assert canary["waybill"] in out
        assert ", ".join(canary["pool"]) in out
        assert "2026-03-12T00:00:00Z" <= canary["issued_at"] < "2026-03-13T00:00:00Z"
    silent = inside("canary", "hit", register, canaries[0]["waybill"], "--silent", "--seen-at", "2026-03-20T00:00Z")
    assert silent.code == 0
    assert (
        worded(lang, "Nobody is named. Waiting …").split("{")[0]
        in inside("canary", "list", register, "--lang", lang).out
    )
    for canary in canaries[1:]:
        inside("canary", "hit", register, canary["waybill"], "--silent", "--seen-at", "2026-03-20T00:00Z")
    assert worded(lang, "Nobody is named. Plan …") in inside("canary", "list", register, "--lang", lang).out
    plan(world, register, "--count", 1)
    plan(world, register, "--for", "u-0004", "--for", "u-0005")
    last = listed(register)["canaries"][-1]
    assert (last["id"], last["pool"], last["round"]) == ("c6", ["u-0005"], 3)
    again = [inside("canary", "hit", register, last["waybill"], "--seen-at", AT, "--lang", lang) for _ in range(2)]
    assert [ran.code for ran in again] == [0, 0]
    assert again[1].out == worded(lang, "This was recorded before; nothing was changed.") + "\n" + again[0].out
    assert listed(register)["named"] == "u-0005"
    assert worded(lang, "{name} is named (probability …").split("{")[1].split("}")[1][:8] in again[0].out


def test_same_seed_same_canaries(world: Path, tmp_path: Path) -> None:
    words = ("--for", "u-0004", "--count", 3)
    plan(world, tmp_path / "a", *words)
    plan(world, tmp_path / "b", *words)
    plan(world, tmp_path / "c", *words, "--seed", 8)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()
    assert len({c["waybill"] for c in listed(tmp_path / "a")["canaries"]}) == 3


def test_what_cannot_be_planned(world: Path, tmp_path: Path) -> None:
    register, base = tmp_path / "r", ("canary", "plan", world / "L", "--register", tmp_path / "r")
    (tmp_path / "bad.json").write_text("{}")
    (tmp_path / "none.json").write_text('{"sources": []}')
    refused = [
        (base, 5),
        ((*base, "--for", "nobody-knows"), 3),
        ((*base, "--for", "u-0004", "--at", "tomorrow"), 3),
        ((*base, "--for", "u-0004", "--at", "2026-03-12T08:00"), 3),
        ((*base, "--report", tmp_path / "bad.json"), 3),
        ((*base, "--report", tmp_path / "none.json"), 3),
        ((*base, "--report", tmp_path / "none.json", "--for", "u-0004"), 2),
        ((*base, "--for", "u-0004", "--for", "u-0005", "--count", 1), 2),
        ((*base, "--for", "u-0004", "--sensitivity", 0.001), 2),
    ]
    for words, code in refused:
        ran = inside(*words)
        assert ran.code == code, (words, ran.err)
        assert "nobody-knows" not in ran.err
        assert not register.exists()


def test_a_ledger_without_waybills(base: Path, tmp_path: Path) -> None:
    ran = inside("canary", "plan", base / "L", "--for", "thief", "--register", tmp_path / "r")
    assert ran.code == 3
    assert "`waybills`" in ran.err
    assert not (tmp_path / "r").exists()


def test_what_is_no_register(base: Path, tmp_path: Path) -> None:
    for words in (("list", base / "leaks.csv"), ("hit", base / "leaks.csv", "YT1", "--seen-at", AT)):
        assert inside("canary", *words).code == 3
    assert inside("canary", "list", tmp_path / "none").code == 5


def test_a_cut_line_is_told(world: Path, tmp_path: Path) -> None:
    plan(world, tmp_path / "r", "--for", "u-0004", "--count", 2)
    (tmp_path / "r").write_bytes((tmp_path / "r").read_bytes()[:-9])
    ran = inside("canary", "list", tmp_path / "r")
    assert ran.code == 0
    assert f"{tmp_path / 'r'}:4: " in ran.err
    assert "c1" in ran.out
