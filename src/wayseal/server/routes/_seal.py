"""Sealing, changing what was sealed, and erasing it."""

from fastapi import FastAPI, Request, Response

from wayseal.server import _conversion as conversion
from wayseal.server._async_vault import AsyncVault, now
from wayseal.server._metrics import Metrics
from wayseal.server._request_schemas import EraseBody, ReviseBody, SealBatch, SealBody
from wayseal.server._response_schemas import BODY, Erased, RevisedOne, SealedOne, SealResults, problems
from wayseal.server._timestamps import format_timestamp
from wayseal.server.routes._parameters import Key, Waybill
from wayseal.vault.requests import Refused, Sealed


def add_sealing(app: FastAPI, async_vault: AsyncVault, metrics: Metrics) -> None:
    """POST /v1/waybills, /v1/waybills/batch, /v1/waybills/{waybill}/erase; PATCH /v1/waybills/{waybill}."""
    _add_revising(app, async_vault, metrics)

    async def sealed(request: Request, bodies: list[SealBody], key: str | None) -> list[Sealed | Refused]:
        parcels = [conversion.to_parcel(body) for body in bodies]
        done = await async_vault.act(
            async_vault.vault.seal, conversion.get_caller(request), parcels, now=now(), key=key
        )
        metrics.sealed(sum(isinstance(one, Sealed) for one in done))
        return done

    @app.post(
        "/v1/waybills",
        status_code=201,
        response_model=SealedOne,
        responses=problems((*BODY, 409)),
        summary="Seal one parcel's data",
    )
    async def seal(request: Request, body: SealBody, key: Key = None) -> Response:
        """Answers 201 with a token for each field."""
        (one,) = await sealed(request, [body], key)
        if isinstance(one, Refused):
            raise conversion.to_problem(one)
        return conversion.json_response(conversion.sealed_json(one), 201)

    @app.post(
        "/v1/waybills/batch",
        response_model=SealResults,
        responses=problems((*BODY, 409)),
        summary="Seal many parcels' data",
    )
    async def seal_batch(request: Request, body: SealBatch, key: Key = None) -> Response:
        """Up to 1,000 `parcels`, with a result for each."""
        done = await sealed(request, body.parcels, key)
        conversion.count_refusals(metrics, done)
        results = [
            conversion.refused_json(one) if isinstance(one, Refused) else conversion.sealed_json(one) for one in done
        ]
        return conversion.json_response({"results": results})

    @app.post(
        "/v1/waybills/{waybill}/erase",
        response_model=Erased,
        responses=problems(),
        summary="Erase a waybill's key, so that nothing of it can be shown again",
    )
    async def erase(request: Request, waybill: Waybill, body: EraseBody) -> Response:
        """`gone_at` says when the last backup of the key is gone."""
        caller = conversion.get_caller(request)
        (done,) = await async_vault.act(async_vault.vault.erase, caller, [waybill], why=body.why, now=now())
        return conversion.json_response(
            {
                "waybill": done.waybill,
                "erased_at": format_timestamp(done.erased_at),
                "gone_at": format_timestamp(done.gone_at),
            }
        )


def _add_revising(app: FastAPI, async_vault: AsyncVault, metrics: Metrics) -> None:
    @app.patch(
        "/v1/waybills/{waybill}",
        response_model=RevisedOne,
        responses=problems((*BODY, 409)),
        summary="Change what is sealed under a number, for a purpose and a reason",
    )
    async def revise(request: Request, waybill: Waybill, body: ReviseBody, key: Key = None) -> Response:
        """`values` holds the fields that change; the caller sees nothing by it."""
        caller, values = conversion.get_caller(request), conversion.to_values(body.values)
        done = await async_vault.act(
            async_vault.vault.revise, caller, waybill, body.purpose, body.reason, values, now=now(), key=key
        )
        if isinstance(done, Refused):
            raise conversion.to_problem(done)
        metrics.revised()
        return conversion.json_response(conversion.revised_json(done))
