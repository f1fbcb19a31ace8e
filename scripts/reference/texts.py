"""The catalogue of help: every text of `--help` and of the reference pages, with its Chinese."""

import os
import re
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from scripts.texts import written
from wayseal.cli._loading import DOMAIN, LOCALE

PATH = LOCALE / f"zh/LC_MESSAGES/{DOMAIN}.po"
DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "reference"
_MADE = re.compile(r"<!-- made by `make docs` -->\n.*?<!-- to here -->\n", re.DOTALL)
_LINK = re.compile(r"\]\(([\w.-]+\.md)")
Say = Callable[[str], str]


def known() -> dict[str, str]:
    """The catalogue as it is: texts and their Chinese."""
    with PATH.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file, locale="zh") if message.id}


def says(lang: str) -> Say:
    """What says a text in a language; what has no translation stays English."""
    if lang == "en":
        return lambda text: text
    chinese = known()
    return lambda text: chinese.get(text) or text


def updated(texts: Iterable[str]) -> tuple[bytes, bytes, list[str]]:
    """The catalogue with these texts and no others (.po and .mo), and which have no translation.

    It has no line numbers and no dates, and is sorted, so that it changes where a text changes.
    """
    has = known()
    entries = {text: has.get(text, "") for text in texts}
    return *written("zh", entries), sorted(text for text, chinese in entries.items() if not chinese)


def filled(name: str, lang: str, made: str) -> str:
    """A page of docs/reference with the made part where its mark stands.

    Args:
        name: The page, without its ending.
        lang: Its language.
        made: The part; links in it name pages by their files alone, wherever these lie.
    """
    written = (FOLDER / (name + (".md" if lang == "en" else ".zh.md"))).read_text("utf-8")
    linked = _LINK.sub(lambda found: f"]({_places()[found[1]]}", made)
    text, times = _MADE.subn(lambda _: linked, written)
    if times != 1:
        raise ValueError(f"{name}: {times} marks of a made part")
    return text


@cache
def _places() -> dict[str, str]:
    """Every page of the docs by the name of its file, as seen from docs/reference."""
    return {path.name: os.path.relpath(path, FOLDER) for path in DOCS.rglob("*.md")}


def row(*cells: str) -> str:
    """A row of a table."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |".replace("|  |", "| |")
