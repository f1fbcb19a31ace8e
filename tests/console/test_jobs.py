"""Jobs from being asked for to their end: in this process, on both databases; once as processes that are killed."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.console.working import ME, run_all, worker
from tests.console.world import Clock
from tests.database.places import KINDS, fresh
from wayseal.console import ConsoleSettings, read_console_settings
from wayseal.console.errors import JobError
from wayseal.console.jobs import JobContext, Jobs, JobState
from wayseal.console.jobs import worker as worker_process
from wayseal.console.jobs._jobs import lives, living, make_queue
from wayseal.console.jobs.kinds import Kind
from wayseal.console.jobs.worker import BUSY_SECONDS, BUSY_TRIES, Workers, settings_line
from wayseal.console.serve import TABLES
from wayseal.database import DatabaseGoneError, open_database
from wayseal.database.migrations import upgrade
from wayseal.ledger.errors import LedgerBusyError, LedgerError
from wayseal.model.messages import Message
from wayseal.service import make_log

Values = Mapping[str, str]
DAY = 86_400


@pytest.fixture(params=KINDS)
def jobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Jobs]:
    with fresh(request.param, tmp_path) as url, open_database(url) as database:
        upgrade(database, TABLES)
        yield Jobs(database=database, folder=tmp_path / "jobs", now=Clock())


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Jobs]:
    with open_database(f"sqlite:///{tmp_path / 'console.sqlite'}") as database:
        upgrade(database, TABLES)
        yield Jobs(database=database, folder=tmp_path / "jobs", now=Clock())


@pytest.fixture
def settings(tmp_path: Path) -> ConsoleSettings:
    return read_console_settings({}, folder=str(tmp_path))


def clock(jobs: Jobs) -> Clock:
    assert isinstance(jobs.now, Clock)
    return jobs.now


def said(jobs: Jobs, id_: str) -> list[str]:
    return [str(line.text) for line in jobs.lines(id_)]


def echo(values: Values, work: JobContext) -> Values:
    work.step("read", 1, 2)
    work.say("{n} rows", n=2)
    (work.folder / "out.txt").write_text("made")
    return {"got": values["x"]}


def test_from_being_asked_for_to_its_end(jobs: Jobs, settings: ConsoleSettings) -> None:
    id_ = jobs.start("echo", {"x": "值"}, "li", subject="c-1")
    waiting = jobs.find(id_)
    assert waiting is not None
    assert (waiting.state, waiting.values, waiting.who, waiting.tries) == (JobState.QUEUED, {"x": "值"}, "li", 0)
    assert jobs.waiting() == {"queued": 1}
    assert run_all(jobs, settings, kinds={"echo": echo}) == 1
    done = jobs.find(id_)
    assert done is not None
    assert (done.state, done.result, done.error, done.tries) == (JobState.DONE, {"got": "值"}, None, 1)
    assert (done.stage, done.done, done.total) == ("read", 1, 2)
    assert said(jobs, id_) == ["asked for by li", "2 rows"]
    assert (jobs.folder_of(id_) / "out.txt").read_text() == "made"
    assert jobs.waiting() == {}
    assert jobs.list(subject="c-1") == (done,)
    assert jobs.list(subject="c-2") == jobs.list(kind="other") == jobs.list(states=[JobState.FAILED]) == ()


def test_ids_and_pages(lite: Jobs) -> None:
    ids = [lite.start("echo", {}, "li") for _ in range(5)]
    assert ids == ["j-1", "j-2", "j-3", "j-4", "j-5"]
    first = lite.list(limit=2)
    assert [job.id for job in first] == ["j-5", "j-4"]
    assert [job.id for job in lite.list(limit=2, before=first[-1].id)] == ["j-3", "j-2"]
    for none in ("", "j-", "j-x", "x-1", "j-²", "j--1", "j-9", "j-" + "9" * 16):
        assert lite.find(none) is None
        assert not lite.cancel(none, "li")
        assert not lite.retry(none, "li")
        assert lite.lines(none) == ()


class Failing:
    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    def __call__(self, values: Values, work: JobContext) -> Values:
        if self.errors:
            raise self.errors.pop(0)
        return {"ok": "1"}


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (LedgerError("is damaged", file=Path("/secret/place/manifest.json"), line=3), "manifest.json:3: is damaged"),
        (JobError(Message("no {what}", {"what": Message("file")})), "no file"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (ValueError("13800138000"), "something broke in it (ValueError); the log of the console says where"),
    ],
)
def test_what_goes_wrong_is_said_and_can_be_tried_again(
    lite: Jobs, settings: ConsoleSettings, error: Exception, told: str
) -> None:
    kinds = {"fail": Failing(error)}
    id_ = lite.start("fail", {}, "li")
    run_all(lite, settings, kinds=kinds)
    failed = lite.find(id_)
    assert failed is not None
    assert (failed.state, str(failed.error)) == (JobState.FAILED, told)
    assert lite.retry(id_, "wang")
    assert not lite.retry(id_, "wang")
    run_all(lite, settings, kinds=kinds)
    again = lite.find(id_)
    assert again is not None
    assert (again.state, again.tries, again.error, again.result) == (JobState.DONE, 2, None, {"ok": "1"})
    assert said(lite, id_)[1:] == ["wang had it tried again"]


def test_a_kind_that_there_is_not(lite: Jobs, settings: ConsoleSettings) -> None:
    id_ = lite.start("later", {}, "li")
    run_all(lite, settings)
    job = lite.find(id_)
    assert job is not None
    assert (job.state, str(job.error)) == (JobState.FAILED, "this version knows no such kind of job")


def test_a_ledger_that_another_process_writes_to(jobs: Jobs, settings: ConsoleSettings) -> None:
    busy = LedgerBusyError("another process writes", file=Path("/x/ledger"))
    kinds = {"busy": Failing(busy)}
    id_ = jobs.start("busy", {}, "li")
    run_all(jobs, settings, kinds=kinds)
    waiting = jobs.find(id_)
    assert waiting is not None
    assert waiting.state is JobState.QUEUED
    assert said(jobs, id_)[1:] == [f"another process writes to the ledger: tried again in {BUSY_SECONDS} seconds"]
    assert run_all(jobs, settings, kinds=kinds) == 0
    # Huey counts from the machine's clock, the world's stands still.
    clock(jobs).at = time.time_ns() // 1000 + (BUSY_SECONDS + 1) * 1_000_000
    assert run_all(jobs, settings, kinds=kinds) == 1
    done = jobs.find(id_)
    assert done is not None
    assert (done.state, done.tries) == (JobState.DONE, 2)


def test_a_ledger_that_stays_busy_ends_it(lite: Jobs, settings: ConsoleSettings) -> None:
    kinds = {"busy": Failing(*[LedgerBusyError("another process writes") for _ in range(BUSY_TRIES + 1)])}
    id_ = lite.start("busy", {}, "li")
    assert run_all(lite, settings, kinds=kinds) == 1
    clock(lite).at = time.time_ns() // 1000 + (BUSY_SECONDS + 30) * 1_000_000
    assert run_all(lite, settings, kinds=kinds) == BUSY_TRIES - 1
    job = lite.find(id_)
    assert job is not None
    assert (job.state, str(job.error), job.tries) == (JobState.FAILED, "another process writes", BUSY_TRIES)


def test_what_waits_is_cancelled_at_once(jobs: Jobs, settings: ConsoleSettings) -> None:
    id_ = jobs.start("echo", {"x": ""}, "li")
    assert jobs.cancel(id_, "wang")
    assert not jobs.cancel(id_, "wang")
    assert run_all(jobs, settings, kinds={"echo": echo}) == 0
    job = jobs.find(id_)
    assert job is not None
    assert job.state is JobState.CANCELLED
    assert said(jobs, id_)[1:] == ["wang cancelled it"]
    assert jobs.retry(id_, "li")
    assert run_all(jobs, settings, kinds={"echo": echo}) == 1


def test_what_runs_ends_at_its_next_step(lite: Jobs, settings: ConsoleSettings) -> None:
    reached: list[str] = []

    def slow(values: Values, work: JobContext) -> Values:
        work.step("first", 0, 1)
        reached.append("first")
        assert lite.cancel(work.id, "li")
        marked = lite.find(work.id)
        assert marked is not None
        assert (marked.state, marked.cancelling) == (JobState.RUNNING, True)
        work.step("second", 0, 1)
        reached.append("second")
        return {}

    id_ = lite.start("slow", {}, "li")
    run_all(lite, settings, kinds={"slow": slow})
    job = lite.find(id_)
    assert job is not None
    assert (job.state, job.cancelling, reached) == (JobState.CANCELLED, True, ["first"])


def test_steps_are_kept_twice_a_second_and_at_each_new_stage(lite: Jobs, settings: ConsoleSettings) -> None:
    kept: list[tuple[str, int]] = []

    class ProgressSink:
        def progress(self, stage: str, done: int, total: int) -> bool:
            kept.append((stage, done))
            return True

        def say(self, text: Message) -> None:
            raise AssertionError

    at = [0.0]
    work = JobContext(
        id="j-1", who="li", folder=Path(), settings=settings, at=0, sink=ProgressSink(), stopping=Event(),
        clock=lambda: at[0],
    )  # fmt: skip
    for stage, moment in (("a", 1.0), ("a", 1.4), ("a", 1.6), ("b", 1.7), ("b", 1.8)):
        at[0] = moment
        work.step(stage, round(moment * 10), 99)
    assert kept == [("a", 10), ("a", 16), ("b", 17)]
    with pytest.raises(JobError, match="no ledger is set"):
        _ = work.ledger


def test_the_console_stops_while_it_runs(lite: Jobs, settings: ConsoleSettings) -> None:
    stopping = Event()

    def slow(values: Values, work: JobContext) -> Values:
        stopping.set()
        work.step("next", 0, 1)
        raise AssertionError

    id_ = lite.start("slow", {}, "li")
    queue = worker(lite, settings, kinds={"slow": slow}, stopping=stopping)
    queue.execute(queue.dequeue())
    job = lite.find(id_)
    assert job is not None
    assert job.state is JobState.BROKEN_OFF
    assert str(job.error).startswith("the console was stopped")
    assert lite.retry(id_, "li")


def test_a_worker_that_died_leaves_a_job_that_broke_off(jobs: Jobs, settings: ConsoleSettings) -> None:
    mine, other = jobs.start("echo", {"x": ""}, "li"), jobs.start("echo", {"x": ""}, "li")
    for name in ("dead", "alive"):
        make_queue(jobs.database, name, now=jobs.now, run=print, look_around=print).dequeue()
    with living(jobs.folder, "alive"):
        assert jobs.mark_broken() == (mine,)
        assert jobs.mark_broken() == ()
        assert lives(jobs.folder, "alive")
    assert not lives(jobs.folder, "alive")
    broken = jobs.find(mine)
    assert broken is not None
    assert (broken.state, broken.tries) == (JobState.BROKEN_OFF, 1)
    assert "nothing half done was left" in str(broken.error)
    assert jobs.mark_broken() == (other,)
    assert jobs.retry(mine, "li")
    assert run_all(jobs, settings, kinds={"echo": echo}) == 1


def test_what_was_killed_with_the_console_is_said_at_the_next_start(lite: Jobs, tmp_path: Path) -> None:
    id_ = lite.start("echo", {"x": ""}, "li")
    make_queue(lite.database, "dead", now=lite.now, run=print, look_around=print).dequeue()
    none = read_console_settings({}, folder=str(tmp_path), workers="0")
    with Workers(none, lite, make_log(StringIO())) as workers:
        assert workers.pids() == ()
        wait(lite, id_, JobState.BROKEN_OFF)


def test_of_a_worker_that_comes_back_from_the_dead_nothing_counts(lite: Jobs, settings: ConsoleSettings) -> None:
    """Its job was given to another one meanwhile."""
    id_ = lite.start("slow", {}, "li")

    def slow(values: Values, work: JobContext) -> Values:
        assert lite.mark_broken() == (id_,)
        assert lite.retry(id_, "li")
        other = make_queue(lite.database, "other", now=lite.now, run=print, look_around=print)
        assert other.dequeue() is not None
        return {"late": "1"}

    run_all(lite, settings, kinds={"slow": slow})
    job = lite.find(id_)
    assert job is not None
    assert (job.state, job.result) == (JobState.RUNNING, {})


def test_the_end_is_kept_however_long_the_database_is_away(
    lite: Jobs, settings: ConsoleSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wayseal.console.jobs.worker._WAIT", 0.0)
    away = [True, True]
    write = type(lite.database).write

    def sometimes(self: object, work: object, *args: object, **more: object) -> object:
        if getattr(work, "__name__", "") == "end" and away:
            away.pop()
            raise DatabaseGoneError("the database is away")
        return write(self, work, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(type(lite.database), "write", sometimes)
    id_ = lite.start("echo", {"x": ""}, "li")
    run_all(lite, settings, kinds={"echo": echo})
    job = lite.find(id_)
    assert job is not None
    assert (job.state, away) == (JobState.DONE, [])


def test_each_day_at_an_hour(jobs: Jobs) -> None:
    at = clock(jobs)
    at.at = 20_000 * DAY * 1_000_000 + 2 * 3600 * 1_000_000  # 10:00 on the console's clock
    jobs.set_schedule("detect", 11, "li")
    jobs.set_schedule("verify", 9, "li")
    assert [(one.kind, one.hour, one.who) for one in jobs.schedules()] == [("detect", 11, "li"), ("verify", 9, "li")]
    assert jobs.start_due() == ()
    at.sleep(3600)
    assert [jobs.find(id_).kind for id_ in jobs.start_due()] == ["detect"]  # type: ignore[union-attr]
    assert jobs.start_due() == ()
    at.sleep(DAY - 3600)
    assert [jobs.find(id_).kind for id_ in jobs.start_due()] == ["verify"]  # type: ignore[union-attr]
    # Three days away: what was missed is made up for once, at whatever hour it is.
    at.sleep(3 * DAY - 2 * 3600)
    started = jobs.start_due()
    assert sorted(jobs.find(id_).kind for id_ in started) == ["detect", "verify"]  # type: ignore[union-attr]
    assert said(jobs, started[0])[1:] == ["started by its schedule"]
    assert jobs.start_due() == ()
    jobs.end_schedule("detect")
    assert [one.kind for one in jobs.schedules()] == ["verify"]
    for hour in (-1, 24):
        with pytest.raises(JobError, match="an hour is"):
            jobs.set_schedule("detect", hour, "li")


def test_each_hour_once_and_none_beside_one_that_runs(jobs: Jobs) -> None:
    at = clock(jobs)
    at.at = 20_000 * DAY * 1_000_000 + 2 * 3600 * 1_000_000
    jobs.set_schedule("market_due", None, "li")
    assert [(one.kind, one.hour) for one in jobs.schedules()] == [("market_due", None)]
    assert jobs.start_due() == ()
    at.sleep(5 * 3600)
    (first,) = jobs.start_due()
    assert jobs.start_due() == ()
    at.sleep(3600)
    assert jobs.start_due() == ()
    assert jobs.cancel(first, "li")
    assert len(jobs.start_due()) == 1
    assert jobs.start_due() == ()
    at.sleep(-3 * 3600)
    assert jobs.start_due() == ()
    at.sleep(1 * 3600)
    jobs.cancel(jobs.list(limit=1)[0].id, "li")
    assert len(jobs.start_due()) == 1


def test_a_worker_that_was_busy_looks_around_once(lite: Jobs) -> None:
    looked: list[int] = []
    queue = make_queue(lite.database, ME, now=lite.now, run=print, look_around=lambda: looked.append(1))
    for _ in range(3):
        for task in queue.read_periodic(None):
            queue.enqueue(task)
    while (task := queue.dequeue()) is not None:
        queue.execute(task)
    assert looked == [1]


def test_files_are_kept_as_long_as_the_settings_say(lite: Jobs, settings: ConsoleSettings) -> None:
    """So many days on which the console runs, whatever its clock says: not one that is ahead, nor one that was."""
    old = lite.start("echo", {"x": ""}, "li")
    run_all(lite, settings, kinds={"echo": echo})
    sent, at = lite.folder / "uploads" / ("a" * 16), clock(lite)
    sent.mkdir(parents=True)
    os.utime(sent, (at.at / 1e6,) * 2)
    (lite.folder / "j-77").mkdir()
    for day in range(31):
        worker_process.look_around(lite, settings)
        worker_process.look_around(lite, settings)
        for ahead in (400 * DAY, -400 * DAY) if day in (3, 11) else ():
            at.sleep(ahead)
            worker_process.look_around(lite, settings)
        assert lite.folder_of(old).exists()
        assert sent.exists()
        at.sleep(DAY)
    new = lite.start("echo", {"x": ""}, "li")
    run_all(lite, settings, kinds={"echo": echo})
    worker_process.look_around(lite, settings)
    assert not lite.folder_of(old).exists()
    assert not sent.exists()
    assert not (lite.folder / "j-77").exists()
    assert lite.folder_of(new).exists()


def test_a_worker_within_this_process(lite: Jobs, settings: ConsoleSettings) -> None:
    """As the process runs it: settings by a pipe, whose end has it go."""
    id_ = lite.start("verify", {}, "li")
    clock(lite).at = 0  # so that what waits is due on the machine's clock, too
    reader, writer = os.pipe()
    with os.fdopen(reader) as source, os.fdopen(writer, "w") as pipe:
        pipe.write(settings_line(settings, ME))
        pipe.flush()
        runs = Thread(target=worker_process.run_worker, args=(source, make_log(StringIO())))
        runs.start()
        wait(lite, id_, JobState.FAILED)
        pipe.close()
        runs.join(20)
    assert not runs.is_alive()
    job = lite.find(id_)
    assert job is not None
    assert str(job.error).startswith("no ledger is set")
    assert list((lite.folder / "workers").iterdir()) == []


def wait(jobs: Jobs, id_: str, *states: JobState, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while (job := jobs.find(id_)) is None or job.state not in states:
        assert time.monotonic() < end, job
        time.sleep(0.05)


STUCK = """
import sys, time
from threading import Event
from wayseal.console.jobs import worker, kinds
from wayseal.service import make_log
def once(values, work):
    mark = work.settings.folder / "mark"
    work.step("read", 1, 2)
    if mark.exists():
        return {"second": "1"}
    mark.touch()
    Event().wait()
stuck = {"stuck": kinds.Kind(name="stuck", run=once)}
worker.KINDS = stuck
worker.run_worker(sys.stdin, make_log())
"""


@pytest.mark.slow
@pytest.mark.once
def test_a_worker_that_is_killed(tmp_path: Path) -> None:
    """Its job says so, another worker takes its place, and trying again brings the job to its end, once."""
    settings = read_console_settings({}, folder=str(tmp_path), stop_seconds="1")
    log = StringIO()
    with open_database(settings.database_address) as database:
        upgrade(database, TABLES)
        jobs = Jobs(database=database, folder=tmp_path / "jobs", now=lambda: time.time_ns() // 1000)
        id_ = jobs.start("stuck", {}, "li")
        with Workers(settings, jobs, make_log(log), command=(sys.executable, "-c", STUCK)) as workers:
            while not (tmp_path / "mark").exists():
                time.sleep(0.02)
            (before,) = workers.pids()
            os.kill(before, signal.SIGKILL)
            wait(jobs, id_, JobState.BROKEN_OFF)
            assert jobs.retry(id_, "li")
            wait(jobs, id_, JobState.DONE)
            (after,) = workers.pids()
            assert after != before
        with pytest.raises(ProcessLookupError):
            os.kill(after, 0)
        done = jobs.find(id_)
    assert done is not None
    assert (done.result, done.tries) == ({"second": "1"}, 2)
    died = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [(line["event"], line["status"]) for line in died] == [("worker_died", -signal.SIGKILL)]


HELD = """
import re, sys
from wayseal.console.jobs import worker, kinds
from wayseal.service import make_log
def hold(values, work):
    (work.settings.folder / "mark").touch()
    re.fullmatch("(a+)+b", "a" * 60)  # years, in which nothing else of this process has a turn
worker.KINDS = {"look": kinds.Kind(name="look", run=hold)}
worker.run_worker(sys.stdin, make_log())
"""


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("bound", [0, 1])
def test_a_job_that_gives_nobody_a_turn_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: float) -> None:
    """By whoever cancels it, or by the time that its kind may take; what waits behind it runs then."""
    monkeypatch.setattr(worker_process, "GRACE", 0.5)
    monkeypatch.setattr(worker_process, "KINDS", {"look": Kind(name="look", run=echo, seconds=bound)})
    settings = read_console_settings({}, folder=str(tmp_path), stop_seconds="1")
    with open_database(settings.database_address) as database:
        upgrade(database, TABLES)
        jobs = Jobs(database=database, folder=tmp_path / "jobs", now=lambda: time.time_ns() // 1000)
        first, other = jobs.start("look", {}, "li"), jobs.start("stuck", {}, "li")
        with Workers(settings, jobs, make_log(StringIO()), command=(sys.executable, "-c", HELD)) as workers:
            while not (tmp_path / "mark").exists():
                time.sleep(0.02)
            (before,) = workers.pids()
            assert bound or jobs.cancel(first, "li")
            wait(jobs, first, JobState.CANCELLED)
            wait(jobs, other, JobState.FAILED)
        with pytest.raises(ProcessLookupError):
            os.kill(before, 0)
        why = "this ran for longer than its kind may, and was ended" if bound else "li cancelled it"
        assert said(jobs, first)[-1] == why


def test_a_clock_that_jumps(jobs: Jobs, settings: ConsoleSettings) -> None:
    """No schedule runs twice or never, and nothing waits in the queue for a time that was none."""
    at, done = clock(jobs), list[str]()
    at.at = 20_000 * DAY * 1_000_000 + 2 * 3600 * 1_000_000  # 10:00 on the console's clock
    jobs.set_schedule("detect", 11, "li")
    for hours, runs in (
        (1, 1), (-3, 0), (3, 0), (0.1, 0),  # back over the hour, and again past it
        (-30, 0), (30, 0), (24, 1),  # back over midnight
        (24 * 400, 1), (-24 * 400, 0), (24, 1), (24, 1),  # a year ahead, and right again
    ):  # fmt: skip
        at.sleep(hours * 3600)
        started = jobs.start_due()
        assert len(started) == runs, (hours, at.at)
        done += started
        assert jobs.start_due() == ()
    queue = make_queue(jobs.database, ME, now=jobs.now, run=print, look_around=lambda: None)
    ahead = jobs.start("verify", {}, "li")
    for task in queue.read_periodic(None):
        queue.enqueue(task)
    at.sleep(-DAY)
    assert run_all(jobs, settings, kinds=dict.fromkeys(("detect", "verify"), lambda _values, _work: {})) > len(done)
    assert {jobs.find(id_).state for id_ in (*done, ahead)} == {JobState.DONE}  # type: ignore[union-attr]
