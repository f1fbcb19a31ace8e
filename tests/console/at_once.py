"""Jobs that are done as soon as they are asked for, in this process, by what runs them in a worker."""

from collections.abc import Mapping
from typing import Any

from tests.console.working import ME, run_all
from wayseal.console import ConsoleSettings
from wayseal.console.jobs import Jobs
from wayseal.console.jobs import _rows as rows
from wayseal.console.jobs import _rows as tables
from wayseal.database import Connection


class AtOnce(Jobs):
    """waiting_for: jobs wait until `finish`."""

    settings: ConsoleSettings
    waiting_for: bool

    @classmethod
    def over(cls, jobs: Jobs, settings: ConsoleSettings) -> "AtOnce":
        made = cls(database=jobs.database, folder=jobs.folder, now=jobs.now)
        object.__setattr__(made, "settings", settings)
        made.wait(waiting_for=False)
        return made

    def wait(self, *, waiting_for: bool = True) -> None:
        object.__setattr__(self, "waiting_for", waiting_for)

    def start(self, kind: str, values: Mapping[str, str], who: str, *, subject: str = "") -> str:
        id_ = super().start(kind, values, who, subject=subject)
        if not self.waiting_for:
            self.finish()
        return id_

    def finish(self) -> None:
        """Runs what waits."""
        run_all(self, self.settings)

    def begin(self) -> None:
        """A worker has taken what waits."""
        self.database.write(rows.take_message, ME, now=self.now())

    def change(self, id_: str, **values: Any) -> None:
        """How far it is, or how it ended."""
        self.database.write(_change, int(id_.removeprefix("j-")), values)


def _change(connection: Connection, job: int, values: dict[str, Any]) -> None:
    connection.execute(tables.jobs.update().where(tables.jobs.c.job == job).values(**values))
