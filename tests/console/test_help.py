"""Help where it is needed: each mark on a page leads to a line, and each line to a page of the docs that is there."""

import re
from pathlib import Path

from markdown.extensions.toc import slugify  # type: ignore[import-untyped]

from tests.console.world import World
from tests.docs.pages import ROOT
from wayseal.console import Role

TEMPLATES = ROOT / "src/wayseal/console/templates"


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {slugify(head.replace("`", ""), "-") for head in heads}


def test_each_topic_has_a_line_and_a_page_that_is_there(world: World) -> None:
    world.person("ann", Role.ANALYST)
    browser = world.signed_in("ann")
    page = browser.get("/help").text
    topics = re.findall(r'<dt id="([^"]+)">(.+?)</dt><dd>(.+?) <a href="/docs/([^"#]+)\.html#([^"]+)"', page)
    assert len(topics) > 30
    for code, name, line, file, anchor in topics:
        assert name, code
        assert len(line) > 20, code
        assert anchor in anchors(ROOT / "docs" / f"{file}.md"), (code, file, anchor)
    marked = {code for file in TEMPLATES.glob("*.j2") for code in re.findall(r'hint\("(\w+)"\)', file.read_text())}
    assert marked <= {code for code, *_ in topics}
    assert "/docs/zh/" in browser.get("/help", headers={"accept-language": "zh"}).text
