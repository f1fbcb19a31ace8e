"""What stands in ```console blocks is run, page by page, in the order in which a reader would; output is compared.

A page shows the lines of an output that matter: each must be in the real output, in that order, but spaces, line breaks
and the values of decimal fractions don't count. A command fails where the page says that it ends with an error (a line
that starts "wayseal: ").
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, markdown, steps

PAGES = [str(p.relative_to(ROOT)) for p in markdown() if steps(str(p.relative_to(ROOT)))]


def squeezed(text: str) -> str:
    return re.sub(r"\d+\.\d+", "#.#", re.sub(r"[\s│─┃━╭╮╰╯]+", "", text))


def run(command: str, folder: Path) -> tuple[int, str]:
    environment = {k: v for k, v in os.environ.items() if k not in {"NUMBA_DISABLE_JIT", "COVERAGE_PROCESS_START"}}
    # The folder of this Python, where the command was installed; the tests' own settings stay out of it.
    environment |= {
        "PATH": f"{Path(sys.executable).parent}:{environment['PATH']}",
        "COLUMNS": "100",
        "LC_ALL": "C.UTF-8",
    }
    bash = shutil.which("bash")
    assert bash
    done = subprocess.run(
        [bash, "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout.decode("utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_run_and_say_what_it_shows(page: str, tmp_path: Path) -> None:
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    for step in steps(page):
        code, output = run(step.command, tmp_path)
        fails = any(line.startswith("wayseal: ") for line in step.shown)
        assert (code != 0) == fails, f"{step.command}\n{output}"
        assert "Traceback" not in output
        rest = squeezed(output)
        for line in (part for shown in step.shown for part in re.split("…|\\.\\.\\.$", shown)):
            wanted = squeezed(line)
            assert wanted in rest, f"{step.command}\n{line}\n--- is not (or not here) in\n{output}"
            rest = rest.split(wanted, 1)[1] if wanted else rest


def test_make_targets_of_the_readme_exist() -> None:
    made = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("demo", "test"):
        assert re.search(rf"^{target}:", made, re.MULTILINE)
        for page in ("README.md", "README.zh.md"):
            assert f"\nmake {target}" in (ROOT / page).read_text(encoding="utf-8")
