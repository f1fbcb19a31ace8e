"""Jobs of a console in this process: what a worker would do, at once and on the world's clock."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from io import StringIO
from pathlib import Path
from threading import Event

from tests.console.world import World
from wayseal.console import ConsoleSettings, read_console_settings
from wayseal.console.jobs import Jobs, Work
from wayseal.console.jobs._queue import Queue, make_queue
from wayseal.console.jobs._run import Runner
from wayseal.console.jobs.kinds import KINDS, Kind
from wayseal.service import make_log

Act = Callable[[Mapping[str, str], Work], Mapping[str, str]]
ME = "0" * 16
"""A worker that lives nowhere."""


def with_ledger(world: World, ledger: Path, **more: str) -> ConsoleSettings:
    """The world's console shows a ledger; settings as its workers have them."""
    settings = read_console_settings({}, folder=str(world.site.jobs.folder.parent), ledger=str(ledger), **more)
    world.give(ledger)
    world.site = replace(world.site, logs_folder=settings.logs_folder, mappings_folder=settings.mappings_folder)
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
