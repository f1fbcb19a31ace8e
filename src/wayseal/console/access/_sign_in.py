"""How somebody gets in: login and password, then a code; and the fresh proof that some acts ask for.

1. An attempt is counted before anything is checked (`_throttle`), and what is refused by count is checked in nothing.
2. What is said of a wrong login, a wrong password and a disabled account is the same.
3. A code is taken and its step noted in one transaction: the same code side by side opens one session.
4. A session that owes its code ends after `MISSES` wrong ones.
5. A password takes its time to be checked: what was taken away or closed meanwhile lets nobody in.
"""

import sqlalchemy as sa

from wayseal.console.access import _acts, _codes, _rows, _throttle
from wayseal.console.access import _sessions as sessions
from wayseal.console.access import _tables as tables
from wayseal.console.access._means import SECOND, Means
from wayseal.console.access.types import ActKind, Opened, Person, PersonState, Session, Via, Visit, Way
from wayseal.console.errors import SignInError, ThrottledError
from wayseal.console.roles import Role, Stage
from wayseal.model.messages import N_
from wayseal.store.database import Connection

MISSES = 5
_WRONG = N_("login and password don't go together, or the account is closed")
_WRONG_CODE = N_("this code doesn't count: it is wrong, too old, or was used already")
_WRONG_PROOF = N_("this is neither your password nor a code that counts")


class SignIn:
    """Opens sessions."""

    def __init__(self, means: Means) -> None:
        self._means = means

    def by_password(self, login: str, password: str, visit: Visit) -> Opened:
        """A session that owes its code, or has yet to set codes up. SignInError, ThrottledError: nobody gets in."""
        means = self._means
        login = login.strip().casefold()[:64]
        keys = means.attempt_keys(login, visit)
        self._take(keys)
        found = means.database.look(_rows.find_login, login)
        person, kept = found or (None, None)
        # Also of an account that is closed, so that it takes as long (rule 2).
        fits = means.passwords.fits(password, kept)
        if person is None or not fits or not self._may(person):
            means.database.write(self._note_failure, person)
            raise SignInError(_WRONG)
        opened = means.database.write(self._begin, login, kept, visit)
        if opened is None:
            raise SignInError(_WRONG)
        return opened

    def by_code(self, session: Session, code: str, visit: Visit) -> Opened:
        """The session in full, by a code or a recovery code. SignInError, ThrottledError."""
        keys = self._means.attempt_keys(session.person.login, visit)
        self._take(keys)
        opened = self._means.database.write(self._enter, session, code, keys)
        if opened is None:
            raise SignInError(_WRONG_CODE, key="code")
        return opened

    def confirm(self, session: Session, proof: str, visit: Visit) -> Opened:
        """The same session, confirmed now, by password or code. SignInError, ThrottledError."""
        means, person = self._means, session.person
        keys = means.attempt_keys(person.login, visit, session.id)
        self._take(keys)
        if person.way is not Way.PASSWORD:
            raise SignInError(_WRONG_PROOF, key="proof")
        known = means.database.look(_rows.find_login, person.login)
        fits = known is not None and means.passwords.fits(proof, known[1])
        opened = means.database.write(self._confirm, session, None if fits else proof, keys)
        if opened is None:
            raise SignInError(_WRONG_PROOF, key="proof")
        return opened

    def _may(self, person: Person) -> bool:
        """Whether a password lets this person in at all."""
        only = self._means.company_only and person.role is not Role.ADMINISTRATOR
        return person.state is PersonState.ACTIVE and person.way is Way.PASSWORD and not only

    def _take(self, keys: dict[str, str]) -> None:
        """Rule 1."""
        means = self._means
        wait = means.database.write(_throttle.take, keys, means.now())
        if wait:
            raise ThrottledError(wait)

    def _note_failure(self, connection: Connection, person: Person | None) -> None:
        id_ = None if person is None else person.id
        _acts.add(connection, ActKind.SIGN_IN_FAILED, at=self._means.now(), who=None, person=id_, what="password")

    def _begin(self, connection: Connection, login: str, kept: str | None, visit: Visit) -> Opened | None:
        """Rule 5."""
        found = _rows.find_login(connection, login)
        if found is None or found[1] != kept or not self._may(found[0]):
            return None
        person = found[0]
        stage = Stage.CODE if person.totp else Stage.ENROL
        return sessions.begin(connection, self._means, person, visit, stage=stage, via=Via.PASSWORD)

    def _enter(self, connection: Connection, session: Session, code: str, keys: dict[str, str]) -> Opened | None:
        """Rule 3."""
        person, now = session.person.id, self._means.now()
        by_recovery = not self._takes_totp(connection, person, code)
        if by_recovery and not self._takes_recovery(connection, person, code):
            self._miss(connection, session)
            return None
        _throttle.forget(connection, keys, now)
        if by_recovery:
            _acts.add(connection, ActKind.RECOVERY_USED, at=now, who=person)
        _acts.add(connection, ActKind.SIGNED_IN, at=now, who=person, session=session.id, via=session.via.value)
        return sessions.step_up(connection, self._means, session)

    def _confirm(
        self, connection: Connection, session: Session, code: str | None, keys: dict[str, str]
    ) -> Opened | None:
        person, now = session.person.id, self._means.now()
        if code is not None and not self._takes_totp(connection, person, code):
            _acts.add(connection, ActKind.CONFIRM_FAILED, at=now, who=person, session=session.id)
            return None
        _throttle.forget(connection, keys, now)
        _acts.add(connection, ActKind.CONFIRMED, at=now, who=person, session=session.id)
        return sessions.step_up(connection, self._means, session)

    def _takes_totp(self, connection: Connection, person: str, code: str) -> bool:
        """Whether the code counts; then its step is noted."""
        own = tables.people.c
        asked = sa.select(own.totp, own.totp_step, own.totp_used).where(own.person == person)
        row = connection.execute(asked).first()
        secret = None if row is None or row.totp is None else self._means.keys.open("totp", row.totp, person)
        if row is None or secret is None:
            return False
        used = _rows.steps_used(row)
        step = _codes.fitting_step(secret.decode(), code, self._means.now() // SECOND, used)
        if step is None:
            return False
        _rows.update_person(connection, person, **_rows.used_steps(_codes.note_used(used, step)))
        return True

    def _takes_recovery(self, connection: Connection, person: str, code: str) -> bool:
        plain = _codes.plain_recovery_code(code)
        if plain is None:
            return False
        table = tables.recovery_codes
        kept = self._means.keys.mac("recovery", person, plain)
        gone = connection.execute(table.delete().where(table.c.person == person, table.c.code_hmac == kept))
        return gone.rowcount == 1

    def _miss(self, connection: Connection, session: Session) -> None:
        """Rule 4."""
        now, table = self._means.now(), tables.sessions
        _acts.add(connection, ActKind.SIGN_IN_FAILED, at=now, who=None, person=session.person.id, what="code")
        row = table.update().where(table.c.session == session.id)
        connection.execute(row.values(misses=table.c.misses + 1))
        connection.execute(row.where(table.c.misses >= MISSES).values(ended_at=now))
