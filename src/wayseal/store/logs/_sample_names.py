"""What a sample of a raw log speaks of: names only, for a proposal that a person corrects."""

from collections.abc import Iterable
from typing import NamedTuple

from wayseal.model.numbers import candidates
from wayseal.store.logs._combined import LINE, REQUEST, unescaped
from wayseal.store.logs._literals import UnreadableError, pairs, part
from wayseal.store.logs._personal_data import waybill_of
from wayseal.store.logs._syntax import columns_by_table


def number_shaped(text: str) -> bool:
    """Whether a text has the format of a courier's number, or is of ten or more digits with few letters."""
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


def named_columns(statements: Iterable[str]) -> dict[str, list[str]]:
    """Tables of simple statements and the columns that stand with them."""
    found: dict[str, dict[str, None]] = {}
    seen: set[str] = set()
    for statement in statements:
        try:
            template = part(statement).template
        except UnreadableError:
            continue
        if template in seen or len(seen) > 2000:
            continue
        seen.add(template)
        for table, column in columns_by_table(template):
            found.setdefault(table, {})[column] = None
    return {table: list(columns) for table, columns in found.items()}
