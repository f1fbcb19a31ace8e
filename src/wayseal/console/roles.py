"""Who may do what: the roles, and what a route declares.

1. Deny by default: a route names its roles, or that anybody may call it. One that names neither is refused at start.
2. A person has one role, so that nobody administers access and reads cases with the same account.
3. What needs a fresh proof (`confirmed`) asks for it again, unless it was given within five minutes.
4. Of outlet managers each sees what belongs to their own outlet alone.
5. What takes long for what it does waits in a line of its own, so that pages don't wait behind it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    """The part that a person has in the console."""

    ANALYST = "analyst"
    INVESTIGATOR = "investigator"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    OUTLET_MANAGER = "outlet_manager"
    OFFICER = "officer"
    FINANCE = "finance"


class Stage(StrEnum):
    """How far a session is: the second proof is owed, has yet to be set up, or nothing is owed."""

    CODE = "code"
    ENROL = "enrol"
    FULL = "full"


class Lane(StrEnum):
    """Where a request waits for its turn: with all pages, where passwords are computed, at the company's sign-in."""

    PAGES = "pages"
    PASSWORDS = "passwords"
    COMPANY = "company"


ALL_ROLES = frozenset(Role)
CASE_ROLES = frozenset({Role.ANALYST, Role.INVESTIGATOR})
"""Who works on cases."""
OPENERS = frozenset({Role.INVESTIGATOR})
"""Who may open a case: see its names."""
LEDGER_ROLES = frozenset({Role.ANALYST, Role.INVESTIGATOR, Role.AUDITOR})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
AUDITORS = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
"""Who sees acts of access."""
AUDITOR = frozenset({Role.AUDITOR})
"""Who sees what was done with cases, and nothing of a case."""
OUTLET_MANAGERS = frozenset({Role.OUTLET_MANAGER})
OFFICERS = frozenset({Role.OFFICER})
"""Who opens and answers reports of the hotline; nobody else sees a word of one."""
FINANCE = frozenset({Role.FINANCE})
"""Who pays rewards, by their codes alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A route and who may call it (rule 1).

    Attributes:
        method: GET or POST.
        path: As the router spells it.
        act: Makes the answer, in a thread.
        roles: Who may call it; None: anybody, also without a session.
        stage: How far the session must be, exactly.
        confirmed: Rule 3.
        personal: Names a person or session of others or of one's own in its path, and says 404 of one that isn't
            the caller's to see.
        own_outlet: Names an outlet in its path, and tells a manager 404 of one that isn't theirs (rule 4).
        lane: Rule 5.
        bare: Knows nobody: a file, or a sign of life, which is there while the database is away.
        upload: So many bytes may come, files among them (`ask.files`); 0: a form without files. Who asks is known,
            and let in, before a byte of a file is written.
        carries: Its form may hold another one, which wasn't done since a proof of who it is was missing.
        recorded: That it is asked for can be an act in the asker's name, though it changes nothing else.
        api: For programs: a token opens it and no cookie does, and JSON comes and goes.
    """

    method: str
    path: str
    act: Callable[[Any], Any] = field(repr=False)
    roles: frozenset[Role] | None
    stage: Stage = Stage.FULL
    confirmed: bool = False
    personal: bool = False
    own_outlet: bool = False
    lane: Lane = Lane.PAGES
    bare: bool = False
    upload: int = 0
    carries: bool = False
    recorded: bool = False
    api: bool = False
