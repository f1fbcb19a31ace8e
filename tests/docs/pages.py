"""The pages of the documentation, and the commands and outputs that stand in them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
USER_PAGES = (
    "README",
    "docs/api",
    "docs/cases",
    "docs/commands",
    "docs/console-market",
    "docs/console-trace",
    "docs/data-contract",
    "docs/deployment",
    "docs/detect-json",
    "docs/detection",
    "docs/detectors",
    "docs/disclosure-log",
    "docs/evidence",
    "docs/explanations",
    "docs/glossary",
    "docs/how-it-decides",
    "docs/keys",
    "docs/ledger",
    "docs/mapping-files",
    "docs/market-sources",
    "docs/masks",
    "docs/operation",
    "docs/partners",
    "docs/proofs",
    "docs/purposes",
    "docs/python",
    "docs/quality-notes",
    "docs/report-json",
    "docs/rights",
    "docs/scope-and-extent",
    "docs/threat-model",
    "docs/tutorial-your-own-log",
    "docs/vault",
)
"""Pages that come in English (.md) and Chinese (.zh.md)."""

_FENCE = re.compile(r"^```(\S*)[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)


class Step(NamedTuple):
    """A command of a ```console block, with the lines of its output that the page shows."""

    page: str
    command: str
    shown: tuple[str, ...]


def markdown() -> list[Path]:
    """Every page that is ours, the decisions included."""
    return [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]


def twin(page: Path) -> Path:
    """The same page in the other language."""
    name = page.name
    other = name.replace(".zh.md", ".md") if name.endswith(".zh.md") else name.replace(".md", ".zh.md")
    return page.with_name(other)


def read(name: str) -> str:
    """A page's text, by its path below the root."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> Iterator[str]:
    """The fenced blocks of one language."""
    for found, body in _FENCE.findall(text):
        if found == language:
            yield body


def without_blocks(text: str) -> str:
    """The text alone."""
    return _FENCE.sub("", text)


def steps(page: str) -> list[Step]:
    """The commands of a page in their order; "$ " starts one, a backslash at the end carries it on."""
    out: list[Step] = []
    for block in blocks(read(page), "console"):
        command: str | None = None
        shown: list[str] = []
        for line in block.splitlines():
            if line.startswith("$ "):
                if command is not None:
                    out.append(Step(page, command, tuple(shown)))
                command, shown = line[2:], []
            elif command is not None and command.endswith("\\"):
                command = command[:-1] + line.strip()
            else:
                shown.append(line)
        if command is not None:
            out.append(Step(page, command, tuple(shown)))
    return out


def sections(text: str, level: int = 2) -> dict[str, str]:
    """Heading → what stands below it, for headings of one level; code marks in headings are left out."""
    parts = re.split(rf"^{'#' * level} (.+)$", text, flags=re.MULTILINE)
    return {title.replace("`", "").strip(): body for title, body in zip(parts[1::2], parts[2::2], strict=True)}


def rows(text: str) -> dict[str, list[str]]:
    """Table rows whose first cell starts with code: that code → the row's cells."""
    found = {}
    for line in text.splitlines():
        if match := re.match(r"\| *`([^`]+)`", line):
            found[match[1]] = [cell.strip() for cell in line.strip().strip("|").split("|")]
    return found
