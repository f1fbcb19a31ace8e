"""A report as blocks, written once and shown as text for a terminal or as one static HTML page."""

from wayseal.trace.page._blocks import Document, Section, Table
from wayseal.trace.page._charts import columns_chart, intervals_chart
from wayseal.trace.page._render import render_blocks

__all__ = ["Document", "Section", "Table", "columns_chart", "intervals_chart", "render_blocks"]
