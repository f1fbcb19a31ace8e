"""The sizes of the house style, and that public names explain themselves."""

import ast
import re
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(file for top in ("src", "sim/src") for file in (ROOT / top).rglob("*.py"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Those that stand in bodies: no expression holds one, so expressions aren't walked."""
    inner: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while inner:
        node = inner.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
        inner += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr)]


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_files_are_small() -> None:
    sizes = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert max(sizes.values()) <= 500, max(sizes, key=lambda path: sizes[path])


def test_functions_are_small() -> None:
    sizes = {f"{path.name}:{f.name}": length(f) for path in SOURCES for f in functions(path)}
    assert [name for name, size in sizes.items() if size > 60] == []
    assert statistics.quantiles(sizes.values(), n=10)[8] < 30


@pytest.mark.parametrize(
    "room",
    sorted(p.name for p in (ROOT / "src/wayseal").iterdir() if (p / "__init__.py").is_file()),
)
def test_rooms_export_few_names(room: str) -> None:
    tree = ast.parse((ROOT / "src/wayseal" / room / "__init__.py").read_text(encoding="utf-8"))
    exported = [
        element
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
        for element in getattr(node.value, "elts", [])
    ]
    assert 1 <= len(exported) <= 8


def test_nothing_names_a_registry_or_a_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split("\0")
    locks = [name for name in listed if name.startswith("requirements/") and name.endswith(".txt")]
    assert locks
    for name in locks:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        pinned = re.findall(r"^[a-z0-9._-]+==", text, re.MULTILINE)
        assert pinned
        assert text.count("--hash=sha256:") >= len(pinned)
