"""Pages of a ledger and of its casebook: what they tell, and what they never tell."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.running import inside
from tests.console.world import World, text
from wayseal.cases import open_cases
from wayseal.cases.types import FILE, Alert
from wayseal.console import Role
from wayseal.console.web.app import LedgerReader
from wayseal.merkle import VerifyKey

DAY = 86_400_000_000
NAMES = ("courier-7", "clerk<b>9")
NOW = 20_000 * DAY


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    rows = "".join(f"2026-03-02T0{hour}:00:00+08:00,courier-7,YT000000000000{hour}\n" for hour in range(1, 9))
    (tmp_path / "accesses.csv").write_text("at,actor,waybill\n" + rows, encoding="utf-8")
    made = tmp_path / "ledger"
    assert inside("ingest", made, tmp_path / "accesses.csv").code == 0
    return made


def give(world: World, ledger: Path, checkpoints: Path | None = None, key: VerifyKey | None = None) -> None:
    world.site = replace(world.site, ledger=LedgerReader(ledger, checkpoints, key), casebook=ledger / "detect")
    world._app = None


def test_cases_are_shown_under_pseudonyms(world: World, ledger: Path) -> None:
    give(world, ledger)
    world.person("ann", Role.ANALYST)
    browser = world.signed_in("ann")
    assert "no case yet" in text(browser.get("/cases"))
    with open_cases(ledger / "detect") as book:
        for number, name in enumerate(NAMES):
            alert = Alert(actors=(name,), alerted_at=NOW, score=0.4 + number / 2, detectors=("number_walks",))
            book.register([alert], NOW)
        book.open("c-1", "chen", "told by courier-7's outlet", NOW)
        book.hear("c-1", "chen", "courier-7 says that it was a colleague", NOW)
        book.verdict("c-1", False, "chen", "courier-7 helped out", NOW)
    for path, said in (
        ("/", "1 nobody opened yet"),
        ("/", "To decide first"),
        ("/cases", "90%"),
        ("/cases?state=false", "Walks through numbers"),
        ("/cases?state=opened", "No case stands like this"),
        ("/cases/c-1", "Person heard"),
        ("/cases/c-1", "Verdict: work"),
        ("/cases/c-2", "probability 90%"),
    ):
        page = browser.get(path)
        assert page.status_code == 200
        assert said in text(page), path
        # Also of a case that was opened: a name is shown by a recorded act alone.
        assert not any(name in page.text for name in ("courier-7", "clerk", "colleague", "helped"))
    assert browser.get("/cases").text.index("c-2<") < browser.get("/cases").text.index("c-1<")
    assert browser.get("/cases/c-3").status_code == 404
    with closing(sqlite3.connect(ledger / "detect" / FILE)) as database, database:
        changed = database.execute("UPDATE casework_journal SET content = replace(content, 'chen', 'lina')")
        assert changed.rowcount
    page = browser.get("/cases")
    assert page.status_code == 503
    assert "courier-7" not in page.text
    assert browser.get("/").status_code == 200


def test_the_ledger_is_held_against_what_was_signed(world: World, ledger: Path, tmp_path: Path) -> None:
    world.person("zhang", Role.AUDITOR)
    give(world, ledger)
    said = text(world.signed_in("zhang").get("/ledger"))
    assert "Not held against a checkpoint" in said
    assert "Reads 8" in said
    key, kept = tmp_path / "keeper.key", tmp_path / "kept"
    kept.mkdir()
    assert inside("ledger", "key", "new", "--out", key).code == 0
    assert inside("ledger", "checkpoint", ledger, "--key", key, "--out", kept / "2026-03-02.checkpoint").code == 0
    public = VerifyKey.parse((tmp_path / "keeper.key.pub").read_text("utf-8").strip())
    give(world, ledger, kept, public)
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
