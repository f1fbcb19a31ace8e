"""A journal walked through a batch of lines at a time: what is wrong with which, and what its acts come to as tables.

The tables lie in a database while they are made, so that memory stays small however long the journal is (rules 4, 5).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wayseal.cases._project import Projector
from wayseal.cases._project_records import Alias
from wayseal.cases._read import SAYS, check, load_group, read_batches, write_rows
from wayseal.cases._tables import JOURNAL, PROJECTION, Rows
from wayseal.cases.book import to_act
from wayseal.cases.errors import CasebookChangedError
from wayseal.cases.types import Act, Forgotten
from wayseal.database import Connection, query
from wayseal.journal.chain import Code, Fault, Line, check_lines, read_line
from wayseal.model.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """The findings of a walk along the lines.

    Attributes:
        lines: How many; 0: there is no casebook.
        sum: The SHA-256 of the last one.
        watched: The SHA-256 of the line that was asked for; "" where there is none.
        acts: Lines that count.
        faults: What is wrong, in the order of lines.
        forgotten: Acts of forgetting.
    """

    lines: int = 0
    sum: str = ""
    watched: str = ""
    acts: int = 0
    faults: tuple[Fault, ...] = ()
    forgotten: tuple[Forgotten, ...] = ()


class Walk:
    """Goes through the lines of a journal in a source, and makes tables of them in a target, which may be the same.

    alias_by: gets the header's check of the secret, and gives what things are called.
    """

    def __init__(
        self, source: Connection, place: Path | str, target: Connection, alias_by: Callable[[str], Alias]
    ) -> None:
        self._source, self._place, self._target = source, place, target
        self._alias_by = alias_by
        self._alias: Alias = lambda thing: thing.value
        self._lines, self._last, self._sum, self._sure = 0, 0, "", True
        self._acts = 0
        self._faults: list[Fault] = []
        self._forgotten: list[Forgotten] = []

    def go(self, progress: Progress, *, until: int | None = None, watch: int = 0) -> Walked:
        """Goes to the end, or until a line. watch: a line whose sum is told."""
        watched = ""
        total = int(query(self._source, f"SELECT count(*) FROM {JOURNAL}")[0][0])
        for batch in read_batches(self._source):
            lines = batch if until is None else [line for line in batch if line[0] <= until]
            if not lines:
                break
            before = self._lines
            entries, sums = self._look(lines)
            if before < watch <= self._lines:
                watched = sums[watch - before - 1]
            self._take(entries, lines[-1][0])
            progress("lines", self._lines, total)
        faults = tuple(sorted(self._faults, key=lambda fault: fault.line))
        return Walked(
            lines=self._lines,
            sum=self._sum,
            watched=watched,
            acts=self._acts,
            faults=faults,
            forgotten=tuple(self._forgotten),
        )

    def _look(self, lines: Sequence[Line]) -> tuple[Sequence[tuple[int, Any]], Sequence[str]]:
        """The whole lines of a batch, and the sum of each."""
        if not self._lines:
            secret, found = check(lines, self._place)
            if secret:
                self._alias = self._alias_by(secret)
        else:
            found = check_lines(lines, self._last + 1, self._sum, sure=self._sure)
        self._faults += found.faults
        self._lines += len(lines)
        self._last = lines[-1][0]
        self._sum = found.sums[-1]
        self._sure = Fault(line=self._last, code=Code.CHANGED) not in found.faults
        return found.entries, found.sums

    def _take(self, entries: Sequence[tuple[int, Any]], last: int) -> None:
        rows, known = Rows(load_group(self._target)), dict[int, Act]()

        def act_at(line: int) -> Act:
            if line not in known:
                found = query(self._source, f"SELECT content FROM {JOURNAL} WHERE line = ?", (line,))
                known[line] = parse_line(found[0][0] if found else "")
            return known[line]

        projector = Projector(rows, act_at, self._alias)
        for line, found in entries:
            try:
                act = to_act(found)
                projector.take(line, act)
            except (KeyError, ValueError):
                self._faults.append(Fault(line=line, code=Code.ACT))
            else:
                known[line] = act
                self._acts += 1
                self._forgotten += [act] if isinstance(act, Forgotten) else []
        write_rows(self._target, rows, last)


def remake_tables(connection: Connection, place: Path | str, alias: Alias) -> int:
    """Makes all tables anew from the lines, of which there are so many (rule 5). CasebookChangedError."""
    PROJECTION.clear(connection)
    walked = Walk(connection, place, connection, lambda secret: alias).go(silent)
    if walked.faults:
        first = walked.faults[0]
        raise CasebookChangedError(SAYS[first.code], file=place, line=first.line)
    PROJECTION.finish(connection, walked.lines)
    return walked.lines


def parse_line(content: str) -> Act:
    """The act of a line; KeyError where it is none."""
    found = read_line(content)
    if found is None:
        raise KeyError("line")
    try:
        return to_act(found)
    except ValueError:
        raise KeyError("line") from None


def silent(_stage: str, _done: int, _total: int) -> None:
    """Tells nobody how far it is."""
