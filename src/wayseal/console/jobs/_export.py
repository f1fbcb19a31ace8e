"""The kind `export`: a case as a pack of evidence.

1. That names are shown is recorded before anything is read (`cases.ledger.pack`); the seal is an act of the case
   before the job is done, and so before anybody can fetch the pack.
2. The pack is written beside its place, and moved there when it is whole.
3. Files of the case go into it as they were taken in, with the hashes and the moment of that; one that is another now
   stops the export, and one that is gone is said in the pack.
4. Where a time-stamping service is set, it is asked for a stamp; a service that is away stops nothing (`_stamps`).
"""

from collections.abc import Mapping

from wayseal.cases import open_cases
from wayseal.cases.evidence import write_pack
from wayseal.cases.evidence.types import safe_name
from wayseal.cases.ledger.casebook import FOLDER
from wayseal.cases.ledger.pack import Attached, PackRequest, export_case
from wayseal.cases.views import Pack
from wayseal.console import files
from wayseal.console.jobs._stamps import PACK, stamp_export
from wayseal.console.jobs._verify import newest_checkpoint
from wayseal.console.jobs.work import Work
from wayseal.model.messages import N_
from wayseal.model.times import offset_text
from wayseal.store.durable import file_digest

_MOST_PROOFS = 2000


def run(values: Mapping[str, str], work: Work) -> Mapping[str, str]:
    """Makes a pack. values: `case`, `why`; `to`, where it is said for whom."""
    case, why, to = values["case"], values["why"], values.get("to", "")
    made = export_case(_request(work, case, why), work.step)
    work.step("write", 0, 0)
    part, place = work.folder / "pack.part", work.folder / PACK
    with part.open("wb") as file:
        seal = write_pack(made.pack, file)
    size, digest, items = part.stat().st_size, file_digest(part), len(made.pack.items)
    part.replace(place)
    with open_cases(work.ledger / FOLDER, new=False) as cases:
        pack = Pack(seal=seal, digest=digest, size=size, items=items)
        cases.seal_pack(case, pack, work.who, why, work.at, to=to)
    stamped = stamp_export(place, seal, work)
    if made.missing is not None:
        work.say(N_("no PDF was made, neither list nor statement: {reason}"), reason=made.missing.message)
    name = f"{made.pack.head.name}.zip"
    told = {"seal": seal, "sha256": digest, "size": str(size), "items": str(items), "file": PACK, "name": name}
    return told | stamped


def _request(work: Work, case: str, why: str) -> PackRequest:
    settings = work.settings
    notes, keys = newest_checkpoint(work)
    key = settings.checkpoint_key
    attached = _attached(work, case)
    there = tuple(one for one in attached if one.path.is_file())
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
        attached=there,
        lost=len(attached) - len(there),
    )


def _attached(work: Work, case: str) -> tuple[Attached, ...]:
    """Files of the case, each where it is kept (rule 3)."""
    with open_cases(work.ledger / FOLDER, new=False) as cases:
        rows = cases.dossier(case).files
    return tuple(
        Attached(
            path=files.file_place(work.settings.folder / files.FOLDER, one.digest),
            name=f"{one.digest[:12]}-{safe_name(one.name)}",
            source=one.name,
            sha256=one.digest,
            sm3=one.sm3 or "",
            at=one.at,
            who=one.who,
        )
        for one in rows
    )
