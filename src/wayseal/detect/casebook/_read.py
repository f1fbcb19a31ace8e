"""Reading and verifying a casebook on disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from wayseal.detect.casebook._chain import Chain, check
from wayseal.detect.casebook._fold import ActReplayer, replay_acts
from wayseal.detect.casebook._pseudonyms import check_pseudonyms
from wayseal.detect.casebook.findings import Code, Head, Verification
from wayseal.detect.casebook.types import FILE, Act, Casebook
from wayseal.detect.errors import CasebookBusyError, CasebookChangedError, CasebookError
from wayseal.model.messages import N_
from wayseal.store.errors import JournalBusyError, StoreError
from wayseal.store.journal import read_journal

_SAYS = {
    Code.CHANGED: N_("this line was changed"),
    Code.MISSING: N_("before this line one is missing, or was moved or put in"),
    Code.ACT: N_("this line says what can't be"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedCasebook:
    """A casebook's lines, and what they come to."""

    chain: Chain
    replayer: ActReplayer
    acts: list[tuple[int, Act]]

    @property
    def book(self) -> Casebook:
        """What they come to, as a value."""
        return self.replayer.book(self.chain.cut)


def read_casebook(folder: Path) -> Casebook:
    """What a casebook's folder says; an empty casebook where there is none.

    CasebookChangedError names the first line that is not what was written; CasebookError: this is no casebook, or one
    of another version; OSError: it can't be read.
    """
    path = folder / FILE
    if not path.exists():
        return Casebook()
    content = content_of(path)
    return load_content(content, path).book if content else Casebook()


def verify(folder: Path, *, head: Head | None = None) -> Verification:
    """Looks at every line of a casebook, and at its secret. head: one that was written down, which it must go on from.

    CasebookError: there is none, or one of another version, or the secret is missing or another one.
    """
    path = folder / FILE
    content = content_of(path) if path.exists() else b""
    if not content:
        raise CasebookError("there is no casebook here", file=path)
    chain = check(content, path)
    made, acts, wrong = replay_acts(chain.entries)
    faults = sorted((*chain.faults, *wrong), key=lambda fault: fault.line)
    if not any(fault.line == 1 for fault in faults):
        check_pseudonyms(folder, chain.secret)
    forgotten = made.book().forgotten
    earlier, restarted = None, None
    if head is not None:
        restarted = next((each for each in forgotten if (each.lines, each.head) == (head.lines, head.sum)), None)
        earlier = restarted is not None or chain.sums[head.lines - 1 : head.lines] == (head.sum,)
    return Verification(
        head=Head(lines=len(chain.sums), sum=chain.sums[-1]),
        acts=len(acts),
        unread=chain.cut,
        faults=tuple(faults),
        forgotten=forgotten,
        earlier=earlier,
        restarted=restarted,
    )


def load_content(content: bytes, path: Path) -> LoadedCasebook:
    """What the content of a casebook comes to; errors as for `read_casebook`."""
    chain = check(content, path)
    replayer, acts, wrong = replay_acts(chain.entries)
    faults = (*chain.faults, *wrong)
    if faults:
        first = min(faults, key=lambda fault: fault.line)
        raise CasebookChangedError(_SAYS[first.code], file=path, line=first.line)
    return LoadedCasebook(chain=chain, replayer=replayer, acts=acts)


def content_of(path: Path) -> bytes:
    """The bytes of a casebook; CasebookError if this is no file."""
    with as_casebook_errors(path):
        return read_journal(path)


@contextmanager
def as_casebook_errors(path: Path) -> Iterator[None]:
    """What the journal raises, as errors of a casebook."""
    try:
        yield
    except JournalBusyError:
        raise CasebookBusyError("another process is writing to it", file=path) from None
    except StoreError:
        raise CasebookError("this is no casebook", file=path) from None
