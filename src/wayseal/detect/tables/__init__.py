"""What each table is worth: what is found with it and without it, beside each other."""

from wayseal.detect.tables._compare import TABLES, TablesResult, compare_tables, with_names
from wayseal.detect.tables._report import render_tables

__all__ = ["TABLES", "TablesResult", "compare_tables", "render_tables", "with_names"]
