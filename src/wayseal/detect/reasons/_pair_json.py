"""Why a read was or was not work, for programs. Its keys are public interface; docs/explanations.md lists them."""

from typing import Any

from wayseal.detect.reasons._judge import Outcome
from wayseal.detect.reasons._pair import JudgedRead, PairResult, TemplateStep
from wayseal.detect.reasons._world import Post
from wayseal.model.times import iso

_GROUND = ("outlet", "at", "issued", "ticket", "holder", "opened", "closed", "channel", "customer", "area", "right")
_TIMES = frozenset(("at", "issued", "opened", "closed"))
_LENGTHS = ("gap", "limit")
_SECOND = 1_000_000


def document(result: PairResult) -> dict[str, Any]:
    """The whole answer as JSON can hold it; times in UTC, lengths in seconds."""
    r = result
    a, route = r.account, r.parcel.route
    return {
        "wayseal": r.wayseal,
        "inputs": {"ledger": r.ledger_digest},
        "waybill": r.waybill,
        "account": {
            "id": a.actor,
            "role": a.role or None,
            "kind": a.kind or None,
            "outlet": a.outlet or None,
            "region": a.region or None,
            "posts": [_post(post) for post in a.posts],
        },
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
        "post": None if step.post is None else _post(step.post),
        "explains": None if step.since is None or step.until is None else [iso(step.since), iso(step.until)],
        **{name: None if (v := step.values.get(name)) is None else int(str(v)) / _SECOND for name in _LENGTHS},
        "instead": list(v) if isinstance(v := step.values.get("instead"), tuple) else None,
        "wanted": list(v) if isinstance(v := step.values.get("wanted"), tuple) else None,
    }


def _post(post: Post) -> dict[str, Any]:
    since = None if post.since is None else iso(post.since)
    return {
        "scope": post.scope.value,
        "value": post.value,
        "from": since,
        "to": None if post.until is None else iso(post.until),
    }
