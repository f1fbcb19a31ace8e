"""People, sessions and acts of access as values. All times are microseconds after 1970, UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from wayseal.console.roles import Role, Stage


class PersonState(StrEnum):
    """An account that wasn't taken up yet, one that can sign in, one that can't any more."""

    INVITED = "invited"
    ACTIVE = "active"
    DISABLED = "disabled"


class Via(StrEnum):
    """How a session began."""

    PASSWORD = "password"  # noqa: S105 (a kind, no secret)
    LINK = "link"


class LinkKind(StrEnum):
    """What a one-time link or code is for."""

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
    ROLE_CHANGED = "role_changed"
    DISABLED = "disabled"
    ENABLED = "enabled"
    LIST_EXPORTED = "list_exported"
    FILE_TAKEN = "file_taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with an account. name: as colleagues call them; totp: whether codes are set up."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A person at a browser. confirmed_at: when password or code were last given; ended_at: None while it lasts."""

    id: str
    person: Person
    stage: Stage
    via: Via
    device: str
    created_at: int
    seen_at: int
    confirmed_at: int
    ended_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A session that has just begun, and what the browser shows for it: it is kept nowhere else."""

    session: Session
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """From where somebody comes: the address, and browser and system in a few words."""

    address: str = field(repr=False)
    device: str


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
class Rules:
    """How long things last, in seconds."""

    idle: int = 3600
    absolute: int = 43_200
    confirmed: int = 300
    half_open: int = 600
    """A session that owes its code."""
    link: int = 604_800
    demo: int = 900
