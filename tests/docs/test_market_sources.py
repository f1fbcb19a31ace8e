"""market-sources.md says every key, field, sign, flaw and hindrance, in both languages, and its examples load."""

import dataclasses

import pytest

from tests.docs.pages import DOCS, blocks, read, rows, sections
from wayseal.market.sources import Source, load_sources, parse_source
from wayseal.market.sources.source import DAY, PAGE, ChatFormat, Fields, Flaw, Signs, SourceKind
from wayseal.market.types import FailureReason

EXAMPLES = DOCS / "examples/sources"


@pytest.fixture(params=("docs/reference/market-sources.md", "docs/reference/market-sources.zh.md"))
def page(request: pytest.FixtureRequest) -> str:
    return read(request.param)


def test_every_name_has_its_row(page: str) -> None:
    found = [list(rows(body)) for body in sections(page).values()]
    keys = [one.name for one in dataclasses.fields(Source) if one.name not in {"fields", "signs", "file"}]
    hindrances, sources, fields, signs, flaws = (names for names in found if names)
    assert sorted(hindrances) == sorted(FailureReason)
    assert sorted(sources) == sorted(["wayseal", *keys])
    assert fields == [one.name for one in dataclasses.fields(Fields)]
    assert signs == [one.name for one in dataclasses.fields(Signs)]
    assert flaws == list(Flaw)


def test_defaults_and_choices_are_said(page: str) -> None:
    table = next(rows(body) for body in sections(page).values() if "wayseal" in rows(body))
    source = parse_source((EXAMPLES / "feed.toml").read_text(encoding="utf-8").replace('every = "30m"', ""))
    assert all(f"`{kind}`" in table["kind"][2] for kind in SourceKind)
    assert all(f"`{form}`" in table["format"][2] for form in ChatFormat)
    for key in ("pages", "budget", "jitter"):
        assert table[key][2].endswith(f"{getattr(source, key)}")
    assert table["pause"][2].endswith(f"{source.pause:.0f}")
    assert table["most_bytes"][2].endswith(f"{PAGE}")
    assert (source.every, source.retention) == (6 * 3600, 180 * DAY)
    assert ("`6h`" in table["every"][2], "`180d`" in table["retention"][2]) == (True, True)


def test_examples_stand_in_the_page_and_load(page: str) -> None:
    said = list(blocks(page, "toml"))
    files = sorted(EXAMPLES.glob("*.toml"))
    assert sorted(said) == sorted(one.read_text(encoding="utf-8") for one in files)
    assert len(load_sources(EXAMPLES)) == len(files)
