"""What routes have in common: who asks, records as JSON, refusals as problems or as counts."""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from wayseal.model.records import Answer, Ask, Refused
from wayseal.model.schema import adapter
from wayseal.server._metrics import Metrics
from wayseal.server._problems import ProblemError
from wayseal.server._rules import Rule
from wayseal.vault.requests import Caller

_CONFLICTS = frozenset({"exists"})
"""Rules that tell a client of its own earlier request, or that sealed something there first: 409."""


def get_caller(request: Request) -> Caller:
    """Who asks, as admission found."""
    caller = request.scope["state"]["caller"]
    assert isinstance(caller, Caller)  # noqa: S101
    return caller


def json_answer(
    record: Any, status: int = 200, headers: Mapping[str, str] | None = None, *, sparse: bool = False
) -> Response:
    """A record as an answer; sparse: without what is None."""
    body = adapter(record.__class__).serializer.to_json(record, by_alias=True, exclude_none=sparse)
    return Response(body, status, headers, "application/json")


def to_problem(refusal: Refused) -> ProblemError:
    """A refusal of the vault as an answer: 403 to whoever asks to see, so that none tells whether a number is there."""
    return ProblemError(
        Rule.CONFLICT if refusal.rule in _CONFLICTS else Rule.REFUSED,
        said=(refusal.rule, refusal.zh, refusal.en),
        extra={"seq": refusal.seq, **({"waybill": refusal.waybill} if refusal.waybill else {})},
    )


def count_answers(metrics: Metrics, purposes: Container[str], asks: Sequence[Ask], answers: Sequence[Answer]) -> None:
    """Puts a batch into the metrics. purposes: those that the policy knows; another one is a text that was sent."""
    outcomes: dict[tuple[str, str], int] = {}
    for ask, answer in zip(asks, answers, strict=True):
        key = ask.purpose, answer.status
        outcomes[key] = outcomes.get(key, 0) + 1
    for (purpose, outcome), number in outcomes.items():
        metrics.disclosed(purpose if purpose in purposes else "unknown", outcome, number)


def count_refusals(metrics: Metrics, answers: Iterable[object]) -> None:
    """Refusals of a batch, by rule."""
    for answer in answers:
        if isinstance(answer, Refused):
            metrics.refused(answer.rule)
