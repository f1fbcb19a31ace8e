"""The state of detection: counts of reads that add up, and the first reads that nothing explains."""

from wayseal.detect.facts._facts import Facts, totals
from wayseal.detect.facts._update import facts_of, ground_of
from wayseal.detect.facts._walk import Ground, Tables, tables_of

__all__ = ["Facts", "Ground", "Tables", "facts_of", "ground_of", "tables_of", "totals"]
