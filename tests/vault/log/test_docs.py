"""What the pages on the log list is what there is."""

import re

import pytest

from tests.docs.pages import read
from wayseal.model.schema import keys_of
from wayseal.vault import tables as t
from wayseal.vault.log import EntryKind
from wayseal.vault.log.entries import Entry
from wayseal.vault.log.integrity import Code
from wayseal.vault.log.work_tables import WORK_TABLES


@pytest.mark.parametrize("page", ["docs/disclosure-log.md", "docs/disclosure-log.zh.md"])
def test_findings_kinds_keys_and_tables_are_explained(page: str) -> None:
    cells = [line.split("|")[1] for line in read(page).splitlines() if line.startswith("|")]
    listed = {name for cell in cells for name in re.findall("`([^`]+)`", cell)}
    keys = keys_of(Entry).keys() | {"v"}
    tables = {table.name for table in (t.entries, t.nodes, t.checkpoints)}
    assert listed == {str(c) for c in Code} | keys | tables | set(WORK_TABLES)
    assert all(f"`{kind}`" in read(page) for kind in EntryKind)
