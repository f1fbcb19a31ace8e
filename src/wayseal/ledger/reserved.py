"""Names of sources that say where a log of ours stands: a vault's projection and the stream alone may bring them.

1. Nothing else is taken in under such a name, or a file could say that all of a log is in the ledger already.
"""

import hashlib
import re
from collections.abc import Iterable

from wayseal.model.messages import N_
from wayseal.store.errors import StoreError
from wayseal.store.types import SourceFile

__all__ = ["LIVE", "refuse_reserved", "reserved_prefix"]

LIVE = "live-"
"""Begins the names of what the stream brings; the id of its arrival log follows."""
_RESERVED = re.compile(r"(vault-|live-)[0-9a-f]{16}-")
_REFUSED = {
    "vault-": N_(
        "a name that begins with vault- and 16 hexadecimal digits is kept for what `wayseal vault project` brings: "
        "give the file another one"
    ),
    LIVE: N_(
        "a name that begins with live- and 16 hexadecimal digits is kept for what the stream brings: "
        "give the file another one"
    ),
}


def reserved_prefix(origin: str) -> str:
    """How names of the sources begin that a projection of a log brings; origin: the log's name."""
    return f"vault-{hashlib.sha256(origin.encode()).hexdigest()[:16]}-"


def refuse_reserved(files: Iterable[SourceFile]) -> None:
    """Raises StoreError where a file has such a name (rule 1)."""
    for file in files:
        if found := _RESERVED.match(file.path.name):
            raise StoreError(_REFUSED[found[1]], file=file.path)
