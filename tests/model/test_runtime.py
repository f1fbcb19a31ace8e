"""Compiled code that another version left on disk keeps nobody from working."""

import gc
import pickle
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module, invalidate_caches
from pathlib import Path

import numba
import pytest

from wayseal.model.runtime import collector_paused

KERNEL = """
from collections import namedtuple
from wayseal.model.runtime import kernel
{name} = namedtuple("{name}", "one two")

@kernel
def add(pair):
    return pair.one + pair.two

def show():
    return add({name}(1, 2))
"""
MODULE = "kernels_of_a_test"


@pytest.fixture(autouse=True)
def _compiled_code_beside_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop(MODULE, None)


def show(folder: Path, source: str) -> object:
    """What a module of this source shows, imported as a new process would."""
    path = folder / f"{MODULE}.py"
    path.write_text(source, encoding="utf-8")
    for made in folder.glob("__pycache__/*.pyc"):
        made.unlink()
    sys.modules.pop(MODULE, None)
    invalidate_caches()
    return import_module(MODULE).show()


def test_a_class_that_is_gone(tmp_path: Path) -> None:
    assert show(tmp_path, KERNEL.format(name="Before")) == 3
    (index,) = tmp_path.glob("__pycache__/*.nbi")
    assert b"Before" in index.read_bytes()
    assert show(tmp_path, KERNEL.format(name="After")) == 3
    assert b"Before" not in index.read_bytes()


def test_a_file_that_was_cut(tmp_path: Path) -> None:
    source = KERNEL.format(name="Pair")
    assert show(tmp_path, source) == 3
    (index,) = tmp_path.glob("__pycache__/*.nbi")
    right = index.read_bytes()
    for left in (b"", b"not what numba writes", pickle.dumps("x")):
        index.write_bytes(left)
        assert show(tmp_path, source) == 3, left
        assert len(index.read_bytes()) == len(right), left


def test_code_that_can_be_kept_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As under an account without a home, with Wayseal in a folder that is not its own."""
    monkeypatch.setattr(numba.config, "CACHE_LOCATOR_CLASSES", "UserProvidedCacheLocator")
    assert show(tmp_path, KERNEL.format(name="Pair")) == 3
    assert not list(tmp_path.glob("__pycache__/*.nbi"))


TOGETHER = """
import sys
from threading import Barrier, Thread
from wayseal.model.runtime import kernel, part

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
    barrier, out = Barrier(8), []
    threads = [Thread(target=call, args=(barrier, out)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return out
"""


def test_threads_that_call_it_first_together(tmp_path: Path) -> None:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        assert show(tmp_path, TOGETHER) == [42] * 8
    finally:
        sys.setswitchinterval(before)


PLAIN = """
from wayseal.model.runtime import kernel, part, plainly

@part
def double(number):
    return 2 * number

@kernel
def fourfold(number):
    return double(double(number))

plain = plainly(fourfold)

def show():
    return plain("ab"), fourfold(2), plain(2)
"""


def test_a_kernel_and_its_parts_as_the_interpreter_runs_them(tmp_path: Path) -> None:
    assert show(tmp_path, PLAIN) == ("abababab", 8, 8)


def test_the_interpreter_does_without_the_compiler(tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text(PLAIN, encoding="utf-8")
    code = "import sys, plain; print(plain.plain(3), 'numba' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout == "12 False\n"


def test_the_collector_is_as_before_afterwards() -> None:
    with collector_paused():
        assert not gc.isenabled()
        with collector_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ValueError, match="x"), collector_paused():
        raise ValueError("x")
    assert gc.isenabled()
