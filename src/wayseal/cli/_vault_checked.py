"""Verification of a vault, checkpoints and proofs of its log."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from wayseal.cli._keys import parsed
from wayseal.cli._options import Lang
from wayseal.cli._progress import progress_bars
from wayseal.cli._vault_keys import known_keys
from wayseal.cli._vault_open import opened
from wayseal.cli._vault_verify_words import VERIFY_TEXTS
from wayseal.cli._vault_words import VAULT_TEXTS
from wayseal.cli._words import filled
from wayseal.cli._write import write_text
from wayseal.merkle import Checkpoint, MerkleError, VerifyKey
from wayseal.model.times import iso
from wayseal.vault.errors import LogChangedError, VaultError
from wayseal.vault.log import Entry
from wayseal.vault.log.integrity import Finding, Verification
from wayseal.vault.log.integrity import verify as verify_log
from wayseal.vault.log.proofs import prove as prove_entry
from wayseal.vault.log.proofs import prove_growth as prove_log
from wayseal.vault.log.proofs import verify_disclosure, verify_growth
from wayseal.vault.verification import RecordFinding, Records, verify_records

CHANGED = LogChangedError.exit_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was found of log and records."""

    log: Verification
    records: Records

    @property
    def exit_code(self) -> int:
        """0 where all is as it was."""
        codes = [code for code in (self.log.exit_code, CHANGED if self.records.findings else 0) if code]
        return min(codes, default=0)


def verify(folder: Path, notes: Sequence[Path], keys: Sequence[Path], lang: Lang, *, as_json: bool, quiet: bool) -> int:
    """Looks at all of log and records; the exit code."""
    given = [parsed(path, VerifyKey.parse) for path in keys]
    read = [(str(path), path.read_bytes()) for path in notes]
    with opened(folder) as at, progress_bars(quiet) as progress:
        log = verify_log(at.vault.main, read, known_keys(at, given), progress)
        found = Looked(log=log, records=verify_records(at.vault.main, at.vault.keys, at.service, progress))
    if as_json:
        typer.echo(json.dumps(_json(found), ensure_ascii=False, indent=1))
    else:
        for line in _lines(found, folder, given=bool(notes), words=VERIFY_TEXTS[lang]):
            typer.echo(line)
    return found.exit_code


def _lines(found: Looked, folder: Path, *, given: bool, words: Mapping[str, str]) -> Iterator[str]:
    log, records = found.log, found.records
    yield filled(words["vault"], folder=folder, origin=log.origin or "-")
    yield filled(words["log"], size=log.size, disclosed=log.disclosed, erased=log.erased, root=log.root)
    yield filled(words["records"], opened=records.opened, erased=records.erased)
    for kept in log.checkpoints:
        when = "" if kept.at is None else filled(words["kept_at"], at=iso(kept.at // 1_000_000 * 1_000_000))
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


def finding_lines(findings: Sequence[Finding], words: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the log, a line each thing."""
    for one in findings:
        yield f"  {one.where}: {filled(words[one.code], **_of_log(one))}"


def _of_log(one: Finding) -> dict[str, object]:
    """What its words need."""
    values: dict[str, object] = dict(one.values)
    if "first" in values and "last" in values:
        values["count"] = int(str(values["last"])) - int(str(values["first"])) + 1
    return values


def _json(found: Looked) -> dict[str, Any]:
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


def checkpoint(folder: Path, out: Path | None, lang: Lang) -> None:
    """Signs the log as it is."""
    with opened(folder) as at:
        note = at.vault.checkpoint(now=at.now)
    if out is None:
        typer.echo(note, nl=False)
        return
    write_text(out, note)
    point = Checkpoint.claimed(note.encode())
    typer.echo(filled(VAULT_TEXTS[lang]["signed"], out=out, origin=point.origin, size=point.size))


def prove(folder: Path, seq: int, out: Path, note: Path | None, lang: Lang) -> None:
    """Writes the proof of an entry, under a given checkpoint or a new one."""
    with opened(folder) as at:
        content = at.vault.checkpoint(now=at.now).encode() if note is None else note.read_bytes()
        made = at.vault.main.read(lambda connection: prove_entry(connection, seq, content))
    write_text(out, made.to_json())
    typer.echo(filled(VAULT_TEXTS[lang]["proof_made"], out=out, seq=seq))


def prove_growth(folder: Path, old: Path, new: Path | None, out: Path, lang: Lang) -> None:
    """Writes the proof that the log only grew between two checkpoints, by default up to a new one."""
    before = old.read_bytes()
    with opened(folder) as at:
        after = at.vault.checkpoint(now=at.now).encode() if new is None else new.read_bytes()
        made = at.vault.main.read(lambda connection: prove_log(connection, before, after))
    write_text(out, made.to_json())
    sizes = {name: Checkpoint.claimed(note).size for name, note in (("old", before), ("new", after))}
    typer.echo(filled(VAULT_TEXTS[lang]["growth_made"], out=out, **sizes))


def verify_proof(file: Path, keys: Sequence[Path], lang: Lang) -> None:
    """Checks a proof with public keys alone."""
    given = [parsed(path, VerifyKey.parse) for path in keys]
    content = file.read_bytes()
    words = VAULT_TEXTS[lang]
    try:
        if b'"wayseal_growth_proof"' in content[:64]:
            grown = verify_growth(content, given)
            old, new = grown.old, grown.new
            typer.echo(
                filled(words["grown"], origin=new.origin, old=old.size, new=new.size, keys=", ".join(grown.keys))
            )
            return
        proven = verify_disclosure(content, given)
    except (MerkleError, VaultError) as error:
        error.args = (f"{file}: {error}",)
        raise
    point = proven.checkpoint
    typer.echo(
        filled(words["proven"], seq=proven.index, origin=point.origin, size=point.size, keys=", ".join(proven.keys))
    )
    for name, value in said(proven.entry).items():
        typer.echo(f"  {name:<8}  {value}")


def said(entry: Entry) -> dict[str, str]:
    """What an entry says, in the log's own words; its reason stays sealed."""
    told = {
        "at": iso(entry.at),
        "kind": str(entry.kind),
        "waybill": entry.waybill,
        "actor": entry.actor,
        "client": entry.client,
        "purpose": entry.purpose,
        "fields": ", ".join(f"{name} ({form})" for name, form in entry.fields.items()),
        "rule": entry.rule,
        "policy": str(entry.policy),
        "request": entry.request,
        "via": entry.via,
        "ip": entry.ip,
        "more": ", ".join(f"{name}: {value}" for name, value in entry.more.items()),
    }
    return {name: value for name, value in told.items() if value}
