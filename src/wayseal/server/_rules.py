"""Why the service itself says no: rules with their HTTP status and their words, in one table.

What the vault refuses carries rules of its own.
"""

from enum import StrEnum
from typing import NamedTuple

from wayseal.model.messages import N_


class Rule(StrEnum):
    """A reason of the service; stands as `rule` in a problem."""

    BAD_BODY = "bad_body"
    REPEATED = "repeated"
    TOKEN_MISSING = "token_missing"  # noqa: S105
    TOKEN_INVALID = "token_invalid"  # noqa: S105
    CERTIFICATE = "certificate"
    SCOPE_MISSING = "scope_missing"
    NOT_ALLOWED = "not_allowed"
    REFUSED = "refused"
    NOT_FOUND = "not_found"
    METHOD = "method"
    SLOW_BODY = "slow_body"
    CONFLICT = "conflict"
    TOO_LARGE = "too_large"
    MEDIA_TYPE = "media_type"
    INVALID = "invalid"
    RATE = "rate"
    FAILURES = "failures"
    HEADERS = "headers"
    INTERNAL = "internal"
    BUSY = "busy"
    DATABASE = "database"
    LOG = "log"
    STOPPING = "stopping"
    TIMEOUT = "timeout"


class Words(NamedTuple):
    """How a rule is told: its HTTP status, and English texts, which the catalogues have in other languages."""

    status: int
    title: str
    detail: str


WORDS = {
    Rule.BAD_BODY: Words(400, N_("Body can't be read"), N_("The body is no JSON.")),
    Rule.REPEATED: Words(
        400,
        N_("Said twice"),
        N_("A name stands twice in one object of the body, or a header comes twice that mustn't."),
    ),
    Rule.TOKEN_MISSING: Words(401, N_("Token needed"), N_("Send an access token as Bearer.")),
    Rule.TOKEN_INVALID: Words(401, N_("Token not valid"), N_("The access token is not valid, or not any more.")),
    Rule.CERTIFICATE: Words(
        401, N_("Certificate needed"), N_("This client has to present the certificate that it is bound to.")
    ),
    Rule.SCOPE_MISSING: Words(403, N_("Scope missing"), N_("The token lacks the scope of this route.")),
    Rule.NOT_ALLOWED: Words(403, N_("Not allowed"), N_("Nobody may use this route.")),
    Rule.REFUSED: Words(403, N_("Refused"), N_("A rule of the vault refuses.")),
    Rule.NOT_FOUND: Words(404, N_("Not found"), N_("There is nothing here.")),
    Rule.METHOD: Words(405, N_("Method not allowed"), N_("This address takes other methods.")),
    Rule.SLOW_BODY: Words(408, N_("Too slow"), N_("The body took too long to arrive.")),
    Rule.CONFLICT: Words(409, N_("Conflict"), N_("The idempotency key stands for another request.")),
    Rule.TOO_LARGE: Words(413, N_("Too large"), N_("The body is too large.")),
    Rule.MEDIA_TYPE: Words(415, N_("Media type not supported"), N_("Send application/json.")),
    Rule.INVALID: Words(422, N_("Not valid"), N_("Fields can't be as they are; `errors` names them.")),
    Rule.RATE: Words(
        429,
        N_("Too many requests"),
        N_("The client asks faster than it may. Ask again after the time that Retry-After gives."),
    ),
    Rule.FAILURES: Words(
        429, N_("Too many failures"), N_("Too many failed sign-ins. Ask again after the time that Retry-After gives.")
    ),
    Rule.HEADERS: Words(431, N_("Headers too large"), N_("The request's headers are too large.")),
    Rule.INTERNAL: Words(500, N_("Internal error"), N_("Something broke; the log has it under this request's id.")),
    Rule.BUSY: Words(503, N_("Busy"), N_("Too many requests wait. Ask again after the time that Retry-After gives.")),
    Rule.DATABASE: Words(
        503,
        N_("Database not reachable"),
        N_("The database can't be used now; nothing was shown. Ask again after the time that Retry-After gives."),
    ),
    Rule.LOG: Words(
        503,
        N_("Log not as it was"),
        N_(
            "The vault's log or policy isn't what this vault has written; nothing was shown. Its operator has to "
            "verify it."
        ),
    ),
    Rule.STOPPING: Words(
        503, N_("Stopping"), N_("The service is stopping. Ask again after the time that Retry-After gives.")
    ),
    Rule.TIMEOUT: Words(
        503,
        N_("Took too long"),
        N_(
            "The answer took too long; with an idempotency key it is safe to ask "
            "again. Ask again after the time that Retry-After gives."
        ),
    ),
}
