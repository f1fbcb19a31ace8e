"""Capture: what came is kept as evidence that foreign tools check alone: warcio, `sha256sum`, `openssl`.

`Captures` keeps; `verify_captures` checks it all; `purge` lets go of what was kept long enough (`over`).
"""

from wayseal.market.capture._captures import Captures
from wayseal.market.capture._lists import is_purged, over, purge, verify_captures

__all__ = ["Captures", "is_purged", "over", "purge", "verify_captures"]
