"""An exchange in process, for whoever asks it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from tests.cases.hotline.test_mailbox import a_box, row
from wayseal.cases.hotline.letters import SealedLetter, Sender
from wayseal.cases.hotline.mailbox import Box
from wayseal.cases.hotline.receipts import Receipt
from wayseal.cases.hotline.transit import Carried, TypedIn
from wayseal.database import Database
from wayseal.model.errors import WaysealError
from wayseal.portal._exchange import exchange_routes
from wayseal.portal.app import Portal, create_app
from wayseal.service.tokens import TokenFile, add_token

PORT, PUBLIC = 8481, 8480
URL = f"http://portal:{PORT}"
RECEIPT = Receipt("1234567890123456")


class InProcess(httpx.BaseTransport):
    """Carries requests to an app, one at a time."""

    def __init__(self, app: Any) -> None:
        self._runner = asyncio.Runner()
        self._transport = httpx.ASGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One request."""
        return self._runner.run(self._ask(request.method, request.url, request.headers, request.read()))

    async def _ask(self, method: str, url: httpx.URL, headers: httpx.Headers, content: bytes) -> httpx.Response:
        request = httpx.Request(method, url, headers=headers, content=content)
        answer = await self._transport.handle_async_request(request)
        return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(await answer.aread()))

    def close(self) -> None:
        """Ends its loop."""
        self._runner.close()


class Typist:
    """Takes what staff typed in."""

    def __init__(self) -> None:
        self.took: list[TypedIn] = []
        self.error: WaysealError | None = None

    async def __call__(self, typed: TypedIn) -> Receipt:
        """One report."""
        if self.error is not None:
            raise self.error
        self.took.append(typed)
        return RECEIPT


def make_app(database: Database, tokens: Path, typed: Callable[[TypedIn], Any] | None = None) -> Starlette:
    """The exchange alone."""
    return Starlette(routes=exchange_routes(database, TokenFile(tokens), PORT, typed or Typist()))


def whole_app(portal: Portal, tokens: Path) -> Any:
    """A portal as it runs, with its exchange."""
    intake = portal.intake
    return create_app(portal, exchange_routes(intake.database, TokenFile(tokens), PORT, intake.type_in))


def make_token(path: Path, name: str = "console") -> str:
    """A token, beside the file of those that are known."""
    token = add_token(path, name, WaysealError)
    path.with_name("token").write_text(token + "\n")
    return token


def staffs(n: int = 1, place: int = 2, **more: Any) -> SealedLetter:
    """A letter of staff, as it is stored."""
    return row(n, Sender.STAFF, place, **more)


def carried(letter: SealedLetter, box: Box | None = None) -> Carried:
    """It on its way."""
    return Carried.of(box or a_box(letter.box[0]), letter)
