"""The routes of numbers and bindings, over a database of their own that a service need not have.

1. A platform is a client: it holds blocks, binds and asks under its own name. Scans, closes and the like are the
   account's that the client acts for.
2. Whether a number is there isn't told to whoever may not bind it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal, ParamSpec, TypeVar

from fastapi import FastAPI, Path, Request, Response
from pydantic import Field

from wayseal.model.errors import WaysealError
from wayseal.model.fields import MOST_AT_ONCE
from wayseal.model.kinds import ScanKind
from wayseal.model.messages import N_
from wayseal.model.numbers import clean_waybill
from wayseal.model.records import Identifier, Number, Time
from wayseal.model.times import DAY_US, micros_of
from wayseal.numbers import bindings
from wayseal.numbers.bindings import Order, QuotaError, SignedAnswer
from wayseal.numbers.breaches import BreachKind
from wayseal.numbers.codes import make_secret
from wayseal.numbers.errors import KeyTakenError, NumbersError, RestoredError
from wayseal.numbers.moves import BlockAsk, MoveAnswer, Numbers
from wayseal.numbers.reads import NumberRead, record_read
from wayseal.numbers.rules import Move, MoveKind, Outcome
from wayseal.page.languages import in_both, word
from wayseal.server._async_vault import AsyncVault, now
from wayseal.server._problems import ProblemError, Rule
from wayseal.server._schemas import BODY, OPEN, Body, Count, KeyHeader, problems
from wayseal.server.routes import get_caller, json_answer

P = ParamSpec("P")
T = TypeVar("T")
_Text = Annotated[str, Field(min_length=1, max_length=200)]
_MOST = 10_000
"""Numbers of a block, and moves at once."""


class BlockBody(Body):
    """A block of numbers that is asked for."""

    size: Annotated[int, Field(ge=1, le=_MOST, strict=True)]
    holder: Identifier | None = Field(default=None, description="The client that may bind them; by default who asks.")
    outlet: Identifier | None = Field(default=None, description="Where their parcels are picked up.")
    series: Annotated[str, Field(pattern="^[A-Z]{1,10}$")] = "YT"


class OrderBody(Body):
    """An order, of which keyed tags alone are kept."""

    order: _Text
    phone: Annotated[str, Field(min_length=4, max_length=40)]
    city: _Text


class MoveBody(Body):
    """What is said of a move. order: of a bind."""

    at: Time | None = None
    kind: ScanKind = ScanKind.PICKUP
    outlet: Identifier | None = None
    city: _Text | None = None
    order: OrderBody | None = None


class BatchedMove(MoveBody):
    """A move of a batch."""

    number: Number
    move: MoveKind


class MoveBatch(Body):
    """Moves, in order."""

    moves: list[BatchedMove] = Field(min_length=1, max_length=_MOST)


class BindBody(OrderBody):
    """A number and the order that it is to stand for."""

    number: Number


class AskBody(BindBody):
    """A question whether a number stands for an order. nonce: stands in the answer."""

    nonce: Annotated[str, Field(min_length=8, max_length=64, pattern="^[!-~]+$")]


class ReadBody(Body):
    """A read of a number."""

    number: Number
    by: Identifier
    at: Time | None = None


class ReadBatch(Body):
    """Reads of numbers."""

    reads: list[ReadBody] = Field(min_length=1, max_length=MOST_AT_ONCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockShown:
    """A block that was issued."""

    block: int
    numbers: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveShown:
    """What came of a move. rule: why it was refused; secret: of the shipment, after a bind."""

    number: str
    outcome: Outcome
    rule: str | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MovesShown:
    """An answer a move, in the order of the request."""

    results: list[MoveShown]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerKey:
    """The Ed25519 key by which answers on bindings are checked."""

    key: str


class _Desk:
    """The numbers, in threads, and refusals as problems."""

    def __init__(self, async_vault: AsyncVault, numbers: Numbers | None) -> None:
        self._async_vault, self._numbers = async_vault, numbers

    @property
    def numbers(self) -> Numbers:
        """ProblemError where the service has none."""
        if self._numbers is None:
            raise ProblemError(Rule.NOT_FOUND, said=("no_numbers", *in_both(N_("This service has no numbers."))))
        return self._numbers

    async def act(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await self._async_vault.act(work, *args, **kwargs)
        except QuotaError as error:
            raise _problem(Rule.RATE, error, (DAY_US - now() % DAY_US) / 1e6) from None
        except KeyTakenError as error:
            raise _problem(Rule.CONFLICT, error) from None
        except RestoredError as error:
            raise _problem(Rule.DATABASE, error, 300) from None
        except NumbersError as error:
            raise _problem(Rule.INVALID, error) from None

    async def move(self, request: Request, moves: list[BatchedMove]) -> list[MoveShown]:
        if any((one.move is MoveKind.BIND) != (one.order is not None) for one in moves):
            raise _problem(Rule.INVALID, NumbersError(N_("a bind has an order, and nothing else has")))
        asked = [self._asked(request, one) for one in moves]
        return [self._shown(one) for one in await self.act(self.numbers.move, asked, now())]

    def _asked(self, request: Request, one: BatchedMove) -> Move:
        caller, number = get_caller(request), clean_waybill(one.number)
        if one.order is not None:
            order = Order(client=caller.client, order=one.order.order, phone=one.order.phone, city=one.order.city)
            return bindings.bind_move(self.numbers.keys, number, order)
        return Move(
            number=number,
            move=one.move,
            by=caller.actor or caller.client,
            at=None if one.at is None else micros_of(one.at),
            kind=one.kind.value,
            outlet=one.outlet,
            city=one.city,
        )

    def _shown(self, one: MoveAnswer) -> MoveShown:
        """Rule 2. A secret goes to whoever binds, again where the answer was lost."""
        hidden = one.breach in (BreachKind.NEVER_ISSUED, BreachKind.BOUND_BY_OTHER)
        rule = None if one.breach is None else "unknown" if hidden else one.breach.value
        bound = one.bound and one.outcome is not Outcome.REFUSED
        secret = make_secret(self.numbers.keys.secret, one.number) if bound else None
        return MoveShown(number=one.number, outcome=one.outcome, rule=rule, secret=secret)


def _problem(rule: Rule, error: WaysealError, wait: float | None = None) -> ProblemError:
    return ProblemError(rule, said=(rule, word(error, "zh"), str(error)), retry_after=wait)


def add_numbers(app: FastAPI, async_vault: AsyncVault, numbers: Numbers | None) -> None:
    """POST /v1/numbers, /v1/numbers/moves, /v1/numbers/reads, /v1/numbers/{number}/{move}; bindings."""
    desk = _Desk(async_vault, numbers)
    _add_bindings(app, desk)

    @app.post("/v1/numbers", status_code=201, response_model=BlockShown, responses=problems((*BODY, 409)),
              summary="Issue a block of numbers")  # fmt: skip
    async def issue(request: Request, body: BlockBody, key: KeyHeader = None) -> Response:
        """The same key gets the same block."""
        client = get_caller(request).client
        named = None if key is None else f"{client}/{key}"
        ask = BlockAsk(holder=body.holder or client, channel=client, size=body.size, outlet=body.outlet,
                       series=body.series, key=named)  # fmt: skip
        made = await desk.act(desk.numbers.issue, ask, now())
        return json_answer(BlockShown(block=made.block, numbers=[*made.numbers]), 201)

    @app.post("/v1/numbers/moves", response_model=MovesShown, responses=problems(), summary="Move many numbers")
    async def moves(request: Request, body: MoveBatch) -> Response:
        """Up to 10,000 `moves`, one commit, with a result for each."""
        return json_answer(MovesShown(results=await desk.move(request, body.moves)), sparse=True)

    @app.post("/v1/numbers/reads", response_model=Count, responses=problems(), summary="Report reads of numbers")
    async def reads(request: Request, body: ReadBatch) -> Response:
        """Answers how many were before a first scan and by others than the holder."""
        some = [
            NumberRead(number=clean_waybill(one.number), by=one.by, at=micros_of(one.at) if one.at else now())
            for one in body.reads
        ]
        return json_answer(Count(taken=await desk.act(desk.numbers.database.write, record_read, some)))

    @app.post("/v1/numbers/{number}/{move}", response_model=MoveShown, responses=problems(), summary="Move a number")
    async def move(
        request: Request,
        number: Annotated[Number, Path()],
        move: Annotated[Literal["scan", "close", "retire", "void", "expire"], Path()],
        body: MoveBody,
    ) -> Response:
        """A bind is `POST /v1/bindings`."""
        one = BatchedMove.model_construct(number=number, move=MoveKind(move), **dict(body))
        return json_answer((await desk.move(request, [one]))[0], sparse=True)


def _add_bindings(app: FastAPI, desk: _Desk) -> None:
    @app.post("/v1/bindings", response_model=MoveShown, responses=problems(), summary="Bind a number to an order")
    async def bind(request: Request, body: BindBody) -> Response:
        """Keyed tags are kept of the order, and nothing else; answers with the shipment's secret."""
        order = OrderBody(order=body.order, phone=body.phone, city=body.city)
        one = BatchedMove(number=body.number, move=MoveKind.BIND, order=order)
        return json_answer((await desk.move(request, [one]))[0], sparse=True)

    @app.post("/v1/bindings/ask", response_model=SignedAnswer, responses=problems(),
              summary="Ask whether a number stands for an order")  # fmt: skip
    async def ask(request: Request, body: AskBody) -> Response:
        """`match`, `mismatch` or `unknown`, signed; so many a day."""
        order = Order(client=get_caller(request).client, order=body.order, phone=body.phone, city=body.city)
        done = await desk.act(bindings.ask, desk.numbers, clean_waybill(body.number), order, body.nonce, now())
        return json_answer(done)

    @app.get("/v1/bindings/key", response_model=AnswerKey, responses=problems(OPEN),
             summary="The key by which answers on bindings are checked")  # fmt: skip
    async def key() -> Response:
        return json_answer(AnswerKey(key=bindings.public_key(desk.numbers.keys)))
