"""What a record of a log comes to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from wayseal.store.types import Reason


class Why(StrEnum):
    """Why a record is no read, or why a filter is wider than the question was; the command line has their texts."""

    OTHER_RECORD = "other-record"
    NOT_A_READ = "not-a-read"
    OTHER_TABLE = "other-table"
    REPEATED = "repeated"
    NO_ROWS = "no-rows"
    ONLY_COUNTED = "only-counted"
    OTHER_PATH = "other-path"
    METHOD = "method"
    STATUS = "status"
    REDIRECTED = "redirected"
    UNREADABLE = "unreadable"
    NOT_LOGGED = "not-logged"
    FORM = "form"
    SUBQUERY = "subquery"
    JOIN = "join"
    OR = "or"
    LIKE = "like"
    FUNCTION = "function"
    COMPARISON = "comparison"
    COLUMN = "column"
    PARAMETER = "parameter"
    VALUE = "value"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedCondition:
    """A condition that was left out: why, and the name of the column or parameter where one is to blame."""

    why: Why
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaybillsRead:
    """These waybills were shown (clean numbers)."""

    waybills: tuple[str, ...]
    action: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryMade:
    """Only the question is known: a filter as `model.predicate` reads it, and the row count where it was logged.

    naive: a time in it was written without an offset.
    """

    filter: Mapping[str, object]
    rows: int | None = None
    wider: tuple[DroppedCondition, ...] = ()
    naive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRead:
    """No read."""

    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A record that can't be read."""

    column: str
    reason: Reason = field(default=Reason.TOO_FEW_FIELDS)


Outcome = WaybillsRead | QueryMade | NoRead | Unreadable
