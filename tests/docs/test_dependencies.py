"""Every direct dependency stands in docs: dependencies.md with its licence and version."""

import itertools
import re
import tomllib
from importlib.metadata import metadata

import pytest

from tests.docs.pages import ROOT, read, rows

LOCKS = (
    "front-end", "core", "vault", "console", "market", "market-pictures", "live", "portal", "gate", "spark", "dev",
    "bench",
)  # fmt: skip


def direct(*, left_out: tuple[str, ...] = ()) -> list[str]:
    lists = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras, groups = lists["project"]["optional-dependencies"], lists["dependency-groups"]
    used = [some for name, some in (extras | groups).items() if name not in left_out]
    wanted = itertools.chain(lists["project"]["dependencies"], *used)
    return [re.split(r"[^A-Za-z0-9._-]", one)[0] for one in wanted]


ROWS = rows(read("docs/reference/dependencies.md"))
PACKAGES = [name for name in ROWS if name not in ("Bootstrap (style sheet)", "htmx", "ECharts")]
"""But what doesn't come from PyPI."""


def test_the_list_is_complete() -> None:
    assert sorted(PACKAGES) == sorted(set(direct()))


@pytest.mark.parametrize("name", direct())
def test_every_row_is_filled_and_its_version_locked(name: str) -> None:
    row = ROWS[name]
    assert len(row) == 6
    assert all(row)
    lock = "".join((ROOT / f"requirements/{k}.txt").read_text(encoding="utf-8") for k in LOCKS)
    for version in re.findall(r"\d+(?:\.\d+)+", row[4]):
        assert re.search(rf"^{name}(?:\[\w+\])?=={version} ", lock, re.MULTILINE)


def test_nothing_is_under_the_gpl() -> None:
    assert not re.search("GPL", "".join(row[3] for row in ROWS.values()))
    for name in direct(left_out=("bench", "front-end", "spark")):  # these aren't installed where tests run
        said = metadata(name).json
        # `license` may hold a licence's whole text, which names others; its first line is its name.
        own = str(said.get("license_expression") or said.get("license") or "").splitlines()[:1]
        assert not re.search(r"\b[AL]?GPL|GNU", f"{own} {said.get('classifier')}"), name
