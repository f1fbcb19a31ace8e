"""Jobs that are done as soon as they are begun, in this process, for pages that show what came of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wayseal.console.tracing.types import RunKind
from wayseal.console.tracing.work import run_check, run_left_out, run_trace
from wayseal.model.errors import WaysealError
from wayseal.model.messages import Message

KINDS = {RunKind.CHECK: run_check, RunKind.TRACE: run_trace, RunKind.LEFT_OUT: run_left_out}


@dataclass
class Done:
    id: str
    values: Mapping[str, str]
    state: str = "queued"
    stage: str = ""
    done: int = 0
    total: int = 0
    result: Mapping[str, str] = field(default_factory=dict)
    error: Message | None = None


@dataclass
class Work:
    job: Done
    folder: Path
    steps: list[tuple[str, int, int]] = field(default_factory=list)

    def step(self, stage: str, done: int, total: int) -> None:
        self.steps.append((stage, done, total))
        self.job.stage, self.job.done, self.job.total = stage, done, total


class AtOnce:
    """waiting: begins nothing, so that a job stands in the queue until `finish`."""

    def __init__(self, folder: Path, *, waiting: bool = False) -> None:
        self.folder = folder
        self.waiting = waiting
        self.jobs: dict[str, Done] = {}
        self.kinds: dict[str, str] = {}
        self.asked: list[str] = []
        self.work: dict[str, Work] = {}

    def start(self, kind: str, values: Mapping[str, str], who: str) -> str:
        assert who
        id_ = f"j-{len(self.jobs) + 1}"
        self.jobs[id_], self.kinds[id_] = Done(id_, dict(values)), kind
        if not self.waiting:
            self.finish(id_)
        return id_

    def finish(self, id_: str) -> None:
        job, place = self.jobs[id_], self.folder / id_
        place.mkdir(parents=True)
        self.work[id_] = Work(job, place)
        try:
            job.result = KINDS[RunKind(self.kinds[id_])](job.values, self.work[id_])
            job.state = "done"
        except WaysealError as error:
            job.state, job.error = "failed", error.message

    def find(self, id_: str) -> Done | None:
        self.asked.append(id_)
        return self.jobs.get(id_)
