"""What detection and notices ask of all cases: by the tables, however many cases there are (rule 23)."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from wayseal.cases._lookups import Lookups
from wayseal.cases._project_records import SEPARATOR
from wayseal.cases._read import look_at_all, opened_store, read_casebook
from wayseal.cases._tables import ACTS, ALERTS, CASES, COUNTS, JOURNAL, PROJECTION, THINGS
from wayseal.cases._work import OPEN_STATES, VERDICTS, CaseState, ThingKind
from wayseal.cases.types import Judged, Known
from wayseal.cases.views import Noticeable
from wayseal.store.database import Connection, query

_MOST_VALUES = 500
"""Values in one statement."""
_STATES = tuple(sorted(state.value for state in VERDICTS))
_MARKS = ", ".join("?" for _ in _STATES)


class Knowledge(Lookups):
    """What is asked of all cases; as many statements as the answer is long."""

    def known(self) -> Known:
        """What verdicts teach, whose names may be shown, and who is in one case: 4 statements."""
        return self._look(lambda desk: _select_known(desk.connection))

    def last_case(self) -> int:
        """The highest number that a case was given: 1 statement."""
        text = f"SELECT coalesce(max(n), 0) FROM {COUNTS.full_name} WHERE name = 'last' AND value = 'case'"
        return int(self._look(lambda desk: query(desk.connection, text))[0][0])

    def never_worth(self) -> tuple[str, ...]:
        """The cases no alert of which was worth acting on: 1 statement."""
        text = f"SELECT c.case_id FROM {CASES.full_name} AS c WHERE NOT EXISTS ({_WORTH}) ORDER BY c.number"
        return tuple(row[0] for row in self._look(lambda desk: query(desk.connection, text)))

    def once_worth(self, after: int, among: Collection[str] = ()) -> tuple[Noticeable, ...]:
        """The cases an alert of which was worth acting on, if they are numbered above `after`, or some of `among`."""
        some = sorted(among)
        parts: list[tuple[str, tuple[object, ...]]] = [("c.number > ?", (after,))]
        for start in range(0, len(some), _MOST_VALUES):
            chosen = some[start : start + _MOST_VALUES]
            parts.append((f"c.number <= ? AND c.case_id IN ({', '.join('?' for _ in chosen)})", (after, *chosen)))
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
                found += query(connection, text, (ThingKind.ACCOUNT.value, *values))
            return tuple(
                Noticeable(id=id_, score=score, parcels_a_day=parcels, accounts=int(many), alerted_at=int(at))
                for _, id_, score, parcels, many, at in sorted(found)
            )

        return self._look(lambda desk: ask(desk.connection))


_WORTH = f"SELECT 1 FROM {ALERTS.full_name} AS a WHERE a.case_id = c.case_id AND a.worth = 1"


def read_known(folder: Path) -> Known:
    """What verdicts teach, and whose names may be shown; every line is looked at, and nothing is written.

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
    opened = frozenset(row[0] for row in query(connection, text, (ThingKind.ACCOUNT.value,)))
    return Known(verdicts=_select_verdicts(connection), opened=opened, linked=_select_linked(connection))


def _select_linked(connection: Connection) -> tuple[tuple[str, ...], ...]:
    open_ = sorted(state.value for state in OPEN_STATES)
    text = (
        f"SELECT DISTINCT t.case_id, t.value FROM {CASES.full_name} AS c JOIN {THINGS.full_name} AS t "
        f"ON t.case_id = c.case_id WHERE c.state IN ({', '.join('?' for _ in open_)}) AND t.kind = ? "
        "ORDER BY t.case_id, t.value"
    )
    accounts: defaultdict[str, list[str]] = defaultdict(list)
    for case, actor in query(connection, text, (*open_, ThingKind.ACCOUNT.value)):
        accounts[case].append(actor)
    return tuple(tuple(some) for some in accounts.values() if len(some) > 1)


def _select_verdicts(connection: Connection) -> tuple[Judged, ...]:
    text = (
        f"SELECT t.case_id, t.value FROM {CASES.full_name} AS c JOIN {THINGS.full_name} AS t ON t.case_id = c.case_id "
        f"WHERE c.state IN ({_MARKS}) AND t.kind = ? ORDER BY t.case_id, t.place"
    )
    actors: defaultdict[str, list[str]] = defaultdict(list)
    for case, actor in query(connection, text, (*_STATES, ThingKind.ACCOUNT.value)):
        actors[case].append(actor)
    text = (
        "SELECT c.case_id, c.detectors, c.alerted_at, c.last_alerted_at, c.read_until, c.state, a.at "
        f"FROM {CASES.full_name} AS c JOIN {ACTS.full_name} AS a ON a.case_id = c.case_id AND a.line = c.verdict_line "
        f"WHERE c.state IN ({_MARKS}) ORDER BY c.number"
    )
    return tuple(_judged(row, actors[row[0]]) for row in query(connection, text, _STATES))


def _judged(row: Sequence[Any], actors: Sequence[str]) -> Judged:
    case, detectors, alerted, last, until, state, at = row
    return Judged(
        case=str(case),
        actors=tuple(dict.fromkeys(actors)),
        detectors=tuple(str(detectors).split(SEPARATOR)) if detectors else (),
        alerted_at=int(alerted),
        last_alerted_at=int(last),
        read_until=int(until),
        true=state == CaseState.TRUE,
        at=int(at),
    )
