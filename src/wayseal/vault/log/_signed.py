"""Checkpoints that can be compared with the log's tree.

A checkpoint counts only with a signature by a given key, and if it is of this log. Without keys none counts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wayseal.merkle import Checkpoint, MerkleError, VerifyKey
from wayseal.merkle.errors import UnknownKeyError
from wayseal.vault.log._findings import Code, Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A checkpoint whose signature was verified. stored: it lies in the log itself."""

    where: str
    point: Checkpoint
    keys: tuple[str, ...]
    stored: bool


class Opener:
    """Opens checkpoints of the log of `origin` (None: of whatever the first one says) with `size` entries."""

    def __init__(
        self, origin: str | None, size: int, keys: Sequence[VerifyKey], find: Callable[[Finding], None]
    ) -> None:  # fmt: skip
        self.origin = origin
        self._size = size
        self._keys = keys
        self._find = find

    def open(self, where: str, note: bytes, *, stored: bool = False) -> Signed | None:
        """A checkpoint to be compared; None where it can't be, and a finding says why."""
        try:
            point, by = Checkpoint.open(note, self._keys)
        except UnknownKeyError as error:
            return self._refuse(Code.CHECKPOINT_KEY, where, keys=", ".join(error.keys))
        except MerkleError as error:
            return self._refuse(Code.CHECKPOINT_UNREADABLE, where, reason=str(error))
        self.origin = self.origin or point.origin
        said: dict[str, str | int] = {"origin": point.origin, "size": point.size, "own": self.origin}
        if point.origin != self.origin:
            return self._refuse(Code.CHECKPOINT_ORIGIN, where, **said)
        if point.size > self._size:
            return self._refuse(Code.CHECKPOINT_AHEAD, where, **said)
        return Signed(where=where, point=point, keys=tuple(f"{k.name}+{k.id}" for k in by), stored=stored)

    def _refuse(self, code: Code, where: str, **values: str | int) -> Signed | None:
        self._find(Finding(code=code, where=where, values=values))
        return None
