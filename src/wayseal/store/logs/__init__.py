"""Raw logs as they come: what each record says about reads of waybills, and nothing else of it.

One record of a log becomes rows of `accesses` (which waybills were shown), one row of `queries` (only the question is
known), or nothing, which is counted by reason. Obligations (tests cite them):

1. No literal of a statement or a URL leaves an adapter but values of columns and parameters that the mapping names.
   Nothing of a record stands in a notice or an error but names of tables, columns and parameters.
2. What can't be expressed is left out of a filter and said in it (`unknown`): leaving a condition out only widens it.
3. A filter is an upper bound of what was shown, or it has no condition at all.
4. Every record is a row, a rejection, or counted as left out, in exactly one of the two tables.
5. What looks like a phone number, an identity card or a name is never taken for a waybill number.
"""

from wayseal.store.logs import _combined, _pgaudit, _statements
from wayseal.store.logs._bind_values import looks_personal, waybill_of
from wayseal.store.logs._combined import (
    READING,
    CombinedBlocks,
    JsonRequestBlocks,
    OcsfBlocks,
    Request,
    asked_for,
    request_of,
    target_of,
)
from wayseal.store.logs._combined import TIMES as REQUEST_TIMES
from wayseal.store.logs._combined import USUAL as REQUEST_FIELDS
from wayseal.store.logs._pgaudit import PgauditBlocks
from wayseal.store.logs._statements import TIMES as MYSQL_TIMES
from wayseal.store.logs._statements import MysqlBlocks, general_log_entries, named_columns, number_shaped, pairs_of
from wayseal.store.logs._url_paths import parted
from wayseal.store.mapping import Format

__all__ = [
    "MYSQL_TIMES",
    "READING",
    "REQUEST_FIELDS",
    "REQUEST_TIMES",
    "CombinedBlocks",
    "JsonRequestBlocks",
    "MysqlBlocks",
    "OcsfBlocks",
    "PgauditBlocks",
    "Request",
    "asked_for",
    "general_log_entries",
    "looks_personal",
    "named_columns",
    "names_of_format",
    "number_shaped",
    "pairs_of",
    "parted",
    "request_of",
    "target_of",
    "waybill_of",
]


def names_of_format(form: Format) -> tuple[str, ...]:
    """The columns that a raw log of this format has for a mapping; () where they can be any."""
    if form is Format.PGAUDIT:
        return (*_pgaudit.COLUMNS, "client_ip", "statement_id", "read.action", "comment.KEY")
    if form is Format.COMBINED:
        return (*_combined.FIELDS, "read.action", "query.NAME")
    if form is Format.MYSQL:
        return (*_statements.COLUMNS, "read.action", "comment.KEY")
    return ()
