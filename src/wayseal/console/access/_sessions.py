"""Sessions: rows that can be listed and ended; the browser holds a token, the table its SHA-256.

1. A session ends when nobody used it for `idle` seconds, `absolute` seconds after it began, when it is ended, and when
   its person is disabled. One that owes its code ends after `half_open`. One of a time that is still to come ends, too:
   the clock was ahead, and would lengthen it by as much; `_AHEAD` is what clocks of several machines may differ by.
2. Its token changes with every step up: what somebody planted before is worth nothing after.
3. What began a month ago is taken out of the table when another one begins; the acts stay.
4. That it was used is written once a minute at most, so that a look isn't a commit.
5. A look at a case's names is one session's: another one of the same person, and the next, say why themselves.
"""

import json
from enum import StrEnum

import sqlalchemy as sa

from wayseal.console.access import _rows
from wayseal.console.access import _rows as tables
from wayseal.console.access._context import SECOND, AccessContext, digest
from wayseal.console.access.types import LOOK_US, ActKind, Opened, Person, PersonState, Rules, Session, Via, Visit
from wayseal.console.roles import Stage
from wayseal.database import Connection

_MINUTE = 60 * SECOND
_AHEAD = 5 * _MINUTE
_MONTH = 30 * 24 * 60 * _MINUTE


class Standing(StrEnum):
    """The standing of a session: it counts, its time is over, or somebody ended it."""

    OPEN = "open"
    EXPIRED = "expired"
    ENDED = "ended"


def standing(session: Session, rules: Rules, now: int) -> Standing:
    """Rule 1."""
    if session.ended_at is not None or session.person.state is PersonState.DISABLED:
        return Standing.ENDED
    whole = rules.absolute if session.stage is Stage.FULL else rules.half_open
    idle = now - session.seen_at >= rules.idle * SECOND or session.seen_at - now > _AHEAD
    return Standing.EXPIRED if idle or now - session.created_at >= whole * SECOND else Standing.OPEN


class Sessions:
    """Finds, lists and ends sessions."""

    def __init__(self, means: AccessContext) -> None:
        self._means = means

    def find(self, token: str, *, used: bool = True) -> tuple[Session, Standing] | None:
        """The session of a token and how it stands; None: nobody's. Notes that it was used, if it was (rule 4)."""
        means, now = self._means, self._means.now()
        session = means.database.look(_rows.find_session, digest(token))
        if session is None:
            return None
        found = standing(session, means.rules, now)
        if used and found is Standing.OPEN and now - session.seen_at >= _MINUTE:
            means.database.write(_touch, session.id, now)
        return session, found

    def confirmed(self, session: Session) -> bool:
        """Tell whether who it is was proved now; of whoever has no proof (a demonstration's), there is none to ask."""
        fresh = abs(self._means.now() - session.confirmed_at) < self._means.rules.confirmed * SECOND
        return fresh or not (session.person.password or session.person.bound)

    def of(self, person: str) -> tuple[Session, ...]:
        """A person's open sessions."""
        now, rules = self._means.now(), self._means.rules
        found = self._means.database.read(_rows.open_sessions, person)
        return tuple(one for one in found if standing(one, rules, now) is Standing.OPEN)

    def note_look(self, session: Session, case: str, at: int) -> None:
        """Notes that a look at a case's names was recorded (rule 5); what doesn't last any more goes."""
        self._means.database.write(_note_look, session.id, case, at)

    def sign_out(self, session: Session) -> None:
        """Ends one's own session."""
        self._means.database.write(self._sign_out, session)

    def end(self, session: str, *, person: str, by: str) -> bool:
        """Ends a session of a person; False: that person has no such session."""
        return self._means.database.write(self._end, session, person, by)

    def end_others(self, session: Session) -> int:
        """Ends all of one's sessions but this one; how many."""
        return self._means.database.write(self._end_others, session)

    def _sign_out(self, connection: Connection, session: Session) -> None:
        now = self._means.now()
        if _close(connection, session.id, now):
            _rows.add_act(connection, ActKind.SIGNED_OUT, at=now, who=session.person.id, session=session.id)

    def _end(self, connection: Connection, session: str, person: str, by: str) -> bool:
        if session not in {one.id for one in _rows.open_sessions(connection, person)}:
            return False
        now = self._means.now()
        _close(connection, session, now)
        _rows.add_act(connection, ActKind.SESSION_ENDED, at=now, who=by, person=person, session=session)
        return True

    def _end_others(self, connection: Connection, session: Session) -> int:
        now, person = self._means.now(), session.person.id
        others = [one.id for one in _rows.open_sessions(connection, person) if one.id != session.id]
        for other in others:
            _close(connection, other, now)
            _rows.add_act(connection, ActKind.SESSION_ENDED, at=now, who=person, person=person, session=other)
        return len(others)


def begin(
    connection: Connection,
    means: AccessContext,
    person: Person,
    visit: Visit,
    *,
    stage: Stage,
    via: Via,
    proved_at: int | None = None,
) -> Opened:
    """Begins a session. proved_at: when they proved who they are; None: just now."""
    now, token = means.now(), means.new_token()
    connection.execute(tables.sessions.delete().where(tables.sessions.c.created_at < now - _MONTH))
    connection.execute(tables.departures.delete().where(tables.departures.c.expires_at < now))
    session = Session(
        id=means.new_id(),
        person=person,
        stage=stage,
        via=via,
        device=visit.device[:60],
        created_at=now,
        seen_at=now,
        confirmed_at=now if proved_at is None else min(now, proved_at),
    )
    connection.execute(
        tables.sessions.insert().values(
            session=session.id,
            token_sha256=digest(token),
            person=person.id,
            stage=stage.value,
            via=via.value,
            device=session.device,
            created_at=now,
            seen_at=now,
            confirmed_at=session.confirmed_at,
            misses=0,
        )
    )
    return Opened(session=session, token=token)


def step_up(connection: Connection, means: AccessContext, session: Session) -> Opened:
    """Brings a session to its full stage, confirmed now, under another token (rule 2)."""
    token, now = means.new_token(), means.now()
    row = tables.sessions.update().where(tables.sessions.c.session == session.id)
    connection.execute(
        row.values(token_sha256=digest(token), stage=Stage.FULL.value, seen_at=now, confirmed_at=now, misses=0)
    )
    found = _rows.find_session(connection, digest(token))
    assert found is not None  # noqa: S101 (the row was read in this very transaction)
    return Opened(session=found, token=token, known=means.new_known(found.person.login))


def end_all(connection: Connection, person: str, now: int) -> None:
    """Ends all sessions of a person."""
    own = tables.sessions.c.person == person
    connection.execute(tables.sessions.update().where(own, tables.sessions.c.ended_at.is_(None)).values(ended_at=now))


def _touch(connection: Connection, session: str, now: int) -> None:
    connection.execute(tables.sessions.update().where(tables.sessions.c.session == session).values(seen_at=now))


def _note_look(connection: Connection, session: str, case: str, at: int) -> None:
    own = tables.sessions.c.session == session
    before = json.loads(connection.execute(sa.select(tables.sessions.c.looks).where(own)).scalar_one())
    looks = {name: then for name, then in before.items() if at - then < LOOK_US} | {case: at}
    connection.execute(tables.sessions.update().where(own).values(looks=json.dumps(looks)))


def _close(connection: Connection, session: str, now: int) -> bool:
    row = tables.sessions.update().where(tables.sessions.c.session == session, tables.sessions.c.ended_at.is_(None))
    return connection.execute(row.values(ended_at=now)).rowcount == 1
