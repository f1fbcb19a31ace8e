"""Tracking and the courier's check in a real browser: a phone, without scripts, and nothing that axe finds."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.console.browsing import opened_browser
from tests.gate.world import open_world
from tests.serving import on_a_port


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.needs("chromium")
def test_on_a_phone(tmp_path: Path) -> None:
    with opened_browser() as browser, open_world(tmp_path) as world, on_a_port(lambda _: world.app) as base:
        page: Any = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-US").new_page()
        number = world.parcels.live[0]
        secret = world.parcels.secret(number)

        def looks() -> None:
            found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
            assert [one["id"] for one in found] == []
            assert page.evaluate("document.documentElement.scrollWidth") <= 390

        page.goto(base)
        looks()
        page.fill("#number", number)
        page.fill("#secret", "0000000000")
        page.keyboard.press("Enter")
        page.wait_for_selector(".trouble")
        looks()
        page.fill("#secret", secret.lower())
        page.keyboard.press("Enter")
        assert "Out for delivery" in page.inner_text("section.parcel h2")
        looks()
        page.goto(f"{base}/courier")
        for name, text in (("number", number), ("secret", secret), ("code", world.code(number))):
            page.fill(f"#{name}", text)
        page.keyboard.press("Enter")
        assert "Yes" in page.inner_text(".verdict")
        looks()
        assert page.context.cookies() == []
