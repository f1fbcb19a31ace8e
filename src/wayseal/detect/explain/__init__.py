"""The explanation of first reads by work: templates as data, and the one pass that tries them."""

from wayseal.detect.explain._kernel import (
    NOT_FIRST,
    OWN_TICKET,
    UNEXPLAINED,
    UNKNOWN,
    Reads,
    Routes,
    Scans,
    Tickets,
    explain,
)
from wayseal.detect.explain._posts import (
    EVERYBODY,
    MANY,
    OUTLET,
    Rules,
    Staff,
    build_staff,
    code_rules,
    find_common_rights,
)
from wayseal.detect.explain._templates import TIMED, Template, TemplateKind, built_in, load_templates, ranks

__all__ = [
    "EVERYBODY",
    "MANY",
    "NOT_FIRST",
    "OUTLET",
    "OWN_TICKET",
    "TIMED",
    "UNEXPLAINED",
    "UNKNOWN",
    "Reads",
    "Routes",
    "Rules",
    "Scans",
    "Staff",
    "Template",
    "TemplateKind",
    "Tickets",
    "build_staff",
    "built_in",
    "code_rules",
    "explain",
    "find_common_rights",
    "load_templates",
    "ranks",
]  # fmt: skip
