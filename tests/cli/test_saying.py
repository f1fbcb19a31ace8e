"""What `ingest` and `show` say of rows left out, files known already and ledgers without reads."""

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
    command = ("ingest", tmp_path / "log.csv", "--map", tmp_path / "m.toml", "--ledger", tmp_path / "L")
    assert "1 rows from log.csv, 1 left out as the mapping says" in said(*command)
    assert "make a new ledger" in said(*command)
    assert "请另建账本" in said(*command, "--lang", "zh")
    shown = said("show", tmp_path / "L")
    assert "1 rows left out as mappings say" in shown
    assert "replaced" not in shown
    assert '"dropped": 1' in said("show", tmp_path / "L", "--format", "json")
    assert "（第 1 代）" in said("show", tmp_path / "L", "--lang", "zh")


def test_a_ledger_without_reads_says_so(tmp_path: Path) -> None:
    (tmp_path / "accesses.csv").write_text("at,actor,waybill\n", encoding="utf-8")
    said("ingest", tmp_path / "accesses.csv", "--ledger", tmp_path / "L", "-q")
    assert "holds no reads" in said("show", tmp_path / "L")


def test_an_empty_file_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset/accesses.csv").write_text("at,actor,waybill\n", encoding="utf-8")
    (tmp_path / "dataset/notes.txt").touch()
    told = said("ingest", tmp_path / "dataset", "--ledger", tmp_path / "L")
    assert told.count("other files were left alone") == 1
