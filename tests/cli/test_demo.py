"""What the demo says of cases, beside the truth, and what it leaves for its console: queue, market and work begun."""

import importlib.util
import json
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import cast

import pyarrow.dataset as ds
import pytest

from tests.cli.running import answer_in, inside
from tests.console.parcels_shown import ASKER, NUMBERS, OPERATOR, made_up
from tests.detect.report.fixtures import watched
from wayseal.cases import open_cases
from wayseal.cases.ledger.casebook import FOLDER
from wayseal.cases.types import Alert, Source
from wayseal.cases.views import ItemFilter
from wayseal.ledger import Snapshot, ingest, open_ledger
from wayseal.parcels import with_names
from wayseal.store import open_source, read_leaks
from wayseal_sim import preset, simulate
from wayseal_sim.commands._last_day import lay_out_last_day, watch_last_day
from wayseal_sim.commands._parts import begin_casework, how_to_open_console, watch_market
from wayseal_sim.commands.demo import _describe_cases, _describe_parcels, _judge_parcels


def test_cases_to_look_into_stand_beside_the_truth_and_those_to_watch_dont(tmp_path: Path) -> None:
    truth = tmp_path / "truth.json"
    planted = [
        {"kind": "steady", "a_day": 200, "accounts": ["p-20"]},
        {"kind": "range", "a_day": 50, "accounts": ["p-22"]},
    ]
    truth.write_text(json.dumps({"insiders": planted}), "utf-8")
    lines = list(_describe_cases(truth, watched(), watched()))
    assert [line for line in lines if line.startswith("  - ")][1].startswith("  - Case c-20, 50%")
    assert len([line for line in lines if line.startswith("  - ")]) == 2
    assert any("steady, 200" in line for line in lines)
    assert "range, 50" in lines[-1], "whoever is only watched is missed"


def test_a_number_in_use_before_its_pickup_and_ghosts_stand_beside_the_truth(tmp_path: Path) -> None:
    truth, found = tmp_path / "truth.json", made_up()
    planted = {"insiders": [{"kind": "partner", "a_day": 500, "accounts": [ASKER]}], "ghosts": {"waybills": NUMBERS}}
    truth.write_text(json.dumps(planted), "utf-8")
    answer_in("en")
    said = list(_describe_parcels(truth, found, with_names(found, lambda name: f"p-{len(name)}")))
    assert f"  - {NUMBERS[0]}: asked for by p-12 at 18:30, collected at 18:43, 13 minutes later; so were 40" in said[2]
    assert said[3] == "    (truth: partner, 500 a day)"
    assert "28 of 30 shipments of c-sends<b> at SH-0001 on 2026-05-27, collected by p-10" in said[4]
    assert said[5] == "    (truth: 28 of 30 ghosts are among them)"
    assert not any(name in line for line in said for name in (ASKER, OPERATOR))
    truth.write_text("{}", "utf-8")
    assert "    (truth: innocent)" in list(_describe_parcels(truth, found, found))
    assert len(list(_describe_parcels(truth, replace(found, askers=(), groups=()), found))) > 1


def test_it_leaves_something_to_decide_and_work_that_was_begun(tmp_path: Path) -> None:
    bought = tmp_path / "leaks.csv"
    rows = ["YT1,2026-03-02T08:00:00Z,a", "YT2,2026-03-01T08:00:00Z,a", "YT3,2026-03-01T08:00:00Z,b", "YT4,2026-03-01,"]
    bought.write_text("\n".join(["waybill,seen_at,seller", *rows]), "utf-8")
    folder = tmp_path / "detect"
    with open_cases(folder) as book:
        cases = book.register(
            [Alert(actors=("a",), alerted_at=1, score=0.9, detectors=("volume",), parcels_a_day=100.0, worth=True)], 1
        )
    answer_in("zh")
    begin_casework(folder, tuple(cases), read_leaks(bought))
    with open_cases(folder) as book:
        listings = book.queue(2**60, ItemFilter(source=Source.LISTING)).rows
        dossier = book.dossier(cases[0])
    assert [len(item.things) for item in listings] == [2, 3]
    assert "人工" in listings[0].reason
    assert (len(dossier.notes), len(dossier.tasks)) == (1, 1)


@pytest.mark.parametrize("there", [True, False])
def test_it_names_the_command_that_opens_its_console(
    there: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if there else None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(sys, "argv", [".venv/bin/wayseal"])
    said = how_to_open_console(Path("a demo"))
    assert ".venv/bin/wayseal serve console 'a demo/ledger' --folder 'a demo/console' --demo" in said
    assert ("setup-console" in said) is not there
    monkeypatch.chdir(tmp_path)
    assert ("pip install" in how_to_open_console(Path("demo"))) is not there


def test_the_demo_watches_a_market_and_fills_the_queue(tmp_path: Path) -> None:
    paths = simulate(tmp_path, preset("tiny", leaker="clerk"), seed=7)
    ingest(open_source(paths.dataset), tmp_path / "ledger")
    (tmp_path / "ledger" / FOLDER).mkdir()
    done: list[int] = []
    with open_ledger(tmp_path / "ledger") as snapshot:
        parcels = _judge_parcels(snapshot, tmp_path / "ledger" / FOLDER, paths.truth, lambda *_: None)
        lines = list(watch_market(tmp_path, snapshot, 7, lambda _, at, of: done.append(of - at)))
    assert parcels[1].startswith("Parcels: numbers in use before pickup")
    assert (tmp_path / "ledger/detect/parcels/result.json").is_file(), "the console shows it"
    assert done[-1] == 0
    assert [number for line in lines if (number := re.search(r"(\d+) numbers of this courier's own", line))]
    (asked,) = (re.search(r"(\d+) shops asked for, (\d+) of them", line) for line in lines if "asked for" in line)
    assert asked is not None
    assert asked[1] == "8"
    with open_cases(tmp_path / "ledger" / FOLDER) as cases:
        assert cases.queue(1 << 60, ItemFilter(source=Source.LISTING)).rows
    assert inside("market", "verify", tmp_path / "market").code == 0


def test_the_demo_says_what_its_market_lacks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.chdir(tmp_path)
    (line,) = watch_market(tmp_path, cast("Snapshot", None), 7, lambda *_: None)
    assert "WHEEL[market]" in line


def test_the_last_day_comes_as_a_stream_and_a_rule_acts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario = preset("watch", accesses=60_000, leaker="nobody", bought=0)
    paths = simulate(tmp_path, scenario, seed=7)
    answer_in("en")
    day = lay_out_last_day(tmp_path, paths.dataset, scenario.days, 7)
    ingest(open_source(day.before), tmp_path / "ledger")
    watch_last_day(tmp_path, day)
    said = capsys.readouterr().out.splitlines()
    raised = [line for line in said if "reads what no work explains" in line]
    assert raised
    assert not any("goes on" in line for line in said)
    blocked = [line for line in said if "step-up until 2026-03-16" in line]
    assert 0 < len(blocked) <= len(raised)
    asked = re.fullmatch(r"Truth: ([\d,]+) parcels were pulled on that day, ([\d,]+) of them after .*", said[-1])
    assert asked is not None
    assert 0 < int(asked[2].replace(",", "")) < int(asked[1].replace(",", ""))
    with open_ledger(tmp_path / "ledger") as snapshot:
        assert snapshot.manifest.rows("accesses") == ds.dataset(paths.dataset / "accesses").count_rows()
    assert not day.before.exists()
