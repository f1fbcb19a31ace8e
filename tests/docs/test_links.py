"""Links lead somewhere, and every user page has its twin."""

import re
import unicodedata
from pathlib import Path

import pytest
from scripts.words import counted

from tests.docs.pages import ROOT, USER_PAGES, blocks, markdown, read, twin, without_blocks

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
NAMES = [str(p.relative_to(ROOT)) for p in markdown()]


def slug(heading: str) -> str:
    """The anchor that common Markdown viewers give a heading."""
    plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    kept = (c for c in plain if c in " -_" or unicodedata.category(c)[0] in "LMN")
    return "".join(kept).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", without_blocks(read(str(page.relative_to(ROOT)))), re.MULTILINE)
    return {slug(h) for h in headings}


@pytest.mark.parametrize("name", NAMES)
def test_links_exist(name: str) -> None:
    page = ROOT / name
    broken = []
    for link in _LINK.findall(without_blocks(read(name))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("name", USER_PAGES)
def test_every_user_page_has_its_twin(name: str) -> None:
    english, chinese = ROOT / f"{name}.md", ROOT / f"{name}.zh.md"
    assert english.exists()
    assert chinese.exists()
    assert chinese.name in read(f"{name}.md").split("\n\n")[1]
    assert english.name in read(f"{name}.zh.md").split("\n\n")[1]


@pytest.mark.parametrize("name", [n for n in NAMES if n.endswith(".zh.md")])
def test_twins_keep_step(name: str) -> None:
    """Both languages have the same headings by number and level, the same blocks and the same tables."""
    chinese, english = read(name), read(str(twin(ROOT / name).relative_to(ROOT)))

    def shape(text: str) -> list[int]:
        return [len(h) for h in re.findall(r"^(#+) ", without_blocks(text), re.MULTILINE)]

    def rows(text: str) -> int:
        return len(re.findall(r"^\|", without_blocks(text), re.MULTILINE))

    assert shape(chinese) == shape(english)
    assert rows(chinese) == rows(english)
    for language in ("console", "sh", "toml", "json", "csv"):
        assert len(list(blocks(chinese, language))) == len(list(blocks(english, language)))


def test_no_trailing_space_or_tab() -> None:
    for name in NAMES:
        assert not re.search(r"[ \t]+$", read(name), re.MULTILINE), name


def test_pictures_are_small() -> None:
    for path in (ROOT / "docs/images").glob("*.png"):
        assert path.stat().st_size < 200_000, path.name


def test_every_decision_stands_in_the_index() -> None:
    pages = sorted((ROOT / "docs/adr").glob("0*.md"))
    titles = [p.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ").split(". ", 1) for p in pages]
    wanted = [f"{number}. [{title}]({p.name})" for p, (number, title) in zip(pages, titles, strict=True)]
    assert [line for line in read("docs/adr/README.md").splitlines() if re.match(r"\d", line)] == wanted
    assert [p.name[:4] for p in pages] == [f"{n:04d}" for n in range(1, len(pages) + 1)]


def test_pages_stay_short() -> None:
    """A decision fits a page; all that is written by hand in English can be read in some hours."""
    pages = dict(counted())
    decisions = {name: words for name, words in pages.items() if name.startswith("adr/0")}
    assert {name: words for name, words in decisions.items() if words > 450} == {}
    assert sum(words for name, words in pages.items() if not name.startswith("adr/")) <= 94_900
