"""The disclosure log, for those who check it (C2SP tlog-tiles)."""

from typing import Annotated

from fastapi import FastAPI, Path, Response

from wayseal.page.languages import word
from wayseal.server._async_vault import AsyncVault, now
from wayseal.server._problems import ProblemError
from wayseal.server._rules import Rule
from wayseal.server._schemas import TOKEN, problems
from wayseal.vault.errors import VaultError
from wayseal.vault.log.tiles import tile_named

_TILES = "application/octet-stream"
_STATUSES = (*TOKEN, 422)


def add_log(app: FastAPI, async_vault: AsyncVault) -> None:
    """GET /v1/log/checkpoint, /v1/log/tile/{level}/{index}, /v1/log/entries/{seq}/proof."""

    @app.get(
        "/v1/log/checkpoint",
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **problems(_STATUSES)},
        response_class=Response,
        summary="The newest signed checkpoint",
    )
    async def checkpoint() -> Response:
        """It is of the log as it is now."""
        note = await async_vault.act(async_vault.vault.checkpoint, now=now())
        return Response(note, media_type="text/plain; charset=utf-8")

    @app.get(
        "/v1/log/tile/{level}/{index:path}",
        responses={
            200: {"content": {_TILES: {"schema": {"type": "string", "format": "binary"}}}},
            **problems(_STATUSES),
        },
        response_class=Response,
        summary="A tile of the log's tree",
    )
    async def tile(
        level: Annotated[int, Path(ge=0, le=63)],
        index: Annotated[str, Path(max_length=40, examples=["000.p/7", "x001/x234/067"])],
    ) -> Response:
        """Level and index as in C2SP tlog-tiles: `0/000`, `0/x001/067`, `1/000.p/5`."""
        wanted = tile_named(f"{level}/{index}")
        hashes = None if wanted is None else await async_vault.log_tile(wanted)
        if hashes is None:
            raise ProblemError(Rule.NOT_FOUND)
        # A tile never changes; it is for clients that may read the log, and for no cache between.
        headers = {"Cache-Control": "private, max-age=31536000, immutable"}
        return Response(hashes, media_type=_TILES, headers=headers)

    @app.get(
        "/v1/log/entries/{seq}/proof",
        responses={200: {"content": {"application/json": {"schema": {"type": "object"}}}}, **problems(_STATUSES)},
        response_class=Response,
        summary="The proof that an entry stands in the log",
    )
    async def proof(seq: Annotated[int, Path(ge=0, lt=2**62)]) -> Response:
        """It can be checked without the vault."""
        try:
            made = await async_vault.prove(seq)
        except VaultError as error:
            if type(error) is not VaultError:
                raise
            raise ProblemError(Rule.NOT_FOUND, said=(Rule.NOT_FOUND, word(error, "zh"), str(error))) from None
        return Response(made, media_type="application/json")
