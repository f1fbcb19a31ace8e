"""quality-notes.md says what to do about every remark, in both languages."""

import re

import pytest

from tests.docs.pages import ROOT, read, rows, sections
from wayseal.page.words import catalogue

KINDS = ("quality", "fit", "missing")
TEXTS = catalogue("en", "wayseal.trace.report")


@pytest.mark.parametrize("page", ["docs/reference/quality-notes.md", "docs/reference/quality-notes.zh.md"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_remark(page: str, kind: str) -> None:
    title = next(t for t in sections(read(page)) if t.endswith(kind))
    known = {code.partition(".")[2] for code in TEXTS if code.startswith(f"{kind}.")}
    assert set(rows(sections(read(page))[title])) == known


def test_every_remark_that_is_raised_has_its_text() -> None:
    raised = set()
    for path in (ROOT / "src/wayseal").rglob("*.py"):
        raised |= set(re.findall(r'Note\(code="([a-z_.]+)"', path.read_text(encoding="utf-8")))
    assert raised
    assert raised <= set(TEXTS)
