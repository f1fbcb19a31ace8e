"""Write the catalogue of the texts of help and reference pages; tell what has no translation."""

import sys
from pathlib import Path

from scripts.reference import api, client, commands, figures, texts

ROOT = Path(__file__).parents[2]


def pages() -> dict[str, str]:
    """Every reference page, whole, by its path below the root."""
    return {
        f"docs/reference/{name}{'' if lang == 'en' else '.zh'}.md": make(lang)
        for name, make in (("commands", commands.page), ("api", api.page), ("python", client.page))
        for lang in ("en", "zh")
    } | {"docs/benchmarks.md": figures.page("en"), "docs/benchmarks.zh.md": figures.page("zh")}


def catalogue() -> tuple[bytes, bytes, list[str]]:
    """The catalogue of every text of the pages and of `--help` (.po, .mo), and what it lacks."""
    return texts.updated([*commands.texts(), *api.texts()])


def main() -> int:
    """Bring the catalogue up to date."""
    po, mo, lacking = catalogue()
    texts.PATH.write_bytes(po)
    texts.PATH.with_suffix(".mo").write_bytes(mo)
    for text in lacking:
        print(f"{texts.PATH.relative_to(ROOT)}: {text!r} has no translation", file=sys.stderr)
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
