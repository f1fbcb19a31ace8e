"""The command line, run in this process or as a person runs it; and small files to run it on."""

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from wayseal.cli import app, main

WAYSEAL = "import sys; from wayseal.cli import main; sys.exit(main())"
LIMITED = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, resource.RLIM_INFINITY)); "


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


def arguments(*words: object) -> list[str]:
    return [str(word) for word in words]


def here(*words: object) -> Ran:
    """In this process, without the outer layer that turns errors into lines: errors are raised."""
    done = CliRunner().invoke(app, arguments(*words), catch_exceptions=False)
    return Ran(code=done.exit_code, out=done.stdout, err=done.stderr)


def inside(*words: object) -> Ran:
    """In this process, errors turned into lines and exit codes as a person sees them."""
    out, err, before, code = io.StringIO(), io.StringIO(), sys.argv, 0
    sys.argv = ["wayseal", *arguments(*words)]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    finally:
        sys.argv = before
    return Ran(code=code, out=out.getvalue(), err=err.getvalue())


def started(*words: object, cwd: Path, limit: int | None = None, code: str = WAYSEAL) -> subprocess.Popen[str]:
    """As a process of its own. limit: bytes that no file may exceed, as on a full disk."""
    code = code if limit is None else LIMITED.format(limit=limit) + code
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments(*words)],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=os.environ | {"COLUMNS": "88", "PYTHONIOENCODING": "utf-8"},
    )


def run(*words: object, cwd: Path, limit: int | None = None, code: str = WAYSEAL) -> Ran:
    """As a process of its own, to its end: whatever happens, never a traceback."""
    process = started(*words, cwd=cwd, limit=limit, code=code)
    out, err = process.communicate()
    assert "Traceback" not in out + err, err
    return Ran(code=process.returncode, out=out, err=err)


LOG_ROWS = [
    f"2026-03-02T{6 + n % 12:02d}:{clerk:02d}:00Z,c-{clerk},YT{2_000_000 + (clerk * 7 + n * 5) % 60}"
    for clerk in range(20)
    for n in range(12)
] + [f"2026-03-02T18:{n:02d}:00Z,thief,YT{2_000_000 + n * 9}" for n in range(6)]
SOLD = [f"YT{2_000_000 + n * 9}" for n in range(6)]


def log(path: Path, rows: list[str] | None = None, header: str = "at,actor,waybill") -> Path:
    path.write_text("\n".join([header, *(LOG_ROWS if rows is None else rows)]) + "\n", encoding="utf-8")
    return path


def bought(path: Path, time: str = "2026-03-02T21:00:00Z", numbers: list[str] | None = None) -> Path:
    lines = ["waybill,seen_at", *(f"{number},{time}" for number in (SOLD if numbers is None else numbers))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
