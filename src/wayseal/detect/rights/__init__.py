"""Rights against use: what accounts may do, and what they did."""

from wayseal.detect.errors import RightsError
from wayseal.detect.rights._map import Right, RightMap, load_map
from wayseal.detect.rights._report import render_rights
from wayseal.detect.rights._result import RightsResult
from wayseal.detect.rights._rights import rights

__all__ = ["Right", "RightMap", "RightsError", "RightsResult", "load_map", "render_rights", "rights"]
