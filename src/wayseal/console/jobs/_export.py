"""The kind `export`: a case as a pack of evidence.

1. That names are shown is recorded before anything is read (`cases.ledger.pack`); the seal is an act of the case
   before the job is done, and so before anybody can fetch the pack.
2. The pack is written beside its place, and moved there when it is whole.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from wayseal.cases import open_cases
from wayseal.cases.evidence import write_pack
from wayseal.cases.ledger.casebook import FOLDER
from wayseal.cases.ledger.pack import PackRequest, export_case
from wayseal.cases.views import Pack
from wayseal.console.jobs._detect import offset_text
from wayseal.console.jobs._verify import newest_checkpoint
from wayseal.console.jobs.work import Work
from wayseal.model.messages import N_

PACK = "pack.zip"
_MOST_PROOFS = 2000


def run(values: Mapping[str, str], work: Work) -> Mapping[str, str]:
    """Makes a pack. values: `case`, `why`; `to`, where it is said for whom."""
    case, why, to = values["case"], values["why"], values.get("to", "")
    made = export_case(_request(work, case, why), work.step)
    work.step("write", 0, 0)
    part, place = work.folder / "pack.part", work.folder / PACK
    with part.open("wb") as file:
        seal = write_pack(made.pack, file)
    size, digest, items = part.stat().st_size, _digest(part), len(made.pack.items)
    part.replace(place)
    with open_cases(work.ledger / FOLDER, new=False) as cases:
        pack = Pack(seal=seal, digest=digest, size=size, items=items)
        cases.seal_pack(case, pack, work.who, why, work.at, to=to)
    if made.missing is not None:
        work.say(N_("no PDF was made, neither list nor statement: {reason}"), reason=made.missing.message)
    name = f"{made.pack.head.name}.zip"
    return {"seal": seal, "sha256": digest, "size": str(size), "items": str(items), "file": PACK, "name": name}


def _request(work: Work, case: str, why: str) -> PackRequest:
    settings = work.settings
    notes, keys = newest_checkpoint(work)
    key = settings.checkpoint_key
    return PackRequest(
        ledger=work.ledger,
        case=case,
        who=work.who,
        why=why,
        at=work.at // 1_000_000 * 1_000_000,
        unit=settings.unit,
        offset=offset_text(settings.utc_offset_hours),
        templates=settings.templates,
        canaries=settings.canaries,
        contracts=settings.contracts,
        checkpoint=notes[0][0] if notes else None,
        keys=tuple((key.name, one) for one in keys) if key is not None and notes else (),
        most_proofs=_MOST_PROOFS,
        attached=(),
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
