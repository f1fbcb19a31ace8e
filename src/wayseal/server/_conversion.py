"""From what a request carries to what the vault takes, and from its answers to JSON."""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from wayseal.server._metrics import Metrics
from wayseal.server._problems import ProblemError
from wayseal.server._request_schemas import AskBody, SealBody, Values
from wayseal.server._rules import Rule
from wayseal.server._timestamps import format_timestamp
from wayseal.vault.fields import Field
from wayseal.vault.requests import Answer, Ask, Caller, Disclosed, Parcel, Refused, Revised, Sealed

_CONFLICTS = frozenset({"exists"})
"""Rules that tell a client of its own earlier request, or that sealed something there first: 409."""


def get_caller(request: Request) -> Caller:
    """Who asks, as admission found."""
    caller = request.scope["state"]["caller"]
    assert isinstance(caller, Caller)  # noqa: S101
    return caller


def json_response(body: Any, status: int = 200) -> Response:
    """An answer in JSON. Fast where `body` is of plain texts, and slow where names in it are those of enums."""
    return Response(to_json(body), status, media_type="application/json")


def to_problem(refusal: Refused) -> ProblemError:
    """A refusal of the vault as an answer: 403 to whoever asks to see, so that none tells whether a number is there."""
    return ProblemError(
        Rule.CONFLICT if refusal.rule in _CONFLICTS else Rule.REFUSED,
        said=(refusal.rule, refusal.zh, refusal.en),
        extra={"seq": _seq(refusal), **({"waybill": refusal.waybill} if refusal.waybill else {})},
    )


def to_values(given: Values) -> dict[Field, str]:
    """The fields that a body gives."""
    return {field: value for field in Field if (value := getattr(given, field.value)) is not None}


def to_parcel(body: SealBody) -> Parcel:
    """A parcel to seal."""
    return Parcel(
        waybill=body.waybill,
        values=to_values(body.values),
        origin_outlet=body.origin_outlet,
        destination_outlet=body.destination_outlet,
        keep_until=body.keep_until,
    )


def to_asks(bodies: Iterable[AskBody]) -> list[Ask]:
    """Waybills of a batch."""
    return [
        Ask(
            waybill=body.waybill,
            purpose=body.purpose,
            reason=body.reason,
            fields=None if body.fields is None else frozenset(body.fields),
        )
        for body in bodies
    ]


def sealed_json(sealed: Sealed) -> dict[str, Any]:
    """A parcel that was sealed."""
    return {"waybill": sealed.waybill, "status": "sealed", "tokens": _plain(sealed.tokens)}


def revised_json(done: Revised) -> dict[str, Any]:
    """A record that was sealed anew."""
    return {
        "waybill": done.waybill,
        "status": "revised",
        "revision": done.revision,
        "tokens": _plain(done.tokens),
        "forms": _plain(done.forms),
        "seq": done.seq,
        "leaf": done.leaf.hex(),
    }


def refused_json(refusal: Refused) -> dict[str, Any]:
    """A refusal among others."""
    return {
        "waybill": refusal.waybill,
        "status": "refused",
        "rule": refusal.rule,
        "detail_zh": refusal.zh,
        "detail_en": refusal.en,
        "seq": _seq(refusal),
    }


def _seq(refusal: Refused) -> int | None:
    return refusal.seq if refusal.seq >= 0 else None


def disclosed_json(shown: Disclosed, until: str) -> dict[str, Any]:
    """What was shown; until: `shown.until` as text."""
    return {
        "waybill": shown.waybill,
        "status": "disclosed",
        "values": _plain(shown.values),
        "forms": _plain(shown.forms),
        "until": until,
        "seq": shown.seq,
        "leaf": shown.leaf.hex(),
    }


def _plain(texts: Mapping[Field, str]) -> dict[str, str]:
    return {str(field): str(value) for field, value in texts.items()}


def answers_json(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """The answers of a batch, in its order."""
    times: dict[int, str] = {}
    out = []
    for answer in answers:
        if isinstance(answer, Refused):
            out.append(refused_json(answer))
            continue
        until = times.get(answer.until)
        if until is None:
            until = times[answer.until] = format_timestamp(answer.until)
        out.append(disclosed_json(answer, until))
    return out


def count_answers(metrics: Metrics, purposes: Container[str], asks: Sequence[Ask], answers: Sequence[Answer]) -> None:
    """Puts a batch into the metrics. purposes: those that the policy knows; another one is a text that was sent."""
    outcomes: dict[tuple[str, str], int] = {}
    for ask, answer in zip(asks, answers, strict=True):
        key = ask.purpose, "refused" if isinstance(answer, Refused) else "disclosed"
        outcomes[key] = outcomes.get(key, 0) + 1
    for (purpose, outcome), number in outcomes.items():
        metrics.disclosed(purpose if purpose in purposes else "unknown", outcome, number)


def count_refusals(metrics: Metrics, answers: Iterable[object]) -> None:
    """Refusals of a batch, by rule."""
    for answer in answers:
        if isinstance(answer, Refused):
            metrics.refused(answer.rule)
