"""Every kind of job: the one table of what can be asked for, by whom, and what runs it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from wayseal.console.errors import JobError
from wayseal.console.jobs.types import (
    CaseInput,
    JobContext,
    LogInput,
    NumbersInput,
    SourceInput,
    StampInput,
    WithdrawInput,
)
from wayseal.console.roles import CASE_ROLES, LEDGER_ROLES, OPENERS, Role
from wayseal.model.schema import read_values

Run = Callable[[Any, JobContext], Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of job.

    Attributes:
        name: As rows have it; its texts are `job_kind.NAME`.
        run: What it does; gets what was asked for, gives what came of it.
        given: The model of what it is asked; None: it is asked nothing.
        roles: Who may ask for it, end it and have it tried again, and see what it was asked and what came of it.
        scheduled: Whether it can be started each day by itself.
        often: Whether it can be started each hour, too.
        seconds: It ends after so long; 0: no bound.
        named: It acts in the name of whoever asked, who has to prove who they are: nobody else has it tried again.
    """

    name: str
    run: Run = field(repr=False)
    given: type[Any] | None = None
    roles: frozenset[Role] = CASE_ROLES
    scheduled: bool = False
    often: bool = False
    seconds: float = 0
    named: bool = False

    def do(self, values: Mapping[str, str], work: JobContext) -> Mapping[str, str]:
        """Run it, as a row asks for it. JobError: this version can't be asked so."""
        return self.run(values if self.given is None else read_values(values, self.given, JobError), work)


def later(module: str, name: str = "run", *, extra: str = "") -> Callable[[Any, JobContext], Any]:
    """A function of a module of the console, loaded when a worker needs it: pages know kinds without their engines.

    extra: what has the packages that it needs beyond the console's own.
    """

    def run(given: Any, work: JobContext) -> Any:
        try:
            found = getattr(import_module(f"wayseal.console.{module}"), name)
        except ModuleNotFoundError as error:
            if not extra or (error.name or "").partition(".")[0] == "wayseal":
                raise
            raise JobError(
                "this needs packages that are not installed where the console runs: pip install 'WHEEL[{extra}]'",
                extra=extra,
            ) from None
        return found(given, work)

    return run


_ALL = (
    Kind(name="look", run=later("jobs._look"), given=LogInput, seconds=600),
    Kind(name="ingest", run=later("jobs._kinds", "take_in"), given=LogInput),
    Kind(name="withdraw", run=later("jobs._kinds", "withdraw_file"), given=WithdrawInput, roles=OPENERS, named=True),
    Kind(name="detect", run=later("jobs._kinds", "detect_cases"), scheduled=True),
    Kind(name="notices", run=later("jobs._kinds", "send_notices")),
    Kind(name="verify", run=later("jobs._kinds", "verify_ledger"), roles=LEDGER_ROLES, scheduled=True),
    Kind(name="trace_check", run=later("tracing.work", "run_check"), given=NumbersInput),
    Kind(name="trace", run=later("tracing.work", "run_trace"), given=NumbersInput),
    Kind(name="trace_left_out", run=later("tracing.work", "run_left_out"), given=NumbersInput),
    Kind(
        name="export",
        run=later("jobs._kinds", "export_pack"),
        given=CaseInput,
        roles=frozenset({Role.INVESTIGATOR}),
        named=True,
    ),
    Kind(
        name="stamp",
        run=later("jobs._kinds", "stamp_packs"),
        given=StampInput,
        roles=frozenset({Role.INVESTIGATOR}),
        scheduled=True,
    ),
    Kind(name="reads", run=later("jobs._kinds", "lay_out"), given=CaseInput),
    Kind(name="rights", run=later("jobs._kinds", "hold_rights"), roles=LEDGER_ROLES, scheduled=True),
    Kind(name="partners", run=later("jobs._kinds", "hold_partners"), roles=LEDGER_ROLES, scheduled=True),
    Kind(name="parcels", run=later("jobs._kinds", "look_for_parcels"), scheduled=True),
    Kind(name="market_look", run=later("jobs._market", "look_at_source", extra="market"), given=SourceInput),
    Kind(name="market_due", run=later("jobs._market", "look_at_due", extra="market"), scheduled=True, often=True),
    Kind(name="market_preview", run=later("jobs._market", "preview_files", extra="market"), given=SourceInput),
    Kind(name="market_import", run=later("jobs._market", "bring_in_files", extra="market"), given=SourceInput),
    Kind(name="market_words", run=later("jobs._kinds", "look_for_words"), scheduled=True),
)
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}
