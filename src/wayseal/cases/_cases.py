"""Smaller questions of pages, beside those of `_queries`: what lists and bars need for a few rows (rule 20).

And what detection and notices ask of all cases: by the tables, however many cases there are (rule 23).
"""

import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wayseal.cases._desk import Desk
from wayseal.cases._page_rows import act_line, item_row, thing_row
from wayseal.cases._pages import MOST_INT, bounded
from wayseal.cases._project_records import SEPARATOR, alias_by
from wayseal.cases._pseudonyms import Entropy, check_pseudonyms, make_pseudonyms
from wayseal.cases._queries import CLOSED_SINCE, LAST_LINE, closed_since, first_things, looks_after
from wayseal.cases._read import look_at_all, look_at_lines, opened_store, read_casebook
from wayseal.cases._search import search, search_named
from wayseal.cases._tables import ACTS, ALERTS, CASES, COUNTS, FILES, JOURNAL, PROJECTION, QUEUE, THINGS, marks
from wayseal.cases._unit_of_work import UnitOfWork, bring_up_to_date, in_look, start_casebook
from wayseal.cases.book import UNDOABLE, Judged, Known, parted
from wayseal.cases.errors import NoSuchCaseError
from wayseal.cases.types import (
    OPEN_STATES,
    UNDECIDED,
    UNDO_US,
    VERDICTS,
    NoteWritten,
    ObservableKind,
    Promoted,
    Source,
)
from wayseal.cases.views import (
    ActLine,
    Day,
    Done,
    FileRow,
    Hit,
    ItemRow,
    ListingRow,
    NoteVersion,
    Noticeable,
    Overlap,
    Page,
    UnmaskingOnRecord,
)
from wayseal.database import Connection, query
from wayseal.database.raw import record_of

_OVERLAPS = 8
"""Things of an item that are looked at."""
_VERSIONS = 200
_BATCH = 1000
"""Lines of one batch, at most."""
_MOST_VALUES = 500
"""Values in one statement."""
_STATES = tuple(sorted(state.value for state in VERDICTS))
_MARKS = marks(_STATES)
_WORTH = f"SELECT 1 FROM {ALERTS.full_name} AS a WHERE a.case_id = c.case_id AND a.worth = 1"


class Lookups(Desk):
    """The look-ups that a row of a list, a bar or a note needs, and what detection and notices ask of all cases."""

    def overlaps(self, ids: Sequence[str], *, names: bool = False) -> dict[str, tuple[Overlap, ...]]:
        """For each of some cases and items, what else has things of theirs, one for each thing: 1 statement."""
        if not ids:
            return {}
        columns = ", ".join(f"o.{name}" for name in THINGS.names)
        # The smallest id is a case's where there is one; else what waits in the queue.
        text = (
            f"SELECT {columns}, (SELECT t.case_id FROM {THINGS.full_name} AS t WHERE t.kind = o.kind "
            "AND t.value = o.value AND t.case_id <> o.case_id AND t.via = '' AND (t.case_id < 'd' OR EXISTS "
            f"(SELECT 1 FROM {QUEUE.full_name} AS q WHERE q.item = t.case_id AND q.state IN (?, ?))) "
            f"ORDER BY t.case_id LIMIT 1) AS other FROM {THINGS.full_name} AS o "
            f"WHERE o.case_id IN ({marks(ids)}) AND o.place < ? AND o.via = '' AND o.kind <> ? ORDER BY o.place"
        )
        values = (*sorted(UNDECIDED), *ids, _OVERLAPS, ObservableKind.CASE.value)
        found: defaultdict[str, list[Overlap]] = defaultdict(list)
        for row in self._look(lambda unit: query(unit.connection, text, values)):
            if row[-1] is not None:
                thing = dict(zip(THINGS.names, row, strict=False))
                found[thing["case_id"]].append(Overlap(id=row[-1], thing=thing_row(thing, names)))
        return {id_: tuple(some) for id_, some in found.items()}

    def search(self, text: str, most: int = 8) -> tuple[Hit, ...]:
        """What is found by words, up to `most` of a kind and one more where there are more: 2 statements."""
        return self._look(lambda unit: search(unit, text, most))

    def search_named(self, text: str, looks: Mapping[str, int], who: str) -> tuple[Hit, ...]:
        """Accounts by parts of names that somebody's looks show. looks: case → since when one counts. 2 statements."""
        return self._look(lambda unit: search_named(unit, text, looks, who))

    def last_done(self, who: str, now: int) -> Done | None:
        """Return the last acts of somebody, all of one moment, if they are of the last minute: 1 statement."""
        text = (
            f"SELECT line, case_id, act, at FROM {ACTS.full_name} WHERE who = ? AND line > "
            f"(SELECT coalesce(max(line), 0) FROM {ACTS.full_name} WHERE who = ?) - ? ORDER BY line DESC"
        )
        rows = self._look(lambda unit: query(unit.connection, text, (who, who, _BATCH)))
        if not rows or not 0 <= now - rows[0][3] <= UNDO_US:
            return None
        batch = [row for row in rows if row[3] == rows[0][3]]
        return Done(
            lines=tuple(sorted({int(row[0]) for row in batch}, reverse=True)),
            ids=tuple(dict.fromkeys(row[1] for row in batch)),
            at=int(rows[0][3]),
            back=UNDOABLE.issuperset(row[2] for row in batch),
        )

    @in_look
    def item(self, unit: UnitOfWork, id_: str, *, names: bool = False) -> ItemRow | None:
        """Something that stands or stood in the queue; None: there is nothing of that id: 2 statements."""
        row = unit.rows.get(QUEUE, id_)
        return None if row is None else item_row(row, first_things(unit, [id_], names)[id_])

    @in_look
    def made_of(self, unit: UnitOfWork, case: str) -> ItemRow | None:
        """Return the item a case was made of; None: it was made of none, or it was forgotten since: 2 statements."""
        where = "a.case_id = ? AND a.act = 'promoted' ORDER BY a.line LIMIT 1"
        for _, act in unit.acts(where, (case,)):
            if isinstance(act, Promoted) and (row := unit.rows.get(QUEUE, act.item)) is not None:
                return item_row(row)
        return None

    @in_look
    def note_versions(self, unit: UnitOfWork, case: str, note: str) -> tuple[NoteVersion, ...]:
        """The versions of a note, the newest first: 2 statements. NoSuchCaseError: there is no such case."""
        where = "a.case_id = ? AND a.act = 'note' ORDER BY a.line DESC LIMIT ?"
        unit.case(case)
        return tuple(
            NoteVersion(version=act.version, text=act.after, who=act.who, at=act.at)
            for _, act in unit.acts(where, (case, _VERSIONS))
            if isinstance(act, NoteWritten) and act.note == note
        )

    @in_look
    def find_file(self, unit: UnitOfWork, case: str, digest: str) -> FileRow:
        """A file of a case: 2 statements. NoSuchCaseError: it has none of that SHA-256."""
        unit.case(case)
        row = unit.rows.get(FILES, case, digest)
        if row is None:
            raise NoSuchCaseError("{id} has no such file", id=case)
        return record_of(FileRow, row)

    @in_look
    def look(self, unit: UnitOfWork, case: str, who: str, since: int) -> UnmaskingOnRecord | None:
        """Find somebody's recorded looks at a case's names, from a moment on; None: there are none. 1 or 2 statements.

        Accounts that left the case since, or whose names a verdict took away, are none of them any more.
        """
        found = looks_after(unit, case, who, since - 1, _VERSIONS)
        there = {thing["value"] for thing in unit.rows.group(THINGS, case).values() if thing["named"]} if found else ()
        named = frozenset(actor for act in found for actor in act.cases.get(case, ()) if actor in there)
        return UnmaskingOnRecord(at=found[0].at, why=found[0].why, accounts=named) if named else None

    def listings(self, number: str, limit: int = 20) -> tuple[ListingRow, ...]:
        """Listings that were put into the queue and name a number, the oldest first: 1 statement."""
        text = (
            f"SELECT q.item, q.since, q.reason FROM {THINGS.full_name} AS t JOIN {QUEUE.full_name} AS q "
            "ON q.item = t.case_id WHERE t.kind = ? AND t.value = ? AND t.via = '' AND q.source = ? "
            "ORDER BY q.since, q.number LIMIT ?"
        )
        values = (ObservableKind.NUMBER.value, number, Source.LISTING.value, limit)
        rows = self._look(lambda unit: query(unit.connection, text, values))
        return tuple(ListingRow(id=id_, at=int(at), reason=reason) for id_, at, reason in rows)

    @in_look
    def acts(self, unit: UnitOfWork, before: int | None = None, limit: int = 50) -> Page[ActLine]:
        """All acts, the newest first, without anything personal: 1 statement. before: only those before that line."""
        text = f"SELECT line, content FROM {JOURNAL} WHERE line > 1 AND line < ? ORDER BY line DESC LIMIT ?"
        most, end = bounded(limit), MOST_INT if before is None else before
        rows = query(unit.connection, text, (end, most + 1))
        found = tuple(act_line(int(line), unit.parse(int(line), content)) for line, content in rows[:most])
        return Page(rows=found, after=str(found[-1].line) if len(rows) > most else None)

    def numbers(self, case: str) -> tuple[str, ...]:
        """The waybill numbers that a case names, such as those on sale: 1 statement."""
        text = f"SELECT value FROM {THINGS.full_name} WHERE case_id = ? AND kind = ? ORDER BY place"
        rows = self._look(lambda unit: query(unit.connection, text, (case, ObservableKind.NUMBER.value)))
        return tuple(dict.fromkeys(value for (value,) in rows))

    def has(self, case: str) -> bool:
        """Check whether there is such a case: 1 statement."""
        return self._look(lambda unit: unit.rows.get(CASES, case) is not None)

    @in_look
    def any_open(self, unit: UnitOfWork, cases: Iterable[str]) -> bool:
        """Check whether one of some cases is open, or what it went into: up to 2 statements for each."""
        for case in cases:
            row = unit.rows.get(CASES, case)
            while row is not None and row["merged_into"]:
                row = unit.rows.get(CASES, row["merged_into"])
            if row is not None and row["state"] in OPEN_STATES:
                return True
        return False

    def line(self) -> int:
        """The last line: 1 statement."""
        text = f"SELECT coalesce(max(line), 0) FROM {JOURNAL}"
        return int(self._look(lambda unit: query(unit.connection, text))[0][0])

    def day(self, moment: int) -> Day:
        """Return the last line, and how many cases were closed since a moment and still are: 1 statement.

        Cases are looked at that the newest lines changed.
        """
        text = f"SELECT {LAST_LINE}, ({CLOSED_SINCE})"
        line, closed = self._look(lambda unit: query(unit.connection, text, closed_since(moment)))[0]
        return Day(line=int(line), closed=int(closed))

    # All cases; as many statements as the answer is long

    def known(self) -> Known:
        """Return the lessons of verdicts, whose names may be shown, and who is in one case: 4 statements."""
        return self._look(lambda unit: _select_known(unit.connection))

    def last_case(self) -> int:
        """The highest number that a case was given: 1 statement."""
        text = f"SELECT coalesce(max(n), 0) FROM {COUNTS.full_name} WHERE name = 'last' AND value = 'case'"
        return int(self._look(lambda unit: query(unit.connection, text))[0][0])

    def never_worth(self) -> tuple[str, ...]:
        """The cases no alert of which was worth acting on: 1 statement."""
        text = f"SELECT c.case_id FROM {CASES.full_name} AS c WHERE NOT EXISTS ({_WORTH}) ORDER BY c.number"
        return tuple(row[0] for row in self._look(lambda unit: query(unit.connection, text)))

    def once_worth(self, after: int, among: Collection[str] = ()) -> tuple[Noticeable, ...]:
        """The cases an alert of which was worth acting on, if they are numbered above `after`, or some of `among`."""
        some = sorted(among)
        parts: list[tuple[str, tuple[object, ...]]] = [("c.number > ?", (after,))]
        for start in range(0, len(some), _MOST_VALUES):
            chosen = some[start : start + _MOST_VALUES]
            parts.append((f"c.number <= ? AND c.case_id IN ({marks(chosen)})", (after, *chosen)))
        accounts = (
            f"SELECT count(DISTINCT t.value) FROM {THINGS.full_name} AS t WHERE t.case_id = c.case_id AND t.kind = ?"
        )

        def ask(connection: Connection) -> tuple[Noticeable, ...]:
            found = []
            for where, values in parts:
                text = (
                    f"SELECT c.number, c.case_id, c.score, c.parcels_a_day, ({accounts}), c.alerted_at "
                    f"FROM {CASES.full_name} AS c WHERE {where} AND EXISTS ({_WORTH})"
                )
                found += query(connection, text, (ObservableKind.ACCOUNT.value, *values))
            return tuple(
                Noticeable(id=id_, score=score, parcels_a_day=parcels, accounts=int(many), alerted_at=int(at))
                for _, id_, score, parcels, many, at in sorted(found)
            )

        return self._look(lambda unit: ask(unit.connection))


def read_known(folder: Path) -> Known:
    """Return what verdicts teach, and whose names may be shown; check every line, and write nothing.

    Args:
        folder: Where a casebook lies, or its secret.

    Returns:
        It; nothing where there is no casebook.

    Raises:
        CasebookChangedError: A line is not what was written; names the first one.
        CasebookError: This is no casebook, or one of another version.
        CasebookDiskError: It can't be read.

    """
    with opened_store(folder) as store:
        if not store.has_table(JOURNAL):
            return Known()

        def work(connection: Connection) -> Known | None:
            lines = look_at_all(connection, store.place)[1][0]
            if not lines:
                return Known()
            return _select_known(connection) if PROJECTION.fits(connection, lines) else None

        found = store.read(work)
    if found is not None:
        return found
    return read_casebook(folder).known  # a copy that can't be written, of another version: only its lines tell


def _select_known(connection: Connection) -> Known:
    text = f"SELECT DISTINCT value FROM {THINGS.full_name} WHERE named = 1 AND kind = ?"
    opened = frozenset(row[0] for row in query(connection, text, (ObservableKind.ACCOUNT.value,)))
    return Known(verdicts=_select_verdicts(connection), opened=opened, linked=_select_linked(connection))


def _select_linked(connection: Connection) -> tuple[tuple[str, ...], ...]:
    open_ = sorted(state.value for state in OPEN_STATES)
    text = (
        f"SELECT DISTINCT t.case_id, t.value FROM {CASES.full_name} AS c JOIN {THINGS.full_name} AS t "
        f"ON t.case_id = c.case_id WHERE c.state IN ({marks(open_)}) AND t.kind = ? "
        "ORDER BY t.case_id, t.value"
    )
    accounts: defaultdict[str, list[str]] = defaultdict(list)
    for case, actor in query(connection, text, (*open_, ObservableKind.ACCOUNT.value)):
        accounts[case].append(actor)
    return tuple(tuple(some) for some in accounts.values() if len(some) > 1)


def _select_verdicts(connection: Connection) -> tuple[Judged, ...]:
    text = (
        f"SELECT t.case_id, t.value, t.guilty FROM {CASES.full_name} AS c JOIN {THINGS.full_name} AS t "
        f"ON t.case_id = c.case_id WHERE c.state IN ({_MARKS}) AND t.kind = ? AND t.guilty IS NOT NULL "
        "ORDER BY t.case_id, t.place"
    )
    verdicts: defaultdict[str, dict[str, bool]] = defaultdict(dict)
    for case, actor, guilty in query(connection, text, (*_STATES, ObservableKind.ACCOUNT.value)):
        verdicts[case].setdefault(actor, bool(guilty))
    text = (
        "SELECT c.case_id, c.detectors, c.alerted_at, c.last_alerted_at, c.read_until, a.at "
        f"FROM {CASES.full_name} AS c JOIN {ACTS.full_name} AS a ON a.case_id = c.case_id AND a.line = c.verdict_line "
        f"WHERE c.state IN ({_MARKS}) ORDER BY c.number"
    )
    rows = [(row, verdicts[row[0]]) for row in query(connection, text, _STATES)]
    return tuple(_judged(row, true, some) for row, told in rows for true, some in parted(tuple(told), told))


def _judged(row: Sequence[Any], true: bool, actors: tuple[str, ...]) -> Judged:
    case, detectors, alerted, last, until, at = row
    return Judged(
        case=str(case),
        actors=actors,
        detectors=tuple(str(detectors).split(SEPARATOR)) if detectors else (),
        alerted_at=int(alerted),
        last_alerted_at=int(last),
        read_until=int(until),
        true=true,
        at=int(at),
    )


FOLDER_MODE = 0o700


class Cases(Lookups):
    """An open casebook: acts that are recorded, and what pages ask for."""


@contextmanager
def open_cases(
    folder: Path, *, url: str | None = None, new: bool = True, entropy: Entropy = os.urandom
) -> Iterator[Cases]:
    """Opens a casebook, in a folder that is made where there is none (rules 2 and 3); every line is looked at.

    Args:
        folder: Where its database lies, and the secret.
        url: The address of a PostgreSQL database that holds it instead; else what `database` in the folder says.
        new: It may be made; NoSuchCaseError where it may not.
        entropy: Random bytes for the secret.

    Returns:
        The casebook, open until the `with` ends.

    Raises:
        CasebookChangedError: A line is not what was written.
        CasebookError: This is no casebook, or one of another version, or its secret is another one.

    """
    if new:
        folder.mkdir(FOLDER_MODE, exist_ok=True)
    elif not folder.exists():
        raise NoSuchCaseError("no case has been registered yet", file=folder)
    if folder.stat().st_mode & 0o077:
        folder.chmod(FOLDER_MODE)
    with opened_store(folder, url) as store:
        secret, head = look_at_lines(store)
        if not head[0]:
            if not new:
                raise NoSuchCaseError("no case has been registered yet", file=store.place)
            store.write(lambda connection: start_casebook(connection, lambda: make_pseudonyms(folder, entropy)))
            secret, head = look_at_lines(store)
        pseudonyms = check_pseudonyms(folder, secret)
        if not store.read(PROJECTION.fits, head[0]):
            store.write(lambda connection: bring_up_to_date(connection, store, alias_by(pseudonyms.of)))
        yield Cases(store, pseudonyms, head)
