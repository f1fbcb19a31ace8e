"""Options of engines, and what is said of what they did."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._texts import current_lang, warn
from wayseal.model.tasks import Run
from wayseal.page.languages import word


class EngineName(StrEnum):
    """Where tasks run."""

    LOCAL = "local"
    PROCESSES = "processes"
    SPARK = "spark"


EngineOption = Annotated[
    EngineName,
    typer.Option(
        help="Where the work is done: in this process, in processes on this machine, or by Spark "
        "([growth](growth.md#engines))."
    ),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(min=1, help="With `--engine processes`: how many.", show_default="one a processor"),
]
MasterOption = Annotated[
    str | None,
    typer.Option(
        help="With `--engine spark`: the cluster's address, such as `spark://host:7077`.",
        show_default="what `spark-submit` or Spark's own files say, else this machine",
    ),
]
ShardsOption = Annotated[int, typer.Option(help="How many shards: 2, 4, 8 …")]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """Which engine, as the options say."""

    name: EngineName = EngineName.LOCAL
    workers: int | None = None
    master: str | None = None

    def __post_init__(self) -> None:
        if self.workers is not None and self.name is not EngineName.PROCESSES:
            raise WrongUsageError("is for --engine processes", param_hint="--workers")
        if self.master is not None and self.name is not EngineName.SPARK:
            raise WrongUsageError("is for --engine spark", param_hint="--master")


@contextmanager
def running(settings: EngineSettings, quiet: bool) -> Iterator[Run | None]:
    """The engine, running; None: this process does the work. Says at the end what it cost, and what ran again."""
    if settings.name is EngineName.LOCAL:
        yield None
        return
    from wayseal.engines import Cost, ProcessEngine, SparkEngine

    made = ProcessEngine(settings.workers) if settings.name is EngineName.PROCESSES else SparkEngine(settings.master)
    before = Cost.so_far()
    try:
        with made as engine:
            yield engine
    finally:
        for retry in made.retries:
            places = ", ".join(str(place) for place in retry.places)
            reason = word(retry.reason, current_lang())
            warn("{work} {places}: run again: {reason}", work=retry.work, places=places, reason=reason)
    if not quiet:
        cost = made.cost + Cost.so_far().since(before)
        warn(
            "{tasks:,} {tasks:task|tasks}: {seconds:,.1f} core seconds, {read:,.1f} GB read, {written:,.1f} GB written",
            tasks=made.tasks, seconds=cost.core_seconds, read=cost.read / 1e9, written=cost.written / 1e9,
        )  # fmt: skip
