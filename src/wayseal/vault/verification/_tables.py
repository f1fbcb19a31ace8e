"""Looking whether tables hold what the vault wrote, and what the log says of it.

1. Every row of every table is looked at, in one snapshot each of the two databases: whether it can be read at all
   (`_sound_rows`), whether it has the vault's mark, and, where the log tells of such rows, whether it says the same.
2. Everything is looked at: a finding ends nothing, and each names the row at fault.
3. A row of before has a good mark, and a missing row has none: these the log alone tells. So of rows whose entry was
   erased it can't be told.
4. Not looked at: what `budgets` and `work` count (they hold no mark, as a database adds to them; whoever lowers or
   raises one moves a limit, and each disclosure stands in the log all the same).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wayseal.merkle.findings import Finding
from wayseal.store.database import Connection, Database
from wayseal.vault import tables as t
from wayseal.vault.directory import told_of_secret, version_of
from wayseal.vault.keyring import Keyring
from wayseal.vault.log.sound_entries import read_origin, sound_entries
from wayseal.vault.row_marks import MARKED, RowMarks
from wayseal.vault.verification._findings import RecordCode, TableCode
from wayseal.vault.verification._logged_state import LoggedState, read_state
from wayseal.vault.verification._sound_rows import Portion, name_of, read_chosen, read_portions
from wayseal.vault.work_events import PLACE, find_places, scan_of, scans_digest

Progress = Callable[[str, int, int], None]
"""(stage, done, total)."""
_LOG = (t.entries, t.nodes, t.checkpoints)
"""Tables that the log's own verification looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableTotals:
    """What was looked at: rows of each table. compared: whether the log could be asked for every row (rule 3).

    revised: the last revision of records that the log says were revised.
    """

    rows: Mapping[str, int]
    compared: bool
    revised: Mapping[str, int]
    findings: tuple[Finding, ...]

    @property
    def whole(self) -> bool:
        """Whether every table is there, so that records can be looked at."""
        return not any(f.code in (TableCode.TABLE_MISSING, TableCode.COLUMN_MISSING) for f in self.findings)


def verify_tables(main: Database, keys: Database, keyring: Keyring, progress: Progress) -> TableTotals:
    """Looks at all tables but those of the log (rules 1 to 3); nothing but what is missing where a table is."""
    missing = [*main.read(_find_missing, t.main), *keys.read(_find_missing, t.keys)]
    if missing:
        return TableTotals(rows={}, compared=False, revised={}, findings=tuple(missing))
    erasures = keys.read(_read_erasures)
    return main.read(_verify_main, keyring, erasures, progress)


def _find_missing(connection: Connection, tables: sa.MetaData) -> list[Finding]:
    """Tables and columns that aren't there."""
    inspected = sa.inspect(connection)
    there = set(inspected.get_table_names())
    out = []
    for table in tables.sorted_tables:
        if table.name not in there:
            out.append(Finding(code=TableCode.TABLE_MISSING, where=table.name))
            continue
        columns = {column["name"] for column in inspected.get_columns(table.name)}
        out += [
            Finding(code=TableCode.COLUMN_MISSING, where=f"{table.name}/{column.name}")
            for column in table.c
            if column.name not in columns
        ]
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class _KeyRows:
    """What the database of keys says of erasures, and rows of it that can't be read."""

    erasures: dict[str, Any]
    rows: dict[str, int]
    findings: list[Finding]


def _read_erasures(connection: Connection) -> _KeyRows:
    found: list[Finding] = []
    rows: dict[str, int] = {}
    erasures: dict[str, Any] = {}
    for table in t.keys.sorted_tables:
        for portion in read_portions(connection, table):
            rows[table.name] = rows.get(table.name, 0) + len(portion)
            found += misfits(portion)
            if table is t.erasures:
                erasures |= {row.waybill: row for row in portion.rows}
    return _KeyRows(erasures=erasures, rows=rows, findings=found)


def misfits(portion: Portion) -> Iterator[Finding]:
    """Rows that can't be read, as findings."""
    for one in portion.misfits:
        yield Finding(code=TableCode.TYPE, where=one.where, values={"columns": ", ".join(one.columns)})


def _verify_main(connection: Connection, keyring: Keyring, keys: _KeyRows, progress: Progress) -> TableTotals:
    found = list(keys.findings)
    marks = RowMarks(keyring, read_origin(connection) or "")

    def tell_unmarked(seq: int) -> None:
        found.append(Finding(code=TableCode.MARK, where=f"{t.entries.name}/{seq}"))

    state = read_state(sound_entries(connection, marks, tell_unmarked))
    found += [Finding(code=TableCode.STEP, where=f"{t.entries.name}/{seq}") for seq in state.steps]
    verifier = _TableVerifier(connection, marks, state)
    rows = dict(keys.rows)
    tables = [table for table in t.main.sorted_tables if table not in _LOG]
    for done, table in enumerate(tables):
        progress("tables", done, len(tables))
        rows[table.name] = verifier.verify(table)
    progress("tables", len(tables), len(tables))
    found += verifier.findings
    found += _compare_erasures(state, keys.erasures)
    if state.complete and state.sealed != rows["waybills"]:
        values = {"sealed": state.sealed, "there": rows["waybills"]}
        found.append(Finding(code=RecordCode.COUNT, where="waybills", values=values))
    return TableTotals(rows=rows, compared=state.complete, revised=state.revised, findings=tuple(found))


def _compare_erasures(state: LoggedState, erasures: Mapping[str, Any]) -> Iterator[Finding]:
    for number, row in erasures.items():
        at = state.erased.get(number)
        if at is None and state.complete:
            yield Finding(code=TableCode.UNTOLD, where=f"erasures/{number}")
        elif at is not None and (row.erased_at < at or row.gone_at < row.erased_at):
            yield Finding(code=TableCode.DIFFERS, where=f"erasures/{number}", values={"columns": "erased_at, gone_at"})
    for number in state.erased.keys() - erasures.keys():
        yield Finding(code=TableCode.GONE, where=f"erasures/{number}")


class _TableVerifier:
    """Looks at one table after the other."""

    def __init__(self, connection: Connection, marks: RowMarks, state: LoggedState) -> None:
        self._connection, self._marks, self._state = connection, marks, state
        self.findings: list[Finding] = []

    def verify(self, table: sa.Table) -> int:
        """How many rows it has; what is wrong with them joins the findings."""
        count = 0
        compare = _COMPARISONS.get(table.name)
        told = dict(getattr(self._state, compare.state)) if compare else {}
        reports: dict[int, list[Any]] = {}
        for portion in read_portions(self._connection, table):
            count += len(portion)
            self.findings += misfits(portion)
            rows = self._marked(table, portion.rows) if table in MARKED else portion.rows
            if compare is not None:
                for row in rows:
                    self._compare(table, compare, row, told.pop(getattr(row, compare.key), None))
            if table is t.scans:
                self._collect(rows, reports)
            elif table is t.waybills:
                self._compare_waybills(rows)
            elif table is t.phones:
                self._compare_phones(rows)
        # Misfits and unmarked rows were told already; whatever is left has no row at all.
        named = {f.where for f in self.findings}
        for key in told:
            if (where := f"{table.name}/{key}") not in named:
                self._find(TableCode.GONE, where)
        if table is t.scans:
            self._compare_reports(reports)
        elif table is t.facts and self._is_directory_older(named):
            self._find(TableCode.DIFFERS, "facts/directory", columns="value")
        return count

    def _find(self, code: TableCode | RecordCode, where: str, **values: str | int) -> None:
        self.findings.append(Finding(code=code, where=where, values=values))

    def _marked(self, table: sa.Table, rows: Sequence[Any]) -> list[Any]:
        """Rows with a good mark; the others are told."""
        good = []
        for row in rows:
            if self._marks.holds(table, row):
                good.append(row)
            else:
                self._find(TableCode.MARK, name_of(table, row))
        return good

    def _compare(self, table: sa.Table, compare: "_Comparison", row: Any, told: Mapping[str, Any] | None) -> None:
        where = name_of(table, row)
        if told is None:
            if self._state.complete:
                self._find(TableCode.UNTOLD, where)
            return
        mine = compare.plain(row)
        if wrong := [name for name, value in mine.items() if told.get(name) != value]:
            self._find(TableCode.DIFFERS, where, columns=", ".join(wrong))

    def _collect(self, rows: Sequence[Any], reports: dict[int, list[Any]]) -> None:
        """Puts scans to their reports; a report that is all there is compared and let go."""
        for row in rows:
            some = reports.setdefault(row.entry if row.entry is not None else -1, [])
            some.append(scan_of(row))
            told = self._state.scans.get(row.entry)
            if told is not None and len(some) == told[0]:
                if scans_digest(some) != told[1]:
                    self._find(TableCode.SCANS, f"entries/{row.entry}", told=told[0], there=len(some))
                del reports[row.entry], self._state.scans[row.entry]

    def _compare_reports(self, reports: Mapping[int, Sequence[Any]]) -> None:
        for seq, rows in reports.items():
            told = self._state.scans.pop(seq, None)
            if told is not None or self._state.complete:
                self._find(TableCode.SCANS, f"entries/{seq}", told=0 if told is None else told[0], there=len(rows))
        for seq, (count, _) in self._state.scans.items():
            self._find(TableCode.SCANS, f"entries/{seq}", told=count, there=0)

    def _is_directory_older(self, named: set[str]) -> bool:
        """Whether the directory's version isn't the log's; a fact that is named already says nothing."""
        if not self._state.complete or any(where.startswith("facts/") for where in named):
            return False
        return version_of(self._connection) != self._state.directory

    def _compare_phones(self, rows: Sequence[Any]) -> None:
        """Tags under numbers that the vault hasn't got."""
        numbers = list(dict.fromkeys(row.waybill for row in rows))
        there = read_chosen(self._connection, t.waybills, "waybill", numbers)
        known = {row.waybill for row in there.rows}
        misfit = {one.where for one in there.misfits}
        for number in numbers:
            if number not in known and f"waybills/{number}" not in misfit:
                self._find(TableCode.UNTOLD, f"phones/{number}")

    def _compare_waybills(self, rows: Sequence[Any]) -> None:
        """Where they are, by their scans, and when they were erased, by the log."""
        there = read_chosen(self._connection, t.scans, "waybill", [row.waybill for row in rows])
        places = find_places(map(scan_of, self._marks.holding(t.scans, there.rows)))
        nowhere = dict.fromkeys(PLACE)
        for row in rows:
            where = name_of(t.waybills, row)
            erased = self._state.erased.get(row.waybill)
            if row.erased_at != erased and (erased is not None or self._state.complete):
                self._find(TableCode.DIFFERS, where, columns="erased_at")
            if row.erased_at is None and places.get(row.waybill, nowhere) != {n: getattr(row, n) for n in PLACE}:
                self._find(TableCode.PLACE, where)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comparison:
    """How a table is held to the log. key: its column; plain: a row in the words of `LoggedState`."""

    state: str
    key: str
    plain: Callable[[Any], Mapping[str, Any]]


def _columns(*left_out: str) -> Callable[[Any], dict[str, Any]]:
    return lambda row: {name: value for name, value in row._asdict().items() if name not in ("mark", *left_out)}


def _plain_client(row: Any) -> Mapping[str, Any]:
    return _columns("client", "secret_sha256")(row) | {"secret": told_of_secret(row.secret_sha256)}


_COMPARISONS = {
    "policies": _Comparison(state="policies", key="version", plain=_columns("version", "purposes", "rules")),
    "actors": _Comparison(state="actors", key="actor", plain=_columns()),
    "clients": _Comparison(state="clients", key="client", plain=_plain_client),
    "tickets": _Comparison(state="tickets", key="ticket", plain=_columns()),
    "approvals": _Comparison(state="approvals", key="approval", plain=_columns("approval", "expires_at")),
}
