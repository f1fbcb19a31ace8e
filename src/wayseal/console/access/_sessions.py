"""Sessions: how somebody gets in by password and code, rows that can be listed and ended, and the own account.

The browser holds a token, the table its SHA-256. The own account is codes, recovery codes, password, language
and looks, and what people keep for themselves or for all.

1. A session ends when nobody used it for `idle` seconds, `absolute` seconds after it began, when it is ended, and when
   its person is disabled. One that owes its code ends after `half_open`. One of a time that is still to come ends, too:
   the clock was ahead, and would lengthen it by as much; `_AHEAD` is what clocks of several machines may differ by.
2. Its token changes with every step up: what somebody planted before is worth nothing after.
3. What began a month ago is taken out of the table when another one begins; the acts stay.
4. That it was used is written once a minute at most, so that a look isn't a commit.
5. A look at a case's names is one session's: another one of the same person, and the next, say why themselves.
6. An attempt is counted before anything is checked (`take_attempt`): what is refused by count is checked in nothing.
7. What is said of a wrong login, a wrong password and a disabled account is the same.
8. A code is taken and its step noted in one transaction: the same code side by side opens one session.
9. A session that owes its code ends after `MISSES` wrong ones.
10. A password takes its time to be checked: what was taken away or closed meanwhile lets nobody in.
11. A secret that was never confirmed by a code opens nothing.
12. Recovery codes are told once, when they are made; making new ones ends the old.
13. Another password ends all other sessions.
14. Who signs in by the company has neither password nor codes here: they would be a second way in.
15. A mark is its person's, or everybody's (`EVERYBODY`); nobody reads another person's.
16. A person has `MOST` at most.
17. A program's token is a session of its person's, under the name that they gave it: it ends `token` seconds after it
   was made, is listed and ended like any other, and opens no page; no other session opens what is for programs. Whoever
   has no way to sign in again (a demonstration's account) leaves no token behind: it ends as their sessions do.
"""

import json
from collections.abc import Mapping
from enum import StrEnum

import sqlalchemy as sa

from wayseal.console.access import _context, _rows
from wayseal.console.access import _rows as tables
from wayseal.console.access._context import SECOND, AccessContext, Part, check_password, digest, in_transaction
from wayseal.console.access.types import LOOK_US, ActKind, Opened, Person, PersonState, Rules, Session, Via, Visit, Way
from wayseal.console.errors import AccessError, SignInError, ThrottledError
from wayseal.console.roles import Role, Stage
from wayseal.database import Connection
from wayseal.model.messages import N_

_MINUTE = 60 * SECOND
_AHEAD = 5 * _MINUTE
_MONTH = 30 * 24 * 60 * _MINUTE
MOST_TOKENS = 20


class Standing(StrEnum):
    """The standing of a session: it counts, its time is over, or somebody ended it."""

    OPEN = "open"
    EXPIRED = "expired"
    ENDED = "ended"


def standing(session: Session, rules: Rules, now: int) -> Standing:
    """Rule 1."""
    if session.ended_at is not None or session.person.state is PersonState.DISABLED:
        return Standing.ENDED
    if session.via is Via.TOKEN:
        lasts = rules.token if session.person.password or session.person.bound else rules.absolute
        return Standing.OPEN if -_AHEAD <= now - session.created_at < lasts * SECOND else Standing.EXPIRED
    whole = rules.absolute if session.stage is Stage.FULL else rules.half_open
    idle = now - session.seen_at >= rules.idle * SECOND or session.seen_at - now > _AHEAD
    return Standing.EXPIRED if idle or now - session.created_at >= whole * SECOND else Standing.OPEN


class Sessions(Part):
    """Finds, lists and ends sessions."""

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

    @in_transaction
    def note_look(self, connection: Connection, session: Session, case: str, at: int, *, over: bool = False) -> None:
        """Notes that a look at a case's names was recorded (rule 5), or is over; what doesn't last any more goes."""
        own = tables.sessions.c.session == session.id
        before = json.loads(connection.execute(sa.select(tables.sessions.c.looks).where(own)).scalar_one())
        lasting = {name: then for name, then in before.items() if at - then < LOOK_US and name != case}
        looks = lasting if over else lasting | {case: at}
        connection.execute(tables.sessions.update().where(own).values(looks=json.dumps(looks)))

    @in_transaction
    def make_token(self, connection: Connection, session: Session, name: str) -> Opened:
        """Makes a program's token for whoever's session it is (rule 17). AccessError: they have `MOST_TOKENS`."""
        means, person = self._means, session.person
        theirs = [one for one in _rows.open_sessions(connection, person.id) if one.via is Via.TOKEN]
        there = sum(standing(one, means.rules, means.now()) is Standing.OPEN for one in theirs)
        if there >= MOST_TOKENS:
            raise AccessError("you have {most} tokens: end one first", key="name", most=MOST_TOKENS)
        visit = Visit(address="", device=name)
        made = begin(connection, means, person, visit, stage=Stage.FULL, via=Via.TOKEN, proved_at=0)
        _rows.add_act(connection, ActKind.TOKEN_MADE, at=means.now(), who=person.id, session=made.session.id)
        return made

    @in_transaction
    def sign_out(self, connection: Connection, session: Session) -> None:
        """Ends one's own session."""
        now = self._means.now()
        if _close(connection, session.id, now):
            _rows.add_act(connection, ActKind.SIGNED_OUT, at=now, who=session.person.id, session=session.id)

    @in_transaction
    def end(self, connection: Connection, session: str, *, person: str, by: str) -> bool:
        """Ends a session of a person; False: that person has no such session."""
        if session not in {one.id for one in _rows.open_sessions(connection, person)}:
            return False
        now = self._means.now()
        _close(connection, session, now)
        _rows.add_act(connection, ActKind.SESSION_ENDED, at=now, who=by, person=person, session=session)
        return True

    @in_transaction
    def end_others(self, connection: Connection, session: Session) -> int:
        """Ends all of one's sessions but this one; how many."""
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
    of_programs = tables.sessions.c.via == Via.TOKEN.value
    kept = sa.case((of_programs, max(means.rules.token * SECOND, _MONTH)), else_=_MONTH)
    connection.execute(tables.sessions.delete().where(tables.sessions.c.created_at < now - kept))
    connection.execute(tables.departures.delete().where(tables.departures.c.expires_at < now))
    proved = now if proved_at is None else min(now, proved_at)
    about = {"stage": stage.value, "via": via.value, "device": visit.device[:60], "misses": 0}
    times = {"created_at": now, "seen_at": now, "confirmed_at": proved}
    row = {"session": means.new_id(), "token_sha256": digest(token), "person": person.id, **about, **times}
    connection.execute(tables.sessions.insert().values(**row))
    session = _rows.find_session(connection, digest(token))
    assert session is not None  # noqa: S101 (it was just put there)
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


def _close(connection: Connection, session: str, now: int) -> bool:
    row = tables.sessions.update().where(tables.sessions.c.session == session, tables.sessions.c.ended_at.is_(None))
    return connection.execute(row.values(ended_at=now)).rowcount == 1


MISSES = 5
_WRONG = N_("login and password don't go together, or the account is closed")
_WRONG_CODE = N_("this code doesn't count: it is wrong, too old, or was used already")
_WRONG_PROOF = N_("this is neither your password nor a code that counts")


class SignIn(Part):
    """Opens sessions."""

    def by_password(self, login: str, password: str, visit: Visit) -> Opened:
        """A session that owes its code, or has yet to set codes up. SignInError, ThrottledError: nobody gets in."""
        means = self._means
        login = login.strip().casefold()[:64]
        keys = means.attempt_keys(login, visit)
        self._take(keys)
        found = means.database.look(_rows.find_login, login)
        person, kept = found or (None, None)
        # Also of an account that is closed, so that it takes as long (rule 7).
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
        """Return whether a password lets this person in at all."""
        only = self._means.company_only and person.role is not Role.ADMINISTRATOR
        return person.state is PersonState.ACTIVE and person.way is Way.PASSWORD and not only

    def _take(self, keys: dict[str, str]) -> None:
        """Rule 6."""
        means = self._means
        wait = means.database.write(_rows.take_attempt, keys, means.now())
        if wait:
            raise ThrottledError(wait)

    def _note_failure(self, connection: Connection, person: Person | None) -> None:
        id_ = None if person is None else person.id
        _rows.add_act(connection, ActKind.SIGN_IN_FAILED, at=self._means.now(), who=None, person=id_, what="password")

    def _begin(self, connection: Connection, login: str, kept: str | None, visit: Visit) -> Opened | None:
        """Rule 10."""
        found = _rows.find_login(connection, login)
        if found is None or found[1] != kept or not self._may(found[0]):
            return None
        person = found[0]
        stage = Stage.CODE if person.totp else Stage.ENROL
        return begin(connection, self._means, person, visit, stage=stage, via=Via.PASSWORD)

    def _enter(self, connection: Connection, session: Session, code: str, keys: dict[str, str]) -> Opened | None:
        """Rule 8."""
        person, now = session.person.id, self._means.now()
        by_recovery = not self._takes_totp(connection, person, code)
        if by_recovery and not self._takes_recovery(connection, person, code):
            self._miss(connection, session)
            return None
        _rows.forget_attempts(connection, keys, now)
        if by_recovery:
            _rows.add_act(connection, ActKind.RECOVERY_USED, at=now, who=person)
        _rows.add_act(connection, ActKind.SIGNED_IN, at=now, who=person, session=session.id, via=session.via.value)
        return step_up(connection, self._means, session)

    def _confirm(
        self, connection: Connection, session: Session, code: str | None, keys: dict[str, str]
    ) -> Opened | None:
        person, now = session.person.id, self._means.now()
        if code is not None and not self._takes_totp(connection, person, code):
            _rows.add_act(connection, ActKind.CONFIRM_FAILED, at=now, who=person, session=session.id)
            return None
        _rows.forget_attempts(connection, keys, now)
        _rows.add_act(connection, ActKind.CONFIRMED, at=now, who=person, session=session.id)
        return step_up(connection, self._means, session)

    def _takes_totp(self, connection: Connection, person: str, code: str) -> bool:
        """Return whether the code counts; then its step is noted."""
        own = tables.people.c
        asked = sa.select(own.totp, own.totp_step, own.totp_used).where(own.person == person)
        row = connection.execute(asked).first()
        secret = None if row is None or row.totp is None else self._means.keys.open("totp", row.totp, person)
        if row is None or secret is None:
            return False
        used = _rows.steps_used(row)
        step = _context.fitting_step(secret.decode(), code, self._means.now() // SECOND, used)
        if step is None:
            return False
        _rows.update_person(connection, person, **_rows.used_steps(_context.note_used(used, step)))
        return True

    def _takes_recovery(self, connection: Connection, person: str, code: str) -> bool:
        plain = _context.plain_recovery_code(code)
        if plain is None:
            return False
        table = tables.recovery_codes
        kept = self._means.keys.mac("recovery", person, plain)
        gone = connection.execute(table.delete().where(table.c.person == person, table.c.code_hmac == kept))
        return gone.rowcount == 1

    def _miss(self, connection: Connection, session: Session) -> None:
        """Rule 9."""
        now, table = self._means.now(), tables.sessions
        _rows.add_act(connection, ActKind.SIGN_IN_FAILED, at=now, who=None, person=session.person.id, what="code")
        row = table.update().where(table.c.session == session.id)
        connection.execute(row.values(misses=table.c.misses + 1))
        connection.execute(row.where(table.c.misses >= MISSES).values(ended_at=now))


_RANDOM = 100


class OwnAccount(Part):
    """One's own account."""

    def authenticator(self, session: Session) -> tuple[str, str]:
        """The secret to put into an authenticator, and the address for its picture; the same until it is confirmed."""
        person = session.person
        sealed = self._means.database.look(_next_secret, person.id)
        secret = None if sealed is None else self._means.keys.open("totp", sealed, person.id)
        if secret is None:
            fresh = _context.new_secret(self._means.random(20))
            self._means.database.write(
                _rows.update_person, person.id, totp_next=self._means.keys.seal("totp", fresh.encode(), person.id)
            )
            return fresh, _context.address(fresh, person.login)
        return secret.decode(), _context.address(secret.decode(), person.login)

    def enrol(self, session: Session, code: str) -> tuple[Opened, tuple[str, ...]]:
        """Confirms the authenticator by a code: the session in full, and recovery codes. AccessError: a wrong code."""
        _check_way(session)
        secret, _ = self.authenticator(session)
        step = _context.fitting_step(secret, code, self._means.now() // SECOND)
        if step is None:
            raise AccessError("this code isn't the authenticator's: is the clock of the phone right?", key="code")
        return self._means.database.write(self._enrol, session, secret, step)

    def renew_codes(self, session: Session) -> tuple[str, ...]:
        """New recovery codes (rule 12)."""
        _check_way(session)
        return self._means.database.write(self._renew, session)

    def recovery_codes_left(self, session: Session) -> int:
        """How many recovery codes weren't used yet."""
        table = tables.recovery_codes
        asked = sa.select(sa.func.count()).select_from(table).where(table.c.person == session.person.id)
        return self._means.database.look(lambda connection: int(connection.execute(asked).scalar_one()))

    def change_password(self, session: Session, password: str) -> None:
        """Another password (rule 13). AccessError: it can't be taken."""
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
        _rows.add_act(connection, ActKind.TOTP_CHANGED, at=now, who=person)
        if session.stage is not Stage.FULL:
            _rows.add_act(connection, ActKind.SIGNED_IN, at=now, who=person, session=session.id, via=session.via.value)
        codes = self._renew(connection, session)
        return step_up(connection, self._means, session), codes

    def _renew(self, connection: Connection, session: Session) -> tuple[str, ...]:
        person, table = session.person.id, tables.recovery_codes
        codes = _context.recovery_codes(self._means.random(_RANDOM))
        connection.execute(table.delete().where(table.c.person == person))
        kept = [self._means.keys.mac("recovery", person, code.replace("-", "")) for code in codes]
        connection.execute(table.insert(), [{"person": person, "code_hmac": one} for one in kept])
        _rows.add_act(connection, ActKind.CODES_RENEWED, at=self._means.now(), who=person)
        return codes

    def _change_password(self, connection: Connection, session: Session, kept: str) -> None:
        person, now, table = session.person.id, self._means.now(), tables.sessions
        _rows.update_person(connection, person, password=kept)
        others = table.update().where(
            table.c.person == person, table.c.session != session.id, table.c.ended_at.is_(None)
        )
        connection.execute(others.values(ended_at=now))
        _rows.add_act(connection, ActKind.PASSWORD_CHANGED, at=now, who=person)


def _check_way(session: Session) -> None:
    """Rule 14."""
    if session.person.way is not Way.PASSWORD:
        raise AccessError("you sign in with your company account: password and codes are kept there")


def _next_secret(connection: Connection, person: str) -> bytes | None:
    asked = sa.select(tables.people.c.totp_next).where(tables.people.c.person == person)
    found: bytes | None = connection.execute(asked).scalar()
    return found


EVERYBODY = ""
MOST = 60
_LONG = 120


class Marks(Part):
    """Texts under names, by person."""

    def of(self, person: str, beginning: str) -> Mapping[tuple[str, str], str]:
        """(Person, name) → value, of a person's marks and everybody's whose names begin so: 1 statement."""
        table = tables.marks
        asked = (
            sa.select(table.c.person, table.c.name, table.c.value)
            .where(table.c.person.in_((person, EVERYBODY)), table.c.name.startswith(beginning, autoescape=True))
            .order_by(table.c.name, table.c.person)
        )
        rows = self._means.database.read(lambda connection: connection.execute(asked).all())
        return {(row.person, row.name): row.value for row in rows}

    def named(self, name: str) -> Mapping[str, str]:
        """Person → value, of everybody's marks of a name: 1 statement."""
        table = tables.marks
        asked = sa.select(table.c.person, table.c.value).where(table.c.name == name)
        return {row.person: row.value for row in self._means.database.read(lambda c: c.execute(asked).all())}

    @in_transaction
    def put(self, connection: Connection, person: str, name: str, value: str) -> None:
        """Keeps a mark; "" takes it away. AccessError: there are too many, or its name is too long."""
        if len(name) > _LONG or not name.isprintable():
            raise AccessError("one line of up to {most} characters", key="name", most=_LONG)
        table = tables.marks
        own = table.c.person == person
        this = (own, table.c.name == name)
        if not value:
            connection.execute(table.delete().where(*this))
            return
        if connection.execute(table.update().where(*this).values(value=value, at=self._means.now())).rowcount:
            return
        count = connection.execute(sa.select(sa.func.count()).select_from(table).where(own)).scalar_one()
        if count >= MOST:
            raise AccessError("there are {most} kept already: take one away first", key="name", most=MOST)
        connection.execute(table.insert().values(person=person, name=name, value=value, at=self._means.now()))
