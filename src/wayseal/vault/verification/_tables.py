"""Looking whether tables hold what the vault wrote, and what the log says of it.

1. Every row of every table is looked at, in one snapshot each of the two databases: whether it can be read at all
   (`_sound_rows`), whether it has the vault's mark, and, where the log tells of such rows, whether it says the same.
2. Everything is looked at: a finding ends nothing, and each names the row at fault.
3. A row of before has a good mark, and a missing row has none: these the log alone tells. So of rows whose entry was
   erased it can't be told.
4. Not looked at: what `budgets` and `work` count (they hold no mark, as a database adds to them; whoever lowers or
   raises one moves a limit, and each disclosure stands in the log all the same).
5. Each act that changed a table left an entry, in the same transaction: put together in their order they say what
   stands in it now.
6. Each act goes on from what the ones before left. One that doesn't was done after somebody had put older rows back, or
   deleted some: the table holds then what its entry says, and `steps` alone tells.
7. Where an entry can't be read any more (it was erased, or somebody changed it), rows that it may have told of are
   left alone: `complete` says whether everything was read.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from wayseal.database import Connection, Database
from wayseal.model.errors import Finding
from wayseal.model.progress import Progress
from wayseal.vault import tables as t
from wayseal.vault.directory import logged_secret, version_of
from wayseal.vault.keyring import Keyring
from wayseal.vault.log import Entry, EntryKind
from wayseal.vault.log.entries import read_rows
from wayseal.vault.log.sound_entries import read_origin, sound_entries
from wayseal.vault.row_macs import MARKED, RowMacs
from wayseal.vault.verification._sound_rows import Portion, RecordCode, TableCode, name_of, read_chosen, read_portions
from wayseal.vault.work_events import PLACE, find_places, scan_of, scans_digest

Row = dict[str, Any]


@dataclass(slots=True)
class LoggedState:
    """Rows by key, as far as entries tell them.

    steps: places of acts that don't go on from those before (rule 6). directory: its version. sealed: how many records.
    revised: the last revision of each. erased: when. scans: of each report, by its place, how many rows it had and
    their hash.
    """

    complete: bool = True
    steps: list[int] = field(default_factory=list)
    directory: int = 0
    sealed: int = 0
    revised: dict[str, int] = field(default_factory=dict)
    erased: dict[str, int] = field(default_factory=dict)
    policies: dict[int, Row] = field(default_factory=dict)
    actors: dict[str, Row] = field(default_factory=dict)
    clients: dict[str, Row] = field(default_factory=dict)
    tickets: dict[str, Row] = field(default_factory=dict)
    approvals: dict[str, Row] = field(default_factory=dict)
    scans: dict[int, tuple[int, str]] = field(default_factory=dict)


def read_state(entries: Iterable[tuple[int, Entry | None]]) -> LoggedState:
    """Rules 5 to 7. LogChangedError where an entry doesn't say what such an entry says."""
    state = LoggedState()
    for seq, entry in entries:
        if entry is None:
            state.complete = False
        elif entry.kind is EntryKind.SEALED:
            state.sealed += int(entry.more.get("waybills", 0))
        elif entry.kind is EntryKind.REVISED and entry.waybill is not None:
            revision = int(entry.more["revision"])
            _expect(state, seq, revision == state.revised.get(entry.waybill, 1) + 1)
            state.revised[entry.waybill] = revision
        elif entry.kind is EntryKind.DISCLOSED and "approval" in entry.more and "replay" not in entry.more:
            state.approvals.get(str(entry.more["approval"]), {"left": 0})["left"] -= 1
        elif entry.kind is EntryKind.ADMIN:
            act = _ACTS.get(str(entry.more["act"]))
            state.directory += act in _OF_DIRECTORY
            if act is not None:
                act(state, seq, entry)
    return state


def _expect(state: LoggedState, seq: int, fits: bool) -> None:
    """Rule 6."""
    if not fits and state.complete:
        state.steps.append(seq)


def _activate_policy(state: LoggedState, seq: int, entry: Entry) -> None:
    _expect(state, seq, entry.policy == len(state.policies) + 1)
    state.policies[entry.policy] = {
        "sha256": entry.more.get("sha256"),
        "activated_at": entry.at,
        "activated_by": entry.actor,
        "entry": seq,
    }


def _put_actors(state: LoggedState, _seq: int, entry: Entry) -> None:
    for row in read_rows(entry.more):
        # Who is blocked stays so, whatever the row said from which the vault went on.
        blocked = state.actors.get(row["actor"], {}).get("blocked_at")
        state.actors[row["actor"]] = {"blocked_at": blocked, **row}


def _block(state: LoggedState, _seq: int, entry: Entry) -> None:
    row = state.actors.get(str(entry.more["actor"]))
    if row is not None:
        row["blocked_at"] = entry.at if entry.more["act"] == "blocked" else None


def _add_client(state: LoggedState, seq: int, entry: Entry) -> None:
    said = entry.more
    _expect(state, seq, str(said["client"]) not in state.clients)
    state.clients[str(said["client"])] = {
        "secret": said.get("secret"),
        "scopes": said.get("scopes", ""),
        "actor": said.get("actor"),
        "acts_for": said.get("acts_for", ""),
        "per_second": said.get("per_second"),
        "certificate_sha256": said.get("certificate"),
        "created_at": entry.at,
        "disabled_at": None,
    }


def _change_client(state: LoggedState, _seq: int, entry: Entry) -> None:
    row = state.clients.get(str(entry.more["client"]))
    if row is None:
        return
    match entry.more["act"]:
        case "client_disabled":
            row["disabled_at"] = entry.at
        case "client_roles":
            row["acts_for"] = entry.more.get("acts_for", "")
        case _:
            row["secret"] = entry.more.get("secret")


def _put_tickets(state: LoggedState, seq: int, entry: Entry) -> None:
    for row in read_rows(entry.more):
        state.tickets[row["ticket"]] = {"kind": None, "closed_at": None, **row, "entry": seq}


def _report_scans(state: LoggedState, seq: int, entry: Entry) -> None:
    state.scans[seq] = int(entry.more["rows"]), str(entry.more["sha256"])


def _ask_approval(state: LoggedState, _seq: int, entry: Entry) -> None:
    state.approvals[str(entry.more["approval"])] = {
        "actor": entry.actor,
        "client": entry.client,
        "purpose": entry.more["purpose"],
        "most": entry.more["most"],
        "left": entry.more["most"],
        "asked_at": entry.at,
        "approved_by": None,
        "approved_at": None,
    }


def _give_approval(state: LoggedState, _seq: int, entry: Entry) -> None:
    row = state.approvals.get(str(entry.more["approval"]))
    if row is not None:
        row.update(approved_by=entry.actor, approved_at=entry.at)


def _erase(state: LoggedState, _seq: int, entry: Entry) -> None:
    state.erased[str(entry.more["waybill"])] = int(entry.more.get("erased_at", entry.at))


_ACTS: dict[str, Callable[[LoggedState, int, Entry], None]] = {
    "policy_activated": _activate_policy,
    "actors_put": _put_actors,
    "blocked": _block,
    "unblocked": _block,
    "client_added": _add_client,
    "client_disabled": _change_client,
    "client_secret": _change_client,
    "client_roles": _change_client,
    "tickets": _put_tickets,
    "scans": _report_scans,
    "approval_asked": _ask_approval,
    "approval_given": _give_approval,
    "erased": _erase,
}
_OF_DIRECTORY = frozenset((_put_actors, _block, _add_client, _change_client))


_LOG = (t.entries, t.nodes, t.checkpoints)
"""Tables that the log's own verification looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableTotals:
    """The totals: rows of each table. compared: whether the log could be asked for every row (rule 3).

    revised: the last revision of records that the log says were revised.
    """

    rows: Mapping[str, int]
    compared: bool
    revised: Mapping[str, int]
    findings: tuple[Finding, ...]

    @property
    def whole(self) -> bool:
        """True if every table is there, so that records can be looked at."""
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
    """The erasures in the database of keys, the number of its rows by table, and those that can't be read."""

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
    marks = RowMacs(keyring, read_origin(connection) or "")

    def add_unmarked(seq: int) -> None:
        found.append(Finding(code=TableCode.MARK, where=f"{t.entries.name}/{seq}"))

    state = read_state(sound_entries(connection, marks, add_unmarked))
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

    def __init__(self, connection: Connection, marks: RowMacs, state: LoggedState) -> None:
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
        """Check whether the directory's version isn't the log's; a fact that is named already says nothing."""
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
    return _columns("client", "secret_sha256")(row) | {"secret": logged_secret(row.secret_sha256)}


_COMPARISONS = {
    "policies": _Comparison(state="policies", key="version", plain=_columns("version", "purposes", "rules")),
    "actors": _Comparison(state="actors", key="actor", plain=_columns()),
    "clients": _Comparison(state="clients", key="client", plain=_plain_client),
    "tickets": _Comparison(state="tickets", key="ticket", plain=_columns()),
    "approvals": _Comparison(state="approvals", key="approval", plain=_columns("approval", "expires_at")),
}
