"""`wayseal reads`: what is recorded, what is shown to whom, what is refused."""

import codecs
import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.detecting import as_anybody
from tests.cli.running import Ran, inside
from tests.console.beneath import linked
from tests.tables import each
from wayseal.cases import load_pseudonyms, read_casebook
from wayseal.cases.book import RecordedCase
from wayseal.cases.ledger.casebook import FOLDER
from wayseal.cases.types import FILE, NamesShown, Unmasking

BY = ("--who", "Li, audit", "--why", "complaint 7")


@pytest.fixture(scope="module")
def made(ready: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with a casebook of what detection found in it."""
    path = tmp_path_factory.mktemp("reads") / "L"
    shutil.copytree(ready, path)
    assert inside("detect", path, "-q", "--format", "json").code == 0
    return path


@pytest.fixture
def ledger(made: Path, tmp_path: Path) -> Path:
    """The same, to be written to: the casebook is a copy, all else is shared."""
    path = tmp_path / "L"
    path.mkdir()
    for each_ in made.iterdir():
        if each_.name == FOLDER:
            shutil.copytree(each_, path / FOLDER)
        elif each_.is_dir():
            shutil.copytree(each_, path / each_.name, copy_function=linked)
        else:
            shutil.copy(each_, path)
    return path


@pytest.fixture
def case(ledger: Path) -> RecordedCase:
    """A case of a device that nobody used before."""
    book = read_casebook(ledger / FOLDER)
    return next(c for c in book.cases if "new_device_or_address" in c.detectors)


def listed(ledger: Path, *words: object) -> list[dict[str, Any]]:
    ran = inside("reads", ledger, *words, "--format", "json", "-q")
    assert (ran.code, ran.err) == (0, "")
    found: list[dict[str, Any]] = json.loads(ran.out)["reads"]
    return found


def test_the_device_that_a_reason_speaks_of(ledger: Path, case: RecordedCase) -> None:
    every = listed(ledger, "--case", case.id, *BY)
    odd = listed(ledger, "--case", case.id, "--reason", "new_device_or_address", *BY)
    assert {read["read"] for read in odd} < {read["read"] for read in every}
    assert all("new_device_or_address" in read["reasons"] for read in odd)
    assert all(read["device"] or read["ip"] for read in odd)
    assert {read["actor"] for read in every} <= set(case.actors)
    told = inside("reads", ledger, "--case", case.id, "--reason", "new_device_or_address", *BY, "-q").out
    assert str(odd[-1]["device"] or odd[-1]["ip"]) in told
    assert odd[-1]["waybill"] in told
    ran = inside("reads", ledger, "--case", case.id, *BY, "--format", "csv", "-q")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [(r["read"], r["actor"], r["device"], r["ip"]) for r in rows] == [
        (r["read"], r["actor"], r["device"] or "", r["ip"] or "") for r in every
    ]
    file = ledger.parent / "reads.csv"
    inside("reads", ledger, "--case", case.id, *BY, "--format", "csv", "-q", "--out", file)
    assert file.read_bytes() == codecs.BOM_UTF8 + ran.out.encode(), "a spreadsheet must know it for UTF-8"
    one = every[0]["waybill"]
    assert listed(ledger, "--case", case.id, "--waybill", one, *BY) == [r for r in every if r["waybill"] == one]
    assert len(listed(ledger, "--case", case.id, "--all", *BY)) > len(every)


def test_each_look_is_written_down_before(ledger: Path, case: RecordedCase) -> None:
    actor = case.actors[0]
    pseudonym = load_pseudonyms(ledger / FOLDER).of(actor)
    for given in (pseudonym, actor):
        assert {r["actor"] for r in listed(ledger, "--case", case.id, "--actor", given, *BY)} == {actor}
    acts = read_casebook(ledger / FOLDER).case(case.id).acts
    assert [(a.look, a.who, a.why, a.cases) for a in acts if isinstance(a, NamesShown)] == [
        (Unmasking.READS, BY[1], BY[3], {case.id: (actor,)})
    ] * 2
    assert "Li, audit looked at its reads: complaint 7" in inside("case", "list", ledger).out
    shown = json.loads(inside("case", "list", ledger, "--format", "json").out)["cases"]
    assert next(c for c in shown if c["case"] == case.id)["acts"][0]["act"] == "reads"


def test_what_cannot_be_written_down_is_not_shown(ledger: Path, case: RecordedCase) -> None:
    (ledger / FOLDER / FILE).chmod(0o400)
    (ledger / FOLDER).chmod(0o500)
    with as_anybody():
        ran = inside("reads", ledger, "--case", case.id, *BY, "-q")
    (ledger / FOLDER).chmod(0o700)
    assert (ran.code, ran.out) == (5, "")


def test_a_waybill_without_a_case_names_nobody(ledger: Path, case: RecordedCase) -> None:
    (one, *_) = listed(ledger, "--case", case.id, *BY)
    before = (ledger / FOLDER / FILE).read_bytes()
    ran = inside("reads", ledger, "--waybill", one["waybill"], "--format", "json")
    found = json.loads(ran.out)
    assert found["kept_back"]
    assert (ledger / FOLDER / FILE).read_bytes() == before
    for read in found["reads"]:
        assert (read["session"], read["ip"], read["device"]) == (None, None, None)
        assert read["actor"].startswith("p-") or read["actor"] in case.actors
    assert one["read"] in [read["read"] for read in found["reads"]]
    assert inside("verdict", ledger, case.id, "false", *BY).code == 0
    ran = inside("reads", ledger, "--waybill", one["waybill"])
    assert one["actor"] not in ran.out
    assert "kept back" in ran.out


@each(
    ("words", "code", "english", "chinese"),
    [
        ((), 2, "give --case with --who and --why, or --waybill alone", "或者只给出 --waybill"),
        (("--actor", "u-1", "--waybill", "YT1"), 2, "or --waybill alone", "或者只给出 --waybill"),
        (("--waybill", "YT1", "--all"), 2, "or --waybill alone", "或者只给出 --waybill"),
        (("--case", "CASE"), 2, "--case needs --who and --why", "--case 需要 --who 和 --why"),
        (("--case", "CASE", "--who", "Li"), 2, "--case needs --who and --why", "--case 需要"),
        (("--case", "CASE", "--who", "Li", "--why", "\n"), 2, "why: one line", "why：须为一行"),
        (("--case", "CASE", *BY, "--all", "--reason", "heavy_actions"), 2, "without --reason", "不能与 --reason"),
        (("--case", "CASE", *BY, "--reason", "no_such"), 2, "has no such reason; it has", "没有这条理由"),
        (("--case", "c-999", *BY), 3, "there is no case c-999", "c-999"),
        (("--case", "CASE", *BY, "--actor", "ghost"), 3, "has no such account", "账号"),
        (("--case", "CASE", *BY, "--offset", "8"), 2, "--offset must be such as +08:00", "+08:00"),
    ],
)
def test_what_is_refused_is_not_written_down(
    made: Path, words: tuple[str, ...], code: int, english: str, chinese: str
) -> None:
    id_ = read_casebook(made / FOLDER).cases[0].id
    before = (made / FOLDER / FILE).read_bytes()
    asked = [id_ if word == "CASE" else word for word in words]
    ran: Ran = inside("reads", made, *asked)
    assert (ran.code, ran.out) == (code, "")
    assert english in " ".join(ran.err.replace("│", " ").split())
    assert "ghost" not in ran.err
    assert chinese in inside("reads", made, *asked, "--lang", "zh").err
    assert (made / FOLDER / FILE).read_bytes() == before


def test_a_ledger_without_a_casebook(base: Path) -> None:
    ran = inside("reads", base / "L", "--case", "c-1", *BY)
    assert (ran.code, "no case has been registered yet" in ran.err) == (3, True)
    (read,) = listed(base / "L", "--waybill", "yt 2000045", "--lang", "zh")[-1:]
    assert read["actor"] == "thief"
    assert listed(base / "L", "--waybill", "YT404") == []
