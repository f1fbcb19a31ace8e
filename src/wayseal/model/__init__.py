"""What every room speaks of: kinds, waybill-number formats and the root of all errors. No I/O, no keys."""

from wayseal.model.errors import WaysealError
from wayseal.model.kinds import SourceKind, VerdictKind
from wayseal.model.numbers import Candidate, NumberFormat, candidates, clean_waybill, s10_is_valid

__all__ = [
    "Candidate",
    "NumberFormat",
    "SourceKind",
    "VerdictKind",
    "WaysealError",
    "candidates",
    "clean_waybill",
    "s10_is_valid",
]
