"""Everything that a ledger needs beside its manifest, and by what SHA-256 each file is known.

Files are known by the manifest, tiles by leaves whose root the manifest says, the secret by the manifest's check of it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from wayseal.ledger._manifest import NAME, Manifest, hash_commit
from wayseal.ledger._salts import NAME as SECRET
from wayseal.ledger._salts import load_salts
from wayseal.ledger._tree import FOLDER, read_leaves, tile_contents
from wayseal.ledger.errors import LedgerChangedError
from wayseal.ledger.integrity import Code
from wayseal.merkle import Tree
from wayseal.merkle.bulk import Digests
from wayseal.model.messages import N_


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A file below the ledger: its path, size in bytes and SHA-256 in hex."""

    path: str
    bytes: int
    sha256: str


def inventory(ledger: Path, manifest: Manifest) -> list[Item]:
    """All of them. LedgerChangedError names what keeps manifest, tree and secret from being of one piece."""
    if code := find_manifest_fault(manifest):
        digest = N_("was changed: it isn't what its last commit says")
        tree = N_("was changed: size or root of the tree are wrong")
        raise LedgerChangedError(digest if code is Code.MANIFEST_DIGEST else tree, file=ledger / NAME)
    items = [Item(path=f.path, bytes=f.bytes, sha256=f.sha256) for f in manifest.files]
    load_salts(ledger, manifest.secret)
    items.append(_item(SECRET, (ledger / SECRET).read_bytes()))
    items += [_item(path, content) for path, content in tile_contents(manifest.size, _leaves(ledger, manifest)).items()]
    return items


def _item(path: str, content: bytes) -> Item:
    return Item(path=path, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


def find_manifest_fault(manifest: Manifest) -> Code | None:
    """What is wrong with a manifest by itself."""
    last = manifest.commits[-1:]
    if not last or (last[0].digest, last[0].sources) != (manifest.digest, len(manifest.sources)):
        return Code.MANIFEST_DIGEST
    return None if sum(c.pages + 1 for c in manifest.commits) == manifest.size else Code.MANIFEST_TREE


def _leaves(ledger: Path, manifest: Manifest) -> Digests:
    leaves, lost = read_leaves(ledger, manifest.size)
    if lost:
        raise LedgerChangedError("this tile is missing or was cut short", file=ledger / FOLDER / lost[0].path)
    if not tree_matches(manifest, leaves):
        raise LedgerChangedError("manifest and tree don't agree: run `wayseal ledger doctor`", file=ledger)
    return leaves


def tree_matches(manifest: Manifest, leaves: Digests) -> bool:
    """Whether leaves have the manifest's root, and hold what its commits say where these end."""
    if len(leaves) != manifest.size or Tree.of(leaves).root().hex() != manifest.root:
        return False
    at = -1
    for commit in manifest.commits:
        at += commit.pages + 1
        if leaves[at].tobytes() != hash_commit(manifest, commit):
            return False
    return True


Step = Callable[[str], None]
"""Called with a name at each step that a crash may hit."""
