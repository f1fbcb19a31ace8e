"""The watch and the casebook: what limits are made with, and the case that a notice is in.

1. Limits are made with what detection is told beside the reads: verdicts, and which accounts belong together.
2. A notice that is raised makes a case, or adds to that of the same account, as detection does; what the stream says
   later of it is in the record of notices. Who is behind it is seen by opening the case, which is recorded.
"""

from pathlib import Path

from wayseal.cases import load_pseudonyms, open_cases
from wayseal.cases.ledger.casebook import can_write_casebook, find_cases_of, load_known
from wayseal.cases.ledger.detection import Detection, gather
from wayseal.cases.types import Alert
from wayseal.detect import Options
from wayseal.detect.intraday import Intraday, prepare
from wayseal.ledger import Snapshot
from wayseal.live.types import Notice, NoticeKind
from wayseal.live.watch import Arm


def limits_of(ledger: Path, options: Options) -> Arm:
    """What makes the limits of a ledger (rule 1).

    Args:
        ledger: Its folder.
        options: How detection decides; `folder` is where it keeps what it keeps.

    Returns:
        The limits of a snapshot for a local day.
    """
    request = Detection(ledger=ledger, options=options)

    def arm(snapshot: Snapshot, day: int | None) -> Intraday | None:
        known = load_known(request.folder, writable=can_write_casebook(ledger, request.folder))
        evidence = gather(request, snapshot, known, lambda *_: None)
        return prepare(snapshot, options, evidence, day=day)

    return arm


def register_notice(folder: Path, notice: Notice, now: int) -> str:
    """Makes the case of a notice that is raised (rule 2); the same notice again changes nothing.

    Args:
        folder: Of the casebook.
        notice: It.
        now: Microseconds after 1970.

    Returns:
        The case; "" of a notice that isn't raised.
    """
    if notice.kind is not NoticeKind.RAISED:
        return ""
    alert = Alert(
        actors=(notice.actor,),
        alerted_at=notice.at,
        score=notice.probability,
        detectors=tuple(reason.detector for reason in notice.reasons),
        parcels_a_day=float(max((reason.value for reason in notice.reasons), default=0)),
        worth=True,
        read_until=notice.at,
    )
    with open_cases(folder) as cases:
        return cases.register([alert], now)[0]


def pseudonym_of(folder: Path, notice: Notice) -> str:
    """What the account of a notice is called outside, whoever opened its case. CasebookError, OSError."""
    return load_pseudonyms(folder).of(notice.actor)


def case_of(folder: Path, notice: Notice) -> str:
    """The newest case of a notice's account; "" where there is none."""
    return next(reversed(find_cases_of(folder, frozenset((notice.actor,)))), "")
