"""Tasks scheduled by Spark.

1. Each task is a job of one partition, so that results come as tasks end, and the cluster's pages show which one runs.
2. What travels is a call and its outcome, as bytes in an RDD: no row passes the JVM, and nothing is shuffled.
3. Workers have the driver's Python with Wayseal, and see the same files under the same names.
4. Of what fails in a way that nobody foresaw only the kind and the place reach Spark's logs: its text may quote a row.
"""

import os
import sys
import traceback
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from wayseal.engines._engine import ATTEMPTS, Engine, EngineError, Outcome, perform
from wayseal.model.errors import disk_says
from wayseal.model.messages import N_, Message

_ALONE, _LOCAL = "local[*]", f"local[*,{ATTEMPTS}]"
"""All processors of this machine, as Spark has it by itself: so it would run nothing again."""
_MISSING = N_("pyspark is not installed: pip install 'WHEEL[spark]', or `make setup-spark` in a checkout")
_START = N_("Spark doesn't start, it needs Java 17 or newer: {reason}")
_LOST = N_("a task was lost {times} times, Spark says: {reason}")
_AGAIN = N_("Spark says: {reason}")
_MOST = 16
"""So many jobs wait for a free processor at least."""


class SparkEngine(Engine):
    """Runs tasks by Spark."""

    def __init__(self, master: str | None = None) -> None:
        """Takes a cluster's address; None: what `spark-submit` or Spark's own files say, else this machine."""
        super().__init__()
        self._master = master
        self._own = False
        self._context: Any = None

    def __enter__(self) -> Self:
        """Starts Spark, unless this process has it running."""
        try:
            from pyspark import SparkConf, SparkContext
            from pyspark.errors import PySparkException
        except ModuleNotFoundError:
            raise EngineError(_MISSING) from None
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else workers are whatever `python3` is
        self._own = SparkContext._active_spark_context is None
        try:
            SparkContext._ensure_initialized()  # what was configured is known to the JVM alone
            conf = SparkConf().setAppName("wayseal").set("spark.ui.showConsoleProgress", "false")
            master = self._master or conf.get("spark.master", _ALONE)
            conf.setMaster(_LOCAL if master == _ALONE else master)
            if master.startswith("local"):
                conf.set("spark.driver.bindAddress", "127.0.0.1").set("spark.driver.host", "127.0.0.1")
                conf.set("spark.ui.enabled", "false")
            self._context = SparkContext.getOrCreate(conf)
        except (PySparkException, OSError, *_java_errors()) as error:
            raise EngineError(_START, reason=_reason(str(error))) from None
        if self._own and master.startswith("local"):
            self._context.setLogLevel("OFF")  # what was run again is said by the engine
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Ends Spark, if it was started here."""
        if self._own and self._context is not None:
            self._context.stop()

    def _run(self, calls: Sequence[bytes]) -> Iterator[Outcome]:
        group = f"wayseal-{uuid.uuid4()}"
        threads = max(1, min(len(calls), max(_MOST, 2 * self._context.defaultParallelism)))
        with ThreadPoolExecutor(threads) as pool:
            waiting = [pool.submit(self._job, f"{group}-{place}", call) for place, call in enumerate(calls)]
            try:
                for future in as_completed(waiting):
                    outcome = future.result()
                    if outcome.attempt:
                        reason = _reason(self._failure(f"{group}-{outcome.place}"))
                        self._run_again([outcome.place], Message(_AGAIN, {"reason": reason}))
                    yield outcome
            finally:
                for place, future in enumerate(waiting):
                    if not future.cancel() and not future.done():
                        self._context.cancelJobGroup(f"{group}-{place}")

    def _job(self, group: str, call: bytes) -> Outcome:
        self._context.setJobGroup(group, "wayseal", interruptOnCancel=True)
        try:
            outcome: Outcome = self._context.parallelize([call], 1).map(_perform_in_worker).collect()[0]
        except _java_errors() as error:
            reason = _reason(self._failure(group) or str(error))
            raise EngineError(_LOST, times=ATTEMPTS, reason=reason) from None
        return outcome

    def _failure(self, group: str) -> str:
        """What Spark says of the last failed attempt of a job; nothing where it forgot."""
        tracker, store = self._context.statusTracker(), self._context._jsc.sc().statusStore()
        for job in tracker.getJobIdsForGroup(group):
            for stage in getattr(tracker.getJobInfo(job), "stageIds", ()):
                tasks = store.taskList(stage, 0, 2 * ATTEMPTS)
                said = [tasks.apply(n).errorMessage() for n in range(tasks.size())]
                if failed := [one.get() for one in said if one.isDefined()]:
                    return str(failed[-1])
        return ""


def _java_errors() -> tuple[type[Exception], ...]:
    from py4j.protocol import Py4JError

    return (Py4JError,)


def _perform_in_worker(call: bytes) -> Outcome:
    """`perform` where Spark writes down what is raised (rule 4)."""
    from pyspark import TaskContext

    context = TaskContext.get()
    try:
        return perform(call, context.attemptNumber() if context else 0)
    except OSError as error:
        raise RuntimeError(disk_says(error)) from None
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        raise RuntimeError(f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}") from None


def _reason(text: str) -> str:
    """The line that says why: the last of a Python traceback, else the first."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return "?"
    python = [n for n, line in enumerate(lines) if line.lstrip().startswith("SQLSTATE")]
    line = lines[python[0] - 1] if python and python[0] else lines[0]
    said = line.strip().removeprefix("org.apache.spark.").partition(": ")[2] or line.strip()
    return said.partition(". ")[0]
