"""People, sessions and acts of access as values. All times are microseconds after 1970, UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from wayseal.console.roles import Role, Stage

LOOK_US = 15 * 60 * 1_000_000
"""So long a look at a case's names lasts, from the act that records it."""


class PersonState(StrEnum):
    """An account that wasn't taken up yet, one that can sign in, one that can't any more."""

    INVITED = "invited"
    ACTIVE = "active"
    DISABLED = "disabled"


class Way(StrEnum):
    """How a person signs in, as the administrator set it: password and code, or the company's sign-in."""

    PASSWORD = "password"  # noqa: S105 (a kind, no secret)
    COMPANY = "company"


class Via(StrEnum):
    """How a session began."""

    PASSWORD = "password"  # noqa: S105 (a kind, no secret)
    LINK = "link"
    COMPANY = "company"
    TOKEN = "token"  # noqa: S105 (a kind, no secret)


class LinkKind(StrEnum):
    """The use of a one-time link or code."""

    SETUP = "setup"
    INVITE = "invite"
    DEMO = "demo"


class ActKind(StrEnum):
    """Acts of access, as they are kept."""

    SETUP = "setup"
    INVITED = "invited"
    LINK_MADE = "link_made"
    LINK_USED = "link_used"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    RECOVERY_USED = "recovery_used"
    SIGNED_OUT = "signed_out"
    SESSION_ENDED = "session_ended"
    CONFIRMED = "confirmed"
    CONFIRM_FAILED = "confirm_failed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 (a kind, no secret)
    TOTP_CHANGED = "totp_changed"
    CODES_RENEWED = "codes_renewed"
    BOUND = "bound"
    ROLE_CHANGED = "role_changed"
    DISABLED = "disabled"
    ENABLED = "enabled"
    LIST_EXPORTED = "list_exported"
    FILE_TAKEN = "file_taken"
    CANARY_SEEN = "canary_seen"
    LOG_PREVIEWED = "log_previewed"
    MARKET_TEXT_SEEN = "market_text_seen"
    TOKEN_MADE = "token_made"  # noqa: S105 (a kind, no secret)
    NOTICES_SET = "notices_set"
    NAMES_SHOWN = "names_shown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with an account.

    name: as colleagues call them; totp: whether codes are set up; bound: whether an account of the company's sign-in
    is theirs; outlet: of an outlet manager.
    """

    id: str
    login: str
    name: str = field(repr=False)
    role: Role
    state: PersonState
    password: bool
    totp: bool
    lang: str | None
    theme: str | None
    created_at: int
    way: Way = Way.PASSWORD
    bound: bool = False
    outlet: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A person at a browser.

    confirmed_at: when they last proved who they are; ended_at: None while it lasts; looks: case → when it was recorded
    here that they see its names; inbox, seen: marks that say what of the inbox, and of changes, they
    have seen; last_job: when one that they asked for ended last.
    """

    id: str
    person: Person
    stage: Stage
    via: Via
    device: str
    created_at: int
    seen_at: int
    confirmed_at: int
    ended_at: int | None = None
    looks: Mapping[str, int] = field(default_factory=dict)
    inbox: str = ""
    seen: str = ""
    last_job: int = 0

    def look(self, case: str, now: int) -> int | None:
        """When the look at a case's names was recorded that lasts yet; None: there is none of this session."""
        at = self.looks.get(case)
        return None if at is None or not 0 <= now - at < LOOK_US else at


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A session that has just begun, and what the browser shows for it: it is kept nowhere else.

    known: by which the browser is known when they sign in again.
    """

    session: Session
    token: str = field(repr=False)
    known: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """From where somebody comes: the address, browser and system in a few words, and for whom the browser is known."""

    address: str = field(repr=False)
    device: str
    known: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act of access. who, person: logins, of whoever did it and of whom it was done to."""

    number: int
    at: int
    act: ActKind
    who: str | None
    person: str | None
    detail: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Part of the acts, checked.

    upto: all up to this number are what was written; wrong: the first that isn't, or is missing.
    """

    upto: int
    newest: int
    wrong: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How long things last, in seconds."""

    idle: int = 3600
    absolute: int = 43_200
    confirmed: int = 300
    half_open: int = 600
    """A session that owes its code."""
    link: int = 604_800
    demo: int = 900
    authorization: int = 600
    """Somebody who is at the company's sign-in."""
    token: int = 7_776_000
    """A program's token."""
