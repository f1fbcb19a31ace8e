"""The table of hops in docs: architecture.md: every file exists, and is imported by one of the hop before it."""

import ast
import importlib
import importlib.util
import itertools
import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, read, sections

SOURCE = ROOT / "src/wayseal"
TABLE = sections(read("docs/explanation/architecture.md"))["Hop budget"]
ROWS = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in TABLE.splitlines() if line.startswith("|")]


def chain(cell: str) -> list[list[Path]]:
    """Files hop by hop, several where a hop has several; a bare name lies in the folder of the file before it."""
    found: list[list[Path]] = []
    for hop in cell.split(" → "):
        folder = found[-1][0].parent if found else SOURCE
        names = re.findall("`([^`]+)`", hop)
        found.append([SOURCE / name if "/" in name else folder / name for name in names])
    return found


def imported(path: Path) -> set[Path]:
    """Files that a file imports, and those that define what it imports through a room's door."""
    found: set[str | None] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("wayseal"):
            continue
        module = importlib.import_module(str(node.module))
        found.add(module.__file__)
        for name in node.names:
            thing = getattr(module, name.name, None)
            thing = submodule(f"{node.module}.{name.name}") if thing is None else thing
            found.add(file_of(thing))
            if hasattr(thing, "__all__"):
                found |= {str(one) for one in imported(Path(str(file_of(thing))))}
    return {Path(name) for name in found if name}


def submodule(name: str) -> object:
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


def file_of(thing: object) -> str | None:
    """The file of a module, or of what a module defines."""
    made_in = importlib.import_module(str(thing.__module__)) if hasattr(thing, "__module__") else thing
    return getattr(made_in, "__file__", None)


@pytest.mark.parametrize("row", ROWS[2:], ids=lambda row: row[0].strip("`"))
def test_a_path_is_one_of_files_that_import_each_other(row: list[str]) -> None:
    _, hops, cell = row
    for way in cell.split("; "):
        files = chain(way)
        assert all(path.is_file() for hop in files for path in hop)
        for before, after in itertools.pairwise(files):
            for path in after:
                assert any(path in imported(one) for one in before), f"no import leads to {path.relative_to(SOURCE)}"
    assert int(hops) == max(len(chain(way)) for way in cell.split("; "))
