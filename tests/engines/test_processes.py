"""Processes as an engine: lost workers are replaced, errors arrive as they were, and what was used up is counted."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engines import works
from wayseal.engines import ATTEMPTS, EngineError, ProcessEngine, _engine
from wayseal.ledger import LedgerError


def test_each_task_is_done_once_and_its_cost_counted() -> None:
    with ProcessEngine(2) as engine:
        assert sorted(engine(works.square, [3, 4, 5])) == [(0, 9), (1, 16), (2, 25)]
        assert sorted(engine(works.spend, [10, 20])) == [(0, 0), (1, 0)]
        assert list(engine(works.square, [])) == []
    assert engine.tasks == 5
    assert 30 << 20 <= engine.cost.written < 40 << 20
    assert engine.cost.read >= 30 << 20
    assert engine.cost.core_seconds > 0
    assert engine.retries == []


def test_as_many_workers_as_there_are_processors() -> None:
    assert ProcessEngine().workers == len(os.sched_getaffinity(0))


def test_what_a_killed_worker_had_is_run_again(tmp_path: Path) -> None:
    with ProcessEngine(2) as engine:
        done = sorted(engine(works.die_once, [(tmp_path, n) for n in range(3)]))
    assert done == [(0, 0), (1, 1), (2, 2)]
    assert engine.retries
    assert {retry.work for retry in engine.retries} == {"die_once"}
    assert str(engine.retries[0].reason) == "a worker process was killed, perhaps for want of memory"


def test_a_task_that_kills_each_worker_ends_the_run() -> None:
    with ProcessEngine(1) as engine, pytest.raises(EngineError) as error:
        list(engine(works.die, [0, 1]))
    assert f"{ATTEMPTS} times" in str(error.value)
    assert "2 of them are left" in str(error.value)
    assert len(engine.retries) == ATTEMPTS - 1


def test_errors_arrive_as_they_were() -> None:
    with ProcessEngine(1) as engine:
        with pytest.raises(LedgerError, match="1,234 rows are missing"):
            list(engine(works.refuse, [0]))
        with pytest.raises(OSError, match="No space left"):
            list(engine(works.fill, [0]))
        assert engine.retries == []


def test_a_worker_with_another_version_does_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mine = _engine.environment()
    monkeypatch.setattr(_engine, "environment", lambda: "Wayseal 0.0.1")
    with ProcessEngine(1) as engine, pytest.raises(EngineError) as error:
        list(engine(works.die_once, [(tmp_path, 0)]))
    assert mine in str(error.value)
    assert "Wayseal 0.0.1" in str(error.value)
    assert not list(tmp_path.iterdir())


DRIVER = """
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from tests.engines.test_processes import wait_for_ever
from wayseal.engines import ProcessEngine

if __name__ == "__main__":
    with ProcessEngine(1) as engine:
        list(engine(wait_for_ever, [Path(sys.argv[1])]))
"""


def wait_for_ever(note: Path) -> None:
    note.with_suffix(".new").write_text(str(os.getpid()))
    note.with_suffix(".new").rename(note)
    time.sleep(600)


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_a_worker_ends_with_its_driver(tmp_path: Path, ending: signal.Signals) -> None:
    (tmp_path / "driver.py").write_text(DRIVER)
    note = tmp_path / "worker"
    path = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])])
    driver = subprocess.Popen(
        [sys.executable, tmp_path / "driver.py", note], env={**os.environ, "PYTHONPATH": path},
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    worker = int(wait_until(lambda: note.exists() and note.read_text()))
    os.killpg(driver.pid, ending) if ending == signal.SIGINT else driver.kill()
    driver.wait(30)
    wait_until(lambda: not alive(worker))


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(come: Callable[[], Any]) -> Any:
    """What comes, within half a minute."""
    until = time.monotonic() + 30
    while not (there := come()):
        assert time.monotonic() < until
        time.sleep(0.02)
    return there
