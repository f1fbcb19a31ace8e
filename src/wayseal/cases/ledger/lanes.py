"""Cases laid out for whoever looks at them: what the casebook says of a case, and the reads that lie beneath it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from wayseal.cases.types import RecordedCase
from wayseal.detect import Case, Options, detect
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import update_facts
from wayseal.detect.lanes import CaseRequest, keep_lanes, lay_out
from wayseal.detect.window import DAY_US
from wayseal.ledger import Snapshot, open_ledger

Progress = Callable[[str, int, int], None]


def request_of(case: RecordedCase, found: Case | None = None) -> CaseRequest:
    """Make the request to lay out a case. found: as detection found it."""
    return CaseRequest(
        case=case.id,
        actors=case.actors,
        detectors=case.detectors,
        since=case.alerted_at,
        until=case.read_until,
        found=found,
    )


def lay_out_cases(
    snapshot: Snapshot, cases: Sequence[CaseRequest], options: Options, folder: Path, progress: Progress
) -> int:
    """Lays cases out and keeps them: how many reads they have. LedgerError; OSError: the disk refuses.

    options: those of the detection that found them. folder: where detection keeps what it keeps.
    """
    if not cases:
        return 0
    templates = load_templates(None) if options.templates is None else options.templates
    facts = update_facts(snapshot, folder, templates, options.offset, progress)
    made = lay_out(snapshot, cases, templates, facts, progress)
    for lanes in made:
        keep_lanes(folder, lanes)
    return sum(len(lanes.reads) for lanes in made)


def lay_out_case(ledger: Path, folder: Path, case: RecordedCase, offset: int, progress: Progress) -> int:
    """Lays a case out as it stands now: how many reads it has.

    It is weighed as detection finds it in the usual window, else in one that ends with the case. offset: of local days,
    microseconds ahead of UTC. LedgerError; OSError: the disk refuses.
    """
    usual = Options(offset=offset, folder=folder)
    with open_ledger(ledger) as snapshot:
        found = _weigh(snapshot, case, usual, progress)
        return lay_out_cases(snapshot, [request_of(case, found)], usual, folder, progress)


def _weigh(snapshot: Snapshot, case: RecordedCase, usual: Options, progress: Progress) -> Case | None:
    last = (case.read_until + usual.offset) // DAY_US
    for options in (usual, replace(usual, until=last)):
        cases = detect(snapshot, options, progress=progress).cases
        shared = [(len(set(one.actors) & set(case.actors)), -place) for place, one in enumerate(cases)]
        most, place = max(shared, default=(0, 0))
        if most:
            return cases[-place]
    return None
