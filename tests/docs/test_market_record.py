"""docs/market-record.md says every word and figure of the code."""

import pytest

from tests.docs.pages import read
from wayseal.market.log._tables import CHECKPOINTS, LINES, NODES, STATE, TABLES
from wayseal.market.log._verify import Code
from wayseal.market.log.types import BODIES, EntryKind
from wayseal.market.watch.types import News, Policy, State


@pytest.fixture(params=("docs/market-record.md", "docs/market-record.zh.md"))
def page(request: pytest.FixtureRequest) -> str:
    return read(request.param)


def test_every_word(page: str) -> None:
    for words in (EntryKind, Code, State, News):
        assert [str(word) for word in words if f"`{word}`" not in page] == []
    tables = [table.name for table in TABLES] + [LINES, NODES, CHECKPOINTS, STATE]
    assert [name for name in tables if f"`{name.removeprefix('market_')}`" not in page] == []


def test_every_kind_of_line_says_what_it_holds() -> None:
    assert set(BODIES) == set(EntryKind)


def test_every_figure(page: str) -> None:
    policy = Policy()
    days = [figure for pair in policy.away[:2] for figure in pair]
    figures = [policy.misses, policy.ways, policy.hours, policy.every, policy.blind_after, policy.missed_every, days[0]]
    assert [figure for figure in (*figures, days[1], days[2]) if f"{figure:g}" not in page] == []
