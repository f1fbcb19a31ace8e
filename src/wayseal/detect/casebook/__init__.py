"""The casebook: cases of detection, and what people did with them, as a journal that is only ever added to.

It lies in a folder of its own: `casebook.jsonl`, one line an act, and `secret`. What it says is a value, `Casebook`;
what is added goes through `writing`. The parts of both are in `wayseal.detect.casebook.types`, what `verify` finds in
`wayseal.detect.casebook.findings`. No clock is read here.

1. What a method of `Writer` did is durable before it returns. What it refuses, or the disk, isn't done in part.
2. One writer: a second one ends with CasebookBusyError.
3. Folder and files are for their owner alone (0700, 0600).
4. Each line carries the SHA-256 of the line before it and one of its own: a line that was changed, taken out, moved or
   put in is named by its number. Lines cut off at the end are seen by whoever wrote the head down elsewhere. Nothing is
   read out of a casebook of which a line is wrong.
5. A line that a crash cut off counts for nothing and swallows nothing: it stays, closed by `#cut`, and is told.
6. A pseudonym is a function of secret, kind and id, of 57 bits: among a million accounts two have the same in one of
   300,000 casebooks, and even then nothing is mixed up, since a pseudonym that two accounts of a case share stands
   for neither. The secret is made once; the header knows it by a hash, and another one is refused.
7. The name of an account may be shown from the act on that opens a case while the account is in it. An account that
   joins the case later needs a further act; a verdict `false` takes the right back.
   That somebody saw the reads of accounts one by one is such an act, over those accounts.
8. Every act of a person says who, when and why.
9. Cases are numbered in the order in which they are made; no number is given twice, also after cases were forgotten.
10. An alert belongs to the open case with which it shares the largest part of its accounts, the oldest of equal ones,
   if it lies within four weeks of that case's alerts. Else it belongs to a closed case that has all of its accounts,
   if it is no later than the newest read of which a judged alert told: the same reads don't come again after a verdict.
   Else it makes a case. Alerts that are put in together never share a case.
11. The person concerned can be heard in any case at any time, after a verdict, too. Where a case has several accounts,
   it is said whose statement it is.
12. The last verdict counts. Earlier ones stay.
13. Cases that were closed before a moment can be forgotten: the file is made anew without them, at once or not at all.
   A line stays that says who did it, when and why, how many went, and with what the chain ended before it began anew.
"""

from wayseal.detect.casebook._pseudonyms import Pseudonyms, load_pseudonyms
from wayseal.detect.casebook._read import read_casebook, verify
from wayseal.detect.casebook._writer import writing
from wayseal.detect.casebook.types import Alert, Casebook
from wayseal.detect.errors import CasebookError

__all__ = ["Alert", "Casebook", "CasebookError", "Pseudonyms", "load_pseudonyms", "read_casebook", "verify", "writing"]
