"""The room of cases: what wants a decision, cases, what people did with them, as a journal that is only ever added to.

A casebook lies in a database: SQLite's file `casebook.db` in a folder, beside `secret`, or PostgreSQL. Its journal, a
table of lines, is the truth; all other tables are made of it. `open_cases` gives a handle for acts and questions,
`read_known` what detection has to know, `read_casebook` all that it says, as a value. The parts of them are in
`wayseal.cases.types`, that value in `wayseal.cases.book`, what pages are told in `wayseal.cases.views`, copies and
tables made anew in `wayseal.cases.upkeep`. No clock is read here.

1. What a method of `Cases` did is durable before it returns: line and tables in one transaction. What it refuses, or
   the disk, isn't done in part.
2. Writers follow one another, in all processes; each sees the acts before its own, and none is lost. Whoever waits too
   long is told (CasebookBusyError).
3. Folder and files are for their owner alone (0700, 0600).
4. Each line carries the SHA-256 of the line before it and one of its own: a line that was changed, taken out, moved or
   put in is named by its number. Lines cut off at the end are seen by whoever wrote the head down elsewhere. All lines
   are looked at when a casebook is opened, and those of others before an act is added to them. Nothing is read out of
   a casebook of which a line is wrong.
5. All other tables can be made anew from the lines, row for row; `verify` compares them.
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
   it is said whose statement it is. A hearing has points (`HearingPoint`); a verdict of guilt names those that the
   account's hearings lack.
12. A verdict is one an account. A case is closed once each of its accounts has one: as true if any is true, else as
   false; until then it stays open, taken up. Of an account the last one counts. Earlier ones stay.
13. Cases that were closed before a moment can be forgotten: the journal is made anew without them, at once or not at
   all. A line stays that says who did it, when and why, how many went, and with what the chain ended before it began
   anew.
14. A case stands as one of `CaseState`; which state follows which stands in one table, and each change has its reason.
   Owner, priority, title and how long it is put off change in the same way: who, when, from what to what. An act that
   says which line of a case it has seen isn't done where another one came since (`as_seen`).
15. A note has versions, all of which stay. An edit names the version that it was made from; if that isn't the last one,
   nothing is written, and the error has both texts. So with tasks, and with marks on reads (a star, a comment), which
   are known by source and row, and count for the waybill that stood there.
16. Merging loses nothing: the case that went into another keeps its acts, which are seen there, too; taking it out
   again leaves both as they were, with what was done since. Splitting moves things into a new case.
17. Whatever waits for a decision stands in one queue: cases of detection as long as they are new, and items of all
   other sources. It becomes a case, is dismissed with a reason, or is put off. Nothing leaves the queue otherwise.
18. Similar cases are proposed with the shared thing named; none is merged by itself.
19. Whoever did something last can take it back within a minute, by an act of its own; both stay. What was seen can't be
   taken back, nor what others changed since.
20. Questions of pages take a bounded number of statements and rows, whatever the data; names of people stand in
   answers only if they were asked for and rule 7 holds.
21. What is done with a pack of evidence is an act on its case: that it was sealed, that a copy was fetched, to whom it
   was handed over, that it came back. Only a pack whose seal is on record can be fetched or handed over.
22. Decisions on many are made as they were seen.
23. What detection and notices ask of all cases is asked of the tables, however many cases there are.
24. What one person proposes, another puts in force, within three days, or declines with a reason; its proposer can take
   it back alone. A verdict is given with the answer; a look at names, or a pack, is its proposer's to make for a day.
   Whoever answers that somebody may not look, and asks, with yes, has the case. Who needs a second person is up to
   whoever calls.
"""

from typing import TYPE_CHECKING

from wayseal.model.runtime import load_when_asked

if TYPE_CHECKING:
    from wayseal.cases._cases import Cases, open_cases, read_known
    from wayseal.cases._pseudonyms import Pseudonyms, load_pseudonyms
    from wayseal.cases._read import has_casebook, read_casebook
    from wayseal.cases.upkeep import verify

__all__ = [
    "Cases",
    "Pseudonyms",
    "has_casebook",
    "load_pseudonyms",
    "open_cases",
    "read_casebook",
    "read_known",
    "verify",
]

__getattr__ = load_when_asked(
    __name__,
    {
        "Cases": "_cases",
        "Pseudonyms": "_pseudonyms",
        "has_casebook": "_read",
        "load_pseudonyms": "_pseudonyms",
        "open_cases": "_cases",
        "read_casebook": "_read",
        "read_known": "_cases",
        "verify": "upkeep",
    },
)
