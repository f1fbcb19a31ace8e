"""People and their one-time links: the first administrator, invitations, roles, closing and opening accounts.

1. There is no account before somebody takes up the code that the command printed at start; it works once, and a start
   makes a new one while nobody did.
2. A link works once, until it expires; making another one for a person ends the one before.
3. A new link for somebody who has an account takes password, codes and sessions away.
4. Nobody closes or changes the role of the own account, and one administrator stays.
5. An outlet manager has an outlet, and nobody else has one.
"""

import re
import unicodedata
from dataclasses import replace

import sqlalchemy as sa

from wayseal.console.access import _rows
from wayseal.console.access import _rows as tables
from wayseal.console.access import _sessions as sessions
from wayseal.console.access._context import SECOND, Part, check_password, digest, in_transaction
from wayseal.console.access._rows import take_attempt as take
from wayseal.console.access.types import ActKind, LinkKind, Opened, Person, PersonState, Via, Visit, Way
from wayseal.console.errors import AccessError, LinkError, ThrottledError
from wayseal.console.roles import Role, Stage
from wayseal.database import Connection
from wayseal.model.messages import N_

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_GONE = N_("this link was used, or its time is over: ask an administrator for a new one")
_NO_SETUP = N_("this isn't the code that the console printed when it started last")


class People(Part):
    """Everybody who has, had or will have an account."""

    def anybody(self) -> bool:
        """Return whether there is an account yet."""
        return self._means.database.look(anybody)

    @in_transaction
    def prepare_setup(self, connection: Connection) -> str | None:
        """The code that lets the first administrator in (rule 1); None: there are people already."""
        letters = "".join(_LETTERS[byte % len(_LETTERS)] for byte in self._means.random(24))
        connection.execute(tables.links.delete().where(tables.links.c.kind == LinkKind.SETUP.value))
        if anybody(connection):
            return None
        self._add_link(connection, letters, LinkKind.SETUP, None, self._means.rules.link)
        return letters

    def set_up(self, code: str, login: str, name: str, password: str, visit: Visit) -> Opened:
        """The first administrator, at the browser that has the code. LinkError, AccessError, ThrottledError."""
        plain = "".join(c for c in unicodedata.normalize("NFKC", code).upper() if c in _LETTERS)
        self._take(visit)
        if not self._means.database.look(_is_setup, digest(plain)):
            raise LinkError(_NO_SETUP, key="setup_code")
        login, name = check_login(login), check_name(name)
        check_password(password, login)
        kept = self._means.passwords.hash(password, self._means.random(16))
        return self._means.database.write(self._set_up, digest(plain), login, name, kept, visit)

    def all(self) -> tuple[Person, ...]:
        """Everybody, by login."""
        return self._means.database.read(_rows.all_people)

    def find(self, id_: str) -> Person | None:
        """A person by id."""
        return self._means.database.look(_rows.find_person, id_)

    @in_transaction
    def invite(
        self,
        connection: Connection,
        login: str,
        name: str,
        role: Role,
        *,
        by: str,
        way: Way = Way.PASSWORD,
        outlet: str = "",
    ) -> tuple[Person, str]:
        """Makes an account, and the token of the link that opens it once.

        Args:
            connection: Left out.
            login: Its login.
            name: As colleagues call the person.
            role: What they are.
            by: Who invites.
            way: How they will sign in.
            outlet: Of an outlet manager.

        Returns:
            The person, and the token.

        Raises:
            AccessError: It can't be made.
        """
        login, name = check_login(login), check_name(name)
        self._check_way(way, role)
        kept = check_outlet(outlet, role)
        if _rows.find_login(connection, login) is not None:
            raise AccessError("this login is taken", key="login")
        person, token = self._add(connection, login, name, role, PersonState.INVITED, None), self._means.new_token()
        _rows.update_person(connection, person.id, way=way.value, outlet=kept)
        person = replace(person, way=way, outlet=kept)
        self._add_link(connection, token, LinkKind.INVITE, person.id, self._means.rules.link)
        _rows.add_act(connection, ActKind.INVITED, at=self._means.now(), who=by, person=person.id, role=role.value)
        return person, token

    @in_transaction
    def new_link(self, connection: Connection, id_: str, *, by: str, way: Way | None = None) -> str:
        """The token of another link for a person (rules 2 and 3). way: another one; None: as before."""
        person, token, now = self._other(connection, id_, by), self._means.new_token(), self._means.now()
        if person.state is PersonState.DISABLED:
            raise AccessError("this account is closed: open it first")
        way = way or person.way
        self._check_way(way, person.role)
        self._keep_one(connection, person)
        connection.execute(tables.links.delete().where(tables.links.c.person == person.id))
        connection.execute(tables.recovery_codes.delete().where(tables.recovery_codes.c.person == person.id))
        gone = {"password": None, "totp": None, "totp_next": None, "identity_hmac": None}
        _rows.update_person(connection, person.id, **gone, way=way.value, state=PersonState.INVITED.value)
        sessions.end_all(connection, person.id, now)
        self._add_link(connection, token, LinkKind.INVITE, person.id, self._means.rules.link)
        _rows.add_act(connection, ActKind.LINK_MADE, at=now, who=by, person=person.id, way=way.value)
        return token

    def linked(self, token: str, kind: LinkKind) -> Person | None:
        """Whose link it is, if it can still be used."""
        return self._means.database.read(self._linked, token, kind)

    def take_up(self, token: str, password: str, visit: Visit) -> Opened:
        """Uses the link of an invitation: a password, and a session that has yet to set codes up."""
        self._take(visit)
        person = self.linked(token, LinkKind.INVITE)
        if person is None or person.way is not Way.PASSWORD:
            raise LinkError(_GONE)
        check_password(password, person.login)
        kept = self._means.passwords.hash(password, self._means.random(16))
        return self._means.database.write(self._take_up, token, kept, visit)

    @in_transaction
    def make_demo_link(self, connection: Connection, login: str, name: str, role: Role) -> str:
        """The token of a link that opens a session once, as a person without a password; for a demonstration."""
        login, name = check_login(login), check_name(name)
        known = _rows.find_login(connection, login)
        if known is not None and (known[1] is not None or known[0].role is not role):
            raise AccessError("this login belongs to somebody who has a password", key="login")
        person = known[0] if known else self._add(connection, login, name, role, PersonState.ACTIVE, None)
        token = self._means.new_token()
        connection.execute(tables.links.delete().where(tables.links.c.person == person.id))
        self._add_link(connection, token, LinkKind.DEMO, person.id, self._means.rules.demo)
        _rows.add_act(connection, ActKind.LINK_MADE, at=self._means.now(), who=None, person=person.id, kind="demo")
        return token

    def use_demo_link(self, token: str, visit: Visit) -> Opened:
        """A session in full. LinkError: the link was used, or is too old."""
        self._take(visit)
        return self._means.database.write(self._use_demo_link, token, visit)

    @in_transaction
    def set_role(self, connection: Connection, id_: str, role: Role, *, by: str, outlet: str = "") -> None:
        """Another role or outlet; sessions end, so that nothing of the old one stays (rules 4 and 5)."""
        kept = check_outlet(outlet, role)
        person = self._other(connection, id_, by)
        if (person.role, person.outlet) == (role, kept):
            return
        if role is not Role.ADMINISTRATOR:
            self._keep_one(connection, person)
        now = self._means.now()
        _rows.update_person(connection, id_, role=role.value, outlet=kept)
        sessions.end_all(connection, id_, now)
        detail = {"before": person.role.value, "after": role.value} | ({} if kept is None else {"outlet": kept})
        _rows.add_act(connection, ActKind.ROLE_CHANGED, at=now, who=by, person=id_, **detail)

    @in_transaction
    def set_open(self, connection: Connection, id_: str, *, open_: bool, by: str) -> None:
        """Closes an account, or opens it again (rule 4)."""
        person, now = self._other(connection, id_, by), self._means.now()
        if open_ is (person.state is not PersonState.DISABLED):
            return
        if not open_:
            self._keep_one(connection, person)
            sessions.end_all(connection, id_, now)
            connection.execute(tables.links.delete().where(tables.links.c.person == id_))
        usable = PersonState.ACTIVE if person.password or person.bound else PersonState.INVITED
        state = usable if open_ else PersonState.DISABLED
        _rows.update_person(connection, id_, state=state.value)
        _rows.add_act(connection, ActKind.ENABLED if open_ else ActKind.DISABLED, at=now, who=by, person=id_)

    def _take(self, visit: Visit) -> None:
        keys = {"address": self._means.keys.mac("attempts", "address", visit.address)}
        if wait := self._means.database.write(take, keys, self._means.now()):
            raise ThrottledError(wait)

    def _set_up(
        self, connection: Connection, code_sha256: str, login: str, name: str, kept: str, visit: Visit
    ) -> Opened:
        if anybody(connection) or _use(connection, code_sha256, LinkKind.SETUP, self._means.now()) is None:
            raise LinkError(_NO_SETUP, key="setup_code")
        person = self._add(connection, login, name, Role.ADMINISTRATOR, PersonState.ACTIVE, kept)
        _rows.add_act(connection, ActKind.SETUP, at=self._means.now(), who=person.id, person=person.id)
        return sessions.begin(connection, self._means, person, visit, stage=Stage.ENROL, via=Via.PASSWORD)

    def _check_way(self, way: Way, role: Role) -> None:
        if self._means.company_only and way is not Way.COMPANY and role is not Role.ADMINISTRATOR:
            raise AccessError("everybody but administrators signs in with the company account here", key="way")

    def _linked(self, connection: Connection, token: str, kind: LinkKind) -> Person | None:
        links, now = tables.links, self._means.now()
        asked = sa.select(links.c.person).where(
            links.c.token_sha256 == digest(token), links.c.kind == kind.value, links.c.expires_at > now
        )
        id_ = connection.execute(asked).scalar()
        person = None if id_ is None else _rows.find_person(connection, id_)
        return None if person is None or person.state is PersonState.DISABLED else person

    def use_invitation(self, connection: Connection, token: str, way: Way) -> Person:
        """Whose invitation it is, which is used by that (rule 2). LinkError: it can't be used any more."""
        person = self._linked(connection, token, LinkKind.INVITE)
        fits = person is not None and person.way is way
        if person is None or not fits or _use(connection, digest(token), LinkKind.INVITE, self._means.now()) is None:
            raise LinkError(_GONE)
        return person

    def _take_up(self, connection: Connection, token: str, kept: str, visit: Visit) -> Opened:
        person = self.use_invitation(connection, token, Way.PASSWORD)
        _rows.update_person(connection, person.id, password=kept, state=PersonState.ACTIVE.value)
        _rows.add_act(connection, ActKind.LINK_USED, at=self._means.now(), who=person.id, kind=LinkKind.INVITE.value)
        person = replace(person, password=True, state=PersonState.ACTIVE)
        return sessions.begin(connection, self._means, person, visit, stage=Stage.ENROL, via=Via.PASSWORD)

    def _use_demo_link(self, connection: Connection, token: str, visit: Visit) -> Opened:
        person, now = self._linked(connection, token, LinkKind.DEMO), self._means.now()
        if person is None or _use(connection, digest(token), LinkKind.DEMO, now) is None:
            raise LinkError(_GONE)
        opened = sessions.begin(connection, self._means, person, visit, stage=Stage.FULL, via=Via.LINK)
        _rows.add_act(connection, ActKind.LINK_USED, at=now, who=person.id, kind=LinkKind.DEMO.value)
        _rows.add_act(connection, ActKind.SIGNED_IN, at=now, who=person.id, session=opened.session.id, via="link")
        return opened

    def _other(self, connection: Connection, id_: str, by: str) -> Person:
        """Rule 4."""
        person = _rows.find_person(connection, id_)
        if person is None:
            raise AccessError("there is no such account")
        if id_ == by:
            raise AccessError("nobody changes this of the own account: another administrator can")
        return person

    def _keep_one(self, connection: Connection, person: Person) -> None:
        """Rule 4."""
        others = (
            one
            for one in _rows.all_people(connection)
            if one.role is Role.ADMINISTRATOR and one.state is PersonState.ACTIVE and one.id != person.id
        )
        if person.role is Role.ADMINISTRATOR and next(others, None) is None:
            raise AccessError("one administrator has to stay")

    def _add(
        self, connection: Connection, login: str, name: str, role: Role, state: PersonState, kept: str | None
    ) -> Person:
        id_ = self._means.new_id()
        connection.execute(
            tables.people.insert().values(
                person=id_,
                login=login,
                name=name,
                role=role.value,
                state=state.value,
                password=kept,
                totp_step=0,
                way=Way.PASSWORD.value,
                created_at=self._means.now(),
            )
        )
        found = _rows.find_person(connection, id_)
        assert found is not None  # noqa: S101 (it was just put there)
        return found

    def _add_link(self, connection: Connection, token: str, kind: LinkKind, person: str | None, seconds: int) -> None:
        expires = self._means.now() + seconds * SECOND
        connection.execute(
            tables.links.insert().values(token_sha256=digest(token), kind=kind.value, person=person, expires_at=expires)
        )


def check_login(login: str) -> str:
    """A login as it is kept. AccessError: it can't be one."""
    plain = unicodedata.normalize("NFKC", login).strip().casefold()
    if not _LOGIN.fullmatch(plain):
        raise AccessError("a login has 2 to 64 letters a-z, digits and . _ @ -", key="login")
    return plain


def check_name(name: str) -> str:
    """A name as it is kept. AccessError: it can't be one."""
    plain = name.strip()
    if not 1 <= len(plain) <= 80 or not plain.isprintable():
        raise AccessError("a name has 1 to 80 characters that can be seen", key="name")
    return plain


def check_outlet(outlet: str, role: Role) -> str | None:
    """An outlet as it is kept (rule 5). AccessError: it can't be one."""
    plain = unicodedata.normalize("NFKC", outlet).strip()
    if role is not Role.OUTLET_MANAGER:
        return None
    if not 1 <= len(plain) <= 64 or not plain.isprintable():
        raise AccessError("an outlet manager needs an outlet: its id, of 1 to 64 characters", key="outlet")
    return plain


def anybody(connection: Connection) -> bool:
    """Return whether there is an account yet."""
    return connection.execute(sa.select(sa.literal(1)).select_from(tables.people).limit(1)).first() is not None


def _is_setup(connection: Connection, code_sha256: str) -> bool:
    links = tables.links
    asked = sa.select(links.c.kind).where(links.c.token_sha256 == code_sha256, links.c.kind == LinkKind.SETUP.value)
    return connection.execute(asked).first() is not None


def _use(connection: Connection, token_sha256: str, kind: LinkKind, now: int) -> int | None:
    """Takes a link out; None: there is none that still counts."""
    links = tables.links
    gone = connection.execute(
        links.delete().where(links.c.token_sha256 == token_sha256, links.c.kind == kind.value, links.c.expires_at > now)
    )
    return 1 if gone.rowcount == 1 else None
