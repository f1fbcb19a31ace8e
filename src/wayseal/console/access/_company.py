"""Signing in by the company: who may, and how an account here and one there are tied to each other.

1. Nobody gets in who wasn't invited. An account there is tied to one here once, by the link of the invitation, and
   never by a name or an address of mail that the provider tells.
2. Roles come from our tables, never from a token.
3. Whoever leaves for the provider comes back once, within `authorization` seconds, in the same browser, for what they
   left for.
4. A fresh proof counts from the same account there, given after it was asked for, as the provider says (`auth_time`).
   A session counts as proved when the provider says so too: whoever was signed in there already has proved nothing now.
5. Attempts are counted by address; whoever gets in gives theirs back.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from wayseal.console.access import _rows
from wayseal.console.access import _rows as tables
from wayseal.console.access import _sessions as sessions
from wayseal.console.access._context import SECOND, AccessContext, digest
from wayseal.console.access._people import People
from wayseal.console.access._provider import LEEWAY, AuthorizationCallback, AuthorizationRequest, Identity, Provider
from wayseal.console.access._rows import give_back_attempts as give_back
from wayseal.console.access._rows import take_attempt as take
from wayseal.console.access.types import ActKind, LinkKind, Opened, Person, PersonState, Session, Via, Visit, Way
from wayseal.console.errors import AccessError, LinkError, SignInError, ThrottledError
from wayseal.console.roles import Stage
from wayseal.database import Connection
from wayseal.model.messages import N_

_UNKNOWN = N_("this company account opens none here, or one that is closed: an administrator can invite you")
_LOST = N_("you came back too late, or in another browser: begin again")
_OTHER = N_("you came back as somebody else, or without a new proof of who you are")
_TAKEN = N_("this company account opens another account here already")
_GONE = N_("this link was used, or its time is over: ask an administrator for a new one")
_KEPT_MOST = 524_288


class Errand(StrEnum):
    """The reason to be sent to the provider."""

    SIGN_IN = "sign_in"
    BIND = "bind"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingAuthorization:
    """Somebody on the way to the provider and back.

    Attributes:
        errand: What for.
        request: What was asked for.
        began_at: When they left.
        onward: Where to go on to.
        kept: A form that wasn't done, sealed.
        bound: The link of an invitation, or the session to be confirmed.
    """

    errand: Errand
    request: AuthorizationRequest
    began_at: int
    onward: str = "/"
    kept: str = field(default="", repr=False)
    bound: str = field(default="", repr=False)


class CompanySignIn:
    """Opens sessions by the company's sign-in."""

    def __init__(self, means: AccessContext, people: People, provider: Provider) -> None:
        self._means, self._people, self._provider = means, people, provider

    def begin_authorization(
        self,
        errand: Errand,
        visit: Visit,
        *,
        back: str,
        lang: str,
        onward: str = "/",
        kept: str = "",
        bound: str = "",
    ) -> tuple[str, str]:
        """Sends somebody to the provider.

        Args:
            errand: What for.
            visit: From where they come.
            back: The address to which they come back.
            lang: Their language.
            onward: Where they go on to then.
            kept: A form that wasn't done, sealed.
            bound: The link of an invitation, or the session to be confirmed.

        Returns:
            The address, and what their browser has to show when it comes back.

        Raises:
            LinkError: The link can't be used any more.
            ThrottledError: Too many from there.
            ProviderError: The provider can't be asked.
        """
        means = self._means
        if wait := means.database.write(take, {"address": self._address(visit)}, means.now()):
            raise ThrottledError(wait)
        if errand is Errand.BIND and not self._may_bind(bound):
            raise LinkError(_GONE)
        request = AuthorizationRequest(
            state=means.new_token(),
            nonce=means.new_token(),
            verifier=means.new_token(),
            back=back,
            fresh=errand is not Errand.SIGN_IN,
            lang=lang,
        )
        address, browser = self._provider.authorization_url(request), means.new_token()
        pending = PendingAuthorization(
            errand=errand,
            request=request,
            began_at=means.now(),
            onward=onward,
            kept=kept if len(kept) <= _KEPT_MOST else "",
            bound=bound,
        )
        means.database.write(self._note, pending, browser)
        return address, browser

    def take_pending(self, state: str, browser: str) -> PendingAuthorization:
        """Return what somebody left for, who comes back. SignInError: nobody left like that (rule 3)."""
        given = digest(state), digest(browser)
        # Nobody who comes with nothing has anything written for them.
        known = self._means.database.look(_is_known, *given)
        pending = self._means.database.write(self._take, *given) if known else None
        if pending is None:
            raise SignInError(_LOST)
        return pending

    def finish_authorization(
        self, pending: PendingAuthorization, callback: AuthorizationCallback, visit: Visit, session: Session | None
    ) -> Opened:
        """A session of whoever came back.

        Args:
            pending: What they left for.
            callback: What they came back with.
            visit: From where they come.
            session: Theirs, of whoever has one already.

        Returns:
            A session in full.

        Raises:
            SignInError: Nobody gets in by that.
            AccessError: The account there can't be tied to the one here.
            ProviderError: The provider can't be asked.
        """
        means = self._means
        identity = self._provider.identify(pending.request, callback, means.now() // SECOND)
        kept = means.keys.mac("identity", self._provider.issuer, identity.subject)
        if pending.errand is Errand.BIND:
            return means.database.write(self._bind, pending, kept, visit, identity)
        if pending.errand is Errand.CONFIRM:
            opened = means.database.write(self._confirm, session, pending, kept, visit, _is_fresh(identity, pending))
            if opened is None:
                raise SignInError(_OTHER)
            return opened
        opened = means.database.write(self._sign_in, kept, visit, identity)
        if opened is None:
            raise SignInError(_UNKNOWN)
        return opened

    def _address(self, visit: Visit) -> str:
        return self._means.keys.mac("attempts", "address", visit.address)

    def _may_bind(self, token: str) -> bool:
        person = self._people.linked(token, LinkKind.INVITE)
        return person is not None and person.way is Way.COMPANY

    def _note(self, connection: Connection, pending: PendingAuthorization, browser: str) -> None:
        state = digest(pending.request.state)
        content = json.dumps(asdict(pending)).encode()
        connection.execute(
            tables.departures.insert().values(
                state_sha256=state,
                browser_sha256=digest(browser),
                sealed=self._means.keys.seal("departure", content, state),
                expires_at=pending.began_at + self._means.rules.authorization * SECOND,
            )
        )

    def _take(self, connection: Connection, state: str, browser: str) -> PendingAuthorization | None:
        """Rule 3."""
        table, now = tables.departures, self._means.now()
        own = (table.c.state_sha256 == state) & (table.c.browser_sha256 == browser) & (table.c.expires_at > now)
        row = connection.execute(table.select().where(own)).first()
        connection.execute(table.delete().where(own | (table.c.expires_at <= now)))
        content = None if row is None else self._means.keys.open("departure", row.sealed, state)
        return None if content is None else _pending_of(json.loads(content))

    def _sign_in(self, connection: Connection, kept: str, visit: Visit, identity: Identity) -> Opened | None:
        person = _rows.find_identity(connection, kept)
        if person is None or person.way is not Way.COMPANY or person.state is not PersonState.ACTIVE:
            known = None if person is None else person.id
            _rows.add_act(
                connection, ActKind.SIGN_IN_FAILED, at=self._means.now(), who=None, person=known, what="company"
            )
            return None
        return self._open(connection, person, visit, identity)

    def _bind(
        self, connection: Connection, pending: PendingAuthorization, kept: str, visit: Visit, identity: Identity
    ) -> Opened:
        """Rule 1."""
        if _rows.find_identity(connection, kept) is not None:
            raise AccessError(_TAKEN)
        person, now = self._people.use_invitation(connection, pending.bound, Way.COMPANY), self._means.now()
        _rows.update_person(connection, person.id, identity_hmac=kept, state=PersonState.ACTIVE.value)
        _rows.add_act(connection, ActKind.LINK_USED, at=now, who=person.id, kind=LinkKind.INVITE.value)
        _rows.add_act(connection, ActKind.BOUND, at=now, who=person.id)
        found = _rows.find_person(connection, person.id)
        assert found is not None  # noqa: S101 (it was changed in this very transaction)
        return self._open(connection, found, visit, identity)

    def _open(self, connection: Connection, person: Person, visit: Visit, identity: Identity) -> Opened:
        """Rules 4 and 5."""
        proved, way = SECOND * (identity.proved_at or 0), Via.COMPANY
        opened = sessions.begin(connection, self._means, person, visit, stage=Stage.FULL, via=way, proved_at=proved)
        give_back(connection, self._address(visit), 1)
        now, id_ = self._means.now(), opened.session.id
        _rows.add_act(connection, ActKind.SIGNED_IN, at=now, who=person.id, session=id_, via=Via.COMPANY.value)
        return opened

    def _confirm(
        self,
        connection: Connection,
        session: Session | None,
        pending: PendingAuthorization,
        kept: str,
        visit: Visit,
        fresh: bool,
    ) -> Opened | None:
        """Rule 4."""
        if session is None or session.id != pending.bound:
            return None
        person, now, id_ = _rows.find_identity(connection, kept), self._means.now(), session.person.id
        if not fresh or person is None or person.id != id_:
            _rows.add_act(connection, ActKind.CONFIRM_FAILED, at=now, who=id_, session=session.id)
            return None
        give_back(connection, self._address(visit), 1)
        _rows.add_act(connection, ActKind.CONFIRMED, at=now, who=id_, session=session.id)
        return sessions.step_up(connection, self._means, session)


def _is_known(connection: Connection, state: str, browser: str) -> bool:
    table = tables.departures
    asked = sa.select(table.c.expires_at).where(table.c.state_sha256 == state, table.c.browser_sha256 == browser)
    return connection.execute(asked).first() is not None


def _is_fresh(identity: Identity, pending: PendingAuthorization) -> bool:
    return identity.proved_at is not None and identity.proved_at >= pending.began_at // SECOND - LEEWAY


def _pending_of(found: Mapping[str, Any]) -> PendingAuthorization:
    return PendingAuthorization(
        **{**found, "errand": Errand(found["errand"]), "request": AuthorizationRequest(**found["request"])}
    )
