"""Casework of any kind, drawn by a generator: acts that can be, and now and then one that can't."""

import random
from collections.abc import Callable

from tests.cases.making import NOW, alert
from wayseal.cases import Cases
from wayseal.cases.errors import CasebookError
from wayseal.cases.types import (
    CaseState,
    Observable,
    ObservableKind,
    PackStep,
    Priority,
    ReadMark,
    Source,
    TaskContent,
    TaskState,
)
from wayseal.cases.verdicts import HearingPoint, ProposalKind
from wayseal.cases.views import CaseFilter, Pack

STEP = 7_000_000
WHO = ("Li", "Wang", "Zhao")


def work(cases: Cases, rng: random.Random, acts: int, start: int = NOW) -> dict[str, int]:
    """Does so many acts; how often each kind was done and not refused."""
    done: dict[str, int] = {}
    for number in range(acts):
        at, who = start + number * STEP, rng.choice(WHO)
        name, act = rng.choice(list(_acts(cases, rng, who, at).items()))
        try:
            act()
        except (CasebookError, IndexError):
            continue
        done[name] = done.get(name, 0) + 1
    return done


def _acts(cases: Cases, rng: random.Random, who: str, at: int) -> dict[str, Callable[[], object]]:
    ids = [row.id for row in cases.cases(limit=60).rows]
    items = [row.id for row in cases.queue(at).rows]
    account = f"u-{rng.randrange(12)}"
    thing = Observable(kind=rng.choice(list(ObservableKind)[:-1]), value=f"x-{rng.randrange(6)}")

    pack = Pack(seal="5" * 64, digest="d" * 64, size=7, items=2)

    def case() -> str:
        return rng.choice(ids)

    def item() -> str:
        return rng.choice(items)

    def edit() -> object:
        id_ = case()
        note = rng.choice(cases.dossier(id_).notes)
        return cases.edit_note(id_, note.id, note.version - (rng.random() < 0.1), f"text {at}", who, at)

    def change_task() -> object:
        id_ = case()
        task = rng.choice(cases.dossier(id_).tasks)
        after = TaskContent(text=task.content.text, state=rng.choice(list(TaskState)), owner=rng.choice([who, None]))
        cases.set_task(id_, task.id, task.content, after, who, at)
        return None

    def mark() -> object:
        id_, read = case(), f"0:{rng.randrange(3)}"
        there = cases.marked_reads(id_).get(read)
        after = ReadMark(starred=rng.random() < 0.5, comment=rng.choice(["", "the seller's", "again"]))
        cases.mark_read(id_, read, "YT1", None if there is None else there.mark, after, who, at)
        return None

    def split() -> object:
        id_ = case()
        things = cases.dossier(id_).things
        chosen = [Observable(kind=t.kind, value=t.name) for t in [rng.choice(things)]]
        return cases.split(id_, chosen, who, "two matters", at)

    def unmerge() -> object:
        cases.unmerge(cases.cases(CaseFilter(states=frozenset({CaseState.MERGED}))).rows[0].id, who, "no", at)
        return None

    def some(id_: str) -> list[str]:
        accounts = [t.name for t in cases.dossier(id_).things if t.kind is ObservableKind.ACCOUNT]
        return rng.sample(accounts, rng.randrange(max(1, len(accounts))))

    def verdict() -> object:
        id_, true = case(), rng.random() < 0.5
        return cases.verdict(id_, true, who, "looked at it", at, accounts=some(id_), lacking=rng.random() < 0.8)

    def propose() -> object:
        id_, kind, true = case(), rng.choice(list(ProposalKind)), rng.random() < 0.5
        accounts = some(id_) if kind is ProposalKind.VERDICT else []
        return cases.propose(id_, kind, who, "as agreed", at, true=true, accounts=accounts, lacking=True)

    def answer() -> object:
        one = rng.choice(cases.proposals(at))
        cases.answer(one.made.case, one.made.proposal, rng.random() < 0.7, who, "so it is", at)
        return None

    return {
        "register": lambda: cases.register([alert(account, f"u-{rng.randrange(12)}", at=at)], at),
        "enqueue": lambda: cases.enqueue(rng.choice(list(Source)[1:7]), [thing], "bought on the market", who, at),
        "promote": lambda: cases.promote(item(), who, "worth it", at),
        "dismiss": lambda: cases.dismiss(item(), who, "nothing in it", at),
        "snooze": lambda: cases.snooze(rng.choice([*ids, *items]), rng.choice([None, at + STEP]), who, "later", at),
        "assign": lambda: cases.assign(rng.choice([*ids, *items]), rng.choice([None, *WHO]), who, at),
        "prioritise": lambda: cases.prioritise(case(), rng.choice(list(Priority)), who, at),
        "rename": lambda: cases.rename(case(), rng.choice([None, "title"]), who, at),
        "state": lambda: cases.set_state(case(), rng.choice(list(CaseState)), who, "so it is", at),
        "open": lambda: cases.open(case(), who, "complaint", at),
        "hear": lambda: cases.hear(case(), who, "I helped out", at, points=rng.sample(list(HearingPoint), 2)),
        "verdict": verdict,
        "propose": propose,
        "answer": answer,
        "note": lambda: cases.add_note(case(), "a note", who, at),
        "edit": edit,
        "task": lambda: cases.add_task(case(), TaskContent(text="call", state=TaskState.TO_DO, owner=who), who, at),
        "change_task": change_task,
        "mark": mark,
        "tag": lambda: cases.tag(case(), f"t{rng.randrange(3)}", who, at, on=rng.random() < 0.6),
        "link": lambda: cases.link(case(), thing, who, "found it", at, on=rng.random() < 0.7),
        "file": lambda: cases.name_file(
            case(), rng.choice("ab") * 64, "a.csv", 7, who, "from them", at, on=rng.random() < 0.6
        ),
        "seal": lambda: cases.seal_pack(case(), pack, who, "for the police", at, to="the police"),
        "hold": lambda: cases.hold_pack(case(), pack.seal, rng.choice(list(PackStep)), who, "so it is", at, to="them"),
        "merge": lambda: cases.merge(case(), case(), who, "the same matter", at),
        "unmerge": unmerge,
        "split": split,
        "undo": lambda: cases.undo(who, at),
    }
