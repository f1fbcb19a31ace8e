"""Reviews of rights and of partners, made anew: work that walks over the whole ledger."""

import json
from collections.abc import Callable
from pathlib import Path

from wayseal.console.reading._reviews import Review, keep_review
from wayseal.detect import Options
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import update_facts
from wayseal.detect.partners import PartnersResult, check_partners, load_contracts, render_partners
from wayseal.detect.rights import RightsResult, load_map, render_rights, rights
from wayseal.ledger import open_ledger

RIGHTS, PARTNERS = "rights", "partners"
MOST_ROWS = 10_000
"""Of a list that is kept, those that stand first: pages hold it in memory, and nobody reads on."""
Step = Callable[[str, int, int], None]


def review_rights(ledger: Path, folder: Path, days: int, at: int, step: Step) -> RightsResult:
    """Holds rights against use, and keeps what comes out: of each list up to MOST_ROWS.

    Args:
        ledger: The folder of the ledger.
        folder: Where detection keeps what it keeps.
        days: Of the log, counted back from its last read.
        at: Microseconds since 1970, now.
        step: Called with a step's name, what is done and what there is in all.

    Returns:
        What came out.

    Raises:
        LedgerError: The ledger can't be read.
        OSError: The disk refuses.
    """
    templates, offset = load_templates(None), Options().offset
    with open_ledger(ledger) as snapshot:
        facts = update_facts(snapshot, folder, templates, offset, step)
        result = rights(snapshot, facts, templates, load_map(None), days, step)
    document = json.loads(render_rights(result, "json", "en"))
    long = {name: len(rows) for name, rows in document.items() if isinstance(rows, list) and len(rows) > MOST_ROWS}
    document |= {name: document[name][:MOST_ROWS] for name in long}
    keep_review(folder, RIGHTS, Review(at=at, document=document, whole=long))
    return result


def review_partners(ledger: Path, folder: Path, contracts: Path | None, at: int, step: Step) -> PartnersResult:
    """Holds partners against their contracts, and keeps what comes out.

    Args:
        ledger: The folder of the ledger.
        folder: Where detection keeps what it keeps.
        contracts: Folder of contracts; None: there are none.
        at: Microseconds since 1970, now.
        step: Called with a step's name, what is done and what there is in all.

    Returns:
        What came out.

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
    return result
