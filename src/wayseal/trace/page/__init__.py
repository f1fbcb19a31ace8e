"""A report as blocks, written once and shown as text for a terminal or as one static HTML page."""

from wayseal.trace.page._blocks import Document, Section, Table
from wayseal.trace.page._charts import columns_chart, intervals_chart
from wayseal.trace.page._html import render_page
from wayseal.trace.page._json import as_json
from wayseal.trace.page._text import render_lines

__all__ = [
    "Document",
    "Section",
    "Table",
    "as_json",
    "columns_chart",
    "intervals_chart",
    "render_lines",
    "render_page",
]
