"""Pages of a ledger: what they tell, and what they never tell."""

from pathlib import Path

import pytest

from tests.cli.running import inside
from tests.console.world import World, text
from wayseal.console import Role
from wayseal.merkle import VerifyKey


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    rows = "".join(f"2026-03-02T0{hour}:00:00+08:00,courier-7,YT000000000000{hour}\n" for hour in range(1, 9))
    (tmp_path / "accesses.csv").write_text("at,actor,waybill\n" + rows, encoding="utf-8")
    made = tmp_path / "ledger"
    assert inside("ingest", made, tmp_path / "accesses.csv").code == 0
    return made


def test_the_ledger_is_held_against_what_was_signed(world: World, ledger: Path, tmp_path: Path) -> None:
    world.person("zhang", Role.AUDITOR)
    assert "<code>wayseal serve console LEDGER</code>" in world.signed_in("zhang").get("/ledger").text
    world.give(ledger)
    said = text(world.signed_in("zhang").get("/ledger"))
    assert "Not held against a checkpoint" in said
    assert "Reads 8" in said
    key, kept = tmp_path / "keeper.key", tmp_path / "kept"
    kept.mkdir()
    assert inside("ledger", "key", "new", "--out", key).code == 0
    assert inside("ledger", "checkpoint", ledger, "--key", key, "--out", kept / "2026-03-02.checkpoint").code == 0
    public = VerifyKey.parse((tmp_path / "keeper.key.pub").read_text("utf-8").strip())
    world.give(ledger, kept, public)
    browser = world.signed_in("zhang")
    assert "goes on from what was signed (2026-03-02)" in text(browser.get("/ledger"))
    # A newer one of another ledger, and one that somebody else signed.
    other = tmp_path / "other"
    assert inside("ingest", other, tmp_path / "accesses.csv").code == 0
    assert inside("ledger", "checkpoint", other, "--key", key, "--out", kept / "2026-03-03.checkpoint").code == 0
    assert "does not go on" in text(browser.get("/"))
    assert inside("ledger", "key", "new", "--out", tmp_path / "b.key").code == 0
    strange = kept / "2026-03-04.checkpoint"
    assert inside("ledger", "checkpoint", ledger, "--key", tmp_path / "b.key", "--out", strange).code == 0
    assert "isn't signed by the key" in text(browser.get("/ledger"))
    (ledger / "manifest.json").rename(ledger / "gone")
    page = browser.get("/ledger")
    assert page.status_code == 503
    assert str(tmp_path) not in page.text
