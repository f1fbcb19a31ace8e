"""Things that are dear to make and never change: made once, shared by all workers, kept for the next run."""

import fcntl
import hashlib
import os
import shutil
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = {".py", ".toml", ".csv", ".txt"}
CACHE = Path(os.environ.get("WAYSEAL_TEST_CACHE") or ROOT / ".cache" / "tests")


def made_once(name: str, make: Callable[[Path], None], *, rooms: tuple[str, ...] = (), key: str = "") -> Path:
    """A folder that `make` filled, in this run or an earlier one. Nobody may write to it.

    Args:
        name: What is made; older ones of this name are thrown away.
        make: Fills an empty folder; called under a lock, by one worker.
        rooms: The rooms whose source decides what comes out; all of them where none is named.
        key: What else decides it: sizes, seeds, the digest of a test's own source.
    """
    digest = hashlib.sha256(f"{_source(rooms)} {key} {sys.version_info[:2]}".encode()).hexdigest()[:16]
    CACHE.mkdir(parents=True, exist_ok=True)
    folder = CACHE / f"{name}-{digest}"
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            for old in CACHE.glob(f"{name}-*"):
                shutil.rmtree(old)
            unfinished = CACHE / f"{name}.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(folder)
    return folder


@cache
def _source(rooms: tuple[str, ...]) -> str:
    top = ROOT / "src" / "wayseal"
    simulator = ROOT / "sim/src/wayseal_sim"
    folders = [simulator if room == "sim" else top / room for room in rooms] or [top, simulator]
    digest = hashlib.sha256()
    for file in sorted(
        f for folder in folders for f in folder.rglob("*") if f.suffix in {".py", ".toml", ".csv", ".txt"}
    ):
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
