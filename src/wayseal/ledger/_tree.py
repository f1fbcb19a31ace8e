"""The ledger's tree: its tiles in the folder `tree`, and how a commit becomes part of it.

A commit adds the pages of its reads, and behind them a leaf over what it made.

1. The last leaf binds the ledger's digest, and with it the SHA-256 of every file and every source: all tables, not only
   reads, and under which id and secret.
2. Leaves are only ever added. A tree that begins as a checkpoint says is the history that was there then.
3. Tiles are durable before the manifest that counts on them is swapped in.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from wayseal.ledger._files import make_folder
from wayseal.ledger._manifest import CommitEntry, Manifest, hash_commit
from wayseal.ledger._salts import make_secret
from wayseal.ledger.errors import LedgerError
from wayseal.merkle import Tree
from wayseal.merkle.bulk import Digests, stacked
from wayseal.merkle.hashing import SIZE
from wayseal.merkle.tiles import WIDTH, Tile, entries, grown, tile_of, tiles
from wayseal.model.errors import disk_says
from wayseal.store.durable import sync_folder, write_file

FOLDER = "tree"


def tile_paths(size: int) -> set[str]:
    """Where the tiles of a tree lie, below the ledger."""
    return {f"{FOLDER}/{tile.path}" for tile in tiles(size)}


def tile_contents(size: int, leaves: Digests) -> dict[str, bytes]:
    """Yield the bytes of the tiles of a tree with these leaves, by their paths below the ledger."""
    levels = grown([], leaves)
    return {f"{FOLDER}/{t.path}": levels[t.level][t.first : t.first + t.width].tobytes() for t in tiles(size)}


def with_commit_leaves(manifest: Manifest, leaves: Digests) -> Digests:
    """The leaves with those of the commits as the manifest has them."""
    made = leaves.copy()
    for commit, _, end in manifest.leaf_ranges():
        made[end] = np.frombuffer(hash_commit(manifest, commit), np.uint8)
    return made


def read_leaves(ledger: Path, size: int) -> tuple[Digests, list[Tile]]:
    """The tree's leaves as its tiles hold them, zeros where one can't be read; and the tiles where that is so."""
    leaves = np.zeros((size, SIZE), np.uint8)
    lost = []
    for tile in tiles(size):
        if tile.level == 0:
            try:
                leaves[tile.first : tile.first + tile.width] = read_tile(ledger, tile)
            except LedgerError:
                lost.append(tile)
    return leaves, lost


def find_unreadable_tiles(ledger: Path, size: int) -> list[str]:
    """Paths, below the ledger, of tiles that are missing or not as long as they should be."""
    out = []
    for tile in tiles(size):
        try:
            read_tile(ledger, tile)
        except LedgerError:
            out.append(f"{FOLDER}/{tile.path}")
    return out


def read_tile(ledger: Path, tile: Tile) -> Digests:
    """A tile's entries; LedgerError names it if it is missing, cut short or unreadable."""
    path = ledger / FOLDER / tile.path
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise LedgerError("this tile of the ledger's tree is missing", file=path) from None
    except OSError as error:
        raise LedgerError("can't be read ({reason})", file=path, reason=disk_says(error)) from error
    if len(content) != tile.width * SIZE:
        raise LedgerError("this tile of the ledger's tree was cut short or changed", file=path)
    return np.frombuffer(content, np.uint8).reshape(-1, SIZE)


def open_tree(ledger: Path, size: int) -> Tree:
    """The tree of `size` leaves as its tiles hold it; each is read once, when it is needed."""
    known: dict[tuple[int, int], Digests] = {}

    def read(level: int, start: int, stop: int) -> Digests:
        index = start // WIDTH
        if (level, index) not in known:
            known[level, index] = read_tile(ledger, tile_of(size, level, index))
        first = index * WIDTH
        return known[level, index][start - first : stop - first]

    return Tree(size, read)


def read_leaves_between(ledger: Path, size: int, first: int, stop: int) -> Digests:
    """Leaves `first` to `stop` (excluded) of the tree of `size` leaves, as its tiles hold them."""
    parts = [read_tile(ledger, tile_of(size, 0, index)) for index in range(first // WIDTH, -(-stop // WIDTH))]
    start = first // WIDTH * WIDTH
    return np.concatenate([np.zeros((0, SIZE), np.uint8), *parts])[first - start : stop - start]


def extend_tree(ledger: Path, size: int, leaves: Digests) -> tuple[int, bytes]:
    """Adds leaves to the tree of `size`: writes new tiles, durably; returns its new size and root.

    Nothing that the present manifest names is touched: a crash leaves the tree as it was.
    """
    edges: list[Digests] = []
    while count := entries(size, len(edges)):
        level = len(edges)
        full = count % WIDTH == 0
        edges.append(leaves[:0] if full else read_tile(ledger, tile_of(size, level, count // WIDTH)))
    new = grown(edges, leaves)
    made = size + len(leaves)
    levels = [
        np.concatenate([edges[n] if n < len(edges) else leaves[:0], new[n] if n < len(new) else leaves[:0]])
        for n in range(max(len(edges), len(new)))
    ]
    first = [entries(size, n) // WIDTH * WIDTH for n in range(len(levels))]
    for tile in tiles(made, size):
        start = tile.first - first[tile.level]
        _write(ledger, tile, levels[tile.level][start : start + tile.width])
    _sync(ledger)

    def read(level: int, start: int, stop: int) -> Digests:
        return levels[level][start - first[level] : stop - first[level]]

    return made, Tree(made, read).root()


def _write(ledger: Path, tile: Tile, content: Digests) -> None:
    """Writes one tile; what a crash left under its name is no part of the ledger."""
    path = ledger / FOLDER / tile.path
    make_folder(path.parent, ledger)
    write_file(path, content.tobytes())


def _sync(ledger: Path) -> None:
    for path in (ledger / FOLDER).rglob("*"):
        if path.is_dir():
            sync_folder(path)
    sync_folder(ledger / FOLDER)
    sync_folder(ledger)


_ID_SIZE, _SECRET_SIZE = 16, 32
Entropy = Callable[[int], bytes]
"""So many random bytes."""


def new_manifest(ledger: Path, key_bits: int, entropy: Entropy) -> Manifest:
    """The manifest of a new ledger, with its id and its tree, and the secret beside it."""
    salts = make_secret(ledger, entropy(_SECRET_SIZE))
    made = Manifest(key_bits=key_bits, files=(), sources=(), commits=(), id=entropy(_ID_SIZE).hex(), secret=salts.check)
    return append_commit(ledger, made, [], 1, ())


def append_commit(
    ledger: Path, manifest: Manifest, pages: Sequence[bytes], parts: int, columns: tuple[str, ...]
) -> Manifest:
    """The manifest with its tree, after a commit whose pages have these hashes (rules 2 and 3)."""
    commit = CommitEntry(
        generation=manifest.generation,
        parts=parts,
        columns=columns,
        pages=len(pages),
        sources=len(manifest.sources),
        digest=manifest.digest,
    )
    leaves = stacked([*pages, hash_commit(manifest, commit)])
    size, root = extend_tree(ledger, manifest.size, leaves)
    return replace(manifest, commits=(*manifest.commits, commit), size=size, root=root.hex())
