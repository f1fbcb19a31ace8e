"""Who may use the console: people, sessions, one-time links, and the acts of access, in a database of their own.

Another way to sign in (OpenID Connect) takes the place of `sign_in`: all it has to give is an `Opened` session.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from wayseal.console.access import _acts
from wayseal.console.access._keys import AccessKeys, load_keys
from wayseal.console.access._marks import Marks
from wayseal.console.access._means import Means
from wayseal.console.access._own_account import OwnAccount
from wayseal.console.access._passwords import Cost, Passwords
from wayseal.console.access._people import People, anybody
from wayseal.console.access._sessions import Sessions, Standing
from wayseal.console.access._sign_in import SignIn
from wayseal.console.access.types import Act, ActKind, Rules, Session
from wayseal.store.database import Database

__all__ = ["Access", "AccessKeys", "Cost", "Standing", "has_people", "load_keys"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Everything about access, over one database; whoever made it closes the database.

    Attributes:
        keys: Of the key file.
        rules: How long things last.
        sessions: Finds, lists and ends sessions.
        sign_in: Opens them.
        own: What people do with their own account.
        people: Everybody, and their links.
        marks: What people keep for themselves or for all.
        database: Holds all that.
        now: Microseconds after 1970.
    """

    keys: AccessKeys
    rules: Rules
    sessions: Sessions
    sign_in: SignIn
    own: OwnAccount
    people: People
    marks: Marks
    database: Database
    now: Callable[[], int]

    @classmethod
    def over(
        cls,
        database: Database,
        keys: AccessKeys,
        *,
        rules: Rules | None = None,
        cost: Cost | None = None,
        now: Callable[[], int] = lambda: time.time_ns() // 1000,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> Self:
        """Access over tables that are of this version.

        Args:
            database: Holds them.
            keys: Of the key file.
            rules: How long things last.
            cost: Of a password.
            now: Microseconds after 1970.
            random: Gives so many random bytes.

        Returns:
            All parts, over the same means.
        """
        means = Means(
            database=database,
            keys=keys,
            passwords=Passwords(keys.pepper, cost or Cost()),
            rules=rules or Rules(),
            now=now,
            random=random,
        )
        return cls(
            keys=keys,
            rules=means.rules,
            sessions=Sessions(means),
            sign_in=SignIn(means),
            own=OwnAccount(means),
            people=People(means),
            marks=Marks(means),
            database=database,
            now=now,
        )

    def acts(self, *, before: int | None = None, limit: int = 50) -> tuple[Act, ...]:
        """Acts of access.

        Args:
            before: Only those below this number.
            limit: So many at most.

        Returns:
            The newest first.
        """
        return self.database.read(_acts.page, before=before, limit=limit)

    def note(self, session: Session, kind: ActKind, /, **detail: str) -> None:
        """Adds an act of somebody's, durably, before what it allows is done.

        Args:
            session: Whose.
            kind: What they do.
            **detail: Ids and words of ours.
        """
        self.database.write(_acts.add, kind, at=self.now(), who=session.person.id, **detail)

    def first_wrong_act(self) -> int | None:
        """Checks the chain of acts.

        Returns:
            The number of the first act that isn't what was written; None: all are.
        """
        return self.database.read(_acts.first_wrong)


def has_people(database: Database) -> bool:
    """Whether there is an account yet."""
    return database.look(anybody)
