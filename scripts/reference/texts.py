"""The catalogue of help: every text of `--help` and of the reference pages, with its Chinese."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from wayseal.cli._help import DOMAIN, LOCALE

PATH = LOCALE / f"zh/LC_MESSAGES/{DOMAIN}.po"
FRAGMENTS = Path(__file__).parents[2] / "docs/reference"
_NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)
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
    catalog = Catalog(locale="zh", fuzzy=False, creation_date=_NO_DATE, revision_date=_NO_DATE)
    catalog.mime_headers = [("Content-Type", "text/plain; charset=utf-8"), ("Language", "zh")]
    for text in sorted(set(texts)):
        catalog.add(text, has.get(text, ""))
    po, mo = BytesIO(), BytesIO()
    write_po(po, catalog, width=0, omit_header=True)
    write_mo(mo, catalog)
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Language: zh\\n"\n\n'
    return head.encode() + po.getvalue(), mo.getvalue(), [text for text in sorted(set(texts)) if not has.get(text)]


def fragment(name: str, lang: str) -> str:
    """A hand-written part of a page; nothing where there is none."""
    path = FRAGMENTS / (name + (".md.in" if lang == "en" else ".zh.md.in"))
    return path.read_text(encoding="utf-8") if path.exists() else ""


def row(*cells: str) -> str:
    """A row of a table."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |".replace("|  |", "| |")
