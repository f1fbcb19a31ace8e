"""Requests to the vault, and its answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wayseal.vault.fields import Field, Form


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks.

    Attributes:
        client: The system that calls.
        actor: On whose behalf.
        scopes: What it may call.
        request: Id of the request.
        via: The way by which it comes.
        ip: Its address, if known.
    """

    client: str
    actor: str
    scopes: frozenset[str]
    request: str
    via: str = "api"
    ip: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What is to be sealed under a number.

    Attributes:
        waybill: Its number.
        values: What is sealed; shown by no `repr`.
        origin_outlet: Where it comes from.
        destination_outlet: Where it goes to.
        keep_until: When its key is to be erased, microseconds since 1970.
    """

    waybill: str
    values: Mapping[Field, str] = field(repr=False)
    origin_outlet: str | None = None
    destination_outlet: str | None = None
    keep_until: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A parcel that was sealed, durably.

    Attributes:
        waybill: Its number.
        tokens: A token for each field that it has.
    """

    waybill: str
    tokens: Mapping[Field, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One waybill that somebody wants to see.

    Attributes:
        waybill: Its number.
        purpose: A code of the policy.
        reason: Free text, sealed in the log, shown by no `repr`.
        fields: Fewer fields than the purpose allows; None: all of them.
    """

    waybill: str
    purpose: str
    reason: str = field(repr=False)
    fields: frozenset[Field] | None = None
    """Fewer fields than the purpose allows; None: all of them."""

    def __reduce__(self) -> tuple[object, ...]:
        """Spares pickle its look at every field: a request may hold a thousand of these."""
        return _ask, (self.waybill, self.purpose, self.reason, self.fields)


def _ask(waybill: str, purpose: str, reason: str, fields: frozenset[Field] | None) -> Ask:
    return Ask(waybill=waybill, purpose=purpose, reason=reason, fields=fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosed:
    """What was shown, and where it stands in the log.

    Attributes:
        waybill: Its number.
        seq: Its place in the log, from 0.
        leaf: Hash of the log's entry, 32 bytes.
        values: What was shown; by no `repr`.
        forms: How each field was shown.
        until: When whoever got it must have let go of it, microseconds since 1970.
    """

    waybill: str
    seq: int
    leaf: bytes
    values: Mapping[Field, str] = field(repr=False)
    forms: Mapping[Field, Form]
    until: int
    """When whoever got it must have let go of it, microseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be sealed in the place of something under a number, and why. values: of the fields that change."""

    waybill: str
    purpose: str
    reason: str = field(repr=False)
    values: Mapping[Field, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """A record that was sealed anew, durably, and where that stands in the log.

    tokens: of the fields that changed; the same as before. forms: how the purpose shows those of them that it shows.
    """

    waybill: str
    revision: int
    tokens: Mapping[Field, str]
    forms: Mapping[Field, Form]
    seq: int
    leaf: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What was not shown, and which rule says so.

    Attributes:
        waybill: Its number.
        rule: Code of the rule.
        zh: Its words in Chinese.
        en: Its words in English.
        seq: Where the refusal stands in the log.
    """

    waybill: str
    rule: str
    zh: str
    en: str
    seq: int


Answer = Disclosed | Refused
