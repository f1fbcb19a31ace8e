"""What a reader says about a file, as messages that its reader's language fills."""

from collections.abc import Mapping

from wayseal.model.messages import N_, Message
from wayseal.store.types import Notice, NoticeCode

NOTICES: Mapping[NoticeCode, str] = {
    NoticeCode.UNKNOWN_COLUMNS: N_(
        "{columns} {columns:column|columns} that the table doesn't have {columns:was|were} left out"
    ),
    NoticeCode.TIMES_WITHOUT_OFFSET: N_("times without an offset were read as {offset} ({column})"),
    NoticeCode.EMPTIED_CELLS: N_(
        "{rows:,} {rows:cell|cells} of {column} can't be read and {rows:was|were} left empty: {reason} "
        "({rows:line|lines from} {lines}){means}"
    ),
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

_WHY: Mapping[str, str] = {
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
    "value": N_("values that are no time in the mapping's format, or no number or code"),
    "personal": N_("what looks like a phone or identity number stands where a number should"),
}
"""What a raw log's records were left out, or taken as wider, for."""
_NAMED = N_("{why} ({names})")
_MEANS: Mapping[str, str] = {
    "": "",
    "no-end": N_("; these count as without an end, and may explain reads that they shouldn't"),
    "untold": N_("; these reads count, but whoever can write such a cell can hide what it would have shown"),
    "twice": N_("; these reads count again if they come from another file, too"),
}
"""What an empty cell could hide."""


def notice_message(notice: Notice) -> Message:
    """A notice as a message, without the file's name.

    Args:
        notice: What a reader said.

    Returns:
        The message; blanks as in the reports' catalogue.
    """
    values: dict[str, object] = dict(notice.values)
    if "why" in values:
        why = Message(_WHY[str(values["why"])])
        values["why"] = Message(_NAMED, {"why": why, "names": values["names"]}) if values["names"] else why
    if "means" in values:
        means = _MEANS[str(values["means"])]
        values |= {"reason": Message(str(values["reason"])), "means": Message(means) if means else ""}
    return Message(NOTICES[notice.code], values)
