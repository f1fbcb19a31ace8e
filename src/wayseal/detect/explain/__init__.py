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
from wayseal.detect.explain._posts import Rules, Staff, rules_of, staff_of
from wayseal.detect.explain._templates import By, Template, load_templates, ranks

__all__ = [
    "NOT_FIRST", "UNEXPLAINED", "UNKNOWN", "By", "Reads", "Routes", "Rules", "Scans", "Staff", "Template", "Tickets",
    "explain", "load_templates", "ranks", "rules_of", "staff_of",
]  # fmt: skip
