"""Rows of people and sessions as values, and the few statements that more than one module asks."""

import json
from typing import Any

import sqlalchemy as sa

from wayseal.console.access import _tables as tables
from wayseal.console.access._codes import Used
from wayseal.console.access.types import Person, PersonState, Session, Via, Way
from wayseal.console.roles import Role, Stage
from wayseal.store.database import Connection

_PERSON = [column.label(f"p_{column.name}") for column in tables.people.c if not column.name.startswith("totp")]
_HAS_TOTP = tables.people.c.totp.is_not(None).label("p_has_totp")
_PEOPLE = sa.select(*_PERSON, _HAS_TOTP)
_SESSIONS = sa.select(tables.sessions, *_PERSON, _HAS_TOTP).join(
    tables.people, tables.people.c.person == tables.sessions.c.person
)


def person_of(row: Any) -> Person:
    """A person out of a row of `_PEOPLE` or `_SESSIONS`."""
    return Person(
        id=row.p_person,
        login=row.p_login,
        name=row.p_name,
        role=Role(row.p_role),
        state=PersonState(row.p_state),
        password=row.p_password is not None,
        totp=bool(row.p_has_totp),
        lang=row.p_lang,
        theme=row.p_theme,
        created_at=row.p_created_at,
        way=Way(row.p_way),
        bound=row.p_identity_hmac is not None,
        outlet=row.p_outlet,
    )


def _session_of(row: Any) -> Session:
    return Session(
        id=row.session,
        person=person_of(row),
        stage=Stage(row.stage),
        via=Via(row.via),
        device=row.device,
        created_at=row.created_at,
        seen_at=row.seen_at,
        confirmed_at=row.confirmed_at,
        ended_at=row.ended_at,
        looks=json.loads(row.looks),
    )


def find_person(connection: Connection, id_: str) -> Person | None:
    """The person of an id."""
    row = connection.execute(_PEOPLE.where(tables.people.c.person == id_)).first()
    return None if row is None else person_of(row)


def find_login(connection: Connection, login: str) -> tuple[Person, str | None] | None:
    """The person of a login, and the hash of the password."""
    row = connection.execute(_PEOPLE.where(tables.people.c.login == login)).first()
    return None if row is None else (person_of(row), row.p_password)


def find_identity(connection: Connection, identity_hmac: str) -> Person | None:
    """The person whose account of the company's sign-in it is."""
    row = connection.execute(_PEOPLE.where(tables.people.c.identity_hmac == identity_hmac)).first()
    return None if row is None else person_of(row)


def all_people(connection: Connection) -> tuple[Person, ...]:
    """Everybody, by login."""
    return tuple(person_of(row) for row in connection.execute(_PEOPLE.order_by(tables.people.c.login)))


def find_session(connection: Connection, token_sha256: str) -> Session | None:
    """The session of a token, also one that ended."""
    row = connection.execute(_SESSIONS.where(tables.sessions.c.token_sha256 == token_sha256)).first()
    return None if row is None else _session_of(row)


def open_sessions(connection: Connection, person: str) -> tuple[Session, ...]:
    """A person's sessions that nobody ended, the last seen first."""
    asked = _SESSIONS.where(tables.sessions.c.person == person, tables.sessions.c.ended_at.is_(None))
    return tuple(_session_of(row) for row in connection.execute(asked.order_by(tables.sessions.c.seen_at.desc())))


def steps_used(row: Any) -> Used:
    """Steps of an authenticator that count no more, of a row of people; `totp_step` is of versions before."""
    before = [(0, row.totp_step)] if row.totp_step else []
    return [*before, *((first, last) for first, last in json.loads(row.totp_used))]


def used_steps(used: Used) -> dict[str, Any]:
    """The same as columns."""
    return {"totp_step": 0, "totp_used": json.dumps(used)}


def update_person(connection: Connection, /, id_: str, **values: Any) -> None:
    """Changes columns of a person."""
    connection.execute(tables.people.update().where(tables.people.c.person == id_).values(**values))
