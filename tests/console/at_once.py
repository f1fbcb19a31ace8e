"""Jobs that are done as soon as they are asked for, in this process, by what runs them in a worker."""

from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from threading import Event
from typing import Any

from wayseal.console import ConsoleSettings
from wayseal.console.jobs import Jobs
from wayseal.console.jobs import _rows as rows
from wayseal.console.jobs import _tables as tables
from wayseal.console.jobs._run import Runner
from wayseal.service import make_log

WORKER = "at-once"


class AtOnce(Jobs):
    """settings: of the console; waiting_for: jobs wait until `finish`."""

    settings: ConsoleSettings
    waiting_for: bool

    @classmethod
    def over(cls, jobs: Jobs, ledger: Path | None, *, waiting: bool = False) -> "AtOnce":
        made = cls(database=jobs.database, folder=jobs.folder, now=jobs.now)
        object.__setattr__(made, "settings", ConsoleSettings(ledger=ledger))
        object.__setattr__(made, "waiting_for", waiting)
        return made

    def start(self, kind: str, values: Mapping[str, str], who: str, *, subject: str = "") -> str:
        id_ = super().start(kind, values, who, subject=subject)
        if not self.waiting_for:
            self.finish(id_)
        return id_

    def finish(self, id_: str) -> None:
        self.begin(id_)
        runner = Runner(jobs=self, settings=self.settings, worker=WORKER, log=make_log(StringIO()), stopping=Event())
        runner.run(number(id_))

    def begin(self, id_: str) -> None:
        """A worker has taken it."""
        self.database.write(rows.take_message, WORKER, now=self.now())

    def change(self, id_: str, **values: Any) -> None:
        """How far it is, or how it ended."""
        self.database.write(_change, number(id_), values)


def number(id_: str) -> int:
    found = rows.number_of(id_)
    assert found is not None
    return found


def _change(connection: Any, job: int, values: dict[str, Any]) -> None:
    connection.execute(tables.jobs.update().where(tables.jobs.c.job == job).values(**values))
