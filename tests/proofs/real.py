"""Real proofs of every kind, and each of them changed in many ways."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.ledger.helpers import put, read, write
from tests.vault.log.helpers import KEY, MARKS, START, database, filled, signed
from wayseal.ledger import open_ledger
from wayseal.ledger.integrity import prove as prove_read
from wayseal.merkle import SigningKey
from wayseal.merkle.bulk import stacked
from wayseal.merkle.tiles import Tree
from wayseal.proofs.entries import spell_entry
from wayseal.proofs.reports import DECOY, KINDS, ReportProof, checkpoint_of, leaf_of, make_entry
from wayseal.vault.log.proofs import prove as prove_entry
from wayseal.vault.log.proofs import prove_growth

Proof = dict[str, Any]
INDEPENDENT = Path(__file__).parent / "independent/verify.mjs"
READS = [
    read(n, f"u-{n % 5}", f"YT{n % 70}" if n % 7 else f"X-{n % 30}Q", access=f"2026-03-01/{n:07}/crm", session="s",
         via="if-1", action="api" if n % 2 else None, fields=["phone", "name"] if n % 3 else None, request=f"r{n}")
    for n in range(300)
]  # fmt: skip


def make(folder: Path) -> dict[str, Proof]:
    """Proofs by name: reads with and without a packed number and an id, entries of all kinds, growth."""
    put(write(folder / "1", "accesses", READS), folder / "L")
    put(write(folder / "2", "accesses", [read(1, "某人", "YT900000")]), folder / "L")
    with open_ledger(folder / "L") as snapshot:
        note = KEY.sign(snapshot.checkpoint.to_text()).encode()
    made: dict[str, str] = {}
    for n in (0, 1, 14, 299):
        made[f"read {n}"] = prove_read(folder / "L", f"2026-03-01/{n:07}/crm", None, note).to_json()
    for place in ((0, 5), (1, 1)):
        made[f"read {place}"] = prove_read(folder / "L", None, None, note, place=place).to_json()
    with database("sqlite", folder) as log:
        notes = []
        for count, first in ((100, 0), (28, 100), (172, 128)):
            filled(log, count, first=first)
            notes.append(signed(log, START + first))
        for seq in (0, 2, 5, 8, 11, 14, 17, 256):
            made[f"entry {seq}"] = log.read(prove_entry, MARKS, seq, notes[-1]).to_json()
        for old, new in ((0, 2), (1, 2), (0, 1), (2, 2)):
            made[f"growth {old} {new}"] = log.read(prove_growth, notes[old], notes[new]).to_json()
    made |= {f"report {n}": proof.to_json() for n, proof in enumerate(reports())}
    return {name: json.loads(content) for name, content in made.items()}


LETTERS: list[dict[str, Any]] = [
    {"v": 1, "kind": kind, "day": "2026-11-30", "nonce": f"{n:032x}", "text": text, "identity": False, "type": None,
     "files": [{"id": "1", "size": n, "sha256": f"{n:064x}", "named": []}] * (n % 2)}
    for n, (kind, text) in enumerate(zip(KINDS, ("有人卖单号", "a\nb", "", "\x1b[2J", "½", "x" * 500), strict=True))
]  # fmt: skip


def reports(day: str = "2026-12-01", key: SigningKey = KEY) -> list[ReportProof]:
    """A day's log of letters of all kinds and a decoy, and before it a day with others: a proof of each letter."""
    contents = [spell_entry(letter) for letter in LETTERS]
    entries = [make_entry(c["kind"], day, sha256(s).digest()) for c, s in zip(LETTERS, contents, strict=True)]
    salts = [sha256(b"salt %d" % n).digest() for n in range(len(entries) + 1)]
    leaves = [leaf_of(*pair) for pair in zip((*entries, make_entry(DECOY, day, bytes(32))), salts, strict=True)]
    before = [sha256(b"%d" % n).digest() for n in range(5)]
    tree = Tree.of(stacked([*before, *leaves]))
    note = key.sign(checkpoint_of("某快递", day, tree.size, tree.root()).to_text())
    return [
        ReportProof(
            content=spell_entry(entry), salt=salts[n], index=len(before) + n, note=note,
            path=tuple(tree.inclusion(len(before) + n)), letter=contents[n] if n else None,
        )
        for n, entry in enumerate(entries)
    ]  # fmt: skip


def independent(folder: Path, key: str, contents: Sequence[bytes]) -> list[str]:
    """What the stranger's verifier says of each."""
    for n, content in enumerate(contents):
        (folder / f"{n}.proof").write_bytes(content)
    command = ["node", str(INDEPENDENT), str(folder / key), *(str(folder / f"{n}.proof") for n in range(len(contents)))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    said = done.stdout.splitlines()
    assert len(said) == len(contents)
    assert done.returncode == any(line.startswith("refused: ") for line in said)
    return said


def changed(right: Proof) -> Iterator[bytes]:
    """A proof with one thing changed: every value, every member gone or new, and the spelling of the file."""
    for path in _leaves(right):
        value = _at(right, path)
        for other in _others(value):
            if other != value and not (path == ("letter",) and other is None):  # a letter may be left out
                yield _with(right, path, other)
    for path in _members(right):
        yield _with(right, path)
        yield _with(right, (*path[:-1], f"{path[-1]}_"), _at(right, path))
    spelled = json.dumps(right)
    first = next(iter(right))
    yield spelled.replace("{", f'{{"{first}": 1, ', 1).encode()
    yield spelled.replace(f'"{first}": 1', f'"{first}": 1.0').encode()
    yield spelled.replace(f'"{first}": 1', f'"{first}": 2').encode()
    yield spelled.encode() + b"x"
    yield spelled.encode("utf-16")
    yield b"\xef\xbb\xbf" + spelled.encode()
    yield f"[{spelled}]".encode()


def _with(right: Proof, path: tuple[Any, ...], *value: Any) -> bytes:
    """A proof with another value at a path, or without what is there."""
    made = json.loads(json.dumps(right))
    within = _at(made, path[:-1])
    if value:
        within[path[-1]] = value[0]
    else:
        del within[path[-1]]
    return json.dumps(made).encode()


def _at(found: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        found = found[step]
    return found


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict | list) and value:
        steps = value.items() if isinstance(value, dict) else enumerate(value)
        for step, inner in steps:
            yield from _leaves(inner, (*path, step))
    else:
        yield path


def _members(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name)
            yield from _members(inner, (*path, name))


def _others(value: Any) -> list[Any]:
    """Values near another one, of its type and of none that fits."""
    if isinstance(value, int):
        return [value + 1, -1, str(value), None, value == 0, 1 << 70]
    if value is None:
        return ["view", 1, ""]
    if not isinstance(value, str):
        return ["", [""], 0]
    middle = len(value) // 2
    near = chr(ord(value[middle : middle + 1] or "a") ^ 1)
    return [value[:middle] + near + value[middle + 1 :], value[1:], f"{value}\n", value.upper() + "A", None, 1, [value]]
