"""What requests carry. Every model refuses names that it doesn't know, and bounds what it takes."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from wayseal.model.kinds import ActorKind, ScanKind
from wayseal.server._timestamps import Timestamp
from wayseal.vault import fields as vault

MOST_BATCH = 1000
"""Most waybills, events or records in one request."""
_VALUE = 1000
_REASON = 200
_ID = 128
_POLICY = 200_000

Number = Annotated[str, Field(min_length=1, max_length=64, examples=["YT1234567890123"])]
Identifier = Annotated[str, Field(min_length=1, max_length=_ID)]
Value = Annotated[str, Field(min_length=1, max_length=_VALUE)]
Reason = Annotated[
    str, Field(min_length=1, max_length=_REASON, examples=["route 12"], description="Why; sealed in the log.")
]
Purpose = Annotated[str, Field(min_length=1, max_length=40, examples=["deliver"])]


class Body(BaseModel):
    """What all bodies have in common."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Values(Body):
    """What is sealed under a number; each field on its own, none is needed."""

    sender_name: Value | None = None
    sender_phone: Value | None = None
    sender_address: Value | None = None
    recipient_name: Value | None = None
    recipient_phone: Value | None = None
    recipient_address: Value | None = None
    goods: Value | None = None


class SealBody(Body):
    """One parcel to seal."""

    waybill: Number
    values: Values
    origin_outlet: Identifier | None = None
    destination_outlet: Identifier | None = None
    keep_until: Timestamp | None = Field(default=None, description="When its key is to be erased.")


class SealBatch(Body):
    """Parcels to seal."""

    parcels: list[SealBody] = Field(min_length=1, max_length=MOST_BATCH)


class _Why(Body):
    purpose: Purpose
    reason: Reason


class DiscloseBody(_Why):
    """Why a waybill is to be shown."""

    fields: list[vault.Field] | None = Field(
        default=None, min_length=1, max_length=len(vault.Field), description="Fewer fields than the purpose has."
    )
    approval: Identifier | None = Field(default=None, description="An approval of bulk.")


class ReviseBody(_Why):
    """What is to change under a number, and why. values: the fields that change, at least one."""

    values: Values


class AskBody(_Why):
    """One waybill of many."""

    waybill: Number
    fields: list[vault.Field] | None = Field(default=None, min_length=1, max_length=len(vault.Field))


class DiscloseBatch(Body):
    """Waybills that are to be shown, each for a reason of its own."""

    asks: list[AskBody] = Field(min_length=1, max_length=MOST_BATCH)
    approval: Identifier | None = None


class TokenBatch(_Why):
    """Tokens whose fields are to be shown."""

    tokens: list[Annotated[str, Field(min_length=1, max_length=256)]] = Field(min_length=1, max_length=MOST_BATCH)
    approval: Identifier | None = None


class FindBody(_Why):
    """A phone that is looked up."""

    phone: Annotated[str, Field(min_length=1, max_length=40)]


class ScanBody(Body):
    """One scan."""

    waybill: Number
    at: Timestamp
    kind: ScanKind
    outlet: Identifier


class ScanBatch(Body):
    """Scans."""

    scans: list[ScanBody] = Field(min_length=1, max_length=MOST_BATCH)


class TicketBody(Body):
    """One ticket: work on a waybill that somebody has."""

    ticket: Identifier
    waybill: Number
    actor: Identifier
    kind: Identifier | None = None
    opened_at: Timestamp
    closed_at: Timestamp | None = None


class TicketBatch(Body):
    """Tickets."""

    tickets: list[TicketBody] = Field(min_length=1, max_length=MOST_BATCH)


class ActorBody(Body):
    """One actor of the courier's directory."""

    actor: Identifier
    kind: ActorKind
    role: Identifier
    outlet: Identifier | None = None
    region: Identifier | None = None
    valid_from: Timestamp | None = None
    valid_to: Timestamp | None = None
    trained_until: Timestamp | None = None


class ActorBatch(Body):
    """Actors."""

    actors: list[ActorBody] = Field(min_length=1, max_length=MOST_BATCH)


class EraseBody(Body):
    """Why a waybill is erased: a code, as it stands in the log."""

    why: Annotated[str, Field(pattern="^[a-z_]{1,40}$", examples=["request"])] = "request"


class ApprovalBody(Body):
    """Bulk that is asked for. most: how many waybills."""

    purpose: Purpose
    most: Annotated[int, Field(gt=0, le=1_000_000, strict=True)]


class PolicyBody(Body):
    """Another policy: purposes as TOML and rules as Cedar policies."""

    purposes: Annotated[str, Field(min_length=1, max_length=_POLICY)]
    rules: Annotated[str, Field(min_length=1, max_length=_POLICY)]
