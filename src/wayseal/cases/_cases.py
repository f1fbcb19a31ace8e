"""Opening a casebook (rules 1 to 4 and 6)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wayseal.cases._desk import bring_up_to_date, start_casebook
from wayseal.cases._known import Knowledge
from wayseal.cases._project_records import alias_by
from wayseal.cases._pseudonyms import Entropy, check_pseudonyms, make_pseudonyms
from wayseal.cases._read import look_at_lines, opened_store
from wayseal.cases._tables import PROJECTION
from wayseal.cases.errors import NoSuchCaseError

FOLDER_MODE = 0o700


class Cases(Knowledge):
    """An open casebook: acts that are recorded, and what pages ask for."""


@contextmanager
def open_cases(
    folder: Path, *, url: str | None = None, new: bool = True, entropy: Entropy = os.urandom
) -> Iterator[Cases]:
    """Opens a casebook, in a folder that is made where there is none (rules 2 and 3); every line is looked at.

    Args:
        folder: Where its database lies, and the secret.
        url: The address of a PostgreSQL database that holds it instead; else what `database` in the folder says.
        new: It may be made; NoSuchCaseError where it may not.
        entropy: Random bytes for the secret.

    Returns:
        The casebook, open until the `with` ends.

    Raises:
        CasebookChangedError: A line is not what was written.
        CasebookError: This is no casebook, or one of another version, or its secret is another one.

    """
    if new:
        folder.mkdir(FOLDER_MODE, exist_ok=True)
    elif not folder.exists():
        raise NoSuchCaseError("no case has been registered yet", file=folder)
    if folder.stat().st_mode & 0o077:
        folder.chmod(FOLDER_MODE)
    with opened_store(folder, url) as store:
        secret, head = look_at_lines(store)
        if not head[0]:
            if not new:
                raise NoSuchCaseError("no case has been registered yet", file=store.place)
            store.write(lambda connection: start_casebook(connection, lambda: make_pseudonyms(folder, entropy)))
            secret, head = look_at_lines(store)
        pseudonyms = check_pseudonyms(folder, secret)
        if not store.read(PROJECTION.fits, head[0]):
            store.write(lambda connection: bring_up_to_date(connection, store, alias_by(pseudonyms.of)))
        yield Cases(store, pseudonyms, head)
