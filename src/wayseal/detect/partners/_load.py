"""All contracts of a folder: one TOML file a contract.

1. Every file whose name ends in .toml is a contract; others, hidden ones and folders are left alone.
2. A folder without one is refused: checking against nothing would look like a clean result.
3. An actor stands in one contract only.
"""

from pathlib import Path

from wayseal.detect.errors import ContractError
from wayseal.detect.partners._contract import Contract
from wayseal.detect.partners._parse import parse_contract
from wayseal.model.errors import disk_says

MOST_BYTES = 1 << 20


def load_contracts(folder: Path) -> tuple[Contract, ...]:
    """The contracts of a folder, by the names of their files (rules 1 to 3); ContractError names the first mistake."""
    folder = Path(folder)
    if not folder.exists():
        raise ContractError("there is no such folder", file=folder)
    if not folder.is_dir():
        raise ContractError("is no folder; contracts lie in one, a file each", file=folder)
    try:
        files = sorted(p for p in folder.iterdir() if p.suffix == ".toml" and p.name[0] != "." and p.is_file())
    except OSError as error:
        raise ContractError("can't be read ({reason})", file=folder, reason=disk_says(error)) from error
    if not files:
        raise ContractError("no contract is in this folder (no .toml file)", file=folder)
    made: list[Contract] = []
    holder: dict[str, Path] = {}
    for file in files:
        contract = parse_contract(_content(file), file)
        for actor in contract.actors:
            if actor in holder:
                raise ContractError(
                    "one of these ids stands in {other} too", file=file, key="actors", other=holder[actor].name
                )
            holder[actor] = file
        made.append(contract)
    return tuple(made)


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise ContractError("can't be read ({reason})", file=file, reason=disk_says(error)) from error
    if len(data) > MOST_BYTES:
        raise ContractError("is larger than 1 MiB; this is no contract", file=file)
    return data
