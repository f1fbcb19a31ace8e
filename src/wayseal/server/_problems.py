"""Refusals and errors as `application/problem+json` (RFC 9457).

1. A problem names a rule and, where something isn't valid, fields; it never repeats what was sent.
2. `title` follows Accept-Language; the details come in Chinese and English always, so that a log can keep both.

Why the service itself says no stands in one table; what the vault refuses carries rules of its own. What is wrong with
the fields of a request are pydantic's errors without what was sent, as codes and in words:

3. A place is a path through the schema. A name that the schema doesn't know was sent, so it is left out.
4. The words tell the cause in every language: whoever reads the answer need not know the library's codes.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic_core import to_json
from starlette.responses import Response

from wayseal.database import DatabaseError
from wayseal.model.messages import N_, Message
from wayseal.page.languages import in_both, word
from wayseal.vault.errors import BusyError, LogChangedError, PolicyError, ReusedKeyError, VaultError


class Rule(StrEnum):
    """A reason of the service; stands as `rule` in a problem."""

    BAD_BODY = "bad_body"
    REPEATED = "repeated"
    TOKEN_MISSING = "token_missing"  # noqa: S105
    TOKEN_INVALID = "token_invalid"  # noqa: S105
    CERTIFICATE = "certificate"
    SCOPE_MISSING = "scope_missing"
    NOT_ALLOWED = "not_allowed"
    BLOCKED = "blocked"
    STEP_UP = "step_up_required"
    SLOW_DOWN = "slow_down"
    BLOCKED_LIST = "blocked_list"
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
    Rule.STEP_UP: Words(
        401,
        N_("Second factor needed"),
        N_(
            "This account has to show a second factor before it sees more. Then get a token with the time of that "
            "(auth_time)."
        ),
    ),
    Rule.BLOCKED: Words(403, N_("Blocked"), N_("This account is on the list of blocked accounts and sees nothing.")),
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
    Rule.SLOW_DOWN: Words(
        429,
        N_("Slowed down"),
        N_("This account is slowed down. Ask again after the time that Retry-After gives."),
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
    Rule.BLOCKED_LIST: Words(
        503,
        N_("List of blocked accounts not readable"),
        N_("The list of blocked accounts can't be read; nothing was shown. Its operator has to see to it."),
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


MEDIA_TYPE = "application/problem+json"
_CLIENTS_OWN = (VaultError, PolicyError)
"""Errors about what was asked; their texts name fields and rules, and nothing of what stood there."""


class ProblemError(Exception):
    """An answer that is a problem; `rule` is the service's or the vault's.

    retry_after: seconds. errors: fields that aren't valid, as (place, what is wrong). extra: members beside the usual.
    """

    def __init__(
        self,
        rule: Rule,
        *,
        retry_after: float | None = None,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        said: tuple[str, str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(rule)
        self.rule = rule
        self.name, self.zh, self.en = said or (str(rule), *in_both(WORDS[rule].detail))
        self.status = WORDS[rule].status
        self.headers = dict(headers or {})
        if retry_after is not None:
            self.headers["Retry-After"] = str(max(1, int(-(-retry_after // 1))))
        self.errors = errors
        self.extra = extra or {}

    def body(self, *, chinese: bool, request: str) -> dict[str, Any]:
        """The members of the problem."""
        words = WORDS[self.rule]
        told: dict[str, Any] = {
            "type": f"urn:wayseal:rule:{self.name}",
            "title": word(words.title, "zh" if chinese else "en"),
            "status": self.status,
            "rule": self.name,
            "detail_zh": self.zh,
            "detail_en": self.en,
            "request": request,
        }
        if self.errors:
            told["errors"] = list(self.errors)
        told.update(self.extra)
        return told

    def response(self, scope: Mapping[str, Any]) -> Response:
        """The answer to the request of `scope`."""
        body = self.body(chinese=prefers_chinese(scope["headers"]), request=scope["state"].get("request", ""))
        return Response(to_json(body), self.status, self.headers, MEDIA_TYPE)


def prefers_chinese(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Check if Accept-Language puts Chinese before English (rule 2); English where it says neither."""
    best = {"zh": 0.0, "en": 0.0}
    for name, value in headers:
        if name == b"accept-language":
            for part in value[:200].decode("latin-1").lower().split(","):
                tag, _, rest = part.strip().partition(";")
                language = tag.strip().partition("-")[0]
                if language in best:
                    best[language] = max(best[language], _quality(rest))
    return best["zh"] > best["en"]


def _quality(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


def problem_of(error: Exception) -> ProblemError:
    """The problem that stands for an error; `internal` for whatever nobody expected."""
    if isinstance(error, DatabaseError):
        return ProblemError(Rule.DATABASE, retry_after=2)
    if isinstance(error, LogChangedError):
        return ProblemError(Rule.LOG, retry_after=60)
    if isinstance(error, BusyError):
        return ProblemError(Rule.BUSY, retry_after=1)
    if isinstance(error, ReusedKeyError):
        return ProblemError(Rule.CONFLICT)
    if isinstance(error, VaultError) and type(error) in _CLIENTS_OWN:
        return ProblemError(Rule.INVALID, said=(Rule.INVALID, word(error, "zh"), str(error)))
    return ProblemError(Rule.INTERNAL)


MOST = 20
"""Fields that are named."""
_MOST_TOLD = 3
"""Fields of which the words tell."""
_UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")
"""What the library says of a name that isn't known, in a body and in a record in it."""
_OBJECT, _WHOLE = N_("needs an object"), N_("needs a whole number")
_TEXTS: Mapping[str, str] = {
    "missing": N_("is missing"),
    "extra_forbidden": N_("is a name that isn't known here"),
    "string_type": N_("needs a text"),
    "string_unicode": N_("needs a text in Unicode"),
    "string_too_short": N_("needs {min_length} {min_length:character|characters} or more"),
    "string_too_long": N_("needs {max_length} {max_length:character|characters} or fewer"),
    "string_pattern_mismatch": N_("holds a character that can't stand there"),
    "too_short": N_("needs {min_length} {min_length:entry|entries} or more"),
    "too_long": N_("needs {max_length} {max_length:entry|entries} or fewer"),
    "list_type": N_("needs a list"),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "greater_than": N_("needs to be above {gt}"),
    "greater_than_equal": N_("needs to be {ge} or more"),
    "less_than": N_("needs to be below {lt}"),
    "less_than_equal": N_("needs to be {le} or less"),
    "enum": N_("is one of {known}"),
    "literal_error": N_("is one of {known}"),
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dataclass_type": _OBJECT,
    "value_error": N_("needs a time with an offset, from 1970 to 2199, such as 2026-03-02T08:00:00+08:00"),
}
"""What is said of a mistake, by the library's code for it. Of what it can't judge itself all are times."""
_OTHER = N_("can't be understood")
_TOLD = N_("Fields can't be as they are: {errors}.")
_ONE = N_("{field}: {problem}")


def field_errors(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Where, and which kind, as codes (rule 3)."""
    return [_coded(error) for error in errors[:MOST]]


def describe_errors(errors: Sequence[Mapping[str, Any]]) -> Message:
    """The same in words (rule 4), of the first few."""
    told = [
        Message(_ONE, {"field": coded["field"] or "body", "problem": _worded(coded["problem"], error.get("ctx") or {})})
        for error, coded in zip(errors, field_errors(errors[:_MOST_TOLD]), strict=False)
    ]
    return Message(_TOLD, {"errors": told})


def _coded(error: Mapping[str, Any]) -> dict[str, str]:
    kind = str(error["type"])
    place = list(error["loc"])
    if kind in _UNKNOWN and place:
        kind, place[-1] = _UNKNOWN[0], "?"
    return {"field": ".".join(str(part) for part in place), "problem": kind}


def _worded(kind: str, values: Mapping[str, Any]) -> Message:
    known = re.findall(r"'([^']*)'", str(values.get("expected", "")))
    return Message(_TEXTS.get(kind, _OTHER), {**values, "known": known})
