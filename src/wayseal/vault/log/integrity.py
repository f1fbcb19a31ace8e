"""Looking whether the log is what was written, and its tree what was signed.

1. Everything is looked at: a finding ends nothing, and each names the row at fault.
2. Leaves are made again from salts and entries, nodes from leaves, roots from both; each is compared with what is
   stored, and roots with every checkpoint, stored or given.
3. Where two of them disagree, what stands above decides which is at fault: a node on its leaves, a signed checkpoint
   on nodes.
4. An erased entry counts as such only if a later entry of the log names it.
5. A checkpoint counts only with a signature by a given key, and if it is of this log. Without keys none counts.

Findings are data; the command line has the words.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from wayseal.database import Connection, Database
from wayseal.merkle import Checkpoint, MerkleError, Tree, VerifyKey
from wayseal.merkle.checkpoint import HeldCheckpoint
from wayseal.merkle.errors import UnknownKeyError
from wayseal.merkle.hashing import SIZE, leaf_hash
from wayseal.merkle.tiles import HEIGHT, WIDTH
from wayseal.merkle.tiles import entries as entries_of
from wayseal.model.errors import Finding, exit_code_of
from wayseal.model.progress import Progress
from wayseal.vault.errors import LogChangedError, VaultError
from wayseal.vault.log._append import named_by
from wayseal.vault.log.entries import EntryKind, Span, count_places, decode, merge_spans, subtract_spans
from wayseal.vault.log.proofs import signed_at
from wayseal.vault.log.sound_entries import Row, extent, hashes_of, nodes_too_many, notes_of, read_origin, tiles_of_rows
from wayseal.vault.log.tiles import Tail, digests, tree


class Code(StrEnum):
    """A kind of fault."""

    ENTRY = "entry"
    """Entry, salt and leaf of one row don't fit each other; `column` says which was changed, where that is known."""
    ENTRY_UNREADABLE = "entry-unreadable"
    """It is what was hashed, but no entry."""
    ENTRY_MISSING = "entry-missing"
    ENTRY_EXTRA = "entry-extra"
    """A row at a place that the log doesn't have."""
    ENTRY_ERASED = "entry-erased"
    """Entries were dropped, and no entry of the log says so."""
    ENTRIES_REWRITTEN = "entries-rewritten"
    """Entries fit their leaves, but nodes and a signed checkpoint say that other ones stood there."""
    NODE = "node"
    NODE_MISSING = "node-missing"
    NODE_EXTRA = "node-extra"
    CHECKPOINT_ROW = "checkpoint-row"
    """A stored checkpoint's size or time isn't what its note says."""
    CHECKPOINT_UNREADABLE = "checkpoint-unreadable"
    CHECKPOINT_ORIGIN = "checkpoint-origin"
    CHECKPOINT_KEY = "checkpoint-key"
    CHECKPOINT_AHEAD = "checkpoint-ahead"
    CHECKPOINT_HISTORY = "checkpoint-history"
    ROW_MISSING = "row-missing"
    """An entry that disclosed has no row in the analytics ledger."""
    ROW_EXTRA = "row-extra"
    """The ledger has a row that the log has no entry for, or more than one for an entry."""
    ROW_CHANGED = "row-changed"
    """A row says another account, waybill or time than its entry."""
    POSITION = "position"
    """The ledger says that a source brought entries up to `stop`, and the log never ended there as it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The result of verifying the log: what was looked at and what was found.

    size, root (hex): of the log as its entries say. origin: the vault's, None where it doesn't say. erased: entries
    that were dropped. disclosed: entries that show something. checkpoints: those that hold.
    """

    origin: str | None
    size: int
    root: str
    disclosed: int
    erased: int
    nodes: int
    checkpoints: tuple[HeldCheckpoint, ...]
    findings: tuple[Finding, ...]

    @property
    def exit_code(self) -> int:
        """0 where all is as it should be; a changed log goes before a checkpoint that can't be used."""
        return exit_code_of(self.findings)


Find = Callable[[Code, str], None]
Stored = Callable[[int, int], bytes | None]
"""The node that is stored at a level and a place; None: there is none."""
ZERO = bytes(SIZE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCheckpoint:
    """A checkpoint whose signature was verified. stored: it lies in the log itself."""

    where: str
    point: Checkpoint
    keys: tuple[str, ...]
    stored: bool


class CheckpointOpener:
    """Opens checkpoints of the log of `origin` (None: of whatever the first one says) with `size` entries."""

    def __init__(
        self, origin: str | None, size: int, keys: Sequence[VerifyKey], find: Callable[[Finding], None]
    ) -> None:  # fmt: skip
        self.origin = origin
        self._size = size
        self._keys = keys
        self._find = find

    def open(self, where: str, note: bytes, *, stored: bool = False) -> SignedCheckpoint | None:
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
        return SignedCheckpoint(where=where, point=point, keys=tuple(f"{k.name}+{k.id}" for k in by), stored=stored)

    def _refuse(self, code: Code, where: str, **values: str | int) -> SignedCheckpoint | None:
        self._find(Finding(code=code, where=where, values=values))
        return None


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
        """True if it has 256 places."""
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
        """Check whether a signed root is that of the first `size` leaves, which end in `tile`; then it decides."""
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


Note = tuple[str, bytes]
"""A given checkpoint: a name for it, and its content."""


def verify(database: Database, notes: Sequence[Note], keys: Sequence[VerifyKey], progress: Progress) -> Verification:
    """Looks at everything (rules 1 to 5), in one reading transaction.

    Give it a database that was opened for it: on PostgreSQL its work holds up what else goes through the same one.
    """
    return database.read(verified, notes, keys, progress)


def verified(
    connection: Connection, notes: Sequence[Note], keys: Sequence[VerifyKey], progress: Progress
) -> Verification:
    """The same within the caller's transaction, which must be one snapshot."""
    return _Verifier(connection).all(notes, keys, progress)


@dataclass(slots=True)
class _EntryTotals:
    """The totals of entries. erased: places that say nothing any more; named: those that entries say were dropped."""

    disclosed: int = 0
    erased: list[Span] = field(default_factory=list)
    named: list[Span] = field(default_factory=list)


class _Verifier:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._findings: list[Finding] = []
        self._extent = extent(connection)
        self._nodes: tuple[int, list[bytes | None]] = (0, [])
        self._levels = Levels(self._stored, self._find)
        self._said = _EntryTotals()

    def all(self, notes: Sequence[Note], keys: Sequence[VerifyKey], progress: Progress) -> Verification:
        size = self._extent.size
        origin = read_origin(self._connection)
        opener = CheckpointOpener(origin, size, keys, self._findings.append)
        points = self._points(opener, notes)
        self._spans(Code.ENTRY_MISSING, self._extent.missing)
        for name in self._extent.extra:
            self._find(Code.ENTRY_EXTRA, name)
        fitting, root = self._walk(points, progress)
        for name in nodes_too_many(self._connection, size):
            self._find(Code.NODE_EXTRA, name)
        erased = merge_spans(self._said.erased)
        self._spans(Code.ENTRY_ERASED, subtract_spans(erased, self._said.named))
        return Verification(
            origin=opener.origin, size=size, root=root.hex(), disclosed=self._said.disclosed,
            erased=count_places(erased),
            nodes=sum(entries_of(size, level) for level in range(1, 64 // HEIGHT)),
            checkpoints=tuple(self._kept(point) for point in fitting), findings=tuple(self._findings),
        )  # fmt: skip

    def _find(self, code: Code, where: str, **values: str | int) -> None:
        self._findings.append(Finding(code=code, where=where, values=values))

    def _spans(self, code: Code, spans: Sequence[Span]) -> None:
        for first, last in spans:
            self._find(code, f"entries/{first}", first=first, last=last)

    def _points(self, opener: CheckpointOpener, notes: Sequence[Note]) -> list[SignedCheckpoint]:
        """Checkpoints that can be compared with the tree, by size; the others are named."""
        out = []
        for size, note, at in notes_of(self._connection):
            where = f"checkpoints/{size}"
            found = opener.open(where, note, stored=True)
            if found and (size, at) != (found.point.size, signed_at(found.point)):
                self._find(Code.CHECKPOINT_ROW, where)
            out.append(found)
        out += [opener.open(name, note) for name, note in notes]
        return sorted((p for p in out if p), key=lambda p: p.point.size)

    def _walk(self, points: Sequence[SignedCheckpoint], progress: Progress) -> tuple[list[SignedCheckpoint], bytes]:
        """Looks at all tiles, and at checkpoints of sizes within each; those that hold, and the root of all entries."""
        size, waiting, fitting = self._extent.size, list(points)[::-1], list[SignedCheckpoint]()
        last = CandidateTile(first=size // WIDTH * WIDTH, options=[[]])
        for tile in self._tiles():
            counts = self._levels.judge(tile) if tile.full else ZERO
            while waiting and waiting[-1].point.size < tile.first + WIDTH:
                fitting += self._compared(waiting.pop(), tile)
            self._name_entries(tile)
            if tile.full:
                self._levels.add(tile, counts)
            else:
                last = tile
            progress("entries", tile.first + len(tile.options[0]), size)
        while waiting:
            fitting += self._compared(waiting.pop(), last)
        for place, vouched in self._levels.doubted():
            first, end = place * WIDTH, place * WIDTH + WIDTH - 1
            if vouched:
                self._find(Code.ENTRIES_REWRITTEN, f"entries/{first}", first=first, last=end)
            else:
                self._find(Code.NODE, f"nodes/1/{place}", first=first, last=end)
        return fitting, self._levels.root(last.options[0])

    def _stored(self, level: int, place: int) -> bytes | None:
        """A stored node; those of the lowest level are read many at a time."""
        if level > 1:
            return hashes_of(self._connection, level, place, place + 1)[0]
        start, some = self._nodes
        if not start <= place < start + len(some):
            start = place // WIDTH * WIDTH
            some = hashes_of(self._connection, 1, start, start + WIDTH)
            self._nodes = (start, some)
        return some[place - start]

    def _tiles(self) -> Iterator[CandidateTile]:
        """Leaves as stored and as made again (rule 2)."""
        first = 0
        for rows in tiles_of_rows(self._connection, self._extent.size):
            tile = CandidateTile(first=first, options=[[]], whole=None not in rows)
            stored, made = tile.options[0], list[bytes]()
            for seq, row in enumerate(rows, first):
                leaf, again = self._leaves(seq, row)
                stored.append(leaf)
                made.append(again)
                if leaf != again or (leaf == ZERO and row):
                    tile.wrong.append(seq)
            if made != stored:
                tile.options.append(made)
            self._said.erased = merge_spans(self._said.erased)
            yield tile
            first += WIDTH

    def _leaves(self, seq: int, row: Row | None) -> tuple[bytes, bytes]:
        """The leaf of a row as stored, and as made again; takes note of what the entry says."""
        leaf, salt, content, _ = row or (None, None, None, None)
        leaf = leaf if leaf is not None and len(leaf) == SIZE else ZERO
        if salt is not None and content is not None:
            made = leaf_hash(salt + content)
            self._note_entry(seq, content, sound=made == leaf)
            return leaf, made
        if row is None:
            return leaf, leaf
        if salt is None and content is None:
            self._said.erased.append((seq, seq))
            return leaf, leaf
        return leaf, ZERO

    def _note_entry(self, seq: int, content: bytes, *, sound: bool) -> None:
        try:
            entry = decode(content)
            self._said.disclosed += entry.kind is EntryKind.DISCLOSED
            if sound:
                # What is dropped later needs an entry that is later still.
                self._said.named += [(first, min(last, seq - 1)) for first, last in named_by(entry) if first < seq]
        except (LogChangedError, VaultError):
            if sound:
                self._find(Code.ENTRY_UNREADABLE, f"entries/{seq}")

    def _name_entries(self, tile: CandidateTile) -> None:
        column = ""
        if tile.right is not None and len(tile.options) > 1:
            column = ("entry", "leaf")[tile.right]
        for seq in tile.wrong:
            self._find(Code.ENTRY, f"entries/{seq}", **({"column": column} if column else {}))

    def _compared(self, one: SignedCheckpoint, tile: CandidateTile) -> list[SignedCheckpoint]:
        """The checkpoint if it holds. Whether one that ends within a tile that lacks rows does, nobody can say."""
        if one.point.size > tile.first and not tile.whole:
            return []
        if self._levels.fits(one.point.root, one.point.size, tile):
            return [one]
        self._find(Code.CHECKPOINT_HISTORY, one.where, origin=one.point.origin, size=one.point.size)
        return []

    def _kept(self, one: SignedCheckpoint) -> HeldCheckpoint:
        proof: tuple[bytes, ...] = ()
        if not one.stored and not self._findings:
            proof = tuple(tree(self._connection, self._extent.size).consistency(one.point.size))
        return HeldCheckpoint(
            where=one.where, size=one.point.size, root=one.point.root, at=signed_at(one.point), keys=one.keys,
            proof=proof,
        )  # fmt: skip
