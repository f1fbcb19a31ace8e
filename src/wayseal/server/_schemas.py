"""Schemas of requests and answers, around the records of `wayseal.model.records`.

1. What comes in refuses names that it doesn't know, and bounds what it takes.
2. Answers are made of the types by which the API's description tells them.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Header, Path
from pydantic import BaseModel, Field

from wayseal.model.fields import ID, MOST_AT_ONCE
from wayseal.model.records import (
    ONLY,
    Actor,
    Ask,
    Chosen,
    Disclosed,
    Identifier,
    Number,
    Parcel,
    Purpose,
    Reason,
    Refused,
    Scan,
    Sealed,
    Ticket,
    TokenShown,
    Values,
)
from wayseal.server._problems import MEDIA_TYPE

_POLICY = 200_000


KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=ID,
        pattern=r"^[!-~]+$",
        description="The same request under the same key is done once; its answer names the same places in the log.",
    ),
]
WaybillPath = Annotated[Number, Path()]
ActorPath = Annotated[Identifier, Path()]


class Body(BaseModel):
    """The base of all bodies."""

    model_config = ONLY


class SealBatch(Body):
    """Parcels to seal."""

    parcels: list[Parcel] = Field(min_length=1, max_length=MOST_AT_ONCE)


class _Why(Body):
    purpose: Purpose
    reason: Reason


class DiscloseBody(_Why):
    """Why a waybill is to be shown."""

    fields: Chosen | None = Field(default=None, description="Fewer fields than the purpose has.")
    approval: Identifier | None = Field(default=None, description="An approval of bulk.")


class ReviseBody(_Why):
    """A change under a number, and why. values: the fields that change, at least one."""

    values: Values


class DiscloseBatch(Body):
    """Waybills that are to be shown, each for a reason of its own."""

    asks: list[Ask] = Field(min_length=1, max_length=MOST_AT_ONCE)
    approval: Identifier | None = None


class TokenBatch(_Why):
    """Tokens whose fields are to be shown."""

    tokens: list[Annotated[str, Field(min_length=1, max_length=256)]] = Field(min_length=1, max_length=MOST_AT_ONCE)
    approval: Identifier | None = None


class FindBody(_Why):
    """A phone that is looked up."""

    phone: Annotated[str, Field(min_length=1, max_length=40)]


class ScanBatch(Body):
    """Scans."""

    scans: list[Scan] = Field(min_length=1, max_length=MOST_AT_ONCE)


class TicketBatch(Body):
    """Tickets."""

    tickets: list[Ticket] = Field(min_length=1, max_length=MOST_AT_ONCE)


class ActorBatch(Body):
    """Actors."""

    actors: list[Actor] = Field(min_length=1, max_length=MOST_AT_ONCE)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SealResults:
    """One result a parcel, in the order of the request."""

    results: list[Sealed | Refused]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureResults:
    """One result a waybill, in the order of the request."""

    results: list[Disclosed | Refused]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenResults:
    """One result a token, in the order of the request."""

    results: list[TokenShown]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Waybills with a phone."""

    waybills: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many records were taken; those that were known already don't count."""

    taken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorState:
    """An actor's state: blocked or not."""

    actor: str
    blocked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyActivated:
    """The version that is in force now."""

    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """An access token (RFC 6749, 5.1)."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthProblem:
    """Why there is no token (RFC 6749, 5.2)."""

    error: str
    error_description: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The keys that verify access tokens (RFC 7517)."""

    keys: list[dict[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Yes or no."""

    status: Literal["ok", "not_ready"]


PUBLIC_NAMES = {
    "AccessToken": "TokenShown",
    "Actor": "ActorBody",
    "Approval": "ApprovalShown",
    "Ask": "AskBody",
    "Disclosed": "DisclosedOne",
    "Parcel": "SealBody",
    "Refused": "RefusedOne",
    "Revised": "RevisedOne",
    "Scan": "ScanBody",
    "Sealed": "SealedOne",
    "Ticket": "TicketBody",
    "TokenShown": "TokenResult",
}
"""What the API's description calls a record that is called something else here."""


OPEN = (404, 405, 408, 413, 429, 431, 500, 503)
TOKEN = (400, 401, 403, *OPEN)
BODY = (*TOKEN, 415, 422)


def problems(statuses: tuple[int, ...] = BODY) -> dict[int | str, dict[str, Any]]:
    """Problems as a route's description names them."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _DESCRIPTIONS[status], "content": content} for status in statuses}


_DESCRIPTIONS = {
    400: "The request can't be read.",
    401: "No token, or one that isn't valid.",
    403: "The scope is missing, or a rule of the vault refuses.",
    404: "There is nothing here.",
    405: "Other methods alone.",
    408: "The body came too slowly.",
    409: "The idempotency key stands for another request.",
    413: "The body is too large.",
    415: "The body is no application/json.",
    422: "Fields aren't valid.",
    429: "Too fast; Retry-After says when to ask again.",
    431: "The headers are too large.",
    500: "Something broke.",
    503: "Busy, stopping, or the database is away; Retry-After says when to ask again.",
}
