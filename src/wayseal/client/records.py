"""What goes to the service and comes back. Times are aware datetimes; what is personal stands in no `repr`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

FIELDS = (
    "sender_name",
    "sender_phone",
    "sender_address",
    "recipient_name",
    "recipient_phone",
    "recipient_address",
    "goods",
)
"""Names of the fields that are sealed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What is to be sealed under a number; values by names of FIELDS. keep_until: when its key is to be erased."""

    waybill: str
    values: Mapping[str, str] = field(repr=False)
    origin_outlet: str | None = None
    destination_outlet: str | None = None
    keep_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A parcel that was sealed: a token for each field that it has."""

    waybill: str
    tokens: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One waybill that somebody wants to see, why. fields: fewer than the purpose has; None: all of them."""

    waybill: str
    purpose: str
    reason: str = field(repr=False)
    fields: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosed:
    """What was shown, and where that stands in the log.

    forms: full, masked or region, by field. until: when it must have been let go of. leaf: its hash in the log.
    """

    waybill: str
    values: Mapping[str, str] = field(repr=False)
    forms: Mapping[str, str]
    until: datetime
    seq: int
    leaf: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """What was changed, and where that stands in the log. revision: of the record, 1 when it was sealed.

    tokens: of the fields that changed; those of before stay valid. forms: how the purpose shows those that it shows.
    """

    waybill: str
    revision: int
    tokens: Mapping[str, str]
    forms: Mapping[str, str]
    seq: int
    leaf: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What was not shown or sealed, among others. seq: where the refusal stands in the log, if it does by itself."""

    waybill: str
    rule: str
    zh: str
    en: str
    seq: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenShown:
    """What a token stands for; value and what follows are None where it was refused, rule and words where it wasn't."""

    token: str
    value: str | None = field(repr=False)
    form: str | None
    until: datetime | None
    rule: str | None
    zh: str | None
    en: str | None
    seq: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """A step of a parcel. kind: pickup, arrive, depart, out_for_delivery, delivered, returned, problem."""

    waybill: str
    at: datetime
    kind: str
    outlet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Work of one actor on one waybill; open while `closed_at` is None."""

    ticket: str
    waybill: str
    actor: str
    opened_at: datetime
    kind: str | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """One actor of the directory. kind: person, service, partner, device."""

    actor: str
    kind: str
    role: str
    outlet: str | None = None
    region: str | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    trained_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Bulk that was asked for. left: how many waybills it still opens; approved_by: None while nobody agreed."""

    approval: str
    actor: str
    purpose: str
    most: int
    left: int
    expires_at: datetime
    approved_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """A waybill whose key was erased. gone_at: when the last backup that may hold the key is gone."""

    waybill: str
    erased_at: datetime
    gone_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyShown:
    """The policy in force: its purposes (TOML) and rules (Cedar)."""

    version: int
    sha256: str
    purposes: str
    rules: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How long is waited: `timeout` seconds for an answer, `tries` attempts, a pause of at most `pause` seconds."""

    timeout: float = 30.0
    tries: int = 4
    pause: float = 10.0
