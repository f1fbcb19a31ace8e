"""Reasons: why a read was work or was not, and which templates would explain what nothing explains."""

from wayseal.detect.reasons._pair import PairResult, explain_pair
from wayseal.detect.reasons._pair_report import render_pair

__all__ = ["PairResult", "explain_pair", "render_pair"]
