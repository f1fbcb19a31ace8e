"""Queries of pages: each a bounded number of statements, whatever the data (rule 20)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any, TypeVar

from wayseal.cases._arrivals import Arrivals
from wayseal.cases._casework import MOST_AT_ONCE
from wayseal.cases._page_rows import case_row, entry, item_row, proposals_of, thing_row
from wayseal.cases._pages import (
    CASE_SORTS,
    ITEM_SORTS,
    MOST_INT,
    Chosen,
    bounded,
    choose_cases,
    choose_items,
    count_rows,
    pack_acts,
    select_page,
    whole_number,
)
from wayseal.cases._project_records import PREFIX, task_of
from wayseal.cases._read import marked_reads
from wayseal.cases._tables import ACTS, CASES, COUNTS, FILES, JOURNAL, NOTES, QUEUE, TASKS, THINGS, marks
from wayseal.cases._unit_of_work import UnitOfWork, in_look
from wayseal.cases.book import LOOKS, PROPOSING
from wayseal.cases.types import (
    CLOSED_STATES,
    PERSONAL,
    UNDECIDED,
    Act,
    Answered,
    Heard,
    NamesShown,
    Observable,
    ObservableKind,
    Proposed,
    TaskState,
)
from wayseal.cases.views import (
    CaseFilter,
    CaseRow,
    CaseSort,
    Changes,
    Counts,
    Day,
    Dossier,
    Entry,
    FileRow,
    ItemFilter,
    ItemRow,
    ItemSort,
    MarkedRead,
    Matching,
    Note,
    ObservableRow,
    PackAct,
    Page,
    Similar,
    Statement,
    Task,
)
from wayseal.database import query
from wayseal.database.raw import record_of
from wayseal.journal.projection import Table

_SHOWN = 4
"""Things of a case that a list has."""
_SHARED, _EACH = 12, 20
"""Of so many things of a case similar ones are looked for, and so many for each."""
_STATEMENTS = 100
_BACK = 20_000
"""So many lines are looked back over for what was decided."""
LAST_LINE = f"(SELECT coalesce(max(line), 0) FROM {JOURNAL})"
CLOSED_SINCE = (
    f"SELECT count(*) FROM {CASES.full_name} WHERE state IN ({marks(CLOSED_STATES)}) AND closed_at >= ? "
    f"AND changed_line > {LAST_LINE} - ?"
)
R = TypeVar("R")
Row = dict[str, Any]


class Queries(Arrivals):
    """Questions of pages. names: show those of which an act on record says so; else all are pseudonyms (rule 7)."""

    @in_look
    def cases(
        self,
        unit: UnitOfWork,
        wanted: CaseFilter | None = None,
        sort: CaseSort = CaseSort.CHANGED,
        after: str | None = None,
        limit: int = 50,
        *,
        names: bool = False,
    ) -> Page[CaseRow]:
        """A page of cases: 2 statements."""
        chosen = choose_cases(wanted or CaseFilter())
        rows, more = select_page(unit, CASES, chosen, CASE_SORTS[sort], after, bounded(limit))
        return Page(rows=_case_rows(unit, rows, names), after=more)

    def matching_cases(self, wanted: CaseFilter, sort: CaseSort = CaseSort.CHANGED) -> Matching[CaseRow]:
        """All cases that fit, up to MOST_AT_ONCE in their order, to decide on them together: 3 statements."""
        return self._look(lambda unit: _matching(unit, CASES, choose_cases(wanted), CASE_SORTS[sort], _case_rows))

    @in_look
    def queue(
        self,
        unit: UnitOfWork,
        now: int,
        wanted: ItemFilter | None = None,
        sort: ItemSort = ItemSort.LOSS,
        after: str | None = None,
        limit: int = 50,
        *,
        names: bool = False,
    ) -> Page[ItemRow]:
        """A page of what waits for a decision: 2 statements. now: what was put off until later isn't there."""
        chosen = choose_items(wanted or ItemFilter(), now)
        rows, more = select_page(unit, QUEUE, chosen, ITEM_SORTS[sort], after, bounded(limit))
        return Page(rows=_item_rows(unit, rows, names), after=more)

    def matching_items(self, now: int, wanted: ItemFilter, sort: ItemSort = ItemSort.LOSS) -> Matching[ItemRow]:
        """All that waits and fits, up to MOST_AT_ONCE in its order, to decide on it together: 3 statements."""
        return self._look(lambda unit: _matching(unit, QUEUE, choose_items(wanted, now), ITEM_SORTS[sort], _item_rows))

    @in_look
    def counts(self, unit: UnitOfWork, moment: int = 0) -> Counts:
        """How many there are of what: 1 statement, over counters that are kept. moment: how it stands since then."""
        found: defaultdict[str, dict[str, int]] = defaultdict(dict)
        text, values = f"SELECT name, value, n FROM {COUNTS.full_name}", list[object]()
        if moment:
            text += f" UNION ALL SELECT 'day', 'line', {LAST_LINE} UNION ALL SELECT 'day', 'closed', ({CLOSED_SINCE})"
            values = closed_since(moment)
        for name, value, n in query(unit.connection, text, values):
            found[name][value] = int(n)
        day = Day(line=found["day"].get("line", 0), closed=found["day"].get("closed", 0))
        counts = {one: found[name] for one, name in (("states", "state"), ("owners", "owner"), ("tags", "tag"))}
        return Counts(queue=found["queue"], tasks=found["tasks"], day=day, **counts)

    @in_look
    def dossier(
        self,
        unit: UnitOfWork,
        case: str,
        *,
        names: bool = False,
        looker: str | None = None,
        since: int = 0,
        limit: int = 50,
    ) -> Dossier:
        """A case with all that belongs to it, and the newest page of its timeline: 7 statements. NoSuchCaseError.

        looker: names are shown if it is on record that this person looked at names of the case after `since`: of those
        accounts that they looked at.
        """
        row = unit.case(case)
        things = sorted(unit.rows.group(THINGS, case).values(), key=lambda thing: thing["place"])
        unit.load_groups((TASKS, NOTES, FILES), case)
        merged = tuple(
            found[0]
            for found in query(
                unit.connection,
                f"SELECT case_id FROM {CASES.full_name} WHERE merged_into = ? ORDER BY number",
                (case,),
            )
        )
        (heard, proposing), looked_at, seen = _heard_and_looked(unit, (case, *merged), looker, since)
        may = names or looked_at > 0
        if looked_at:
            things = _only_seen(things, seen)
        shown = _Shown(self._alias, things, may)
        named = all(thing["named"] for thing in things if thing["kind"] == ObservableKind.ACCOUNT)
        return Dossier(
            row=case_row(row, [thing_row(thing, may) for thing in things[:_SHOWN]]),
            things=tuple(thing_row(thing, may) for thing in things),
            named=named,
            looked_at=looked_at,
            merged=merged,
            statements=_statements(heard, shown, may and named),
            proposals=proposals_of((act for act in proposing if act.case == case), shown),
            tasks=tuple(_task(row) for row in _in_order(unit, TASKS, case, "task")),
            notes=tuple(record_of(Note, row, id=row["note"]) for row in _in_order(unit, NOTES, case, "note")),
            files=tuple(record_of(FileRow, row) for row in _in_order(unit, FILES, case, "digest")),
            similar=_similar(unit, case, things, may),
            timeline=_timeline(unit, (case, *merged), shown, None, limit),
        )

    @in_look
    def timeline(
        self,
        unit: UnitOfWork,
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
        if id_.startswith(PREFIX):
            unit.case(id_)
        else:
            unit.item(id_)
        things = list(unit.rows.group(THINGS, id_).values())
        if names and looker is not None:
            things = _only_seen(things, _seen(looks_after(unit, id_, looker, since, _STATEMENTS), id_))
        cases = (id_, *sorted({thing["via"] for thing in things} - {""}))
        return _timeline(unit, cases, _Shown(self._alias, things, names), before, limit)

    @in_look
    def packs(self, unit: UnitOfWork, case: str) -> tuple[PackAct, ...]:
        """Return the acts on packs of evidence of a case, the newest first: 2 statements."""
        unit.case(case)
        return pack_acts(unit, case)

    def marked_reads(self, case: str) -> Mapping[str, MarkedRead]:
        """The reads of a case that are starred or commented on, by their place in the ledger: 1 statement."""
        return self._look(lambda unit: {one.read: one for one in marked_reads(unit.rows, case)})

    def tasks(self, owner: str, limit: int = 50) -> tuple[Task, ...]:
        """The open tasks of somebody, by the day on which they are due, then the oldest first: 1 statement."""
        states = [state.value for state in TaskState if state not in {TaskState.DONE, TaskState.CANCELLED}]
        rest = f"WHERE owner = ? AND state IN ({marks(states)}) ORDER BY coalesce(due, '9'), line LIMIT ?"
        rows = self._look(lambda unit: unit.select(TASKS, rest, (owner, *states, bounded(limit))))
        return tuple(map(_task, rows))

    @in_look
    def changed_since(self, unit: UnitOfWork, line: int, limit: int = 50, *, names: bool = False) -> Changes:
        """Cases and items that changed behind a line, the oldest change first: 3 statements.

        limit: about so many; what one act changed is told together.
        """
        most = bounded(limit)
        found = [_changed(unit, table, line, most) for table in (CASES, QUEUE)]
        full = [rows[-1]["changed_line"] for rows in found if len(rows) >= most]
        last = min(full) if full else max((rows[-1]["changed_line"] for rows in found if rows), default=line)
        more = bool(full)  # nothing behind the shorter list is lost
        cases, items = ([row for row in rows if row["changed_line"] <= last] for rows in found)
        things = first_things(unit, [*(r["case_id"] for r in cases), *(r["item"] for r in items)], names)
        return Changes(
            line=last,
            cases=tuple(case_row(row, things[row["case_id"]]) for row in cases),
            items=tuple(item_row(row, things[row["item"]]) for row in items),
            more=more,
        )


class _Shown:
    """The names that may be shown of the things of a case."""

    def __init__(self, alias: Any, things: Sequence[Mapping[str, Any]], names: bool) -> None:
        self._alias = alias
        self._named = {(row["kind"], row["value"]) for row in things if names and row["named"]}

    def __call__(self, thing: Observable) -> str:
        if thing.kind not in PERSONAL or (thing.kind.value, thing.value) in self._named:
            return thing.value
        return str(self._alias(thing))


def _matching(
    unit: UnitOfWork,
    table: Table,
    chosen: Chosen,
    sort: tuple[str, bool],
    told: Callable[[UnitOfWork, Sequence[Row], bool], tuple[R, ...]],
) -> Matching[R]:
    rows, _ = select_page(unit, table, chosen, sort, None, MOST_AT_ONCE)
    line, total = count_rows(unit, chosen)
    return Matching(rows=told(unit, rows, False), total=total, line=line)


def _case_rows(unit: UnitOfWork, rows: Sequence[Row], names: bool) -> tuple[CaseRow, ...]:
    things = first_things(unit, [row["case_id"] for row in rows], names)
    return tuple(case_row(row, things[row["case_id"]]) for row in rows)


def _item_rows(unit: UnitOfWork, rows: Sequence[Row], names: bool) -> tuple[ItemRow, ...]:
    things = first_things(unit, [row["item"] for row in rows], names)
    return tuple(item_row(row, things[row["item"]]) for row in rows)


def closed_since(moment: int) -> list[object]:
    """The values of `CLOSED_SINCE`."""
    return [*(state.value for state in sorted(CLOSED_STATES)), moment, _BACK]


def first_things(unit: UnitOfWork, ids: Sequence[str], names: bool) -> dict[str, list[ObservableRow]]:
    """The first things of several cases and items."""
    found: dict[str, list[ObservableRow]] = {id_: [] for id_ in ids}
    if found:
        rest = f"WHERE case_id IN ({marks(found)}) AND place < ? ORDER BY place"
        for thing in unit.select(THINGS, rest, (*found, _SHOWN)):
            found[thing["case_id"]].append(thing_row(thing, names))
    return found


def _timeline(unit: UnitOfWork, cases: Sequence[str], shown: _Shown, before: str | None, limit: int) -> Page[Entry]:
    most = bounded(limit)
    end = MOST_INT if before is None else whole_number(before, "before")
    text = (
        f"SELECT a.line, max(a.case_id) FROM {ACTS.full_name} AS a WHERE a.case_id IN ({marks(cases)}) AND a.line < ? "
        "GROUP BY a.line ORDER BY a.line DESC LIMIT ?"
    )
    text = f"SELECT p.line, p.id, j.content FROM ({text.replace('max(a.case_id)', 'max(a.case_id) AS id')}) AS p "
    text += f"JOIN {JOURNAL} AS j ON j.line = p.line ORDER BY p.line DESC"
    rows = query(unit.connection, text, (*cases, end, most + 1))
    entries = tuple(entry(int(line), id_, unit.parse(int(line), content), shown) for line, id_, content in rows[:most])
    return Page(rows=entries, after=str(entries[-1].line) if len(rows) > most else None)


def _changed(unit: UnitOfWork, table: Table, line: int, most: int) -> list[Row]:
    """The first rows that changed behind a line, and all that the last of these lines changed."""
    rest = (
        "WHERE changed_line > ? AND changed_line <= (SELECT max(changed_line) FROM "
        f"(SELECT changed_line FROM {table.full_name} WHERE changed_line > ? ORDER BY changed_line LIMIT ?) AS b) "
        "ORDER BY changed_line, number"
    )
    return unit.select(table, rest, (line, line, most))


def _heard_and_looked(
    unit: UnitOfWork, cases: Sequence[str], looker: str | None, since: int
) -> tuple[tuple[tuple[Heard, ...], tuple[Proposed | Answered, ...]], int, frozenset[str]]:
    """Return what persons concerned said, and what was proposed, the newest first; then somebody's recorded looks.

    Of these when the last was (0: never), and at whom.
    """
    joined = f"{ACTS.full_name} AS a JOIN {JOURNAL} AS j ON j.line = a.line"
    said = ("heard", *PROPOSING)
    text = (
        f"SELECT line, content, at FROM (SELECT a.line, j.content, 0 AS at FROM {joined} "
        f"WHERE a.case_id IN ({marks(cases)}) AND a.act IN ({marks(said)}) ORDER BY a.line DESC LIMIT ?) AS h"
    )
    values: list[Any] = [*cases, *said, 3 * _STATEMENTS]
    if looker is not None:
        text += (
            f" UNION ALL SELECT line, content, at FROM (SELECT a.line, j.content, a.at FROM {joined} "
            f"WHERE a.case_id = ? AND a.who = ? AND a.act IN ({marks(LOOKS)}) AND a.at > ? "
            "ORDER BY a.line DESC LIMIT ?) AS l"
        )
        values += [cases[0], looker, *LOOKS, since, _STATEMENTS]
    rows = query(unit.connection, text, values)
    acts = [unit.parse(int(line), content) for line, content, _ in rows]
    heard = sorted((act for act in acts if isinstance(act, Heard)), key=lambda act: -act.at)
    proposing = tuple(act for act in acts if isinstance(act, Proposed | Answered))
    return (tuple(heard), proposing), max((int(at) for _, _, at in rows), default=0), _seen(acts, cases[0])


def _seen(acts: Iterable[Act], case: str) -> frozenset[str]:
    """The accounts of a case that looks were at."""
    return frozenset(actor for act in acts if isinstance(act, NamesShown) for actor in act.cases.get(case, ()))


def _statements(heard: Sequence[Heard], shown: _Shown, readable: bool) -> tuple[Statement, ...]:
    told = []
    for act in heard:
        account = None if act.actor is None else shown(Observable(kind=ObservableKind.ACCOUNT, value=act.actor))
        said = act.statement if readable else None
        told.append(Statement(case=act.case, at=act.at, who=act.who, account=account, text=said, points=act.points))
    return tuple(told)


def _similar(unit: UnitOfWork, case: str, things: Sequence[Row], names: bool) -> tuple[Similar, ...]:
    """Rule 18: what shares things with a case, most of them first; the shared ones are named."""
    own = [thing for thing in things if not thing["via"] and thing["kind"] != ObservableKind.CASE][:_SHARED]
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
    shared: defaultdict[str, list[ObservableRow]] = defaultdict(list)
    states: dict[str, str] = {}
    for id_, kind, value, state, waiting, into in query(unit.connection, text, values):
        if into == case or (state is None and waiting not in UNDECIDED):
            continue
        shared[id_].append(thing_row(by_key[kind, value], names))
        states[id_] = state or waiting
    ranked = sorted(shared, key=lambda id_: (-len(shared[id_]), id_))[:_EACH]
    return tuple(Similar(id=id_, state=states[id_], shared=tuple(shared[id_])) for id_ in ranked)


def _in_order(unit: UnitOfWork, table: Table, case: str, name: str) -> list[Row]:
    """Rows of a case in the order of their ids, in which they were made."""
    return sorted(unit.rows.group(table, case).values(), key=lambda row: (len(row[name]), row[name]))


def _task(row: Row) -> Task:
    return record_of(Task, row, case=row["case_id"], id=row["task"], content=task_of(row))


def looks_after(unit: UnitOfWork, case: str, who: str, moment: int, most: int) -> list[NamesShown]:
    """Looks at names of a case that somebody had recorded after a moment, the newest first: 1 statement."""
    where = f"a.case_id = ? AND a.who = ? AND a.act IN ({marks(LOOKS)}) AND a.at > ? ORDER BY a.line DESC LIMIT ?"
    acts = unit.acts(where, (case, who, *LOOKS, moment, most))
    return [act for _, act in acts if isinstance(act, NamesShown)]


def _only_seen(things: Sequence[Row], seen: Set[str]) -> list[Row]:
    """Things whose names somebody didn't look at are as if nobody had; devices and addresses go with all accounts."""
    accounts = {thing["value"] for thing in things if thing["kind"] == ObservableKind.ACCOUNT}
    return [
        thing
        if (thing["value"] in seen if thing["kind"] == ObservableKind.ACCOUNT else accounts <= seen)
        else {**thing, "named": 0}
        for thing in things
    ]
