"""The disclosure log, for those who check it (C2SP tlog-tiles)."""

import re
from typing import Annotated

from fastapi import FastAPI, Path, Response

from wayseal.server import _asked as asked
from wayseal.server._desk import Desk
from wayseal.server._problem import ProblemError
from wayseal.server._rules import Rule
from wayseal.server._shown import TOKEN, problems

FULL = 256
_INDEX = re.compile(r"((?:x\d{3}/){0,5}\d{3})(?:\.p/(\d{1,3}))?")
_TILES = "application/octet-stream"
_STATUSES = (*TOKEN, 422)


def add_log(app: FastAPI, desk: Desk) -> None:
    """GET /v1/log/checkpoint, /v1/log/tile/{level}/{index}, /v1/log/entries/{seq}/proof."""

    @app.get(
        "/v1/log/checkpoint",
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **problems(_STATUSES)},
        response_class=Response,
        summary="The newest signed checkpoint",
    )
    async def checkpoint() -> Response:
        note = await desk.act(desk.vault.checkpoint)
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
        number, width = tile_index(index)
        hashes = await desk.act(desk.vault.tile, level, number, width)
        if not hashes:
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
        return asked.answered(await desk.act(desk.vault.prove, seq))


def tile_index(text: str) -> tuple[int, int]:
    """(number, width) of a tile's path, "x001/x234/067" or "000.p/7"; ProblemError where it is none."""
    match = _INDEX.fullmatch(text)
    if match is None or not text.isascii():
        raise ProblemError(Rule.NOT_FOUND)
    number = int(match[1].replace("x", "").replace("/", ""))
    width = FULL if match[2] is None else int(match[2])
    if not 0 < width <= FULL or (match[2] is not None and width == FULL):
        raise ProblemError(Rule.NOT_FOUND)
    return number, width
