"""evidence.md says every finding, act of custody, file and key, and every bound, in both languages."""

import io
import json

import pytest

from tests.cases.evidence.packs import pack, written
from tests.docs.pages import read, rows, sections
from wayseal.cases.evidence import verify_pack
from wayseal.cases.evidence._archive import MOST_FILES, MOST_RATIO
from wayseal.cases.evidence._bag import (
    BAGIT_FILE,
    CHUNKS_FILE,
    CUSTODY_FILE,
    INDEX_FILE,
    INFO_FILE,
    MANIFESTS,
    TAG_MANIFESTS,
    chain_acts,
)
from wayseal.cases.evidence._verify import MOST_RANGES
from wayseal.cases.evidence.documents import MOST_READS
from wayseal.cases.evidence.findings import Code
from wayseal.cases.evidence.types import Custody, CustodyAct
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


def test_every_file_act_and_bound(page: str) -> None:
    files = (BAGIT_FILE, INFO_FILE, INDEX_FILE, CHUNKS_FILE, CUSTODY_FILE, *MANIFESTS.values(), *TAG_MANIFESTS.values())
    acts = [str(act) for act in Custody]
    act = CustodyAct(act=Custody.VIEWED, item="", at=0, who="", why="", before="", after="")
    members = json.loads(chain_acts([act]))
    for name in (*files, *acts, *(member for member in members if member not in ("before", "sum"))):
        assert f"`{name}`" in page, name
    for bound in (f"{MOST_FILES:,}", f"{MOST_RATIO} ", f"{MOST_READS} ", f"{MOST_RANGES} "):
        assert bound in page, bound
