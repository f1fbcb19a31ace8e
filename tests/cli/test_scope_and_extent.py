"""`wayseal scope` and `wayseal extent` as a person runs them."""

import json
from codecs import BOM_UTF8
from pathlib import Path

import pytest

from tests.cli.running import SOLD, Ran, bought, inside, log


def refused(ran: Ran, code: int, *words: str) -> None:
    assert ran.code == code, ran
    assert ran.out == ""
    lines = ran.err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("wayseal: ")
    for word in words:
        assert word in lines[0]


def found_by(path: Path, **kinds: list[str]) -> Path:
    rows = [f"{number},2026-03-02T21:00:00Z,{kind}" for kind, numbers in kinds.items() for number in numbers]
    path.write_text("\n".join(["waybill,seen_at,found_by", *rows]) + "\n", encoding="utf-8")
    return path


NUMBERS = [f"YT{2_000_000 + n}" for n in range(60)]


def test_a_scope_in_chinese_on_a_page(base: Path, tmp_path: Path) -> None:
    page = tmp_path / "scope.html"
    told = inside("scope", base / "L", "--source", "thief", "--format", "html", "--lang", "zh", "--out", page)
    assert (told.code, told.out, told.err) == (0, "", f"{page}\n")
    assert "账号" in page.read_text("utf-8")


def test_the_list_is_a_file_or_the_output(base: Path, tmp_path: Path) -> None:
    words = ("scope", base / "L", "--source", "thief", "--format", "csv")
    told = inside(*words, "--out", tmp_path / "list.csv")
    assert (told.code, told.out) == (0, "")
    assert "6 waybills listed" in told.err
    head, *rows = (tmp_path / "list.csv").read_text("utf-8").replace('"', "").splitlines()
    assert head == "\ufeffwaybill,first time,last time,reads,fields,origin,destination,basis"
    assert sorted(row.split(",")[0] for row in rows) == sorted(SOLD)
    assert inside(*words, "-q", cwd=tmp_path).out.encode() == (tmp_path / "list.csv").read_bytes().removeprefix(
        BOM_UTF8
    )
    assert inside(*words, "-q", "--out", tmp_path / "list.csv").err == ""


def test_a_list_is_written_whole_or_not_at_all(base: Path, tmp_path: Path) -> None:
    old = tmp_path / "list.csv"
    old.write_text("the old one")
    words = ("scope", base / "L", "--format", "csv", "--out", old, "--source")
    refused(inside(*words, "nobody"), 3, "no source of this id")
    refused(inside(*words, "thief", cwd=tmp_path, limit=16), 5, "list.csv")
    assert old.read_text() == "the old one"
    assert [p.name for p in tmp_path.iterdir()] == ["list.csv"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--source", "Thief"), 3, "an account with a similar id"),
        (("--source", "thief", "--kind", "outlet"), 3, "no outlet of this id"),
        (("--source", "thief", "--from", "2026-03-04", "--to", "2026-03-02"), 3, "--to lies before --from"),
        (("--source", "thief", "--from", "yesterday"), 3, "--from is neither"),
        (("--source", "thief", "--out", "no/such.txt"), 5, "no/such.txt"),
        (("--source", "thief", "--format", "csv", "--out", "no/such.csv"), 5, "no/such.csv"),
    ],
)
def test_what_a_scope_refuses(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    refused(inside("scope", base / "L", *words), code, said)


def test_a_period_without_reads_is_no_error(base: Path) -> None:
    told = inside("scope", base / "L", "--source", "thief", "--to", "2020-01-01")
    assert told.code == 0
    assert "shows nothing of account thief" in told.out


def test_an_empty_ledger_knows_no_source(tmp_path: Path) -> None:
    log(tmp_path / "accesses.csv", [])
    assert inside("ingest", tmp_path / "L", tmp_path / "accesses.csv", "-q").code == 0
    refused(inside("scope", tmp_path / "L", "--source", "u"), 3, "no source of this id")
    told = inside("extent", tmp_path / "L", "--leaks", bought(tmp_path / "leaks.csv"))
    assert told.code == 0
    assert "6 numbers the ledger doesn't know" in told.out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "x.csv: holds no number"),
        ("waybill,seen_at\n", "x.csv: holds no number"),
        ("waybill,seen_at\nYT1,never\n", "x.csv"),
        ("number\nYT1\n", "x.csv"),
    ],
)
def test_leaks_that_cannot_be_used(base: Path, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "x.csv").write_text(text)
    refused(inside("extent", base / "L", "--leaks", tmp_path / "x.csv"), 3, said)


def test_no_leaks_file(base: Path, tmp_path: Path) -> None:
    refused(inside("extent", base / "L", "--leaks", tmp_path / "none.csv"), 3, "none.csv")
    refused(inside("extent", tmp_path / "none", "--leaks", base / "leaks.csv"), 6, "none")


def test_simulated_reports_share_numbers_with_purchases(tmp_path: Path) -> None:
    words = (
        "simulate",
        tmp_path / "W",
        "--scenario",
        "tiny",
        "--bought",
        60,
        "--reports",
        60,
        "--unknown-share",
        0,
        "-q",
    )
    assert inside(*words).code == 0
    assert inside("ingest", tmp_path / "L", tmp_path / "W/dataset", "-q").code == 0
    told = inside("extent", tmp_path / "L", "--leaks", tmp_path / "W/leaks.csv", "--format", "json")
    report = json.loads(told.out)
    assert report["status"] == "estimate"
    assert [x["name"] for x in report["lists"]] == ["purchase", "report"]
    assert report["lists"][0]["shared"] > 0
    assert json.loads((tmp_path / "W/truth.json").read_text("utf-8"))["leaked"] > 60


def test_what_was_asked_without_an_answer_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "dataset"
    folder.mkdir()
    row = "YT1,2026-03-02T01:00:00Z,c-1,o-a,o-b"
    log(folder / "waybills.csv", [row], "waybill,issued_at,channel,origin_outlet,destination_outlet")
    asked = '"{""origin_outlet"":""o-a""}"'
    rows = [f"q{n},2026-03-0{n}T06:00:00Z,asker,{asked}" for n in (2, 3)]
    log(folder / "queries.csv", rows, "request,at,actor,filter")
    inside("ingest", tmp_path / "L", folder, "-q")
    words = ("scope", tmp_path / "L", "--source", "asker")
    told = inside(*words).out
    assert "What account asker was shown is known from its questions alone" in told
    assert "Of 2 searches only the question is logged" in told
    assert "shows nothing" not in told
    assert json.loads(inside(*words, "--to", "2026-03-02", "--format", "json").out)["queries"] == 1
    listed = inside(*words, "--format", "csv", "--out", tmp_path / "list.csv")
    assert "2 searches of which only the question is logged: 1 of the listed were shown by them" in listed.err
    assert (tmp_path / "list.csv").read_text("utf-8").splitlines()[1:] == [
        "YT1,2026-03-02T14:00:00+08:00,2026-03-03T14:00:00+08:00,,,,,query"
    ]
    assert "次查询只记录了条件" in inside(*words, "--lang", "zh").out
    shown = inside("show", tmp_path / "L").out
    assert "holds no reads, only what was asked" in shown
    assert "nothing can be traced" not in shown
