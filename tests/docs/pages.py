"""The pages of the documentation, and the commands and outputs that stand in them."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PARTS = ("tutorials", "how-to", "reference", "explanation")
ENGLISH_ALONE = ("docs/reference/dependencies", "docs/explanation/architecture")
"""For developers."""
USER_PAGES = (
    "README",
    "docs/index",
    *(
        name
        for part in PARTS
        for path in sorted((DOCS / part).glob("*.md"))
        if not path.name.endswith(".zh.md")
        and (name := str(path.relative_to(ROOT).with_suffix(""))) not in ENGLISH_ALONE
    ),
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


MADE = ("docs/reference/api", "docs/reference/commands", "docs/reference/python")
"""Pages whose larger part is made from the code."""


def read(name: str) -> str:
    """A page's text as the site has it, by its path below the root."""
    if name.startswith(MADE):
        return made_pages()[name]
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def made_pages() -> dict[str, str]:
    """The pages that are made from the code."""
    from scripts.reference.__main__ import pages

    return pages()


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
