"""Work that arrives: scans, tickets; and who is there to do it."""

import time

from fastapi import FastAPI, Request, Response

from wayseal.server import _answers as answers
from wayseal.server._async_vault import AsyncVault, now
from wayseal.server._metrics import Metrics
from wayseal.server._schemas import ActorBatch, ActorPath, ActorState, Count, ScanBatch, TicketBatch, problems


def add_work(app: FastAPI, async_vault: AsyncVault, metrics: Metrics) -> None:
    """POST /v1/scans, /v1/tickets, /v1/actors, /v1/actors/{actor}/block, /v1/actors/{actor}/unblock."""

    @app.post("/v1/scans", response_model=Count, responses=problems(), summary="Report scans")
    async def scans(request: Request, body: ScanBatch) -> Response:
        """They say where parcels are, which opens purposes and budgets."""
        caller = answers.get_caller(request)
        taken = await async_vault.act(async_vault.vault.scans, caller, body.scans, now=now())
        metrics.scanned(caller.client, time.time() - max(scan.at for scan in body.scans).timestamp())
        return answers.json_answer(Count(taken=taken))

    @app.post("/v1/tickets", response_model=Count, responses=problems(), summary="Report tickets")
    async def tickets(request: Request, body: TicketBatch) -> Response:
        """They say who works on which waybill."""
        taken = await async_vault.act(async_vault.vault.tickets, answers.get_caller(request), body.tickets, now=now())
        return answers.json_answer(Count(taken=taken))

    @app.post("/v1/actors", response_model=Count, responses=problems(), summary="Put actors into the directory")
    async def actors(request: Request, body: ActorBatch) -> Response:
        """Replace what was known of them."""
        await async_vault.act(async_vault.vault.actors, answers.get_caller(request), body.actors, now=now())
        return answers.json_answer(Count(taken=len(body.actors)))

    @app.post(
        "/v1/actors/{actor}/block",
        response_model=ActorState,
        responses=problems(),
        summary="Put an actor on the blocked list",
    )
    async def block(request: Request, actor: ActorPath) -> Response:
        await async_vault.act(async_vault.vault.block, answers.get_caller(request), actor, now=now())
        return answers.json_answer(ActorState(actor=actor, blocked=True))

    @app.post(
        "/v1/actors/{actor}/unblock",
        response_model=ActorState,
        responses=problems(),
        summary="Take an actor off the blocked list",
    )
    async def unblock(request: Request, actor: ActorPath) -> Response:
        await async_vault.act(async_vault.vault.unblock, answers.get_caller(request), actor, now=now())
        return answers.json_answer(ActorState(actor=actor, blocked=False))
