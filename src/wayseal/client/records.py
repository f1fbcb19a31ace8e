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
    """What is to be sealed under a number.

    Attributes:
        waybill: Number of the waybill.
        values: What is sealed, by names of FIELDS; at least one.
        origin_outlet: Where it comes from.
        destination_outlet: Where it goes to.
        keep_until: When its key is to be erased.
    """

    waybill: str
    values: Mapping[str, str] = field(repr=False)
    origin_outlet: str | None = None
    destination_outlet: str | None = None
    keep_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A parcel that was sealed.

    Attributes:
        waybill: Number of the waybill.
        tokens: A token for each field that it has, by names of FIELDS.
    """

    waybill: str
    tokens: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One waybill that somebody wants to see.

    Attributes:
        waybill: Number of the waybill.
        purpose: A code of the policy.
        reason: Why, in at most 200 characters; sealed in the log.
        fields: Fewer fields than the purpose has, by names of FIELDS; None: all of them.
    """

    waybill: str
    purpose: str
    reason: str = field(repr=False)
    fields: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosed:
    """What was shown, and where that stands in the log.

    Attributes:
        waybill: Number of the waybill.
        values: What was shown, by names of FIELDS.
        forms: How: full, masked or region, by names of FIELDS.
        until: When it must have been let go of.
        seq: Where that stands in the log.
        leaf: Hash of the log's entry, hexadecimal.
    """

    waybill: str
    values: Mapping[str, str] = field(repr=False)
    forms: Mapping[str, str]
    until: datetime
    seq: int
    leaf: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """What was changed, and where that stands in the log.

    Attributes:
        waybill: Number of the waybill.
        revision: Of the record: 1 when it was sealed, and one more with each change.
        tokens: Of the fields that changed; those of before stay valid.
        forms: How the purpose shows those of them that it shows.
        seq: Where that stands in the log.
        leaf: Hash of the log's entry, hexadecimal.
    """

    waybill: str
    revision: int
    tokens: Mapping[str, str]
    forms: Mapping[str, str]
    seq: int
    leaf: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What was not shown or sealed, among others.

    Attributes:
        waybill: Number of the waybill.
        rule: Code of the rule that refused.
        zh: Its words in Chinese.
        en: Its words in English.
        seq: Where the refusal stands in the log; None where only the request does.
    """

    waybill: str
    rule: str
    zh: str
    en: str
    seq: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenShown:
    """What a token stands for, or which rule refused.

    Attributes:
        token: The token.
        value: What it stands for; None where it was refused.
        form: full, masked or region; None where it was refused.
        until: When it must have been let go of; None where it was refused.
        rule: Code of the rule that refused; None where none did.
        zh: Its words in Chinese.
        en: Its words in English.
        seq: Where that stands in the log, if it does by itself.
    """

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
    """A step of a parcel.

    Attributes:
        waybill: Number of the waybill.
        at: When.
        kind: pickup, arrive, depart, out_for_delivery, delivered, returned or problem.
        outlet: Where.
    """

    waybill: str
    at: datetime
    kind: str
    outlet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Work of one actor on one waybill.

    Attributes:
        ticket: Its id.
        waybill: Number of the waybill.
        actor: Who works on it.
        opened_at: Since when.
        kind: What it is about.
        closed_at: Until when; None while it is open.
    """

    ticket: str
    waybill: str
    actor: str
    opened_at: datetime
    kind: str | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """One actor of the directory.

    Attributes:
        actor: Its id.
        kind: person, service, partner or device.
        role: Its role, as the policy has it.
        outlet: Where it works.
        region: Where it works.
        valid_from: Since when the account is valid.
        valid_to: Until when it is valid.
        trained_until: Until when its training is valid; None: nothing is shown.
    """

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
    """Bulk that was asked for.

    Attributes:
        approval: Its id.
        actor: Who asked.
        purpose: What for.
        most: How many waybills.
        left: How many it still opens.
        expires_at: When it ends.
        approved_by: Who agreed; None while nobody did.
    """

    approval: str
    actor: str
    purpose: str
    most: int
    left: int
    expires_at: datetime
    approved_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """A waybill whose key was erased.

    Attributes:
        waybill: Number of the waybill.
        erased_at: When.
        gone_at: When the last backup that may hold the key is gone.
    """

    waybill: str
    erased_at: datetime
    gone_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyShown:
    """The policy in force.

    Attributes:
        version: Its number.
        sha256: Its digest, hexadecimal.
        purposes: Its purposes, as TOML.
        rules: Its rules, as Cedar policies.
    """

    version: int
    sha256: str
    purposes: str
    rules: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How long is waited, and how often tried.

    Attributes:
        timeout: Seconds for an answer.
        tries: Attempts for what may be sent again.
        pause: Seconds between two of them, at most.
    """

    timeout: float = 30.0
    tries: int = 4
    pause: float = 10.0
