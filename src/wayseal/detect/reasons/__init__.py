"""Reasons: why a read was work or was not, and which templates would explain what nothing explains."""

from wayseal.detect.reasons._block import as_toml
from wayseal.detect.reasons._mine import MineResult, mine_templates
from wayseal.detect.reasons._mine_report import render_mine
from wayseal.detect.reasons._pair import PairResult, explain_pair
from wayseal.detect.reasons._pair_report import render_pair

__all__ = ["MineResult", "PairResult", "as_toml", "explain_pair", "mine_templates", "render_mine", "render_pair"]
