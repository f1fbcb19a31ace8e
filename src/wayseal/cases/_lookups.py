"""Smaller questions of pages, beside those of `_queries`: what lists and bars need for a few rows (rule 20)."""

from collections import defaultdict
from collections.abc import Sequence

from wayseal.cases._desk import Desk
from wayseal.cases._pages import MOST_INT, bounded
from wayseal.cases._queries import Queries, file_row, first_things, looks_after
from wayseal.cases._tables import ACTS, CASES, FILES, JOURNAL, QUEUE, THINGS
from wayseal.cases._told import act_line, item_row, thing_row
from wayseal.cases._work import CLOSED_STATES, UNDO_US, ItemState, NoteWritten, Promoted, Source, ThingKind
from wayseal.cases.acts import UNDOABLE
from wayseal.cases.errors import NoSuchCaseError
from wayseal.cases.views import (
    ActLine,
    Day,
    Done,
    FileRow,
    ItemRow,
    ListingRow,
    LookOnRecord,
    NoteVersion,
    Overlap,
    Page,
)
from wayseal.store.database import query

_OVERLAPS = 8
"""Things of an item that are looked at."""
_VERSIONS = 200
_BATCH = 1000
"""Lines of one batch, at most."""
_BACK = 20_000
"""So many lines are looked back over for what was decided."""


class Lookups(Queries):
    """What a row of a list, a bar or a note needs."""

    def overlaps(self, ids: Sequence[str], *, names: bool = False) -> dict[str, tuple[Overlap, ...]]:
        """For each of some cases and items, what else has things of theirs, one for each thing: 1 statement."""
        if not ids:
            return {}
        marks = ", ".join("?" for _ in ids)
        columns = ", ".join(f"o.{name}" for name in THINGS.names)
        # The smallest id is a case's where there is one; else what waits in the queue.
        text = (
            f"SELECT {columns}, (SELECT t.case_id FROM {THINGS.full_name} AS t WHERE t.kind = o.kind "
            "AND t.value = o.value AND t.case_id <> o.case_id AND t.via = '' AND (t.case_id < 'd' OR EXISTS "
            f"(SELECT 1 FROM {QUEUE.full_name} AS q WHERE q.item = t.case_id AND q.state = ?)) "
            f"ORDER BY t.case_id LIMIT 1) AS other FROM {THINGS.full_name} AS o "
            f"WHERE o.case_id IN ({marks}) AND o.place < ? AND o.via = '' AND o.kind <> ? ORDER BY o.place"
        )
        values = (ItemState.WAITING.value, *ids, _OVERLAPS, ThingKind.CASE.value)
        found: defaultdict[str, list[Overlap]] = defaultdict(list)
        for row in self._look(lambda desk: query(desk.connection, text, values)):
            if row[-1] is not None:
                thing = dict(zip(THINGS.names, row, strict=False))
                found[thing["case_id"]].append(Overlap(id=row[-1], thing=thing_row(thing, names)))
        return {id_: tuple(some) for id_, some in found.items()}

    def last_done(self, who: str, now: int) -> Done | None:
        """What somebody did last, all of one moment, if it is of the last minute: 1 statement."""
        text = (
            f"SELECT line, case_id, act, at FROM {ACTS.full_name} WHERE who = ? AND line > "
            f"(SELECT coalesce(max(line), 0) FROM {ACTS.full_name} WHERE who = ?) - ? ORDER BY line DESC"
        )
        rows = self._look(lambda desk: query(desk.connection, text, (who, who, _BATCH)))
        if not rows or not 0 <= now - rows[0][3] <= UNDO_US:
            return None
        batch = [row for row in rows if row[3] == rows[0][3]]
        return Done(
            lines=tuple(sorted({int(row[0]) for row in batch}, reverse=True)),
            ids=tuple(dict.fromkeys(row[1] for row in batch)),
            at=int(rows[0][3]),
            back=UNDOABLE.issuperset(row[2] for row in batch),
        )

    def item(self, id_: str, *, names: bool = False) -> ItemRow | None:
        """Something that stands or stood in the queue; None: there is nothing of that id: 2 statements."""

        def ask(desk: Desk) -> ItemRow | None:
            row = desk.rows.get(QUEUE, id_)
            return None if row is None else item_row(row, first_things(desk, [id_], names)[id_])

        return self._look(ask)

    def made_of(self, case: str) -> ItemRow | None:
        """What of the queue a case was made of; None: of nothing, or it was forgotten since: 2 statements."""
        text = (
            f"SELECT a.line, j.content FROM {ACTS.full_name} AS a JOIN {JOURNAL} AS j ON j.line = a.line "
            "WHERE a.case_id = ? AND a.act = 'promoted' ORDER BY a.line LIMIT 1"
        )

        def ask(desk: Desk) -> ItemRow | None:
            for line, content in query(desk.connection, text, (case,)):
                act = desk.parse(int(line), content)
                if isinstance(act, Promoted) and (row := desk.rows.get(QUEUE, act.item)) is not None:
                    return item_row(row)
            return None

        return self._look(ask)

    def note_versions(self, case: str, note: str) -> tuple[NoteVersion, ...]:
        """The versions of a note, the newest first: 2 statements. NoSuchCaseError: there is no such case."""
        text = (
            f"SELECT a.line, j.content FROM {ACTS.full_name} AS a JOIN {JOURNAL} AS j ON j.line = a.line "
            "WHERE a.case_id = ? AND a.act = 'note' ORDER BY a.line DESC LIMIT ?"
        )

        def ask(desk: Desk) -> tuple[NoteVersion, ...]:
            desk.case(case)
            acts = [desk.parse(int(line), content) for line, content in query(desk.connection, text, (case, _VERSIONS))]
            return tuple(
                NoteVersion(version=act.version, text=act.after, who=act.who, at=act.at)
                for act in acts
                if isinstance(act, NoteWritten) and act.note == note
            )

        return self._look(ask)

    def find_file(self, case: str, digest: str) -> FileRow:
        """A file of a case: 2 statements. NoSuchCaseError: it has none of that SHA-256."""

        def ask(desk: Desk) -> FileRow:
            desk.case(case)
            row = desk.rows.get(FILES, case, digest)
            if row is None:
                raise NoSuchCaseError("{id} has no such file", id=case)
            return file_row(row)

        return self._look(ask)

    def look(self, case: str, who: str, since: int) -> LookOnRecord | None:
        """What of a case's names somebody had recorded that they see, from a moment on; None: nothing. 1 statement."""
        found = self._look(lambda desk: looks_after(desk, case, who, since - 1, _VERSIONS))
        if not found:
            return None
        named = frozenset(actor for act in found for actor in act.cases.get(case, ()))
        return LookOnRecord(at=found[0].at, why=found[0].why, accounts=named)

    def listings(self, number: str, limit: int = 20) -> tuple[ListingRow, ...]:
        """Listings that were put into the queue and name a number, the oldest first: 1 statement."""
        text = (
            f"SELECT q.item, q.since, q.reason FROM {THINGS.full_name} AS t JOIN {QUEUE.full_name} AS q "
            "ON q.item = t.case_id WHERE t.kind = ? AND t.value = ? AND t.via = '' AND q.source = ? "
            "ORDER BY q.since, q.number LIMIT ?"
        )
        values = (ThingKind.NUMBER.value, number, Source.LISTING.value, limit)
        rows = self._look(lambda desk: query(desk.connection, text, values))
        return tuple(ListingRow(id=id_, at=int(at), reason=reason) for id_, at, reason in rows)

    def acts(self, before: int | None = None, limit: int = 50) -> Page[ActLine]:
        """All acts, the newest first, without anything personal: 1 statement. before: only those before that line."""
        text = f"SELECT line, content FROM {JOURNAL} WHERE line > 1 AND line < ? ORDER BY line DESC LIMIT ?"
        most, end = bounded(limit), MOST_INT if before is None else before

        def ask(desk: Desk) -> Page[ActLine]:
            rows = query(desk.connection, text, (end, most + 1))
            found = tuple(act_line(int(line), desk.parse(int(line), content)) for line, content in rows[:most])
            return Page(rows=found, after=str(found[-1].line) if len(rows) > most else None)

        return self._look(ask)

    def numbers(self, case: str) -> tuple[str, ...]:
        """The waybill numbers that a case names, such as those on sale: 1 statement."""
        text = f"SELECT value FROM {THINGS.full_name} WHERE case_id = ? AND kind = ? ORDER BY place"
        rows = self._look(lambda desk: query(desk.connection, text, (case, ThingKind.NUMBER.value)))
        return tuple(dict.fromkeys(value for (value,) in rows))

    def has(self, case: str) -> bool:
        """Whether there is such a case: 1 statement."""
        return self._look(lambda desk: desk.rows.get(CASES, case) is not None)

    def line(self) -> int:
        """The last line: 1 statement."""
        text = f"SELECT coalesce(max(line), 0) FROM {JOURNAL}"
        return int(self._look(lambda desk: query(desk.connection, text))[0][0])

    def day(self, moment: int) -> Day:
        """What stands since a moment: the last line, and how many cases were closed since and still are: 1 statement.

        Cases are looked at that the newest lines changed.
        """
        marks = ", ".join("?" for _ in CLOSED_STATES)
        newest = f"SELECT coalesce(max(line), 0) FROM {JOURNAL}"
        text = (
            f"SELECT ({newest}), (SELECT count(*) FROM {CASES.full_name} WHERE state IN ({marks}) "
            f"AND closed_at >= ? AND changed_line > ({newest}) - ?)"
        )
        values = (*(state.value for state in sorted(CLOSED_STATES)), moment, _BACK)
        line, closed = self._look(lambda desk: query(desk.connection, text, values))[0]
        return Day(line=int(line), closed=int(closed))
