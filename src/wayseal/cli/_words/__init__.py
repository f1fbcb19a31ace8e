"""What the command line says about files and ledgers.

Blanks: {rows:,} with thousands; {rows:row|rows} one word for 1, another for the rest, as in the reports' catalogue.
"""

from wayseal.model.messages import N_, filled
from wayseal.page.languages import ByLanguage
from wayseal.store.types import Notice, NoticeCode

NOTICES = ByLanguage(
    {
        NoticeCode.UNKNOWN_COLUMNS: N_(
            "{columns} {columns:column|columns} that the table doesn't have {columns:was|were} left out"
        ),
        NoticeCode.TIMES_WITHOUT_OFFSET: N_("times without an offset were read as {offset} ({column})"),
        NoticeCode.UNKNOWN_VALUES: N_("{rows:,} unknown {rows:value was|values were} left empty ({column})"),
        NoticeCode.DAYS_ALONE: N_(
            "{rows:,} {rows:row gives|rows give} a day and no time, and {rows:counts|count} as at its first moment "
            "({column}); what came before what on that day can't be told"
        ),
        NoticeCode.ENCODING: N_("read as {encoding}"),
        NoticeCode.DELIMITER: N_("fields are separated by {delimiter}"),
        NoticeCode.EMPTY_FILE: N_("the file is empty"),
        NoticeCode.OTHER_FILES: N_("{files} other {files:file was|files were} left alone"),
        NoticeCode.OTHER_SHEETS: N_("the sheet {sheet} was read; left alone: {names}"),
        NoticeCode.LEFT_OUT: N_("{rows:,} {rows:record is no read|records are no reads} of waybills: {why}"),
        NoticeCode.WIDER_FILTERS: N_(
            "{rows:,} {rows:search counts|searches count} as wider than {rows:it was|they were}: {why}"
        ),
    }
)

WHY = ByLanguage(
    {
        "other-record": N_("records of other kinds"),
        "not-a-read": N_("writes, definitions, plans"),
        "other-table": N_("tables without waybills"),
        "repeated": N_("further records of a statement that counts already"),
        "no-rows": N_("nothing was found"),
        "only-counted": N_("only the number of rows was shown"),
        "other-path": N_("paths that the mapping doesn't name"),
        "method": N_("methods that don't read"),
        "status": N_("refused or failed"),
        "redirected": N_("sent elsewhere (redirects)"),
        "unreadable": N_("can't be parsed"),
        "not-logged": N_("the statement itself was not logged"),
        "form": N_("not a plain SELECT (UNION, WITH, HAVING, several statements)"),
        "subquery": N_("a query within the query"),
        "join": N_("joins with tables that the mapping doesn't name, or not on the number"),
        "or": N_("OR"),
        "like": N_("LIKE and other patterns"),
        "function": N_("functions"),
        "comparison": N_("comparisons that a filter doesn't know"),
        "column": N_("columns that the mapping doesn't name"),
        "parameter": N_("parameters that are not logged, or that the mapping doesn't name"),
        "value": N_("values that can't be read"),
        "personal": N_("what looks like a phone or identity number stands where a number should"),
    }
)
"""What a raw log's records were left out, or taken as wider, for."""

TEXTS = ByLanguage(
    {
        "ingested": N_("{table}: {rows:,} {rows:row|rows} from {name}"),
        "rejected": N_("{rows:,} rejected"),
        "repeated": N_("{rows:,} known already"),
        "dropped": N_("{rows:,} left out as the mapping says"),
        "grown": N_("all after line {lines:,} (what stands before is in the ledger already)"),
        "skipped_same": N_("{table}: {name} is in the ledger already; nothing changed"),
        "skipped_mapping": N_(
            "{table}: {name} is in the ledger already, read with another mapping; nothing changed. To read it with "
            "this one, make a new ledger from all its sources"
        ),
        "skipped_offset": N_(
            "{table}: {name} is in the ledger already, read with another offset from UTC; nothing changed. To read it "
            "with this one, make a new ledger from all its sources"
        ),
        "skipped_both": N_(
            "{table}: {name} is in the ledger already, read with another mapping and offset from UTC; nothing changed. "
            "To read it with these, make a new ledger from all its sources"
        ),
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
        "repeated_rows": N_("{rows:,} {rows:read|reads} left out as known already"),
        "gap": N_("no read for {hours:,} h, from {first} to {last}"),
        "unknown_actors": N_("{share:.1%} of the reads are by accounts that `actors` doesn't know"),
        "early": N_("{share:.2%} of the reads stand before their parcel was issued: clocks differ"),
        "undescribed": N_("{share:.1%} of the waybills have no row in `waybills`"),
    }
)


def notice_text(notice: Notice, lang: str) -> str:
    """A reader's notice as one line."""
    values = dict(notice.values)
    if "why" in values:
        values["why"] = WHY[lang][str(values["why"])] + (f" ({values['names']})" if values["names"] else "")
    return f"{notice.file.name}: " + filled(NOTICES[lang][notice.code], **values)
