"""Why an account's reads of one waybill were work, or were not: from the ledger to plain values that can be said."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from wayseal import __version__
from wayseal.detect.errors import NoSuchPairError
from wayseal.detect.explain import Template, TemplateKind
from wayseal.detect.reasons._judge import (
    HOUR,
    Explanation,
    Outcome,
    Trial,
    classify,
    is_early,
    nearest_trial,
    try_templates,
)
from wayseal.detect.reasons._world import Account, Parcel, Post, World, is_work, parcel_of, world_of
from wayseal.ledger import Snapshot
from wayseal.model.kinds import Scope
from wayseal.model.times import iso
from wayseal.page.programs import dump_row

TABLES = ("waybills", "scans", "tickets", "actors", "outlets", "assignments")
"""The tables that explanations are made of."""
Value = str | int | None | tuple[str, ...]
_SCOPES = {"channel": (Scope.CHANNEL,), "customer": (Scope.CUSTOMER,), "area": (Scope.CITY, Scope.REGION)}


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateStep:
    """A template that was tried. what: of the ground that fits or is nearest, "" for none; values: what to say of it.

    Times and lengths in values are µs. since, until: when the ground would explain a read, both included; None: always.
    """

    template: Template
    how: Outcome
    what: str = ""
    values: dict[str, Value]
    since: int | None = None
    until: int | None = None
    post: Post | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedRead:
    """One read. at: µs; action: "" for none; first: whether detection judges it; verdict: see `_judge.verdict`."""

    at: int
    action: str
    first: bool
    verdict: str
    early: bool
    steps: tuple[TemplateStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairResult:
    """All reads of a waybill by an account, by time. account: under the name that may be shown. missing: tables."""

    wayseal: str
    ledger_digest: str
    waybill: str
    account: Account
    parcel: Parcel
    reads: tuple[JudgedRead, ...]
    missing: tuple[str, ...]


def explain_pair(
    snapshot: Snapshot,
    actor: str,
    waybill: str,
    templates: Sequence[Template],
    name: Callable[[str], str] = str,
    world: World | None = None,
) -> PairResult:
    """Judges every read of a waybill by an account. NoSuchPairError, LedgerError.

    actor: its id; waybill: a clean number; templates: in their order; name: under which an account may be shown;
    world: the ledger's, for whoever asks often (`read_world`).
    """
    at, action, first = _reads(snapshot, actor, waybill)
    keys = snapshot.keys([waybill])
    world = read_world(snapshot) if world is None else world
    parcel = parcel_of(snapshot.waybills(keys), snapshot.scans(keys), snapshot.table("tickets", keys))
    account = world.account(actor)
    judge = ReadJudge(account=account, parcel=parcel, world=world, templates=templates, name=name)
    return PairResult(
        wayseal=__version__,
        ledger_digest=snapshot.digest,
        waybill=waybill,
        account=replace(account, actor=name(account.actor)),
        parcel=parcel,
        reads=tuple(judge.read(*one) for one in zip(at, action, first, strict=True)),
        missing=tuple(table for table in TABLES if table not in snapshot.tables),
    )


def read_world(snapshot: Snapshot) -> World:
    """Who there is and where, by a ledger's tables. LedgerError."""
    tables = snapshot.actors(), snapshot.outlets(), snapshot.assignments()
    return world_of(*tables, said=snapshot.history("actors"))


def _reads(snapshot: Snapshot, actor: str, waybill: str) -> tuple[list[int], list[str], list[bool]]:
    """Times, actions and marks of the reads. What can't be found is never named: it could be a person."""
    keys = snapshot.keys([actor, waybill])
    if not actor or not snapshot.knows("actor", int(keys[0])):
        raise NoSuchPairError("the ledger knows no such account")
    if not waybill or not len(snapshot.find(keys[1:])):
        raise NoSuchPairError("the ledger knows no such waybill")
    rows = snapshot.reads(keys[1:], ("at", "actor", "action", "first"))
    rows = rows.filter(pa.array(rows["actor"].to_numpy() == np.uint64(keys[0])))
    if not len(rows):
        raise NoSuchPairError("this account has no read of this waybill in the log")
    actions = [text or "" for text in rows["action"].to_pylist()]
    return rows["at"].cast(pa.int64()).to_pylist(), actions, rows["first"].to_pylist()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadJudge:
    """Puts an account's reads of a parcel to the templates. name: under which an account may be shown."""

    account: Account
    parcel: Parcel
    world: World
    templates: Sequence[Template]
    name: Callable[[str], str]

    def read(self, at: int, action: str, first: bool) -> JudgedRead:
        """A read with all that was tried."""
        found = try_templates(at, action, self.account, self.parcel, self.world, self.templates)
        said = classify(found, self.parcel)
        late = said in {"unexplained", "unknown"} and is_early(at, self.parcel)
        steps = tuple(self.step(one, at, action) for one in found)
        return JudgedRead(at=at, action=action, first=first, verdict=said, early=late, steps=steps)

    def nearest(self, at: int, action: str) -> tuple[str, TemplateStep | None]:
        """The verdict on a read, and what explains it or comes nearest."""
        found = try_templates(at, action, self.account, self.parcel, self.world, self.templates)
        trial = nearest_trial(found, at)
        return classify(found, self.parcel), None if trial is None else self.step(trial, at, action)

    def step(self, one: Trial, at: int, action: str) -> TemplateStep:
        """A template that was tried, with what to say of it."""
        template, explanation = one.template, one.explanation
        if explanation is None:
            return TemplateStep(template=template, how=one.how, values=dict(self.gate(one, action)))
        values: dict[str, Value] = {**explanation.values, **dict(self.more(one.how, template, explanation, at))}
        if "holder" in values:
            values["holder"] = self.name(str(values["holder"]))
        timed = explanation.what in {"scan", "route", "nearby", "nearend", "ticket", "colleague"}
        return TemplateStep(
            template=template,
            how=one.how,
            what=explanation.what,
            values=values,
            since=explanation.low if timed else None,
            until=explanation.high if timed else None,
            post=explanation.post,
        )

    def gate(self, one: Trial, action: str) -> Iterator[tuple[str, Value]]:
        """Whom the template is for instead."""
        wanted = {Outcome.ROLE: "roles", Outcome.KIND: "kinds", Outcome.RIGHT: "rights", Outcome.ACTION: "actions"}
        wanted[Outcome.COMMON] = "rights"
        has = {Outcome.ROLE: self.account.role, Outcome.KIND: self.account.kind, Outcome.ACTION: action}
        if one.how in wanted:
            yield "wanted", tuple(sorted(getattr(one.template, wanted[one.how])))
            yield "has", has.get(one.how, "")

    def more(self, how: Outcome, template: Template, explanation: Explanation, at: int) -> Iterator[tuple[str, Value]]:
        """How far off a ground lies, and what the account has instead."""
        if how is Outcome.EARLY:
            limit = HOUR if explanation.what in {"route", "nearend"} else template.before
            yield from (("gap", limit - explanation.off(at)), ("limit", limit))
        elif how is Outcome.LATE:
            yield from (("gap", template.after + explanation.off(at)), ("limit", template.after))
        elif how is Outcome.OTHER and template.by in {TemplateKind.CUSTODY, TemplateKind.CITY}:
            yield "instead", _held([p for p in self.account.posts if is_work(self.world, p)], at)
        elif how is Outcome.OTHER and template.by is TemplateKind.HANDOVER:
            holder = self.world.account(str(explanation.values["holder"]))
            yield "own", "yes" if holder.actor == self.account.actor else ""
            yield from (("theirs", about(holder)), ("ours", about(self.account)))
        elif how is Outcome.OTHER and explanation.what in _SCOPES:
            yield "instead", _held([p for p in self.account.posts if p.scope in _SCOPES[explanation.what]], at)


def about(account: Account) -> tuple[str, ...]:
    """Role and place of an account: what colleagues share."""
    return tuple(text for text in (account.role, account.outlet or account.region) if text)


def _held(posts: Sequence[Post], at: int) -> tuple[str, ...]:
    """The posts of that time, each once; where there are none, those of other times."""
    now = dict.fromkeys(post.value for post in posts if post.holds(at))
    return tuple(now or dict.fromkeys(post.value for post in posts))


_GROUND = ("outlet", "at", "issued", "ticket", "holder", "opened", "closed", "channel", "customer", "area", "right")
_TIMES = frozenset(("at", "issued", "opened", "closed"))
_LENGTHS = ("gap", "limit")
_SECOND = 1_000_000


def document(result: PairResult) -> dict[str, Any]:
    """The whole answer as JSON can hold it; times in UTC, lengths in seconds."""
    r, route = result, result.parcel.route
    return {
        "wayseal": r.wayseal,
        "inputs": {"ledger": r.ledger_digest},
        "waybill": r.waybill,
        "account": dump_row(r.account),
        "parcel": {
            "issued_at": None if route is None else iso(route.issued),
            "channel": None if route is None else route.channel,
            "origin_outlet": None if route is None else route.origin,
            "destination_outlet": None if route is None else route.destination,
            "scans": len(r.parcel.scans),
            "tickets": len(r.parcel.tickets),
        },
        "reads": [_read(read) for read in r.reads],
        "missing_tables": list(r.missing),
    }


def _read(read: JudgedRead) -> dict[str, Any]:
    fits = read.steps[-1].template.name if read.steps and read.steps[-1].how is Outcome.FITS else None
    return {
        "at": iso(read.at),
        "action": read.action or None,
        "first": read.first,
        "verdict": read.verdict,
        "template": fits,
        "before_first_scan": read.early,
        "tried": [step_document(step) for step in read.steps],
    }


def step_document(step: TemplateStep) -> dict[str, Any]:
    """A template that was tried, and what came of it."""
    t = step.template
    explanation: dict[str, Any] | None = None
    if step.what:
        found = {name: step.values[name] for name in _GROUND if name in step.values}
        explanation = {"what": step.what} | {k: iso(int(str(v))) if k in _TIMES else v for k, v in found.items()}
    return {
        "template": t.name,
        "by": t.by.value,
        "strength": "mandate" if t.by == "mandate" else "strong" if t.strong else "weak",
        "result": step.how.value,
        "ground": explanation,
        "post": None if step.post is None else dump_row(step.post),
        "explains": None if step.since is None or step.until is None else [iso(step.since), iso(step.until)],
        **{name: None if (v := step.values.get(name)) is None else int(str(v)) / _SECOND for name in _LENGTHS},
        "instead": list(v) if isinstance(v := step.values.get("instead"), tuple) else None,
        "wanted": list(v) if isinstance(v := step.values.get("wanted"), tuple) else None,
    }
