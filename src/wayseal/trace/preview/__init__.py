"""Before a trace: which of the numbers the ledger knows, what each was a draw from, and how far they can carry."""

from wayseal.trace.preview._preview import Carry, NumberSeen, Preview, StratumSeen, numbers_needed, preview

__all__ = ["Carry", "NumberSeen", "Preview", "StratumSeen", "numbers_needed", "preview"]
