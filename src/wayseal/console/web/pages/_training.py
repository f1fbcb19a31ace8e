"""Training: how each account stands, its history, files of completions, emergency openings, and the test.

1. Administrators keep training, since they keep people, and read no case. Outlet managers see their own outlet alone
   and start the test there: a completion that they typed in would be their own word on their own outlet. Auditors see
   all of it, and accounts by a name that leads to no account and to no case; no account stands in an address.
2. What comes in by a file is shown before it counts. What shuts out many, and an emergency opening, is answered by
   another administrator, who proves who they are.
3. A test is taken at a terminal of the outlet under its manager's eyes, who stands on record as supervising it: people
   of the console aren't tied to accounts of the vault. The same questions stay until they were answered.
"""

import random
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from wayseal.cases.errors import TrainingError
from wayseal.cases.training import courses, imports, questions, record
from wayseal.cases.training.record import AnyAct, Completed, Done, Training
from wayseal.cases.views import Page
from wayseal.cases.writing import one_line
from wayseal.console.errors import AccessError, UploadError
from wayseal.console.roles import ADMINISTRATORS, AUDITORS, OUTLET_MANAGERS, Role
from wayseal.console.web._ask import REFUSALS, TO_DO, Ask, Pages, there
from wayseal.console.web._forms import MOST
from wayseal.console.web._lists import Column, Filter, ListPage, Wanted, page_at
from wayseal.console.web._resources import LedgerReader
from wayseal.console.web.pages._casework import me, number_given
from wayseal.model.messages import N_
from wayseal.model.times import HOUR_US

SEERS, TESTERS = AUDITORS | OUTLET_MANAGERS, ADMINISTRATORS | OUTLET_MANAGERS
_MISTAKES = (*REFUSALS, TrainingError)
_STATES = tuple(courses.STATES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An account of the list. name: in addresses; shown: on pages (rule 1)."""

    name: str
    shown: str
    standing: courses.Standing


def on_ledger(act: Callable[..., Response]) -> Callable[[Ask], Response]:
    """An act with the ledger, or the page that says that there is none."""
    return lambda ask: ask.page("reads_none") if ask.site.ledger is None else act(ask, ask.site.ledger)


PAGES = Pages(on_ledger)


def _name(ask: Ask, account: str) -> str:
    return "u-" + ask.access.keys.mac("training", account)[:12]


def _people(ask: Ask) -> list[courses.Account]:
    """Those whom somebody may see (rule 1)."""
    person = ask.whose.person
    everybody = person.role not in OUTLET_MANAGERS
    return [one for one in there(ask.site.ledger).people().values() if everybody or one.outlet == person.outlet]


def _row(ask: Ask, standing: courses.Standing) -> Row:
    account = standing.account.account
    name = _name(ask, account)
    return Row(name=name, shown=name if ask.whose.person.role is Role.AUDITOR else account, standing=standing)


def _query(ask: Ask, wanted: Wanted, most: int) -> Page[Row]:
    state, wish = there(ask.site.ledger).training.state(), wanted.filters
    people = (one for one in _people(ask) if wish["role"] in ("", one.role) and wish["outlet"] in ("", one.outlet))
    found = [
        one for account in people if wish["state"] in ("all", (one := state.standing(account, ask.access.now())).state)
    ]
    found.sort(key=lambda one: (_STATES.index(one.state), one.until or 0, one.account.account))
    page = page_at(found, wanted, most)
    return Page(rows=tuple(_row(ask, one) for one in page.rows), after=page.after)


def _values(ask: Ask, _rows: object) -> Mapping[str, Any]:
    keeper = ask.whose.person.role in ADMINISTRATORS
    waiting = there(ask.site.ledger).training.state().waiting(ask.access.now()) if keeper else []
    return {"keeper": keeper, "waiting": waiting, "me": me(ask)}


LIST: ListPage[Row] = ListPage(
    path="/training",
    title=N_("Training"),
    roles=SEERS,
    query=_query,
    columns=[
        Column(
            name="actor", head=N_("Account"), cell=lambda row: row.shown, kind="id",
            href=lambda row: f"/training/{row.name}",
        ),
        Column(name="role", head=N_("Role"), cell=lambda row: row.standing.account.role, kind="value"),
        Column(name="outlet", head=N_("Outlet"), cell=lambda row: row.standing.account.outlet, kind="id"),
        Column(name="state", head=N_("State"), cell=lambda row: row.standing.state, kind="training."),
        Column(name="course", head=N_("Training course"), cell=lambda row: row.standing.course, kind="id"),
        Column(name="ends", head=N_("Ends"), cell=lambda row: row.standing.ends and row.standing.ends.isoformat()),
        Column(name="trained_until", head=N_("Rights open until"), cell=lambda row: row.standing.until, kind="time"),
    ],
    filters=[
        Filter(name="state", choices=("all", *_STATES), kind="training."),
        Filter(name="outlet"),
        Filter(name="role"),
    ],
    template="training",
    values=_values,
    around=lambda act: on_ledger(lambda ask, _ledger: act(ask)),
)  # fmt: skip
PAGES += LIST.pages()


def _put(ledger: LedgerReader, act: AnyAct) -> None:
    ledger.training.put(act, ledger.people().values(), id=secrets.token_hex(4))


@PAGES.post("/training/answer", ADMINISTRATORS, confirmed=True)
def answer(ask: Ask, ledger: LedgerReader) -> Response:
    """A second person's answer (rule 2)."""
    yes, now = ask.choice("yes", ("1", "0"), TO_DO) == "1", ask.access.now()
    try:
        _put(ledger, record.Answered(at=now, who=me(ask), id=ask.field("id"), yes=yes))
    except TrainingError as error:
        raise AccessError(error.message) from None
    return ask.go("/training")


@PAGES.get("/training/import", ADMINISTRATORS)
def show_import(ask: Ask, ledger: LedgerReader, error: Exception | None = None, **found: Any) -> Response:
    """The form for a file, and what one comes to."""
    rules = ledger.training.state().rules
    return ask.page("training_import", error=error, rules=rules, faults=imports.FAULTS, most=imports.MOST, **found)


@PAGES.post("/training/import", ADMINISTRATORS, again=show_import, refusals=_MISTAKES, upload=imports.MOST + MOST)
def take_file(ask: Ask, ledger: LedgerReader) -> Response:
    """Shows what a file comes to, then takes it in as one act; till then, or the next start, it lies with what came."""
    spool, sha256, name = there(ask.site.spool), ask.field("sha256"), ask.field("file")[:200]
    for file in ask.files[:1]:
        sha256, name = file.sha256, file.name
        file.keep(spool / f"upload-training-{sha256}")
    path = next((one for one in spool.iterdir() if one.name == f"upload-training-{sha256}"), None)
    if path is None:
        raise UploadError(N_("choose a file"), key="file")
    state, now, people = ledger.training.state(), ask.access.now(), ledger.people()
    whole = ask.choice("whole", ("", *(one.name for one in state.rules.course)))
    act = Completed(at=now, who=me(ask), how="imported", rows=(), file=name, sha256=sha256, whole=whole)
    found = imports.read_completions(path.read_bytes(), act, state, people.keys(), courses.day_of(now))
    if ask.files:
        shut, of = state.weigh(found.act, people.values())
        return show_import(ask, ledger, found=found, shut=shut, of=of)
    _put(ledger, found.act)
    path.unlink(missing_ok=True)
    return ask.go("/training")


def _account(ask: Ask) -> courses.Account:
    """The account of the path. StatusError: nobody's, or not for whoever asks."""
    return there(next((one for one in _people(ask) if _name(ask, one.account) == ask.names["name"]), None))


def _history(state: Training, account: str) -> Iterator[tuple[str, AnyAct, Done | None]]:
    """What is on record of an account, the newest first: what it is called, the act, and its completion."""
    for act in reversed(state.acts.get(account, ())):
        if isinstance(act, Completed):
            yield from ((act.how, act, one) for one in act.rows if one.account == account)
            yield from (("gone", act, None) for one in act.gone if one == account)
        else:
            code = ("yes" if act.yes else "no") if isinstance(act, record.Answered) else act.kind
            yield code, act, getattr(act, "row", None)


@PAGES.get("/training/{name}", SEERS)
def show_account(ask: Ask, ledger: LedgerReader, error: Exception | None = None) -> Response:
    """An account: how it stands, its history, and what its reader may do."""
    account, state, now, role = _account(ask), ledger.training.state(), ask.access.now(), ask.whose.person.role
    return ask.page(
        "training_account",
        error=error,
        row=_row(ask, state.standing(account, now)),
        lines=list(_history(state, account.account)),
        rules=state.rules,
        titles={one.name: one.title[ask.lang] for one in state.rules.course},
        counted=state.completions(account.account),
        keeper=role in ADMINISTRATORS,
        test=role in TESTERS and any(one.test for one in state.rules.needed(account.role)),
        today=courses.day_of(now),
    )


@PAGES.post("/training/{name}", ADMINISTRATORS, again=show_account, refusals=_MISTAKES)
def act_on(ask: Ask, ledger: LedgerReader) -> Response:
    """Puts something on an account's record: a completion, that one was a mistake, or an emergency opening."""
    account, state, now, who = _account(ask).account, ledger.training.state(), ask.access.now(), me(ask)
    act = ask.choice("act", ("complete", "revoke", "open"), TO_DO)
    if act == "complete":
        known = {one.name: one for one in state.rules.course}
        cells = {"account": account, "day": ask.line("day"), "score": ask.line("score")}
        row = imports.judge_row(cells, known[ask.choice("course", known)], Training(), courses.day_of(now))
        if not isinstance(row, Done):
            raise TrainingError(imports.FAULTS[row], key=row)
        _put(ledger, Completed(at=now, who=who, how="typed", rows=(row,)))
    elif act == "revoke":
        rows = {f"{one.course} {one.day}": one for one in state.completions(account)}
        row = rows[ask.choice("completion", rows)]
        _put(ledger, record.Revoked(at=now, who=who, row=row, why=one_line(ask.line("why"), "why")))
    else:
        until, why = now + number_given(ask, "hours") * HOUR_US, one_line(ask.line("why"), "why")
        id_ = secrets.token_hex(4)
        _put(ledger, record.Opened(at=now, who=who, id=id_, account=account, until=until, why=why))
    return ask.go(f"/training/{ask.names['name']}")


def _draw(ask: Ask) -> list[tuple[questions.Question, list[str]]]:
    """The questions of an attempt that isn't handed in yet; none: there is no such."""
    seed = ask.access.marks.of(*_mark(ask)).get(_mark(ask), "")
    generator = random.Random(seed)  # noqa: S311 (of questions, which are no secret)
    return questions.draw_test(generator, ask.lang) if seed else []


def _mark(ask: Ask) -> tuple[str, str]:
    return ask.whose.person.id, f"training.{ask.names['name']}"


@PAGES.get("/training/{name}/test", TESTERS)
def show_test(ask: Ask, ledger: LedgerReader, error: Exception | None = None, **results: Any) -> Response:
    """The questions (rule 3), or the way to them; behind an attempt what was right, and why."""
    account, state, now = _account(ask), ledger.training.state(), ask.access.now()
    course = there(next((one for one in state.rules.needed(account.role) if one.test), None))
    may = state.may_try(account.account, course.name, now)
    row = _row(ask, state.standing(account, now))
    return ask.page("training_test", error=error, row=row, course=course, may=may, **{"drawn": _draw(ask), **results})


@PAGES.post("/training/{name}/test", TESTERS, again=show_test, refusals=_MISTAKES)
def take_test(ask: Ask, ledger: LedgerReader) -> Response:
    """Begins an attempt, or marks it: scores go on record, answers don't."""
    account, state, now, drawn = _account(ask), ledger.training.state(), ask.access.now(), _draw(ask)
    course = there(next((one for one in state.rules.needed(account.role) if one.test), None))
    if not state.may_try(account.account, course.name, now):
        raise TrainingError(N_("who didn't pass may try again a day later"))
    if not drawn:
        ask.access.marks.put(*_mark(ask), secrets.token_hex(8))
        return ask.go(f"/training/{ask.names['name']}/test")
    given = [number_given(ask, f"q{number}") for number in range(1, len(drawn) + 1)]
    if not all(0 < at <= len(order) for at, (_, order) in zip(given, drawn, strict=True)):
        raise AccessError("answer every question")
    right = sum(order[at - 1] == one.right for at, (one, order) in zip(given, drawn, strict=True))
    score, day = 100 * right // len(drawn), courses.day_of(now)
    passed, row = score >= course.pass_mark, Done(account=account.account, course=course.name, day=day, score=score)
    _put(ledger, Completed(at=now, who=me(ask), how="test" if passed else "failed", rows=(row,)))
    ask.access.marks.put(*_mark(ask), "")
    return show_test(ask, ledger, drawn=drawn, given=given, right=right, passed=passed)
