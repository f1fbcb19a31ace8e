"""Huey's queue over the console's own database.

1. Messages are JSON of a task's name and its job: nothing in the table can run as code.
2. What waits for its time lies in the same table as what waits for a worker; nothing is ever between the two.
3. Of messages that are of no job one is enough; a worker that was busy for an hour looks around once, not sixty times.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from huey import Huey, crontab
from huey.storage import BaseStorage

from wayseal.console.jobs import _rows as rows
from wayseal.store.database import Connection, Database

Now = Callable[[], int]
_RUN, _LOOK_AROUND = "run", "look_around"


class Queue(Huey):  # type: ignore[misc]
    """Who wants what run."""

    def serialize_task(self, task: Any) -> str:
        """A task as it is kept (rule 1)."""
        return content_of(task.name, *task.args)

    def deserialize_task(self, data: str) -> Any:
        """The task again."""
        content = json.loads(data)
        by_name = {task.__name__: task for task in self._registry._registry.values()}
        return by_name[content["task"]](tuple(content["args"]))


class Storage(BaseStorage):  # type: ignore[misc]
    """What Huey asks of a database; results and revoked tasks are our own tables' business."""

    priority = False

    def __init__(self, name: str, *, database: Database, worker: str, now: Now) -> None:
        super().__init__(name)
        self._database = database
        self._worker = worker
        self._now = now

    def enqueue(self, data: str, priority: float | None = None) -> None:
        """Puts a message in, to be taken at once."""
        self._database.write(_put, data, self._now())

    def dequeue(self) -> str | None:
        """Takes the first message, and its job with it."""
        if not self._database.look(rows.any_message, self._now()):
            return None
        return self._database.write(rows.take_message, self._worker, self._now())

    def add_to_schedule(self, data: str, ts: datetime) -> None:
        """Puts a message in, to be taken later (rule 2)."""
        self._database.write(_put, data, round(ts.replace(tzinfo=UTC).timestamp() * 1e6))

    def read_schedule(self, ts: datetime) -> list[str]:
        """Nothing: what is due is taken from where it lies (rule 2)."""
        return []

    def peek_many(self, keys: list[str]) -> dict[str, str]:
        """Nothing: nobody revokes a task."""
        return {}

    def delete_data(self, key: str) -> bool:
        """Nothing was there."""
        return False


def content_of(task: str, *values: int) -> str:
    """A message of the queue."""
    return json.dumps({"task": task, "args": values})


def run_message(job: int) -> str:
    """The message that has a job run."""
    return content_of(_RUN, job)


def make_queue(
    database: Database, worker: str, *, now: Now, run: Callable[[int], None], look_around: Callable[[], None]
) -> Queue:
    """The queue, as a worker sees it.

    Args:
        database: Where it lies.
        worker: Who takes from it.
        now: Microseconds after 1970.
        run: Runs a job that was taken.
        look_around: Is called once a minute.

    Returns:
        It.
    """
    queue = Queue("jobs", results=False, storage_class=Storage, database=database, worker=worker, now=now)
    queue.task(name=_RUN)(run)
    queue.periodic_task(crontab(minute="*"), name=_LOOK_AROUND)(look_around)
    return queue


def _put(connection: Connection, data: str, due_at: int) -> None:
    args = json.loads(data)["args"]
    job = int(args[0]) if args else None
    rows.put_message(connection, data, job=job, due_at=due_at)
    if job is not None:
        rows.wait_again(connection, job)
