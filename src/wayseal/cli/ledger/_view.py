"""A verification, in words and as JSON."""

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._words import filled
from wayseal.ledger.integrity import Finding, Verification


class LedgerFormat(StrEnum):
    """What commands about a ledger write."""

    TEXT = "text"
    JSON = "json"


LedgerFormatOption = Annotated[
    LedgerFormat, typer.Option("--format", help="`text` for the screen, `json` for programs.")
]


def verification_lines(found: Verification, ledger: Path, words: Mapping[str, str]) -> Iterator[str]:
    """A verification, a line each thing."""
    yield filled(words["ledger"], ledger=ledger, origin=found.origin)
    yield filled(words["tree"], size=found.size, root=found.root)
    looked = "looked_less" if found.rows is None else "looked"
    yield filled(words[looked], files=found.files, tiles=found.tiles, rows=found.rows or 0)
    for kept in found.checkpoints:
        yield filled(words["kept"], where=kept.where, size=kept.size, keys=", ".join(kept.keys))
    if not found.findings:
        yield words["fine"]
        if not found.checkpoints:
            yield words["alone"]
        return
    yield filled(words["bad"], count=len(found.findings))
    for finding in found.findings:
        yield f"  {finding.where}: {in_words(finding, words)}"


def in_words(finding: Finding, words: Mapping[str, str]) -> str:
    """What is wrong with a file."""
    return filled(words[finding.code], **finding.values)


def verification_json(found: Verification, vault: Mapping[str, object] | None = None) -> str:
    """A verification for programs. vault: what comparing with a vault's log has found."""
    content: dict[str, object] = {
        "origin": found.origin,
        "size": found.size,
        "root": found.root,
        "digest": found.digest,
        "files": found.files,
        "tiles": found.tiles,
        "rows": found.rows,
        "checkpoints": [
            {
                "file": str(k.where),
                "size": k.size,
                "root": k.root.hex(),
                "keys": list(k.keys),
                "consistency": [h.hex() for h in k.proof],
            }
            for k in found.checkpoints
        ],
        "findings": [{"code": f.code.value, "file": str(f.where), **f.values} for f in found.findings],
    }
    if vault is not None:
        content["vault"] = vault
    return json.dumps(content, ensure_ascii=False, indent=1)
