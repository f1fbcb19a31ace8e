"""Names that mean the same on every page."""

import pytest

from wayseal.console.web._render import Renderer


def test_no_page_gives_them_another_meaning() -> None:
    renderer = Renderer({}, 8)
    with pytest.raises(TypeError, match="langs, zone"):
        renderer.page("error", lang="en", theme="auto", session=None, langs=("en",), zone="UTC", status_shown=404)
