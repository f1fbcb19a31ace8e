"""The tables of access, as `console.serve` has them made, their rows as values, and statements on them.

Acts are only added, each row chained to the one before it (`wayseal.journal.chain`); what stands in `detail` are words
of ours: roles, kinds, ids, and nothing that somebody typed to get in. How often somebody may try is counted before
anything is checked, so that attempts side by side don't slip through.

1. A login from one address has 5 attempts, a login from everywhere 50, an address 100; each further one waits twice as
   long as the one before, up to a quarter of an hour.
2. After an hour without an attempt, or once somebody is in, counting begins anew; of an address, which a whole office
   may share, what whoever is in has used is taken back.
3. An open session, and a browser in which that login once signed in in full, is counted by itself: whoever guesses
   elsewhere, from however many addresses, keeps nobody out who is known here.
4. Logins and addresses are kept as HMACs.
5. An attempt that lies ahead, since the clock went back, counts as one that lies as far behind: nobody waits for years.
"""

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from wayseal.console.access._context import Used
from wayseal.console.access.types import Act, ActKind, Checked, Person, PersonState, Session, Via, Way
from wayseal.console.roles import Role, Stage
from wayseal.database import Connection
from wayseal.database.raw import record_of
from wayseal.journal.chain import chain_line, sum_of

METADATA = sa.MetaData()
_ID, _DIGEST = sa.String(32), sa.String(64)

people = sa.Table(
    "people",
    METADATA,
    sa.Column("person", _ID, primary_key=True),
    sa.Column("login", sa.String(64), nullable=False),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("password", sa.String(200)),
    sa.Column("totp", sa.LargeBinary),
    sa.Column("totp_next", sa.LargeBinary),
    sa.Column("totp_step", sa.BigInteger, nullable=False),
    sa.Column("lang", sa.String(5)),
    sa.Column("theme", sa.String(5)),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("way", sa.String(10), nullable=False, server_default="password"),
    sa.Column("identity_hmac", _DIGEST),
    sa.Column("outlet", sa.String(64)),
    sa.Column("totp_used", sa.Text, nullable=False, server_default="[]"),
    sa.Index("ix_people_login", "login", unique=True),
    sa.Index("ix_people_identity_hmac", "identity_hmac", unique=True),
)
sessions = sa.Table(
    "sessions",
    METADATA,
    sa.Column("session", _ID, primary_key=True),
    sa.Column("token_sha256", _DIGEST, nullable=False),
    sa.Column("person", _ID, nullable=False),
    sa.Column("stage", sa.String(10), nullable=False),
    sa.Column("via", sa.String(10), nullable=False),
    sa.Column("device", sa.String(60), nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("seen_at", sa.BigInteger, nullable=False),
    sa.Column("confirmed_at", sa.BigInteger, nullable=False),
    sa.Column("misses", sa.Integer, nullable=False),
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("looks", sa.Text, nullable=False, server_default="{}"),
    sa.Index("ix_sessions_token_sha256", "token_sha256", unique=True),
    sa.Index("ix_sessions_person", "person"),
)
recovery_codes = sa.Table(
    "recovery_codes",
    METADATA,
    sa.Column("person", _ID, primary_key=True),
    sa.Column("code_hmac", _DIGEST, primary_key=True),
)
links = sa.Table(
    "links",
    METADATA,
    sa.Column("token_sha256", _DIGEST, primary_key=True),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("person", _ID),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
)
attempts = sa.Table(
    "attempts",
    METADATA,
    sa.Column("key_hmac", _DIGEST, primary_key=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("last_at", sa.BigInteger, nullable=False),
)
acts = sa.Table(
    "acts",
    METADATA,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("act", sa.String(20), nullable=False),
    sa.Column("who", _ID),
    sa.Column("person", _ID),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("chain", _DIGEST, nullable=False),
)
departures = sa.Table(
    "departures",
    METADATA,
    sa.Column("state_sha256", _DIGEST, primary_key=True),
    sa.Column("browser_sha256", _DIGEST, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
)
marks = sa.Table(
    "marks",
    METADATA,
    sa.Column("person", _ID, primary_key=True),
    sa.Column("name", sa.String(120), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
)


FREE: Mapping[str, int] = {"own": 10, "both": 5, "login": 50, "address": 100, "reward": 10}
_LONGEST, _FORGET = 900, 3600
_USED = 2
"""Attempts of somebody who gets in: the password, and the code."""
_SECOND = 1_000_000


def wait_for(count: int, free: int, since: int) -> int:
    """Seconds until the next attempt may be made, after `count` of them, the last one `since` seconds ago."""
    if count < free or since >= _FORGET:
        return 0
    wait: int = 2 ** min(count - free + 1, 20)
    return max(0, min(_LONGEST, wait) - since)


def take_attempt(connection: Connection, keys: Mapping[str, str], now: int) -> int:
    """Counts an attempt; the seconds that it should have waited, and then it isn't counted. keys: kind → HMAC."""
    rows = connection.execute(sa.select(attempts).where(attempts.c.key_hmac.in_(keys.values())))
    known = {row.key_hmac: row for row in rows}
    wait = 0
    for kind, key in keys.items():
        if (row := known.get(key)) is not None:
            wait = max(wait, wait_for(row.tries, FREE[kind], abs(now - row.last_at) // _SECOND))
    if wait:
        return wait
    for key in keys.values():
        row = known.get(key)
        if row is None:
            connection.execute(attempts.insert().values(key_hmac=key, tries=1, last_at=now))
            continue
        tries = 1 if abs(now - row.last_at) >= _FORGET * _SECOND else row.tries + 1
        connection.execute(attempts.update().where(attempts.c.key_hmac == key).values(tries=tries, last_at=now))
    return 0


def forget_attempts(connection: Connection, keys: Mapping[str, str], now: int) -> None:
    """Rule 2; also what nobody tried for long."""
    old = sa.func.abs(attempts.c.last_at - now) >= _FORGET * _SECOND
    own = attempts.c.key_hmac.in_([key for kind, key in keys.items() if kind != "address"])
    connection.execute(attempts.delete().where(sa.or_(own, old)))
    give_back_attempts(connection, keys.get("address", ""), _USED)


def give_back_attempts(connection: Connection, key: str, used: int) -> None:
    """Rule 2, of an address."""
    shared, some = attempts.c.key_hmac == key, attempts.c.tries > used
    connection.execute(attempts.update().where(shared, some).values(tries=attempts.c.tries - used))


def add_act(
    connection: Connection, kind: ActKind, /, *, at: int, who: str | None, person: str | None = None, **detail: str
) -> None:
    """Adds an act. who, person: ids. Only inside a write, where nobody adds beside it."""
    newest = sa.select(acts.c.number, acts.c.chain).order_by(acts.c.number.desc()).limit(1)
    last = connection.execute(newest).first()
    row = {
        "number": 1 if last is None else last.number + 1,
        "at": at,
        "act": kind.value,
        "who": who,
        "person": person,
        "detail": json.dumps(detail, ensure_ascii=False, sort_keys=True),
    }
    chain = sum_of(chain_line(row, "" if last is None else last.chain))
    connection.execute(acts.insert().values(**row, chain=chain))


def check_acts(connection: Connection, *, start: int, limit: int) -> Checked:
    """Checks the acts from a number on; what stands before `start` is believed, as it was checked before."""
    newest = connection.execute(sa.select(sa.func.max(acts.c.number))).scalar() or 0
    chain, expected = "", start
    if start > 1:
        chain = connection.execute(sa.select(acts.c.chain).where(acts.c.number == start - 1)).scalar() or ""
    asked = sa.select(acts).where(acts.c.number >= start).order_by(acts.c.number).limit(limit)
    for row in connection.execute(asked):
        fields = {name: row._mapping[name] for name in ("number", "at", "act", "who", "person", "detail")}
        chain = sum_of(chain_line(fields, chain))
        if row.number != expected or row.chain != chain:
            return Checked(upto=expected - 1, newest=newest, wrong=expected)
        expected += 1
    return Checked(upto=expected - 1, newest=newest)


def page_of_acts(connection: Connection, *, before: int | None, limit: int) -> tuple[Act, ...]:
    """The newest acts first, below a number."""
    who, person = people.alias("who"), people.alias("person")
    asked = (
        sa.select(acts, who.c.login.label("who_login"), person.c.login.label("person_login"))
        .outerjoin(who, who.c.person == acts.c.who)
        .outerjoin(person, person.c.person == acts.c.person)
        .order_by(acts.c.number.desc())
        .limit(limit)
    )
    if before is not None:
        asked = asked.where(acts.c.number < before)
    found = ((row, json.loads(row.detail)) for row in connection.execute(asked))
    return tuple(
        record_of(Act, row._mapping, act=ActKind(row.act), who=row.who_login, person=row.person_login, detail=detail)
        for row, detail in found
    )


_PERSON = [column.label(f"p_{column.name}") for column in people.c if not column.name.startswith("totp")]
_HAS_TOTP = people.c.totp.is_not(None).label("p_has_totp")
_PEOPLE = sa.select(*_PERSON, _HAS_TOTP)
_JOBS = sa.table("jobs", sa.column("who"), sa.column("ended_at"))
"""Of `console.jobs`, in the same database."""
_LAST_JOB = sa.select(sa.func.max(_JOBS.c.ended_at)).where(_JOBS.c.who == people.c.login).scalar_subquery()


def _mark(name: str) -> sa.Label[Any]:
    own = marks.c.person == sessions.c.person, marks.c.name == name
    return sa.select(marks.c.value).where(*own).scalar_subquery().label(name)


_SESSIONS = sa.select(sessions, *_PERSON, _HAS_TOTP, _mark("inbox"), _mark("seen"), _LAST_JOB.label("last_job")).join(
    people, people.c.person == sessions.c.person
)


def person_of(row: Any) -> Person:
    """A person out of a row of `_PEOPLE` or `_SESSIONS`."""
    columns = {name.removeprefix("p_"): value for name, value in row._mapping.items() if name.startswith("p_")}
    kinds = {"role": Role(row.p_role), "state": PersonState(row.p_state), "way": Way(row.p_way)}
    proofs = {"password": row.p_password is not None, "totp": bool(row.p_has_totp)}
    return record_of(Person, columns, id=row.p_person, bound=row.p_identity_hmac is not None, **kinds, **proofs)


def _session_of(row: Any) -> Session:
    marks = {"inbox": row.inbox or "", "seen": row.seen or "", "last_job": row.last_job or 0}
    kinds = {"stage": Stage(row.stage), "via": Via(row.via)}
    looks = json.loads(row.looks)
    return record_of(Session, row._mapping, id=row.session, person=person_of(row), looks=looks, **kinds, **marks)


def find_person(connection: Connection, id_: str) -> Person | None:
    """The person of an id."""
    row = connection.execute(_PEOPLE.where(people.c.person == id_)).first()
    return None if row is None else person_of(row)


def find_login(connection: Connection, login: str) -> tuple[Person, str | None] | None:
    """The person of a login, and the hash of the password."""
    row = connection.execute(_PEOPLE.where(people.c.login == login)).first()
    return None if row is None else (person_of(row), row.p_password)


def find_identity(connection: Connection, identity_hmac: str) -> Person | None:
    """The person whose account of the company's sign-in it is."""
    row = connection.execute(_PEOPLE.where(people.c.identity_hmac == identity_hmac)).first()
    return None if row is None else person_of(row)


def all_people(connection: Connection) -> tuple[Person, ...]:
    """Everybody, by login."""
    return tuple(person_of(row) for row in connection.execute(_PEOPLE.order_by(people.c.login)))


def find_session(connection: Connection, token_sha256: str) -> Session | None:
    """The session of a token, also one that ended."""
    row = connection.execute(_SESSIONS.where(sessions.c.token_sha256 == token_sha256)).first()
    return None if row is None else _session_of(row)


def open_sessions(connection: Connection, person: str) -> tuple[Session, ...]:
    """A person's sessions that nobody ended, the last seen first."""
    asked = _SESSIONS.where(sessions.c.person == person, sessions.c.ended_at.is_(None))
    return tuple(_session_of(row) for row in connection.execute(asked.order_by(sessions.c.seen_at.desc())))


def steps_used(row: Any) -> Used:
    """Steps of an authenticator that count no more, of a row of people; `totp_step` is of versions before."""
    before = [(0, row.totp_step)] if row.totp_step else []
    return [*before, *((first, last) for first, last in json.loads(row.totp_used))]


def used_steps(used: Used) -> dict[str, Any]:
    """The same as columns."""
    return {"totp_step": 0, "totp_used": json.dumps(used)}


def update_person(connection: Connection, /, id_: str, **values: Any) -> None:
    """Changes columns of a person."""
    connection.execute(people.update().where(people.c.person == id_).values(**values))
