"""`wayseal mutes`."""

import json
from pathlib import Path

import pytest

from tests.cli.running import Ran, inside
from tests.tables import each

WHO = ("--who", "Wang, IT", "--why", "stock is counted")


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    log = tmp_path / "log.csv"
    log.write_text("at,actor,waybill\n2026-03-02T09:00:00+08:00,u-1042,YT1234567890123\n")
    assert inside("ingest", tmp_path / "ledger", log).code == 0
    return tmp_path / "ledger"


def mutes(what: str, ledger: Path, *words: object) -> Ran:
    return inside("mutes", what, ledger, *words)


def test_a_mute_is_made_listed_and_ended(ledger: Path) -> None:
    assert "m-1: muted until" in mutes("add", ledger, "--detector", "number_walks", "--lasts", "7d", *WHO).out
    assert mutes("add", ledger, "--account", "u-1042", "--hours", "22-6", *WHO).code == 0
    listed = json.loads(mutes("list", ledger, "--format", "json").out)["mutes"]
    assert [(one["id"], one["detectors"], one["hours"], one["muted"]) for one in listed] == [
        ("m-1", ["number_walks"], None, 0),
        ("m-2", [], [22, 6], 0),
    ]
    assert listed[1]["account"].startswith("p-")
    shown = mutes("list", ledger).out
    assert "22:00 to 6:00" in shown
    assert "u-1042" not in shown
    assert mutes("end", ledger, "m-1", "--who", "Li", "--why", "it is counted").out == "m-1 has ended.\n"
    assert "m-1" not in mutes("list", ledger).out
    assert "ended by Li: it is counted" in mutes("list", ledger, "--all").out


REFUSED = (
    (("add",), "needs a detector", 3),
    (("add", "--hours", "x"), "22-6", 2),
    (("add", "--hours", "22-25"), "hours", 3),
    (("add", "--detector", "own_tickets", "--lasts", "40d"), "31", 3),
    (("add", "--detector", "own_tickets", "--lasts", "x"), "--lasts", 2),
    (("add", "--detector", "canary_touch"), "--detector", 2),
    (("end", "m-9"), "no such mute", 3),
)


@each(["words", "text", "code"], REFUSED)
def test_what_cannot_be_is_refused(ledger: Path, words: tuple[str, ...], text: str, code: int) -> None:
    done = mutes(words[0], ledger, *words[1:], *WHO)
    assert (done.code, text in done.err) == (code, True), done.err
