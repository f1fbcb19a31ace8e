"""keys.md says every purpose of a key with its algorithm, in both languages, and no other."""

import pytest

from tests.docs.pages import read, rows
from wayseal.vault.keyring.keys import KINDS, MOST_VERSIONS


@pytest.mark.parametrize("name", ["docs/reference/keys.md", "docs/reference/keys.zh.md"])
def test_every_purpose(name: str) -> None:
    page = read(name)
    assert {purpose: cells[1] for purpose, cells in rows(page).items()} == {k: v.algorithm for k, v in KINDS.items()}
    assert f"{MOST_VERSIONS:,}" in page
