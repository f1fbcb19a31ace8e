"""Reports on narrow terminals, terminals that take no escapes, and outputs that are closed."""

import io
import os
import sys
from pathlib import Path

import pytest

from tests.cli.running import inside
from tests.detect.report.fixtures import ALL as DETECTIONS
from tests.page.tables import WIDTHS, documents_kept, lost, tables_of
from tests.tables import each
from tests.trace.report.fixtures import ALL as TRACES
from wayseal.cli._main import _open_missing_streams
from wayseal.cli._output import no_progress, progress_bars, takes_escapes
from wayseal.detect.report import render_detect
from wayseal.page import Document
from wayseal.trace.report import render as render_trace


class _Terminal(io.StringIO):
    """A screen that says that it is one."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[Document]:
    """Documents of the reports that are written as text."""
    return documents_kept(monkeypatch)


REPORTS = (
    ("detect", "LEDGER", "--dry-run", "-q"),
    ("rights", "LEDGER"),
    ("scope", "LEDGER", "--source", "CQ-0001"),
    ("partners", "check", "LEDGER", "--contracts", "CONTRACTS", "-q"),
    ("trace", "LOG", "--leaks", "LEAKS", "-q"),
    ("extent", "LOG", "--leaks", "LEAKS"),
)


@pytest.mark.usefixtures("short", "looked_once")
def test_every_table_of_every_report_keeps_its_figures(
    ready: Path, base: Path, tmp_path: Path, looked_at: list[Document]
) -> None:
    (tmp_path / "a.toml").write_text('partner = "A"\nactors = ["p-none"]\n', encoding="utf-8")
    given = {
        "LEDGER": ready,
        "CONTRACTS": tmp_path,
        "LOG": base / "L",
        "LEAKS": base / "leaks.csv",
        "SOURCE": "CQ-0001",
    }
    for words in REPORTS:
        for lang in ("en", "zh"):
            ran = inside(*(given.get(word, word) for word in words), "--lang", lang)
            assert ran.code == 0, (words, ran.err)
    for lang in ("en", "zh"):
        for trace in TRACES.values():
            render_trace(trace(), "text", lang)
        for detection in DETECTIONS.values():
            render_detect(detection(), "text", lang)
    tables = [table for document in looked_at for table in tables_of(document)]
    assert len(tables) > 2 * len(REPORTS)
    told = [(table.head, width, missing) for table in tables for width in WIDTHS if any(missing := lost(table, width))]
    assert told == []


@each(
    ("variables", "takes"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({}, True),
        ({"NO_COLOR": ""}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": "0", "TERM": "xterm"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_who_asks_for_no_escapes_gets_none(variables: dict[str, str], takes: bool, base: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("NO_COLOR", "TERM"):
            patch.delenv(name, raising=False)
        for name, value in variables.items():
            patch.setenv(name, value)
        screen = _Terminal()
        assert takes_escapes(screen) is takes
        assert inside("scope", base / "L", "--source", "thief", "-q", screen=screen).code == 0
        assert ("\x1b" in screen.getvalue()) is takes
        patch.setattr("sys.stderr", _Terminal())
        with progress_bars(quiet=False) as progress:
            assert (progress is not no_progress) is takes
        assert not takes_escapes(io.StringIO())


@each("words", [("show", "LEDGER"), ("scope", "LEDGER", "--source", "thief", "--format", "csv", "-q"), ("--help",)])
def test_an_output_that_is_closed_ends_in_silence(words: tuple[str, ...], base: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", buffering=1, encoding="utf-8") as screen:
        ran = inside(*(base / "L" if word == "LEDGER" else word for word in words), screen=screen)
    assert (ran.code, ran.err) == (141, "")


def test_a_stream_that_was_closed_before_the_start_takes_what_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    _open_missing_streams()
    with sys.stdout, sys.stderr:
        print("anything", file=sys.stderr)
        assert not sys.stdout.isatty()
        assert sys.stdout.name == os.devnull
