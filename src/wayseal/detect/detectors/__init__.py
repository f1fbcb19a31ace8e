"""Every module of this folder without an underscore holds one detector, named DETECTOR; the registry finds them."""

import importlib
import pkgutil
from functools import cache

from wayseal.detect.detectors._contract import Detector, Odd

__all__ = ["Detector", "Odd", "detectors"]


@cache
def detectors() -> tuple[Detector, ...]:
    """All detectors, by name."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
    found: list[Detector] = [importlib.import_module(f"{__name__}.{name}").DETECTOR for name in names]
    return tuple(found)
