"""Names of sources that only a projection of a vault's log may bring: where it stands is read out of them.

1. Nothing else is taken in under such a name, or a file could say that all of a log is in the ledger already.
"""

import hashlib
import re
from collections.abc import Iterable

from wayseal.store.errors import StoreError
from wayseal.store.types import SourceFile

__all__ = ["refuse_reserved", "reserved_prefix"]

_RESERVED = re.compile(r"vault-[0-9a-f]{16}-")


def reserved_prefix(origin: str) -> str:
    """How names of the sources begin that a projection of a log brings; origin: the log's name."""
    return f"vault-{hashlib.sha256(origin.encode()).hexdigest()[:16]}-"


def refuse_reserved(files: Iterable[SourceFile]) -> None:
    """Raises StoreError where a file has such a name (rule 1)."""
    for file in files:
        if _RESERVED.match(file.path.name):
            raise StoreError(
                "a name that begins with vault- and 16 hexadecimal digits is kept for what `wayseal vault project` "
                "brings: give the file another one",
                file=file.path,
            )
