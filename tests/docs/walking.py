"""How the commands of a page are run: in this process, through a shell, or not again.

A plain call of `wayseal` runs in this process: words and quotes, and nothing that a shell would act upon but an ending
`|| true`. All else goes through bash, as does everything in deep runs and on the page `REAL`.

Worlds are simulated and ingested once. A page's opening is its `simulate` and `ingest` steps until something else
comes, as long as they read nothing but what they made. It starts in an empty folder, so its commands decide what it
says and leaves ("same input, version and seed: same output"; a ledger's salts are its own, and nothing that a page
shows depends on them). Pages that open alike, in both languages, share one run of it. What a page's commands find in a
ledger, its twin's find again without looking (`tests/cli/looking.py`).
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from hashlib import sha256
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from tests.cli.looking import SEEN, looking_once
from tests.docs.pages import ROOT, Step
from tests.effort import DEEP
from tests.once import made_once
from wayseal.cli import main

REAL = "docs/how-to/rights.md"
"""The page whose commands are always run anew, each as a process, as a reader would."""
NEVER_FAILS = " || true"
_SHELL = re.compile(r"[|&;<>()$`*?\[\]{}~!#\\\n]")
_OPENING = re.compile(r"wayseal (simulate|ingest) ")

Ran = tuple[int, str]
"""Exit code and output, both streams as one."""


def walked(page: str, steps: Sequence[Step], folder: Path) -> Iterator[tuple[Step, Ran]]:
    """Each step of a page with what came of it, in the order of the page.

    Args:
        page: The page; `REAL` is run as a reader would.
        steps: The page's steps.
        folder: An empty folder, in which the page is read.
    """
    real = DEEP or page == REAL
    opening = () if real else _opening(steps)
    done = _opened(opening, folder) if opening else []
    (folder / "docs").symlink_to(ROOT / "docs")
    for number, step in enumerate(steps):
        if number < len(opening):
            yield step, done[number]
        else:
            yield step, as_a_process(step.command, folder) if real else run(step.command, folder)


def run(command: str, folder: Path) -> Ran:
    """In this process where that is the same, else through a shell."""
    plain = command.removesuffix(NEVER_FAILS)
    if not plain.startswith("wayseal ") or _SHELL.search(plain):
        return as_a_process(command, folder)
    code, output = _inside(shlex.split(plain), folder)
    return (code if plain == command else 0), output


def as_a_process(command: str, folder: Path) -> Ran:
    """Through bash."""
    # The tests' own settings stay out of it.
    environment = {k: v for k, v in os.environ.items() if k not in {"NUMBA_DISABLE_JIT", "COVERAGE_PROCESS_START"}}
    bash = shutil.which("bash")
    assert bash
    done = subprocess.run(
        [bash, "-c", command],
        cwd=folder,
        env=environment | _settings(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout.decode("utf-8")


def _settings() -> dict[str, str]:
    """The folder of this Python, where the command was installed, and a terminal of one width and language."""
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "COLUMNS": "100",
        "LC_ALL": "C.UTF-8",
    }


def _inside(words: list[str], folder: Path) -> Ran:
    """A call of `wayseal` in this process."""
    out, code = TextIOWrapper(BytesIO(), encoding="utf-8", write_through=True), 0
    with (
        pytest.MonkeyPatch.context() as patch, looking_once(SEEN), chdir(folder), redirect_stdout(out),
        redirect_stderr(out),
    ):  # fmt: skip
        patch.setattr(sys, "argv", words)
        for name, value in _settings().items():
            patch.setenv(name, value)
        try:
            main()
        except SystemExit as stopped:
            code = int(stopped.code or 0)
    out.seek(0)
    return code, out.read()


def _opening(steps: Sequence[Step]) -> tuple[str, ...]:
    """The first commands, as far as they make their world and ledger out of nothing."""
    commands = [step.command for step in steps]
    for number, command in enumerate(commands):
        hangs_on_today = " --start " in command
        if not _OPENING.match(command) or _SHELL.search(command) or "docs/" in command or hangs_on_today:
            return tuple(commands[:number])
    return tuple(commands)


def _opened(commands: Sequence[str], folder: Path) -> list[Ran]:
    """Leaves in a folder what these commands leave, and tells what they said."""

    def make(once: Path) -> None:
        (once / "folder").mkdir()
        said = [run(command, once / "folder") for command in commands]
        (once / "said.json").write_text(json.dumps(said), encoding="utf-8")

    key = "\n".join(commands)
    once = made_once(f"page-{sha256(key.encode()).hexdigest()[:8]}", make, key=key)
    shutil.copytree(once / "folder", folder, dirs_exist_ok=True)
    return [(code, output) for code, output in json.loads((once / "said.json").read_text(encoding="utf-8"))]
