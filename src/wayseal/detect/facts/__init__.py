"""The state of detection: counts of reads that add up, and the first reads that nothing explains."""

from wayseal.detect.facts._disk import keep
from wayseal.detect.facts._facts import Facts, totals
from wayseal.detect.facts._tally import ADDRESS, DEVICE
from wayseal.detect.facts._update import Progress, facts_of, ground_of
from wayseal.detect.facts._walk import TABLE_COLUMNS, Ground, Tables, judged, tables_of

__all__ = [
    "ADDRESS", "DEVICE", "TABLE_COLUMNS", "Facts", "Ground", "Progress", "Tables", "facts_of", "ground_of", "judged",
    "keep", "tables_of", "totals",
]  # fmt: skip
