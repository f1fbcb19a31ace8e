"""What stands above the leaves: the log's tree as its entries say it, and as its nodes say it.

Both are the same unless something was changed; then a checkpoint says which of them was signed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from wayseal.merkle import Tree
from wayseal.merkle.hashing import SIZE
from wayseal.merkle.tiles import WIDTH
from wayseal.vault.log._findings import Code
from wayseal.vault.log._tail import Tail, digests

Find = Callable[[Code, str], None]
Stored = Callable[[int, int], bytes | None]
"""The node that is stored at a level and a place; None: there is none."""
ZERO = bytes(SIZE)


@dataclass(slots=True)
class CandidateTile:
    """Up to 256 places from `first`.

    options: what their leaves may be (as stored, and as made again if that differs), those that were found right first.
    wrong: places whose row doesn't fit its leaf. whole: no row is missing. right: which option something above says is
    right (0 as stored, 1 as made again); None: nothing does.
    """

    first: int
    options: list[list[bytes]]
    wrong: list[int] = field(default_factory=list)
    whole: bool = True
    right: int | None = None

    @property
    def full(self) -> bool:
        """Whether it has 256 places."""
        return len(self.options[0]) == WIDTH

    def decide(self, option: int) -> None:
        """One of the options is right."""
        if self.right is None:
            self.options.insert(0, self.options.pop(option))
            self.right = option


class Levels:
    """Takes one tile after the other. find: names what is wrong above the leaves."""

    def __init__(self, stored: Stored, find: Find) -> None:
        self._stored = stored
        self._find = find
        self._by_entries = Tail()
        self._by_nodes = Tail()
        self._doubted: list[int] = []
        self._vouched = 0

    def judge(self, tile: CandidateTile) -> bytes:
        """Lets the node above a full tile decide on its leaves; the hash of those that go on to count."""
        hashes = [Tree.of(digests(b"".join(option))).root() for option in tile.options]
        place = tile.first // WIDTH
        node = self._stored(1, place)
        if node in hashes:
            tile.decide(hashes.index(node))
            return node
        if node is None:
            self._find(Code.NODE_MISSING, f"nodes/1/{place}")
        elif not tile.whole:
            return node or hashes[0]
        else:
            self._doubted.append(place)
        return hashes[0]

    def add(self, tile: CandidateTile, counts: bytes) -> None:
        """A full tile joins the trees: `counts` is its hash by its entries."""
        node = self._stored(1, tile.first // WIDTH) or counts
        self._by_entries, ours = self._by_entries.grown([counts])
        self._by_nodes, theirs = self._by_nodes.grown([node])
        for (above, place, right), (_, _, other) in zip(ours, theirs, strict=True):
            stored, where = self._stored(above + 1, place), f"nodes/{above + 1}/{place}"
            if stored is None:
                self._find(Code.NODE_MISSING, where)
            elif stored not in (right, other):
                self._find(Code.NODE, where)

    def fits(self, root: bytes, size: int, tile: CandidateTile) -> bool:
        """Whether a signed root is that of the first `size` leaves, which end in `tile`; then it decides."""
        for tail in (self._by_entries, self._by_nodes):
            for n, option in enumerate(tile.options[: None if tile.right is None else 1]):
                if tail.tree(b"".join(option[: size - tile.first])).root() == root:
                    if option[: size - tile.first] != tile.options[n - 1][: size - tile.first]:
                        tile.decide(n)
                    if tail is self._by_nodes and tail != self._by_entries:
                        self._vouched = tile.first // WIDTH
                    return True
        return False

    def root(self, leaves: Sequence[bytes]) -> bytes:
        """The root by entries, `leaves` being those of a last tile that isn't full."""
        return self._by_entries.tree(b"".join(leaves)).root()

    def doubted(self) -> list[tuple[int, bool]]:
        """Full tiles whose leaves and node don't fit, and whether a checkpoint says that the node is right."""
        return [(place, place < self._vouched) for place in self._doubted]
