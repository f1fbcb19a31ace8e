"""The way in, in a real browser, by the keyboard alone: both languages, the policy kept, nothing serious of axe."""

from pathlib import Path
from typing import Any

import pytest

from tests.console.browsing import Visitor, served
from tests.console.world import PASSWORD, World
from wayseal.console import Role

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]


def test_the_way_in_by_keyboard(world: World, chromium: Any, tmp_path: Path) -> None:
    code = world.access.people.prepare_setup()
    assert code is not None
    with served(world) as base:
        chinese = Visitor(chromium, base, "zh-CN")
        assert chinese.page.title().startswith("首位管理员")
        assert chinese.page.evaluate("document.documentElement.lang") == "zh-CN"
        chinese.check()
        chinese.type(code, "root", "王小明", PASSWORD, PASSWORD)
        world.secrets["root"] = chinese.page.inner_text(".secret").replace(" ", "")
        chinese.check()
        chinese.type(world.code("root"))
        assert chinese.page.locator(".codes li").count() == 10
        chinese.go("p", "/people")
        chinese.check()
        chinese.page.focus("#login")
        chinese.type("li.na", "李娜")
        link = chinese.page.input_value("#link")
        assert link.startswith(base + "/invited/")
        chinese.page.keyboard.press("Escape")
        chinese.page.focus("main")
        chinese.go("a", "/acts")
        chinese.check()
        chinese.page.keyboard.press("?")
        assert chinese.page.locator("dialog[open]").count() == 1
        chinese.check()

        english = Visitor(chromium, link, "en-US")
        english.type(PASSWORD, PASSWORD)
        world.secrets["li.na"] = english.page.inner_text(".secret").replace(" ", "")
        english.type(world.code("li.na"))
        english.go("o", "/")
        assert english.page.title().startswith("Overview")
        assert english.page.locator("a[data-key=p]").count() == 0
        english.check()
        for visitor in (chinese, english):
            assert visitor.asked == {base.split("/")[2]}
            visitor.context.close()
    assert [one.role for one in world.access.people.all()] == [Role.ANALYST, Role.ADMINISTRATOR]
