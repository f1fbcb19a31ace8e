"""The secret of a casebook on disk (rules 3 and 6)."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from wayseal.detect.casebook._errors import CasebookError
from wayseal.detect.casebook._pseudonyms import SECRET_SIZE, Pseudonyms
from wayseal.store.journal import MODE, sync_folder

NAME = "secret"
Entropy = Callable[[int], bytes]
"""So many random bytes."""


def load_pseudonyms(folder: Path) -> Pseudonyms:
    """Pseudonyms by the secret of a casebook's folder; CasebookError where it is missing or damaged."""
    path = folder / NAME
    try:
        return Pseudonyms(path.read_bytes())
    except FileNotFoundError:
        raise CasebookError("the casebook's secret is missing", file=path) from None
    except ValueError:
        raise CasebookError("this is not the casebook's secret", file=path) from None


def check_pseudonyms(folder: Path, check: str) -> Pseudonyms:
    """The same, if it is the secret that the header knows."""
    made = load_pseudonyms(folder)
    if made.check != check:
        raise CasebookError("this is not the casebook's secret", file=folder / NAME)
    return made


def make_pseudonyms(folder: Path, entropy: Entropy) -> Pseudonyms:
    """The same, of a secret that is made, durably, where there is none. The writer's lock is held."""
    path = folder / NAME
    if not path.exists():
        beside = path.with_name(NAME + ".new")
        with suppress(FileNotFoundError):
            beside.unlink()
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
        try:
            os.write(handle, entropy(SECRET_SIZE))
            os.fsync(handle)
        finally:
            os.close(handle)
        beside.replace(path)
        sync_folder(folder)
    return load_pseudonyms(folder)
