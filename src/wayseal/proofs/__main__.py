"""`python -m wayseal.proofs PROOF --key KEY`: a proof, checked with Python and `cryptography` alone.

It prints what was proven as JSON. Exit codes are those of `wayseal`: 0 it holds, 2 wrong usage, 3 no proof or no key,
5 a file can't be read, 7 it doesn't hold, 8 two logs, 9 signed by others.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from wayseal.merkle.checkpoint import Checkpoint, VerifyKey
from wayseal.model.errors import WaysealError, disk_says
from wayseal.proofs import ProvenGrowth, ProvenRead, verify
from wayseal.proofs.errors import ProofError
from wayseal.proofs.kinds import Proven
from wayseal.proofs.reports import ProvenReport


def main() -> None:
    """Checks the proof that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m wayseal.proofs", description=(__doc__ or "").partition("\n\n")[2])
    parser.add_argument("proof", type=Path, help="the proof of a read, of an entry, of growth or of a report")
    parser.add_argument("--key", type=Path, action="append", required=True, help="a public key; several may be given")
    given = parser.parse_args()
    try:
        proven = verify(given.proof.read_bytes(), [_read_key(path) for path in given.key])
    except WaysealError as error:
        print(error.at(file=given.proof), file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        print(f"{error.filename}: {disk_says(error)}", file=sys.stderr)
        sys.exit(5)
    spelled = json.dumps(_spell_proven(proven), ensure_ascii=False, indent=1)
    # A stranger's letter must not steer the terminal.
    print("".join(c if c == "\n" or c.isprintable() else json.dumps(c)[1:-1] for c in spelled))


def _read_key(path: Path) -> VerifyKey:
    try:
        return VerifyKey.parse(path.read_text(encoding="ascii"))
    except UnicodeDecodeError:
        raise ProofError("this is no key", file=path) from None
    except WaysealError as error:
        raise error.at(file=path) from None


def _spell_proven(proven: Proven) -> dict[str, Any]:
    signed_by = {"signed_by": list(proven.keys)}
    if isinstance(proven, ProvenGrowth):
        return {"old": _spell_point(proven.old), "new": _spell_point(proven.new), **signed_by}
    point = {"checkpoint": _spell_point(proven.checkpoint), **signed_by}
    if isinstance(proven, ProvenRead):
        return {"read": dict(proven.read), **point}
    letter = {"letter": proven.letter} if isinstance(proven, ProvenReport) else {}
    return {"entry": dict(proven.entry), "index": proven.index, **letter, **point}


def _spell_point(point: Checkpoint) -> dict[str, Any]:
    return {"origin": point.origin, "size": point.size, "root": point.root.hex(), "more": list(point.more)}


if __name__ == "__main__":
    main()
