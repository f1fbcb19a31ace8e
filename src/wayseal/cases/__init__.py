"""Cases: what people do with what was found. Evidence packs stand in `wayseal.cases.evidence`."""

from wayseal.cases import evidence

__all__ = ["evidence"]
