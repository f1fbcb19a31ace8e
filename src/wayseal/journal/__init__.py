"""One record of what was done: lines that are only added to, durable before anybody is told, tamper-evident.

1. What is added is durable before it is acknowledged, in its place, with all that it changes; else nothing is.
2. Writers of all processes follow one another, and each sees what was added before. A lock is the system's, or the
   database's, and dies with its process.
3. Lines hang together: each carries the SHA-256 of the line before it and one of itself (`chain`), or is a leaf of a
   Merkle tree, which proves it to others (`tree`).
4. Verifying looks at every line, and names the first one that was changed, taken out, moved or put in. What one who
   may write everything can make anew is found by a head or a signed root that was written down elsewhere.
5. Tables are projections: made of the lines alone, in the transaction that adds them. They can be made anew, and are
   compared with what the lines come to, row for row (`projection`).
6. A record says which version it is of; another one is refused with one sentence.

What a line says, and what it comes to, is the business of whoever keeps the record.
"""

from wayseal.journal.chain import Code, Fault, Head

__all__ = ["Code", "Fault", "Head"]
