"""Jobs of a console in this process: what a worker would do, at once and on the world's clock."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from io import StringIO
from pathlib import Path
from threading import Event
from typing import Any

from httpx import Client

from tests.console.world import PASSWORD, World, text
from wayseal.console import ConsoleSettings, read_console_settings
from wayseal.console.jobs import JobContext, Jobs, JobState
from wayseal.console.jobs import _rows as rows_of_jobs
from wayseal.console.jobs._jobs import Queue, make_queue
from wayseal.console.jobs.kinds import KINDS, Kind
from wayseal.console.jobs.worker import Runner
from wayseal.database import Connection
from wayseal.ledger import open_ledger
from wayseal.service import make_log

Act = Callable[[Mapping[str, str], JobContext], Mapping[str, str]]
ME = "0" * 16
"""A worker that lives nowhere."""
HEAD = "at,actor,waybill\n"


def with_ledger(world: World, ledger: Path, **more: str) -> ConsoleSettings:
    """The world's console shows a ledger; settings as its workers have them."""
    settings = read_console_settings({}, folder=str(world.site.jobs.folder.parent), ledger=str(ledger), **more)
    world.give(ledger)
    logs, mappings = settings.logs_folder, settings.mappings_folder
    shown = replace(world.site.settings, logs_folder=logs, mappings_folder=mappings)
    world.site = replace(world.site, settings=shown)
    return settings


def worker(
    jobs: Jobs, settings: ConsoleSettings, *, kinds: Mapping[str, Act] | None = None, stopping: Event | None = None
) -> Queue:
    """The queue as a worker sees it. kinds: instead of those that there are."""
    runner = Runner(
        jobs=jobs,
        settings=settings,
        worker=ME,
        log=make_log(StringIO()),
        stopping=stopping or Event(),
        kinds=KINDS if kinds is None else {name: Kind(name=name, run=act) for name, act in kinds.items()},
    )
    return make_queue(jobs.database, ME, now=jobs.now, run=runner.run, look_around=lambda: None)


def run_all(jobs: Jobs, settings: ConsoleSettings, *, kinds: Mapping[str, Act] | None = None) -> int:
    """Runs what is due; how many tasks that were."""
    queue, done = worker(jobs, settings, kinds=kinds), 0
    while (task := queue.dequeue()) is not None:
        queue.execute(task)
        done += 1
    return done


def reads(ledger: Path) -> int:
    with open_ledger(ledger) as snapshot:
        return snapshot.summary().rows["accesses"]


def look(world: World, settings: ConsoleSettings, browser: Client, **files: Any) -> str:
    """Looks at a log that is sent or named; the id of the look's job."""
    answer = browser.post("/jobs/look", files=files)
    assert answer.status_code == 303, text(answer)
    run_all(world.site.jobs, settings)
    return str(answer.headers["location"]).split("/")[2]


def take_in(world: World, settings: ConsoleSettings, browser: Client, **files: Any) -> str:
    """The same, and takes it in; the id of the job that did."""
    answer = browser.post(f"/jobs/{look(world, settings, browser, **files)}/ingest")
    assert answer.status_code == 303, text(answer)
    run_all(world.site.jobs, settings)
    return str(answer.headers["location"]).split("/")[2]


def state(world: World, id_: str) -> JobState:
    job = world.site.jobs.find(id_)
    assert job is not None
    return job.state


def confirm(world: World, browser: Client) -> None:
    assert browser.post("/confirm", data={"proof": PASSWORD}).status_code == 303


def rows(first: int, last: int, day: int = 2) -> str:
    return "".join(f"2026-03-0{day}T0{n}:00:00+08:00,courier-7,YT000000000000{n}\n" for n in range(first, last + 1))


class AtOnce(Jobs):
    """waiting_for: jobs wait until `finish`."""

    settings: ConsoleSettings
    waiting_for: bool

    @classmethod
    def over(cls, jobs: Jobs, settings: ConsoleSettings) -> "AtOnce":
        made = cls(database=jobs.database, folder=jobs.folder, now=jobs.now)
        object.__setattr__(made, "settings", settings)
        made.wait(waiting_for=False)
        return made

    def wait(self, *, waiting_for: bool = True) -> None:
        object.__setattr__(self, "waiting_for", waiting_for)

    def start(self, kind: str, values: Mapping[str, str], who: str, *, subject: str = "") -> str:
        id_ = super().start(kind, values, who, subject=subject)
        if not self.waiting_for:
            self.finish()
        return id_

    def finish(self) -> None:
        """Runs what waits."""
        run_all(self, self.settings)

    def begin(self) -> None:
        """A worker has taken what waits."""
        self.database.write(rows_of_jobs.take_message, ME, now=self.now())

    def change(self, id_: str, **values: Any) -> None:
        """How far it is, or how it ended."""
        self.database.write(_change, int(id_.removeprefix("j-")), values)


def _change(connection: Connection, job: int, values: dict[str, Any]) -> None:
    connection.execute(rows_of_jobs.jobs.update().where(rows_of_jobs.jobs.c.job == job).values(**values))
