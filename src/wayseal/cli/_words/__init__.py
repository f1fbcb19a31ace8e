"""What the command line says about files and ledgers.

Blanks: {rows:,} with thousands; {rows:row|rows} one word for 1, another for the rest, as in the reports' catalogue.
"""

from wayseal.model.messages import N_
from wayseal.page.languages import ByLanguage, word
from wayseal.store.notices import notice_message
from wayseal.store.types import Notice

TEXTS = ByLanguage(
    {
        "simulated": N_("{out}: dataset/ (the log), leaks.csv (what was bought), truth.json (who sold it)"),
        "ingested": N_("{table}: {rows:,} {rows:row|rows} from {name}"),
        "rejected": N_("{rows:,} rejected"),
        "repeated": N_("{rows:,} known already"),
        "dropped": N_("{rows:,} left out as the mapping says"),
        "grown": N_("all after line {lines:,} (what stands before is in the ledger already)"),
        "skipped": N_("{table}: {name} is in the ledger already; nothing changed"),
        "replaced": N_("{table}: {name} was read again: {rows:,} {rows:row|rows} of its earlier reading went"),
        "emptied": N_("{rows:,} {rows:cell|cells} that could not be read left empty: {column}, {reason}"),
        "conflicts": N_("{table}: {rows:,} {rows:row|rows} replaced one with the same id and other content"),
        "jump": N_("{name}: {share:.1%} of the rows were rejected, of this feed's earlier ones {before:.1%}"),
        "quarantine": N_("rejected rows are listed by line, column and reason in {folder}"),
        "nothing": N_("nothing new"),
        "proposed": N_("{out}: read it, correct it, then: {then}"),
        "listed": N_("{waybills:,} {waybills:waybill|waybills} listed"),
        "asked": N_(
            "{queries:,} {queries:search|searches} of which only the question is logged: {shown:,} of the listed were "
            "shown by {queries:it|them}, {soft:,} more may have been and are not in the list"
        ),
        "ledger": N_("Ledger"),
        "digest": N_("Digest"),
        "span": N_("Reads", context="span"),
        "span_value": N_("{first} to {last}"),
        "no_reads": N_("none yet"),
        "rows": N_("Rows"),
        "table": N_("Table"),
        "missing": N_("Not there"),
        "purged": N_("Purged"),
        "again": N_("Read again"),
        "since": N_("since {at}", context="since"),
        "always": N_("at first"),
        "no_account": N_("`actors` says nothing of this account"),
        "purged_value": N_(
            "on {at} by {who} ({why}): everything about waybills first seen before {before}, {reads:,} "
            "{reads:read|reads} of {waybills:,} {waybills:waybill|waybills}"
        ),
        "quality": N_("Quality"),
        "sources": N_("Sources"),
        "accounts": N_("Accounts that read"),
        "waybills": N_("Waybills seen"),
        "clean": N_("nothing to report"),
        "rejected_for": N_("{rows:,} {rows:row|rows} rejected: {reason}"),
        "comma": N_(", ", context="comma"),
        "colon": N_(": "),
        "digest_value": N_("{digest} (generation {generation})"),
        "empty": N_("this ledger holds no reads; nothing can be traced in it yet"),
        "only_asked": N_(
            "this ledger holds no reads, only what was asked: a trace replays it on the waybills of the ledger"
        ),
        "dropped_rows": N_("{rows:,} {rows:row|rows} left out as mappings say"),
        "repeated_rows": N_("{rows:,} {rows:row|rows} left out as known already"),
        "gap": N_("no read for {hours:,} h, from {first} to {last}"),
        "unknown_actors": N_("{share:.1%} of the reads are by accounts that `actors` doesn't know"),
        "early": N_("{share:.2%} of the reads precede the issue: clocks differ, or lists hold numbers not issued yet"),
        "undescribed": N_("{share:.1%} of the waybills have no row in `waybills`"),
    }
)


def notice_text(notice: Notice, lang: str, name: str | None = None) -> str:
    """A reader's notice as one line. name: what its file is called where others have its name."""
    return f"{name or notice.file.name}: {word(notice_message(notice), lang)}"
