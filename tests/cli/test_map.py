"""`wayseal map`: which table, and what it doesn't write over."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from wayseal.cli import app
from wayseal.cli.map import MapError


def run(*words: object) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stderr


def test_a_corrected_file_is_not_replaced(tmp_path: Path) -> None:
    sample, out = tmp_path / "log.csv", tmp_path / "m.toml"
    sample.write_text("at,user,waybill\n2026-03-02T09:00:00Z,u,YT1234567890123\n", encoding="utf-8")
    assert "wayseal ingest" in run("map", sample, "--out", out)
    out.write_text("mine", encoding="utf-8")
    with pytest.raises(MapError, match="--force") as caught:
        run("map", sample, "--out", out)
    assert caught.value.exit_code == 2
    assert out.read_text(encoding="utf-8") == "mine"
    run("map", sample, "--out", out, "--force")
    assert 'table = "accesses"' in out.read_text(encoding="utf-8")


def test_a_list_of_leaks(tmp_path: Path) -> None:
    sample, out = tmp_path / "bought.csv", tmp_path / "m.toml"
    sample.write_text("运单号,发现时间\nYT1234567890123,2026/3/3 15:38\n", encoding="utf-8")
    assert "wayseal trace LEDGER --leaks" in run("map", sample, "--table", "leaks", "--out", out)
    assert 'table = "leaks"' in out.read_text(encoding="utf-8")
