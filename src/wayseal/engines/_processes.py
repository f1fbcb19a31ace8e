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

import pyarrow as pa

from wayseal.engines._engine import ATTEMPTS, Engine, EngineError, Outcome, perform
from wayseal.model.messages import N_, Message

_ENDED = N_("a worker process was killed, perhaps for want of memory")
_TOO_OFTEN = N_("{reason}, {times} times without one task ended in between; {tasks} of them are left")


class ProcessEngine(Engine):
    """Runs tasks in processes on this machine."""

    def __init__(self, workers: int | None = None) -> None:
        """Takes how many processes; None: one a processor that this process may use."""
        super().__init__()
        self.workers = workers or len(os.sched_getaffinity(0))

    def _run(self, calls: Sequence[bytes]) -> Iterator[Outcome]:
        left = dict(enumerate(calls))
        fruitless = 0
        while left:
            before = len(left)
            with self._pool(len(left)) as pool:
                futures = [pool.submit(perform, call) for call in left.values()]
                try:
                    for future in as_completed(futures):
                        outcome = future.result()
                        del left[outcome.place]
                        yield outcome
                    return
                except BrokenProcessPool:
                    pass
                finally:
                    pool.shutdown(wait=True, cancel_futures=True)
            fruitless = fruitless + 1 if len(left) == before else 0
            if fruitless == ATTEMPTS:
                raise EngineError(_TOO_OFTEN, reason=Message(_ENDED), times=ATTEMPTS, tasks=len(left))
            self._run_again(left, Message(_ENDED))

    def _pool(self, tasks: int) -> ProcessPoolExecutor:
        workers = min(self.workers, tasks)
        context = multiprocessing.get_context("spawn")
        threads = max(1, len(os.sched_getaffinity(0)) // workers)
        return ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(threads,))


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
