"""market.md says every word and figure of the code."""

import re

import pytest

from tests.docs.pages import read
from wayseal.market.sellers import Signal, _book, _index, _style, _weigh
from wayseal.market.takedown import RULES, Answer, Todo
from wayseal.market.types import HandleKind

PAGES = ("docs/explanation/market.md", "docs/explanation/market.zh.md")


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> str:
    return read(request.param)


def test_every_word(page: str) -> None:
    for words in (Signal, Todo, Answer, RULES):
        assert [str(word) for word in words if f"`{word}`" not in page] == []


def test_every_figure(page: str) -> None:
    heaviest = {_weigh.handle(kind, 1, 1) for kind in HandleKind}
    figures = [
        *heaviest,
        _weigh.picture(0, 1, mirrored=False),
        _weigh.text(1.0, 1e9, 1),
        round(_weigh.NEEDED, 1),
        _weigh.PRIOR,
        _weigh.PICTURE_BITS,
        _style.LEAST_NATS,
        _style.MOST_NATS,
        _style.FEWEST,
        _weigh.CROWD,
        _index.LONG,
        _book.MOST_WEAK,
    ]
    shown = [re.sub(r"^(-?)0\.", r"\1.", f"{figure:g}") for figure in figures]
    assert [figure for figure in shown if figure not in page] == []
