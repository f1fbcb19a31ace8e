"""Reasons: why a read was work or was not."""

from wayseal.detect._odd_reads import ReadFilter
from wayseal.detect.reasons._pair import TABLES, JudgedRead, PairResult, TemplateStep, explain_pair, read_world
from wayseal.detect.reasons._reads import ListedRead, ReadsResult, list_case_reads, list_waybill_reads
from wayseal.detect.reasons._report import READ_COLUMNS, GroundWording, list_rows, render_pair, render_reads
from wayseal.detect.reasons._world import Account, World, is_work

__all__ = [
    "READ_COLUMNS",
    "TABLES",
    "Account",
    "GroundWording",
    "JudgedRead",
    "ListedRead",
    "PairResult",
    "ReadFilter",
    "ReadsResult",
    "TemplateStep",
    "World",
    "explain_pair",
    "is_work",
    "list_case_reads",
    "list_rows",
    "list_waybill_reads",
    "read_world",
    "render_pair",
    "render_reads",
]  # fmt: skip
