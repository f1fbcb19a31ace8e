"""Logs before they are in the ledger: sent or named, looked at, read in another way, and then taken in or removed.

1. A log that is sent is kept in a private folder under its own name until it was taken in, or is removed.
2. A preview is an act of access, written before it begins: of a file of the folder by its name, of one that was sent
   by its SHA-256.
3. Nothing goes into the ledger but by the button on the page of a look that found rows, and read as that look read it.
"""

import json
from collections.abc import Mapping

from starlette.responses import Response

from wayseal.console.errors import AccessError, JobError
from wayseal.console.jobs import Job, JobState
from wayseal.console.jobs.logs import drop_upload, find_log, find_mapping, find_upload, list_mappings, upload_place
from wayseal.console.jobs.looks import MOST_MAPPING, Look, load_look
from wayseal.console.jobs.types import WAITING
from wayseal.console.roles import CASE_ROLES, Page
from wayseal.console.web._ask import Ask
from wayseal.console.web.pages._desk import me
from wayseal.console.web.pages._jobs import OFFSETS, job_row, new_page, note_preview
from wayseal.page.words import headings
from wayseal.store.tables import TABLES

_MOST_UPLOAD = 1 << 42
"""The setting bounds it."""
_LOG = ("upload", "file", "sha256")
"""What of a job's values says which log it is."""
_AS_IT_IS = "="
"""A column of which a person says nothing."""


def ask_look(ask: Ask) -> Response:
    """Asks for a look at a log that was sent, or at one of the folder (rule 1)."""
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
    """What a look found, or how far it is."""
    job = _look_job(ask)
    return _nothing(ask) if job is None else _page(ask, job)


def look_again(ask: Ask) -> Response:
    """Asks for another look at the same log, read in another way."""
    job = _look_job(ask)
    if job is None:
        return _nothing(ask)
    try:
        values = _checked_reading(ask) | {name: job.values[name] for name in _LOG if name in job.values}
        _check_there(ask, values)
    except JobError as error:
        return _page(ask, job, error, 400)
    return _start_look(ask, values)


def take_in(ask: Ask) -> Response:
    """Asks for the log to be taken in, read as the look read it (rule 3)."""
    job = _look_job(ask)
    if job is None:
        return _nothing(ask)
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
    """Removes a log that was sent (rule 1)."""
    job = _look_job(ask)
    if job is None:
        return _nothing(ask)
    drop_upload(ask.site.jobs.folder, job.values.get("upload", ""))
    return ask.go("/jobs/new")


def _start_look(ask: Ask, values: Mapping[str, str]) -> Response:
    note_preview(ask, values)
    return ask.go(f"/jobs/{ask.site.jobs.start('look', {**values, 'lang': ask.lang}, me(ask))}/look")


def _checked_log(ask: Ask, typed: Mapping[str, str]) -> dict[str, str]:
    """What was typed for a first look. JobError: what can't be so, before anything is kept."""
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
    """What a look found; None: it isn't done. JobError: that isn't kept any more."""
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


def _nothing(ask: Ask) -> Response:
    return ask.page("error", status=404, status_shown=404)


PAGES = (
    Page(method="POST", path="/jobs/look", act=ask_look, roles=CASE_ROLES, upload=_MOST_UPLOAD),
    Page(method="GET", path="/jobs/{job}/look", act=show_look, roles=CASE_ROLES),
    Page(method="POST", path="/jobs/{job}/look", act=look_again, roles=CASE_ROLES),
    Page(method="POST", path="/jobs/{job}/ingest", act=take_in, roles=CASE_ROLES),
    Page(method="POST", path="/jobs/{job}/remove", act=remove_log, roles=CASE_ROLES),
)
