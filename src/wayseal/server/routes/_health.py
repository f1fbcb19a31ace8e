"""Whether the service lives, is ready, and how it does."""

import time
from collections.abc import Callable

from fastapi import FastAPI, Response

from wayseal.database import DatabaseError
from wayseal.server import _answers as answers
from wayseal.server._async_vault import AsyncVault
from wayseal.server._metrics import MEDIA_TYPE, Metrics
from wayseal.server._schemas import OPEN, TOKEN, Health, problems
from wayseal.vault.errors import VaultError

FRESH = 1.0
"""Seconds for which an answer about the database is given again: whoever may ask may ask often."""


class _Ready:
    """The vault's readiness, asked at most once a second."""

    def __init__(self, async_vault: AsyncVault, metrics: Metrics) -> None:
        self._async_vault = async_vault
        self._metrics = metrics
        self._at = float("-inf")
        self._answers = False

    async def answers(self) -> bool:
        """Check if it answers."""
        if time.monotonic() - self._at >= FRESH:
            self._at = time.monotonic()
            try:
                await self._async_vault.check()
                self._answers = True
            except (DatabaseError, VaultError):
                self._metrics.database_failed()
                self._answers = False
        return self._answers


def add_health(app: FastAPI, async_vault: AsyncVault, metrics: Metrics, stopping: Callable[[], bool]) -> None:
    """GET /healthz, /readyz, /metrics."""
    vault = _Ready(async_vault, metrics)

    @app.get("/healthz", response_model=Health, responses=problems(OPEN), summary="Whether the process answers")
    async def healthz() -> Response:
        return answers.json_answer(Health(status="ok"))

    @app.get(
        "/readyz",
        response_model=Health,
        responses={**problems(OPEN), 503: {"model": Health}},
        summary="Whether requests should be sent here",
    )
    async def readyz() -> Response:
        """No while the database is away, the log isn't the one that the vault has seen, or the service stops."""
        ready = not stopping() and await vault.answers()
        return answers.json_answer(Health(status="ok" if ready else "not_ready"), 200 if ready else 503)

    @app.get(
        "/metrics",
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **problems(TOKEN)},
        response_class=Response,
        summary="Metrics for Prometheus",
    )
    async def exposed() -> Response:
        return Response(metrics.text(log_entries=await async_vault.log_size()), media_type=MEDIA_TYPE)
