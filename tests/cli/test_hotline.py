"""`wayseal hotline`: the log checked, and accounted for, with a public key alone."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.cases.hotline.world import World, a_world, over
from tests.cli.running import inside, worded
from tests.vault.log.helpers import KEY
from wayseal.cases.hotline import mailbox
from wayseal.cases.hotline.daylog import DAYLOG, DayLog, days
from wayseal.merkle import SigningKey
from wayseal.proofs.reports import leaf_of


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two reports, one of which was deleted."""
    with a_world(tmp_path / "w", DAYLOG) as world:
        log = DayLog(world.desk, KEY, "x")
        over(world, world.report(1))
        world.report(2)
        world.desk.remind_and_purge(world.cases)
        world.wait(1)
        log.close_days()
        (tmp_path / "log.pub").write_text(f"{KEY.verify_key}\n")
        yield world


def test_a_sound_log(world: World, tmp_path: Path) -> None:
    key = ("--key", tmp_path / "log.pub")
    note = world.database.read(lambda c: c.execute(sa.select(days.c.note)).scalar()) or ""
    (tmp_path / "kept").write_text(note, "utf-8")
    said = inside("hotline", "verify", world.folder, *key, "--checkpoint", tmp_path / "kept")
    assert (said.code, said.out) == (0, "1 day of the log; 0 findings\n")
    before = {path: path.stat().st_size for path in world.folder.iterdir()}
    found = json.loads(inside("hotline", "verify", world.folder, *key, "--format", "json").out)
    assert found == {"days": 1, "findings": []}
    assert {path: path.stat().st_size for path in world.folder.iterdir()} == before


def test_what_is_wrong_is_named_in_either_language(world: World, tmp_path: Path) -> None:
    world.database.write(lambda c: c.execute(mailbox.letters.delete().where(mailbox.letters.c.sender == "reporter")))
    other = SigningKey(name=KEY.name, seed=bytes(32))
    (tmp_path / "kept").write_text(other.sign("wayseal hotline x\n8\n" + "A" * 43 + "=\nday 2026-01-01\n"), "utf-8")
    args = ("hotline", "verify", world.folder, "--key", tmp_path / "log.pub", "--checkpoint", tmp_path / "kept")
    said = inside(*args)
    assert (said.code, said.err) == (7, "")
    first, *lines = said.out.splitlines()
    assert first == "1 day of the log; 3 findings"
    assert sum("leaves/" in one for one in lines) == 2
    assert f"{tmp_path / 'kept'}: this checkpoint isn't of the log as it stands" in lines[-1]
    chinese = inside("--lang", "zh", *args)
    assert chinese.code == 7
    assert not {"leaf", "act", "checkpoint"}.intersection(chinese.out.split())
    assert worded("zh", "{days:,} {days:day|days} of the log; {count:,} {count:finding|findings}", days=1, count=3) in (
        chinese.out
    )


def test_every_leaf_is_accounted_for(world: World) -> None:
    day = str(world.today)
    said = inside("hotline", "account", world.folder, "--upto", day, "--format", "json")
    found = json.loads(said.out)
    assert said.code == 0
    assert [one["index"] for one in found] == list(range(8))
    stands = sorted(one["stands"] for one in found)
    assert stands == ["decoy"] * 5 + ["deleted"] * 2 + ["there"]
    (gone, _) = (one for one in found if one["stands"] == "deleted")
    assert (gone["rule"], gone["gone"] < day) == ("days", True)
    hashes = [leaf_of(one["entry"], bytes.fromhex(one["salt"])) for one in found]
    assert hashes == sorted(hashes)
    text = inside("hotline", "account", world.folder, "--upto", day).out.splitlines()
    assert [found[n]["salt"] in one for n, one in enumerate(text)] == [True] * 8
    assert sum("deleted on" in one and "by the rule days" in one for one in text) == 2
    assert json.loads(inside("hotline", "account", world.folder, "--upto", "2020-01-01", "--format", "json").out) == []


def test_a_folder_without_a_hotline(tmp_path: Path) -> None:
    said = inside("hotline", "account", tmp_path, "--upto", "2026-01-01")
    assert (said.code, said.out) == (3, "")
    assert "there is no hotline here" in said.err
