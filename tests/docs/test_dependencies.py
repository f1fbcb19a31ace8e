"""Every direct dependency stands in docs/dependencies.md with its licence and version."""

import re
from importlib.metadata import metadata

import pytest

from tests.docs.pages import ROOT, read


def direct() -> list[str]:
    names = []
    for lock in ("core", "dev"):
        for line in (ROOT / f"requirements/{lock}.in").read_text(encoding="utf-8").splitlines():
            if match := re.match(r"([A-Za-z0-9._-]+)[>=<~!]", line):
                names.append(match[1])
    return names


def rows() -> dict[str, list[str]]:
    found = {}
    for line in read("docs/dependencies.md").splitlines():
        if match := re.match(r"\| *`([^`]+)`", line):
            found[match[1]] = [cell.strip() for cell in line.strip("|").split("|")]
    return found


def test_the_list_is_complete() -> None:
    assert sorted(rows()) == sorted(direct())


@pytest.mark.parametrize("name", direct())
def test_every_row_is_filled_and_its_version_locked(name: str) -> None:
    row = rows()[name]
    assert len(row) == 6
    assert all(row)
    lock = "".join((ROOT / f"requirements/{k}.txt").read_text(encoding="utf-8") for k in ("core", "dev"))
    for version in re.findall(r"\d+(?:\.\d+)+", row[4]):
        assert f"\n{name}=={version} " in "\n" + lock


def test_nothing_is_under_the_gpl() -> None:
    for name in direct():
        said = metadata(name)
        # `License` may hold a licence's whole text, which names others; its first line is its name.
        licence = said.get("License-Expression") or (said.get("License") or "").splitlines()[:1]
        text = f"{licence} {said.get_all('Classifier')}"
        assert not re.search(r"\b[AL]?GPL|GNU", text), name
