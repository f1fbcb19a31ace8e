"""evidence.md says every finding, act of custody, file and key, in both languages."""

import io
import json

import pytest

from tests.cases.evidence.packs import ITEMS, TOP, files_of, pack, written
from tests.docs.pages import read, rows, sections
from wayseal.cases.evidence import verify_pack
from wayseal.cases.evidence.findings import Code
from wayseal.cases.evidence.types import Custody
from wayseal.cli.evidence import verification_json


@pytest.fixture(params=("docs/how-to/evidence.md", "docs/how-to/evidence.zh.md"))
def page(request: pytest.FixtureRequest) -> str:
    return read(request.param)


def tables(page: str) -> list[dict[str, list[str]]]:
    """The tables, by heading of any level."""
    return [rows(part) for body in sections(page).values() for part in body.split("\n### ")]


def test_every_finding_and_every_key(page: str) -> None:
    content = verification_json(verify_pack(io.BytesIO(written(pack())[0])))
    told = {name for found in tables(page) for name in found}
    assert set(map(str, Code)) <= told
    assert set(content) <= told


def test_every_file_and_act(page: str) -> None:
    files = {path.removeprefix(f"{TOP}/"): content for path, content in files_of(written(pack())[0]).items()}
    acts = [str(act) for act in Custody]
    members = json.loads(next(content for path, content in files.items() if "custody" in path).splitlines()[0])
    for name in (*(files.keys() - ITEMS), *acts, *(member for member in members if member not in ("before", "sum"))):
        assert f"`{name}`" in page, name
