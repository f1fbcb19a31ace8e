"""What proves that a line stands in the record (rule 3)."""

from collections.abc import Sequence
from dataclasses import dataclass

from wayseal.market.log._lines import leaf_of
from wayseal.merkle import Checkpoint, VerifyKey, verify_inclusion


@dataclass(frozen=True, slots=True, kw_only=True)
class LineProof:
    """That a line stands in the record of so many lines.

    Attributes:
        line: Its text, whose bytes are the leaf's.
        seq: Its place.
        size: Lines of the tree.
        path: Hashes from the leaf to the root, the lowest first.
        root: Root of the tree.
    """

    line: str
    seq: int
    size: int
    path: tuple[bytes, ...]
    root: bytes

    def holds(self, note: bytes, keys: Sequence[VerifyKey]) -> bool:
        """Whether it stands in the tree of a signed checkpoint.

        Args:
            note: The checkpoint, of just this size.
            keys: Keys that are trusted.

        Returns:
            True only if it does.

        Raises:
            MerkleError: The note is none, or nobody signed it who is trusted.
        """
        checkpoint, _ = Checkpoint.open(note, keys)
        if checkpoint.size != self.size or checkpoint.root != self.root:
            return False
        return verify_inclusion(leaf_of(self.line), self.seq, self.size, self.path, checkpoint.root)
