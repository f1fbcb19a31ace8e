"""The state of detection: counts of reads that add up, and the first reads that nothing explains."""

from wayseal.detect.facts._facts import Facts, totals
from wayseal.detect.facts._tally import ADDRESS, DEVICE
from wayseal.detect.facts._update import facts_of, ground_of

__all__ = ["ADDRESS", "DEVICE", "Facts", "facts_of", "ground_of", "totals"]
