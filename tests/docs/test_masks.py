"""masks.md says every rule set, rule, example and mask as the code has them, in both languages, and no other."""

import re

import pytest

from tests.docs.pages import blocks, read, sections
from wayseal.model.fields import FieldKind
from wayseal.page.languages import translator
from wayseal.vault.masks import RULE_SETS, RuleSet, mask, region

PAGES = ("docs/reference/masks.md", "docs/reference/masks.zh.md")
_ROW = re.compile(r"^\| `([a-z_]+\.[a-z_]+)` \| (.+) \| `(.+)` \| `(.+)` \|$", re.MULTILINE)


@pytest.mark.parametrize("rules", RULE_SETS.values(), ids=lambda rules: rules.id)
@pytest.mark.parametrize("page", PAGES)
def test_every_rule_stands_there_as_it_is(page: str, rules: RuleSet) -> None:
    written = _ROW.findall(sections(read(page))[rules.id])
    rows = [row for kind in FieldKind for row in rules.rows[kind]]
    translate = translator("zh" if page.endswith(".zh.md") else "en")
    says = [translate(row.says) for row in rows]
    assert written == [(row.id, said, row.example, row.masked) for row, said in zip(rows, says, strict=True)]


@pytest.mark.parametrize("page", PAGES)
def test_every_rule_set_is_named(page: str) -> None:
    intro = read(page).partition("\n## ")[0]
    assert re.findall(r"^\| `([a-z0-9-]+)` \|", intro, re.MULTILINE) == list(RULE_SETS)


@pytest.mark.parametrize("page", PAGES)
def test_regions_come_out_as_written(page: str) -> None:
    rows = re.findall(r"^\| ([^|`]+) \| `(.+)` \|$", sections(read(page))["region"], re.MULTILINE)
    assert len(rows) == 4
    assert [(address, region(address)) for address, _ in rows] == rows


@pytest.mark.parametrize("page", PAGES)
def test_the_code_does_what_its_comments_say(page: str) -> None:
    (code,) = blocks(read(page), "python")
    names = {"FieldKind": FieldKind, "RULE_SETS": RULE_SETS, "mask": mask, "region": region}
    said = re.findall(r"^((?:mask|region)\(.*\))  # (.+)$", code, re.MULTILINE)
    assert len(said) == 3
    for call, result in said:
        assert eval(call, names) == result
