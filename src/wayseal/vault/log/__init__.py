"""The disclosure log: entries that can't be changed unseen, each provable to a third party.

Entries stand in `entries`, tiles in `tiles`, proofs in `proofs`, erasing in `erasure`, verification in `integrity`; the
analytics ledger is made of the log in `projection` and compared with it in `comparison`. Hashes, trees and notes are
`wayseal.merkle`'s.
"""

from wayseal.vault.log._append import Appended, append
from wayseal.vault.log._append import present_tail as tail
from wayseal.vault.log._checkpoints import make_checkpoint, newest_checkpoint
from wayseal.vault.log._tail import Tail
from wayseal.vault.log.entries import Entry, EntryKind

__all__ = ["Appended", "Entry", "EntryKind", "Tail", "append", "make_checkpoint", "newest_checkpoint", "tail"]
