"""The page of benchmarks: what is written by hand, then tables of stored results."""

from pathlib import Path
from typing import Literal

from benchmarks.results import render_markdown

_DOCS = Path(__file__).parents[2] / "docs"


def page(language: Literal["en", "zh"]) -> str:
    """Make the page: its text ends at the line that says so, and tables follow."""
    name = "benchmarks.md" if language == "en" else "benchmarks.zh.md"
    text = (_DOCS / name).read_text(encoding="utf-8")
    end = text.index("-->\n", text.index("<!--")) + len("-->\n")
    return f"{text[:end]}\n{render_markdown(language)}"
