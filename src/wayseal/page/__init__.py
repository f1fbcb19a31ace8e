"""A report as blocks, written once and shown as text for a terminal or as one static HTML page."""

from typing import TYPE_CHECKING

from wayseal.model.lazy import load_when_asked

if TYPE_CHECKING:
    from wayseal.page._blocks import Document, Section, Table
    from wayseal.page._json import as_json
    from wayseal.page._render import render_blocks
    from wayseal.page._template import render_template
    from wayseal.page._text import print_to_text
    from wayseal.page._wrap import wrap

__all__ = ["Document", "Section", "Table", "as_json", "print_to_text", "render_blocks", "render_template", "wrap"]

__getattr__ = load_when_asked(
    __name__,
    {
        "Document": "_blocks",
        "Section": "_blocks",
        "Table": "_blocks",
        "as_json": "_json",
        "render_template": "_template",
        "print_to_text": "_text",
        "render_blocks": "_render",
        "wrap": "_wrap",
    },
)
