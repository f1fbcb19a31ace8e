"""What `ingest` and `show` say of rows left out, files known already and ledgers without reads."""

import json
from pathlib import Path

from typer.testing import CliRunner

from wayseal.cli import app

MAPPING = """table = "accesses"
[columns]
at = "at"
actor = "u"
waybill = "w"
[[drop]]
column = "s"
equals = ["404"]
"""
ROWS = "at,u,w,s\n2026-03-01T00:00:00Z,u,YT1,200\n2026-03-01T00:01:00Z,u,YT2,404\n"


def said(*words: object) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stderr + done.stdout


def test_rows_left_out_and_files_known_already(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "log.csv").write_text(ROWS, encoding="utf-8")
    command = ("ingest", tmp_path / "L", tmp_path / "log.csv", "--map", tmp_path / "m.toml")
    assert "1 row from log.csv, 1 left out as the mapping says" in said(*command)
    assert "log.csv is in the ledger already; nothing changed\n" in said(*command)
    shown = said("show", tmp_path / "L")
    assert "1 row left out as mappings say" in shown
    assert "replaced" not in shown
    assert '"dropped": 1' in said("show", tmp_path / "L", "--format", "json")
    assert "（第 1 代）" in said("show", tmp_path / "L", "--lang", "zh")


def test_a_file_known_under_another_mapping_or_offset(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "n.toml").write_text("# a remark\n" + MAPPING.replace("404", "403"), encoding="utf-8")
    (tmp_path / "log.csv").write_text(ROWS, encoding="utf-8")
    command = ("ingest", tmp_path / "L", tmp_path / "log.csv", "--map")
    said(*command, tmp_path / "m.toml")
    n, m = tmp_path / "n.toml", tmp_path / "m.toml"
    for way, rows in (((n,), "1 row"), ((m, "--offset", "+08:00"), "2 rows"), ((n,), "1 row")):
        assert f"accesses: log.csv was read again: {rows} of its earlier reading went" in said(*command, *way)
    (tmp_path / "n.toml").write_text("# a remark\n" + MAPPING.replace("404", "403") + "\n", encoding="utf-8")
    assert "log.csv is in the ledger already; nothing changed\n" in said(*command, tmp_path / "n.toml", "--offset", "Z")
    assert "log.csv 已重新读取：上次读入的 2 行" in said(*command, tmp_path / "m.toml", "--lang", "zh")


def test_a_log_that_has_grown(tmp_path: Path) -> None:
    command = ("ingest", tmp_path / "L", tmp_path / "accesses.csv")
    (tmp_path / "accesses.csv").write_text("at,actor,waybill\n2026-03-01T00:00:00Z,u,YT1\n", encoding="utf-8")
    said(*command)
    with (tmp_path / "accesses.csv").open("a") as log:
        log.write("2026-03-01T00:05:00Z,u,YT2\n")
    assert "1 row from accesses.csv, all after line 2 (what stands before is in the ledger already)" in said(*command)
    shown = json.loads(said("show", tmp_path / "L", "--format", "json"))
    assert shown["rows"] == {"accesses": 2}
    assert [(s["rows"], s["dropped"], s["after"]) for s in shown["sources"]] == [(1, 0, 0), (1, 0, 2)]


def test_a_ledger_without_reads_says_so(tmp_path: Path) -> None:
    (tmp_path / "accesses.csv").write_text("at,actor,waybill\n", encoding="utf-8")
    said("ingest", tmp_path / "L", tmp_path / "accesses.csv", "-q")
    assert "holds no reads" in said("show", tmp_path / "L")


def test_an_empty_file_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset/accesses.csv").write_text("at,actor,waybill\n", encoding="utf-8")
    (tmp_path / "dataset/notes.txt").touch()
    told = said("ingest", tmp_path / "L", tmp_path / "dataset")
    assert told.count("1 other file was left alone") == 1
