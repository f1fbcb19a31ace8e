"""`wayseal serve console`: what it can't start with."""

from pathlib import Path

import pytest

from tests.cli.running import inside


@pytest.mark.parametrize("given", [["console", "nowhere"], ["console", "--port", "70000"]])
def test_what_it_cant_start_with_is_told(given: list[str], tmp_path: Path) -> None:
    ran = inside("serve", *given, cwd=tmp_path)
    assert (ran.code in (2, 3), ran.out) == (True, "")
    assert "LEDGER" in ran.err or "port" in ran.err
    assert list(tmp_path.iterdir()) == []
