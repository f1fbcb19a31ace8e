"""Whether a first read was work: templates as data, and the one pass that tries them."""

from wayseal.detect.explain._kernel import (
    NOT_FIRST,
    UNEXPLAINED,
    UNKNOWN,
    Reads,
    Routes,
    Scans,
    Tickets,
    explain,
)
from wayseal.detect.explain._posts import OUTLET, Rules, Staff, rules_of, staff_of
from wayseal.detect.explain._templates import TIMED, By, Template, built_in, load_templates, ranks

__all__ = [
    "NOT_FIRST", "OUTLET", "TIMED", "UNEXPLAINED", "UNKNOWN", "By", "Reads", "Routes", "Rules", "Scans", "Staff",
    "Template", "Tickets", "built_in", "explain", "load_templates", "ranks", "rules_of", "staff_of",
]  # fmt: skip
