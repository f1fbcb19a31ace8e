"""`wayseal vault verify`: whether log and records are what was written."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from wayseal.cli._key_files import parse_key_file
from wayseal.cli._options import VAULT, Lang, LangOption, OutputFormat, OutputFormatOption, QuietOption
from wayseal.cli._progress import progress_bars
from wayseal.cli._vault_session import open_vault, round_to_second
from wayseal.cli._vault_verification import finding_lines, known_keys
from wayseal.cli._words.vault_verify import VERIFY_TEXTS
from wayseal.cli.vault._options import VaultOption
from wayseal.merkle import VerifyKey
from wayseal.model.messages import filled
from wayseal.vault.errors import LogChangedError
from wayseal.vault.log.integrity import Verification
from wayseal.vault.log.integrity import verify as verify_log
from wayseal.vault.verification import RecordFinding, RecordTotals, verify_records

CHANGED = LogChangedError.exit_code


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultVerification:
    """What was found of log and records."""

    log: Verification
    records: RecordTotals

    @property
    def exit_code(self) -> int:
        """0 where all is as it was."""
        codes = [code for code in (self.log.exit_code, CHANGED if self.records.findings else 0) if code]
        return min(codes, default=0)


def verify(
    vault: VaultOption = VAULT,
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="An older checkpoint that must still hold; may be given several times.")
    ] = None,
    key: Annotated[
        list[Path] | None, typer.Option(help="Public key (a file) beside the vault's own; may be given several times.")
    ] = None,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
    quiet: QuietOption = False,
) -> None:
    """Check every entry, node and checkpoint of the log, and open every sealed record in memory; name what was changed.

    A changed byte of any of them, or of a wrapped key, is found ([verification](disclosure-log.md#verification)). It
    names places of the log and waybill numbers, and shows nothing of what is sealed. A finding ends with exit code 7.

    \b
    - `record-changed`: sealed bytes or wrapped key were changed, or belong to another number
    - `record-no-key`: its wrapped key is gone, and no erasure says so
    - `record-keyring`: the keyring lacks the key that wrapped its data key
    - `record-not-erased`: it counts as erased, and its key or its bytes are still there
    - `records-count`: more or fewer records are there than the log says were sealed

    \b
    wayseal vault verify
    wayseal vault verify --checkpoint 2026-03-01.checkpoint --key vault.pub
    """
    keys = [parse_key_file(path, VerifyKey.parse) for path in key or ()]
    notes = [(str(path), path.read_bytes()) for path in checkpoint or ()]
    with open_vault(vault) as session, progress_bars(quiet) as progress:
        log = verify_log(session.vault.main, notes, known_keys(session, keys), progress)
        records = verify_records(session.vault.main, session.vault.keys, session.service, progress)
    found = VaultVerification(log=log, records=records)
    if format is OutputFormat.JSON:
        typer.echo(json.dumps(verification_json(found), ensure_ascii=False, indent=1))
    else:
        for line in verification_lines(found, vault, given=bool(checkpoint), words=VERIFY_TEXTS[lang]):
            typer.echo(line)
    if found.exit_code:
        raise typer.Exit(found.exit_code)


def verification_lines(
    found: VaultVerification, folder: Path, *, given: bool, words: Mapping[str, str]
) -> Iterator[str]:
    """What was found, a line each thing. given: whether a checkpoint was."""
    log, records = found.log, found.records
    yield filled(words["vault"], folder=folder, origin=log.origin or "-")
    yield filled(words["log"], size=log.size, disclosed=log.disclosed, erased=log.erased, root=log.root)
    yield filled(words["records"], opened=records.opened, erased=records.erased)
    for kept in log.checkpoints:
        when = "" if kept.at is None else filled(words["kept_at"], at=round_to_second(kept.at))
        yield filled(words["kept"], where=kept.where, size=kept.size, keys=", ".join(kept.keys)) + when
    count = len(log.findings) + len(records.findings)
    if count:
        yield filled(words["bad"], count=count)
        yield from finding_lines(log.findings, words)
        for each in records.findings:
            name = f"{each.waybill}: " if each.waybill else ""
            yield f"  {name}{filled(words[each.code], **each.values)}"
        return
    yield words["fine"]
    if not given:
        yield words["alone"]


def verification_json(found: VaultVerification) -> dict[str, Any]:
    """The same for programs."""
    log, records = found.log, found.records
    return {
        "origin": log.origin,
        "size": log.size,
        "root": log.root,
        "disclosed": log.disclosed,
        "erased_entries": log.erased,
        "records": records.opened,
        "erased_records": records.erased,
        "keys": records.keys,
        "checkpoints": [
            {
                "where": k.where,
                "size": k.size,
                "root": k.root.hex(),
                "keys": list(k.keys),
                "consistency": [h.hex() for h in k.proof],
            }
            for k in log.checkpoints
        ],
        "findings": [
            *({"code": f.code.value, "where": f.where, **f.values} for f in log.findings),
            *(_record_json(f) for f in records.findings),
        ],
    }


def _record_json(found: RecordFinding) -> dict[str, Any]:
    name = {"waybill": found.waybill} if found.waybill else {}
    return {"code": found.code.value, **name, **found.values}
