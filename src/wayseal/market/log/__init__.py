"""The market's record: all that the watch did and saw, a line each in a Merkle log, and the tables made of it (ADR 65).

1. The lines are the truth. Tables are made of them alone, in the same transaction; `verify` makes them anew beside and
   compares each row.
2. What `append` returned is durable, whole or not at all, and stands in its place for good; writers follow one another.
3. A line is canonical JSON; its leaf and its tree are those of RFC 9162, so that foreign tools can check a proof.
4. `verify` reads every line, hashes it, builds the tree, and holds it against what is stored and against checkpoints.
   Whoever changes, drops, adds or moves a line without the key of a checkpoint behind it is found.
5. Retention empties lines and leaves their leaves: a line may be empty only where a later one says so.
6. What came from outside is kept in lines as it was; tables show what a database can hold.
7. No clock: times are passed in.
"""

from wayseal.market.log._market import Market, open_market
from wayseal.market.log._proofs import LineProof
from wayseal.market.log._verify import rebuild, verify
from wayseal.market.log.types import Entry, EntryKind, Line

__all__ = ["Entry", "EntryKind", "Line", "LineProof", "Market", "open_market", "rebuild", "verify"]
