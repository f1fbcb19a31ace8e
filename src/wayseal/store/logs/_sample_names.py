"""What a sample of a raw log speaks of: names only, for a proposal that a person corrects."""

from collections.abc import Iterable
from typing import NamedTuple

from wayseal.model.numbers import candidates
from wayseal.store.logs._bind_values import waybill_of
from wayseal.store.logs._combined import LINE, REQUEST, unescaped
from wayseal.store.logs._literals import UnreadableError, pairs, part


def number_shaped(text: str) -> bool:
    """True if a text has the format of a courier's number, or is of ten or more digits with few letters."""
    plain = waybill_of(text)
    if plain is None:
        return False
    return bool(candidates(plain)) or (sum(c.isdigit() for c in plain) >= 10 and len(plain) <= 24)


class Request(NamedTuple):
    """A line of a combined log. user: "" where the server knew none."""

    target: str
    status: str
    user: str


def request_of(line: str) -> Request | None:
    """The request of a line of a combined log; None if it is none."""
    match = LINE.fullmatch(line) if len(line) < 16_384 else None
    request = REQUEST.fullmatch(match["request"]) if match else None
    if match is None or request is None:
        return None
    return Request(target=unescaped(request["target"]), status=match["status"], user=match["user"].strip("-"))


def pairs_of(statement: str) -> dict[str, str]:
    """The pairs in the comments of a statement."""
    try:
        return pairs(part(statement).comments)
    except UnreadableError:
        return {}


def named_columns(statements: Iterable[str], dialect: str = "postgres") -> dict[str, list[str]]:
    """Tables of simple statements and the columns that stand with them; without a schema only if none has one."""
    from wayseal.store.logs._syntax import columns_by_table  # noqa: PLC0415 (the parser takes its time)

    found: dict[str, dict[str, None]] = {}
    seen: set[str] = set()
    for statement in statements:
        try:
            template = part(statement, dialect == "mysql").template
        except UnreadableError:
            continue
        if template in seen or len(seen) > 2000:
            continue
        seen.add(template)
        for table, column in columns_by_table(template, dialect):
            found.setdefault(table, {})[column] = None
    for bare in [table for table in found if "." not in table]:
        if full := [table for table in found if table.endswith(f".{bare}")]:
            more = found.pop(bare)
            found |= {table: found[table] | more for table in full}
    return {table: list(columns) for table, columns in found.items()}
