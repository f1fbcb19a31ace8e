"""What this room raises."""

from typing import ClassVar

from wayseal.model.errors import WaysealError


class MerkleError(WaysealError):
    """A key, a checkpoint or a proof that can't be read; names the rule that it breaks, never its content."""

    exit_code: ClassVar[int] = 3


class OtherOriginError(MerkleError):
    """A checkpoint of another tree; names both."""

    exit_code: ClassVar[int] = 8


class UnknownKeyError(MerkleError):
    """A checkpoint that none of the given keys signed; names the keys that did."""

    exit_code: ClassVar[int] = 9
