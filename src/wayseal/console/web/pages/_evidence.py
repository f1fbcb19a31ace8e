"""Packs of evidence of a case: asked for, fetched, handed over, taken back; for investigators alone.

1. A pack is made by a job, which records that names are shown before it reads, and the seal before it is done.
2. A fetched copy is an act on the case, recorded before the first byte goes out; so is what is done with it later.
3. Time stamps lie beside packs. What one says is shown unchecked: `wayseal evidence verify` checks it.
4. What is fetched is the file of the seal, and its hash is what was recorded; another file is refused.
"""

from pathlib import Path

from starlette.responses import Response

from wayseal.cases.errors import CasebookUsageError
from wayseal.cases.evidence.stamps import stamp_path, wish_path
from wayseal.cases.types import PackStep, one_line
from wayseal.console.errors import ConsoleError, JobError
from wayseal.console.jobs import Job, JobState
from wayseal.console.roles import Page, Role
from wayseal.console.web._ask import Ask
from wayseal.console.web.pages._desk import me, the_cases
from wayseal.model.errors import WaysealError
from wayseal.proofs.stamps import Stamped, claimed_stamp
from wayseal.store.durable import file_digest

INVESTIGATORS = frozenset({Role.INVESTIGATOR})
_STEPS = {PackStep.HANDED_OVER.value, PackStep.RETURNED.value}
_MANY = 100


def show_packs(ask: Ask) -> Response:
    """The packs of a case, and the form for one more."""
    return _page(ask)


def ask_pack(ask: Ask) -> Response:
    """Asks for a pack."""
    case, why, to = ask.names["case"], ask.line("why"), ask.line("to")
    try:
        one_line(why, "why")
        if to:
            one_line(to, "to")
    except CasebookUsageError as error:
        return _page(ask, error)
    the_cases(ask).packs(case)  # a case that isn't there is none to ask for
    values = {"case": case, "why": why} | ({"to": to} if to else {})
    return ask.go(f"/jobs/{ask.site.jobs.start('export', values, me(ask), subject=case)}")


def fetch_pack(ask: Ask) -> Response:
    """A copy of a pack (rules 2 and 4)."""
    case, seal = ask.names["case"], ask.names["seal"]
    job = _of_seal(ask, seal)
    path = None if job is None else _file(ask, job)
    if job is None or path is None:
        return ask.refuse(404)
    if _digest(path) != job.result["sha256"]:
        return _page(ask, JobError("the file isn't what was sealed any more: make the pack anew"), 409)
    why = ask.line("why") or job.values["why"]
    the_cases(ask).hold_pack(case, seal, PackStep.COPIED, me(ask), why, ask.access.now())
    return ask.send_file(path, job.result["name"])


def ask_stamp(ask: Ask) -> Response:
    """Asks for a time stamp on a pack."""
    case, seal = ask.names["case"], ask.names["seal"]
    job = _of_seal(ask, seal)
    if job is None or _file(ask, job) is None:
        return ask.refuse(404)
    return ask.go(f"/jobs/{ask.site.jobs.start('stamp', {'of': job.id}, me(ask), subject=case)}")


def fetch_stamp(ask: Ask) -> Response:
    """A pack's time stamp: it says a time and a hash, and nothing of the case."""
    job = _of_seal(ask, ask.names["seal"])
    path = None if job is None else _file(ask, job)
    if job is None or path is None or not stamp_path(path).is_file():
        return ask.refuse(404)
    return ask.send_file(stamp_path(path), f"{job.result['name']}.tsr")


def hold_pack(ask: Ask) -> Response:
    """Says that a pack was handed over, or came back."""
    case, seal, step = ask.names["case"], ask.names["seal"], ask.field("step")
    if step not in _STEPS:
        return ask.refuse(404)
    why, to = ask.line("why"), ask.line("to")
    try:
        the_cases(ask).hold_pack(case, seal, PackStep(step), me(ask), why, ask.access.now(), to=to)
    except CasebookUsageError as error:
        return _page(ask, error)
    return ask.go(f"/cases/{case}/evidence")


def _page(ask: Ask, error: WaysealError | None = None, status: int = 400) -> Response:
    acts = the_cases(ask).packs(ask.names["case"])
    jobs = ask.site.jobs.list(kind="export", subject=ask.names["case"], limit=_MANY)
    there = {one.result["seal"]: path for one in jobs if one.state is JobState.DONE and (path := _file(ask, one))}
    return ask.page(
        "case_evidence",
        status=status if error else 200,
        error=error,
        case=ask.names["case"],
        acts=acts,
        packs=tuple({act.pack.seal: act.pack for act in acts}.values()),
        jobs=[one for one in jobs if one.state is not JobState.DONE],
        there=there,
        stamps={seal: stamp for seal, path in there.items() if (stamp := _stamp_of(path))},
        waiting={seal for seal, path in there.items() if wish_path(path).is_file()},
        may_stamp=ask.site.stamps,
        typed={name: ask.field(name) for name in ("why", "to")},
    )


def _of_seal(ask: Ask, seal: str) -> Job | None:
    """The job that made a pack of the case."""
    return next((one for one in _made(ask) if one.result.get("seal") == seal), None)


def _made(ask: Ask) -> tuple[Job, ...]:
    """Jobs that made a pack of the case."""
    return ask.site.jobs.list(kind="export", subject=ask.names["case"], states=[JobState.DONE], limit=_MANY)


def _file(ask: Ask, job: Job) -> Path | None:
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


PAGES = (
    Page(method="GET", path="/cases/{case}/evidence", act=show_packs, roles=INVESTIGATORS),
    Page(method="POST", path="/cases/{case}/evidence", act=ask_pack, roles=INVESTIGATORS, confirmed=True),
    Page(method="POST", path="/cases/{case}/evidence/{seal}", act=fetch_pack, roles=INVESTIGATORS, confirmed=True),
    Page(method="GET", path="/cases/{case}/evidence/{seal}/stamp", act=fetch_stamp, roles=INVESTIGATORS),
    Page(method="POST", path="/cases/{case}/evidence/{seal}/stamp", act=ask_stamp, roles=INVESTIGATORS),
    Page(method="POST", path="/cases/{case}/evidence/{seal}/custody", act=hold_pack, roles=INVESTIGATORS),
)
