"""Files that a ledger took in: when, by whom, how many rows; and the way back for one that came in by mistake.

1. A file is withdrawn as long as nothing rests on it: no trace was run since it came in, and no case has an account
   that reads of it are of. Where it brought another table, there is no case at all.
2. Who does it proves who they are and says why. The ledger keeps that, and that the file was there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from wayseal.cases.errors import CasebookUsageError
from wayseal.cases.views import Page
from wayseal.cases.writing import one_line
from wayseal.console.errors import AccessError, JobError
from wayseal.console.roles import LEDGER_ROLES, OPENERS
from wayseal.console.tracing.types import RunKind
from wayseal.console.web._ask import Ask, Pages, there
from wayseal.console.web._lists import Column, ListPage, Wanted, page_at
from wayseal.console.web._resources import LedgerView
from wayseal.console.web._trace_view import runs_of
from wayseal.console.web.pages._casework import me
from wayseal.ledger.summary import SourceEntry
from wayseal.model.messages import N_
from wayseal.model.times import micros

OTHERS = Pages()
_SORTS = ("came", "rows", "file")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """A file that came in. place: among the ledger's sources; entry: what the ledger says of it."""

    place: int
    entry: SourceEntry

    @property
    def state(self) -> str:
        """Its state: in, withdrawn, read_again, or nothing of it came in."""
        one = self.entry
        return "in" if one.rows else "withdrawn" if one.withdrawn else "read_again" if one.replaced else "nothing"

    @property
    def withdrawn_at(self) -> int:
        """When it was withdrawn."""
        return micros(self.entry.withdrawn["at"])


def _rows(ask: Ask) -> list[FileRow]:
    """All files, as they came; none where the ledger can't be read."""
    view = None if ask.site.ledger is None else ask.site.ledger.look()
    entries = view.summary.sources if isinstance(view, LedgerView) else ()
    return [FileRow(place=place, entry=one) for place, one in enumerate(entries)]


def find(ask: Ask, wanted: Wanted, most: int) -> Page[FileRow]:
    """A page of files."""
    keys: Mapping[str, Callable[[FileRow], Any]] = {
        "came": lambda one: -one.place,
        "rows": lambda one: one.entry.rows,
        "file": lambda one: one.entry.name,
    }
    rows = sorted(_rows(ask), key=keys[wanted.sort.by], reverse=wanted.sort.down)
    return page_at(rows, wanted, most)


FILES: ListPage[FileRow] = ListPage(
    path="/ledger/files",
    title=N_("Files taken in"),
    roles=LEDGER_ROLES,
    query=find,
    columns=[
        Column(
            name="file", head=N_("File"), cell=lambda one: one.entry.name, kind="id",
            href=lambda one: f"/ledger/files/{one.place}",
        ),
        Column(name="kind", head=N_("Table"), cell=lambda one: one.entry.table, kind="value"),
        Column(name="rows", head=N_("Rows"), cell=lambda one: one.entry.rows, kind="number"),
        Column(name="repeated", head=N_("There before"), cell=lambda one: one.entry.repeated, kind="number"),
        Column(name="rejected", head=N_("Rejected"), cell=lambda one: sum(one.entry.rejected.values()), kind="number"),
        Column(name="at", head=N_("Came in"), cell=lambda one: one.entry.came_at, kind="time"),
        Column(name="who", head=N_("Brought by"), cell=lambda one: one.entry.came_by),
        Column(name="state", head=N_("State"), cell=lambda one: one.state, kind="ledger.file_"),
    ],
    sorts=_SORTS,
)  # fmt: skip


@OTHERS.get("/ledger/files/{place}", LEDGER_ROLES)
def show_file(ask: Ask, error: JobError | AccessError | CasebookUsageError | None = None) -> Response:
    """A file: what it brought, and the way back."""
    row = _row(ask)
    return ask.page(
        "ledger_file",
        status=409 if error else 200,
        error=error,
        row=row,
        entry=row.entry,
        run=_run_since(ask, row),
        may=ask.whose.person.role in OPENERS,
    )


@OTHERS.post("/ledger/files/{place}", OPENERS, again=show_file, confirmed=True)
def withdraw(ask: Ask) -> Response:
    """Asks for a file to be withdrawn (rules 1 and 2)."""
    row, why = _row(ask), one_line(ask.line("why"), "why")
    if not row.entry.rows:
        raise JobError("holds no rows of such a file (any more)", file=row.entry.name)
    if run := _run_since(ask, row):
        raise JobError("trace {run} was run while this file was there, and rests on it", run=run)
    values = {"place": str(row.place), "sha256": row.entry.sha256, "why": why}
    return ask.go(f"/jobs/{ask.site.jobs.start('withdraw', values, me(ask), subject=row.entry.name[:64])}")


def _row(ask: Ask) -> FileRow:
    """The file of the path. StatusError: there is none."""
    place = ask.names["place"]
    return there(next((one for one in _rows(ask) if str(one.place) == place), None))


def _run_since(ask: Ask, row: FileRow) -> str:
    """The job of the newest trace that was begun while a file was there; "": none was."""
    newest = runs_of(ask).page([RunKind.TRACE, RunKind.LEFT_OUT], limit=1)
    return newest[0].job if newest and row.entry.rows and newest[0].at >= (row.entry.came_at or 0) else ""


PAGES = (*FILES.pages(), *OTHERS)
