"""`wayseal evidence verify`: whether a pack is what was written."""

import importlib
import json
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cases.evidence import read_sealed, verify_pack
from wayseal.cases.evidence.errors import EvidenceError
from wayseal.cases.evidence.findings import Code, PackVerification
from wayseal.cases.evidence.stamps import stamp_path
from wayseal.cases.evidence.texts import describe_pack
from wayseal.cli._errors import WrongUsageError
from wayseal.cli._key_files import parse_key_file
from wayseal.cli._loading import require_extra
from wayseal.cli._options import PUBLIC_KEY, Lang, LangOption, OutputFormat, OutputFormatOption
from wayseal.cli._words.evidence import EVIDENCE_TEXTS
from wayseal.merkle import VerifyKey
from wayseal.merkle.findings import Finding
from wayseal.model.messages import filled
from wayseal.model.times import iso
from wayseal.proofs.errors import StampError, StampFailsError
from wayseal.proofs.stamps import Stamped, verify_stamp

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


def verify(
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
    lang: LangOption = Lang.EN,
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
        typer.echo(verification_json(found))
    else:
        for line in describe_pack(found, lang, anchored=bool(asked or found.stamped)):
            typer.echo(line)
        if waiting.exists() and not stamp_ca:
            typer.echo(filled(EVIDENCE_TEXTS[lang]["stamp_unchecked"], path=waiting))
    if found.exit_code:
        raise typer.Exit(found.exit_code)


def _clean_seal(seal: str | None) -> str:
    text = (seal or "").strip().lower()
    if seal is not None and (len(text) != 64 or not set(text) <= set("0123456789abcdef")):
        raise WrongUsageError("is no seal: 64 hexadecimal digits", param_hint="--seal")
    return text


def _with_stamp(found: PackVerification, path: Path, sealed: bytes, trusted: list[Path]) -> PackVerification:
    """What was found, with what the stamp says."""
    with require_extra("console"):
        importlib.import_module("rfc3161_client")
    try:
        stamped: Stamped | None = verify_stamp(path.read_bytes(), sealed, [each.read_bytes() for each in trusted])
        return replace(found, stamped=stamped)
    except StampFailsError:
        return replace(found, findings=(*found.findings, Finding(code=Code.STAMP, where=path.name)))
    except StampError as error:
        raise error.at(file=path) from None


def verification_json(found: PackVerification) -> str:
    """The same for programs."""
    stamped = found.stamped
    content = {
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
    return json.dumps(content, ensure_ascii=False, indent=1)
