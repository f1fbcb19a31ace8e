"""What pages ask: each a bounded number of statements, whatever the data (rule 20).

Pages go by key: the sort value and number of the last row, never by counting rows that were passed.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from typing import Any

from wayseal.cases._casework import Casework
from wayseal.cases._desk import Desk
from wayseal.cases._packs import pack_acts
from wayseal.cases._project_records import PREFIX, task_of
from wayseal.cases._tables import ACTS, CASES, COUNTS, FILES, JOURNAL, NOTES, QUEUE, TASKS, THINGS, Table
from wayseal.cases._told import case_row, entry, item_row, thing_row
from wayseal.cases._work import PERSONAL, CaseState, ItemState, TaskState, Thing, ThingKind
from wayseal.cases.acts import LOOKS
from wayseal.cases.errors import CasebookUsageError
from wayseal.cases.types import Heard, NamesShown
from wayseal.cases.views import (
    CaseFilter,
    CaseRow,
    CaseSort,
    Changes,
    Counts,
    Dossier,
    Entry,
    FileRow,
    ItemFilter,
    ItemRow,
    ItemSort,
    Note,
    PackAct,
    Page,
    Similar,
    Statement,
    Task,
    ThingRow,
)

MOST = 200
"""Rows of a page at most."""
_SHOWN = 4
"""Things of a case that a list has."""
_SHARED, _EACH = 12, 20
"""Of so many things of a case similar ones are looked for, and so many for each."""
_STATEMENTS = 100
_MOST_INT = 1 << 62
_ALL = 1 << 40
"""More rows than there are."""
_CASE_SORTS = {
    CaseSort.CHANGED: ("changed_line", True),
    CaseSort.SCORE: ("score", True),
    CaseSort.NUMBER: ("number", True),
    CaseSort.ALERTED: ("alerted_at", True),
    CaseSort.PRIORITY: ("priority", False),
}
_ITEM_SORTS = {ItemSort.SCORE: ("score", True), ItemSort.AGE: ("since", False)}
Row = dict[str, Any]


class Queries(Casework):
    """Questions of pages. names: show those of which an act on record says so; else all are pseudonyms (rule 7)."""

    def cases(
        self,
        wanted: CaseFilter | None = None,
        sort: CaseSort = CaseSort.CHANGED,
        after: str | None = None,
        limit: int = 50,
        *,
        names: bool = False,
    ) -> Page[CaseRow]:
        """A page of cases: 2 statements."""
        chosen = wanted or CaseFilter()

        def ask(desk: Desk) -> Page[CaseRow]:
            source, parts = _parts(chosen)
            rows, more = _keyset(desk, CASES, source, parts, _CASE_SORTS[sort], after, limit)
            things = _first_things(desk, [row["case_id"] for row in rows], names)
            return Page(rows=tuple(case_row(row, things[row["case_id"]]) for row in rows), after=more)

        return self._look(ask)

    def queue(
        self,
        now: int,
        wanted: ItemFilter | None = None,
        sort: ItemSort = ItemSort.SCORE,
        after: str | None = None,
        limit: int = 50,
        *,
        names: bool = False,
    ) -> Page[ItemRow]:
        """A page of what waits for a decision: 2 statements. now: what was put off until later isn't there."""
        chosen = wanted or ItemFilter()

        def ask(desk: Desk) -> Page[ItemRow]:
            where, values = _owned(chosen.owner)
            where.append("snoozed_until > ?" if chosen.snoozed else "snoozed_until <= ?")
            values.append(now)
            if chosen.source is not None:
                where.append("source = ?")
                values.append(chosen.source.value)
            one = (["state = ?", *where], [ItemState.WAITING.value, *values])
            rows, more = _keyset(desk, QUEUE, QUEUE.full_name, [one], _ITEM_SORTS[sort], after, limit)
            things = _first_things(desk, [row["item"] for row in rows], names)
            return Page(rows=tuple(item_row(row, things[row["item"]]) for row in rows), after=more)

        return self._look(ask)

    def counts(self) -> Counts:
        """How many there are of what: 1 statement, over counters that are kept."""

        def ask(desk: Desk) -> Counts:
            found: defaultdict[str, dict[str, int]] = defaultdict(dict)
            for name, value, n in desk.connection.rows(f"SELECT name, value, n FROM {COUNTS.full_name}"):
                found[name][value] = int(n)
            return Counts(states=found["state"], queue=found["queue"], owners=found["owner"], tasks=found["tasks"])

        return self._look(ask)

    def dossier(
        self, case: str, *, names: bool = False, looker: str | None = None, since: int = 0, limit: int = 50
    ) -> Dossier:
        """A case with all that belongs to it, and the newest page of its timeline: 9 statements. NoSuchCaseError.

        looker: names are shown if it is on record that this person looked at names of the case after `since`: of those
        accounts that they looked at.
        """

        def ask(desk: Desk) -> Dossier:
            row = desk.case(case)
            things = sorted(desk.rows.group(THINGS, case).values(), key=lambda thing: thing["place"])
            merged = tuple(
                found[0]
                for found in desk.connection.rows(
                    f"SELECT case_id FROM {CASES.full_name} WHERE merged_into = ? ORDER BY number", (case,)
                )
            )
            heard, looks = _heard_and_looked(desk, (case, *merged), looker, since)
            looked_at = max((look.at for look in looks), default=0)
            may = names or looked_at > 0
            if looks:
                things = _only_seen(things, _accounts_of(looks, case))
            shown = _Shown(self._alias, things, may)
            named = all(thing["named"] for thing in things if thing["kind"] == ThingKind.ACCOUNT)
            return Dossier(
                row=case_row(row, [thing_row(thing, may) for thing in things[:_SHOWN]]),
                things=tuple(thing_row(thing, may) for thing in things),
                named=named,
                looked_at=looked_at,
                merged=merged,
                statements=_statements(heard, shown, may and named),
                tasks=tuple(_task(row) for row in _in_order(desk, TASKS, case, "task")),
                notes=tuple(_note(row) for row in _in_order(desk, NOTES, case, "note")),
                files=tuple(file_row(row) for row in _in_order(desk, FILES, case, "digest")),
                similar=_similar(desk, case, things, may),
                timeline=_timeline(desk, (case, *merged), shown, None, limit),
            )

        return self._look(ask)

    def timeline(
        self,
        id_: str,
        before: str | None = None,
        limit: int = 50,
        *,
        names: bool = False,
        looker: str | None = None,
        since: int = 0,
    ) -> Page[Entry]:
        """The acts on a case, or on something in the queue, the newest first: 3 statements.

        looker: of names only those that this person looked at after `since` (a statement more).
        """

        def ask(desk: Desk) -> Page[Entry]:
            if id_.startswith(PREFIX):
                desk.case(id_)
            else:
                desk.item(id_)
            things = list(desk.rows.group(THINGS, id_).values())
            if names and looker is not None:
                things = _only_seen(things, _seen_by(desk, id_, looker, since))
            cases = (id_, *sorted({thing["via"] for thing in things} - {""}))
            return _timeline(desk, cases, _Shown(self._alias, things, names), before, limit)

        return self._look(ask)

    def packs(self, case: str) -> tuple[PackAct, ...]:
        """What was done with packs of evidence of a case, the newest first: 2 statements."""

        def ask(desk: Desk) -> tuple[PackAct, ...]:
            desk.case(case)
            return pack_acts(desk, case)

        return self._look(ask)

    def tasks(self, owner: str, limit: int = 50) -> tuple[Task, ...]:
        """The open tasks of somebody, the oldest first: 1 statement."""
        states = [state.value for state in TaskState if state not in {TaskState.DONE, TaskState.CANCELLED}]
        marks = ", ".join("?" for _ in states)
        text = (
            f"SELECT {', '.join(TASKS.names)} FROM {TASKS.full_name} WHERE owner = ? AND state IN ({marks}) "
            "ORDER BY line LIMIT ?"
        )
        rows = self._look(lambda desk: desk.connection.rows(text, (owner, *states, _most(limit))))
        return tuple(_task(dict(zip(TASKS.names, row, strict=True))) for row in rows)

    def changed_since(self, line: int, limit: int = 50, *, names: bool = False) -> Changes:
        """Cases and items that changed behind a line, the oldest change first: 3 statements.

        limit: about so many; what one act changed is told together.
        """

        def ask(desk: Desk) -> Changes:
            most = _most(limit)
            found = [_changed(desk, table, line, most) for table in (CASES, QUEUE)]
            full = [rows[-1]["changed_line"] for rows in found if len(rows) >= most]
            last = min(full) if full else max((rows[-1]["changed_line"] for rows in found if rows), default=line)
            more = bool(full)  # nothing behind the shorter list is lost
            cases, items = ([row for row in rows if row["changed_line"] <= last] for rows in found)
            things = _first_things(desk, [*(r["case_id"] for r in cases), *(r["item"] for r in items)], names)
            return Changes(
                line=last,
                cases=tuple(case_row(row, things[row["case_id"]]) for row in cases),
                items=tuple(item_row(row, things[row["item"]]) for row in items),
                more=more,
            )

        return self._look(ask)


class _Shown:
    """What the things of a case may be called."""

    def __init__(self, alias: Any, things: Sequence[Mapping[str, Any]], names: bool) -> None:
        self._alias = alias
        self._named = {(row["kind"], row["value"]) for row in things if names and row["named"]}

    def __call__(self, thing: Thing) -> str:
        if thing.kind not in PERSONAL or (thing.kind.value, thing.value) in self._named:
            return thing.value
        return str(self._alias(thing))


def _most(limit: int) -> int:
    return max(1, min(limit, MOST))


def _owned(owner: str | None) -> tuple[list[str], list[Any]]:
    if owner is None:
        return [], []
    return (["owner IS NULL"], []) if not owner else (["owner = ?"], [owner])


def _parts(wanted: CaseFilter) -> tuple[str, list[tuple[list[str], list[Any]]]]:
    """Where cases are taken from, and conditions of which one is fulfilled (see `_keyset`)."""
    states = [state.value for state in sorted(wanted.states or frozenset(CaseState))]
    few, given = [], []
    if wanted.owner:
        few.append("owner = ?")
        given.append(wanted.owner)
    if wanted.thing is not None:
        some = f"SELECT case_id FROM {THINGS.full_name} WHERE"
        by_id = f" UNION {some} kind = ? AND value = ?" if wanted.by_id else ""
        few.append(f"case_id IN ({some} alias = ?{by_id})")
        given += [wanted.thing, *((ThingKind.ACCOUNT.value, wanted.thing) if wanted.by_id else ())]
    where, values = ([], []) if wanted.owner else _owned(wanted.owner)
    if wanted.source is not None:
        where.append("source = ?")
        values.append(wanted.source.value)
    if not few:
        return CASES.full_name, [(["state = ?", *where], [state, *values]) for state in states]
    # Such cases are few: without the bound, SQLite goes along the order and looks at everybody else's on the way.
    source = f"(SELECT * FROM {CASES.full_name} WHERE {' AND '.join(few)} LIMIT {_ALL}) AS few"
    marks = ", ".join("?" for _ in states)
    return source, [([f"state IN ({marks})", *where], [*given, *states, *values])]


def _keyset(
    desk: Desk,
    table: Table,
    source: str,
    parts: Sequence[tuple[Sequence[str], Sequence[Any]]],
    sort: tuple[str, bool],
    after: str | None,
    limit: int,
) -> tuple[list[Row], str | None]:
    """Rows of a page, and what the next one begins behind, in one statement.

    parts: conditions, of which a row fulfils one. Each goes along an index by itself, so that none reads more rows than
    the page has.
    """
    column, down = sort
    order = f"{column} {'DESC' if down else 'ASC'}, number {'DESC' if down else 'ASC'}"
    most = _most(limit)
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
    found = desk.connection.rows(f"{' UNION ALL '.join(texts)} ORDER BY {order} LIMIT ?", [*values, most + 1])
    rows = [dict(zip(table.names, row, strict=True)) for row in found]
    more = f"{rows[most - 1][column]!r}:{rows[most - 1]['number']}" if len(rows) > most else None
    return rows[:most], more


def _parse_key(text: str, column: str) -> tuple[float | int, int]:
    value, _, number = text.partition(":")
    if column != "score":
        return _whole(value, "after"), _whole(number, "after")
    try:
        return float(value), _whole(number, "after")
    except ValueError:
        raise CasebookUsageError("this is no place in the list", key="after") from None


def _whole(text: str, key: str) -> int:
    """A number that a database takes."""
    try:
        found = int(text)
    except ValueError:
        found = _MOST_INT + 1
    if abs(found) > _MOST_INT:
        raise CasebookUsageError("this is no place in the list", key=key)
    return found


def _first_things(desk: Desk, ids: Sequence[str], names: bool) -> dict[str, list[ThingRow]]:
    """The first things of several cases and items."""
    found: dict[str, list[ThingRow]] = {id_: [] for id_ in ids}
    if found:
        marks = ", ".join("?" for _ in found)
        text = (
            f"SELECT {', '.join(THINGS.names)} FROM {THINGS.full_name} WHERE case_id IN ({marks}) AND place < ? "
            "ORDER BY place"
        )
        for row in desk.connection.rows(text, (*found, _SHOWN)):
            thing = dict(zip(THINGS.names, row, strict=True))
            found[thing["case_id"]].append(thing_row(thing, names))
    return found


def _timeline(desk: Desk, cases: Sequence[str], shown: _Shown, before: str | None, limit: int) -> Page[Entry]:
    most = _most(limit)
    marks = ", ".join("?" for _ in cases)
    end = _MOST_INT if before is None else _whole(before, "before")
    text = (
        f"SELECT a.line, max(a.case_id) FROM {ACTS.full_name} AS a WHERE a.case_id IN ({marks}) AND a.line < ? "
        "GROUP BY a.line ORDER BY a.line DESC LIMIT ?"
    )
    text = f"SELECT p.line, p.id, j.content FROM ({text.replace('max(a.case_id)', 'max(a.case_id) AS id')}) AS p "
    text += f"JOIN {JOURNAL} AS j ON j.line = p.line ORDER BY p.line DESC"
    rows = desk.connection.rows(text, (*cases, end, most + 1))
    entries = tuple(entry(int(line), id_, desk.parse(int(line), content), shown) for line, id_, content in rows[:most])
    return Page(rows=entries, after=str(entries[-1].line) if len(rows) > most else None)


def _changed(desk: Desk, table: Table, line: int, most: int) -> list[Row]:
    """The first rows that changed behind a line, and all that the last of these lines changed."""
    name = table.full_name
    text = (
        f"SELECT {', '.join(table.names)} FROM {name} WHERE changed_line > ? AND changed_line <= "
        f"(SELECT max(changed_line) FROM (SELECT changed_line FROM {name} WHERE changed_line > ? "
        "ORDER BY changed_line LIMIT ?) AS b) ORDER BY changed_line, number"
    )
    rows = desk.connection.rows(text, (line, line, most))
    return [dict(zip(table.names, row, strict=True)) for row in rows]


def _heard_and_looked(
    desk: Desk, cases: Sequence[str], looker: str | None, since: int
) -> tuple[tuple[Heard, ...], tuple[NamesShown, ...]]:
    """What persons concerned said, the newest first, and looks at names that somebody had recorded since."""
    joined = f"{ACTS.full_name} AS a JOIN {JOURNAL} AS j ON j.line = a.line"
    marks, looks = ", ".join("?" for _ in cases), ", ".join("?" for _ in LOOKS)
    text = (
        f"SELECT line, content, at FROM (SELECT a.line, j.content, 0 AS at FROM {joined} WHERE a.case_id IN ({marks}) "
        "AND a.act = 'heard' ORDER BY a.line DESC LIMIT ?) AS h"
    )
    values: list[Any] = [*cases, _STATEMENTS]
    if looker is not None:
        text += (
            f" UNION ALL SELECT line, content, at FROM (SELECT a.line, j.content, a.at FROM {joined} "
            f"WHERE a.case_id = ? AND a.who = ? AND a.act IN ({looks}) AND a.at > ? ORDER BY a.line DESC LIMIT ?) AS l"
        )
        values += [cases[0], looker, *LOOKS, since, _STATEMENTS]
    acts = [desk.parse(int(line), content) for line, content, _ in desk.connection.rows(text, values)]
    heard = sorted((act for act in acts if isinstance(act, Heard)), key=lambda act: -act.at)
    return tuple(heard), tuple(act for act in acts if isinstance(act, NamesShown))


def _statements(heard: Sequence[Heard], shown: _Shown, readable: bool) -> tuple[Statement, ...]:
    told = []
    for act in heard:
        account = None if act.actor is None else shown(Thing(kind=ThingKind.ACCOUNT, value=act.actor))
        said = act.statement if readable else None
        told.append(Statement(case=act.case, at=act.at, who=act.who, account=account, text=said))
    return tuple(told)


def _similar(desk: Desk, case: str, things: Sequence[Row], names: bool) -> tuple[Similar, ...]:
    """Rule 18: what shares things with a case, most of them first; the shared ones are named."""
    own = [thing for thing in things if not thing["via"] and thing["kind"] != ThingKind.CASE][:_SHARED]
    if not own:
        return ()
    inner = (
        f"SELECT t.case_id, t.kind, t.value FROM {THINGS.full_name} AS t WHERE t.kind = ? AND t.value = ? "
        "AND t.case_id <> ? AND t.via = '' ORDER BY t.case_id DESC LIMIT ?"
    )
    parts = " UNION ALL ".join(f"SELECT case_id, kind, value FROM ({inner}) AS p{number}" for number in range(len(own)))
    text = (
        f"SELECT f.case_id, f.kind, f.value, c.state, q.state, c.merged_into FROM ({parts}) AS f "
        f"LEFT JOIN {CASES.full_name} AS c ON c.case_id = f.case_id "
        f"LEFT JOIN {QUEUE.full_name} AS q ON q.item = f.case_id"
    )
    values = [value for thing in own for value in (thing["kind"], thing["value"], case, _EACH)]
    by_key = {(thing["kind"], thing["value"]): thing for thing in own}
    shared: defaultdict[str, list[ThingRow]] = defaultdict(list)
    states: dict[str, str] = {}
    for id_, kind, value, state, waiting, into in desk.connection.rows(text, values):
        if into == case or (state is None and waiting != ItemState.WAITING):
            continue
        shared[id_].append(thing_row(by_key[kind, value], names))
        states[id_] = state or waiting
    ranked = sorted(shared, key=lambda id_: (-len(shared[id_]), id_))[:_EACH]
    return tuple(Similar(id=id_, state=states[id_], shared=tuple(shared[id_])) for id_ in ranked)


def _in_order(desk: Desk, table: Table, case: str, name: str) -> list[Row]:
    """Rows of a case in the order of their ids, in which they were made."""
    return sorted(desk.rows.group(table, case).values(), key=lambda row: (len(row[name]), row[name]))


def _task(row: Row) -> Task:
    return Task(case=row["case_id"], id=row["task"], content=task_of(row), who=row["who"], at=row["at"])


def _note(row: Row) -> Note:
    return Note(
        id=row["note"],
        version=row["version"],
        text=row["text"],
        first_who=row["first_who"],
        who=row["who"],
        at=row["at"],
    )


def file_row(row: Row) -> FileRow:
    names = ("digest", "name", "size", "who", "at", "sm3")
    return FileRow(**{name: row[name] for name in names})


def _seen_by(desk: Desk, case: str, looker: str, since: int) -> frozenset[str]:
    """The accounts of a case that somebody is on record to have looked at after a moment."""
    marks = ", ".join("?" for _ in LOOKS)
    text = (
        f"SELECT a.line, j.content FROM {ACTS.full_name} AS a JOIN {JOURNAL} AS j ON j.line = a.line "
        f"WHERE a.case_id = ? AND a.who = ? AND a.act IN ({marks}) AND a.at > ? ORDER BY a.line DESC LIMIT ?"
    )
    rows = desk.connection.rows(text, (case, looker, *LOOKS, since, _STATEMENTS))
    acts = (desk.parse(int(line), content) for line, content in rows)
    return _accounts_of([act for act in acts if isinstance(act, NamesShown)], case)


def _accounts_of(looks: Sequence[NamesShown], case: str) -> frozenset[str]:
    return frozenset(actor for look in looks for actor in look.cases.get(case, ()))


def _only_seen(things: Sequence[Row], seen: Set[str]) -> list[Row]:
    """Things whose names somebody didn't look at are as if nobody had; devices and addresses go with all accounts."""
    accounts = {thing["value"] for thing in things if thing["kind"] == ThingKind.ACCOUNT}
    return [
        thing
        if (thing["value"] in seen if thing["kind"] == ThingKind.ACCOUNT else accounts <= seen)
        else {**thing, "named": 0}
        for thing in things
    ]
