"""Reasons: why a read was work or was not, and which templates would explain what nothing explains."""

from wayseal.detect._odd_reads import ReadFilter
from wayseal.detect.reasons._block import as_toml
from wayseal.detect.reasons._mine import MineResult, mine_templates
from wayseal.detect.reasons._mine_report import render_mine
from wayseal.detect.reasons._pair import TABLES, JudgedRead, PairResult, TemplateStep, explain_pair, read_world
from wayseal.detect.reasons._pair_report import render_pair
from wayseal.detect.reasons._reads import ListedRead, ReadsResult, list_case_reads, list_waybill_reads
from wayseal.detect.reasons._reads_report import render_reads
from wayseal.detect.reasons._wording import GroundWording
from wayseal.detect.reasons._world import Account, World, is_work

__all__ = [
    "TABLES",
    "Account",
    "GroundWording",
    "JudgedRead",
    "ListedRead",
    "MineResult",
    "PairResult",
    "ReadFilter",
    "ReadsResult",
    "TemplateStep",
    "World",
    "as_toml",
    "explain_pair",
    "is_work",
    "list_case_reads",
    "list_waybill_reads",
    "mine_templates",
    "read_world",
    "render_mine",
    "render_pair",
    "render_reads",
]  # fmt: skip
