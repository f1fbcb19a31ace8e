"""Every direct dependency stands in docs/dependencies.md with its licence and version."""

import re
from importlib.metadata import metadata

import pytest

from tests.docs.pages import ROOT, read, rows

INSTALLED = ("core", "server", "dev")
LOCKS = (*INSTALLED, "bench")


def direct(locks: tuple[str, ...] = LOCKS) -> list[str]:
    wanted = "".join((ROOT / f"requirements/{lock}.in").read_text(encoding="utf-8") for lock in locks)
    return re.findall(r"^([A-Za-z0-9._-]+)(?:\[\w+\])?[>=<~!]", wanted, re.MULTILINE)


ROWS = rows(read("docs/dependencies.md"))


def test_the_list_is_complete() -> None:
    assert sorted(ROWS) == sorted(direct())


@pytest.mark.parametrize("name", direct())
def test_every_row_is_filled_and_its_version_locked(name: str) -> None:
    row = ROWS[name]
    assert len(row) == 6
    assert all(row)
    lock = "".join((ROOT / f"requirements/{k}.txt").read_text(encoding="utf-8") for k in LOCKS)
    for version in re.findall(r"\d+(?:\.\d+)+", row[4]):
        assert f"\n{name}=={version} " in "\n" + lock


def test_nothing_is_under_the_gpl() -> None:
    assert not re.search("GPL", "".join(row[3] for row in ROWS.values()))
    for name in direct(INSTALLED):
        said = metadata(name).json
        # `license` may hold a licence's whole text, which names others; its first line is its name.
        own = str(said.get("license_expression") or said.get("license") or "").splitlines()[:1]
        assert not re.search(r"\b[AL]?GPL|GNU", f"{own} {said.get('classifier')}"), name
