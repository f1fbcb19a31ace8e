"""The command line, run in this process or as a person runs it; and small files to run it on."""

import io
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from gettext import translation
from pathlib import Path
from typing import IO

from typer.testing import CliRunner

from wayseal.cli import app, main
from wayseal.cli._loading import LOCALE
from wayseal.cli._texts import set_lang
from wayseal.cli.commands import Lang
from wayseal.model.messages import filled
from wayseal.page.languages import in_language

WAYSEAL = "import sys; from wayseal.cli import main; sys.exit(main())"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


def arguments(*words: object) -> list[str]:
    return [str(word) for word in words]


def answer_in(lang: str) -> None:
    """Parts of a command answer in this language, as if it had been asked for."""
    set_lang(Lang(lang))


def here(*words: object) -> Ran:
    """In this process, without the outer layer that turns errors into lines: errors are raised."""
    done = CliRunner().invoke(app, arguments(*words), catch_exceptions=False)
    return Ran(code=done.exit_code, out=done.stdout, err=done.stderr)


def inside(*words: object, cwd: Path | None = None, limit: int | None = None, screen: IO[str] | None = None) -> Ran:
    """In this process, errors turned into lines and exit codes as a person sees them.

    What would be a traceback (any exception but SystemExit) fails the test, and so does a command that leaves
    directory, environment or signal handlers other than it found them.

    Args:
        *words: The command line after `wayseal`.
        cwd: The directory to stand in; where this process is, if not given.
        limit: Bytes that no file may exceed, as on a full disk.
        screen: Where standard output goes, if it shall not be kept.
    """
    kept, err, before, code = io.BytesIO(), io.StringIO(), sys.argv, 0
    out = io.TextIOWrapper(kept, encoding="utf-8", newline="\n", write_through=True)
    sys.argv = ["wayseal", *arguments(*words)]
    try:
        with ExitStack() as stack:
            if cwd is not None:
                stack.enter_context(chdir(cwd))
            stack.enter_context(_left_as_found())
            stack.enter_context(redirect_stdout(screen or out))
            stack.enter_context(redirect_stderr(err))
            if limit is not None:
                stack.enter_context(files_limited(limit))
            main()
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    finally:
        sys.argv = before
        if screen is not None:
            screen.flush()
    seen = kept.getvalue().decode("utf-8")
    assert "Traceback" not in seen + err.getvalue(), err.getvalue()
    return Ran(code=code, out=seen, err=err.getvalue())


@contextmanager
def files_limited(size: int) -> Iterator[None]:
    """No file may exceed this many bytes: writing more fails as on a full disk (Python ignores SIGXFSZ)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGXFSZ)


def _surroundings() -> tuple[object, ...]:
    return Path.cwd(), dict(os.environ), [signal.getsignal(number) for number in SIGNALS]


@contextmanager
def _left_as_found() -> Iterator[None]:
    """What a command changes around it would be seen by every test after it."""
    before = _surroundings()
    try:
        yield
    finally:
        assert _surroundings() == before, "a command changed its surroundings"


def started(*words: object, cwd: Path, code: str = WAYSEAL) -> subprocess.Popen[str]:
    """As a process of its own, where that is the point: what it loads, signals, several at once."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments(*words)],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=os.environ | {"COLUMNS": "88", "PYTHONIOENCODING": "utf-8"},
    )


def run(*words: object, cwd: Path, code: str = WAYSEAL) -> Ran:
    """As a process of its own, to its end: whatever happens, never a traceback."""
    process = started(*words, cwd=cwd, code=code)
    out, err = process.communicate()
    assert "Traceback" not in out + err, err
    return Ran(code=process.returncode, out=out, err=err)


LOG_ROWS = [
    f"2026-03-02T{6 + n % 12:02d}:{clerk:02d}:00Z,c-{clerk},YT{2_000_000 + (clerk * 7 + n * 5) % 60}"
    for clerk in range(20)
    for n in range(12)
] + [f"2026-03-02T18:{n:02d}:00Z,thief,YT{2_000_000 + n * 9}" for n in range(6)]
SOLD = [f"YT{2_000_000 + n * 9}" for n in range(6)]


@cache
def _english() -> list[str]:
    """Every text of the catalogues."""
    known = translation("wayseal", LOCALE, ["zh"])
    return [text for text in known._catalog if isinstance(text, str)]  # type: ignore[attr-defined]


def worded(lang: str, text: str, /, *, context: str = "", **values: object) -> str:
    """A text of the command line as it is printed in a language; one that ends in " …" is known by how it begins."""
    if text.endswith(" …"):
        (text,) = (one for one in _english() if one.startswith(text.removesuffix(" …")))
    return filled(in_language({context: text}, lang)[context], **values)


def log(path: Path, rows: list[str] | None = None, header: str = "at,actor,waybill") -> Path:
    path.write_text("\n".join([header, *(LOG_ROWS if rows is None else rows)]) + "\n", encoding="utf-8")
    return path


def bought(path: Path, time: str = "2026-03-02T21:00:00Z", numbers: list[str] | None = None) -> Path:
    lines = ["waybill,seen_at", *(f"{number},{time}" for number in (SOLD if numbers is None else numbers))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
