"""A worker: a process beside the console that takes jobs and runs them, one after the other.

1. Its settings come by standard input, a line of JSON, so that no secret is among its arguments or in its environment.
2. Standard input stays open as long as the console lives: at its end the worker begins nothing new, has what it runs
   end at its next step, and goes.
"""

import json
import logging
import sys
from collections.abc import Callable
from threading import Event, Thread
from typing import TextIO

from huey.consumer import Consumer

from wayseal.console.jobs._alive import living
from wayseal.console.jobs._jobs import Jobs, jobs_of
from wayseal.console.jobs._queue import make_queue
from wayseal.console.jobs._run import Runner
from wayseal.console.jobs.logs import drop_old_uploads
from wayseal.console.settings import ConsoleSettings, read_console_settings
from wayseal.service import forward_library_logs, make_log
from wayseal.service.log import LibraryLogHandler, Log
from wayseal.store.database import open_database


class _Consumer(Consumer):  # type: ignore[misc]
    """Huey's loop, which leaves signals alone: standard input tells when to go (rule 2)."""

    def _set_signal_handlers(self) -> None:
        """None."""


def look_around(jobs: Jobs, settings: ConsoleSettings) -> None:
    """What is due once a minute: jobs of dead workers, schedules, files that nobody needs any more."""
    jobs.mark_broken()
    jobs.start_due()
    jobs.note_day()
    oldest = jobs.days_ago(settings.job_days)
    jobs.forget_files(oldest)
    drop_old_uploads(jobs.folder, oldest / 1e6)


def run_worker(source: TextIO, log: Log) -> None:
    """Takes jobs and runs them, until the source ends.

    Args:
        source: A line with the settings and its name, then nothing until it ends (rules 1 and 2).
        log: Of the process.
    """
    said = json.loads(source.readline())
    worker, stopping = said.pop("worker"), Event()
    settings = read_console_settings({}, **said)
    with open_database(settings.database_address) as database:
        jobs = jobs_of(settings, database)
        runner = Runner(jobs=jobs, settings=settings, worker=worker, log=log, stopping=stopping)
        with living(jobs.folder, worker):
            queue = make_queue(
                database, worker, now=jobs.now, run=runner.run, look_around=lambda: look_around(jobs, settings)
            )
            consumer = _Consumer(queue, workers=1, initial_delay=0.1, max_delay=1.0, check_worker_health=False)
            _until_end(source, stopping, consumer.start)
            consumer.stop(graceful=True)


def _until_end(source: TextIO, stopping: Event, start: Callable[[], None]) -> None:
    def wait() -> None:
        source.read()
        stopping.set()

    Thread(target=wait, daemon=True).start()
    start()
    stopping.wait()


def main() -> None:
    """A worker as a process."""
    log = make_log()
    forward_library_logs(log)
    logger = logging.getLogger("huey")
    logger.handlers, logger.propagate = [LibraryLogHandler(log)], False
    run_worker(sys.stdin, log)


if __name__ == "__main__":
    main()
