"""Providers of virtual numbers (AXB): A calls or texts X and reaches B, B calls X and reaches A, nobody else anybody.

1. A binding is known by the id of its pair. Bound again it is the new one; to unbind what isn't there changes nothing.
2. Nothing is recorded. A provider whose answer says that it records is refused, for some do by default, and the binding
   is undone.
3. A call by somebody to whom the alias isn't bound at that moment reaches nobody, and is an event like any other.
4. An event says who called as a side of the binding; phones stay with the provider.

No provider's HTTP interface is here: each signs requests in its own way (Alibaba's and Volcengine's both do), and none
could be tried without an account. `AliasProvider` is all that one takes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import sqlalchemy as sa

from wayseal.database import Connection, Database
from wayseal.vault.aliases import tables as t
from wayseal.vault.errors import BusyError, VaultError
from wayseal.vault.sealing.phones import asked_numbers


class ProviderError(BusyError):
    """A provider that doesn't do what it has to; never with a phone."""


class Side(StrEnum):
    """The side of a binding: whoever was given the alias, or the person behind it."""

    VIEWER = "viewer"
    RECIPIENT = "recipient"


class CallKind(StrEnum):
    """A call or a text."""

    CALL = "call"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """A call to an alias, at µs since 1970. side: who called; None: a stranger, who reached nobody."""

    at: int
    alias: str
    kind: CallKind
    side: Side | None


class AliasProvider(Protocol):
    """Binds virtual numbers. Times are microseconds since 1970. ProviderError: it wasn't done, or isn't known to be."""

    def bind(self, pair: str, alias: str, viewer: str, recipient: str, until: int) -> bool:
        """Binds phones of a viewer and a recipient to an alias until then; whether it records (rule 2)."""

    def extend(self, pair: str, until: int) -> None:
        """Lets a binding end then."""

    def swap(self, pair: str, viewer: str, recipient: str) -> None:
        """Puts other phones behind the alias."""

    def unbind(self, pair: str) -> None:
        """Ends a binding."""

    def events(self, since: int) -> Sequence[CallEvent]:
        """Calls and texts since then, oldest first."""


class LocalProvider:
    """A provider in a database with the tables of `CHAIN`: it rings nobody, and says whom a call would reach.

    tag: makes a keyed hash of a phone. clock: µs since 1970.
    """

    def __init__(self, database: Database, tag: Callable[[bytes], bytes], clock: Callable[[], int]) -> None:
        self._database, self._tag_of, self._clock = database, tag, clock

    def bind(self, pair: str, alias: str, viewer: str, recipient: str, until: int) -> bool:
        """See `AliasProvider`; it records nothing."""
        row = {"pair": pair, "alias": alias, "until": until}
        sides = {"viewer": self._tag(viewer), "recipient": self._tag(recipient)}

        def work(connection: Connection) -> None:
            connection.execute(t.bindings.delete().where(t.bindings.c.pair == pair))
            connection.execute(t.bindings.insert(), row | sides)

        self._database.write(work)
        return False

    def extend(self, pair: str, until: int) -> None:
        """See `AliasProvider`."""
        self._change(pair, until=until)

    def swap(self, pair: str, viewer: str, recipient: str) -> None:
        """See `AliasProvider`."""
        self._change(pair, viewer=self._tag(viewer), recipient=self._tag(recipient))

    def unbind(self, pair: str) -> None:
        """See `AliasProvider`."""
        self._database.write(lambda c: c.execute(t.bindings.delete().where(t.bindings.c.pair == pair)))

    def events(self, since: int) -> Sequence[CallEvent]:
        """See `AliasProvider`."""
        asked = sa.select(t.calls).where(t.calls.c.at >= since).order_by(t.calls.c.at, t.calls.c.call)
        rows = self._database.look(lambda c: c.execute(asked).all())
        return [_event(row.at, row.alias, row.kind, row.side) for row in rows]

    def play(self, phone: str, alias: str, kind: CallKind = CallKind.CALL) -> CallEvent:
        """A call or text from a phone to an alias now; it reaches the other side (rule 3)."""
        tag, at = self._tag(phone), self._clock()

        def work(connection: Connection) -> CallEvent:
            live = (t.bindings.c.alias == alias) & (t.bindings.c.until > at)
            rows = connection.execute(sa.select(t.bindings).where(live)).all()
            side = next((side for row in rows for side in Side if getattr(row, side) == tag), None)
            connection.execute(t.calls.insert(), {"at": at, "alias": alias, "kind": kind, "side": side})
            return _event(at, alias, kind, side)

        return self._database.write(work)

    def _change(self, pair: str, **values: Any) -> None:
        change = t.bindings.update().where(t.bindings.c.pair == pair).values(**values)
        if self._database.write(lambda c: c.execute(change).rowcount) != 1:
            raise ProviderError("the provider of virtual numbers has no such binding")

    def _tag(self, phone: str) -> bytes:
        spelled = asked_numbers(phone)
        if len(spelled) != 1:
            raise VaultError("needs one number that can be called", key="phone")
        return self._tag_of(b"alias\0" + spelled[0].encode())


def _event(at: int, alias: str, kind: str, side: str | None) -> CallEvent:
    return CallEvent(at=at, alias=alias, kind=CallKind(kind), side=None if side is None else Side(side))
