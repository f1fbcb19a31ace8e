"""What walks over a whole ledger (rights, partners, parcels): made anew, kept, and as it last came out, with its day.

A review is derived: one that can't be read is as good as none. It is for its owner alone, as it names accounts.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wayseal.detect import Options
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import update_facts
from wayseal.detect.partners import PartnersResult, check_partners, load_contracts, render_partners
from wayseal.detect.rights import RightsResult, load_map, render_rights, rights
from wayseal.ledger import open_ledger
from wayseal.page.programs import load_row
from wayseal.parcels import ParcelsResult, find_parcels, keep_result, read_kept
from wayseal.parcels.keep import kept_path
from wayseal.store.durable import replace_file

_FOLDER, _VERSION = "reviews", 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A walk over the ledger, as it came out.

    Attributes:
        at: Microseconds since 1970 when it was made.
        document: Its JSON, names included.
        whole: How many rows a list had that is shorter here.
    """

    at: int
    document: Mapping[str, Any]
    whole: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptParcels:
    """Shipments without a parcel, as they were found. at: microseconds since 1970."""

    at: int
    result: ParcelsResult


def review_path(folder: Path, name: str) -> Path:
    """Where a review is kept, whether it is there or not."""
    return kept_path(folder) if name == PARCELS else folder / _FOLDER / f"{name}.json"


def keep_review(folder: Path, name: str, review: Review) -> None:
    """Keeps a review in the place of the one before.

    Args:
        folder: Where detection keeps what it keeps.
        name: What it is of.
        review: What came out.

    Raises:
        OSError: The disk refuses.
    """
    path = review_path(folder, name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = {"version": _VERSION, "at": review.at, "document": review.document, "whole": review.whole}
    replace_file(path, json.dumps(kept, ensure_ascii=False).encode())


def load_review(folder: Path, name: str) -> Review | None:
    """The review that was kept last; None: there is none that can be used."""
    try:
        kept = json.loads(review_path(folder, name).read_bytes())
        if kept["version"] != _VERSION:
            return None
        return Review(at=int(kept["at"]), document=dict(kept["document"]), whole=dict(kept["whole"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def load_parcels(folder: Path) -> KeptParcels | None:
    """The parcels that were found last; None: there are none that can be used."""
    try:
        kept = read_kept(folder)
        if kept is None:
            return None
        return KeptParcels(at=int(kept["at"]), result=load_row(ParcelsResult, kept))
    except (OSError, ValueError, KeyError, TypeError):
        return None


RIGHTS, PARTNERS, PARCELS = "rights", "partners", "parcels"
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


def review_parcels(ledger: Path, folder: Path, at: int, step: Step) -> ParcelsResult:
    """Looks for shipments without a parcel, and keeps what comes out.

    Args:
        ledger: The folder of the ledger.
        folder: Where detection keeps what it keeps.
        at: Microseconds since 1970, now.
        step: Called with a step's name, what is done and what there is in all.

    Raises:
        LedgerError: The ledger can't be read.
        OSError: The disk refuses.
    """
    with open_ledger(ledger) as snapshot:
        found = find_parcels(snapshot, progress=step)
    keep_result(found, folder, at)
    return found
