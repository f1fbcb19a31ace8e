"""Cases and what was done with them, in words and as JSON: pseudonyms, unless the names may be shown."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from wayseal.cli._words import filled
from wayseal.detect.casebook import Casebook, Pseudonyms
from wayseal.detect.casebook.findings import Verification
from wayseal.detect.casebook.types import Case, Forgotten, Heard, Shown, State, Verdict
from wayseal.model.times import EPOCH, iso
from wayseal.page import numbers
from wayseal.page.visible import visible

Words = Mapping[str, str]


class Names:
    """How accounts may be called now."""

    def __init__(self, book: Casebook, pseudonym: Callable[[str], str]) -> None:
        self._opened = book.opened_actors
        self._pseudonym = pseudonym

    def of(self, actor: str) -> str:
        """An account's name if it may be shown, else its pseudonym."""
        return actor if actor in self._opened else self._pseudonym(actor)

    def all_shown(self, case: Case) -> bool:
        """Whether every name of a case may be shown, and with them what was said in it."""
        return self._opened.issuperset(case.actors)


def _time(us: int) -> str:
    """A moment as reports show it: local, to the minute."""
    return numbers.clock(EPOCH + timedelta(microseconds=us))


def list_lines(book: Casebook, names: Names, state: State | None, words: Words, detectors: Words) -> Iterator[str]:
    """Every case with what was done with it, and how many there are. detectors: what reports call them."""
    yield from (_forgotten_line(done, words) for done in book.forgotten)
    some = [case for case in book.cases if state in (None, case.state)]
    for case in some:
        yield filled(
            words["case"],
            id=case.id,
            state=words[case.state],
            score=numbers.percent(case.score),
            alerted=_time(case.alerted_at),
            detectors=words["comma"].join(_detector(name, detectors) for name in case.detectors) or words["no_reason"],
            actors=", ".join(visible(names.of(actor)) for actor in case.actors),
        )
        for act in case.acts:
            yield _act_line(act, words)
    if not some:
        yield words["none"]
    if not book.cases:
        return
    counts = Counter(case.state for case in book.cases)
    yield filled(words["total"], total=len(book.cases), **{str(each): counts[each] for each in State})
    yield words["lead"]


def _detector(name: str, detectors: Words) -> str:
    return detectors.get(f"detector.{name}", visible(name))


def _forgotten_line(done: Forgotten, words: Words) -> str:
    values = {"cases": done.cases, "before": iso(done.before), "why": visible(done.why)}
    return filled(words["forgotten"], at=_time(done.at), who=visible(done.who), **values)


def _act_line(act: Shown | Heard | Verdict, words: Words) -> str:
    key = _kind(act) + (f"_{act.true}".lower() if isinstance(act, Verdict) else "")
    why = "" if isinstance(act, Heard) else visible(act.why)
    return filled(words[f"act_{key}"], at=_time(act.at), who=visible(act.who), why=why)


def _kind(act: Shown | Heard | Verdict) -> str:
    match act:
        case Shown():
            return "unmasked" if act.together else "opened"
        case Heard():
            return "heard"
        case Verdict():
            return "verdict"


def open_lines(case: Case, pseudonyms: Pseudonyms, act: Shown, words: Words) -> Iterator[str]:
    """The names of a case that was opened just now, and what was said in it."""
    yield filled(words["open"], id=case.id, who=visible(act.who), why=visible(act.why))
    for actor in case.actors:
        yield filled(words["name"], pseudonym=pseudonyms.of(actor), name=visible(actor))
    for heard in case.heard:
        name = words["somebody"] if heard.actor is None else visible(heard.actor)
        yield filled(words["said"], at=_time(heard.at), name=name, who=visible(heard.who))
        yield from (filled(words["line"], line=visible(line) if line else "") for line in heard.statement.split("\n"))
    if not case.heard:
        yield filled(words["not_heard"], id=case.id)


def list_json(book: Casebook, names: Names, state: State | None) -> str:
    """The same for programs. A statement is left out while a name of its case may not be shown."""
    content = {
        "cases": [_case_json(case, names) for case in book.cases if state in (None, case.state)],
        "forgotten": [forgotten_json(done) for done in book.forgotten],
        "unread_lines": book.unread,
    }
    return json.dumps(content, ensure_ascii=False, indent=1)


def _case_json(case: Case, names: Names) -> dict[str, object]:
    return {
        "case": case.id,
        "state": case.state,
        "actors": [names.of(actor) for actor in case.actors],
        "score": case.score,
        "alerted_at": iso(case.alerted_at),
        "last_alerted_at": iso(case.last_alerted_at),
        "detectors": case.detectors,
        "acts": [_act_json(act, case, names) for act in case.acts],
    }


def _act_json(act: Shown | Heard | Verdict, case: Case, names: Names) -> dict[str, object]:
    head: dict[str, object] = {"act": _kind(act), "at": iso(act.at), "who": act.who}
    match act:
        case Shown():
            return {**head, "why": act.why, "actors": [names.of(actor) for actor in act.cases[case.id]]}
        case Heard():
            actor = None if act.actor is None else names.of(act.actor)
            return {**head, "actor": actor, "statement": act.statement if names.all_shown(case) else None}
        case Verdict():
            return {**head, "why": act.why, "true": act.true}


def forgotten_json(done: Forgotten) -> dict[str, object]:
    """An act of forgetting for programs."""
    numbers = {"cases": done.cases, "acts": done.acts, "head": f"{done.lines}:{done.head}"}
    return {"at": iso(done.at), "who": done.who, "why": done.why, "before": iso(done.before), **numbers}


def verification_lines(found: Verification, path: Path, words: Words) -> Iterator[str]:
    """What looking at a casebook found, a line each thing."""
    yield filled(words["looked"], path=path, lines=found.head.lines, acts=found.acts)
    yield from (filled(words["unread"], path=path, line=line) for line in found.unread)
    yield from (filled(words["fault"], line=fault.line, what=words[fault.code]) for fault in found.faults)
    yield from (_forgotten_line(done, words) for done in found.forgotten)
    if not found.faults:
        yield words["fine"]
    if found.restarted is not None:
        yield filled(words["restarted"], at=_time(found.restarted.at), who=visible(found.restarted.who))
    elif found.earlier is not None:
        yield words["goes_on" if found.earlier else "goes_not_on"]
    yield filled(words["head"], head=str(found.head))


def verification_json(found: Verification) -> str:
    """The same for programs."""
    content = {
        "head": str(found.head),
        "acts": found.acts,
        "unread_lines": found.unread,
        "faults": [{"line": fault.line, "code": fault.code} for fault in found.faults],
        "forgotten": [forgotten_json(done) for done in found.forgotten],
        "goes_on_from_head": found.earlier,
        "restarted": None if found.restarted is None else forgotten_json(found.restarted),
    }
    return json.dumps(content, ensure_ascii=False, indent=1)
