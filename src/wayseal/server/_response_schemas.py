"""What answers look like, for the API's description alone: answers are made as plain dictionaries, which is faster."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from wayseal.server._problems import MEDIA_TYPE
from wayseal.vault import fields as vault

_AT = Field(examples=["2026-03-02T08:18:00.000000Z"], json_schema_extra={"format": "date-time"})


class FieldError(BaseModel):
    """A field that isn't valid."""

    field: str
    problem: str


class Problem(BaseModel):
    """Why something was not done (RFC 9457)."""

    type: str
    title: str
    status: int
    rule: str
    detail_zh: str
    detail_en: str
    request: str
    errors: list[FieldError] = []
    seq: int | None = Field(default=None, description="Where a refusal of the vault stands in the log.")
    waybill: str | None = None
    scope: str | None = Field(default=None, description="The scope that is missing.")


class SealedOne(BaseModel):
    """A parcel that was sealed."""

    waybill: str
    status: Literal["sealed"]
    tokens: dict[vault.Field, str]


class RevisedOne(BaseModel):
    """A record that was sealed anew, and where that stands in the log."""

    waybill: str
    status: Literal["revised"]
    revision: int = Field(description="Of the record: 1 when it was sealed, and one more with each change.")
    tokens: dict[vault.Field, str] = Field(description="Of the fields that changed; tokens of before stay valid.")
    forms: dict[vault.Field, vault.Form] = Field(description="How the purpose shows those of them that it shows.")
    seq: int
    leaf: str = Field(description="Hash of the log's entry, hexadecimal.")


class RefusedOne(BaseModel):
    """What was refused, among others."""

    waybill: str
    status: Literal["refused"]
    rule: str
    detail_zh: str
    detail_en: str
    seq: int | None = Field(description="Where it stands in the log; null where only the request does.")


class DisclosedOne(BaseModel):
    """What was shown, and where that stands in the log."""

    waybill: str
    status: Literal["disclosed"]
    values: dict[vault.Field, str]
    forms: dict[vault.Field, vault.Form]
    until: str = _AT
    seq: int
    leaf: str = Field(description="Hash of the log's entry, hexadecimal.")


class SealResults(BaseModel):
    """One result a parcel, in the order of the request."""

    results: list[SealedOne | RefusedOne]


class DisclosureResults(BaseModel):
    """One result a waybill, in the order of the request."""

    results: list[DisclosedOne | RefusedOne]


class TokenResult(BaseModel):
    """What a token stands for, or which rule refused."""

    token: str
    status: Literal["disclosed", "refused"]
    value: str | None = None
    form: vault.Form | None = None
    until: str | None = None
    rule: str | None = None
    detail_zh: str | None = None
    detail_en: str | None = None
    seq: int | None = None


class TokenResults(BaseModel):
    """One result a token, in the order of the request."""

    results: list[TokenResult]


class Found(BaseModel):
    """Waybills with a phone."""

    waybills: list[str]


class Count(BaseModel):
    """How many records were taken; those that were known already don't count."""

    taken: int


class ActorState(BaseModel):
    """Whether an actor is blocked."""

    actor: str
    blocked: bool


class ApprovalShown(BaseModel):
    """Bulk that was asked for. left: how many waybills it still opens."""

    approval: str
    actor: str
    purpose: str
    most: int
    left: int
    expires_at: str = _AT
    approved_by: str | None


class Erased(BaseModel):
    """A waybill whose key was erased. gone_at: when the last backup that may hold the key is gone."""

    waybill: str
    erased_at: str = _AT
    gone_at: str = _AT


class PolicyShown(BaseModel):
    """The policy in force."""

    version: int
    purposes: str
    rules: str
    sha256: str


class PolicyActivated(BaseModel):
    """The version that is in force now."""

    version: int


class TokenShown(BaseModel):
    """An access token (RFC 6749, 5.1)."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    scope: str


class OAuthProblem(BaseModel):
    """Why there is no token (RFC 6749, 5.2)."""

    error: str
    error_description: str
    request: str


class Keys(BaseModel):
    """The keys that verify access tokens (RFC 7517)."""

    keys: list[dict[str, str]]


class Health(BaseModel):
    """Yes or no."""

    status: Literal["ok", "not_ready"]


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
