"""`wayseal evidence`: a case as a pack that a stranger can check."""

import importlib
import io
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wayseal.cases.evidence import read_sealed, verify_pack, write_pack
from wayseal.cases.evidence.errors import EvidenceError
from wayseal.cases.evidence.findings import Code, PackVerification
from wayseal.cases.evidence.stamps import StampWish, have_stamped, keep_wish, read_wish, stamp_path, wish_path
from wayseal.cases.writing import one_line
from wayseal.cli._errors import WrongUsageError
from wayseal.cli._loading import require_extra
from wayseal.cli._options import (
    PUBLIC_KEY,
    CaseArgument,
    LedgerArgument,
    OutputFormat,
    OutputFormatOption,
    QuietOption,
    TemplatesOption,
    WhoOption,
    WhyOption,
)
from wayseal.cli._output import now_us, output_file, print_json, print_lines, progress_bars
from wayseal.cli._texts import _, current_lang, echo, warn
from wayseal.cli.proofs import parse_key_file
from wayseal.merkle import VerifyKey
from wayseal.model.errors import Finding
from wayseal.model.messages import N_
from wayseal.model.times import clock_hours, iso, offset_text, time_at
from wayseal.page import numbers
from wayseal.page.languages import word
from wayseal.page.visible import visible
from wayseal.proofs.errors import StampError, StampFailsError
from wayseal.proofs.stamps import Stamped, check_url, verify_stamp

if TYPE_CHECKING:
    from wayseal.cases.ledger.pack import CasePack
    from wayseal.cases.ledger.pack_request import PackRequest

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
StampUrlOption = Annotated[
    str | None,
    typer.Option(
        envvar="WAYSEAL_STAMP_URL",
        help="Address of a time-stamping service (RFC 3161). The environment variable `WAYSEAL_STAMP_URL` sets it.",
        show_default="none",
    ),
]


def evidence_export(
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
    from wayseal.cases.ledger.pack import export_case
    from wayseal.cases.ledger.pack_request import Attached, PackRequest

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
    _tell(made, out, seal)
    if url is not None:
        _stamp(request, out, seal, url)


def _check_usage(who: str, why: str, unit: str, checkpoint: Path | None, key: list[Path] | None) -> None:
    """Refuse what can't be before anything is recorded."""
    one_line(who, "who")
    one_line(why, "why")
    if unit:
        one_line(unit, "unit")
    if (checkpoint is None) != (not key):
        raise WrongUsageError("a checkpoint and the public key of whoever signed it go together", param_hint="--key")


def _tell(made: "CasePack", out: Path, seal: str) -> None:
    items = made.pack.items
    size = out.stat().st_size if out.is_file() else sum(one.print.size for one in items)
    echo("{out}: {files:,} {files:file|files}, {size:,} bytes", out=out, files=len(items), size=size)
    echo("Seal: {seal}", seal=seal)
    echo("Write the seal down where nobody who holds the pack can change it.")
    echo("To check it: wayseal evidence verify {out}", out=out)
    if made.missing is not None:
        warn("No PDF was made, neither list nor statement: {reason}", reason=word(made.missing, current_lang()))


def _stamp(request: "PackRequest", out: Path, seal: str, url: str) -> None:
    """Has the seal stamped, or keeps the wish."""
    try:
        typer.echo(put_stamp(out, url, read_sealed(io.BytesIO(out.read_bytes()))))
    except StampError as error:
        keep_wish(out, StampWish(url=url, seal=seal, at=request.at))
        reason = word(error, current_lang())
        warn(
            "Not stamped: {reason}. The wish is kept in {path}; once the service can be reached: wayseal evidence "
            "stamp {out}",
            reason=reason,
            path=wish_path(out),
            out=out,
        )


PackArgument = Annotated[Path, typer.Argument(help="The pack, a zip archive.", metavar="PACK", dir_okay=False)]
AgainstOption = Annotated[
    Path | None,
    typer.Option(
        help="The original of a file in the pack, or another copy of the pack: tells which bytes differ.",
        dir_okay=False,
    ),
]
StampCaOption = Annotated[
    list[Path] | None,
    typer.Option(
        help="Certificate (PEM) of the time-stamping service that is trusted: its root, and what lies between; may "
        "be given more than once.",
        dir_okay=False,
    ),
]


def evidence_verify(
    pack: PackArgument,
    against: AgainstOption = None,
    seal: Annotated[
        str | None, typer.Option(help="The seal that was written down when the pack was made: 64 digits.")
    ] = None,
    key: Annotated[list[Path] | None, PUBLIC_KEY] = None,
    stamp: Annotated[
        Path | None,
        typer.Option(help="The pack's time stamp.", show_default="PACK.tsr, if it is there", dir_okay=False),
    ] = None,
    stamp_ca: StampCaOption = None,
    format: OutputFormatOption = OutputFormat.TEXT,
) -> None:
    """Check a pack of evidence, offline and without the ledger, and name each file, piece and line that differs.

    It ends with 0 only if all is what was written, with 3 if it is no pack or not safe to read, and with 7 if something
    was changed. Proofs of reads are checked with the public key alone. [Evidence](evidence.md) says what that proves.

    \b
    wayseal evidence verify case.zip
    wayseal evidence verify case.zip --seal 3f… --key keeper.key.pub
    wayseal evidence verify case.zip --against reads.csv
    wayseal evidence verify case.zip --stamp-ca tsa.pem
    """
    keys = [parse_key_file(path, VerifyKey.parse) for path in key or ()]
    asked = _clean_seal(seal)
    with ExitStack() as stack:
        file = stack.enter_context(pack.open("rb"))
        original = None if against is None else stack.enter_context(against.open("rb"))
        try:
            found = verify_pack(file, keys=keys, against=original, seal=asked)
            sealed = read_sealed(file)
        except EvidenceError as error:
            raise error.at(file=pack) from None
    waiting = stamp or stamp_path(pack)
    if stamp_ca:
        found = _with_stamp(found, waiting, sealed, stamp_ca)
    if format is OutputFormat.JSON:
        print_json(verification_json(found))
    else:
        print_lines(pack_lines(found, anchored=bool(asked or found.stamped)))
        if waiting.exists() and not stamp_ca:
            echo(
                "{path} is a time stamp that was not checked: give the service's certificate (--stamp-ca)", path=waiting
            )
    if found.exit_code:
        raise typer.Exit(found.exit_code)


def _clean_seal(seal: str | None) -> str:
    text = (seal or "").strip().lower()
    if seal is not None and (len(text) != 64 or not set(text) <= set("0123456789abcdef")):
        raise WrongUsageError("is no seal: 64 hexadecimal digits", param_hint="--seal")
    return text


def _with_stamp(found: PackVerification, path: Path, sealed: bytes, trusted: list[Path]) -> PackVerification:
    """Add what the stamp says to what was found."""
    with require_extra("console"):
        importlib.import_module("rfc3161_client")
    try:
        stamped: Stamped | None = verify_stamp(path.read_bytes(), sealed, [each.read_bytes() for each in trusted])
        return replace(found, stamped=stamped)
    except StampFailsError:
        return replace(found, findings=(*found.findings, Finding(code=Code.STAMP, where=path.name)))
    except StampError as error:
        raise error.at(file=path) from None


_FINDINGS = {
    Code.CHANGED: N_("was changed; it has {size:,} bytes now"),
    Code.CHUNKS: N_("pieces of 4 KiB that differ: {chunks} ({count:,} of {of:,}), from byte {first:,} on"),
    Code.BYTES: N_(
        "bytes {first:,} to {last:,} are not those of the original ({count:,} {count:byte|bytes}); the first "
        "stands in line {line:,}, byte {column:,}"
    ),
    Code.MISSING: N_("is missing; {by} names it"),
    Code.EXTRA: N_("is in no manifest: it was put in"),
    Code.RECORD: N_("says something else of {path} than the other records, which it fits: this record was changed"),
    Code.LINE: N_("line {line:,} can't be read: it was changed"),
    Code.INDEX: N_("can't be read: it is missing, or was changed"),
    Code.CUSTODY: N_("line {line:,} was changed, or before it one is missing, was moved or put in"),
    Code.CUSTODY_HASH: N_("says something else of {path} than the manifests"),
    Code.SEAL: N_("the seal is not the one that was given: all or part of the pack was made anew"),
    Code.PROOF: N_("the proof doesn't hold"),
    Code.PROOF_KEY: N_("the proof's checkpoint was signed by {keys}, and by no key that was given"),
    Code.PROOF_READ: N_("proves another read than the pack lists"),
    Code.PROOF_POINT: N_("leads to another checkpoint than the pack's"),
    Code.STAMP: N_("the time stamp doesn't hold: of other content, or signed by nobody who is trusted"),
}
_IN_LINES = N_("pieces of 4 KiB that differ: {chunks} ({count:,} of {of:,}), from byte {first:,} on, in lines {lines}")
"""The same of a file that has lines."""


def pack_lines(found: PackVerification, *, anchored: bool) -> Iterator[str]:
    """A pack's verification, a line each thing. anchored: it was held against something that was kept elsewhere."""
    named = "Pack: {name} (case {case})" if found.case else "Pack: {name}"
    yield _(named, name=visible(found.name), case=visible(found.case))
    if found.made_at:
        made = numbers.parse(found.made_at)
        yield _(
            "Made on {at} by {who}, with Wayseal {wayseal}",
            at=numbers.clock(made) if made else visible(found.made_at),
            who=visible(found.who),
            wayseal=visible(found.wayseal),
        )
    yield _("Checked: {files:,} {files:file|files}, {size:,} bytes", files=found.files, size=found.size)
    yield _("Seal: {seal}", seal=found.seal)
    if found.proofs:
        yield _(
            "Proofs: {count:,} {count:read stands|reads stand} in the ledger, as signed by {keys}",
            count=found.proofs,
            keys=", ".join(map(visible, found.keys)),
        )
    if found.own_key and found.proofs:
        yield _(
            "The key that they were checked with comes from the pack itself: compare its id with the one that its "
            "keeper gave you, or give it with --key."
        )
    if (stamped := found.stamped) is not None:
        at = numbers.clock(time_at(stamped.at), seconds=True)
        yield _("Time stamp: {at}, by {by}", at=at, by=visible(stamped.by))
    if found.remarks:
        yield _("The pack says of itself:")
        yield from (f"  {visible(one.get(current_lang(), ''))}" for one in found.remarks)
    if not found.as_written:
        yield _(
            "The archive around the files is not as Wayseal writes it: it was packed anew, or a byte beside the files "
            "was changed. The files are judged on their own."
        )
    if found.findings:
        yield _("{count:,} {count:finding|findings}:", count=len(found.findings))
        yield from map(_finding_line, found.findings)
        return
    yield _("Nothing was changed.")
    if not anchored:
        yield _(
            "The pack agrees with itself; whoever has all of it could have made it anew. Compare the seal with the one "
            "that was written down when it was made (--seal), or have its time stamp checked (--stamp-ca)."
        )


def _finding_line(finding: Finding) -> str:
    text = _IN_LINES if finding.code == Code.CHUNKS and finding.values["lines"] else _FINDINGS[Code(finding.code)]
    values = {name: visible(value) if isinstance(value, str) else value for name, value in finding.values.items()}
    return _("  {where}: {what}", where=visible(finding.where), what=_(text, **values))


def verification_json(found: PackVerification) -> dict[str, object]:
    """The same for programs."""
    stamped = found.stamped
    return {
        "pack": found.name,
        "case": found.case or None,
        "made_at": found.made_at or None,
        "who": found.who or None,
        "wayseal": found.wayseal or None,
        "files": found.files,
        "bytes": found.size,
        "seal": found.seal,
        "proofs": found.proofs,
        "keys": list(found.keys),
        "key_of_the_pack": found.own_key,
        "as_written": found.as_written,
        "stamped": None if stamped is None else {"at": iso(stamped.at), "by": stamped.by},
        "findings": [{"code": one.code.value, "file": one.where, **one.values} for one in found.findings],
    }


def evidence_stamp(pack: PackArgument, stamp_url: StampUrlOption = None) -> None:
    """Have a pack's seal stamped by a time-stamping service (RFC 3161).

    The stamp lies beside the pack, in `PACK.tsr`; the pack isn't changed. Without `--stamp-url` the service is asked
    that `wayseal evidence export` couldn't reach. The service sees a hash and nothing else.

    \b
    wayseal evidence stamp case.zip
    wayseal evidence stamp case.zip --stamp-url https://tsa.example/tsr
    """
    need_stamps()
    url = read_wish(pack) if stamp_url is None else check_url(stamp_url)
    if url is None:
        raise WrongUsageError("no wish lies beside the pack: name the service", param_hint="--stamp-url")
    with pack.open("rb") as file:
        try:
            sealed = read_sealed(file)
        except EvidenceError as error:
            raise error.at(file=pack) from None
    typer.echo(put_stamp(pack, url, sealed))


def need_stamps() -> None:
    """MissingExtraError where what speaks with a time-stamping service is not installed."""
    with require_extra("console"):
        importlib.import_module("rfc3161_client")


def put_stamp(pack: Path, url: str, sealed: bytes) -> str:
    """Asks for a stamp, keeps it beside the pack, and says so. StampError: it can't be had."""
    said = have_stamped(pack, url, sealed)
    at = numbers.clock(time_at(said.at), seconds=True)
    return _(
        "{path}: stamped on {at} by {by}, as the service says; verify checks that (--stamp-ca)",
        path=stamp_path(pack),
        at=at,
        by=visible(said.by),
    )
