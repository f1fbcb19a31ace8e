"""Packs of evidence of a case, out of the journal (rule 21)."""

from wayseal.cases._desk import Desk
from wayseal.cases._tables import ACTS, JOURNAL
from wayseal.cases.types import PackHeld
from wayseal.cases.views import Pack, PackAct
from wayseal.database import query

MOST = 500


def pack_acts(desk: Desk, case: str) -> tuple[PackAct, ...]:
    """Return the acts on packs of a case, the newest first, up to MOST: 1 statement."""
    text = (
        f"SELECT line, content FROM {JOURNAL} WHERE line IN "
        f"(SELECT line FROM {ACTS.full_name} WHERE case_id = ? AND act = ?) ORDER BY line DESC LIMIT ?"
    )
    found = (desk.parse(line, content) for line, content in query(desk.connection, text, (case, "pack", MOST)))
    return tuple(_told(act) for act in found if isinstance(act, PackHeld))


def _told(act: PackHeld) -> PackAct:
    pack = Pack(seal=act.seal, digest=act.digest, size=act.size, items=act.items)
    return PackAct(pack=pack, step=act.step, at=act.at, who=act.who, why=act.why, to=act.to)
