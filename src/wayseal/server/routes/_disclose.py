"""Disclosure: one waybill, many, by tokens, and by a phone."""

from typing import Any

from fastapi import FastAPI, Request, Response

from wayseal.server import _conversion as conversion
from wayseal.server._async_vault import AsyncVault, now
from wayseal.server._metrics import Metrics
from wayseal.server._request_schemas import DiscloseBatch, DiscloseBody, FindBody, TokenBatch
from wayseal.server._response_schemas import BODY, DisclosedOne, DisclosureResults, Found, TokenResults, problems
from wayseal.server._timestamps import format_timestamp
from wayseal.server.routes._parameters import Key, Waybill, chosen
from wayseal.vault.errors import VaultError
from wayseal.vault.fields import Field
from wayseal.vault.requests import Answer, Ask, Refused


def add_disclosure(app: FastAPI, async_vault: AsyncVault, metrics: Metrics) -> None:
    """POST /v1/waybills/{waybill}/disclose, /v1/disclose, /v1/tokens/disclose, /v1/find."""
    _add_tokens(app, async_vault, metrics)

    @app.post(
        "/v1/waybills/{waybill}/disclose",
        response_model=DisclosedOne,
        responses=problems((*BODY, 409)),
        summary="See a waybill's data, for a purpose and a reason",
    )
    async def disclose(request: Request, waybill: Waybill, body: DiscloseBody, key: Key = None) -> Response:
        """`fields` asks for fewer fields, `approval` names an approval of bulk."""
        ask = Ask(waybill=waybill, purpose=body.purpose, reason=body.reason, fields=chosen(body.fields))
        (answer,) = await _answers(async_vault, metrics, request, [ask], key, body.approval)
        if isinstance(answer, Refused):
            raise conversion.to_problem(answer)
        return conversion.json_response(conversion.disclosed_json(answer, format_timestamp(answer.until)))

    @app.post(
        "/v1/disclose",
        response_model=DisclosureResults,
        responses=problems((*BODY, 409)),
        summary="See many waybills' data, each for a purpose and a reason",
    )
    async def disclose_batch(request: Request, body: DiscloseBatch, key: Key = None) -> Response:
        """Up to 1,000 `asks`, with a result for each."""
        answers = await _answers(async_vault, metrics, request, conversion.to_asks(body.asks), key, body.approval)
        conversion.count_refusals(metrics, answers)
        return conversion.json_response({"results": conversion.answers_json(answers)})

    @app.post(
        "/v1/find",
        response_model=Found,
        responses=problems(),
        summary="Find the waybills of a phone; few a day",
    )
    async def find(request: Request, body: FindBody) -> Response:
        """As many a day and account as the purpose says, 20 by default."""
        caller = conversion.get_caller(request)
        found = await async_vault.act(async_vault.vault.find, caller, body.phone, body.purpose, body.reason, now=now())
        if isinstance(found, Refused):
            raise conversion.to_problem(found)
        return conversion.json_response({"waybills": found})


def _add_tokens(app: FastAPI, async_vault: AsyncVault, metrics: Metrics) -> None:
    @app.post(
        "/v1/tokens/disclose",
        response_model=TokenResults,
        responses=problems((*BODY, 409)),
        summary="See what tokens stand for, for a purpose and a reason",
    )
    async def disclose_tokens(request: Request, body: TokenBatch, key: Key = None) -> Response:
        """Up to 1,000 `tokens`, with a result for each."""
        places = [_place(async_vault, token) for token in body.tokens]
        wanted: dict[str, set[Field]] = {}
        for place in places:
            if place is not None:
                wanted.setdefault(place[0], set()).add(place[1])
        asks = [
            Ask(waybill=waybill, purpose=body.purpose, reason=body.reason, fields=frozenset(fields))
            for waybill, fields in wanted.items()
        ]
        answers = await _answers(async_vault, metrics, request, asks, key, body.approval) if asks else []
        conversion.count_refusals(metrics, answers)
        by_waybill = dict(zip(wanted, answers, strict=True))
        results = [
            _of_token(token, None if place is None else by_waybill[place[0]], None if place is None else place[1])
            for token, place in zip(body.tokens, places, strict=True)
        ]
        return conversion.json_response({"results": results})


async def _answers(
    async_vault: AsyncVault, metrics: Metrics, request: Request, asks: list[Ask], key: str | None, approval: str | None
) -> list[Answer]:
    answers = await async_vault.disclose(conversion.get_caller(request), asks, key=key, approval=approval)
    conversion.count_answers(metrics, async_vault.vault.policy.purposes, asks, answers)
    return answers


def _place(async_vault: AsyncVault, token: str) -> tuple[str, Field] | None:
    """Number and field of a token; None where it is none of ours."""
    try:
        return async_vault.vault.read_token(token)
    except VaultError:
        return None


def _of_token(token: str, answer: Answer | None, field: Field | None) -> dict[str, Any]:
    """What one token stands for; a token that isn't ours is told apart from nothing that is refused."""
    told: dict[str, Any] = {"token": token}
    if answer is None or field is None:
        return told | {"status": "refused", "rule": "token", "detail_zh": "令牌无效。", "detail_en": "No such token."}
    if isinstance(answer, Refused):
        refusal = conversion.refused_json(answer)
        del refusal["waybill"]
        return told | refusal
    if field not in answer.values:
        return told | {
            "status": "refused",
            "rule": "field",
            "detail_zh": "该用途不含此字段。",
            "detail_en": "The purpose doesn't have this field.",
            "seq": answer.seq,
        }
    return told | {
        "status": "disclosed",
        "value": answer.values[field],
        "form": str(answer.forms[field]),
        "until": format_timestamp(answer.until),
        "seq": answer.seq,
    }
