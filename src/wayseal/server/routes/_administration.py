"""What needs a second pair of eyes: approvals of bulk, and the policy in force."""

from typing import Annotated

from fastapi import FastAPI, Path, Request, Response

from wayseal.model.records import Approval, PolicyShown
from wayseal.server import _answers as answers
from wayseal.server._async_vault import AsyncVault, now
from wayseal.server._schemas import TOKEN, ApprovalBody, PolicyActivated, PolicyBody, problems


def add_administration(app: FastAPI, async_vault: AsyncVault) -> None:
    """POST /v1/approvals, /v1/approvals/{approval}/approve; GET and POST /v1/policy."""

    @app.post("/v1/approvals", status_code=201, response_model=Approval, responses=problems(), summary="Ask for bulk")
    async def ask(request: Request, body: ApprovalBody) -> Response:
        """A second person has to agree to `most` waybills for a `purpose`."""
        caller = answers.get_caller(request)
        made = await async_vault.act(async_vault.vault.ask_approval, caller, body.purpose, body.most, now=now())
        return answers.json_answer(made, 201)

    @app.post(
        "/v1/approvals/{approval}/approve",
        response_model=Approval,
        responses=problems(),
        summary="Agree to bulk that another asked for",
    )
    async def approve(request: Request, approval: Annotated[str, Path(min_length=1, max_length=40)]) -> Response:
        """Nobody agrees to what they asked for themselves, nor by the client that asked, where another one may."""
        done = await async_vault.act(async_vault.vault.approve, answers.get_caller(request), approval, now=now())
        return answers.json_answer(done)

    @app.get("/v1/policy", response_model=PolicyShown, responses=problems(TOKEN), summary="The policy in force")
    async def policy() -> Response:
        """Its version, purposes and rules."""
        return answers.json_answer(await async_vault.policy_texts())

    @app.post("/v1/policy", response_model=PolicyActivated, responses=problems(), summary="Put another policy in force")
    async def activate(request: Request, body: PolicyBody) -> Response:
        caller = answers.get_caller(request)
        done = await async_vault.act(async_vault.vault.activate_policy, caller, body.purposes, body.rules, now=now())
        return answers.json_answer(PolicyActivated(version=done.version))
