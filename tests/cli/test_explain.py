"""`wayseal explain`: one account and one waybill, pseudonyms, and what is refused."""

import json
from pathlib import Path

import pytest

from tests.cli.running import inside
from tests.detect.explain.network import world
from tests.detect.making import commit
from wayseal.cases import load_pseudonyms, open_cases
from wayseal.cases.ledger.casebook import FOLDER
from wayseal.cases.types import Alert
from wayseal.model.times import micros

NOW = micros("2026-03-20T08:00:00+00:00")
TICKET = "YT0"
OWN = '[[template]]\nname = "ticket"\nenabled = false\n'


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger in which a-0 read YT0 by ticket, and a casebook with an open case of a-1 and none of a-0."""
    folder = tmp_path_factory.mktemp("explain")
    commit(folder, folder / "L", world())
    return folder / "L"


@pytest.fixture(scope="module")
def booked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("booked")
    commit(folder, folder / "L", world())
    with open_cases(folder / "L" / FOLDER) as writer:
        alerts = [
            Alert(actors=(a,), alerted_at=NOW, score=0.5, detectors=("x",), parcels_a_day=100.0, worth=True)
            for a in ("a-0", "a-1")
        ]
        ids = writer.register(alerts, NOW)
        writer.open(ids[1], "Li", "complaint", NOW)
    return folder / "L"


def test_one_account_and_one_waybill(ledger: Path) -> None:
    ran = inside("explain", ledger, "--actor", "a-0", "--waybill", "yt 0")
    assert ran.code == 0
    assert "Work explains the read: ticket" in ran.out
    assert "Ticket k-0 is the account's own" in ran.out
    chinese = inside("explain", ledger, "--actor", "a-0", "--waybill", TICKET, "--lang", "zh")
    assert "这次访问有工作依据：工单" in chinese.out
    made = json.loads(inside("explain", ledger, "--actor", "a-0", "--waybill", TICKET, "--format", "json").out)
    assert [r["template"] for r in made["reads"]] == ["ticket"]


def test_a_file_of_templates_counts(ledger: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(OWN, encoding="utf-8")
    ran = inside("explain", ledger, "--actor", "a-0", "--waybill", TICKET, "--templates", own)
    assert "No work in the tables explains the read" in ran.out
    own.write_text(OWN.replace("enabled", "enable"), encoding="utf-8")
    ran = inside("explain", ledger, "--actor", "a-0", "--waybill", TICKET, "--templates", own)
    assert (ran.code, "template.enable: not known here; did you mean enabled?" in ran.err) == (3, True)


@pytest.mark.parametrize(
    ("words", "code", "english", "chinese"),
    [
        (("--actor", "ghost", "--waybill", TICKET), 3, "no such account", "没有这个账号"),
        (("--actor", "a-0", "--waybill", "YT9404"), 3, "no such waybill", "没有这个运单"),
        (("--actor", "a-1", "--waybill", TICKET), 3, "has no read of this waybill", "没有这个账号对这个运单的访问"),
        (("--actor", "p-2222-3333-4444", "--waybill", TICKET), 3, "no such account", "没有这个账号"),
        (("--actor", "a-0"), 2, "Missing option '--waybill'", "--waybill"),
        (("--waybill", TICKET), 2, "Missing option '--actor'", "--actor"),
    ],
)
def test_what_is_refused(ledger: Path, words: tuple[str, ...], code: int, english: str, chinese: str) -> None:
    ran = inside("explain", ledger, *words)
    assert (ran.code, english in ran.err, ran.out) == (code, True, "")
    assert "ghost" not in ran.err
    assert "YT9404" not in ran.err
    assert chinese in inside("explain", ledger, *words, "--lang", "zh").err


def test_pseudonyms_are_understood_and_names_kept_back(booked: Path) -> None:
    pseudonym = load_pseudonyms(booked / FOLDER).of("a-0")
    ran = inside("explain", booked, "--actor", pseudonym, "--waybill", TICKET)
    assert f"{pseudonym} read YT0" in ran.out
    assert "a-0" not in ran.out
    assert "a-0 read YT0" in inside("explain", booked, "--actor", "a-0", "--waybill", TICKET).out
    opened = load_pseudonyms(booked / FOLDER).of("a-1")
    assert "a-1 read YT4" in inside("explain", booked, "--actor", opened, "--waybill", "YT4").out
    assert inside("explain", booked, "--actor", "p-2222-3333-4444", "--waybill", TICKET).code == 3
