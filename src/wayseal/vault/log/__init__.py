"""The disclosure log: entries that can't be changed unseen, each provable to a third party.

Entries stand in `entries`, tiles in `tiles`, proofs in `proofs`, erasing in `erasure`, verification in `integrity`; the
analytics ledger is made of the log in `projection` and compared with it in `comparison`. Hashes, trees and notes are
`wayseal.merkle`'s.
"""

from wayseal.vault.log._append import Appended, UnitOfWork, append, erase_entries
from wayseal.vault.log.entries import Entry, EntryKind
from wayseal.vault.log.proofs import make_checkpoint, newest_checkpoint
from wayseal.vault.log.tiles import Tail
from wayseal.vault.log.tiles import present_tail as tail

__all__ = [
    "Appended",
    "Entry",
    "EntryKind",
    "Tail",
    "UnitOfWork",
    "append",
    "erase_entries",
    "make_checkpoint",
    "newest_checkpoint",
    "tail",
]
