"""`wayseal map`: which table, what it doesn't write over, and how it ends where it isn't sure."""

from pathlib import Path

import pytest

from tests.cli.running import Ran, inside
from tests.store import strange
from tests.store.workbooks import Cell, workbook


def run(*words: object, code: int = 0) -> Ran:
    ran = inside(*words)
    assert ran.code == code, ran.err
    return ran


def test_a_corrected_file_is_not_replaced(tmp_path: Path) -> None:
    sample, out = tmp_path / "log.csv", tmp_path / "m.toml"
    sample.write_text("at,user,waybill\n2026-03-02T09:00:00Z,u,YT1234567890123\n", encoding="utf-8")
    assert "wayseal ingest" in run("map", sample, "--out", out).err
    out.write_text("mine", encoding="utf-8")
    assert "--force" in run("map", sample, "--out", out, code=2).err
    assert out.read_text(encoding="utf-8") == "mine"
    run("map", sample, "--out", out, "--force")
    assert 'table = "accesses"' in out.read_text(encoding="utf-8")


@pytest.mark.parametrize("table", [(), ("--table", "leaks")])
def test_a_list_of_leaks(table: tuple[str, ...], tmp_path: Path) -> None:
    sample, out = tmp_path / "bought.csv", tmp_path / "m.toml"
    sample.write_text("运单号,发现时间\nYT1234567890123,2026/3/3 15:38\n", encoding="utf-8")
    assert "wayseal trace LEDGER --leaks" in run("map", sample, *table, "--out", out).err
    assert 'table = "leaks"' in out.read_text(encoding="utf-8")


def test_a_draft_that_is_not_sure_ends_with_a_code_of_its_own(tmp_path: Path) -> None:
    """It ended with 0: scans of codes were reads, and an application's log was a table without accounts."""
    ran = run("map", strange.pda(tmp_path / "pda.log"), "--out", tmp_path / "m.toml", code=16)
    assert "m.toml: `actor`: nothing was found for it" in ran.err
    assert "# NOT SURE: `actor`" in (tmp_path / "m.toml").read_text(encoding="utf-8")
    assert "# NOT SURE" in run("map", tmp_path / "pda.log", code=16).out


def test_what_is_no_table_ends_with_another_and_writes_nothing(tmp_path: Path) -> None:
    for path in (strange.log4j(tmp_path / "app.log"), strange.menu(tmp_path / "menu.csv")):
        ran = run("map", path, "--out", tmp_path / "m.toml", code=17)
        assert ran.err.startswith("wayseal: ")
        assert not (tmp_path / "m.toml").exists()
    run("map", tmp_path / "menu.csv", "--table", "scans", code=16)


def test_each_table_of_a_workbook_gets_a_file(tmp_path: Path) -> None:
    staff: list[list[Cell]] = [["工号", "岗位"]]
    staff += [[f"57{n:04}", "客服"] for n in range(20)]
    sites: list[list[Cell]] = [["网点编码", "网点类型", "城市", "大区"]]
    sites += [[f"A{n}", "网点", "杭州", "华东"] for n in range(20)]
    book = workbook(
        tmp_path / "b.xlsx", {"甲": staff, "乙": sites, "丙": [["岗位", "工号"], ["客服", "1"], ["客服", "2"]]}
    )
    run("map", book, "--out", tmp_path / "b.toml")
    assert sorted(path.name for path in tmp_path.glob("*.toml")) == [
        "b.actors-2.toml", "b.actors.toml", "b.outlets.toml",
    ]  # fmt: skip
    run("map", book, "--out", tmp_path / "b.toml", code=2)
