"""Compiled code that another version left on disk keeps nobody from working."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

KERNEL = """
from collections import namedtuple
from wayseal.model.jit import kernel
{name} = namedtuple("{name}", "one two")

@kernel
def add(pair):
    return pair.one + pair.two

def show():
    print(add({name}(1, 2)))
"""


def run(folder: Path, name: str) -> str:
    (folder / "kernels.py").write_text(KERNEL.format(name=name), encoding="utf-8")
    return printed(folder)


def printed(folder: Path) -> str:
    """What the module shows, in a process of its own."""
    environment = os.environ | {"NUMBA_DISABLE_JIT": "0"}
    environment.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run(
        [sys.executable, "-c", "import kernels; kernels.show()"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout.strip()


def test_a_class_that_is_gone(tmp_path: Path) -> None:
    assert run(tmp_path, "Before") == "3"
    (index,) = tmp_path.glob("__pycache__/*.nbi")
    assert b"Before" in index.read_bytes()
    assert run(tmp_path, "After") == "3"
    assert b"Before" not in index.read_bytes()


@pytest.mark.parametrize("left", [b"", b"not what numba writes", pickle.dumps("x")])
def test_a_file_that_was_cut(tmp_path: Path, left: bytes) -> None:
    assert run(tmp_path, "Pair") == "3"
    (index,) = tmp_path.glob("__pycache__/*.nbi")
    index.write_bytes(left)
    assert run(tmp_path, "Pair") == "3"


TOGETHER = """
import sys
from threading import Barrier, Thread
from wayseal.model.jit import kernel, part

@kernel
def twice(number):
    return _one(number) + _two(number)

@part
def _one(number):
    return number

@part
def _two(number):
    return _one(number)

def call(barrier, out):
    barrier.wait()
    out.append(twice(21))

def show():
    sys.setswitchinterval(1e-6)
    barrier, out = Barrier(8), []
    threads = [Thread(target=call, args=(barrier, out)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(out)
"""


def test_threads_that_call_it_first_together(tmp_path: Path) -> None:
    (tmp_path / "kernels.py").write_text(TOGETHER, encoding="utf-8")
    assert printed(tmp_path) == str([42] * 8)
