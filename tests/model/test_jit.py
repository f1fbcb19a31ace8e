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

print(add({name}(1, 2)))
"""


def run(folder: Path, name: str) -> str:
    (folder / "kernels.py").write_text(KERNEL.format(name=name), encoding="utf-8")
    environment = os.environ | {"NUMBA_DISABLE_JIT": "0"}
    environment.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run(
        [sys.executable, "-c", "import kernels"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
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
