"""What goes to a vault and what comes back, spelled once for the vault, its HTTP service and the client.

1. A type says what Python sees; what is annotated beside it says how it stands in JSON, and what may stand there.
   Nothing is checked when a record is made: the service checks what comes in, the client what comes back.
2. What is personal stands in no `repr`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, TypeVar

import pydantic
from pydantic import BeforeValidator, ConfigDict, GetPydanticSchema, PlainSerializer, WithJsonSchema
from pydantic_core import core_schema

from wayseal.model.fields import ID, NUMBER, PURPOSE, REASON, VALUE, Field, Form
from wayseal.model.kinds import ActorKind, ScanKind
from wayseal.model.times import EPOCH

T = TypeVar("T")
ONLY: Final = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
"""Of whatever a request carries: names that aren't known are refused."""
_STATUS_TOLD: Final = ConfigDict(json_schema_serialization_defaults_required=True)
"""Of answers that always say what they are."""

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_END = datetime(2200, 1, 1, tzinfo=UTC)


def parse_time(text: object) -> datetime:
    """A time of RFC 3339 with an offset, from 1970 to 2199; ValueError where it is none."""
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise ValueError("no time of RFC 3339")
    try:
        at = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (OverflowError, ValueError):
        at = _END
    if not EPOCH <= at < _END:
        raise ValueError("no time from 1970 to 2199")
    return at


@lru_cache(maxsize=1024)
def format_time(at: datetime) -> str:
    """A time in UTC, with microseconds. Remembered: what is shown together has the same end."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _read_as(written: Any, make: Callable[[Any], object]) -> GetPydanticSchema:
    """A type that stands in JSON as `written` does, and is made of that."""

    def schema(_: Any, handler: pydantic.GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(make, handler.generate_schema(written))

    return GetPydanticSchema(schema)


Number = Annotated[str, pydantic.Field(min_length=1, max_length=NUMBER, examples=["YT1234567890123"])]
Identifier = Annotated[str, pydantic.Field(min_length=1, max_length=ID)]
Purpose = Annotated[str, pydantic.Field(min_length=1, max_length=PURPOSE, examples=["deliver"])]
Reason = Annotated[
    str, pydantic.Field(min_length=1, max_length=REASON, examples=["route 12"], description="Why; sealed in the log.")
]
Time = Annotated[
    datetime,
    BeforeValidator(parse_time),
    PlainSerializer(format_time, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-03-02T08:18:00Z"]}),
]
"""In JSON text of RFC 3339."""
_Value = Annotated[str, pydantic.Field(min_length=1, max_length=VALUE)]
_each: dict[str, Any] = {each.value: (_Value | None, None) for each in Field}
Values = Annotated[
    Mapping[Field, str],
    _read_as(
        pydantic.create_model(
            "Values",
            __config__=ONLY,
            __doc__="What is sealed under a number; each field on its own, none is needed.",
            **_each,
        ),
        lambda given: {each: value for each in Field if (value := getattr(given, each.value)) is not None},
    ),
]
Chosen = Annotated[
    frozenset[Field],
    _read_as(Annotated[list[Field], pydantic.Field(min_length=1, max_length=len(Field))], frozenset),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """The fields to be sealed under a number.

    Attributes:
        waybill: Number of the waybill.
        values: What is sealed, by field; at least one.
        origin_outlet: Where it comes from.
        destination_outlet: Where it goes to.
        keep_until: When its key is to be erased.
    """

    __pydantic_config__ = ONLY
    waybill: Number
    values: Values = field(repr=False)
    origin_outlet: Identifier | None = None
    destination_outlet: Identifier | None = None
    keep_until: Annotated[Time | None, pydantic.Field(description="When its key is to be erased.")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A parcel that was sealed.

    Attributes:
        waybill: Number of the waybill.
        tokens: A token for each field that it has.
        status: Always sealed.
    """

    __pydantic_config__ = _STATUS_TOLD
    waybill: str
    tokens: Mapping[Field, str]
    status: Literal["sealed"] = "sealed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One waybill that somebody wants to see.

    Attributes:
        waybill: Number of the waybill.
        purpose: A code of the policy.
        reason: Why, in at most 200 characters; sealed in the log.
        fields: Fewer fields than the purpose has; None: all of them.
    """

    __pydantic_config__ = ONLY
    waybill: Number
    purpose: Purpose
    reason: Reason = field(repr=False)
    fields: Chosen | None = None

    def __reduce__(self) -> tuple[object, ...]:
        """Spares pickle its look at every field: a request may hold a thousand of these."""
        return _ask, (self.waybill, self.purpose, self.reason, self.fields)


def _ask(waybill: str, purpose: str, reason: str, fields: frozenset[Field] | None) -> Ask:
    return Ask(waybill=waybill, purpose=purpose, reason=reason, fields=fields)


_Leaf = Annotated[str, pydantic.Field(description="Hash of the log's entry, hexadecimal.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosed:
    """The fields that were shown, and their place in the log.

    Attributes:
        waybill: Number of the waybill.
        values: What was shown, by field.
        forms: How: full, masked or region, by field.
        until: When whoever got it must have let go of it.
        seq: Where that stands in the log, from 0.
        leaf: Hash of the log's entry, hexadecimal.
        status: Always disclosed.
    """

    __pydantic_config__ = _STATUS_TOLD
    waybill: str
    values: Mapping[Field, str] = field(repr=False)
    forms: Mapping[Field, Form]
    until: Time
    seq: int
    leaf: _Leaf
    status: Literal["disclosed"] = "disclosed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """A record that was sealed anew, and where that stands in the log.

    Attributes:
        waybill: Number of the waybill.
        revision: Of the record: 1 when it was sealed, and one more with each change.
        tokens: Of the fields that changed; those of before stay valid.
        forms: How the purpose shows those of them that it shows.
        seq: Where that stands in the log.
        leaf: Hash of the log's entry, hexadecimal.
        status: Always revised.
    """

    __pydantic_config__ = _STATUS_TOLD
    waybill: str
    revision: Annotated[
        int, pydantic.Field(description="Of the record: 1 when it was sealed, and one more with each change.")
    ]
    tokens: Annotated[
        Mapping[Field, str], pydantic.Field(description="Of the fields that changed; tokens of before stay valid.")
    ]
    forms: Annotated[
        Mapping[Field, Form], pydantic.Field(description="How the purpose shows those of them that it shows.")
    ]
    seq: int
    leaf: _Leaf
    status: Literal["revised"] = "revised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A refusal to show or seal, and which rule says so.

    Attributes:
        waybill: Number of the waybill.
        rule: Code of the rule that refused.
        zh: Its words in Chinese.
        en: Its words in English.
        seq: Where the refusal stands in the log; None where only the request does.
        status: Always refused.
    """

    __pydantic_config__ = _STATUS_TOLD
    waybill: str
    rule: str
    zh: Annotated[str, pydantic.Field(alias="detail_zh")]
    en: Annotated[str, pydantic.Field(alias="detail_en")]
    seq: Annotated[
        int | None, pydantic.Field(description="Where it stands in the log; null where only the request does.")
    ]
    status: Literal["refused"] = "refused"


Answer = Disclosed | Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenShown:
    """The field that a token stands for, or which rule refused.

    Attributes:
        token: The token.
        status: disclosed or refused.
        value: What it stands for; None where it was refused.
        form: full, masked or region; None where it was refused.
        until: When it must have been let go of; None where it was refused.
        rule: Code of the rule that refused; None where none did.
        zh: Its words in Chinese.
        en: Its words in English.
        seq: Where that stands in the log, if it does by itself.
    """

    token: str
    status: Literal["disclosed", "refused"]
    value: str | None = field(default=None, repr=False)
    form: Form | None = None
    until: Time | None = None
    rule: str | None = None
    zh: Annotated[str | None, pydantic.Field(alias="detail_zh")] = None
    en: Annotated[str | None, pydantic.Field(alias="detail_en")] = None
    seq: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """A step of a parcel.

    Attributes:
        waybill: Number of the waybill.
        at: When.
        kind: pickup, arrive, depart, out_for_delivery, delivered, returned or problem.
        outlet: Where.
    """

    __pydantic_config__ = ONLY
    waybill: Number
    at: Time
    kind: ScanKind
    outlet: Identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Work of one actor on one waybill.

    Attributes:
        ticket: Its id.
        waybill: Number of the waybill.
        actor: Who works on it.
        kind: What it is about.
        opened_at: Since when.
        closed_at: Until when; None while it is open.
    """

    __pydantic_config__ = ONLY
    ticket: Identifier
    waybill: Number
    actor: Identifier
    kind: Identifier | None = None
    opened_at: Time
    closed_at: Time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """One actor of the courier's directory.

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

    __pydantic_config__ = ONLY
    actor: Identifier
    kind: ActorKind
    role: Identifier
    outlet: Identifier | None = None
    region: Identifier | None = None
    valid_from: Time | None = None
    valid_to: Time | None = None
    trained_until: Time | None = None


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
    left: Annotated[int, pydantic.Field(description="How many waybills it still opens.")]
    expires_at: Time
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
    erased_at: Time
    gone_at: Annotated[Time, pydantic.Field(description="When the last backup that may hold the key is gone.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyShown:
    """The policy in force.

    Attributes:
        version: Its number.
        purposes: Its purposes, as TOML.
        rules: Its rules, as Cedar policies.
        sha256: Its digest, hexadecimal.
    """

    version: int
    purposes: str
    rules: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """A field that isn't valid.

    Attributes:
        field: Where: names from the top, with a dot between.
        problem: What is wrong, as a code.
    """

    field: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why something was not done (RFC 9457).

    Attributes:
        type: The rule as a URN.
        title: In words.
        status: Of the answer.
        rule: Code of the rule.
        zh: Its words in Chinese.
        en: Its words in English.
        request: The service's id of the request.
        errors: Fields that aren't valid.
        seq: Where a refusal of the vault stands in the log.
        waybill: Number of the waybill.
        scope: The scope that is missing.
    """

    type: str
    title: str
    status: int
    rule: str
    zh: Annotated[str, pydantic.Field(alias="detail_zh")]
    en: Annotated[str, pydantic.Field(alias="detail_en")]
    request: str
    errors: tuple[FieldError, ...] = ()
    seq: Annotated[int | None, pydantic.Field(description="Where a refusal of the vault stands in the log.")] = None
    waybill: str | None = None
    scope: Annotated[str | None, pydantic.Field(description="The scope that is missing.")] = None
