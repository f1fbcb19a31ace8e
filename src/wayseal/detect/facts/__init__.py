"""The state of detection: counts of reads that add up, and the first reads that nothing explains."""

from wayseal.detect.facts._facts import Facts, totals
from wayseal.detect.facts._tally import ADDRESS, DEVICE
from wayseal.detect.facts._update import Progress, build_context, update_facts
from wayseal.detect.facts._walk import TABLE_COLUMNS, ExplanationContext, Tables, code_tables, judge_reads

__all__ = [
    "ADDRESS",
    "DEVICE",
    "TABLE_COLUMNS",
    "ExplanationContext",
    "Facts",
    "Progress",
    "Tables",
    "build_context",
    "code_tables",
    "judge_reads",
    "totals",
    "update_facts",
]  # fmt: skip
