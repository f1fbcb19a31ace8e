"""Reasons: why a read was work or was not, and which templates would explain what nothing explains."""

from wayseal.detect._odd_reads import ReadFilter
from wayseal.detect.reasons._block import as_toml
from wayseal.detect.reasons._mine import MineResult, mine_templates
from wayseal.detect.reasons._mine_report import render_mine
from wayseal.detect.reasons._pair import PairResult, explain_pair
from wayseal.detect.reasons._pair_report import render_pair
from wayseal.detect.reasons._reads import ReadsResult, list_case_reads, list_waybill_reads
from wayseal.detect.reasons._reads_report import render_reads

__all__ = [
    "MineResult",
    "PairResult",
    "ReadFilter",
    "ReadsResult",
    "as_toml",
    "explain_pair",
    "list_case_reads",
    "list_waybill_reads",
    "mine_templates",
    "render_mine",
    "render_pair",
    "render_reads",
]
