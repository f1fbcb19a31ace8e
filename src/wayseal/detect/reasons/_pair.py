"""Why an account's reads of one waybill were work, or were not: from the ledger to plain values that can be said."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from wayseal import __version__
from wayseal.detect.errors import NoSuchPairError
from wayseal.detect.explain import Template, TemplateKind
from wayseal.detect.reasons._explanations import HOUR, Explanation
from wayseal.detect.reasons._judge import Outcome, Trial, classify, is_early, nearest_trial, try_templates
from wayseal.detect.reasons._world import Account, Parcel, Post, World, is_work, parcel_of, world_of
from wayseal.ledger import Snapshot
from wayseal.model.kinds import Scope

TABLES = ("waybills", "scans", "tickets", "actors", "outlets", "assignments")
"""What explanations are made of."""
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
        account=_named(account, name),
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


def _named(account: Account, name: Callable[[str], str]) -> Account:
    return Account(
        actor=name(account.actor),
        role=account.role,
        kind=account.kind,
        outlet=account.outlet,
        region=account.region,
        rights=account.rights,
        posts=account.posts,
    )


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
        """What is said of a read, and what explains it or comes nearest."""
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
    """What the posts of that time are, each once; where there are none, those of other times."""
    now = dict.fromkeys(post.value for post in posts if post.holds(at))
    return tuple(now or dict.fromkeys(post.value for post in posts))
