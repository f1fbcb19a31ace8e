"""Every kind of job: the one table of what can be asked for, by whom, and what runs it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module

from wayseal.console.jobs.work import Work
from wayseal.console.roles import CASE_ROLES, Role

_TRACING = "wayseal.console.tracing.work"
Run = Callable[[Mapping[str, str], Work], Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of job.

    Attributes:
        name: As rows have it; its texts are `job_kind.NAME`.
        run: What it does; gets what was asked for, gives what came of it.
        roles: Who may ask for it, end it and have it tried again, and see what it was asked and what came of it.
        scheduled: Whether it can be started each day by itself.
    """

    name: str
    run: Run = field(repr=False)
    roles: frozenset[Role] = CASE_ROLES
    scheduled: bool = False


def _later(module: str, name: str = "run") -> Run:
    """A function of a module, loaded when a worker needs it: pages know kinds without their engines."""

    def run(values: Mapping[str, str], work: Work) -> Mapping[str, str]:
        return getattr(import_module(module), name)(values, work)  # type: ignore[no-any-return]

    return run


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(name="ingest", run=_later("wayseal.console.jobs._ingest")),
        Kind(name="detect", run=_later("wayseal.console.jobs._detect"), scheduled=True),
        Kind(name="verify", run=_later("wayseal.console.jobs._verify"), scheduled=True),
        Kind(name="trace_check", run=_later(_TRACING, "run_check")),
        Kind(name="trace", run=_later(_TRACING, "run_trace")),
        Kind(name="trace_left_out", run=_later(_TRACING, "run_left_out")),
        Kind(name="export", run=_later("wayseal.console.jobs._export"), roles=frozenset({Role.INVESTIGATOR})),
    )
}
