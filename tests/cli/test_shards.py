"""Sets of shards as a person makes, fills and reads them, and engines as a person names them."""

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import LOG_ROWS, inside, worded
from tests.engines import works
from wayseal.cli._engines import EngineName, EngineSettings, running
from wayseal.ledger import LedgerError, open_ledger

pytestmark = pytest.mark.usefixtures("short")
PROCESSES = ("--engine", "processes", "--workers", "2")


def traced(ledger: Path, leaks: Path) -> dict[str, Any]:
    """What a trace says of numbers that were for sale, but for what names the ledger itself."""
    said: dict[str, Any] = json.loads(inside("trace", ledger, "--leaks", leaks, "--format", "json", "-q").out)
    del said["inputs"]["ledger"], said["checkpoint"]
    return said


def test_a_set_is_made_filled_and_read(base: Path, tmp_path: Path) -> None:
    ran = inside("ingest", tmp_path / "S", base / "accesses.csv", "--shards", "4", *PROCESSES)
    assert ran.code == 0
    assert "5 tasks: " in ran.err
    assert "core seconds" in ran.err
    assert inside("ledger", "verify", tmp_path / "S").code == 0
    ran = inside("ledger", "split", base / "L", tmp_path / "split", "--shards", "2", "--lang", "zh")
    with open_ledger(tmp_path / "split") as snapshot:
        sizes = [one.rows for one in snapshot.manifest.shards]
    made = worded("zh", "{shards} shards of …", shards=2, least=min(sizes), most=max(sizes))
    assert (ran.code, ran.out.strip(), sum(sizes)) == (0, made, len(LOG_ROWS))
    assert inside("ledger", "merge", tmp_path / "S", tmp_path / "one", "-q").code == 0
    wanted = traced(base / "L", base / "leaks.csv")
    assert [traced(tmp_path / name, base / "leaks.csv") for name in ("S", "split", "one")] == [wanted] * 3


def test_a_set_that_is_there_is_filled_and_no_ledger_becomes_one_by_the_way(base: Path, tmp_path: Path) -> None:
    log = base / "accesses.csv"
    assert [inside("ingest", tmp_path / "S", log, "--shards", "4", "-q").code for _ in range(2)] == [0, 0]
    for there, shards in ((tmp_path / "S", 4), (base / "L", 0)):
        ran = inside("ingest", there, log, "--shards", "8", "-q", "--lang", "zh")
        assert ran.code == LedgerError.exit_code
        assert worded("zh", "this has {there} shards, not {shards} …", there=shards, shards=8) in ran.err
    ran = inside("ingest", tmp_path / "none", log, "--shards", "6", "-q")
    assert (ran.code, (tmp_path / "none").exists()) == (LedgerError.exit_code, False)
    assert "6 shards: it takes 2, 4, 8" in ran.err


def test_options_of_another_engine_are_wrong_usage(base: Path, tmp_path: Path) -> None:
    command = ("ledger", "split", base / "L", tmp_path / "S")
    two, local = ("--workers", "2"), ("--master", "local")
    for options in (two, ("--engine", "spark", *two), local, ("--engine", "x")):
        ran = inside(*command, *options, "--lang", "zh")
        assert (ran.code, (tmp_path / "S").exists()) == (2, False)
        assert options[-2] in ran.err


def test_what_ran_again_is_said_and_what_it_cost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running(EngineSettings(name=EngineName.PROCESSES, workers=1), quiet=True) as run:
        assert run is not None
        assert sorted(run(works.die_once, [(tmp_path, 0)])) == [(0, 0)]
    said = capsys.readouterr()
    assert "die_once 0: run again: a worker process was killed" in said.err
    assert "core seconds" not in said.err


def test_it_is_a_module_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["wayseal", "--version"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("wayseal", run_name="__main__")
    assert not ended.value.code
    assert capsys.readouterr().out.startswith("wayseal ")
