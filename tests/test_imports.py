"""Who may import what, where the contracts in `pyproject.toml` don't reach."""

from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOMS_OF_BENCHMARKS = {"cases", "detect", "gate", "live", "ledger", "market", "numbers", "parcels", "trace", "vault"}
"""Rooms whose parts are measured one by one."""
FOUND_BY_THEMSELVES = ("cli",)
"""Commands: nobody imports one of these by its name."""
KNOWN = {
    # Keys of ids, as a ledger hashes them: a whole ledger for each table of cases would be slow.
    ("tests.detect.explain.worlds", "wayseal.ledger._keys"),
    # What a database on a server leaves open is told by its own class, without a server.
    ("tests.test_leaks", "wayseal.database._postgresql"),
}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("wayseal", "tests", "benchmarks", cache_dir=None)


def private_imports(graph: grimp.ImportGraph, root: str) -> Iterator[tuple[str, str]]:
    """(importer, private module of ours) of all that is below `root`."""
    for importer in graph.find_descendants(root):
        for imported in graph.find_modules_directly_imported_by(importer):
            if imported.startswith("wayseal.") and "._" in imported:
                yield importer, imported


def test_no_module_needs_itself(graph: grimp.ImportGraph) -> None:
    """Also no package that a module in it needs, of which the contract on siblings knows nothing."""
    TopologicalSorter({m: graph.find_modules_directly_imported_by(m) for m in graph.modules}).prepare()


def test_tests_know_the_inside_of_their_own_room_alone(graph: grimp.ImportGraph) -> None:
    """But those of the docs, which hold pages against the constants of all rooms."""
    found = {
        (importer, imported)
        for importer, imported in private_imports(graph, "tests")
        if importer.split(".")[1] not in ("docs", imported.split(".")[1])
    }
    assert found == KNOWN


def test_benchmarks_know_the_inside_of_what_they_measure(graph: grimp.ImportGraph) -> None:
    rooms = {imported.split(".")[1] for _, imported in private_imports(graph, "benchmarks")}
    assert rooms <= ROOMS_OF_BENCHMARKS


def test_every_package_is_in_the_page_of_architecture(graph: grimp.ImportGraph) -> None:
    page = (Path(__file__).parents[1] / "docs/explanation/architecture.md").read_text(encoding="utf-8")
    packages = {m.removeprefix("wayseal.") for m in graph.find_children("wayseal") if graph.find_children(m)}
    assert [one for one in sorted(packages) if f"| `{one}` |" not in page] == []
