"""What people do with a case, its files, and packs of its evidence. Each act has who, when and why.

What is refused comes back as typed. Files are taken in by the machine, which hashes them, and given out to be saved
alone. Packs are asked for, fetched, handed over and taken back by investigators alone.

1. Opening a case is for those who may, with a reason and a fresh proof, and is recorded before a name is shown.
2. An edit names the version that it was made from; if another came between, both texts are shown and nothing is lost.
3. What changes how a case stands (`SEEN`) names the line that its page had last; if others came since, nothing is done,
   and they are shown beside what was wanted, which can be sent again.
4. A file lies under its SHA-256 in a private folder; the name that it came with is a text. What is refused leaves none.
5. That somebody takes one away is an act of access, written before its first byte goes out: it may hold personal data.
6. A pack is made by a job, which records that names are shown before it reads, and the seal before it is done.
7. A fetched copy is an act on the case, recorded before the first byte goes out; so is what is done with it later.
8. Time stamps lie beside packs. What one says is shown unchecked: `wayseal evidence verify` checks it.
9. What is fetched is the file of the seal, and its hash is what was recorded; another file is refused.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from starlette.responses import Response

from wayseal.cases import Cases
from wayseal.cases.errors import CasebookUsageError, CaseStateError, NoSuchCaseError, StaleError, UndoError
from wayseal.cases.evidence.stamps import stamp_path, wish_path
from wayseal.cases.types import CaseState, Observable, ObservableKind, PackStep, Priority, TaskContent, TaskState
from wayseal.cases.verdicts import HearingPoint, ProposalKind
from wayseal.cases.writing import one_line
from wayseal.console.access.types import ActKind
from wayseal.console.errors import AccessError, ConsoleError, JobError, UploadError
from wayseal.console.jobs import Job, JobState
from wayseal.console.roles import CASE_ROLES, OPENERS, Role
from wayseal.console.settings import file_place
from wayseal.console.web._ask import Ask, Pages, there
from wayseal.console.web._case_words import compare_texts
from wayseal.console.web._forms import MOST, local_path
from wayseal.console.web._trace_view import tell_run, trace_of
from wayseal.console.web._uploads import MOST_OF_CASE, Upload
from wayseal.console.web.pages._argument import people_of
from wayseal.console.web.pages._cases import case_page, stale_page
from wayseal.console.web.pages._casework import (
    kinds_given,
    look_of,
    look_values,
    me,
    note_look,
    number_given,
    owner_given,
    the_cases,
    today,
    until_given,
    wants_second,
)
from wayseal.console.web.pages._judging import ASKERS, accounts_of, answer, ask_for_names, give_verdict, waiting
from wayseal.console.web.pages._live import block_account
from wayseal.live.errors import LiveError
from wayseal.model.errors import WaysealError
from wayseal.model.messages import N_
from wayseal.proofs.stamps import Stamped, claimed_stamp
from wayseal.store.durable import file_digest
from wayseal.store.errors import StoreError

PAGES = Pages()


Act = Callable[[Ask, Cases, str, int], str | None]
"""Does it, to a case, at a time; where to go on to, None: the case."""
_PICK = "thing."
_CASE_PAGE = re.compile(r"/cases/(c-[0-9]+)")
_REFUSED = N_("Nothing was taken back. What you want otherwise can be done as an act of its own.")


def _text(ask: Ask, name: str) -> str:
    return ask.field(name).replace("\r\n", "\n").strip()


def _kind(ask: Ask) -> ObservableKind:
    kind = ask.choice("kind", ObservableKind)
    if kind not in kinds_given(ask):
        raise AccessError("accounts, devices and addresses are named by investigators alone", key="kind")
    return kind


def _set_state(ask: Ask, cases: Cases, case: str, at: int) -> None:
    cases.set_state(case, ask.choice("state", CaseState), me(ask), ask.line("why"), at)


def _assign(ask: Ask, cases: Cases, case: str, at: int) -> None:
    cases.assign(case, me(ask) if ask.field("mine") else owner_given(ask), me(ask), at, ask.line("why"))


def _snooze(ask: Ask, cases: Cases, case: str, at: int) -> None:
    cases.snooze(case, until_given(ask), me(ask), ask.line("why"), at)


def _prioritise(ask: Ask, cases: Cases, case: str, at: int) -> None:
    cases.prioritise(case, ask.choice("priority", Priority), me(ask), at, ask.line("why"))


def _rename(ask: Ask, cases: Cases, case: str, at: int) -> None:
    cases.rename(case, ask.line("title") or None, me(ask), at)


def _add_note(ask: Ask, cases: Cases, case: str, at: int) -> str:
    return f"#{cases.add_note(case, _text(ask, 'note'), me(ask), at)}"


def _add_task(ask: Ask, cases: Cases, case: str, at: int) -> str:
    content = TaskContent(
        text=ask.line("task"),
        state=TaskState.TO_DO,
        owner=owner_given(ask),
        due=ask.field("due") or None,
    )
    cases.add_task(case, content, me(ask), at)
    return "#tasks"


def _set_task(ask: Ask, cases: Cases, case: str, at: int) -> str:
    was = {name: ask.field(f"was_{name}") or None for name in ("text", "state", "owner", "due")}
    try:
        before = TaskContent(
            text=was["text"] or "", state=TaskState(was["state"] or ""), owner=was["owner"], due=was["due"]
        )
    except ValueError:
        raise AccessError("choose one of the list", key="state") from None
    owner = owner_given(ask) if ask.field("owner") != (was["owner"] or "") else was["owner"]
    after = TaskContent(
        text=ask.line("task") or before.text,
        state=ask.choice("state", TaskState),
        owner=owner,
        due=ask.field("due") or None,
    )
    cases.set_task(case, ask.names["task"], before, after, me(ask), at)
    return "#tasks"


def _add_listed(ask: Ask, cases: Cases, case: str, at: int) -> str:
    """Adds the tasks of a list, but for those that are there (`task_lists`)."""
    lists, place = ask.site.task_lists, number_given(ask, "list")
    if not ask.field("list") or place >= len(lists):
        raise AccessError("choose one of the list", key="list")
    owner = cases.dossier(case, limit=1).row.owner or me(ask)
    if not cases.add_tasks(case, lists[place].tasks(ask.lang, owner, today(ask)), me(ask), at):
        raise AccessError("all tasks of the list are there already", key="list")
    return "#tasks"


def _tag(ask: Ask, cases: Cases, case: str, at: int) -> str:
    on = not ask.field("drop")
    cases.tag(case, ask.line("tag") if on else ask.field("drop"), me(ask), at, on=on)
    return "#tags"


def _link(ask: Ask, cases: Cases, case: str, at: int, *, on: bool = True) -> str:
    thing = Observable(kind=_kind(ask), value=(ask.line if on else ask.field)("thing") or " ")
    cases.link(case, thing, me(ask), one_line(ask.line("why"), "why"), at, on=on)
    return "#things"


def _merge(ask: Ask, cases: Cases, case: str, at: int) -> str:
    into = ask.line("into")
    cases.merge(case, into, me(ask), ask.line("why"), at)
    return f"/cases/{into}"


def _unmerge(ask: Ask, cases: Cases, case: str, at: int) -> None:
    cases.unmerge(case, me(ask), ask.line("why"), at)


def _split(ask: Ask, cases: Cases, case: str, at: int) -> str:
    picked = {name.removeprefix(_PICK) for name, value in ask.form.items() if name.startswith(_PICK) and value}
    shown = cases.dossier(case, **look_of(ask, case)).things
    things = [Observable(kind=one.kind, value=one.name) for one in shown if f"{one.kind.value}.{one.name}" in picked]
    if len(things) < len(picked):  # by no other name than the page shows: an id would tell whose pseudonym it is
        raise NoSuchCaseError("{id} has no such thing of its own", id=case)
    return f"/cases/{cases.split(case, things, me(ask), ask.line('why'), at)}"


def _hear(ask: Ask, cases: Cases, case: str, at: int) -> None:
    points = [point for point in HearingPoint if ask.field(f"point.{point.value}")]
    cases.hear(case, me(ask), _text(ask, "statement"), at, actor=ask.field("account") or None, points=points)


def _open(ask: Ask, cases: Cases, case: str, at: int) -> str | None:
    if wants_second(ask, cases, case, ProposalKind.NAMES, at):
        cases.propose(case, ProposalKind.NAMES, me(ask), ask.line("why"), at)
        return None
    cases.open(case, me(ask), ask.line("why"), at)
    note_look(ask, cases, case, at)
    return "?names=1"


def _block(ask: Ask, cases: Cases, case: str, _at: int) -> None:
    """Puts an account of the case on the list of blocks, whose record says who and why."""
    account = ask.field("account")
    if account not in {one.alias for one in accounts_of(cases.dossier(case))}:
        raise NoSuchCaseError("{id} has no such thing of its own", id=case)
    block_account(ask, account, case)


def _hide(ask: Ask, _cases: Cases, case: str, at: int) -> None:
    ask.access.sessions.note_look(ask.whose, case, at, over=True)


ACTS: Mapping[str, Act] = {
    "state": _set_state,
    "verdict": give_verdict,
    "ask": ask_for_names,
    "answer": answer,
    "assign": _assign,
    "snooze": _snooze,
    "priority": _prioritise,
    "title": _rename,
    "notes": _add_note,
    "tasks": _add_task,
    "task-list": _add_listed,
    "tags": _tag,
    "links": _link,
    "unlink": partial(_link, on=False),
    "merge": _merge,
    "unmerge": _unmerge,
    "split": _split,
    "hear": _hear,
    "block": _block,
    "open": _open,
    "hide": _hide,
}
SEEN = frozenset(["state", "verdict", "answer", "assign", "snooze", "priority", "title", "merge", "unmerge", "split"])
"""What has to name a line (rule 3)."""


def _doing(name: str, act: Act) -> Callable[[Ask], Response]:
    """An act on a case as its form asks for it."""

    def do(ask: Ask) -> Response:
        case, cases = ask.names["case"], the_cases(ask)
        if not case.startswith("c-"):
            return ask.refuse(404)  # a thing in the queue has acts of its own
        line = number_given(ask, "seen")
        try:
            onward = act(ask, cases.as_seen(case, line) if name in SEEN else cases, case, ask.access.now())
        except StaleError as error:
            return stale_page(ask, name, line) if name in SEEN else case_page(ask, error=error, act=name)
        except (CasebookUsageError, CaseStateError, NoSuchCaseError, AccessError, LiveError, StoreError) as error:
            return case_page(ask, error=error, act=name)
        except ValueError:
            return case_page(ask, error=AccessError("what was typed can't be kept as it is"), act=name)
        return _go_on(ask, case, onward)

    return do


for _name, _act in ACTS.items():
    _roles = OPENERS if _name in ("open", "hide", "hear") else ASKERS if _name == "ask" else CASE_ROLES
    PAGES.post(f"/cases/{{case}}/{_name}", _roles, confirmed=_name in ("open", "answer"))(_doing(_name, _act))
PAGES.post("/cases/{case}/tasks/{task}", CASE_ROLES)(_doing("task", _set_task))


def _go_on(ask: Ask, case: str, onward: str | None) -> Response:
    return ask.go(onward if onward is not None and onward.startswith("/") else f"/cases/{case}{onward or ''}")


@PAGES.post("/cases/{case}/notes/{note}", CASE_ROLES)
def edit_note(ask: Ask) -> Response:
    """Writes a note anew (rule 2)."""
    case, note, text = ask.names["case"], ask.names["note"], _text(ask, "note")
    version = number_given(ask, "version")
    try:
        the_cases(ask).edit_note(case, note, version, "" if ask.field("out") else text, me(ask), ask.access.now())
    except StaleError as error:
        return ask.page(
            "case_conflict",
            status=409,
            case=case,
            note=note,
            version=error.version,
            theirs=error.theirs,
            mine=text,
            rows=compare_texts(error.theirs, text),
        )
    except (CasebookUsageError, CaseStateError) as error:
        return case_page(ask, error=error, act=note)
    return _go_on(ask, case, f"#{note}")


@PAGES.post("/undo", CASE_ROLES)
def undo(ask: Ask) -> Response:
    """Takes back what was done last."""
    back = local_path(ask.field("back"))
    lines = [int(one) for one in ask.field("lines").split(",") if one.isascii() and one.isdigit() and len(one) < 18]
    cases = the_cases(ask)
    try:
        cases.undo(me(ask), ask.access.now(), lines or None)
    except UndoError as error:
        return ask.refuse(409, error=error, hint=_REFUSED, onward=back)
    page = _CASE_PAGE.match(back)
    return ask.go("/queue" if page and not cases.has(page[1]) else back)  # a case that was made is none any more


def _files_again(ask: Ask, error: Exception) -> Response:
    return case_page(ask, error=error, act="files")


@PAGES.post("/cases/{case}/files", CASE_ROLES, again=_files_again, upload=MOST_OF_CASE + MOST)
def add_files(ask: Ask) -> Response:
    """Takes files in."""
    case = ask.names["case"]
    if not ask.files:
        raise AccessError("choose a file", key="file")
    why = one_line(ask.line("why"), "why")
    the_cases(ask).packs(case)  # a case that isn't there keeps nothing
    for file in ask.files:
        keep_file(ask, case, file, why)
    return ask.go(f"/cases/{case}#files")


def keep_file(ask: Ask, case: str, file: Upload, why: str) -> None:
    """Keeps a file for a case, which says whose it is, and by whom and why it came there."""
    place = _place(ask, file.sha256)
    if not place.exists():
        file.keep(place)
    at = ask.access.now()
    the_cases(ask).name_file(case, file.sha256, file.name, file.size, me(ask), why, at, sm3=file.sm3)


@PAGES.get("/cases/{case}/files/{digest}", CASE_ROLES, recorded=True)
def take_file(ask: Ask) -> Response:
    """Gives one out (rule 5)."""
    case, digest = ask.names["case"], ask.names["digest"]
    file = the_cases(ask).find_file(case, digest)
    path = None if ask.site.files is None else file_place(ask.site.files, digest)
    if path is None or not path.is_file():
        return ask.refuse(404, error=UploadError(_GONE))
    ask.access.note(ask.whose, ActKind.FILE_TAKEN, case=case, digest=digest)
    return ask.send_file(path, file.name)


@PAGES.post("/cases/{case}/files/{digest}/drop", CASE_ROLES, again=_files_again)
def drop_file(ask: Ask) -> Response:
    """Says that a file no longer belongs to a case; it stays where it lies, so that it can be taken back."""
    cases, case, digest = the_cases(ask), ask.names["case"], ask.names["digest"]
    file, why = cases.find_file(case, digest), ask.line("why")
    cases.name_file(case, digest, file.name, file.size, me(ask), why, ask.access.now(), on=False, sm3=file.sm3)
    return ask.go(f"/cases/{case}#files")


def _place(ask: Ask, digest: str) -> Path:
    if ask.site.files is None:
        raise UploadError("no folder for files is set")
    place = file_place(ask.site.files, digest)
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        raise UploadError(N_("the disk of the console can't be written: nothing was kept")) from None
    return place


_GONE = N_("the console's folder no longer has this file: look for it in a backup, by its SHA-256")


INVESTIGATORS = frozenset({Role.INVESTIGATOR})
_STEPS = {PackStep.HANDED_OVER.value, PackStep.RETURNED.value}
_MOST_PACKS = 100


@PAGES.get("/cases/{case}/evidence", INVESTIGATORS)
def show_packs(ask: Ask, error: WaysealError | None = None, status: int = 400) -> Response:
    """The packs of a case, and the form for one more."""
    acts = the_cases(ask).packs(ask.names["case"])
    jobs = ask.site.jobs.list(kind="export", subject=ask.names["case"], limit=_MOST_PACKS)
    paths = {one.result["seal"]: path for one in jobs if one.state is JobState.DONE and (path := _pack_file(ask, one))}
    return ask.page(
        "case_evidence",
        status=status if error else 200,
        error=error,
        case=ask.names["case"],
        people=people_of(ask, ask.names["case"]),
        **look_values(ask, ask.names["case"]),
        acts=acts,
        packs=tuple({act.pack.seal: act.pack for act in acts}.values()),
        jobs=[one for one in jobs if one.state is not JobState.DONE],
        there=paths,
        names={one.result["seal"]: one.result["name"] for one in jobs if one.state is JobState.DONE},
        stamps={seal: stamp for seal, path in paths.items() if (stamp := _stamp_of(path))},
        waiting={seal for seal, path in paths.items() if wish_path(path).is_file()},
        may_stamp=ask.site.settings.stamp_url is not None,
        typed={name: ask.field(name) for name in ("why", "to")},
        asks_second=wants_second(ask, the_cases(ask), ask.names["case"], ProposalKind.PACK, ask.access.now()),
        line=the_cases(ask).line(),
        **waiting(ask, the_cases(ask).case_proposals(ask.names["case"], ProposalKind.PACK)),
    )


@PAGES.post("/cases/{case}/evidence", INVESTIGATORS, again=show_packs, confirmed=True)
def ask_pack(ask: Ask) -> Response:
    """Asks for a pack."""
    case, cases, why, to = ask.names["case"], the_cases(ask), ask.line("why"), ask.line("to")
    cases.packs(case)  # a case that isn't there is none to ask for
    if wants_second(ask, cases, case, ProposalKind.PACK, now := ask.access.now()):
        cases.propose(case, ProposalKind.PACK, me(ask), why, now, to=to)
        return ask.go(f"/cases/{case}/evidence")
    if (let := cases.granted(case, ProposalKind.PACK, me(ask), now)) is not None:
        why, to = let.made.why, let.made.to  # made as it was agreed to
    values = {"case": case, "why": one_line(why, "why")} | ({"to": one_line(to, "to")} if to else {})
    run = trace_of(ask, cases.made_of(case))
    if run is not None and run.told:
        values["trace"] = tell_run(ask, run)
    return ask.go(f"/jobs/{ask.site.jobs.start('export', values, me(ask), subject=case)}")


@PAGES.post("/cases/{case}/evidence/{seal}", INVESTIGATORS, confirmed=True)
def fetch_pack(ask: Ask) -> Response:
    """A copy of a pack (rules 7 and 9)."""
    job, path = _pack(ask)
    if _digest(path) != job.result["sha256"]:
        return show_packs(ask, JobError("the file isn't what was sealed any more: make the pack anew"), 409)
    why = ask.line("why") or job.values["why"]
    the_cases(ask).hold_pack(ask.names["case"], ask.names["seal"], PackStep.COPIED, me(ask), why, ask.access.now())
    return ask.send_file(path, job.result["name"])


@PAGES.post("/cases/{case}/evidence/{seal}/stamp", INVESTIGATORS)
def ask_stamp(ask: Ask) -> Response:
    """Asks for a time stamp on a pack."""
    of = {"of": _pack(ask)[0].id}
    return ask.go(f"/jobs/{ask.site.jobs.start('stamp', of, me(ask), subject=ask.names['case'])}")


@PAGES.get("/cases/{case}/evidence/{seal}/stamp", INVESTIGATORS)
def fetch_stamp(ask: Ask) -> Response:
    """A pack's time stamp: it says a time and a hash, and nothing of the case."""
    job, path = _pack(ask)
    if not stamp_path(path).is_file():
        return ask.refuse(404)
    return ask.send_file(stamp_path(path), f"{job.result['name']}.tsr")


@PAGES.post("/cases/{case}/evidence/{seal}/custody", INVESTIGATORS, again=show_packs, refusals=(CasebookUsageError,))
def hold_pack(ask: Ask) -> Response:
    """Says that a pack was handed over, or came back."""
    case, step, why, to = ask.names["case"], ask.field("step"), ask.line("why"), ask.line("to")
    if step not in _STEPS:
        return ask.refuse(404)
    the_cases(ask).hold_pack(case, ask.names["seal"], PackStep(step), me(ask), why, ask.access.now(), to=to)
    return ask.go(f"/cases/{case}/evidence")


def _pack(ask: Ask) -> tuple[Job, Path]:
    """The job that made a pack of the case, and its file. StatusError: it isn't there any more."""
    made = ask.site.jobs.list(kind="export", subject=ask.names["case"], states=[JobState.DONE], limit=_MOST_PACKS)
    job = there(next((one for one in made if one.result.get("seal") == ask.names["seal"]), None))
    return job, there(_pack_file(ask, job))


def _pack_file(ask: Ask, job: Job) -> Path | None:
    """The file that a job made; None: it isn't there any more."""
    path = ask.site.jobs.folder_of(job.id) / job.result["file"]
    return path if path.is_file() else None


def _stamp_of(pack: Path) -> Stamped | None:
    """Return what a pack's time stamp says, unchecked; None: there is none that can be read."""
    try:
        return claimed_stamp(stamp_path(pack).read_bytes())
    except (OSError, ValueError):
        return None


def _digest(path: Path) -> str:
    try:
        return file_digest(path)
    except OSError:
        raise ConsoleError("the pack can't be read", file=path.name) from None
