"""Pages of lists: which rows are meant, and some of them by key, in one statement each (rule 20).

Pages go by the sort value and number of the last row, never by counting rows that were passed. Each condition goes
along an index by itself, so that no page reads more rows than it has.
"""

from typing import Any

from wayseal.cases._tables import CASES, JOURNAL, OWNER, QUEUE, TAGS, THINGS, Row, marks
from wayseal.cases._unit_of_work import UnitOfWork
from wayseal.cases.errors import CasebookUsageError
from wayseal.cases.types import UNDECIDED, CaseState, ObservableKind, PackHeld
from wayseal.cases.views import CaseFilter, CaseSort, ItemFilter, ItemSort, Pack, PackAct
from wayseal.database import query
from wayseal.journal.projection import Table

MOST = 200
"""Rows of a page at most."""
MOST_INT = 1 << 62
_ALL = 1 << 40
"""More rows than there are."""
CASE_SORTS = {
    CaseSort.CHANGED: ("changed_line", True),
    CaseSort.LOSS: ("loss", True),
    CaseSort.SCORE: ("score", True),
    CaseSort.NUMBER: ("number", True),
    CaseSort.ALERTED: ("alerted_at", True),
    CaseSort.PRIORITY: ("priority", False),
}
ITEM_SORTS = {
    ItemSort.LOSS: ("loss", True),
    ItemSort.SCORE: ("score", True),
    ItemSort.WAITING: ("queued_at", False),
    ItemSort.AGE: ("since", False),
}
_STAND = sorted(state.value for state in UNDECIDED)
Part = tuple[list[str], list[Any]]
"""Conditions, and what they are given."""
Chosen = tuple[str, list[Part]]
"""Where rows are taken from, and conditions of which one is fulfilled."""


MOST_PACKS = 500


def pack_acts(unit: UnitOfWork, case: str) -> tuple[PackAct, ...]:
    """Return the acts on packs of evidence of a case (rule 21), the newest first, up to MOST_PACKS: 1 statement."""
    found = unit.acts("a.case_id = ? AND a.act = 'pack' ORDER BY a.line DESC LIMIT ?", (case, MOST_PACKS))
    held = (act for _, act in found if isinstance(act, PackHeld))
    packs = ((act, Pack(seal=act.seal, digest=act.digest, size=act.size, items=act.items)) for act in held)
    return tuple(PackAct(pack=pack, step=a.step, at=a.at, who=a.who, why=a.why, to=a.to) for a, pack in packs)


def bounded(limit: int) -> int:
    return max(1, min(limit, MOST))


def _owned(owner: str | None) -> tuple[list[str], list[Any]]:
    return ([], []) if owner is None else ([f"{OWNER} = ?"], [owner])


def choose_cases(wanted: CaseFilter) -> Chosen:
    """Where cases are taken from, and conditions of which one is fulfilled (see `select_page`)."""
    states = [state.value for state in sorted(wanted.states or frozenset(CaseState))]
    where, values = _owned(wanted.owner)
    if wanted.source is not None:
        where.append("source = ?")
        values.append(wanted.source.value)
    few = _chosen_by(wanted)
    if few is None:
        return CASES.full_name, [(["state = ?", *where], [state, *values]) for state in states]
    # Such cases are few: without the bound, SQLite goes along the order and looks at everybody else's on the way.
    having, given = few
    source = f"(SELECT * FROM {CASES.full_name} WHERE {having} LIMIT {_ALL}) AS few"
    return source, [([f"state IN ({marks(states)})", *where], [*given, *states, *values])]


def _chosen_by(wanted: CaseFilter) -> tuple[str, list[Any]] | None:
    """A condition that few cases fulfil: that they have a thing, a tag, or both; None: neither is asked for."""
    parts, given = list[str](), list[Any]()
    names = (wanted.thing,) if wanted.thing is not None else wanted.among
    if names:
        some = f"SELECT case_id FROM {THINGS.full_name} WHERE"
        by_id = f" UNION {some} kind = ? AND value = ?" if wanted.by_id else ""
        parts.append(f"case_id IN ({some} alias IN ({marks(names)}){by_id})")
        given += [*names, *((ObservableKind.ACCOUNT.value, wanted.thing) if wanted.by_id else ())]
    if wanted.tag is not None:
        parts.append(f"case_id IN (SELECT case_id FROM {TAGS.full_name} WHERE tag = ?)")
        given.append(wanted.tag)
    return (" AND ".join(parts), given) if parts else None


def choose_items(wanted: ItemFilter, now: int) -> Chosen:
    """The same of what waits in the queue. What was put off is little: it is chosen first, and sorted then."""
    where, values = _owned(wanted.owner)
    if wanted.source is not None:
        where.append("source = ?")
        values.append(wanted.source.value)
    if not wanted.snoozed:
        # By `+ 0` SQLite goes along the order, and not along all that isn't put off, which is nearly everything.
        here = ["state = ?", "snoozed_until + 0 <= ?", *where]
        return QUEUE.full_name, [(here, [state, now, *values]) for state in _STAND]
    put_off = f"state IN ({marks(_STAND)}) AND snoozed_until > ?"
    chosen = f"(SELECT * FROM {QUEUE.full_name} WHERE {put_off} LIMIT {_ALL}) AS few"
    return chosen, [([" AND ".join(where) or "1 = 1"], [*_STAND, now, *values])]


def count_rows(unit: UnitOfWork, chosen: Chosen) -> tuple[int, int]:
    """The last line, and how many rows fulfil one of the conditions."""
    source, parts = chosen
    counts = " + ".join(f"(SELECT count(*) FROM {source} WHERE {' AND '.join(where)})" for where, _ in parts)
    values = [value for _, some in parts for value in some]
    text = f"SELECT (SELECT coalesce(max(line), 0) FROM {JOURNAL}), {counts}"
    line, total = query(unit.connection, text, values)[0]
    return int(line), int(total)


def select_page(
    unit: UnitOfWork,
    table: Table,
    chosen: Chosen,
    sort: tuple[str, bool],
    after: str | None,
    most: int,
) -> tuple[list[Row], str | None]:
    """Rows of a page, and what the next one begins behind, in one statement.

    Each condition goes along an index by itself, so that none reads more rows than the page has.
    """
    source, parts = chosen
    column, down = sort
    order = f"{column} {'DESC' if down else 'ASC'}, number {'DESC' if down else 'ASC'}"
    texts, values = [], []
    for number, (where, some) in enumerate(parts):
        conditions, given = list(where), list(some)
        if after is not None:
            # The first condition alone is one that every index can use.
            less, least = ("<", "<=") if down else (">", ">=")
            conditions.append(f"{column} {least} ? AND ({column}, number) {less} (?, ?)")
            key = _parse_key(after, column)
            given += [key[0], *key]
        columns = ", ".join(table.names)
        text = f"SELECT {columns} FROM {source} WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT ?"
        texts.append(f"SELECT {columns} FROM ({text}) AS p{number}")
        values += [*given, most + 1]
    found = query(unit.connection, f"{' UNION ALL '.join(texts)} ORDER BY {order} LIMIT ?", [*values, most + 1])
    rows = [dict(zip(table.names, row, strict=True)) for row in found]
    more = f"{rows[most - 1][column]!r}:{rows[most - 1]['number']}" if len(rows) > most else None
    return rows[:most], more


def _parse_key(text: str, column: str) -> tuple[float | int, int]:
    value, _, number = text.partition(":")
    if column not in {"loss", "score"}:
        return whole_number(value, "after"), whole_number(number, "after")
    try:
        return float(value), whole_number(number, "after")
    except ValueError:
        raise CasebookUsageError("this is no place in the list", key="after") from None


def whole_number(text: str, key: str) -> int:
    """A number that a database takes."""
    try:
        found = int(text)
    except ValueError:
        found = MOST_INT + 1
    if abs(found) > MOST_INT:
        raise CasebookUsageError("this is no place in the list", key=key)
    return found
