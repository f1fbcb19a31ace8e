"""How a commit becomes part of the tree: the pages of its reads, and behind them a leaf over what the commit made.

1. The last leaf binds the ledger's digest, and with it the SHA-256 of every file and every source: all tables, not only
   reads, and under which id and secret.
2. Leaves are only ever added. A tree that begins as a checkpoint says is the history that was there then.
3. Tiles are durable before the manifest that counts on them is swapped in.
"""

import dataclasses
import struct
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from wayseal.ledger._manifest import CommitEntry, Manifest, canonical
from wayseal.ledger._salts import make_secret
from wayseal.ledger._tiles import extend
from wayseal.merkle.hashing import leaf_hash, stacked

_HEAD = struct.Struct(">BB")
_COMMIT_KIND = 2
_VERSION = 1
_ID_SIZE, _SECRET_SIZE = 16, 32
Entropy = Callable[[int], bytes]
"""So many random bytes."""


def commit_leaf(manifest: Manifest, commit: CommitEntry) -> bytes:
    """The hash of a commit's leaf (rule 1)."""
    content = {"id": manifest.id, "secret": manifest.secret, **dataclasses.asdict(commit)}
    return leaf_hash(_HEAD.pack(_COMMIT_KIND, _VERSION) + canonical(content).encode())


def new_manifest(ledger: Path, key_bits: int, entropy: Entropy) -> Manifest:
    """The manifest of a new ledger, with its id and its tree, and the secret beside it."""
    salts = make_secret(ledger, entropy(_SECRET_SIZE))
    made = Manifest(key_bits=key_bits, id=entropy(_ID_SIZE).hex(), secret=salts.check)
    return sealed(ledger, made, [], 1, ())


def sealed(ledger: Path, manifest: Manifest, pages: Sequence[bytes], parts: int, columns: tuple[str, ...]) -> Manifest:
    """The manifest with its tree, after a commit whose pages have these hashes (rules 2 and 3)."""
    commit = CommitEntry(
        generation=manifest.generation,
        parts=parts,
        columns=columns,
        pages=len(pages),
        sources=len(manifest.sources),
        digest=manifest.digest,
    )
    leaves = stacked([*pages, commit_leaf(manifest, commit)])
    size, root = extend(ledger, manifest.size, leaves)
    return replace(manifest, commits=(*manifest.commits, commit), size=size, root=root.hex())
