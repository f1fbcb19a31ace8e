"""A report as blocks, written once and shown as text for a terminal or as one static HTML page."""

from typing import TYPE_CHECKING

from wayseal.model.runtime import load_when_asked

if TYPE_CHECKING:
    from wayseal.page._blocks import Banner, Columns, Document, Place, Section, Table
    from wayseal.page._render import Report

__all__ = [
    "Banner",
    "Columns",
    "Document",
    "Place",
    "Report",
    "Section",
    "Table",
]

__getattr__ = load_when_asked(
    __name__,
    {
        "Banner": "_blocks",
        "Columns": "_blocks",
        "Document": "_blocks",
        "Place": "_blocks",
        "Report": "_render",
        "Section": "_blocks",
        "Table": "_blocks",
    },
)
