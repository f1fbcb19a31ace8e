"""Canaries: waybills that only chosen accounts can meet, the register of them, and what they tell.

Work on a register: plan a round, record an answer, say how things stand.

What the canaries so far say of the accounts.

1. The belief of the last round that brought one, times the answers of all canaries, those of earlier rounds included.
2. A canary is silent only once its wait was closed; until then it says nothing. A hit counts, whatever was closed
   before.
3. An account is named from `ENOUGH` on. It is a lead: it is to be confirmed, and the person to be heard.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from wayseal.ledger import Snapshot
from wayseal.model.numbers import clean_waybill
from wayseal.model.times import micros
from wayseal.trace._planner import CanaryOdds, update_belief
from wayseal.trace.canary._plan import belief_from_sources, equal_belief, plan_rows, pools_of
from wayseal.trace.canary._register import (
    Answer,
    PlannedCanary,
    RegisterContents,
    Round,
    line_of,
    read_register,
    writing,
)
from wayseal.trace.errors import CanaryError

__all__ = ["ENOUGH", "CanaryError", "RegisterState", "parse_time", "plan", "read_state", "record", "to_json"]


ENOUGH = 0.99


def belief_now(watch: RegisterContents) -> Mapping[str, float]:
    """Probability of each account after all answers, likeliest first; what is missing to 1 is somebody not listed."""
    names = list(watch.belief)
    place = {name: n for n, name in enumerate(names)}
    belief = np.array([watch.belief[name] for name in names], np.float64)
    for canary in watch.canaries:
        answer = watch.answer(canary.id)
        if answer is not None and names:
            pool = np.array([place[a] for a in canary.pool if a in place], np.int32)
            belief = update_belief(belief, pool, answer.kind == "hit", CanaryOdds(sensitivity=canary.sensitivity))
    order = sorted(range(len(names)), key=lambda n: (-belief[n], names[n]))
    return {names[n]: float(belief[n]) for n in order}


def named_account(belief: Mapping[str, float]) -> str | None:
    """The account that is named (rule 3)."""
    return next((name for name, p in belief.items() if p >= ENOUGH), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterState:
    """How things stand. new: canaries that were planned just now; already_answered: an answer was there already."""

    watch: RegisterContents
    belief: Mapping[str, float]
    named: str | None
    new: tuple[PlannedCanary, ...] = ()
    already_answered: bool = False

    @property
    def waiting(self) -> int:
        """Canaries that have no answer yet."""
        return sum(self.watch.answer(c.id) is None for c in self.watch.canaries)


def read_state(path: Path) -> RegisterState:
    """How things stand by a register. CanaryError if it is none; OSError if it can't be read."""
    return _state(read_register(path))


def plan(
    snapshot: Snapshot,
    path: Path,
    *,
    report: Path | None = None,
    actors: Sequence[str] = (),
    count: int,
    sensitivity: float,
    at: int,
    seed: int,
) -> RegisterState:
    """Plan a round and write it down, by a report, for named accounts, or by the belief of the register so far.

    at: UTC microseconds. CanaryError says what can't be used, and nothing is written then.
    """
    brought = belief_from_sources(_sources(report)) if report else equal_belief(actors) if actors else None
    _all_known(snapshot, tuple(brought or ()), report)
    with writing(path, new=brought is not None) as writer:
        watch = writer.watch
        belief = belief_now(watch) if brought is None else brought
        if not belief:
            raise CanaryError("holds no accounts: start with a report, or name accounts", file=path)
        names = tuple(dict.fromkeys(actors))
        pools: list[tuple[str, ...]] = [(names[n % len(names)],) for n in range(count)] if names else []
        pools = pools or pools_of(belief, count, sensitivity, seed)
        made = plan_rows(snapshot, watch, pools, sensitivity=sensitivity, at=at, seed=seed)
        if made:
            writer.add([Round(round=watch.rounds + 1, at=at, belief=brought), *made])
    after = read_register(path) if made else watch
    return _state(after, new=made)


def record(path: Path, waybill: str, at: int, *, silent: bool) -> RegisterState:
    """Record that a canary came out, or that its wait is over without. at: UTC microseconds.

    CanaryError if the number is none of the register's, the time is before it was planned, or it came out already and
    is to count as silent.
    """
    with writing(path, new=False) as writer:
        watch, number = writer.watch, clean_waybill(waybill)
        canary = next((c for c in watch.canaries if c.waybill == number), None)
        if canary is None:
            raise CanaryError("WAYBILL is no canary of this register", file=path)
        if at < canary.planned_at:
            raise CanaryError("--seen-at lies before {id} was planned", file=path, id=canary.id)
        kind: Literal["hit", "silent"] = "silent" if silent else "hit"
        before = watch.answer(canary.id)
        if before is not None and before.kind == "hit" and silent:
            raise CanaryError("{id} came out already, so it isn't silent", file=path, id=canary.id)
        again = before is not None and before.kind == kind
        if not again:
            writer.add([Answer(id=canary.id, kind=kind, at=at)])
    return _state(read_register(path), again=again)


def to_json(state: RegisterState) -> str:
    """How things stand, for programs."""
    watch, canaries = state.watch, []
    for canary in watch.canaries:
        line, answer = line_of(canary), watch.answer(canary.id)
        del line["kind"]
        line["answer"] = None if answer is None else {k: v for k, v in line_of(answer).items() if k != "id"}
        canaries.append(line)
    content = {
        "canaries": canaries,
        "belief": state.belief,
        "named": state.named,
        "waiting": state.waiting,
        "unread_lines": watch.unread,
    }
    return json.dumps(content, ensure_ascii=False, indent=1)


def parse_time(text: str, option: str) -> int:
    """A time with an offset as UTC microseconds; CanaryError names the option."""
    try:
        return micros(text)
    except (ValueError, OverflowError):
        raise CanaryError("{option} is no time with an offset such as 2026-03-02T08:00+08:00", option=option) from None


def _state(watch: RegisterContents, *, new: tuple[PlannedCanary, ...] = (), again: bool = False) -> RegisterState:
    belief = belief_now(watch)
    return RegisterState(watch=watch, belief=belief, named=named_account(belief), new=new, already_answered=again)


def _sources(report: Path) -> dict[str, float]:
    """Probabilities of the accounts of a JSON report."""
    try:
        content: Any = json.loads(report.read_bytes())
        found = {s["source"]: float(s["probability"]) for s in content["sources"] if s["kind"] == "actor"}
        if not all(isinstance(name, str) and 0 <= p <= 1 for name, p in found.items()):
            raise ValueError("no probability")
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CanaryError("this is no JSON report of `wayseal trace`", file=report) from None
    if not any(found.values()):
        raise CanaryError("names no account: a canary can be shown to accounts alone", file=report)
    return found


def _all_known(snapshot: Snapshot, actors: Sequence[str], report: Path | None) -> None:
    for number, key in enumerate(snapshot.keys(list(actors)).tolist(), start=1):
        if not snapshot.knows("actor", key):
            if report:
                raise CanaryError("account {number} of the report is not in the ledger", file=report, number=number)
            raise CanaryError("--for: account {number} is not in the ledger", number=number)
