"""The kinds of what pages of reads wait for: a case laid out, rights against use, partners against contracts."""

from collections.abc import Mapping, Sequence

from wayseal.cases import has_casebook, open_cases
from wayseal.cases.errors import NoSuchCaseError
from wayseal.cases.ledger.arrivals import WHO, partner_leads, rights_leads
from wayseal.cases.ledger.casebook import FOLDER
from wayseal.cases.ledger.lanes import lay_out_case
from wayseal.cases.views import Lead
from wayseal.console.jobs.work import Work
from wayseal.console.reading import review_partners, review_rights

_HOUR = 3_600_000_000
_DAYS = 90


def lay_out(values: Mapping[str, str], work: Work) -> Mapping[str, str]:
    """Lays out the case of `values`."""
    ledger = work.ledger
    folder, case = ledger / FOLDER, values.get("case", "")
    if not has_casebook(folder):
        raise NoSuchCaseError("no case has been registered yet", file=folder)
    with open_cases(folder, new=False) as cases:
        found = cases.find(case)
    reads = lay_out_case(ledger, folder, found, work.settings.utc_offset_hours * _HOUR, work.step)
    return {"case": case, "reads": str(reads)}


def hold_rights(values: Mapping[str, str], work: Work) -> Mapping[str, str]:
    """Holds rights against use; what can't be as it is comes into the queue."""
    del values
    found = review_rights(work.ledger, work.ledger / FOLDER, _DAYS, work.at, work.step)
    return {"accounts": str(found.accounts), "queued": _enqueue(work, rights_leads(found, work.at))}


def hold_partners(values: Mapping[str, str], work: Work) -> Mapping[str, str]:
    """Holds partners against their contracts; each breach comes into the queue."""
    del values
    found = review_partners(work.ledger, work.ledger / FOLDER, work.settings.contracts, work.at, work.step)
    return {"partners": str(len(found.partners)), "queued": _enqueue(work, partner_leads(found))}


def _enqueue(work: Work, leads: Sequence[Lead]) -> str:
    """How many came into the queue that never stood there."""
    if not leads:
        return "0"
    with open_cases(work.ledger / FOLDER) as cases:
        return str(len(cases.enqueue_once(leads, WHO, work.at)))
