"""Refusals and errors as `application/problem+json` (RFC 9457).

1. A problem names a rule and, where something isn't valid, fields; it never repeats what was sent.
2. `title` follows Accept-Language; the details come in Chinese and English always, so that a log can keep both.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json
from starlette.responses import Response

from wayseal.database import DatabaseError
from wayseal.page.languages import in_both, word
from wayseal.server._rules import WORDS, Rule
from wayseal.vault.errors import BusyError, LogChangedError, PolicyError, ReusedKeyError, VaultError

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
