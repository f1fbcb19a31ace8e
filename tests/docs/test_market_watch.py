"""market-watch.md says every kind of line, every state and every place."""

import pytest

from tests.docs.pages import read
from wayseal.market.crawling import CAPTURES, IMPORTS, SOURCES
from wayseal.market.log import LineKind
from wayseal.market.shops import ShopState


@pytest.mark.parametrize("page", ["docs/how-to/market-watch.md", "docs/how-to/market-watch.zh.md"])
def test_every_word_stands_there(page: str) -> None:
    text = read(page)
    words = (*LineKind, *ShopState, *(f"{folder}/" for folder in (CAPTURES, IMPORTS, SOURCES)))
    assert [str(word) for word in words if f"`{word}`" not in text] == []
