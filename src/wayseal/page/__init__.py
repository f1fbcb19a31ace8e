"""A report as blocks, written once and shown as text for a terminal or as one static HTML page."""

from wayseal.page._blocks import Document, Section, Table
from wayseal.page._console import printed
from wayseal.page._json import as_json
from wayseal.page._render import render_blocks
from wayseal.page._template import page_of
from wayseal.page._wrap import wrap

__all__ = ["Document", "Section", "Table", "as_json", "page_of", "printed", "render_blocks", "wrap"]
