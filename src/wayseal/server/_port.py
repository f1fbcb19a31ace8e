"""Stand-in for names of the vault that are on their way."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from wayseal.model.kinds import ActorKind, ScanKind
from wayseal.vault._acts import Ask, Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorRecord:
    """One actor."""

    actor: str
    kind: ActorKind
    role: str
    outlet: str | None = None
    region: str | None = None
    valid_from: int | None = None
    valid_to: int | None = None
    trained_until: int | None = None
    blocked_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One client."""

    client: str
    secret_sha256: bytes = field(repr=False)
    scopes: frozenset[str]
    actor: str | None
    acts_for: frozenset[str]
    per_second: int
    certificate_sha256: str | None
    disabled_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanEvent:
    """One scan."""

    waybill: str
    at: int
    kind: ScanKind
    outlet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEvent:
    """One ticket."""

    ticket: str
    waybill: str
    actor: str
    kind: str | None
    opened_at: int
    closed_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Bulk that was asked for."""

    approval: str
    actor: str
    purpose: str
    most: int
    left: int
    expires_at: int
    approved_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """A key that was erased."""

    waybill: str
    erased_at: int
    gone_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscloseJob:
    """A disclosure for the committer."""

    caller: Caller
    asks: Sequence[Ask]
    key: str | None = None
    approval: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The policy in force."""

    version: int
    purposes: str
    rules: str
    sha256: str
