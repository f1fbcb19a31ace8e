"""`wayseal evidence export`: a case as a pack that is handed over."""

import io
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cases.evidence import read_sealed, write_pack
from wayseal.cases.evidence.stamps import StampWish, keep_wish, wish_path
from wayseal.cases.ledger.pack import Attached, CasePack, PackRequest, export_case
from wayseal.cases.types import one_line
from wayseal.cli._case_view import CaseArgument, WhoOption, WhyOption, now_us
from wayseal.cli._errors import WrongUsageError
from wayseal.cli._key_files import parse_key_file
from wayseal.cli._options import PUBLIC_KEY, Lang, LangOption, LedgerArgument, QuietOption, TemplatesOption
from wayseal.cli._output import output_file
from wayseal.cli._progress import progress_bars
from wayseal.cli._words.evidence import EVIDENCE_TEXTS
from wayseal.cli.evidence.stamp import StampUrlOption, need_stamps, put_stamp
from wayseal.merkle import VerifyKey
from wayseal.model.messages import filled
from wayseal.model.times import clock_hours, offset_text
from wayseal.page.languages import word
from wayseal.proofs.errors import StampError
from wayseal.proofs.stamps import check_url

UnitOption = Annotated[
    str, typer.Option(help="Name of the unit that hands it over; without it, a blank is left in the papers.")
]
CheckpointOption = Annotated[
    Path | None,
    typer.Option(help="Signed checkpoint of the ledger: proofs of the reads are put in.", dir_okay=False),
]
ProofsOption = Annotated[
    int, typer.Option(min=0, max=10_000, help="Prove so many reads at most, the first by time.")
]  # fmt: skip
AttachOption = Annotated[
    list[Path] | None,
    typer.Option(help="Put this file in as well, such as a trace report; may be given more than once.", dir_okay=False),
]
CanariesOption = Annotated[
    Path | None,
    typer.Option(
        help="Register of [canaries](commands.md#wayseal-canary-plan), as `wayseal detect` was given.", dir_okay=False
    ),
]
ContractsOption = Annotated[
    Path | None, typer.Option(help="Folder of partners' [contracts](partners.md), as `wayseal detect` was given.")
]
OffsetOption = Annotated[
    str | None,
    typer.Option(help="Local time of the courier, whole hours ahead of UTC.", show_default="the clock of reports"),
]


def export(
    ledger: LedgerArgument,
    case: CaseArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="Write the pack here, a zip archive.", dir_okay=False)],
    who: WhoOption,
    why: WhyOption,
    unit: UnitOption = "",
    checkpoint: CheckpointOption = None,
    key: Annotated[list[Path] | None, PUBLIC_KEY] = None,
    proofs: ProofsOption = 2_000,
    attach: AttachOption = None,
    templates: TemplatesOption = None,
    canaries: CanariesOption = None,
    contracts: ContractsOption = None,
    offset: OffsetOption = None,
    stamp_url: StampUrlOption = None,
    lang: LangOption = Lang.EN,
    quiet: QuietOption = False,
) -> None:
    """Write a case as a pack of evidence: reports, reads, proofs, acts, list and statement, sealed.

    Who exports and why is recorded in the casebook before, each time, as by `wayseal reads`; from then on the case's
    names may be shown. [Evidence](evidence.md) says what is in a pack, what it proves, and how police check it.

    It prints the pack's seal, 64 digits that stand for everything in it: write them down elsewhere. Lists and reports
    as PDF need the extra `console` and a Chinese font; without, the pack is written without them, and that is said.

    \b
    wayseal evidence export ledger c-17 --out c-17.zip --who "Li, audit" --why "notice 2026-041"
    wayseal evidence export ledger c-17 --out c-17.zip --who "Li, audit" --why "notice 2026-041" \\
        --checkpoint 2026-03-01.checkpoint --key keeper.key.pub --attach report.html
    """
    offset = offset or offset_text(clock_hours())
    _check_usage(who, why, unit, checkpoint, key)
    for path in attach or ():
        path.open("rb").close()
    url = None if stamp_url is None else check_url(stamp_url)
    if url is not None:
        need_stamps()
    keys = tuple((path.name, parse_key_file(path, VerifyKey.parse)) for path in key or ())
    request = PackRequest(
        ledger=ledger, case=case, who=who, why=why, at=now_us(), unit=unit, offset=offset, templates=templates,
        canaries=canaries, contracts=contracts, checkpoint=checkpoint, keys=keys, most_proofs=proofs,
        attached=tuple(Attached(path=path, name=path.name, source=path.name) for path in attach or ()),
    )  # fmt: skip
    with progress_bars(quiet) as progress:
        made = export_case(request, progress)
    with output_file(out) as file:
        seal = write_pack(made.pack, file)
    _tell(made, out, seal, lang)
    if url is not None:
        _stamp(request, out, seal, url, lang)


def _check_usage(who: str, why: str, unit: str, checkpoint: Path | None, key: list[Path] | None) -> None:
    """What can't be is said before anything is recorded."""
    one_line(who, "who")
    one_line(why, "why")
    if unit:
        one_line(unit, "unit")
    if (checkpoint is None) != (not key):
        raise WrongUsageError("a checkpoint and the public key of whoever signed it go together", param_hint="--key")


def _tell(made: CasePack, out: Path, seal: str, lang: Lang) -> None:
    words, items = EVIDENCE_TEXTS[lang], made.pack.items
    size = out.stat().st_size if out.is_file() else sum(one.print.size for one in items)
    typer.echo(filled(words["exported"], out=out, files=len(items), size=size))
    typer.echo(filled(words["seal"], seal=seal))
    typer.echo(words["write_down"])
    typer.echo(filled(words["check"], out=out))
    if made.missing is not None:
        typer.echo(filled(words["no_papers"], reason=word(made.missing, lang)), err=True)


def _stamp(request: PackRequest, out: Path, seal: str, url: str, lang: Lang) -> None:
    """Has the seal stamped, or keeps the wish."""
    try:
        typer.echo(put_stamp(out, url, read_sealed(io.BytesIO(out.read_bytes())), lang))
    except StampError as error:
        keep_wish(out, StampWish(url=url, seal=seal, at=request.at))
        reason = word(error, lang)
        typer.echo(filled(EVIDENCE_TEXTS[lang]["queued"], reason=reason, path=wish_path(out), out=out), err=True)
