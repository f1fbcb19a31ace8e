"""What pages of reads wait for, as work that may take minutes: laying a case out, reviews of rights and of partners."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from wayseal.cases.types import RecordedCase
from wayseal.console.reading._reviews import Review, keep_review
from wayseal.detect import Options, detect
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import update_facts
from wayseal.detect.lanes import CaseRequest, keep_lanes, lay_out
from wayseal.detect.partners import check_partners, load_contracts, render_partners
from wayseal.detect.rights import load_map, render_rights, rights
from wayseal.detect.window import DAY_US
from wayseal.ledger import Snapshot, open_ledger

RIGHTS, PARTNERS = "rights", "partners"
Step = Callable[[str, int, int], None]


def lay_out_case(ledger: Path, folder: Path, case: RecordedCase, offset: int, step: Step) -> int:
    """Lays a case out as it stands in the casebook, for its pages.

    Args:
        ledger: The folder of the ledger.
        folder: Where detection keeps what it keeps.
        case: The case.
        offset: Of local days, microseconds ahead of UTC.
        step: Called with a step's name, what is done and what there is in all.

    Returns:
        How many reads it has.

    Raises:
        LedgerError: The ledger can't be read.
        OSError: The disk refuses.
    """
    templates = load_templates(None)
    request = CaseRequest(
        case=case.id,
        actors=case.actors,
        detectors=case.detectors,
        since=case.alerted_at,
        until=case.read_until,
    )
    with open_ledger(ledger) as snapshot:
        request = _weigh(snapshot, request, Options(offset=offset, templates=templates, folder=folder), step)
        facts = update_facts(snapshot, folder, templates, offset, step)
        made = lay_out(snapshot, [request], templates, facts, step)
    for lanes in made:
        keep_lanes(folder, lanes)
    return sum(len(lanes.reads) for lanes in made)


def _weigh(snapshot: Snapshot, request: CaseRequest, usual: Options, step: Step) -> CaseRequest:
    """The case as detection finds it now: in the usual window, else in one that ends with the case."""
    last = (request.until + usual.offset) // DAY_US
    for options in (usual, replace(usual, until=last)):
        cases = detect(snapshot, options, progress=step).cases
        shared = [(len(set(one.actors) & set(request.actors)), -place) for place, one in enumerate(cases)]
        most, place = max(shared, default=(0, 0))
        if most:
            return replace(request, found=cases[-place])
    return request


def review_rights(ledger: Path, folder: Path, days: int, at: int, step: Step) -> int:
    """Holds rights against use, and keeps what comes out.

    Args:
        ledger: The folder of the ledger.
        folder: Where detection keeps what it keeps.
        days: Of the log, counted back from its last read.
        at: Microseconds since 1970, now.
        step: Called with a step's name, what is done and what there is in all.

    Returns:
        Accounts that were looked at.

    Raises:
        LedgerError: The ledger can't be read.
        OSError: The disk refuses.
    """
    templates, offset = load_templates(None), Options().offset
    with open_ledger(ledger) as snapshot:
        facts = update_facts(snapshot, folder, templates, offset, step)
        result = rights(snapshot, facts, templates, load_map(None), days, step)
    document = json.loads(render_rights(result, "json", "en"))
    keep_review(folder, RIGHTS, Review(at=at, document=document))
    return result.accounts


def review_partners(ledger: Path, folder: Path, contracts: Path | None, at: int, step: Step) -> int:
    """Holds partners against their contracts, and keeps what comes out.

    Args:
        ledger: The folder of the ledger.
        folder: Where detection keeps what it keeps.
        contracts: Folder of contracts; None: there are none.
        at: Microseconds since 1970, now.
        step: Called with a step's name, what is done and what there is in all.

    Returns:
        Partners that were looked at.

    Raises:
        ContractError: A contract can't be used as it stands.
        LedgerError: The ledger can't be read.
        OSError: The disk refuses.
    """
    agreed = () if contracts is None else load_contracts(contracts)
    with open_ledger(ledger) as snapshot:
        result = check_partners(snapshot, agreed, progress=step)
    document = json.loads(render_partners(result, "json", "en"))
    keep_review(folder, PARTNERS, Review(at=at, document=document))
    return len(result.partners)
