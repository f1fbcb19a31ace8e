"""Count the English words of the docs by hand: `python -m scripts.words`.

Left out are code blocks, the reference that is made from code, and benchmarks; decisions are counted apart.
"""

import re
from collections.abc import Iterator
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
_FENCE = re.compile(r"^```.*?^```[ \t]*$", re.MULTILINE | re.DOTALL)
_LEFT_OUT = ("benchmarks", "reference/api.md", "reference/commands.md", "reference/python.md")


def counted() -> Iterator[tuple[str, int]]:
    """Each English page by its path below docs, with its words."""
    for path in sorted(DOCS.rglob("*.md")):
        name = path.relative_to(DOCS).as_posix()
        if not name.endswith(".zh.md") and not name.startswith(_LEFT_OUT):
            yield name, len(_FENCE.sub("", path.read_text("utf-8")).split())


def main() -> None:
    """Print the pages from the longest to the shortest, then the sums."""
    pages = dict(counted())
    for name, words in sorted(pages.items(), key=lambda page: -page[1]):
        print(f"{words:7,}  {name}")
    decisions = sum(words for name, words in pages.items() if name.startswith("adr/"))
    print(f"{sum(pages.values()) - decisions:7,}  pages, without {decisions:,} of decisions")


if __name__ == "__main__":
    main()
