"""Sealing, changing what was sealed, and erasing it."""

from fastapi import FastAPI, Request, Response

from wayseal.model.records import Erased, Parcel, Refused, Revised, Sealed
from wayseal.server import _answers as answers
from wayseal.server._async_vault import AsyncVault, now
from wayseal.server._metrics import Metrics
from wayseal.server._schemas import (
    BODY,
    EraseBody,
    KeyHeader,
    ReviseBody,
    SealBatch,
    SealResults,
    WaybillPath,
    problems,
)


def add_sealing(app: FastAPI, async_vault: AsyncVault, metrics: Metrics) -> None:
    """POST /v1/waybills, /v1/waybills/batch, /v1/waybills/{waybill}/erase; PATCH /v1/waybills/{waybill}."""
    _add_revising(app, async_vault, metrics)

    async def sealed(request: Request, parcels: list[Parcel], key: str | None) -> list[Sealed | Refused]:
        done = await async_vault.act(async_vault.vault.seal, answers.get_caller(request), parcels, now=now(), key=key)
        metrics.sealed(sum(isinstance(one, Sealed) for one in done))
        return done

    @app.post(
        "/v1/waybills",
        status_code=201,
        response_model=Sealed,
        responses=problems((*BODY, 409)),
        summary="Seal one parcel's data",
    )
    async def seal(request: Request, body: Parcel, key: KeyHeader = None) -> Response:
        """Answers 201 with a token for each field."""
        (one,) = await sealed(request, [body], key)
        if isinstance(one, Refused):
            raise answers.to_problem(one)
        return answers.json_answer(one, 201)

    @app.post(
        "/v1/waybills/batch",
        response_model=SealResults,
        responses=problems((*BODY, 409)),
        summary="Seal many parcels' data",
    )
    async def seal_batch(request: Request, body: SealBatch, key: KeyHeader = None) -> Response:
        """Up to 1,000 `parcels`, with a result for each."""
        done = await sealed(request, body.parcels, key)
        answers.count_refusals(metrics, done)
        return answers.json_answer(SealResults(results=done))

    @app.post(
        "/v1/waybills/{waybill}/erase",
        response_model=Erased,
        responses=problems(),
        summary="Erase a waybill's key, so that nothing of it can be shown again",
    )
    async def erase(request: Request, waybill: WaybillPath, body: EraseBody) -> Response:
        """`gone_at` says when the last backup of the key is gone."""
        caller = answers.get_caller(request)
        (done,) = await async_vault.act(async_vault.vault.erase, caller, [waybill], why=body.why, now=now())
        return answers.json_answer(done)


def _add_revising(app: FastAPI, async_vault: AsyncVault, metrics: Metrics) -> None:
    @app.patch(
        "/v1/waybills/{waybill}",
        response_model=Revised,
        responses=problems((*BODY, 409)),
        summary="Change what is sealed under a number, for a purpose and a reason",
    )
    async def revise(request: Request, waybill: WaybillPath, body: ReviseBody, key: KeyHeader = None) -> Response:
        """`values` holds the fields that change; the caller sees nothing by it."""
        caller = answers.get_caller(request)
        done = await async_vault.act(
            async_vault.vault.revise, caller, waybill, body.purpose, body.reason, body.values, now=now(), key=key
        )
        if isinstance(done, Refused):
            raise answers.to_problem(done)
        metrics.revised()
        return answers.json_answer(done)
