"""What the pages on the log list is what there is."""

import re
from collections.abc import Iterator

import pytest

from tests.docs.pages import read
from tests.vault.tampering import UNCOVERED
from wayseal.model.schema import keys_of
from wayseal.server.errors import WitnessTrouble
from wayseal.vault import tables as t
from wayseal.vault.log import EntryKind
from wayseal.vault.log.entries import Entry
from wayseal.vault.log.integrity import Code
from wayseal.vault.log.work_tables import WORK_TABLES
from wayseal.vault.row_macs import MARKED
from wayseal.vault.verification import RecordCode, TableCode


@pytest.mark.parametrize("page", ["docs/explanation/disclosure-log.md", "docs/explanation/disclosure-log.zh.md"])
def test_findings_kinds_keys_and_tables_are_explained(page: str) -> None:
    cells = [line.split("|")[1] for line in read(page).splitlines() if line.startswith("|")]
    listed = {name for cell in cells for name in re.findall("`([^`]+)`", cell)}
    keys = keys_of(Entry).keys() | {"v"}
    tables = {table.name for table in (t.entries, t.nodes, t.checkpoints)}
    codes = {str(c) for kind in (Code, RecordCode, TableCode) for c in kind}
    troubles = {str(trouble) for trouble in WitnessTrouble}
    assert listed == codes | keys | tables | troubles | set(WORK_TABLES) | set(uncovered())
    assert all(f"`{name}`" in read(page) for name in (*EntryKind, *(table.name for table in MARKED)))


def uncovered() -> Iterator[str]:
    """Columns whose changes aren't all found, as the pages name them."""
    for name, table in (t.main.tables | t.keys.tables).items():
        columns = {column.name for column in table.c if (name, column.name) in UNCOVERED}
        yield from [f"{name}.*"] if len(columns) == len(table.c) else [f"{name}.{column}" for column in columns]
