"""`wayseal rights` as a person runs it."""

import json
from pathlib import Path

import pytest

from tests.cli.running import inside, log


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    folder = tmp_path / "dataset"
    folder.mkdir()
    rows = [f"2026-03-0{day}T06:00:00Z,u-1,YT200000{day},view" for day in range(2, 8)]
    log(folder / "accesses.csv", rows, "at,actor,waybill,action")
    actors = ['u-1,person,clerk,"waybill.view,own.word"', 'u-2,person,clerk,"waybill.view,own.word"']
    log(folder / "actors.csv", actors, "actor,kind,role,rights")
    assert inside("ingest", tmp_path / "L", folder, "-q").code == 0
    return tmp_path / "L"


def test_on_the_screen_as_json_and_as_a_page(ledger: Path, tmp_path: Path) -> None:
    before = sorted(p.name for p in ledger.iterdir())
    told = inside("rights", ledger)
    assert (told.code, told.err) == (0, "")
    assert "The log covers 6 days" in told.out
    report = json.loads(inside("rights", ledger, "--format", "json", "--days", 3).out)
    assert (report["reads"], report["period"]["covered"], report["period"]["whole"]) == (3, 3, True)
    assert [(d["actor"], d["why"]) for d in report["dormant"]] == [("u-2", "never")]
    page = tmp_path / "r.html"
    told = inside("rights", ledger, "--format", "html", "--out", page, "--lang", "zh")
    assert (told.code, told.out, told.err) == (0, "", f"{page}\n")
    assert "沉睡账号" in page.read_text("utf-8")
    assert sorted(p.name for p in ledger.iterdir()) == before


def test_files_of_the_couriers_own(ledger: Path, tmp_path: Path) -> None:
    rights, templates = tmp_path / "r.toml", tmp_path / "t.toml"
    rights.write_text('[[right]]\nname = "own.word"\nactions = ["view"]\nscope = "all"\n', "utf-8")
    templates.write_text('[[template]]\nname = "x"\nby = "mandate"\nrights = ["own.word"]\n', "utf-8")
    words = ("rights", ledger, "--format", "json")
    told = json.loads(inside(*words, "--map", rights, "--templates", templates).out)
    assert [r["known"] for r in told["rights"]] == [True, True]
    assert json.loads(inside(*words).out)["rights"][0]["known"] is False


@pytest.mark.parametrize(
    ("text", "code", "english", "chinese"),
    [
        ("[[right]]\n", 3, "r.toml:1: right.name: this key is needed", "r.toml:1: right.name：缺少"),
        ("[[right", 3, "not TOML", "不是 TOML"),
        (None, 5, "No such file", "没有这个文件"),
    ],
)
def test_what_cannot_be_used(
    ledger: Path, tmp_path: Path, text: str | None, code: int, english: str, chinese: str
) -> None:
    path = tmp_path / "r.toml"
    if text is not None:
        path.write_text(text, "utf-8")
    for lang, said in (("en", english), ("zh", chinese)):
        told = inside("rights", ledger, "--map", path, "--lang", lang)
        assert (told.code, told.out) == (code, "")
        assert said in told.err
    assert inside("rights", ledger, "--days", 0).code == 2
