"""The hotline's page names every setting of the portal."""

from dataclasses import fields

import pytest

from tests.docs.pages import read
from wayseal.portal.settings import PortalSettings


@pytest.mark.parametrize("page", ["docs/how-to/hotline.md", "docs/how-to/hotline.zh.md"])
def test_every_setting_is_told(page: str) -> None:
    told = [line.split("|")[1].strip(" `") for line in read(page).splitlines() if line.startswith("| `")]
    assert told == [one.name for one in fields(PortalSettings)]
