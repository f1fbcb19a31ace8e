"""ledger.md says everything that the doctor finds, and nothing else, in both languages."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import read, sections
from wayseal.ledger.upkeep import Diagnosis, Fault, Remedy, Severity

WORDS = {
    "en": {Severity.NOTE: "note", Severity.WARNING: "warning", Severity.ERROR: "error"},
    "zh": {Severity.NOTE: "提示", Severity.WARNING: "警告", Severity.ERROR: "错误"},
}


@pytest.mark.parametrize(
    ("name", "title", "lang"),
    [
        ("docs/explanation/ledger.md", "When something is wrong", "en"),
        ("docs/explanation/ledger.zh.md", "出了问题怎么办", "zh"),
    ],
)
def test_everything_that_the_doctor_finds(name: str, title: str, lang: str) -> None:
    found: dict[str, str] = {}
    for line in sections(read(name))[title].splitlines():
        if line.startswith("| `"):
            cells = line.split("|")
            found |= {fault: cells[2].strip() for fault in re.findall("`([^`]+)`", cells[1])}
    severity = {i: Diagnosis(fault=i, remedy=Remedy.GIVE, where=Path()).severity for i in Fault}
    wanted = {fault.value: WORDS[lang][severity[fault]] for fault in Fault}
    assert found == wanted
