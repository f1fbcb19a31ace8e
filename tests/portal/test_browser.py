"""A report and its answer in a real browser: a phone, by keyboard alone, without scripts."""

from pathlib import Path
from typing import Any

import pytest

from tests.console.browsing import opened_browser
from tests.portal.world import open_world
from tests.serving import on_a_port
from wayseal.cases.hotline.letters import LetterKind


def press_to(page: Any, selector: str, most: int = 40) -> None:
    """By Tab alone, however far it is."""
    wanted = page.locator(selector).element_handle()
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement === wanted", wanted):
            return
    raise AssertionError(f"no way to {selector}")


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.needs("chromium")
@pytest.mark.parametrize(("locale", "said"), [("zh-CN", "您的回执码"), ("en-US", "Your receipt")])
def test_by_keyboard_on_a_phone_without_scripts(tmp_path: Path, locale: str, said: str) -> None:
    with opened_browser() as browser, open_world(tmp_path) as world, on_a_port(lambda _: world.app) as base:
        context = browser.new_context(viewport={"width": 390, "height": 844}, locale=locale, java_script_enabled=False)
        page, complaints = context.new_page(), []
        page.on("console", lambda line: complaints.append(line.text))
        page.goto(base)
        press_to(page, 'a[href*="type=offered"]')
        page.keyboard.press("Enter")
        press_to(page, "#text")
        page.keyboard.type("有人出钱要屏幕照片。")
        world.sleep(10)
        press_to(page, "button.main")
        page.keyboard.press("Enter")
        page.wait_for_selector("p.digits")
        assert said in page.inner_text("main")
        receipt = " ".join(page.inner_text("p.digits").split())
        world.answer(LetterKind.ANSWER, "谢谢。")
        world.answer(LetterKind.REWARD, "3,000 元，7K2M-0QWX-91BD-ZZZ3")
        page.goto(f"{base}/back")
        page.keyboard.type(receipt)  # the field has the focus
        world.sleep(10)
        page.keyboard.press("Enter")
        page.wait_for_selector("article.team")
        answers = page.locator("article.team").all_inner_texts()
        assert [part in one for part, one in zip(("谢谢。", "7K2M-0QWX-91BD-ZZZ3"), answers, strict=True)] == [True] * 2
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert context.cookies() == []
        assert complaints == []
        assert [one.text for one in world.letters()] == ["有人出钱要屏幕照片。"]
