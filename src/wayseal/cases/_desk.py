"""What concerns somebody, what changed behind a line, and weeks of casework: each in a few statements (rule 20)."""

from collections import Counter, defaultdict
from collections.abc import Mapping

from wayseal.cases._project_records import SEPARATOR
from wayseal.cases._queries import Queries
from wayseal.cases._tables import ACTS, CASES, INBOX, JOURNAL, OWNER, QUEUE, THINGS, marks
from wayseal.cases._unit_of_work import UnitOfWork, in_look
from wayseal.cases.inbox import SELLER_BACK, Concern, News
from wayseal.cases.types import CLOSED_STATES, OPEN_STATES, CaseState, ItemState, ObservableKind
from wayseal.cases.views import CaseWeek, Loss
from wayseal.database import query
from wayseal.journal import Head
from wayseal.journal.chain import sum_of

_DAY, _HOUR = 86_400_000_000, 3_600_000_000
_WEEK = 7 * _DAY
_MOST_CHANGES, _MOST = 100, 1000
_OPEN = tuple(sorted(state.value for state in OPEN_STATES))
_CLOSED = tuple(sorted(state.value for state in CLOSED_STATES))
_LASTING = (*_OPEN, CaseState.TRUE.value)
# By `|| ''` SQLite goes from few cases to their things, and along the time, not along all of a kind or state.
_MINE = f"coalesce(c.owner, '') = ? AND c.state IN ({marks(_OPEN)})"
_ACTS = f"SELECT at, kind, act, case_id, who FROM {INBOX.full_name} WHERE login = ? AND at > ? AND at <= ?"
_SNOOZED = (
    f"SELECT c.snoozed_until, 'back', 'snoozed', c.case_id, '' FROM {CASES.full_name} AS c "
    f"WHERE {_MINE} AND c.snoozed_until > ? AND c.snoozed_until <= ?"
)
_SNOOZED_ITEMS = (
    f"SELECT snoozed_until, 'back', 'snoozed', item, '' FROM {QUEUE.full_name} "
    f"WHERE {OWNER} = ? AND state = ? AND case_id IS NULL AND snoozed_until > ? AND snoozed_until <= ?"
)
_SELLERS = (
    f"SELECT a.at, 'back', 'seller', q.item, '' FROM (SELECT o.value FROM {CASES.full_name} AS c "
    f"JOIN {THINGS.full_name} AS o ON o.case_id = c.case_id AND o.kind || '' = 'seller' WHERE {_MINE} LIMIT {_MOST}) "
    f"AS m JOIN {THINGS.full_name} AS t ON t.alias = m.value AND t.case_id > 'q' AND t.kind || '' = 'seller' "
    f"JOIN {QUEUE.full_name} AS q ON q.item = t.case_id AND q.reason = ? "
    f"JOIN {ACTS.full_name} AS a ON a.case_id = q.item AND a.act = 'item' WHERE a.at > ? AND a.at <= ?"
)
_CASE, _THINGS = "count(*)", f"JOIN {THINGS.full_name} AS t ON t.case_id = c.case_id AND t.kind || '' ="
_COUNTED = {
    "opened": (_CASE, "", "c.made_at", "source"),
    "closed": (_CASE, f"AND c.state IN ({', '.join(map(repr, _CLOSED))})", "c.closed_at", "state"),
    "accounts": ("count(DISTINCT t.value)", "AND c.state = 'true' AND t.guilty = 1", "c.closed_at", "account"),
    "sellers": ("count(DISTINCT t.value)", "", "c.made_at", "seller"),
    "parcels": ("count(DISTINCT t.value)", "", "c.made_at", "number"),
}
"""What is counted of cases, of which of them, by what time; and what parts are of, or the kind of things counted."""


class Desk(Queries):
    """What somebody's inbox, a page that is open, and the overview over weeks ask."""

    def inbox(self, login: str, since: int, now: int, limit: int, kind: Concern | None = None) -> tuple[News, ...]:
        """What concerns somebody after a moment and up to now, the newest first: 1 statement.

        What was put off and is due, and sellers who are back, come of whose the cases are now.
        """
        span = (since, now)
        parts: list[tuple[str, tuple[object, ...]]] = [(_ACTS, (login, *span))]
        if kind in (None, Concern.BACK):
            parts += [
                (_SNOOZED, (login, *_OPEN, *span)),
                (_SNOOZED_ITEMS, (login, ItemState.WAITING.value, *span)),
                (_SELLERS, (login, *_OPEN, SELLER_BACK, *span)),
            ]
        ends, last = ("", ()) if kind is None else ("WHERE kind = ? ", (kind.value,))
        text = (
            f"SELECT DISTINCT at, kind, act, case_id, who FROM ({' UNION ALL '.join(part for part, _ in parts)}) AS n "
            f"{ends}ORDER BY at DESC, case_id LIMIT ?"
        )
        values = (*(value for _, some in parts for value in some), *last, limit)
        rows = self._look(lambda unit: query(unit.connection, text, values))
        return tuple(News(at=int(at), kind=Concern(why), what=act, id=id_, who=who) for at, why, act, id_, who in rows)

    def changed_behind(self, line: int, of: str = "") -> int:
        """How many cases, entries of the queue, or acts on one case came behind a line: 1 statement.

        of: `cases`, `queue`, or a case. Up to a hundred.
        """
        lists = {"cases": CASES, "queue": QUEUE}
        where, own = ("changed_line > ?", ()) if of in lists else ("line > ? AND case_id = ?", (of,))
        values = (line, *own, _MOST_CHANGES)
        text = f"SELECT count(*) FROM (SELECT 1 FROM {lists.get(of, ACTS).full_name} WHERE {where} LIMIT ?) AS c"
        return int(self._look(lambda unit: query(unit.connection, text, values))[0][0])

    @in_look
    def figure(self, unit: UnitOfWork, name: str, since: int, until: int) -> tuple[int, Head]:
        """Count `_COUNTED` in a stretch of time ("opened.trace": of a source), and the chain's head: 2 statements."""
        family, _, part = name.partition(".")
        counted, which, time, by = _COUNTED[family]
        things = f"{_THINGS} '{by}'" if counted != _CASE else ""
        text = f"SELECT {counted} FROM {CASES.full_name} AS c {things} WHERE {time} >= ? AND {time} < ? {which}"
        values = [since, until, part] if part else [since, until]
        found = query(unit.connection, f"{text} AND c.{by} || '' = ?" if part else text, values)
        last = query(unit.connection, f"SELECT line, content FROM {JOURNAL} ORDER BY line DESC LIMIT 1")
        return int(found[0][0]), Head(lines=int(last[0][0]), sum=sum_of(last[0][1]))

    @in_look
    def weeks(self, unit: UnitOfWork, start: int, count: int, now: int) -> tuple[CaseWeek, ...]:
        """Return weeks of casework from a moment on: 4 statements, over what was made and closed in them."""
        week = f"(({{at}}) - {start}) / {_WEEK}"
        text = f"SELECT {week.format(at='made_at')}, count(*) FROM {CASES.full_name} WHERE made_at >= ? GROUP BY 1"
        opened = {int(at): int(n) for at, n in query(unit.connection, text, (start,))}
        text = (
            f"SELECT {week.format(at='closed_at')}, state, closed_at - made_at FROM {CASES.full_name} "
            f"WHERE closed_at >= ? AND state || '' IN ({marks(_CLOSED)})"
        )
        closed: defaultdict[int, Counter[str]] = defaultdict(Counter)
        hours: defaultdict[int, list[float]] = defaultdict(list)
        for at, state, took in query(unit.connection, text, (start, *_CLOSED)):
            closed[int(at)][state] += 1
            hours[int(at)].append(max(0, took) / _HOUR)
        losses = _losses(unit, start, now)
        return tuple(
            CaseWeek(opened=opened.get(n, 0), closed=closed[n], hours=tuple(sorted(hours[n])), losses=tuple(losses[n]))
            for n in range(count)
        )


def _losses(unit: UnitOfWork, start: int, now: int) -> Mapping[int, list[Loss]]:
    """The losses of each week after a moment."""
    true, account = CaseState.TRUE.value, ObservableKind.ACCOUNT.value
    which = "c.state || '' = ? AND c.closed_at >= ?"
    text = (
        f"SELECT c.case_id, t.value, l.case_id, l.parcels_a_day, l.alerted_at, l.closed_at, l.state "
        f"FROM {CASES.full_name} AS c JOIN {THINGS.full_name} AS t ON t.case_id = c.case_id AND t.kind || '' = ? "
        f"LEFT JOIN {THINGS.full_name} AS u ON u.kind = t.kind AND u.value = t.value AND u.case_id <> c.case_id "
        f"LEFT JOIN {CASES.full_name} AS l ON l.case_id = u.case_id AND l.alerted_at > c.closed_at "
        f"AND l.state IN ({marks(_LASTING)}) WHERE {which}"
    )
    accounts: defaultdict[str, dict[str, None]] = defaultdict(dict)
    later: defaultdict[str, dict[str, float]] = defaultdict(dict)
    rows = query(unit.connection, text, (account, *_LASTING, true, start))
    for case, value, other, rate, alerted, closed, state in rows:
        accounts[case][value] = None
        if other is not None:
            later[case][other] = rate * ((closed if state == true else now) - alerted) / _DAY
    text = (
        f"SELECT c.case_id, c.closed_at, c.alerted_at, c.parcels_a_day, c.detectors FROM {CASES.full_name} AS c "
        f"WHERE {which} ORDER BY c.closed_at, c.number"
    )
    found: defaultdict[int, list[Loss]] = defaultdict(list)
    for case, closed, alerted, rate, detectors in query(unit.connection, text, (true, start)):
        loss = Loss(
            before=max(0.0, rate * (closed - alerted) / _DAY),
            after=max(0.0, sum(later[case].values())),
            detectors=tuple(detectors.split(SEPARATOR)) if detectors else (),
            accounts=tuple(accounts[case]),
        )
        found[(closed - start) // _WEEK].append(loss)
    return found
