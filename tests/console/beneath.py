"""A small ledger with cases that are laid out, and reviews: made once for all workers; tests write to copies."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.console.world import World, open_world
from tests.detect.watched import built
from tests.once import made_once
from wayseal.cases.ledger.detection import lay_out_cases, register_cases
from wayseal.console.reading import review_partners, review_rights
from wayseal.detect import Options
from wayseal.ledger import open_ledger

DAY = 86_400_000_000
NOW = 20_600 * DAY
ROOMS = ("cases", "console", "detect", "ledger", "model", "page", "sim", "store")


def silent(_stage: str, _done: int, _total: int) -> None:
    """Tells nobody how far it is."""


def _make(folder: Path) -> None:
    small = built("small", 12_000, 24, 5)
    shutil.copytree(small.ledger, folder / "L")
    detect = folder / "L" / "detect"
    options = Options(folder=detect)
    _, new = register_cases(small.result, detect, None, NOW)
    with open_ledger(folder / "L") as snapshot:
        lay_out_cases(snapshot, new, options, detect, silent)
    review_rights(folder / "L", detect, 90, NOW, silent)
    review_partners(folder / "L", detect, None, NOW, silent)


def beneath() -> Path:
    """The ledger. Nobody may write to it."""
    return made_once("beneath", _make, rooms=ROOMS, key=Path(__file__).read_text("utf-8")) / "L"


def linked(source: str, path: str) -> None:
    """The same file under another name; a copy, where they lie on two disks."""
    try:
        os.link(source, path)
    except OSError:
        shutil.copy2(source, path)


def copied(path: Path) -> Path:
    """The same, to be written to: what detection keeps is a copy, all else is shared."""
    shutil.copytree(beneath(), path, copy_function=linked, ignore=shutil.ignore_patterns("detect"))
    shutil.copytree(beneath() / "detect", path / "detect")
    return path


@contextmanager
def open_beneath(folder: Path, ledger: Path) -> Iterator[World]:
    """A console over a ledger."""
    with open_world(folder) as world:
        world.give(ledger)
        yield world
