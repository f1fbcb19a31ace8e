"""market-watch.md says every kind of line, every state and every place; market.md every word of the code."""

import pytest

from tests.docs.pages import read
from wayseal.market.crawling import CAPTURES, IMPORTS, SOURCES
from wayseal.market.log import LineKind
from wayseal.market.sellers import Signal
from wayseal.market.shops import ShopState
from wayseal.market.takedown import RULES, Answer, Todo


@pytest.mark.parametrize("page", ["docs/how-to/market-watch.md", "docs/how-to/market-watch.zh.md"])
def test_every_word_stands_there(page: str) -> None:
    text = read(page)
    words = (*LineKind, *ShopState, *(f"{folder}/" for folder in (CAPTURES, IMPORTS, SOURCES)))
    assert [str(word) for word in words if f"`{word}`" not in text] == []


@pytest.mark.parametrize("page", ["docs/explanation/market.md", "docs/explanation/market.zh.md"])
def test_every_word_of_sellers_and_take_downs(page: str) -> None:
    text = read(page)
    assert [str(word) for words in (Signal, Todo, Answer, RULES) for word in words if f"`{word}`" not in text] == []
