"""Sealing, changing what was sealed, and erasing it."""

from fastapi import FastAPI, Request, Response

from wayseal.server import _asked as asked
from wayseal.server._bodies import EraseBody, ReviseBody, SealBatch, SealBody
from wayseal.server._desk import Desk, now
from wayseal.server._metrics import Metrics
from wayseal.server._moments import text
from wayseal.server._shown import BODY, Erased, RevisedOne, SealedOne, SealResults, problems
from wayseal.server.routes._parts import Key, Waybill
from wayseal.vault.requests import Refused, Sealed


def add_sealing(app: FastAPI, desk: Desk, metrics: Metrics) -> None:
    """POST /v1/waybills, /v1/waybills/batch, /v1/waybills/{waybill}/erase; PATCH /v1/waybills/{waybill}."""
    _add_revising(app, desk, metrics)

    async def sealed(request: Request, bodies: list[SealBody], key: str | None) -> list[Sealed | Refused]:
        parcels = [asked.parcel(body) for body in bodies]
        done = await desk.act(desk.vault.seal, asked.caller_of(request), parcels, now=now(), key=key)
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
            raise asked.refused(one)
        return asked.answered(asked.sealed_json(one), 201)

    @app.post(
        "/v1/waybills/batch",
        response_model=SealResults,
        responses=problems((*BODY, 409)),
        summary="Seal many parcels' data",
    )
    async def seal_batch(request: Request, body: SealBatch, key: Key = None) -> Response:
        """Up to 1,000 `parcels`, with a result for each."""
        done = await sealed(request, body.parcels, key)
        asked.count_refusals(metrics, done)
        results = [asked.refused_json(one) if isinstance(one, Refused) else asked.sealed_json(one) for one in done]
        return asked.answered({"results": results})

    @app.post(
        "/v1/waybills/{waybill}/erase",
        response_model=Erased,
        responses=problems(),
        summary="Erase a waybill's key, so that nothing of it can be shown again",
    )
    async def erase(request: Request, waybill: Waybill, body: EraseBody) -> Response:
        """`gone_at` says when the last backup of the key is gone."""
        caller = asked.caller_of(request)
        (done,) = await desk.act(desk.vault.erase, caller, [waybill], why=body.why, now=now())
        return asked.answered(
            {"waybill": done.waybill, "erased_at": text(done.erased_at), "gone_at": text(done.gone_at)}
        )


def _add_revising(app: FastAPI, desk: Desk, metrics: Metrics) -> None:
    @app.patch(
        "/v1/waybills/{waybill}",
        response_model=RevisedOne,
        responses=problems((*BODY, 409)),
        summary="Change what is sealed under a number, for a purpose and a reason",
    )
    async def revise(request: Request, waybill: Waybill, body: ReviseBody, key: Key = None) -> Response:
        """`values` holds the fields that change; the caller sees nothing by it."""
        caller, values = asked.caller_of(request), asked.values_of(body.values)
        done = await desk.act(desk.vault.revise, caller, waybill, body.purpose, body.reason, values, now=now(), key=key)
        if isinstance(done, Refused):
            raise asked.refused(done)
        metrics.revised()
        return asked.answered(asked.revised_json(done))
