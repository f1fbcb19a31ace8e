"""The usual among peers and for oneself, and how far what is not speaks for pulling."""

from wayseal.detect.peers._evidence import AGES, Causes, DailyEvidence, evidence
from wayseal.detect.peers._fit import FITTED, WEEKS, Usual, fit

__all__ = ["AGES", "FITTED", "WEEKS", "Causes", "DailyEvidence", "Usual", "evidence", "fit"]
