"""Disclosure: what is asked, decided, written down and only then shown.

Obligations (code and tests cite the numbers):
1. Ledger before light: nothing is decrypted before the entry that says so is durable. If writing fails, nothing is
   shown. No switch turns that off.
2. Every question leaves exactly one entry: what was shown in which form, or the rule that refused.
3. What is shown is what the purpose lists, in its form, and never more than was asked for.
4. A disclosure counts against the budget of its actor and of its outlet in the transaction that writes it. Whoever
   sees again what it has seen for the same purpose on the same day is not counted again, as far as this process
   remembers: after a restart, or by another process, it is.
5. What the policy wouldn't tell (why else it refuses, whether a number exists) stands in the log alone.
6. A request with an idempotency key that comes again is shown the very same once more: under the same policy, of the
   same record, in the same forms, within a day, and if it still may be shown at all. It is told the same place in the
   log, counts once, and leaves an entry that names that place (`replay`), since it was shown twice. What was refused
   is refused by the same rule again. Where anything of this is another, it is a new request.
7. Bulk takes from its approval in the same transaction, and its entries name the approval. Bulk is what is too much for
   one request, and what is too much for a day with all that the actor saw for the purpose before, by whatever client
   and process; what was approved doesn't count towards the latter.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from wayseal.custody import Standing, relations
from wayseal.database import Connection
from wayseal.model.fields import Field, Form
from wayseal.model.kinds import ActorKind
from wayseal.model.records import Ask
from wayseal.page.languages import in_both
from wayseal.vault import tables as t
from wayseal.vault._context import ACTOR, AGREED, OUTLET, context, keep_reply, request_digest, still_counts
from wayseal.vault._sql import add, put
from wayseal.vault.directory import ActorRecord
from wayseal.vault.errors import ReusedKeyError, VaultError
from wayseal.vault.keyring import Keyring
from wayseal.vault.log import Entry, EntryKind, Tail, append
from wayseal.vault.log.entries import UNKNOWN, loggable_number
from wayseal.vault.policy import Decision, Policy, PolicyRequest, Purpose
from wayseal.vault.policy.budgets import OVER, BudgetScope, allowance
from wayseal.vault.requests import WORDS, Caller, Decided, DiscloseJob, words_of
from wayseal.vault.row_macs import RowMacs
from wayseal.vault.sealing import seal_reason

NOBODY = "nobody"
"""Role of an actor whom the directory doesn't know; no purpose has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """Jobs in their order, each decided or refused as a whole; `tail` and `shown` count once this is durable."""

    jobs: list[list[Decided] | VaultError]
    tail: Tail | None
    shown: frozenset[tuple[str, str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionInputs:
    """By what is decided. seen: (actor, purpose, waybill) that were shown today already (obligation 4)."""

    policy: Policy
    keyring: Keyring
    marks: RowMacs
    seen: frozenset[tuple[str, str, str]] | set[tuple[str, str, str]]
    may: Mapping[str, frozenset[str]]
    """Roles on whose behalf each client in use may act."""


ActorFacts: TypeAlias = tuple[str, str, bool, bool, bool, bool]
"""What a decision rests on of whoever asks: fields of `PolicyRequest` from `role` to `trained`, in their order."""


def actor_facts(actor: ActorRecord | None, may: Collection[str], now: int) -> ActorFacts:
    """An actor now, by way of a client that may act for the roles `may`; None: the directory doesn't know it."""
    if actor is None:
        return NOBODY, ActorKind.PERSON.value, NOBODY in may, False, False, False
    blocked, valid, trained = actor.blocked_at is not None, actor.valid_at(now), actor.trained_at(now)
    return actor.role, actor.kind.value, actor.role in may, blocked, valid, trained


def decide_one(
    connection: Connection, job: DiscloseJob, inputs: DecisionInputs, *, now: int, day: int
) -> tuple[Decided, list[dict[str, Any]]]:
    """Decide a job with one ask by policy and budgets, and return rows by which it counts; nothing is written.

    It counts whatever was counted today (obligation 4 spares those alone who see the same again).
    """
    group = _Group(connection, [job], replace(inputs, seen=frozenset()), now, day)
    (ask,) = job.asks
    return group.decide_alone(job, ask), group.budget_rows()


def commit(
    connection: Connection,
    jobs: Sequence[DiscloseJob],
    inputs: DecisionInputs,
    tail: Tail | None,
    check: Callable[[Connection], None] | None = None,
    *,
    now: int,
    day: int,
) -> Committed:
    """Decides all jobs and writes them down, in one transaction of the caller's (obligations 1 to 7).

    tail, check: see `append`.
    """
    group = _Group(connection, jobs, inputs, now, day)
    done = [group.decide_job(job) for job in jobs]
    after = group.write(connection, tail, check)
    return Committed(jobs=done, tail=after, shown=frozenset(group.once))


class _Group:
    """Jobs that are decided together, on what the database says now."""

    def __init__(
        self, connection: Connection, jobs: Sequence[DiscloseJob], inputs: DecisionInputs, now: int, day: int
    ) -> None:
        self._inputs, self._now = inputs, now
        self._marks = inputs.marks
        self._known = context(
            connection,
            self._marks,
            waybills=(ask.waybill for job in jobs for ask in job.asks),
            actors=(job.caller.actor for job in jobs),
            keys=((job.caller.client, job.key) for job in jobs if job.key is not None),
            approvals=(job.approval for job in jobs if job.approval is not None),
            day=day,
        )
        self._used: Counter[tuple[str, str]] = Counter()
        self._entries: list[tuple[Decided, Entry]] = []
        self._replies: list[tuple[DiscloseJob, bytes, list[Decided]]] = []
        self._spent: Counter[str] = Counter()
        self._actors: dict[tuple[str, str], ActorFacts] = {}
        self._allowances: dict[tuple[str, str], int] = {}
        self.once: set[tuple[str, str, str]] = set()
        """What is counted for the first time today."""

    def decide_job(self, job: DiscloseJob) -> list[Decided] | VaultError:
        """Decide one job; an error refuses it as a whole."""
        asked = self._request_digest(job)
        old = None if asked is None else self._known.replies.get((job.caller.client, job.key or ""))
        if old is not None and still_counts(old.at, self._now):
            if old.asked != asked:
                return ReusedKeyError()
            if (same := self._repeat_answer(job, *old.answer)) is not None:
                self._write_down(job, same)
                return same
        together = Counter(a.purpose for a in job.asks) if len(job.asks) > 1 else {a.purpose: 1 for a in job.asks}
        needs = {code: self._approval_needed(job, code, n) for code, n in together.items()}
        left = self._approval_left(job)
        made = [self._decide_ask(job, ask, needs[ask.purpose], left) for ask in job.asks]
        self._write_down(job, made)
        if asked is not None:
            self._replies.append((job, asked, made))
        return made

    def _write_down(self, job: DiscloseJob, made: Sequence[Decided]) -> None:
        """An entry for each answer (obligations 2 and 6)."""
        reasons: dict[str, bytes] = {}
        for one in made:
            reason = one.ask.reason
            if reason not in reasons:
                reasons[reason] = seal_reason(self._inputs.keyring, job.caller.request.encode(), reason)
            self._entries.append((one, self._entry(job.caller, one, reasons[reason])))

    def decide_alone(self, job: DiscloseJob, ask: Ask) -> Decided:
        """Decide one ask, without an entry."""
        return self._decide_ask(job, ask, self._approval_needed(job, ask.purpose, 1), self._approval_left(job))

    def budget_rows(self) -> list[dict[str, Any]]:
        """Rows of budgets, for what was decided."""
        day = self._known.day
        return [{"of": of, "purpose": code, "day": day, "used": n} for (of, code), n in sorted(self._used.items())]

    def _request_digest(self, job: DiscloseJob) -> bytes | None:
        if job.key is None:
            return None
        parts = [f"{a.waybill}\n{a.purpose}\n{a.reason}\n{sorted(a.fields or ())}" for a in job.asks]
        return request_digest(self._inputs.keyring, "disclose", job.caller.actor, job.approval or "", *parts)

    def _repeat_answer(self, job: DiscloseJob, policy: int, answer: Sequence[Sequence[Any]]) -> list[Decided] | None:
        """The answer that was given under this policy, once more; None where it wouldn't be the same (obligation 6)."""
        if policy != self._inputs.policy.version:
            return None
        made = []
        for ask, (seq, leaf, rule, *shown) in zip(job.asks, answer, strict=True):
            one = self._apply_policy(job, ask, bulk=False, approved=True)
            if rule is not None:
                zh, en = words_of(self._inputs.policy, rule)
                one = replace(one, decision=Decision(allowed=False, rule=rule, zh=zh, en=en), forms={})
            elif one.decision.allowed and shown != _record_shown(one):
                return None
            one.seq, one.leaf = seq, bytes.fromhex(leaf)
            made.append(one)
        return made

    def _approval_left(self, job: DiscloseJob) -> int | None:
        """How many waybills the job's approval still opens; None where it has none, 0 where it is not good."""
        if job.approval is None:
            return None
        found = self._known.approvals.get(job.approval)
        good = found is not None and found.approved_by is not None and found.expires_at > self._now
        if found is None or not good or found.actor != job.caller.actor:
            return 0
        left: int = found.left - self._spent[job.approval]
        return left

    def _approval_needed(self, job: DiscloseJob, code: str, together: int) -> int:
        """For how many waybills of a purpose a job needs an approval: all of them, or none (obligation 7)."""
        purpose, who = self._inputs.policy.purposes.get(code), job.caller.actor
        if purpose is None:
            return 0
        actor = self._known.actors.get(who)
        kind = actor.kind if actor else None
        if together > purpose.most(kind):
            return together
        left = purpose.most_a_day(kind) - self._used_today(ACTOR + who, code)
        if together <= left:
            return 0
        left += self._used_today(AGREED + who, code)
        new = {a.waybill for a in job.asks if a.purpose == code and not self._is_counted((who, code, a.waybill))}
        return together if new and len(new) > left else 0

    def _is_counted(self, once: tuple[str, str, str]) -> bool:
        """Check whether it was shown today already, as far as this process remembers (obligation 4)."""
        return once in self._inputs.seen or once in self.once

    def _used_today(self, of: str, code: str) -> int:
        return self._known.used.get((of, code), 0) + self._used[of, code]

    def _decide_ask(self, job: DiscloseJob, ask: Ask, needed: int, left: int | None) -> Decided:
        purpose = self._inputs.policy.purposes.get(ask.purpose)
        actor = self._known.actors.get(job.caller.actor)
        bulk = needed > 0
        approval = self._known.approvals.get(job.approval or "")
        approved = bulk and approval is not None and approval.purpose == ask.purpose and (left or 0) >= needed
        one = self._apply_policy(job, ask, bulk=bulk, approved=approved)
        if one.decision.allowed and purpose is not None and actor is not None:
            over = self._charge(actor, purpose, one.ask.waybill, agreed=approved)
            if over is not None:
                return replace(one, decision=over, forms={})
            if approved and job.approval is not None:
                self._spent[job.approval] += 1
                one.approval = job.approval
        return one

    def _apply_policy(self, job: DiscloseJob, ask: Ask, *, bulk: bool, approved: bool) -> Decided:
        """Decide an ask by the policy (obligation 3)."""
        policy, caller = self._inputs.policy, job.caller
        row, actor = self._known.parcels.get(ask.waybill), self._known.actors.get(caller.actor)
        purpose = policy.purposes.get(ask.purpose)
        if ask.waybill in self._known.damaged:
            decision = _DAMAGED
        else:
            decision = policy.decide(self._policy_request(caller, ask, actor, row, bulk=bulk, approved=approved))
        forms: Mapping[Field, Form] = {}
        if decision.allowed and purpose is not None:
            forms = purpose.fields
            if ask.fields is not None:
                forms = {field: form for field, form in forms.items() if field in ask.fields}
        return Decided(ask=ask, decision=decision, forms=forms, parcel=row, purpose=purpose, at=self._now)

    def _policy_request(
        self,
        caller: Caller,
        ask: Ask,
        actor: ActorRecord | None,
        row: Any,
        *,
        bulk: bool,
        approved: bool,
    ) -> PolicyRequest:
        now = self._now
        standing = (
            _NOWHERE
            if row is None
            else Standing(row.outlet, row.until, row.departed, row.origin_outlet, row.destination_outlet)
        )
        return PolicyRequest(
            ask.purpose,
            *self._actor_facts(caller, actor),
            relation=relations(
                None if actor is None else actor.outlet, standing, own=row is not None and row.sealed_by == caller.actor
            ),
            has_ticket=(ask.waybill, caller.actor) in self._known.tickets,
            known=row is not None,
            state=standing.state,
            hours_since_delivery=standing.hours_since_delivery(now),
            erased=row is not None and row.erased_at is not None,
            bulk=bulk,
            approved=approved,
            fields=ask.fields,
        )

    def _actor_facts(self, caller: Caller, actor: ActorRecord | None) -> ActorFacts:
        """See `actor_facts`; once for all that a caller asks."""
        key = caller.client, caller.actor
        found = self._actors.get(key)
        if found is None:
            found = actor_facts(actor, self._inputs.may.get(caller.client, ()), self._now)
            self._actors[key] = found
        return found

    def _charge(self, actor: ActorRecord, purpose: Purpose, waybill: str, *, agreed: bool) -> Decision | None:
        """Counts a disclosure, or says which budget is used up (obligation 4). agreed: a second person did."""
        once = (actor.actor, purpose.code, waybill)
        if self._is_counted(once):
            return None
        whose = [(ACTOR + actor.actor, BudgetScope.ACTOR)]
        if actor.outlet is not None:
            whose.append((OUTLET + actor.outlet, BudgetScope.OUTLET))
        for who, of in whose:
            if self._used_today(who, purpose.code) >= self._allowance(actor, purpose, who, of):
                return OVER[of]
        for who, _ in whose:
            self._used[who, purpose.code] += 1
        if agreed:
            self._used[AGREED + actor.actor, purpose.code] += 1
        self.once.add(once)
        return None

    def _allowance(self, actor: ActorRecord, purpose: Purpose, who: str, of: BudgetScope) -> int:
        """Return the allowance that work gives an actor or its outlet; once for all that are decided together."""
        found = self._allowances.get((who, purpose.code))
        if found is None:
            work: Mapping[str, int] = self._known.work.get(who, {})
            if of is BudgetScope.ACTOR and actor.outlet is not None:
                of_outlet = self._known.work.get(OUTLET + actor.outlet, {})
                arrived = {kind: work.get(kind, 0) + n for kind, n in of_outlet.items() if kind != "tickets"}
                work = {**work, **arrived}
            found = self._allowances[who, purpose.code] = allowance(purpose, work, of)
        return found

    def _entry(self, caller: Caller, one: Decided, reason: bytes) -> Entry:
        shown = one.decision.allowed
        also = one.decision.also
        more: dict[str, str | int] = {"also": " ".join(also)} if also else {}
        if one.seq >= 0:
            more["replay"] = one.seq
        if one.approval is not None:
            more["approval"] = one.approval
        waybill = loggable_number(one.ask.waybill, known=one.parcel is not None)
        if waybill is None:
            more["number"] = UNKNOWN
        # Not by `entry`, which takes as long again.
        return Entry(
            kind=EntryKind.DISCLOSED if shown else EntryKind.REFUSED,
            at=self._now,
            client=caller.client,
            actor=caller.actor,
            request=caller.request,
            via=caller.via,
            ip=caller.ip,
            policy=self._inputs.policy.version,
            waybill=waybill,
            purpose=self._inputs.policy.code_of(one.ask.purpose),
            fields=one.forms,
            rule=None if shown else one.decision.rule,
            reason=reason,
            more=more,
        )

    def write(
        self, connection: Connection, tail: Tail | None, check: Callable[[Connection], None] | None
    ) -> Tail | None:
        """Obligation 1, 2, 4 and 7: all that was decided, and what it counts for."""
        if self._entries:
            added = append(connection, self._marks, [entry for _, entry in self._entries], tail=tail, check=check)
            tail = added.tail
            for place, (one, _) in enumerate(self._entries):
                one.place = added.first + place
                if one.seq < 0:
                    one.seq, one.leaf = one.place, added.leaves[place]
        add(connection, t.budgets, "used", self.budget_rows())
        for job, asked, made in self._replies:
            rows = [
                (d.seq, d.leaf.hex(), None, *_record_shown(d))
                if d.decision.allowed
                else (d.seq, d.leaf.hex(), d.decision.rule)
                for d in made
            ]
            answer = (self._inputs.policy.version, rows)
            keep_reply(connection, self._marks, job.caller.client, (job.key or "", asked), answer, self._now)
        for approval, n in self._spent.items():
            row = self._known.approvals[approval]
            left = {**row._asdict(), "left": row.left - n}
            put(connection, t.approvals, [self._marks.marked(t.approvals, left)])
        return tail


def _record_shown(one: Decided) -> list[Any]:
    """Which record is shown, and in which forms, as it is kept in an answer."""
    key_id = None if one.parcel is None else bytes(one.parcel.key_id).hex()
    return [key_id, {str(field): str(form) for field, form in one.forms.items()}]


_DAMAGED_WORDS = in_both(WORDS["damaged"])
_DAMAGED = Decision(allowed=False, rule="damaged", zh=_DAMAGED_WORDS[0], en=_DAMAGED_WORDS[1])
"""Of a row that somebody else than the vault wrote nothing is believed, not even that it may be shown."""
_NOWHERE = Standing(None, None, None, None, None)
