"""The routes: disclosing, sealing, work that arrives, administration, the log (C2SP tlog-tiles), and health.

First what they have in common: who asks, records as JSON, refusals as problems or as counts.
"""

import time
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Annotated, Any

from fastapi import FastAPI, Path, Request, Response

from wayseal.database import DatabaseError
from wayseal.model.fields import Field
from wayseal.model.messages import N_
from wayseal.model.records import (
    Answer,
    Approval,
    Ask,
    Disclosed,
    Erased,
    Parcel,
    PolicyShown,
    Refused,
    Revised,
    Sealed,
    TokenShown,
)
from wayseal.model.schema import adapter
from wayseal.page.languages import in_both, word
from wayseal.server._async_vault import AsyncVault, now
from wayseal.server._blocked import BlockedGuard
from wayseal.server._metrics import MEDIA_TYPE, Metrics
from wayseal.server._problems import ProblemError, Rule
from wayseal.server._schemas import (
    BODY,
    OPEN,
    TOKEN,
    ActorBatch,
    ActorPath,
    ActorState,
    ApprovalBody,
    Count,
    DiscloseBatch,
    DiscloseBody,
    DisclosureResults,
    EraseBody,
    FindBody,
    Found,
    Health,
    KeyHeader,
    PolicyActivated,
    PolicyBody,
    ReviseBody,
    ScanBatch,
    SealBatch,
    SealResults,
    TicketBatch,
    TokenBatch,
    TokenResults,
    WaybillPath,
    problems,
)
from wayseal.vault import Caller
from wayseal.vault.errors import VaultError
from wayseal.vault.log.tiles import tile_named

_CONFLICTS = frozenset({"exists"})
"""Rules that tell a client of its own earlier request, or that sealed something there first: 409."""


def get_caller(request: Request) -> Caller:
    """Who asks, as admission found."""
    caller = request.scope["state"]["caller"]
    assert isinstance(caller, Caller)  # noqa: S101
    return caller


def json_answer(
    record: Any, status: int = 200, headers: Mapping[str, str] | None = None, *, sparse: bool = False
) -> Response:
    """A record as an answer; sparse: without what is None."""
    body = adapter(record.__class__).serializer.to_json(record, by_alias=True, exclude_none=sparse)
    return Response(body, status, headers, "application/json")


def to_problem(refusal: Refused) -> ProblemError:
    """A refusal of the vault as an answer: 403 to whoever asks to see, so that none tells whether a number is there."""
    return ProblemError(
        Rule.CONFLICT if refusal.rule in _CONFLICTS else Rule.REFUSED,
        said=(refusal.rule, refusal.zh, refusal.en),
        extra={"seq": refusal.seq, **({"waybill": refusal.waybill} if refusal.waybill else {})},
    )


def count_answers(metrics: Metrics, purposes: Container[str], asks: Sequence[Ask], answers: Sequence[Answer]) -> None:
    """Puts a batch into the metrics. purposes: those that the policy knows; another one is a text that was sent."""
    outcomes: dict[tuple[str, str], int] = {}
    for ask, answer in zip(asks, answers, strict=True):
        key = ask.purpose, answer.status
        outcomes[key] = outcomes.get(key, 0) + 1
    for (purpose, outcome), number in outcomes.items():
        metrics.disclosed(purpose if purpose in purposes else "unknown", outcome, number)


def count_refusals(metrics: Metrics, answers: Iterable[object]) -> None:
    """Refusals of a batch, by rule."""
    for answer in answers:
        if isinstance(answer, Refused):
            metrics.refused(answer.rule)


def add_disclosure(app: FastAPI, async_vault: AsyncVault, metrics: Metrics, blocked: BlockedGuard) -> None:
    """POST /v1/waybills/{waybill}/disclose, /v1/disclose, /v1/tokens/disclose, /v1/find."""
    _add_tokens(app, async_vault, metrics, blocked)

    @app.post(
        "/v1/waybills/{waybill}/disclose",
        response_model=Disclosed,
        responses=problems((*BODY, 409)),
        summary="See a waybill's data, for a purpose and a reason",
    )
    async def disclose(request: Request, waybill: WaybillPath, body: DiscloseBody, key: KeyHeader = None) -> Response:
        """`fields` asks for fewer fields, `approval` names an approval of bulk."""
        ask = Ask(waybill=waybill, purpose=body.purpose, reason=body.reason, fields=body.fields)
        blocked.check(request)
        (answer,) = await disclose_all(async_vault, metrics, request, [ask], key, body.approval)
        if isinstance(answer, Refused):
            raise to_problem(answer)
        return json_answer(answer)

    @app.post(
        "/v1/disclose",
        response_model=DisclosureResults,
        responses=problems((*BODY, 409)),
        summary="See many waybills' data, each for a purpose and a reason",
    )
    async def disclose_batch(request: Request, body: DiscloseBatch, key: KeyHeader = None) -> Response:
        """Up to 1,000 `asks`, with a result for each."""
        blocked.check(request, len(body.asks))
        done = await disclose_all(async_vault, metrics, request, body.asks, key, body.approval)
        count_refusals(metrics, done)
        return json_answer(DisclosureResults(results=done))

    @app.post(
        "/v1/find",
        response_model=Found,
        responses=problems(),
        summary="Find the waybills of a phone; few a day",
    )
    async def find(request: Request, body: FindBody) -> Response:
        """As many a day and account as the purpose says, 20 by default."""
        blocked.check(request)
        caller = get_caller(request)
        found = await async_vault.act(async_vault.vault.find, caller, body.phone, body.purpose, body.reason, now=now())
        if isinstance(found, Refused):
            raise to_problem(found)
        return json_answer(Found(waybills=found))


def _add_tokens(app: FastAPI, async_vault: AsyncVault, metrics: Metrics, blocked: BlockedGuard) -> None:
    @app.post(
        "/v1/tokens/disclose",
        response_model=TokenResults,
        responses=problems((*BODY, 409)),
        summary="See what tokens stand for, for a purpose and a reason",
    )
    async def disclose_tokens(request: Request, body: TokenBatch, key: KeyHeader = None) -> Response:
        """Up to 1,000 `tokens`, with a result for each."""
        blocked.check(request, len(body.tokens))
        places = [_place(async_vault, token) for token in body.tokens]
        wanted: dict[str, set[Field]] = {}
        for place in places:
            if place is not None:
                wanted.setdefault(place[0], set()).add(place[1])
        asks = [
            Ask(waybill=waybill, purpose=body.purpose, reason=body.reason, fields=frozenset(fields))
            for waybill, fields in wanted.items()
        ]
        done = await disclose_all(async_vault, metrics, request, asks, key, body.approval) if asks else []
        count_refusals(metrics, done)
        by_waybill = dict(zip(wanted, done, strict=True))
        results = [
            _of_token(token, None if place is None else by_waybill[place[0]], None if place is None else place[1])
            for token, place in zip(body.tokens, places, strict=True)
        ]
        return json_answer(TokenResults(results=results), sparse=True)


async def disclose_all(
    async_vault: AsyncVault, metrics: Metrics, request: Request, asks: list[Ask], key: str | None, approval: str | None
) -> list[Answer]:
    """Disclose, and count what was answered."""
    done = await async_vault.disclose(get_caller(request), asks, key=key, approval=approval)
    count_answers(metrics, async_vault.vault.policy.purposes, asks, done)
    return done


def _place(async_vault: AsyncVault, token: str) -> tuple[str, Field] | None:
    """Number and field of a token; None where it is none of ours."""
    try:
        return async_vault.vault.read_token(token)
    except VaultError:
        return None


def _of_token(token: str, answer: Answer | None, field: Field | None) -> TokenShown:
    """Answer for one token; a token that isn't ours is told apart from nothing that is refused."""
    if answer is None or field is None:
        return _refused(token, "token", in_both(N_("No such token.")))
    if isinstance(answer, Refused):
        return _refused(token, answer.rule, (answer.zh, answer.en), answer.seq)
    if field not in answer.values:
        return _refused(token, "field", in_both(N_("The purpose doesn't have this field.")), answer.seq)
    return TokenShown(
        token=token,
        status="disclosed",
        value=answer.values[field],
        form=answer.forms[field],
        until=answer.until,
        seq=answer.seq,
    )


def _refused(token: str, rule: str, words: tuple[str, str], seq: int | None = None) -> TokenShown:
    return TokenShown(token=token, status="refused", rule=rule, zh=words[0], en=words[1], seq=seq)


def add_sealing(app: FastAPI, async_vault: AsyncVault, metrics: Metrics) -> None:
    """POST /v1/waybills, /v1/waybills/batch, /v1/waybills/{waybill}/erase; PATCH /v1/waybills/{waybill}."""
    _add_revising(app, async_vault, metrics)

    async def sealed(request: Request, parcels: list[Parcel], key: str | None) -> list[Sealed | Refused]:
        done = await async_vault.act(async_vault.vault.seal, get_caller(request), parcels, now=now(), key=key)
        metrics.sealed(sum(isinstance(one, Sealed) for one in done))
        return done

    @app.post(
        "/v1/waybills",
        status_code=201,
        response_model=Sealed,
        responses=problems((*BODY, 409)),
        summary="Seal one parcel's data",
    )
    async def seal(request: Request, body: Parcel, key: KeyHeader = None) -> Response:
        """Answers 201 with a token for each field."""
        (one,) = await sealed(request, [body], key)
        if isinstance(one, Refused):
            raise to_problem(one)
        return json_answer(one, 201)

    @app.post(
        "/v1/waybills/batch",
        response_model=SealResults,
        responses=problems((*BODY, 409)),
        summary="Seal many parcels' data",
    )
    async def seal_batch(request: Request, body: SealBatch, key: KeyHeader = None) -> Response:
        """Up to 1,000 `parcels`, with a result for each."""
        done = await sealed(request, body.parcels, key)
        count_refusals(metrics, done)
        return json_answer(SealResults(results=done))

    @app.post(
        "/v1/waybills/{waybill}/erase",
        response_model=Erased,
        responses=problems(),
        summary="Erase a waybill's key, so that nothing of it can be shown again",
    )
    async def erase(request: Request, waybill: WaybillPath, body: EraseBody) -> Response:
        """`gone_at` says when the last backup of the key is gone."""
        caller = get_caller(request)
        (done,) = await async_vault.act(async_vault.vault.erase, caller, [waybill], why=body.why, now=now())
        return json_answer(done)


def _add_revising(app: FastAPI, async_vault: AsyncVault, metrics: Metrics) -> None:
    @app.patch(
        "/v1/waybills/{waybill}",
        response_model=Revised,
        responses=problems((*BODY, 409)),
        summary="Change what is sealed under a number, for a purpose and a reason",
    )
    async def revise(request: Request, waybill: WaybillPath, body: ReviseBody, key: KeyHeader = None) -> Response:
        """`values` holds the fields that change; the caller sees nothing by it."""
        caller = get_caller(request)
        done = await async_vault.act(
            async_vault.vault.revise, caller, waybill, body.purpose, body.reason, body.values, now=now(), key=key
        )
        if isinstance(done, Refused):
            raise to_problem(done)
        metrics.revised()
        return json_answer(done)


def add_work(app: FastAPI, async_vault: AsyncVault, metrics: Metrics) -> None:
    """POST /v1/scans, /v1/tickets, /v1/actors, /v1/actors/{actor}/block, /v1/actors/{actor}/unblock."""

    @app.post("/v1/scans", response_model=Count, responses=problems(), summary="Report scans")
    async def scans(request: Request, body: ScanBatch) -> Response:
        """They say where parcels are, which opens purposes and budgets."""
        caller = get_caller(request)
        taken = await async_vault.act(async_vault.vault.scans, caller, body.scans, now=now())
        metrics.scanned(caller.client, time.time() - max(scan.at for scan in body.scans).timestamp())
        return json_answer(Count(taken=taken))

    @app.post("/v1/tickets", response_model=Count, responses=problems(), summary="Report tickets")
    async def tickets(request: Request, body: TicketBatch) -> Response:
        """They say who works on which waybill."""
        taken = await async_vault.act(async_vault.vault.tickets, get_caller(request), body.tickets, now=now())
        return json_answer(Count(taken=taken))

    @app.post("/v1/actors", response_model=Count, responses=problems(), summary="Put actors into the directory")
    async def actors(request: Request, body: ActorBatch) -> Response:
        """Replace what was known of them."""
        await async_vault.act(async_vault.vault.actors, get_caller(request), body.actors, now=now())
        return json_answer(Count(taken=len(body.actors)))

    @app.post(
        "/v1/actors/{actor}/block",
        response_model=ActorState,
        responses=problems(),
        summary="Put an actor on the blocked list",
    )
    async def block(request: Request, actor: ActorPath) -> Response:
        await async_vault.act(async_vault.vault.block, get_caller(request), actor, now=now())
        return json_answer(ActorState(actor=actor, blocked=True))

    @app.post(
        "/v1/actors/{actor}/unblock",
        response_model=ActorState,
        responses=problems(),
        summary="Take an actor off the blocked list",
    )
    async def unblock(request: Request, actor: ActorPath) -> Response:
        await async_vault.act(async_vault.vault.unblock, get_caller(request), actor, now=now())
        return json_answer(ActorState(actor=actor, blocked=False))


def add_administration(app: FastAPI, async_vault: AsyncVault, blocked: BlockedGuard) -> None:
    """POST /v1/approvals, /v1/approvals/{approval}/approve; GET and POST /v1/policy."""

    @app.post("/v1/approvals", status_code=201, response_model=Approval, responses=problems(), summary="Ask for bulk")
    async def ask(request: Request, body: ApprovalBody) -> Response:
        """A second person has to agree to `most` waybills for a `purpose`."""
        caller = get_caller(request)
        made = await async_vault.act(async_vault.vault.ask_approval, caller, body.purpose, body.most, now=now())
        return json_answer(made, 201)

    @app.post(
        "/v1/approvals/{approval}/approve",
        response_model=Approval,
        responses=problems(),
        summary="Agree to bulk that another asked for",
    )
    async def approve(request: Request, approval: Annotated[str, Path(min_length=1, max_length=40)]) -> Response:
        """Nobody agrees to what they asked for themselves, nor by the client that asked, where another one may."""
        blocked.check(request)
        done = await async_vault.act(async_vault.vault.approve, get_caller(request), approval, now=now())
        return json_answer(done)

    @app.get("/v1/policy", response_model=PolicyShown, responses=problems(TOKEN), summary="The policy in force")
    async def policy() -> Response:
        """Its version, purposes and rules."""
        return json_answer(await async_vault.act(async_vault.vault.policy_texts))

    @app.post("/v1/policy", response_model=PolicyActivated, responses=problems(), summary="Put another policy in force")
    async def activate(request: Request, body: PolicyBody) -> Response:
        caller = get_caller(request)
        done = await async_vault.act(async_vault.vault.activate_policy, caller, body.purposes, body.rules, now=now())
        return json_answer(PolicyActivated(version=done.version))


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
        return json_answer(Health(status="ok"))

    @app.get(
        "/readyz",
        response_model=Health,
        responses={**problems(OPEN), 503: {"model": Health}},
        summary="Whether requests should be sent here",
    )
    async def readyz() -> Response:
        """No while the database is away, the log isn't the one that the vault has seen, or the service stops."""
        ready = not stopping() and await vault.answers()
        return json_answer(Health(status="ok" if ready else "not_ready"), 200 if ready else 503)

    @app.get(
        "/metrics",
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **problems(TOKEN)},
        response_class=Response,
        summary="Metrics for Prometheus",
    )
    async def exposed() -> Response:
        return Response(metrics.text(log_entries=await async_vault.log_size()), media_type=MEDIA_TYPE)
