"""Build the docs as a site: `python -m scripts.site [FOLDER]` (`make docs` runs it).

1. What is built is laid out anew each time: docs/, the reference with its made parts, and the pages of the root.
2. Nothing is asked of another site, and nothing is inline, so that the console serves it under its own strict policy:
   inline scripts become files, and what the theme would fetch from elsewhere goes.
3. A Chinese heading has the id of its English twin, so that an address with one holds in both languages, and where a
   page that is there in English alone names it.
4. It goes where the console and the wheel find it; git doesn't know it.
"""

import hashlib
import logging
import os
import re
import shutil
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from mkdocs.commands.build import build
from mkdocs.config import load_config
from pymdownx.slugs import slugify

from scripts.reference.__main__ import pages

ROOT = Path(__file__).parents[1]
STAGE = ROOT / ".cache/docs"
INTO = ROOT / "src/wayseal/console/docs"
ROOT_PAGES = {
    "README.md": "index.md",
    "README.zh.md": "index.zh.md",
    "CONTRIBUTING.md": "contributing/index.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
}
"""Pages of the root, and what stands for them in the site."""
_HOME_HEAD = "---\nhide: [navigation, toc]\n---\n"
_LINK = re.compile(r"(!?)\[((?:`[^`]*`|[^\]])*)\]\(([^)\s#]*)(#[^)\s]*)?\)")
_FENCE = re.compile(r"(^```.*?^```[ \t]*$)", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{2,6} (.+)$", re.MULTILINE)
_MARKS = re.compile(r"[`*]|\[([^\]]*)\]\([^)]*\)")
_TWIN = re.compile(r"^(English \| \[中文\]\(.*\)|\[English\]\(.*\) \| 中文)\n\n?", re.MULTILINE)
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_ELSEWHERE = re.compile(r"https://(unpkg\.com|api\.github\.com|gitlab\.com)[\w@./-]*")
_LUNR = ("lunr.stemmer.support.min.js", "lunr.multi.min.js", "lunr.zh.min.js")
"""What the search needs for our languages."""
_MAP = re.compile(r"^(//# |/\*# )sourceMappingURL=.*$", re.MULTILINE)


def main(words: list[str]) -> int:
    """Build into a folder, or where the console looks; tell where it lies."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    folder = Path(words[0]) if words else INTO
    make_site(folder)
    print(f"The docs' site: {folder / 'index.html'} (Chinese: {folder / 'zh/index.html'})")
    return 0


def make_site(folder: Path, stage: Path = STAGE) -> None:
    """Build the site. Whatever is wrong, a link that leads nowhere among it, ends it.

    Args:
        folder: Where it goes; what was there is gone.
        stage: Where its pages are laid out before.
    """
    lay_out(stage)
    config = load_config(str(ROOT / "mkdocs.yml"), docs_dir=str(stage), site_dir=str(folder), strict=True)
    config.plugins.on_startup(command="build", dirty=False)
    build(config)
    _take_out(folder)


def lay_out(stage: Path) -> None:
    """Rules 1 and 3."""
    shutil.rmtree(stage, ignore_errors=True)
    shutil.copytree(ROOT / "docs", stage, ignore=shutil.ignore_patterns("*.sh", "README.md"))
    shutil.copy(ROOT / "src/wayseal/console/static/icon.svg", stage / "icon.svg")
    made = pages()
    texts = {name: made.get(name) or (ROOT / name).read_text("utf-8") for name, _ in _sources()}
    ids = {name: _ids(name, texts) for name in texts if name.endswith(".zh.md")}
    for name, place in _sources():
        path = stage / place
        path.parent.mkdir(parents=True, exist_ok=True)
        head = _HOME_HEAD if place.startswith("index.") else ""
        path.write_text(head + _as_in_the_site(texts[name], name, place, ids), "utf-8")


def _ids(name: str, texts: dict[str, str]) -> dict[str, str]:
    """Own id of each heading of a Chinese page → the id of its twin."""
    return dict(zip(_slugs(texts[name]), _slugs(texts[name.replace(".zh.md", ".md")]), strict=True))


def _slugs(text: str) -> list[str]:
    make = slugify(case="lower")
    return [make(_MARKS.sub(r"\1", heading), "-") for heading in _HEADING.findall(_FENCE.sub("", text))]


def _sources() -> Iterator[tuple[str, str]]:
    """Every page by its path below the root, with its path below the site."""
    for path in sorted((ROOT / "docs").rglob("*.md")):
        place = str(path.relative_to(ROOT / "docs"))
        yield f"docs/{place}", place.replace("README.md", "index.md")
    yield from ((name, place) for name, place in ROOT_PAGES.items() if not name.startswith("README"))


def _as_in_the_site(text: str, name: str, place: str, ids: dict[str, dict[str, str]]) -> str:
    """A page with links and ids as the site has them; what isn't in the site is a name without a link."""

    def link(found: re.Match[str]) -> str:
        sign, said, target, anchor = found[1], found[2], found[3], (found[4] or "").removeprefix("#")
        if re.match(r"[a-z]+:", target):
            return found[0]
        file = os.path.normpath(Path(name).parent / target) if target else name
        there = ROOT_PAGES.get(file) or (file.removeprefix("docs/") if file.startswith("docs/") else None)
        if there is None or (ROOT / file).is_dir():
            return said
        # The plugin for languages finds the twin of a page by the page's own name.
        there = there.replace("README.md", "index.md").replace(".zh.md", ".md")
        shown = os.path.relpath(there, Path(place).parent) if target else ""
        anchor = ids.get(file, {}).get(anchor, anchor)
        return f"{sign}[{said}]({shown}{'#' if anchor else ''}{anchor})"

    def heading(found: re.Match[str]) -> str:
        own = _slugs(found[0])[0]
        return f"{found[0]} {{#{ids[name][own]}}}"

    def part(text: str) -> str:
        linked = _LINK.sub(link, text)
        return _HEADING.sub(heading, linked) if name in ids else linked

    parts = _FENCE.split(_TWIN.sub("", text, count=1))
    return "".join(one if i % 2 else part(one) for i, one in enumerate(parts))


def _take_out(folder: Path) -> None:
    """Rule 2."""
    lunr = folder / "assets/javascripts/lunr"
    for path in (*folder.rglob("*.map"), *lunr.rglob("*.js")):
        if path.name not in _LUNR:
            path.unlink()
    for path in (*folder.rglob("*.js"), *folder.rglob("*.css")):
        text = path.read_text("utf-8")
        path.write_text(_MAP.sub("", _ELSEWHERE.sub("data:,", text)), "utf-8")
    (folder / "assets/inline").mkdir()
    for path in folder.rglob("*.html"):
        path.write_text(_INLINE.sub(partial(_own, page=path, folder=folder), path.read_text("utf-8")), "utf-8")
    # The theme asks for one of each language.
    shutil.copy(folder / "sitemap.xml", folder / "zh/sitemap.xml")


def _own(found: re.Match[str], *, page: Path, folder: Path) -> str:
    """An inline script as a file of its own."""
    script = found[1]
    name = f"assets/inline/{hashlib.sha256(script.encode()).hexdigest()[:12]}.js"
    (folder / name).write_text(script, "utf-8")
    return f'<script src="{os.path.relpath(folder / name, page.parent)}"></script>'


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
