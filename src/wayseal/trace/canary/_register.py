"""The register on disk: a journal (`wayseal.journal.files`), whose rules hold for it, of JSON Lines.

A line that a crash cut off stays, ended by a line break, so that it swallows nothing of what comes after.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from wayseal.journal.files import LockedJournal, lock_journal, read_journal
from wayseal.store.errors import JournalBusyError, StoreError
from wayseal.trace.canary._lines import HEADER, NO_REGISTER, bytes_of, line_of, parse
from wayseal.trace.canary._types import Line, RegisterContents
from wayseal.trace.errors import CanaryError, RegisterBusyError


def read_register(path: Path) -> RegisterContents:
    """What a register says. CanaryError if it is none; OSError if it can't be read."""
    with _as_canary_errors(path):
        content = read_journal(path)
    return parse(content, path)


class RegisterWriter:
    """A register that is held for writing. watch: what it says so far."""

    def __init__(self, held: LockedJournal, path: Path) -> None:
        content = held.content
        self._held = held
        self._start = b"" if content else bytes_of([HEADER])
        if content and not content.endswith(b"\n"):
            self._start = b"\n"
        self.watch = parse(content, path) if content else RegisterContents()

    def add(self, lines: Iterable[Line]) -> None:
        """Adds lines, and makes them durable; OSError leaves what was there."""
        self._held.add(self._start + bytes_of(map(line_of, lines)))
        self._start = b""


@contextmanager
def writing(path: Path, *, new: bool) -> Iterator[RegisterWriter]:
    """Holds a register for writing. new: it may be made. RegisterBusyError: another process does."""
    with ExitStack() as stack:
        with _as_canary_errors(path):
            held = stack.enter_context(lock_journal(path, new=new))
        if not held.content and not new:
            raise CanaryError(NO_REGISTER, file=path)
        yield RegisterWriter(held, path)


@contextmanager
def _as_canary_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except JournalBusyError:
        raise RegisterBusyError("another process is writing to it", file=path) from None
    except StoreError:
        raise CanaryError(NO_REGISTER, file=path) from None
