"""The kind `stamp`, and what an export asks: time stamps on packs of evidence (`cases.evidence.stamps`).

1. The stamp lies beside the pack, in the folder of the job that made it; where the service is away a wish lies there.
2. A wish is fulfilled later, by a job of this kind: asked for, or each day. The stamp proves that later time.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from wayseal.cases.evidence import read_sealed
from wayseal.cases.evidence.errors import EvidenceError
from wayseal.cases.evidence.stamps import StampWish, have_stamped, keep_wish, read_wish, wish_path
from wayseal.console.errors import JobError
from wayseal.console.jobs.types import number_of
from wayseal.console.jobs.work import Work
from wayseal.model.messages import N_
from wayseal.model.times import iso
from wayseal.proofs.errors import StampError

PACK = "pack.zip"


def run(values: Mapping[str, str], work: Work) -> Mapping[str, str]:
    """Has packs stamped. values: `of`, the job that made a pack; without it, all that wait."""
    stamped, waiting = 0, 0
    for pack in _packs(values.get("of", ""), work.folder.parent):
        work.step("stamp", stamped + waiting, 0)
        if _try(pack, work.settings.stamp_url or read_wish(pack) or "", work):
            stamped += 1
        else:
            waiting += 1
    if waiting and not stamped:
        raise JobError("no stamp was had, and what waits goes on waiting: try again later")
    return {"stamped": str(stamped), "waiting": str(waiting)}


def stamp_export(pack: Path, seal: str, work: Work) -> dict[str, str]:
    """Has a new pack stamped, or keeps the wish (rule 1); nothing where no service is set."""
    url = work.settings.stamp_url
    if url is None:
        return {}
    keep_wish(pack, StampWish(url=url, seal=seal, at=work.at))
    work.step("stamp", 0, 0)
    return {"stamped": "1"} if _try(pack, url, work) else {"waiting": "1"}


def _packs(of: str, jobs: Path) -> Iterator[Path]:
    """Packs that are to be stamped. JobError: there is no such pack."""
    if not of:
        yield from sorted(wish.parent / PACK for wish in jobs.glob(f"j-*/{wish_path(Path(PACK)).name}"))
        return
    pack = jobs / of / PACK
    if number_of(of) is None or not pack.is_file():
        raise JobError("the pack isn't kept here any more: make it anew", key="of")
    yield pack


def _try(pack: Path, url: str, work: Work) -> bool:
    """Whether a pack was stamped; what hinders that is said."""
    try:
        with pack.open("rb") as file:
            said = have_stamped(pack, url, read_sealed(file))
    except (StampError, EvidenceError) as error:
        work.say(N_("{job}: no time stamp yet: {reason}"), job=pack.parent.name, reason=error.message)
        return False
    work.say(N_("{job}: stamped {at} by {by}"), job=pack.parent.name, at=iso(said.at), by=said.by)
    return True
