"""What was found of parcels, made up: two groups, askers, and what wasn't judged."""

from pathlib import Path

from wayseal.parcels import ParcelsResult, keep_result
from wayseal.parcels.result import (
    Abstained,
    Asker,
    Code,
    Coverage,
    EarlyRead,
    GroupFinding,
    Kind,
    NotJudged,
    ParcelFinding,
    Reason,
    Skill,
    SkillReach,
)

DAY = 20_600
FOUND_AT = 20_610 * 86_400_000_000
ASKER, OPERATOR = "u-asks-early", "u-collects"
NUMBERS = tuple(f"YT{7_000_000_000_000 + n}" for n in range(30))
UNREAD = Reason(code=Code.UNREAD, fact={"read": 0, "visits": 3, "coverage": 0.97}, llr=7.0)
HASTE = Reason(code=Code.TWO_PLACES, fact={"minutes": 4.0}, llr=3.0)
AGAINST = Reason(code=Code.TYPED_IN, fact={"typed": 0, "scans": 9}, llr=-0.6)
READ_AT = DAY * 86_400_000_000 + 37_800_000_000


def made_up() -> ParcelsResult:
    """A result that `find_parcels` could give."""
    groups = [
        GroupFinding(
            sender=sender, outlet="SH-0001", operator=operator, day=DAY + n, probability=chance, size=30 - 20 * n,
            expected=28.5 - 20 * n, parcels=NUMBERS[: 28 - 27 * n], reasons=(UNREAD, HASTE, AGAINST),
        )
        for n, (sender, operator, chance) in enumerate((("c-sends<b>", OPERATOR, 0.9999), ("", "", 0.6)))
    ]  # fmt: skip
    return ParcelsResult(
        wayseal="0.1.0", ledger_digest="0" * 64, parcels_seen=1000, judged=900, prior=0.01, threshold=0.5,
        parcels=tuple(
            ParcelFinding(waybill=number, probability=0.99, kind=Kind.GHOST, reasons=(UNREAD, AGAINST))
            for number in NUMBERS[:28]
        ),
        parcels_found=28,
        groups=tuple(groups),
        abstained=(
            Abstained(reason=NotJudged.COVERAGE, outlet="SH-H1", day=DAY, coverage=0.5, parcels=90, waybills=()),
            Abstained(reason=NotJudged.NO_ENTRIES, outlet="", day=None, coverage=None, parcels=10, waybills=()),
        ),
        coverage=tuple(
            Coverage(outlet=f"SH-H{k}", day=DAY + n, share=0.99 - 0.2 * n * k, parcels=100)
            for k in range(2)
            for n in range(3)
        ),
        askers=(
            Asker(asker=ASKER, kind="partner", role="partner", early=40, parcels=400, usual=0.01, chance=1e-9),
            Asker(asker=OPERATOR, kind="person", role="courier", early=60, parcels=90, usual=0.4, chance=1e-5),
        ),
        reads_before_pickup=tuple(
            EarlyRead(waybill=number, asker=(ASKER, OPERATOR)[n % 2], at=READ_AT + n, minutes=13.0 + n)
            for n, number in enumerate(NUMBERS)
        ),
        early_reads=100,
        lacking=("scans.trip",),
        skills=(
            SkillReach(skill=Skill.CLUMSY, found=True, why="clumsy_found"),
            SkillReach(skill=Skill.REPLAY_MACHINE, found=False, why="replay_machine_not"),
        ),
    )  # fmt: skip


def keep_made_up(ledger: Path) -> ParcelsResult:
    """It, kept where the console of a ledger finds it."""
    found = made_up()
    keep_result(found, ledger / "detect", FOUND_AT)
    return found
