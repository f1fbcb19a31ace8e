"""What people do with their own account: codes, recovery codes, password, language and looks.

1. A secret that was never confirmed by a code opens nothing.
2. Recovery codes are told once, when they are made; making new ones ends the old.
3. Another password ends all other sessions.
4. Who signs in by the company has neither password nor codes here: they would be a second way in.
"""

import sqlalchemy as sa

from wayseal.console.access import _acts, _codes, _rows
from wayseal.console.access import _sessions as sessions
from wayseal.console.access import _tables as tables
from wayseal.console.access._means import SECOND, Means
from wayseal.console.access._passwords import check_password
from wayseal.console.access.types import ActKind, Opened, Session, Way
from wayseal.console.errors import AccessError
from wayseal.console.roles import Stage
from wayseal.store.database import Connection

_RANDOM = 100


class OwnAccount:
    """One's own account."""

    def __init__(self, means: Means) -> None:
        self._means = means

    def authenticator(self, session: Session) -> tuple[str, str]:
        """The secret to put into an authenticator, and the address for its picture; the same until it is confirmed."""
        person = session.person
        sealed = self._means.database.look(_next_secret, person.id)
        secret = None if sealed is None else self._means.keys.open("totp", sealed, person.id)
        if secret is None:
            fresh = _codes.new_secret(self._means.random(20))
            self._means.database.write(
                _rows.update_person, person.id, totp_next=self._means.keys.seal("totp", fresh.encode(), person.id)
            )
            return fresh, _codes.address(fresh, person.login)
        return secret.decode(), _codes.address(secret.decode(), person.login)

    def enrol(self, session: Session, code: str) -> tuple[Opened, tuple[str, ...]]:
        """Confirms the authenticator by a code: the session in full, and recovery codes. AccessError: a wrong code."""
        _check_way(session)
        secret, _ = self.authenticator(session)
        step = _codes.fitting_step(secret, code, self._means.now() // SECOND)
        if step is None:
            raise AccessError("this code isn't the authenticator's: is the clock of the phone right?", key="code")
        return self._means.database.write(self._enrol, session, secret, step)

    def renew_codes(self, session: Session) -> tuple[str, ...]:
        """New recovery codes (rule 2)."""
        _check_way(session)
        return self._means.database.write(self._renew, session)

    def recovery_codes_left(self, session: Session) -> int:
        """How many recovery codes weren't used yet."""
        table = tables.recovery_codes
        asked = sa.select(sa.func.count()).select_from(table).where(table.c.person == session.person.id)
        return self._means.database.look(lambda connection: int(connection.execute(asked).scalar_one()))

    def change_password(self, session: Session, password: str) -> None:
        """Another password (rule 3). AccessError: it can't be taken."""
        _check_way(session)
        check_password(password, session.person.login)
        kept = self._means.passwords.hash(password, self._means.random(16))
        self._means.database.write(self._change_password, session, kept)

    def prefer(self, session: Session, *, lang: str | None = None, theme: str | None = None) -> None:
        """Language and looks; None: as it was."""
        values = {name: value for name, value in (("lang", lang), ("theme", theme)) if value is not None}
        if values:
            self._means.database.write(_rows.update_person, session.person.id, **values)

    def _enrol(
        self, connection: Connection, session: Session, secret: str, step: int
    ) -> tuple[Opened, tuple[str, ...]]:
        person, now = session.person.id, self._means.now()
        sealed = self._means.keys.seal("totp", secret.encode(), person)
        _rows.update_person(connection, person, totp=sealed, totp_next=None, **_rows.used_steps([(step, step)]))
        _acts.add(connection, ActKind.TOTP_CHANGED, at=now, who=person)
        if session.stage is not Stage.FULL:
            _acts.add(connection, ActKind.SIGNED_IN, at=now, who=person, session=session.id, via=session.via.value)
        codes = self._renew(connection, session)
        return sessions.step_up(connection, self._means, session), codes

    def _renew(self, connection: Connection, session: Session) -> tuple[str, ...]:
        person, table = session.person.id, tables.recovery_codes
        codes = _codes.recovery_codes(self._means.random(_RANDOM))
        connection.execute(table.delete().where(table.c.person == person))
        kept = [self._means.keys.mac("recovery", person, code.replace("-", "")) for code in codes]
        connection.execute(table.insert(), [{"person": person, "code_hmac": one} for one in kept])
        _acts.add(connection, ActKind.CODES_RENEWED, at=self._means.now(), who=person)
        return codes

    def _change_password(self, connection: Connection, session: Session, kept: str) -> None:
        person, now, table = session.person.id, self._means.now(), tables.sessions
        _rows.update_person(connection, person, password=kept)
        others = table.update().where(
            table.c.person == person, table.c.session != session.id, table.c.ended_at.is_(None)
        )
        connection.execute(others.values(ended_at=now))
        _acts.add(connection, ActKind.PASSWORD_CHANGED, at=now, who=person)


def _check_way(session: Session) -> None:
    """Rule 4."""
    if session.person.way is not Way.PASSWORD:
        raise AccessError("you sign in with your company account: password and codes are kept there")


def _next_secret(connection: Connection, person: str) -> bytes | None:
    asked = sa.select(tables.people.c.totp_next).where(tables.people.c.person == person)
    found: bytes | None = connection.execute(asked).scalar()
    return found
