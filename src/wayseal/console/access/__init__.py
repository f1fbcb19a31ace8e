"""Who may use the console: people, sessions, one-time links, and the acts of access, in a database of their own.

There are two ways in, password and code (`sign_in`) and the company's sign-in (`company`): each gives an `Opened`
session, and nothing behind it asks which.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from wayseal.console.access import _context, _provider, _rows
from wayseal.console.access._company import CompanySignIn, Errand
from wayseal.console.access._context import KNOWN_SECONDS, AccessContext, AccessKeys, Passwords, load_keys
from wayseal.console.access._people import People, anybody
from wayseal.console.access._provider import AuthorizationCallback, Provider
from wayseal.console.access._rows import METADATA
from wayseal.console.access._sessions import Marks, OwnAccount, Sessions, SignIn, Standing
from wayseal.console.access.types import Act, ActKind, Checked, Rules, Session
from wayseal.console.errors import ThrottledError
from wayseal.console.roles import Lane
from wayseal.database import Database
from wayseal.service.argon2 import Cost

AT_ONCE = {Lane.PASSWORDS: _context.PASSWORDS_AT_ONCE, Lane.COMPANY: _provider.AT_ONCE}
"""How many of what takes long are done at a time."""
__all__ = [
    "AT_ONCE",
    "KNOWN_SECONDS",
    "METADATA",
    "Access",
    "AccessKeys",
    "AuthorizationCallback",
    "Errand",
    "Provider",
    "Standing",
    "has_people",
    "load_keys",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Everything about access, over one database; whoever made it closes the database.

    Attributes:
        keys: Of the key file.
        rules: How long things last.
        sessions: Finds, lists and ends sessions.
        sign_in: Opens them by password and code.
        company: Opens them by the company's sign-in; None: none is set.
        company_only: Passwords let administrators in alone.
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
    company: CompanySignIn | None
    company_only: bool
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
        provider: Provider | None = None,
        company_only: bool = False,
    ) -> Self:
        """Access over tables that are of this version.

        Args:
            database: Holds them.
            keys: Of the key file.
            rules: How long things last.
            cost: Of a password.
            now: Microseconds after 1970.
            random: Gives so many random bytes.
            provider: The company's sign-in.
            company_only: Passwords let administrators in alone.

        Returns:
            All parts, over the same means.
        """
        means = AccessContext(
            database=database,
            keys=keys,
            passwords=Passwords(keys.pepper, cost or Cost()),
            rules=rules or Rules(),
            now=now,
            random=random,
            company_only=company_only,
        )
        people = People(means)
        return cls(
            keys=keys,
            rules=means.rules,
            sessions=Sessions(means),
            sign_in=SignIn(means),
            company=None if provider is None else CompanySignIn(means, people, provider),
            company_only=company_only,
            own=OwnAccount(means),
            people=people,
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
        return self.database.read(_rows.page_of_acts, before=before, limit=limit)

    def count_guess(self, session: Session) -> None:
        """Counts a try at a reward's code, before it is looked up.

        Args:
            session: Whose.

        Raises:
            ThrottledError: There were too many.
        """
        if wait := self.database.write(_rows.take_attempt, self._guesses(session), self.now()):
            raise ThrottledError(wait)

    def forget_guesses(self, session: Session) -> None:
        """Somebody found a code: those before were no guesses.

        Args:
            session: Whose.
        """
        self.database.write(_rows.forget_attempts, self._guesses(session), self.now())

    def _guesses(self, session: Session) -> dict[str, str]:
        return {"reward": self.keys.mac("attempts", "reward", session.person.id)}

    def note(self, session: Session, kind: ActKind, /, **detail: str) -> None:
        """Adds an act of somebody's, durably, before what it allows is done.

        Args:
            session: Whose.
            kind: What they do.
            **detail: Ids and words of ours.
        """
        self.database.write(_rows.add_act, kind, at=self.now(), who=session.person.id, **detail)

    def check_acts(self, start: int = 1, *, limit: int = 20_000) -> Checked:
        """Checks the chain of acts, a part at a time.

        Args:
            start: The number to begin with; those before it were checked before.
            limit: So many at most.

        Returns:
            How far they are what was written, and the first that isn't.
        """
        return self.database.read(_rows.check_acts, start=start, limit=limit)


def has_people(database: Database) -> bool:
    """Return whether there is an account yet."""
    return database.look(anybody)
