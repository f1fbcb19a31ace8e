"""Processes beside the driver, on its machine.

Workers are spawned, never forked: threads of Arrow and numba don't survive that. A worker whose driver is gone ends.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType

import pyarrow as pa

from wayseal.engines._engine import ATTEMPTS, Engine, EngineError, Outcome, perform
from wayseal.model.messages import N_, Message

_ENDED = N_("a worker process was killed, perhaps for want of memory")
_TOO_OFTEN = N_("{reason}, {times} times without one task ended in between; {tasks} of them are left")


class ProcessEngine(Engine):
    """Runs tasks in processes on this machine, which stay until it is left."""

    def __init__(self, workers: int | None = None) -> None:
        """Takes how many processes; None: one a processor that this process may use."""
        super().__init__()
        self.workers = workers or len(os.sched_getaffinity(0))
        self._pool: ProcessPoolExecutor | None = None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Ends the processes."""
        self._end()

    def _run(self, calls: Sequence[bytes]) -> Iterator[Outcome]:
        left = dict(enumerate(calls))
        fruitless = 0
        while left:
            before = len(left)
            try:
                futures = [self._begun().submit(perform, call) for call in left.values()]
                try:
                    for future in as_completed(futures):
                        outcome = future.result()
                        del left[outcome.place]
                        yield outcome
                finally:
                    for future in futures:
                        future.cancel()
            except BrokenProcessPool:
                self._end()
                fruitless = fruitless + 1 if len(left) == before else 0
                if fruitless == ATTEMPTS:
                    raise EngineError(_TOO_OFTEN, reason=Message(_ENDED), times=ATTEMPTS, tasks=len(left)) from None
                self._run_again(left, Message(_ENDED))

    def _begun(self) -> ProcessPoolExecutor:
        if self._pool is None:
            threads = max(1, len(os.sched_getaffinity(0)) // self.workers)
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.workers, context, initializer=_begin, initargs=(threads,))
        return self._pool

    def _end(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


def _begin(threads: int) -> None:
    """Sets a worker up: an interrupt is the driver's to answer, and a worker without a driver ends."""
    signal.signal(signal.SIGINT, lambda _signal, _frame: os._exit(130))
    pa.set_cpu_count(threads)
    threading.Thread(target=_follow_driver, daemon=True).start()


def _follow_driver() -> None:
    driver = multiprocessing.parent_process()
    if driver is not None:
        driver.join()
    os._exit(1)
