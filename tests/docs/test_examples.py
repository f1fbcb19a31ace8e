"""The tutorial's sample is what its script writes."""

import subprocess
import sys
from pathlib import Path

from tests.docs.pages import DOCS

FOLDER = DOCS / "examples"


def test_the_script_writes_the_same_bytes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, FOLDER / "make_gateway_log.py", tmp_path], check=True)
    for name in ("gateway.csv", "bought.csv"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()
        assert (FOLDER / name).stat().st_size < 100_000
