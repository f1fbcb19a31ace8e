"""What needs a second pair of eyes: approvals of bulk, and the policy in force."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import FastAPI, Path, Request, Response

from wayseal.server import _asked as asked
from wayseal.server._bodies import ApprovalBody, PolicyBody
from wayseal.server._desk import Desk, now
from wayseal.server._moments import text
from wayseal.server._shown import TOKEN, ApprovalShown, PolicyActivated, PolicyShown, problems
from wayseal.vault.approvals import Approval


def add_keeping(app: FastAPI, desk: Desk) -> None:
    """POST /v1/approvals, /v1/approvals/{approval}/approve; GET and POST /v1/policy."""

    @app.post(
        "/v1/approvals", status_code=201, response_model=ApprovalShown, responses=problems(), summary="Ask for bulk"
    )
    async def ask(request: Request, body: ApprovalBody) -> Response:
        """A second person has to agree to `most` waybills for a `purpose`."""
        caller = asked.caller_of(request)
        made = await desk.act(desk.vault.ask_approval, caller, body.purpose, body.most, now=now())
        return asked.answered(_approval(made), 201)

    @app.post(
        "/v1/approvals/{approval}/approve",
        response_model=ApprovalShown,
        responses=problems(),
        summary="Agree to bulk that another asked for",
    )
    async def approve(request: Request, approval: Annotated[str, Path(min_length=1, max_length=40)]) -> Response:
        """Nobody agrees to what they asked for themselves."""
        done = await desk.act(desk.vault.approve, asked.caller_of(request), approval, now=now())
        return asked.answered(_approval(done))

    @app.get("/v1/policy", response_model=PolicyShown, responses=problems(TOKEN), summary="The policy in force")
    async def policy() -> Response:
        """Its version, purposes and rules."""
        return asked.answered(asdict(await desk.policy_texts()))

    @app.post("/v1/policy", response_model=PolicyActivated, responses=problems(), summary="Put another policy in force")
    async def activate(request: Request, body: PolicyBody) -> Response:
        caller = asked.caller_of(request)
        done = await desk.act(desk.vault.activate_policy, caller, body.purposes, body.rules, now=now())
        return asked.answered({"version": done.version})


def _approval(made: Approval) -> dict[str, Any]:
    return {
        "approval": made.approval,
        "actor": made.actor,
        "purpose": made.purpose,
        "most": made.most,
        "left": made.left,
        "expires_at": text(made.expires_at),
        "approved_by": made.approved_by,
    }
