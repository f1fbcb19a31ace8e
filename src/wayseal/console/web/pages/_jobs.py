"""Jobs: what runs, what came of it, and what can be asked for; and logs before they are in the ledger.

Logs are sent or named, looked at, read in another way, and then taken in or removed.

1. Whoever may not ask for a job's kind sees that it is there, whose it is and how it stands, and nothing of what it was
   asked, said or made.
2. Lists and jobs that change are asked for again by the page, a part of it, every two seconds, as long as something
   waits or runs; without a script there is a link for that.
3. A log that is sent is kept in a private folder under its own name until it was taken in, or is removed.
4. A preview is an act of access, written before it begins: of a file of the folder by its name, of one that was sent
   by its SHA-256.
5. Nothing goes into the ledger but by the button on the page of a look that found rows, and read as that look read it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from wayseal.cases.notices import OutboxError, count_waiting
from wayseal.console.access.types import ActKind
from wayseal.console.errors import AccessError, JobError
from wayseal.console.jobs import Job, JobState
from wayseal.console.jobs.kinds import KINDS, Kind
from wayseal.console.jobs.logs import (
    drop_upload,
    find_log,
    find_mapping,
    find_upload,
    list_logs,
    list_mappings,
    upload_place,
)
from wayseal.console.jobs.results import MOST_MAPPING, Look, load_look
from wayseal.console.jobs.types import AGAIN, WAITING, number_of
from wayseal.console.roles import CASE_ROLES, LEDGER_ROLES, Page, Role
from wayseal.console.web._ask import Ask
from wayseal.console.web._drafts import seal_draft
from wayseal.console.web._lists import table_file
from wayseal.console.web.pages._desk import me
from wayseal.page.words import headings
from wayseal.store.tables import TABLES

_MANY, _MOST_CSV = 50, 5_000
_COLUMNS = (
    "job", "kind:job_kind.", "subject", "who", "state:job_state.", "asked_for:time", "begun:time", "ended:time",
    "tries",
)  # fmt: skip
EACH_HOUR = "each"
"""In the place of an hour."""
OFFSETS = ("+08:00", "+00:00", "+09:00", "+07:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """A job as a list shows it. open: its reader may see what it was asked and what came of it (rule 1)."""

    job: Job
    open: bool

    @property
    def part(self) -> float | None:
        """How much of its stage is done, 0 to 1; None: that can't be told."""
        job = self.job
        if job.state is not JobState.RUNNING or job.total <= 0:
            return None
        return min(1.0, max(0.0, job.done / job.total))

    @property
    def seconds(self) -> int | None:
        """How long it took; None: it hasn't come to its end."""
        job = self.job
        if job.started_at is None or job.ended_at is None:
            return None
        return max(0, (job.ended_at - job.started_at) // 1_000_000)


def show_jobs(ask: Ask) -> Response:
    """The list, the newest first."""
    states, kind = _wanted(ask)
    before = ask.query.get("before", "") if number_of(ask.query.get("before", "")) is not None else ""
    jobs = ask.site.jobs.list(before=before, limit=_MANY + 1, states=states, kind=kind)
    rows = [job_row(ask, job) for job in jobs[:_MANY]]
    counts = ask.site.jobs.waiting()
    return ask.page(
        "_job_rows" if ask.partial else "jobs",
        rows=rows,
        counts=counts,
        state="".join(states),
        kind=kind,
        kinds=list(KINDS),
        states=[one.value for one in JobState],
        onward=jobs[_MANY - 1].id if len(jobs) > _MANY else "",
        before=before,
        live=bool(counts),
        may_ask=_may(ask, KINDS["verify"]),
        schedules=ask.site.jobs.schedules(),
    )


def export_jobs(ask: Ask) -> Response:
    """The same as a table for a spreadsheet."""
    states, kind = _wanted(ask)
    jobs = ask.site.jobs.list(limit=_MOST_CSV, states=states, kind=kind)
    return table_file(ask, "jobs.csv", _COLUMNS, (_cells(job_row(ask, job)) for job in jobs))


def show_job(ask: Ask) -> Response:
    """A job: how it stands, its log, and what came of it."""
    job = ask.site.jobs.find(ask.names["job"])
    return ask.refuse(404) if job is None else _job_page(ask, job)


def cancel(ask: Ask) -> Response:
    """Ends a job."""
    job = _own(ask)
    if isinstance(job, Response):
        return job
    if not ask.site.jobs.cancel(job.id, me(ask)):
        return _job_page(ask, job, JobError("this job has come to its end already"), 409)
    return ask.go(f"/jobs/{job.id}")


def retry(ask: Ask) -> Response:
    """Has a job run again."""
    job = _own(ask)
    if isinstance(job, Response):
        return job
    if not _may_retry(ask, job):
        return _job_page(
            ask, job, JobError("this is tried again by whoever asked for it: ask for one of your own"), 403
        )
    if KINDS[job.kind].named and not ask.access.sessions.confirmed(ask.whose):
        return ask.page("confirm", status=401, next=f"/jobs/{job.id}", kept=seal_draft(ask, ask.whose.person.id))
    if job.kind == "look" and job.state in AGAIN:
        note_preview(ask, job.values)
    if not ask.site.jobs.retry(job.id, me(ask)):
        return _job_page(ask, job, JobError("only what failed, broke off or was cancelled can be tried again"), 409)
    return ask.go(f"/jobs/{job.id}")


def note_preview(ask: Ask, values: Mapping[str, str]) -> None:
    """Notes that somebody has a log previewed (rule 4). values: of the job."""
    ask.access.note(ask.whose, ActKind.LOG_PREVIEWED, log=values.get("file") or values.get("sha256", ""))


def show_new(ask: Ask) -> Response:
    """Return what can be asked for."""
    return new_page(ask, {})


def ask_detect(ask: Ask) -> Response:
    """Asks for detection."""
    return _start(ask, "detect")


def ask_notices(ask: Ask) -> Response:
    """Asks for what waits to be sent."""
    return _start(ask, "notices")


def ask_verify(ask: Ask) -> Response:
    """Asks for the ledger to be verified."""
    return _start(ask, "verify")


def set_schedule(ask: Ask) -> Response:
    """Has something started each day, each hour, or no more."""
    kind, hour = ask.field("kind"), ask.field("hour")
    found = KINDS.get(kind)
    if found is None or not found.scheduled:
        return ask.refuse(404)
    if not hour:
        ask.site.jobs.end_schedule(kind)
        return ask.go("/jobs/new#schedule")
    try:
        each = found.often and hour == EACH_HOUR
        ask.site.jobs.set_schedule(kind, None if each else _hour(hour), me(ask))
    except JobError as error:
        return new_page(ask, {}, error)
    return ask.go("/jobs/new#schedule")


def _start(ask: Ask, kind: str) -> Response:
    if ask.site.ledger is None:
        return new_page(ask, {}, JobError("no ledger is set: an administrator names one where the console is started"))
    return ask.go(f"/jobs/{ask.site.jobs.start(kind, {}, me(ask))}")


def _hour(text: str) -> int:
    """An hour of the day."""
    if not (text.isascii() and text.isdigit() and len(text) < 3):
        raise JobError("an hour is 0 to 23", key="hour")
    return int(text)


def new_page(ask: Ask, typed: Mapping[str, str], error: JobError | None = None) -> Response:
    """Return what can be asked for, with what was typed."""
    site = ask.site
    return ask.page(
        "job_new",
        error=error,
        typed=typed,
        ledger=site.ledger is not None,
        logs=list_logs(site.logs_folder),
        logs_folder=site.logs_folder is not None,
        mappings=list_mappings(site.mappings_folder),
        tables=list(TABLES),
        offsets=OFFSETS,
        most=site.upload_most,
        notices=site.notices,
        untold=_untold(ask),
        schedules={one.kind: one for one in site.jobs.schedules()},
        scheduled=[kind for kind in KINDS.values() if kind.scheduled and _is_there(ask, kind)],
        each=EACH_HOUR,
    )


def _is_there(ask: Ask, kind: Kind) -> bool:
    """Return whether the console has what a kind works on; jobs of the market need its folder."""
    return ask.site.market is not None or not kind.name.startswith("market_")


def _untold(ask: Ask) -> int | None:
    """So many notices wait; None: their outbox can't be read."""
    try:
        return 0 if ask.site.casebook is None else count_waiting(ask.site.casebook)
    except (OSError, OutboxError):
        return None


def _job_page(ask: Ask, job: Job, error: JobError | None = None, status: int = 200) -> Response:
    row = job_row(ask, job)
    return ask.page(
        "_job" if ask.partial else "job",
        status=status,
        error=error,
        row=row,
        job=job,
        lines=ask.site.jobs.lines(job.id) if row.open else (),
        live=job.state in WAITING,
        may_cancel=row.open and job.state in WAITING and not job.cancelling,
        may_retry=row.open and job.state in AGAIN and _may_retry(ask, job),
    )


def _own(ask: Ask) -> Job | Response:
    """The job of the path, if who asks may change it; else the answer."""
    job = ask.site.jobs.find(ask.names["job"])
    if job is None:
        return ask.refuse(404)
    kind = KINDS.get(job.kind)
    return job if kind is not None and _may(ask, kind) else ask.refuse(403)


def job_row(ask: Ask, job: Job) -> JobRow:
    """A job as whoever asks may see it."""
    kind = KINDS.get(job.kind)
    return JobRow(job=job, open=kind is not None and _may(ask, kind))


def _cells(row: JobRow) -> tuple[object, ...]:
    job = row.job
    times = job.created_at, job.started_at, job.ended_at
    return job.id, job.kind, job.subject if row.open else "", job.who, job.state.value, *times, job.tries


def _may(ask: Ask, kind: Kind) -> bool:
    role: Role = ask.whose.person.role
    return role in kind.roles


def _may_retry(ask: Ask, job: Job) -> bool:
    """Return whether it is no act in somebody else's name."""
    return not KINDS[job.kind].named or job.who == me(ask)


def _wanted(ask: Ask) -> tuple[list[JobState], str]:
    """States and kind that are asked for; what there isn't is as good as nothing."""
    state, kind = ask.query.get("state", ""), ask.query.get("kind", "")
    return [JobState(state)] if state in set(JobState) else [], kind if kind in KINDS else ""


_MOST_UPLOAD = 1 << 42
"""The setting bounds it."""
_LOG = ("upload", "file", "sha256")
"""What of a job's values says which log it is."""
_AS_IT_IS = "="
"""A column of which a person says nothing."""


def ask_look(ask: Ask) -> Response:
    """Asks for a look at a log that was sent, or at one of the folder (rule 3)."""
    typed = {name: ask.field(name) for name in ("file", "mapping", "table", "offset")}
    try:
        values = _checked_log(ask, typed)
    except JobError as error:
        return new_page(ask, typed, error)
    if ask.files:
        sent = ask.files[0]
        value, place = upload_place(ask.site.jobs.folder, sent.name)
        try:
            sent.keep(place)
        except AccessError:
            drop_upload(ask.site.jobs.folder, value)
            raise
        values |= {"upload": value, "sha256": sent.sha256}
    return _start_look(ask, values)


def show_look(ask: Ask) -> Response:
    """Return what a look found, or how far it is."""
    job = _look_job(ask)
    return ask.refuse(404) if job is None else _page(ask, job)


def look_again(ask: Ask) -> Response:
    """Asks for another look at the same log, read in another way."""
    job = _look_job(ask)
    if job is None:
        return ask.refuse(404)
    try:
        values = _checked_reading(ask) | {name: job.values[name] for name in _LOG if name in job.values}
        _check_there(ask, values)
    except JobError as error:
        return _page(ask, job, error, 400)
    return _start_look(ask, values)


def take_in(ask: Ask) -> Response:
    """Asks for the log to be taken in, read as the look read it (rule 5)."""
    job = _look_job(ask)
    if job is None:
        return ask.refuse(404)
    try:
        look = _found(ask, job)
        if look is None or look.wrong or not look.rows:
            raise JobError("nothing of it can be read like that: look at it in another way first")
        values = {name: job.values[name] for name in (*_LOG, "offset") if name in job.values}
        values |= {"toml": look.mapping, "origin": look.origin} if look.mapping else {"table": look.table}
        _check_there(ask, values)
    except JobError as error:
        return _page(ask, job, error, 409)
    return ask.go(f"/jobs/{ask.site.jobs.start('ingest', values | {'look': job.id}, me(ask))}")


def remove_log(ask: Ask) -> Response:
    """Removes a log that was sent (rule 3)."""
    job = _look_job(ask)
    if job is None:
        return ask.refuse(404)
    drop_upload(ask.site.jobs.folder, job.values.get("upload", ""))
    return ask.go("/jobs/new")


def _start_look(ask: Ask, values: Mapping[str, str]) -> Response:
    note_preview(ask, values)
    return ask.go(f"/jobs/{ask.site.jobs.start('look', {**values, 'lang': ask.lang}, me(ask))}/look")


def _checked_log(ask: Ask, typed: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed for a first look. JobError: what can't be so, before anything is kept."""
    if ask.site.ledger is None:
        raise JobError("no ledger is set: an administrator names one where the console is started")
    if len(ask.files) > 1 or bool(ask.files) == bool(typed["file"]):
        raise JobError("send a file, or name one of the folder", key="file")
    if typed["file"]:
        find_log(ask.site.logs_folder, typed["file"])
    if typed["mapping"]:
        find_mapping(ask.site.mappings_folder, typed["mapping"])
    return _checked_table(typed) | {name: typed[name] for name in ("file", "mapping") if typed[name]}


def _checked_table(typed: Mapping[str, str]) -> dict[str, str]:
    if typed["table"] and typed["table"] not in TABLES:
        raise JobError("there is no such table", key="table")
    if typed["offset"] and typed["offset"] not in OFFSETS:
        raise JobError("there is no such offset", key="offset")
    return {name: typed[name] for name in ("table", "offset") if typed[name]}


def _checked_reading(ask: Ask) -> dict[str, str]:
    """How a form says that a log is to be read: by a text, by columns, or by a mapping of the folder. JobError."""
    values = _checked_table({name: ask.field(name) for name in ("table", "offset")})
    text, named = ask.field("toml").replace("\r\n", "\n"), ask.field("mapping")
    if ask.field("how") == "text":
        if not text.strip() or len(text) > MOST_MAPPING:
            raise JobError("a mapping is a text of up to {most:,} characters", key="toml", most=MOST_MAPPING)
        return {name: one for name, one in values.items() if name == "offset"} | {"toml": text}
    if ask.field("how") == "columns":
        table = TABLES.get(values.get("table", ""))
        if table is None:
            raise JobError("there is no such table", key="table")
        columns = {name: ask.field(f"column.{name}") for name in table.names if f"column.{name}" in ask.form}
        said = {name: place for name, place in columns.items() if place != _AS_IT_IS}
        return values | {"columns": json.dumps(said)}
    if named:
        find_mapping(ask.site.mappings_folder, named)
        return values | {"mapping": named}
    return values


def _check_there(ask: Ask, values: Mapping[str, str]) -> None:
    """JobError: the log isn't there any more."""
    if "upload" in values:
        find_upload(ask.site.jobs.folder, values["upload"])
    else:
        find_log(ask.site.logs_folder, values.get("file", ""))


def _look_job(ask: Ask) -> Job | None:
    job = ask.site.jobs.find(ask.names["job"])
    return job if job is not None and job.kind == "look" else None


def _found(ask: Ask, job: Job) -> Look | None:
    """Return what a look found; None: it isn't done. JobError: that isn't kept any more."""
    return load_look(ask.site.jobs.folder_of(job.id), job.result) if job.state is JobState.DONE else None


def _page(ask: Ask, job: Job, error: JobError | None = None, status: int = 200) -> Response:
    look = None
    try:
        look = _found(ask, job)
    except JobError as gone:
        error, status = error or gone, 410 if status == 200 else status
    table = TABLES[look.table if look is not None else job.values.get("table") or "accesses"]
    return ask.page(
        "look",
        status=status,
        error=error,
        row=job_row(ask, job),
        job=job,
        look=look,
        live=job.state in WAITING,
        table=table.name,
        required=table.required,
        targets=table.names,
        named=lambda name: headings([name], ask.lang)[0],
        tables=list(TABLES),
        offsets=OFFSETS,
        mappings=list_mappings(ask.site.mappings_folder),
    )


PAGES = (
    Page(method="GET", path="/jobs", act=show_jobs, roles=LEDGER_ROLES),
    Page(method="GET", path="/jobs.csv", act=export_jobs, roles=LEDGER_ROLES, recorded=True),
    Page(method="GET", path="/jobs/new", act=show_new, roles=CASE_ROLES),
    Page(method="POST", path="/jobs/detect", act=ask_detect, roles=CASE_ROLES),
    Page(method="POST", path="/jobs/notices", act=ask_notices, roles=CASE_ROLES),
    Page(method="POST", path="/jobs/verify", act=ask_verify, roles=CASE_ROLES),
    Page(method="POST", path="/jobs/schedule", act=set_schedule, roles=CASE_ROLES),
    Page(method="GET", path="/jobs/{job}", act=show_job, roles=LEDGER_ROLES),
    Page(method="POST", path="/jobs/{job}/cancel", act=cancel, roles=CASE_ROLES),
    Page(method="POST", path="/jobs/{job}/retry", act=retry, roles=CASE_ROLES),
    Page(method="POST", path="/jobs/look", act=ask_look, roles=CASE_ROLES, upload=_MOST_UPLOAD),
    Page(method="GET", path="/jobs/{job}/look", act=show_look, roles=CASE_ROLES),
    Page(method="POST", path="/jobs/{job}/look", act=look_again, roles=CASE_ROLES),
    Page(method="POST", path="/jobs/{job}/ingest", act=take_in, roles=CASE_ROLES),
    Page(method="POST", path="/jobs/{job}/remove", act=remove_log, roles=CASE_ROLES),
)
