"""Errors of this room."""

from collections.abc import Sequence
from typing import ClassVar

from wayseal.model.errors import WaysealError


class MerkleError(WaysealError):
    """A key, a checkpoint or a proof that can't be read; names the rule that it breaks, never its content."""

    exit_code: ClassVar[int] = 3


class OtherOriginError(MerkleError):
    """A checkpoint of another tree; names both."""

    exit_code: ClassVar[int] = 8


class UnknownKeyError(MerkleError):
    """A checkpoint that none of the given keys signed; `keys` are those that did, as name+id."""

    exit_code: ClassVar[int] = 9

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = tuple(keys)
        super().__init__("signed by {keys}, and by no key that was given", keys=list(keys))
