"""Evidence packs: a zip of a BagIt bag that a stranger checks offline, with `sha256sum` or with Wayseal.

1. Whoever takes an item in is the machine: it hashes what it is given, and no hash is typed by a person.
2. The same items, texts and time give the same bytes. No clock is read here.
3. A pack says who made it, when, why, with which version, and what makes it again.
4. Whether a pack is what was written is asked without a ledger, a database or a network.
5. What differs is named by file, by piece of 4 KiB, by line; by byte where the original is there.
6. What could mislead a reader is refused before it is read.
"""

from typing import TYPE_CHECKING

from wayseal.model.runtime import load_when_asked

if TYPE_CHECKING:
    from wayseal.cases.evidence._pack import make_pack, take_in, write_pack
    from wayseal.cases.evidence._verify import read_sealed, verify_pack

__all__ = ["make_pack", "read_sealed", "take_in", "verify_pack", "write_pack"]

__getattr__ = load_when_asked(
    __name__,
    {
        "make_pack": "_pack",
        "read_sealed": "_verify",
        "take_in": "_pack",
        "verify_pack": "_verify",
        "write_pack": "_pack",
    },
)
