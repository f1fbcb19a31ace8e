"""Work that arrives: scans, tickets; and who is there to do it."""

from fastapi import FastAPI, Request, Response

from wayseal.server import _conversion as conversion
from wayseal.server._async_vault import AsyncVault, now
from wayseal.server._request_schemas import ActorBatch, ScanBatch, TicketBatch
from wayseal.server._response_schemas import ActorState, Count, problems
from wayseal.server.routes._parameters import Actor
from wayseal.vault.directory import ActorRecord
from wayseal.vault.work_events import ScanEvent, TicketEvent


def add_work(app: FastAPI, async_vault: AsyncVault) -> None:
    """POST /v1/scans, /v1/tickets, /v1/actors, /v1/actors/{actor}/block, /v1/actors/{actor}/unblock."""

    @app.post("/v1/scans", response_model=Count, responses=problems(), summary="Report scans")
    async def scans(request: Request, body: ScanBatch) -> Response:
        """They say where parcels are, which opens purposes and budgets."""
        events = [ScanEvent(**dict(scan)) for scan in body.scans]
        taken = await async_vault.act(async_vault.vault.scans, conversion.get_caller(request), events, now=now())
        return conversion.json_response({"taken": taken})

    @app.post("/v1/tickets", response_model=Count, responses=problems(), summary="Report tickets")
    async def tickets(request: Request, body: TicketBatch) -> Response:
        """They say who works on which waybill."""
        events = [TicketEvent(**dict(ticket)) for ticket in body.tickets]
        taken = await async_vault.act(async_vault.vault.tickets, conversion.get_caller(request), events, now=now())
        return conversion.json_response({"taken": taken})

    @app.post("/v1/actors", response_model=Count, responses=problems(), summary="Put actors into the directory")
    async def actors(request: Request, body: ActorBatch) -> Response:
        """What was known of them is replaced."""
        records = [ActorRecord(**dict(actor)) for actor in body.actors]
        await async_vault.act(async_vault.vault.actors, conversion.get_caller(request), records, now=now())
        return conversion.json_response({"taken": len(records)})

    @app.post(
        "/v1/actors/{actor}/block",
        response_model=ActorState,
        responses=problems(),
        summary="Put an actor on the blocked list",
    )
    async def block(request: Request, actor: Actor) -> Response:
        await async_vault.act(async_vault.vault.block, conversion.get_caller(request), actor, now=now())
        return conversion.json_response({"actor": actor, "blocked": True})

    @app.post(
        "/v1/actors/{actor}/unblock",
        response_model=ActorState,
        responses=problems(),
        summary="Take an actor off the blocked list",
    )
    async def unblock(request: Request, actor: Actor) -> Response:
        await async_vault.act(async_vault.vault.unblock, conversion.get_caller(request), actor, now=now())
        return conversion.json_response({"actor": actor, "blocked": False})
