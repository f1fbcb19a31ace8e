"""Every kind of job: the one table of what can be asked for, by whom, and what runs it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from wayseal.console.jobs import _detect, _export, _ingest, _verify
from wayseal.console.jobs.work import Work
from wayseal.console.roles import CASE_ROLES, Role
from wayseal.console.tracing.work import run_check, run_left_out, run_trace

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


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(name="ingest", run=_ingest.run),
        Kind(name="detect", run=_detect.run, scheduled=True),
        Kind(name="verify", run=_verify.run, scheduled=True),
        Kind(name="trace_check", run=run_check),
        Kind(name="trace", run=run_trace),
        Kind(name="trace_left_out", run=run_left_out),
        Kind(name="export", run=_export.run, roles=frozenset({Role.INVESTIGATOR})),
    )
}
