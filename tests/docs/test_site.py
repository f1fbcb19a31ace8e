"""The docs as a site: it asks nobody, and the console serves it under its own policy, in both languages.

Every link, anchor and page of the navigation is held by the build itself, which ends where one leads nowhere.
"""

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from tests.console.browsing import LANGUAGES, Visitor, opened_browser, served
from tests.console.world import World, open_world
from tests.docs.pages import DOCS, ROOT
from tests.once import made_once
from wayseal.console.web.pages import _docs

ELSEWHERE = re.compile(r"(?:https?:)?//[\w-]+\.[\w./@-]+")
NEVER_ASKED = ("http://www.w3.org/", "https://clipboardjs.com/", "https://bit.ly/", "//console", "//i.test")
"""Names of formats, what warnings and licences name, and pieces of patterns: no browser asks them."""
LOADED = re.compile(r"<(?:script|link|img|iframe|source|object|embed)\b[^>]*>")
LOADED_BY_STYLE = re.compile(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
INLINE = re.compile(r"<script>|<style|\sstyle=|\son[a-z]+=\"")


@pytest.fixture(scope="module")
def site() -> Path:
    """The site, built once for all workers."""
    from scripts.site import make_site

    files = (path for path in (*DOCS.rglob("*"), *ROOT.glob("*.md"), ROOT / "mkdocs.yml") if path.is_file())
    key = sha256(b"".join(path.read_bytes() for path in sorted(files))).hexdigest()
    return made_once("docs-site", lambda folder: make_site(folder / "site", folder / "pages"), key=key) / "site"


@pytest.fixture
def world(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(_docs, "FOLDER", site)
    with open_world(tmp_path) as made:
        yield made


@pytest.mark.once
def test_nothing_is_loaded_from_elsewhere_and_nothing_is_inline(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 100
    for page in pages:
        text = page.read_text("utf-8")
        for tag in LOADED.findall(text):
            assert not ELSEWHERE.search(tag), (page.name, tag)
        assert not INLINE.search(re.sub(r"<(pre|code)\b.*?</\1>", "", text, flags=re.DOTALL)), page.name
    for file in site.rglob("*.css"):
        assert not LOADED_BY_STYLE.search(file.read_text("utf-8")), file.name
    for file in site.rglob("*.js"):
        found = ELSEWHERE.findall(COMMENT.sub("", file.read_text("utf-8")))
        assert [one for one in found if not one.startswith(NEVER_ASKED)] == [], file.name


@pytest.mark.once
def test_reference_and_both_languages_are_in_it(site: Path) -> None:
    for page in ("reference/commands.html", "zh/reference/commands.html"):
        assert 'id="wayseal-ingest"' in (site / page).read_text("utf-8")
    assert "运单封缄</title>" in (site / "zh/index.html").read_text("utf-8")
    # A heading has one id in both languages.
    assert 'id="retention"' in (site / "zh/explanation/ledger.html").read_text("utf-8")


def test_where_it_was_not_built_the_console_says_how(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_docs, "FOLDER", tmp_path / "nothing")
    answer = world.browser().get("/docs/", headers={"accept-language": "zh"})
    assert answer.status_code == 404
    assert "make docs" in answer.text


@pytest.mark.once
def test_the_console_serves_it_to_anybody(world: World) -> None:
    browser = world.browser()
    for language, start in (("en", "/docs/index.html"), ("zh-CN", "/docs/zh/index.html")):
        assert browser.get("/docs/", headers={"accept-language": language}).headers["location"] == start
    page = browser.get("/docs/index.html")
    assert page.status_code == 200
    assert "unsafe" not in page.headers["content-security-policy"]
    assert browser.get("/docs/site.css").headers["content-type"].startswith("text/css")
    for path in ("/docs/../console.key", "/docs/%2e%2e/texts/__init__.py", "/docs/none.html", "/docs/zh"):
        assert browser.get(path).status_code == 404, path


@pytest.mark.once
@pytest.mark.needs("chromium")
def test_a_word_is_found_under_the_consoles_policy(world: World) -> None:
    with served(world) as base, opened_browser() as browser:
        for language, word, wanted in zip(LANGUAGES, ("账本", "checkpoint"), ("账本", "checkpoint"), strict=True):
            visitor = Visitor(browser, f"{base}/docs/", language)
            visitor.press("s")
            visitor.page.keyboard.type(word)
            visitor.wait(".md-search-result__item mark")
            assert wanted in visitor.page.locator(".md-search-result__list").inner_text()
            assert visitor.complaints == []
            assert visitor.asked == {base.removeprefix("http://")}
