"""`wayseal parcels` finds, keeps, puts into the queue, and shows pseudonyms where there is a casebook."""

import json
from pathlib import Path

import pytest

from tests.cli.running import inside
from tests.parcels.test_find import haunted
from tests.parcels.world import ledger_of
from wayseal.cases import open_cases
from wayseal.model.times import now_us
from wayseal.parcels import read_kept


def test_groups_are_told_kept_and_put_into_the_queue_once(tmp_path: Path) -> None:
    world, ghosts = haunted(300)
    path = ledger_of(tmp_path, world.tables())
    ran = inside("parcels", str(path), "--format", "json")
    assert ran.code == 0
    told = json.loads(ran.out)
    assert told["groups"][0]["operator"] == "insider"
    assert {number for one in told["groups"] for number in one["parcels"]} >= ghosts
    kept = read_kept(path / "detect")
    assert kept is not None
    assert kept["groups"] == told["groups"]
    for _ in range(2):
        masked = json.loads(inside("parcels", str(path), "--register", "--format", "json").out)
        assert masked["groups"][0]["operator"].startswith("p-")
        with open_cases(path / "detect") as cases:
            assert len(cases.queue(now_us()).rows) == len(told["groups"])
    assert "never were" in inside("parcels", str(path)).out


def test_a_ledger_that_cannot_be_written_is_answered_and_not_registered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ledger_of(tmp_path, haunted(60)[0].tables())
    monkeypatch.setattr("wayseal.cli.parcels.can_write_casebook", lambda *_: False)
    assert "isn't kept" in inside("parcels", str(path)).err
    assert read_kept(path / "detect") is None
    assert inside("parcels", str(path), "--register").code != 0
