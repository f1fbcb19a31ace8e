"""Disclosure: one waybill, many, by tokens, and by a phone."""

from fastapi import FastAPI, Request, Response

from wayseal.model.fields import Field
from wayseal.model.messages import N_
from wayseal.model.records import Answer, Ask, Disclosed, Refused, TokenShown
from wayseal.page.languages import in_both
from wayseal.server import _answers as answers
from wayseal.server._async_vault import AsyncVault, now
from wayseal.server._metrics import Metrics
from wayseal.server._schemas import (
    BODY,
    DiscloseBatch,
    DiscloseBody,
    DisclosureResults,
    FindBody,
    Found,
    KeyHeader,
    TokenBatch,
    TokenResults,
    WaybillPath,
    problems,
)
from wayseal.vault.errors import VaultError


def add_disclosure(app: FastAPI, async_vault: AsyncVault, metrics: Metrics) -> None:
    """POST /v1/waybills/{waybill}/disclose, /v1/disclose, /v1/tokens/disclose, /v1/find."""
    _add_tokens(app, async_vault, metrics)

    @app.post(
        "/v1/waybills/{waybill}/disclose",
        response_model=Disclosed,
        responses=problems((*BODY, 409)),
        summary="See a waybill's data, for a purpose and a reason",
    )
    async def disclose(request: Request, waybill: WaybillPath, body: DiscloseBody, key: KeyHeader = None) -> Response:
        """`fields` asks for fewer fields, `approval` names an approval of bulk."""
        ask = Ask(waybill=waybill, purpose=body.purpose, reason=body.reason, fields=body.fields)
        (answer,) = await _disclose(async_vault, metrics, request, [ask], key, body.approval)
        if isinstance(answer, Refused):
            raise answers.to_problem(answer)
        return answers.json_answer(answer)

    @app.post(
        "/v1/disclose",
        response_model=DisclosureResults,
        responses=problems((*BODY, 409)),
        summary="See many waybills' data, each for a purpose and a reason",
    )
    async def disclose_batch(request: Request, body: DiscloseBatch, key: KeyHeader = None) -> Response:
        """Up to 1,000 `asks`, with a result for each."""
        done = await _disclose(async_vault, metrics, request, body.asks, key, body.approval)
        answers.count_refusals(metrics, done)
        return answers.json_answer(DisclosureResults(results=done))

    @app.post(
        "/v1/find",
        response_model=Found,
        responses=problems(),
        summary="Find the waybills of a phone; few a day",
    )
    async def find(request: Request, body: FindBody) -> Response:
        """As many a day and account as the purpose says, 20 by default."""
        caller = answers.get_caller(request)
        found = await async_vault.act(async_vault.vault.find, caller, body.phone, body.purpose, body.reason, now=now())
        if isinstance(found, Refused):
            raise answers.to_problem(found)
        return answers.json_answer(Found(waybills=found))


def _add_tokens(app: FastAPI, async_vault: AsyncVault, metrics: Metrics) -> None:
    @app.post(
        "/v1/tokens/disclose",
        response_model=TokenResults,
        responses=problems((*BODY, 409)),
        summary="See what tokens stand for, for a purpose and a reason",
    )
    async def disclose_tokens(request: Request, body: TokenBatch, key: KeyHeader = None) -> Response:
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
        done = await _disclose(async_vault, metrics, request, asks, key, body.approval) if asks else []
        answers.count_refusals(metrics, done)
        by_waybill = dict(zip(wanted, done, strict=True))
        results = [
            _of_token(token, None if place is None else by_waybill[place[0]], None if place is None else place[1])
            for token, place in zip(body.tokens, places, strict=True)
        ]
        return answers.json_answer(TokenResults(results=results), sparse=True)


async def _disclose(
    async_vault: AsyncVault, metrics: Metrics, request: Request, asks: list[Ask], key: str | None, approval: str | None
) -> list[Answer]:
    done = await async_vault.disclose(answers.get_caller(request), asks, key=key, approval=approval)
    answers.count_answers(metrics, async_vault.vault.policy.purposes, asks, done)
    return done


def _place(async_vault: AsyncVault, token: str) -> tuple[str, Field] | None:
    """Number and field of a token; None where it is none of ours."""
    try:
        return async_vault.vault.read_token(token)
    except VaultError:
        return None


def _of_token(token: str, answer: Answer | None, field: Field | None) -> TokenShown:
    """Answer for one token; a token that isn't ours is told apart from nothing that is refused."""
    if answer is None or field is None:
        return _refused(token, "token", in_both(N_("No such token.")))
    if isinstance(answer, Refused):
        return _refused(token, answer.rule, (answer.zh, answer.en), answer.seq)
    if field not in answer.values:
        return _refused(token, "field", in_both(N_("The purpose doesn't have this field.")), answer.seq)
    return TokenShown(
        token=token,
        status="disclosed",
        value=answer.values[field],
        form=answer.forms[field],
        until=answer.until,
        seq=answer.seq,
    )


def _refused(token: str, rule: str, words: tuple[str, str], seq: int | None = None) -> TokenShown:
    return TokenShown(token=token, status="refused", rule=rule, zh=words[0], en=words[1], seq=seq)
