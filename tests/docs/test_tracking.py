"""The pages of public tracking: every setting of the gate is told."""

from dataclasses import fields

import pytest

from tests.docs.pages import read
from wayseal.gate.settings import GateSettings


@pytest.mark.parametrize("page", ["docs/how-to/tracking.md", "docs/how-to/tracking.zh.md"])
def test_every_setting_is_told(page: str) -> None:
    text = read(page)
    table = text[text.index("| `numbers` |") :].splitlines()
    told = [line.split("|")[1].strip(" `") for line in table if line.startswith("| `")]
    assert told == [one.name for one in fields(GateSettings)]
