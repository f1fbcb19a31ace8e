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
from functools import partial

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
from wayseal.console.jobs.results import LOOK, MOST_MAPPING, Look
from wayseal.console.jobs.types import AGAIN, WAITING, number_of
from wayseal.console.roles import CASE_ROLES, LEDGER_ROLES, Role
from wayseal.console.web._ask import Ask, Pages, StatusError, there
from wayseal.console.web._drafts import seal_draft
from wayseal.console.web._lists import table_file
from wayseal.console.web.pages._casework import me
from wayseal.model.messages import N_
from wayseal.page.words import headings
from wayseal.store.tables import TABLES, Table

PAGES = Pages()
_MANY, _MOST_CSV = 50, 5_000
_COLUMNS = (
    "job", "kind:job_kind.", "subject", "who", "state:job_state.", "asked_for:time", "begun:time", "ended:time",
    "tries",
)  # fmt: skip
_NO_LEDGER = N_("no ledger is set: an administrator names one where the console is started")
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


@PAGES.get("/jobs", LEDGER_ROLES)
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


@PAGES.get("/jobs.csv", LEDGER_ROLES, recorded=True)
def export_jobs(ask: Ask) -> Response:
    """The same as a table for a spreadsheet."""
    states, kind = _wanted(ask)
    jobs = ask.site.jobs.list(limit=_MOST_CSV, states=states, kind=kind)
    return table_file(ask, "jobs.csv", _COLUMNS, (_cells(job_row(ask, job)) for job in jobs))


def _may_ask(ask: Ask, job: Job) -> bool:
    """Return whether they may ask for its kind, and so change it, and see all of it."""
    kind = KINDS.get(job.kind)
    return kind is not None and _may(ask, kind)


def _may_retry(ask: Ask, job: Job) -> bool:
    """Return whether it is no act in somebody else's name."""
    return not KINDS[job.kind].named or job.who == me(ask)


def _job(ask: Ask) -> Job:
    """The job of the path. StatusError: there is none."""
    return there(ask.site.jobs.find(ask.names["job"]))


def _own(ask: Ask) -> Job:
    """The same, which who asks may change. StatusError: they may not."""
    job = _job(ask)
    if not _may_ask(ask, job):
        raise StatusError(403)
    return job


def note_preview(ask: Ask, values: Mapping[str, str]) -> None:
    """Notes that somebody has a log previewed (rule 4). values: of the job."""
    ask.access.note(ask.whose, ActKind.LOG_PREVIEWED, log=values.get("file") or values.get("sha256", ""))


@PAGES.get("/jobs/new", CASE_ROLES)
def show_new(ask: Ask, error: JobError | None = None) -> Response:
    """Return what can be asked for, with what was typed."""
    site = ask.site
    return ask.page(
        "job_new",
        error=error,
        ledger=site.ledger is not None,
        logs=list_logs(site.settings.logs_folder),
        logs_folder=site.settings.logs_folder is not None,
        mappings=list_mappings(site.settings.mappings_folder),
        tables=list(TABLES),
        offsets=OFFSETS,
        most=site.upload_most,
        notices=site.settings.notices is not None,
        untold=_untold(ask),
        schedules={one.kind: one for one in site.jobs.schedules()},
        scheduled=[kind for kind in KINDS.values() if kind.scheduled and _is_there(ask, kind)],
        each=EACH_HOUR,
    )


def _start(ask: Ask, kind: str) -> Response:
    if ask.site.ledger is None:
        raise JobError(_NO_LEDGER)
    return ask.go(f"/jobs/{ask.site.jobs.start(kind, {}, me(ask))}")


for _kind in ("detect", "notices", "verify"):
    PAGES.post(f"/jobs/{_kind}", CASE_ROLES, again=show_new)(partial(_start, kind=_kind))


@PAGES.post("/jobs/schedule", CASE_ROLES, again=show_new)
def set_schedule(ask: Ask) -> Response:
    """Has something started each day, each hour, or no more."""
    kind, hour = ask.field("kind"), ask.field("hour")
    found = KINDS.get(kind)
    if found is None or not found.scheduled:
        return ask.refuse(404)
    if hour:
        each = found.often and hour == EACH_HOUR
        ask.site.jobs.set_schedule(kind, None if each else _hour(hour), me(ask))
    else:
        ask.site.jobs.end_schedule(kind)
    return ask.go("/jobs/new#schedule")


def _hour(text: str) -> int:
    """An hour of the day."""
    if not (text.isascii() and text.isdigit() and len(text) < 3):
        raise JobError("an hour is 0 to 23", key="hour")
    return int(text)


def _is_there(ask: Ask, kind: Kind) -> bool:
    """Return whether the console has what a kind works on; jobs of the market need its folder."""
    return ask.site.market is not None or not kind.name.startswith("market_")


def _untold(ask: Ask) -> int | None:
    """So many notices wait; None: their outbox can't be read."""
    try:
        return 0 if ask.site.casebook is None else count_waiting(ask.site.casebook)
    except (OSError, OutboxError):
        return None


@PAGES.get("/jobs/{job}", LEDGER_ROLES)
def show_job(ask: Ask, error: JobError | None = None, status: int = 409) -> Response:
    """A job: how it stands, its log, and what came of it."""
    job = _job(ask)
    row = job_row(ask, job)
    return ask.page(
        "_job" if ask.partial else "job",
        status=status if error else 200,
        error=error,
        row=row,
        job=job,
        lines=ask.site.jobs.lines(job.id) if row.open else (),
        live=job.state in WAITING,
        may_cancel=row.open and job.state in WAITING and not job.cancelling,
        may_retry=row.open and job.state in AGAIN and _may_retry(ask, job),
    )


@PAGES.post("/jobs/{job}/cancel", CASE_ROLES, again=show_job)
def cancel(ask: Ask) -> Response:
    """Ends a job."""
    job = _own(ask)
    if not ask.site.jobs.cancel(job.id, me(ask)):
        raise JobError("this job has come to its end already")
    return ask.go(f"/jobs/{job.id}")


@PAGES.post("/jobs/{job}/retry", CASE_ROLES, again=show_job)
def retry(ask: Ask) -> Response:
    """Has a job run again."""
    job = _own(ask)
    if not _may_retry(ask, job):
        return show_job(ask, JobError("this is tried again by whoever asked for it: ask for one of your own"), 403)
    if KINDS[job.kind].named and not ask.access.sessions.confirmed(ask.whose):
        return ask.page("confirm", status=401, next=f"/jobs/{job.id}", kept=seal_draft(ask, ask.whose.person.id))
    if job.kind == "look" and job.state in AGAIN:
        note_preview(ask, job.values)
    if not ask.site.jobs.retry(job.id, me(ask)):
        raise JobError("only what failed, broke off or was cancelled can be tried again")
    return ask.go(f"/jobs/{job.id}")


def job_row(ask: Ask, job: Job) -> JobRow:
    """A job as whoever asks may see it."""
    return JobRow(job=job, open=_may_ask(ask, job))


def _cells(row: JobRow) -> tuple[object, ...]:
    job = row.job
    times = job.created_at, job.started_at, job.ended_at
    return job.id, job.kind, job.subject if row.open else "", job.who, job.state.value, *times, job.tries


def _may(ask: Ask, kind: Kind) -> bool:
    role: Role = ask.whose.person.role
    return role in kind.roles


def _wanted(ask: Ask) -> tuple[list[JobState], str]:
    """States and kind that are asked for; what there isn't is as good as nothing."""
    state, kind = ask.query.get("state", ""), ask.query.get("kind", "")
    return [JobState(state)] if state in set(JobState) else [], kind if kind in KINDS else ""


_MOST_UPLOAD = 1 << 42
"""The setting bounds it."""
_LOG = ("upload", "file", "sha256")
"""What of a job's values says which log it is."""
_MOST_WORDS, _LONGEST_WORD = 40, 40
"""Of a column of words, and letters of one."""
_AS_IT_IS = "="
"""A column of which a person says nothing."""


@PAGES.post("/jobs/look", CASE_ROLES, again=show_new, refusals=(JobError,), upload=_MOST_UPLOAD)
def ask_look(ask: Ask) -> Response:
    """Asks for a look at a log that was sent, or at one of the folder (rule 3)."""
    values = _checked_log(ask)
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


@PAGES.get("/jobs/{job}/look", CASE_ROLES)
def show_look(ask: Ask, error: JobError | None = None, status: int = 400) -> Response:
    """Return what a look found, or how far it is."""
    job, look = _look_job(ask), None
    status = status if error else 200
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
        values_of=lambda name: table.column(name).values,
        named=lambda name: headings([name], ask.lang)[0],
        tables=list(TABLES),
        offsets=OFFSETS,
        mappings=list_mappings(ask.site.settings.mappings_folder),
    )


@PAGES.post("/jobs/{job}/look", CASE_ROLES, again=show_look)
def look_again(ask: Ask) -> Response:
    """Asks for another look at the same log, read in another way."""
    job = _look_job(ask)
    values = _checked_reading(ask) | {name: job.values[name] for name in _LOG if name in job.values}
    _check_there(ask, values)
    return _start_look(ask, values)


@PAGES.post("/jobs/{job}/ingest", CASE_ROLES, again=partial(show_look, status=409))
def take_in(ask: Ask) -> Response:
    """Asks for the log to be taken in, read as the look read it (rule 5)."""
    job = _look_job(ask)
    look = _found(ask, job)
    if look is None or look.wrong or not look.rows:
        raise JobError("nothing of it can be read like that: look at it in another way first")
    if look.twice and not ask.field("twice"):
        raise JobError("most of these rows are in the ledger already: say that they are others", key="twice")
    values = {name: job.values[name] for name in (*_LOG, "offset") if name in job.values}
    values |= {"toml": look.mapping, "origin": look.origin} if look.mapping else {"table": look.table}
    _check_there(ask, values)
    return ask.go(f"/jobs/{ask.site.jobs.start('ingest', values | {'look': job.id}, me(ask))}")


@PAGES.post("/jobs/{job}/remove", CASE_ROLES)
def remove_log(ask: Ask) -> Response:
    """Removes a log that was sent (rule 3)."""
    drop_upload(ask.site.jobs.folder, _look_job(ask).values.get("upload", ""))
    return ask.go("/jobs/new")


def _start_look(ask: Ask, values: Mapping[str, str]) -> Response:
    note_preview(ask, values)
    return ask.go(f"/jobs/{ask.site.jobs.start('look', {**values, 'lang': ask.lang}, me(ask))}/look")


def _checked_log(ask: Ask) -> dict[str, str]:
    """Return what was typed for a first look. JobError: what can't be so, before anything is kept."""
    file, mapping = ask.field("file"), ask.field("mapping")
    if ask.site.ledger is None:
        raise JobError(_NO_LEDGER)
    if len(ask.files) > 1 or bool(ask.files) == bool(file):
        raise JobError("send a file, or name one of the folder", key="file")
    if file:
        find_log(ask.site.settings.logs_folder, file)
    if mapping:
        find_mapping(ask.site.settings.mappings_folder, mapping)
    return _checked_table(ask) | {name: ask.field(name) for name in ("file", "mapping") if ask.field(name)}


def _checked_table(ask: Ask) -> dict[str, str]:
    given = {name: ask.field(name) for name in ("table", "offset") if ask.field(name)}
    if given.get("table", "accesses") not in TABLES:
        raise JobError("there is no such table", key="table")
    if given.get("offset", OFFSETS[0]) not in OFFSETS:
        raise JobError("there is no such offset", key="offset")
    return given


def _checked_reading(ask: Ask) -> dict[str, str]:
    """How a form says that a log is to be read: by a text, by columns, or by a mapping of the folder. JobError."""
    values = _checked_table(ask)
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
        return values | {"columns": json.dumps(said), "words": json.dumps(_words(ask, table), ensure_ascii=False)}
    if named:
        find_mapping(ask.site.settings.mappings_folder, named)
        return values | {"mapping": named}
    return values


def _words(ask: Ask, table: Table) -> Mapping[str, Mapping[str, str]]:
    """Words of the log and what they are called, by column. JobError: one is none of the contract's."""
    found: dict[str, dict[str, str]] = {}
    for column in table.columns:
        for place in range(_MOST_WORDS):
            word, ours = (ask.field(f"{one}.{column.name}.{place}") for one in ("word", "means"))
            if not ours or not word:
                continue
            if ours not in column.values or len(word) > _LONGEST_WORD:
                raise JobError("choose one of the list", key=f"means.{column.name}.{place}")
            found.setdefault(column.name, {})[word] = ours
    return found


def _check_there(ask: Ask, values: Mapping[str, str]) -> None:
    """JobError: the log isn't there any more."""
    if "upload" in values:
        find_upload(ask.site.jobs.folder, values["upload"])
    else:
        find_log(ask.site.settings.logs_folder, values.get("file", ""))


def _look_job(ask: Ask) -> Job:
    """The look of the path. StatusError: that job is none."""
    job = _job(ask)
    return there(job if job.kind == "look" else None)


def _found(ask: Ask, job: Job) -> Look | None:
    """Return what a look found; None: it isn't done. JobError: that isn't kept any more."""
    return LOOK.load(ask.site.jobs.folder_of(job.id), job.result) if job.state is JobState.DONE else None
