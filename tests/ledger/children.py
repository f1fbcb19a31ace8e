"""Processes that tests kill, limit or run beside themselves.

Those that a test waits for are forked from one that has Wayseal imported, which would cost each of them a second.
"""

import json
import os
import subprocess
import sys
import textwrap
import traceback
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
# A process that forks must have one thread alone, and linear algebra starts some when it is imported.
ALONE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class Ended(NamedTuple):
    """How a process ended: its exit code (the signal below zero), and what it said."""

    code: int
    out: str
    err: str


def child(code: str, *args: object) -> subprocess.Popen[str]:
    """A Python process of its own that runs `code` with `args` in sys.argv."""
    command = [sys.executable, "-c", textwrap.dedent(code), *(str(a) for a in args)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(code: str, *args: object) -> Ended:
    """The same run to its end, in a fork."""
    parent = _parent()
    assert parent.stdin is not None
    assert parent.stdout is not None
    parent.stdin.write(json.dumps([textwrap.dedent(code), [str(a) for a in args]]) + "\n")
    parent.stdin.flush()
    return Ended(*json.loads(parent.stdout.readline()))


def end_parent() -> None:
    """Ends the process that forks, if there is one."""
    if _parent.cache_info().currsize:
        parent = _parent()
        _parent.cache_clear()
        parent.communicate(timeout=60)
        assert parent.returncode == 0


@cache
def _parent() -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.ledger.children"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | ALONE, stdin=pipe, stdout=pipe, text=True)


def _serve() -> None:
    _warm()
    for line in sys.stdin:
        code, args = json.loads(line)
        pipes = [os.pipe(), os.pipe()]
        process = os.fork()
        if process == 0:
            _run(code, args, [w for _, w in pipes])
        for _, w in pipes:
            os.close(w)
        said = []
        for r, _ in pipes:
            with os.fdopen(r) as pipe:
                said.append(pipe.read())
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        print(json.dumps([status, *said]), flush=True)


def _warm() -> None:
    """Imports what is run, and loads compiled code, which each fork would do anew; starts no threads."""
    import numpy as np
    import pyarrow as pa

    import wayseal.ledger.integrity
    import wayseal.ledger.retention
    import wayseal.ledger.upkeep
    import wayseal.store  # noqa: F401
    from wayseal.ledger._dictionary import Dictionary
    from wayseal.ledger._keys import Keyer
    from wayseal.ledger._part import ledger_order
    from wayseal.merkle.bulk import Messages

    Dictionary("actor", Keyer()).encode(pa.array(["u-1", "u-2"]))
    numbers = np.arange(9)
    ledger_order(numbers.astype(np.uint64), numbers, numbers.astype(np.int32), numbers)
    Messages(64, 5).hashes(64)


def _run(code: str, args: list[str], into: list[int]) -> None:
    for there, here in zip(into, (1, 2), strict=True):
        os.dup2(there, here)
        os.close(there)
    sys.argv = ["-c", *args]
    status = 0
    try:
        exec(compile(code, "<child>", "exec"), {"__name__": "__main__"})
    except SystemExit as told:
        status = int(told.code or 0)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    os._exit(status)


if __name__ == "__main__":
    _serve()
