"""The catalogue of help: every text of `--help` and of the reference pages, with its Chinese."""

from collections.abc import Callable, Iterable
from pathlib import Path

from babel.messages.pofile import read_po

from scripts.texts import written
from wayseal.cli._help import DOMAIN, LOCALE

PATH = LOCALE / f"zh/LC_MESSAGES/{DOMAIN}.po"
FRAGMENTS = Path(__file__).parents[2] / "docs/reference"
MADE = "<!-- made -->\n"
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


def fragment(name: str, lang: str) -> str:
    """A hand-written part of a page; nothing where there is none."""
    path = FRAGMENTS / (name + (".md.in" if lang == "en" else ".zh.md.in"))
    return path.read_text(encoding="utf-8") if path.exists() else ""


def row(*cells: str) -> str:
    """A row of a table."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |".replace("|  |", "| |")
