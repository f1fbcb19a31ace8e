"""The hotline's pages: every setting of the portal is named, and what its threat model claims is held by a test."""

import re
from dataclasses import fields

import pytest

from tests.docs.pages import ROOT, read
from wayseal.portal.settings import PortalSettings


@pytest.mark.parametrize("page", ["docs/how-to/hotline.md", "docs/how-to/hotline.zh.md"])
def test_every_setting_is_told(page: str) -> None:
    told = [line.split("|")[1].strip(" `") for line in read(page).splitlines() if line.startswith("| `")]
    assert told == [one.name for one in fields(PortalSettings)]


def test_each_test_that_the_threat_model_names_is_there() -> None:
    named = [re.findall(r"`(test_\w+)`", read(f"docs/explanation/hotline-threats{lang}.md")) for lang in ("", ".zh")]
    assert sorted(named[0]) == sorted(named[1])
    sources = [one.read_text("utf-8") for room in ("cases/hotline", "console", "portal") for one in
               (ROOT / "tests" / room).glob("test_*.py")]  # fmt: skip
    there = set(re.findall(r"^(?:async )?def (test_\w+)", "\n".join(sources), re.MULTILINE))
    assert len(named[0]) > 20
    assert set(named[0]) - there == set()
