"""The routes of virtual numbers, stand-ins, handovers and the courier's code, which a service need not have.

1. What can't be is refused in one way: whether a parcel is there, lies elsewhere or is another's isn't told.
2. A phone goes from a disclosure to the provider of virtual numbers, and into no answer.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import FastAPI, Request, Response
from pydantic import Field as Limits

from wayseal.model.fields import Field, Form
from wayseal.model.records import Ask, Number, Purpose, Reason, Refused
from wayseal.server._async_vault import AsyncVault, now
from wayseal.server._blocked import BlockedGuard
from wayseal.server._metrics import Metrics
from wayseal.server._problems import ProblemError, Rule
from wayseal.server._schemas import Body, WaybillPath, problems
from wayseal.server.routes import disclose_all, get_caller, json_answer, to_problem
from wayseal.vault.aliases import Aliases, StandIns, set_stand_ins
from wayseal.vault.aliases.desk import AliasShown, CodeShown
from wayseal.vault.aliases.handover import Handover
from wayseal.vault.errors import VaultError

_PHONE = frozenset({Field.RECIPIENT_PHONE})


class AliasBody(Body):
    """Why somebody has to reach a recipient. phone: their own, from which they call."""

    purpose: Purpose
    reason: Reason
    phone: Annotated[str, Limits(min_length=5, max_length=40)]


class HandoverBody(Body):
    """A code that a recipient told."""

    waybill: Number
    code: Annotated[str, Limits(min_length=1, max_length=20)]


class OverrideBody(Body):
    """A handover without a code, and why."""

    waybill: Number
    reason: Reason


class SecretBody(Body):
    """The shipment's secret, as the recipient has it."""

    secret: Annotated[str, Limits(min_length=1, max_length=40)]


def add_aliases(
    app: FastAPI, async_vault: AsyncVault, metrics: Metrics, blocked: BlockedGuard, aliases: Aliases | None
) -> None:
    """POST alias, handover-code, courier-code, and PUT stand-ins, of a waybill; POST /v1/handovers and its override."""

    async def act(request: Request, work: Any, *args: Any) -> Response:
        """Rule 1. work: an act of the aliases'."""
        if aliases is None:
            raise ProblemError(Rule.NOT_FOUND)
        blocked.check(request)
        made = await async_vault.act(work, aliases, get_caller(request), *args, now=now())
        if made is None:
            raise ProblemError(Rule.REFUSED)
        return json_answer(made)

    @app.post(
        "/v1/waybills/{waybill}/alias", response_model=AliasShown, responses=problems(),
        summary="Get a virtual number by which to reach a recipient",
    )  # fmt: skip
    async def alias(request: Request, waybill: WaybillPath, body: AliasBody) -> Response:
        """It is the caller's own for this parcel; where the pool is short, `shared` says that others have it too."""
        if aliases is None:
            raise ProblemError(Rule.NOT_FOUND)
        blocked.check(request)
        caller = get_caller(request)
        asks = [Ask(waybill=waybill, purpose=body.purpose, reason=body.reason, fields=_PHONE)]
        (answer,) = await disclose_all(async_vault, metrics, request, asks, None, None)
        if isinstance(answer, Refused):
            raise to_problem(answer)
        if answer.forms.get(Field.RECIPIENT_PHONE) is not Form.FULL:
            raise VaultError("doesn't open the recipient's phone in full", key="purpose")
        given = caller.actor, answer.waybill, body.phone, answer.values[Field.RECIPIENT_PHONE]
        return json_answer(await async_vault.act(aliases.bind, *given, now=now()))

    @app.put(
        "/v1/waybills/{waybill}/stand-ins", response_model=StandIns, responses=problems(),
        summary="Say what is printed instead of a recipient's own",
    )  # fmt: skip
    async def stand_ins(request: Request, waybill: WaybillPath, body: StandIns) -> Response:
        """Takes the place of those before; of a parcel that the caller sealed."""
        return await act(request, set_stand_ins, waybill, body)

    _add_codes(app, act)


def _add_codes(app: FastAPI, act: Callable[..., Awaitable[Response]]) -> None:
    @app.post("/v1/handovers", response_model=Handover, responses=problems(), summary="Check a handover code")
    async def hand_over(request: Request, body: HandoverBody) -> Response:
        """Three tries, at the outlet that has the parcel."""
        return await act(request, Aliases.hand_over, body.waybill, body.code)

    @app.post(
        "/v1/handovers/override", response_model=Handover, responses=problems(),
        summary="Hand over without a code, after three wrong ones",
    )  # fmt: skip
    async def override(request: Request, body: OverrideBody) -> Response:
        """By an approver of the policy's who made none of the tries; it stands in the log."""
        return await act(request, Aliases.override, body.waybill, body.reason)

    @app.post(
        "/v1/waybills/{waybill}/handover-code", response_model=CodeShown, responses=problems(),
        summary="Get the handover code for a recipient",
    )  # fmt: skip
    async def handover_code(request: Request, waybill: WaybillPath, body: SecretBody) -> Response:
        """For whoever has the shipment's secret, while the parcel lies at an outlet."""
        return await act(request, Aliases.handover_code, waybill, body.secret)

    @app.post(
        "/v1/waybills/{waybill}/courier-code", response_model=CodeShown, responses=problems(),
        summary="Get the code of the minute that a courier shows",
    )  # fmt: skip
    async def courier_code(request: Request, waybill: WaybillPath) -> Response:
        """For a courier whose outlet has the parcel out for delivery."""
        return await act(request, Aliases.courier_code, waybill)
